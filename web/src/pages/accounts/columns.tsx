import type { Asset, Model, Program } from '../../api/types.ts';
import { grouped, tokensShort } from '../../lib/amount.ts';
import { cred, decimal, share, tokenDays } from '../../lib/score.ts';
import { Badge } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import type { Contributor, Holder, Row, Scores, Staker } from './scores.ts';

/** A column of the table. `width` as CSS grids have it. */
export interface Column {
  readonly name: React.ReactNode;
  readonly key: string;
  readonly width: string;
  readonly sort?: 'name' | 'score' | 'stake';
  readonly right?: boolean;
  /** Goes first where the screen is narrow. */
  readonly wide?: boolean;
  readonly cell: (row: Row) => React.ReactNode;
}

/** How a row is called in an address, and by people. */
export const accountOf = (row: Row): string => ('name' in row ? row.name : row.account);

export function columnsOf({ model, asset }: Program, page: Scores | undefined): readonly Column[] {
  const name: Column = { name: 'Account', key: 'name', width: 'minmax(9rem, 3fr)', sort: 'name', cell: nameCell };
  return [name, ...(columns[model](asset, page) as readonly Column[])];
}

function nameCell(row: Row): React.ReactNode {
  return (
    <>
      <span className="name">{accountOf(row)}</span>
      {'excluded' in row && row.excluded && <Badge tone="warn">excluded</Badge>}
      {'active' in row && !row.active && <Badge>not active</Badge>}
    </>
  );
}

type ColumnOf<R> = Omit<Column, 'cell'> & { readonly cell: (row: R) => React.ReactNode };

const stakes = (asset: Asset): readonly ColumnOf<Staker>[] => [
  {
    ...{ name: `Stake (${asset.symbol})`, key: 'stake', width: 'minmax(8rem, 1.4fr)', sort: 'stake', right: true },
    wide: true,
    cell: ({ staked }) => <span title={`${grouped(staked)} smallest units`}>{tokensShort(staked, asset)}</span>,
  },
  {
    ...{ name: `Score (${asset.symbol} × days)`, key: 'score', width: 'minmax(8rem, 1.4fr)', sort: 'score' },
    right: true,
    cell: ({ score }) => <span title={`${grouped(score)} unit-seconds, exactly`}>{tokenDays(score, asset)}</span>,
  },
  {
    ...{ name: 'Staked with', key: 'validators', width: 'minmax(6rem, 1fr)', wide: true },
    cell: ({ stakes: held }) =>
      held.length === 0 ? (
        <span className="none">nobody</span>
      ) : (
        <span title={held.map(({ validator }) => validator).join(', ')}>
          {held[0]!.validator}
          {held.length > 1 && ` and ${held.length - 1} more`}
        </span>
      ),
  },
];

const holdings = (): readonly ColumnOf<Holder>[] => [
  {
    ...{ name: 'Part of the round', key: 'score', width: 'minmax(8rem, 1fr)', sort: 'score', right: true },
    cell: ({ part }) => <span title={`${part} of the whole, exactly`}>{share(part)}</span>,
  },
  {
    ...{ name: 'Held (seconds, shared)', key: 'lanes', width: 'minmax(12rem, 2fr)', wide: true, right: true },
    cell: ({ lanes }) => (
      <span title={lanes.map(({ lane, held }) => `${lane}: ${held} s`).join('\n')}>
        {lanes.map(({ lane, held }, index) => (
          <span key={lane}>
            {index > 0 && ' · '}
            <span className="unit">{lane}</span> {decimal(held, 0)}
          </span>
        ))}
      </span>
    ),
  },
];

const contributions = (asset: Asset, page: Scores | undefined): readonly ColumnOf<Contributor>[] => {
  const factor = page?.factor ?? '1';
  const credCell = (score: string): React.ReactNode => (
    <span title={`${grouped(score)} / ${grouped(factor)}, exactly`}>{cred(score, factor)}</span>
  );
  return [
    {
      ...{ name: 'Cred', key: 'score', width: 'minmax(6rem, 1fr)', sort: 'score', right: true },
      cell: ({ score }) => credCell(score),
    },
    {
      ...{ name: 'Of all time', key: 'lifetime', width: 'minmax(6rem, 1fr)', right: true, wide: true },
      cell: ({ lifetime }) => credCell(lifetime),
    },
    {
      ...{ name: `Paid before (${asset.symbol})`, key: 'paid', width: 'minmax(8rem, 1fr)', right: true, wide: true },
      cell: ({ paid }) => <span title={`${grouped(paid)} smallest units`}>{tokensShort(paid, asset)}</span>,
    },
    {
      ...{ name: 'Last activity', key: 'activity', width: 'minmax(9rem, 1fr)', wide: true },
      cell: ({ last_activity: at }) => (at === null ? <span className="none">none</span> : <Time at={at} dayOnly />),
    },
  ];
};

const columns: Readonly<Record<Model, (asset: Asset, page: Scores | undefined) => unknown>> = {
  'stake-time': stakes,
  crown: holdings,
  cred: contributions,
};
