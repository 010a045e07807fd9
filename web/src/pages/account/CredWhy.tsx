import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Asset, Program } from '../../api/types.ts';
import { grouped, partOf, percent } from '../../lib/amount.ts';
import { EventLink } from '../../ui/EventLink.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { credAsset, edgeKind, plain } from '../contributions/cred.ts';
import { Barred, Cred } from '../contributions/Cred.tsx';
import '../contributions/contributions.css';
import type { CredExplanation } from './types.ts';

interface Line {
  readonly address: string | null;
  readonly label: string;
  readonly score: string;
  readonly event: number | null;
}
type Edge = CredExplanation['edges'][number];

/** What gave somebody its cred: contribution by contribution, and edge by edge. */
export function CredWhy({ program: { program }, explanation }: { program: Program; explanation: CredExplanation }) {
  const { factor, score, contributions, edges, more, remainder, period } = explanation;
  const [tabled, setTabled] = useState(false);
  const asset = credAsset(factor);
  const lines: Line[] = [
    ...contributions.map(({ address, label, score: own, event }) => ({
      ...{ address, label: label ?? plain(address), score: own, event },
    })),
    ...(more.contributions.count === 0
      ? []
      : [
          {
            address: null,
            label: `${grouped(more.contributions.count)} more`,
            score: more.contributions.sum,
            event: null,
          },
        ]),
    ...(remainder === '0' ? [] : [{ address: null, label: 'left by rounding down', score: remainder, event: null }]),
  ];
  return (
    <>
      <h3>Cred of the period, by what gave it</h3>
      <div className="tall">
        <Table
          caption="Cred by contribution"
          columns={lineColumns({ program, period, asset, score, most: contributions[0]?.score ?? '0' })}
          rows={lines}
          keyOf={({ address, label }) => address ?? label}
          empty="Nothing gave it cred in this period."
          foot={['Its score', <Cred key="score" units={score} asset={asset} />, '100 %', '']}
        />
      </div>
      {edges.length > 0 && (
        <details onToggle={(event) => setTabled(event.currentTarget.open)}>
          <summary>
            The same edge by edge: {grouped(edges.length + more.edges.count)} edges brought it, in the interval they say
          </summary>
          {tabled && (
            <div className="tall">
              <Table
                caption="Cred by edge"
                columns={edgeColumns(program, asset)}
                rows={edges}
                keyOf={(_, nth) => nth}
              />
            </div>
          )}
        </details>
      )}
    </>
  );
}

const lineColumns = ({
  program,
  period,
  asset,
  score,
  most,
}: {
  program: string;
  period: number;
  asset: Asset;
  score: string;
  most: string;
}): Column<Line>[] => [
  {
    name: 'By way of',
    cell: ({ address, label }) =>
      address === null ? (
        label
      ) : (
        <Link to="/programs/$program/contributions/around" params={{ program }} search={{ address, period }}>
          {label}
        </Link>
      ),
  },
  {
    name: 'Cred',
    right: true,
    cell: ({ address, score: own }) => (
      <Barred part={address === null ? 0 : partOf(own, most)}>
        <Cred units={own} asset={asset} />
      </Barred>
    ),
  },
  { name: 'Part', right: true, wide: true, cell: ({ score: own }) => percent(own, score) },
  {
    name: 'Rests on',
    cell: ({ event }) => (event === null ? '' : <EventLink program={program} seq={event} />),
  },
];

const edgeColumns = (program: string, asset: Asset): Column<Edge>[] => [
  { name: 'Edge', cell: ({ edge, direction }) => `${edgeKind(edge)}${direction === 'backward' ? ', backward' : ''}` },
  { name: 'From', cell: ({ from }) => plain(from) },
  { name: 'Came in', wide: true, cell: ({ interval }) => <Time at={interval} dayOnly /> },
  { name: 'Cred', right: true, cell: ({ score }) => <Cred units={score} asset={asset} /> },
  {
    name: 'Rests on',
    cell: ({ event }) => (event === null ? '' : <EventLink program={program} seq={event} />),
  },
];
