import { Link } from '@tanstack/react-router';
import type { Asset } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Cred, Part } from './Cred.tsx';
import { edgeKind, nameOf, type Neighbour, type Side } from './cred.ts';

interface Line {
  readonly key: string;
  readonly flow: string;
  /** `null`: not a neighbour, but what `name` says. */
  readonly neighbour: Neighbour | null;
  readonly name: string;
}

/** One side of a neighbourhood as a table that adds up to the unit. */
export function FlowTable({
  caption,
  side,
  own,
  passed,
  remainder,
  program,
  period,
  asset,
}: {
  caption: string;
  side: Side;
  /** What comes and goes beside neighbours. */
  own: readonly { readonly name: string; readonly flow: string }[];
  passed: string;
  remainder: string;
  program: string;
  period: number;
  asset: Asset;
}) {
  const lines: Line[] = [
    ...own.filter(({ flow }) => flow !== '0').map((one) => ({ key: one.name, neighbour: null, ...one })),
    ...side.items.map((one) => ({ key: `${one.is} ${one.id}`, neighbour: one, name: nameOf(one), flow: one.flow })),
    ...(side.more.count === 0
      ? []
      : [{ key: 'more', neighbour: null, name: `${grouped(side.more.count)} more`, flow: side.more.flow }]),
    ...(remainder === '0' ? [] : [{ key: 'rest', neighbour: null, name: 'left by rounding down', flow: remainder }]),
  ];
  return (
    <Table
      caption={caption}
      columns={columnsOf({ program, period, asset, passed })}
      rows={lines}
      keyOf={({ key }) => key}
      foot={['All that passed through', <Cred key="all" units={passed} asset={asset} />, '100 %']}
      empty="Nothing."
    />
  );
}

function columnsOf({
  program,
  period,
  asset,
  passed,
}: {
  program: string;
  period: number;
  asset: Asset;
  passed: string;
}): Column<Line>[] {
  return [
    {
      name: 'Neighbour',
      cell: ({ neighbour, name }) =>
        neighbour === null ? (
          name
        ) : (
          <Link
            to="/programs/$program/contributions/around"
            params={{ program }}
            search={{
              ...(neighbour.is === 'person' ? { person: neighbour.id } : { address: neighbour.id }),
              period,
            }}
          >
            {name}
          </Link>
        ),
    },
    { name: 'Cred', right: true, cell: ({ flow }) => <Cred units={flow} asset={asset} /> },
    { name: 'Part', right: true, cell: ({ flow }) => <Part of={flow} all={passed} /> },
    {
      name: 'Over',
      wide: true,
      cell: ({ neighbour }) =>
        neighbour && (
          <span title={neighbour.edge ?? ''}>
            {edgeKind(neighbour.edge)}
            {neighbour.direction === 'backward' && ', backward'}
            {neighbour.edges > 1 && `, and ${grouped(neighbour.edges - 1)} more`}
          </span>
        ),
    },
    {
      name: 'Made',
      wide: true,
      cell: ({ neighbour }) => neighbour?.time && <Time at={neighbour.time} dayOnly />,
    },
    {
      name: 'Has itself',
      right: true,
      wide: true,
      cell: ({ neighbour }) => neighbour && <Cred units={neighbour.cred} asset={asset} />,
    },
  ];
}
