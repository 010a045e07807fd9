import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset, Page } from '../../api/types.ts';
import { grouped, partOf } from '../../lib/amount.ts';
import { Asked } from '../../ui/Asked.tsx';
import { Empty, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { BySource } from './BySource.tsx';
import { Barred, Cred, Part } from './Cred.tsx';
import {
  type CredPeriod,
  colorOf,
  colors,
  type Moment,
  type Place,
  plain,
  seriesOf,
  type Source,
  type Sources,
} from './cred.ts';
import { OverTime } from './OverTime.tsx';

interface Giver {
  readonly address: string;
  /** Of a person; `null`: it is a contribution. */
  readonly name: string | null;
  readonly score: string;
  readonly label?: string;
}

/** What gave a person its cred of a period. */
interface Why extends CredPeriod {
  readonly score: string;
  readonly remainder: string;
  readonly contributions: readonly Giver[];
  readonly more: { readonly contributions: { readonly count: number; readonly sum: string } };
}

const shown = 12;

/** Why a person has its cred: over time, by source, and in the period by contribution. */
export function PersonsPeriod({
  program,
  asset,
  period,
  place: { id, name },
  all,
  choose,
}: {
  program: string;
  asset: Asset;
  period: number;
  place: Place;
  /** Of everybody, for the colours. */
  all: readonly Source[];
  choose: (period: number) => void;
}) {
  const cred = (...parts: string[]): string => path('programs', program, 'cred', ...parts);
  const moments = useQuery(question<Page<Moment>>(cred('timeline'), { period, person: id, limit: 1000 }));
  const sources = useQuery(question<Sources>(cred('sources'), { period, person: id }));
  const why = useQuery(question<Why>(cred('persons', id), { period, limit: shown }));
  return (
    <>
      <div className="cred-grid">
        <Panel title="Over time">
          <Asked result={moments}>
            {({ items }) => (
              <OverTime moments={items} series={seriesOf(all, undefined)} {...{ asset, period, choose }} />
            )}
          </Asked>
        </Panel>
        <Panel title="By source" aside={<span className="note">period {period}</span>}>
          <Asked result={sources}>{(data) => <BySource {...{ data, asset, all }} />}</Asked>
        </Panel>
      </div>
      <Panel
        title={`What gave @${name} its cred of period ${period}`}
        note="With what came in neighbouring intervals and counts here; rounded down, which leaves the remainder."
      >
        <Asked result={why}>
          {({ contributions, more, score, remainder }) =>
            score === '0' ? (
              <Empty>Nothing gave it cred in this period.</Empty>
            ) : (
              <Table
                caption={`What gave cred in period ${period}`}
                columns={columnsOf({ program, asset, period, score, all, most: contributions[0]?.score ?? '0' })}
                rows={[
                  ...contributions,
                  ...(more.contributions.count === 0
                    ? []
                    : [sumRow(`${grouped(more.contributions.count)} more`, more.contributions.sum)]),
                  ...(remainder === '0' ? [] : [sumRow('left by rounding down', remainder)]),
                ]}
                keyOf={({ address, label }) => address || label!}
                foot={['Its score', <Cred key="score" units={score} asset={asset} />, '100 %']}
              />
            )
          }
        </Asked>
      </Panel>
    </>
  );
}

const sumRow = (label: string, score: string): Giver => ({ address: '', name: null, label, score });

function columnsOf({
  program,
  asset,
  period,
  score,
  all,
  most,
}: {
  program: string;
  asset: Asset;
  period: number;
  score: string;
  all: readonly Source[];
  most: string;
}): Column<Giver>[] {
  const sourceOf = (address: string): string | null =>
    all.find(({ source }) => source !== null && address.startsWith(`${source}/`))?.source ?? null;
  return [
    {
      name: 'By way of',
      cell: ({ address, name, label }) =>
        address === '' ? (
          label
        ) : (
          <Link
            to="/programs/$program/contributions/around"
            params={{ program }}
            search={{ ...(name === null ? { address } : { person: address }), period }}
          >
            {name === null ? (label ?? plain(address)) : `@${name}`}
          </Link>
        ),
    },
    {
      name: 'Cred',
      right: true,
      cell: ({ address, name, score: own }) => (
        <Barred
          part={address === '' ? 0 : partOf(own, most)}
          color={name === null ? colorOf(all, sourceOf(address)) : colors.person}
        >
          <Cred units={own} asset={asset} />
        </Barred>
      ),
    },
    { name: 'Part', right: true, cell: ({ score: own }) => <Part of={own} all={score} /> },
  ];
}
