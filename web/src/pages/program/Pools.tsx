import type { Asset, Program } from '../../api/types.ts';
import { partOf, percent } from '../../lib/amount.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Badge, Panel } from '../../ui/Panel.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { sumOf } from './periods.ts';

type Pool = Program['pools'][number];

/** What is there to pay from, and what it owes. */
export function Pools({ program: { pools, residual, asset, boundaries_left } }: { program: Program }) {
  const sum = (of: (pool: Pool) => string): React.ReactNode => (
    <Amount units={String(sumOf(pools.map(of)))} asset={asset} />
  );
  return (
    <Panel title="Pools and funds">
      <Table
        caption="Pools"
        columns={columnsOf(asset, boundaries_left === null ? 'Owes next time' : 'Owes to come')}
        rows={pools}
        keyOf={({ pool }) => pool}
        {...(pools.length > 1
          ? { foot: ['Together', '', sum(({ balance }) => balance), sum((pool) => pool.owed), ''] }
          : {})}
      />
      <dl className="rows facts">
        <dt>Residual, {residual.name}</dt>
        <dd>
          <Amount units={residual.balance} asset={asset} />
        </dd>
      </dl>
    </Panel>
  );
}

/** Whether a pool holds what it owes. */
function Covered({ balance, owed, pool }: Pool) {
  if (owed === '0') return <span className="note">owes nothing</span>;
  const enough = BigInt(balance) >= BigInt(owed);
  const part = enough ? '100 %' : percent(balance, owed);
  return (
    <span className="covered">
      <Progress part={partOf(balance, owed)} says={`${pool} holds ${part} of what it owes`} />
      {enough ? <Badge tone="good">covered</Badge> : <Badge tone="warn">{part}</Badge>}
    </span>
  );
}

const columnsOf = (asset: Asset, owed: string): Column<Pool>[] => [
  { name: 'Pool', cell: ({ pool }) => pool },
  { name: 'Pays', wide: true, cell: ({ pays }) => (pays === 'score' ? 'by score' : 'equal parts') },
  { name: 'Holds', right: true, cell: ({ balance }) => <Amount units={balance} asset={asset} /> },
  { name: owed, right: true, cell: (pool) => <Amount units={pool.owed} asset={asset} /> },
  { name: 'Covered', wide: true, cell: (pool) => <Covered {...pool} /> },
];
