import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset, Page } from '../../api/types.ts';
import { grouped, partOf } from '../../lib/amount.ts';
import { fieldsOf } from '../../lib/form.ts';
import { contributionsRoute, given } from '../../router.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Badge, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Barred, Cred, Part } from './Cred.tsx';
import type { Person } from './cred.ts';
import { Steps } from './Steps.tsx';

const shown = 15;

/** Everybody by cred of the period, the highest first; searched at the server. */
export function People({
  program,
  asset,
  period,
  total,
}: {
  program: string;
  asset: Asset;
  period: number;
  /** Of everybody. */
  total: string;
}) {
  const search = contributionsRoute.useSearch();
  const navigate = contributionsRoute.useNavigate();
  const { who, people = 0 } = search;
  const result = useQuery(
    question<Page<Person> & { readonly total: number }>(path('programs', program, 'scores'), {
      period,
      sort: '-score',
      search: who,
      offset: people,
      limit: shown,
    }),
  );
  return (
    <Panel title="By person" className="people">
      <search>
        <form
          key={who ?? ''}
          className="filters"
          aria-label="People"
          onSubmit={(event) => {
            const { who: text } = fieldsOf(event);
            void navigate({ search: given({ ...search, who: text, people: undefined }), resetScroll: false });
          }}
        >
          <label>
            Name
            <input name="who" type="search" defaultValue={who ?? ''} placeholder="everybody" autoComplete="off" />
          </label>
          <button type="submit">Find</button>
        </form>
      </search>
      <Asked result={result}>
        {({ items, total: count }) => (
          <>
            <Table
              caption="People by their cred, the highest first"
              columns={columnsOf({ program, asset, period, total, first: who === undefined ? people : null, items })}
              rows={items}
              keyOf={({ id }) => id}
              empty={who === undefined ? 'Nobody is known yet.' : 'Nobody is called like this.'}
            />
            <Steps
              what="people"
              from={people}
              count={items.length}
              total={count}
              step={shown}
              go={(place) =>
                void navigate({ search: given({ ...search, people: place || undefined }), resetScroll: false })
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
  total,
  first,
  items,
}: {
  program: string;
  asset: Asset;
  period: number;
  total: string;
  /** Rank of the first row, from 0; `null`: ranks are not known. */
  first: number | null;
  items: readonly Person[];
}): Column<Person>[] {
  const most = items[0]?.score ?? '0';
  return [
    ...(first === null
      ? []
      : [{ name: 'Rank', right: true, cell: (person: Person) => grouped(first + items.indexOf(person) + 1) }]),
    {
      name: 'Person',
      cell: ({ id, name, active, excluded }) => (
        <>
          <Link to="/programs/$program/contributions/around" params={{ program }} search={{ person: id, period }}>
            @{name}
          </Link>{' '}
          {!active && <Badge tone="warn">not active</Badge>} {excluded && <Badge tone="warn">takes no part</Badge>}
        </>
      ),
    },
    {
      name: 'Cred in the period',
      right: true,
      cell: ({ score }) => (
        <Barred part={partOf(score, most)}>
          <Cred units={score} asset={asset} />
        </Barred>
      ),
    },
    { name: 'Part', right: true, wide: true, cell: ({ score }) => <Part of={score} all={total} /> },
    {
      name: 'Of a lifetime',
      right: true,
      wide: true,
      cell: ({ lifetime }) => <Cred units={lifetime} asset={asset} />,
    },
    {
      name: 'Last active',
      wide: true,
      cell: ({ last_activity: at }) => (at === null ? 'never' : <Time at={at} dayOnly />),
    },
  ];
}
