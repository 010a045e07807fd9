import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset, Page } from '../../api/types.ts';
import { partOf } from '../../lib/amount.ts';
import { fieldsOf } from '../../lib/form.ts';
import { contributionsRoute, given } from '../../router.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Barred, Cred } from './Cred.tsx';
import { type Contribution, type CredPeriod, colorOf, plain, type Source } from './cred.ts';
import { Steps } from './Steps.tsx';

const shown = 15;

/** Contributions by all the cred they had, the highest first; searched at the server by what people call them and by address. */
export function Contributions({
  program,
  asset,
  period,
  sources,
}: {
  program: string;
  asset: Asset;
  period: number;
  sources: readonly Source[];
}) {
  const search = contributionsRoute.useSearch();
  const navigate = contributionsRoute.useNavigate();
  const { find, source, made, from = 0 } = search;
  const result = useQuery(
    question<Page<Contribution> & CredPeriod>(path('programs', program, 'cred', 'contributions'), {
      period,
      source,
      search: find,
      made: made === 'period' ? true : undefined,
      cursor: from === 0 ? undefined : from,
      limit: shown,
    }),
  );
  return (
    <Panel title="By contribution" className="by-contribution">
      <search>
        <form
          key={`${find} ${made}`}
          className="filters"
          aria-label="Contributions"
          onSubmit={(event) => {
            const fields = fieldsOf(event);
            const next = { find: fields['find'], made: fields['made'] as 'period' | undefined, from: undefined };
            void navigate({ search: given({ ...search, ...next }), resetScroll: false });
          }}
        >
          <label>
            Title or address
            <input name="find" type="search" defaultValue={find ?? ''} placeholder="all" autoComplete="off" />
          </label>
          <label>
            Made
            <select
              name="made"
              defaultValue={made ?? ''}
              onChange={(event) => event.currentTarget.form?.requestSubmit()}
            >
              <option value="">at any time</option>
              <option value="period">in the period</option>
            </select>
          </label>
          <button type="submit">Find</button>
        </form>
      </search>
      <Asked result={result}>
        {({ items, next }) => (
          <>
            <Table
              caption="Contributions by their cred, the highest first"
              columns={columnsOf({ program, asset, period, sources, most: items[0]?.cred ?? '0' })}
              rows={items}
              keyOf={({ address }) => address}
              empty="There is no contribution like this."
            />
            <Steps
              what="contributions"
              from={from}
              count={items.length}
              total={null}
              more={next !== null}
              step={shown}
              go={(place) =>
                void navigate({ search: given({ ...search, from: place || undefined }), resetScroll: false })
              }
            />
          </>
        )}
      </Asked>
    </Panel>
  );
}

function columnsOf({
  program,
  asset,
  period,
  sources,
  most,
}: {
  program: string;
  asset: Asset;
  period: number;
  sources: readonly Source[];
  most: string;
}): Column<Contribution>[] {
  const sourceOf = (address: string): string | null =>
    sources.find(({ source }) => source !== null && (address === source || address.startsWith(`${source}/`)))?.source ??
    null;
  return [
    {
      name: 'Contribution',
      cell: ({ address, label }) => (
        <Link
          className="contribution"
          to="/programs/$program/contributions/around"
          params={{ program }}
          search={{ address, period }}
        >
          {label ?? plain(address)}
        </Link>
      ),
    },
    {
      name: 'Cred',
      right: true,
      cell: ({ address, cred }) => (
        <Barred part={partOf(cred, most)} color={colorOf(sources, sourceOf(address))}>
          <Cred units={cred} asset={asset} />
        </Barred>
      ),
    },
    { name: 'Minted', right: true, wide: true, cell: ({ mint }) => <Cred units={mint} asset={asset} /> },
    { name: 'Made', wide: true, cell: ({ time }) => (time === null ? 'at no time' : <Time at={time} dayOnly />) },
  ];
}
