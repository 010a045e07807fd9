import { useQuery } from '@tanstack/react-query';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset } from '../../api/types.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Side } from './Side.tsx';

/** `/balances`. */
interface BalancesAnswer {
  readonly balances: readonly { readonly account: string; readonly balance: string }[];
  readonly earners: string;
}

/** What every ledger account holds; together it is nothing, since every unit that is somewhere is missing elsewhere. */
export function Balances({ program, asset }: { program: string; asset: Asset }) {
  const result = useQuery(question<BalancesAnswer>(path('programs', program, 'balances')));
  return (
    <Panel title="Balances" note="What came in is owed to outside; together it adds up to nothing.">
      <Asked result={result}>
        {({ balances, earners }) => {
          const rows = [...balances, { account: 'all earners', balance: earners }];
          const sum = rows.reduce((all, { balance }) => all + BigInt(balance), 0n);
          return (
            <Table
              caption="Balances"
              columns={columnsOf(program, asset)}
              rows={rows}
              keyOf={({ account }) => account}
              foot={['Together', <Amount key="sum" units={String(sum)} asset={asset} places />]}
            />
          );
        }}
      </Asked>
    </Panel>
  );
}

const columnsOf = (program: string, asset: Asset): Column<BalancesAnswer['balances'][number]>[] => [
  { name: 'Ledger account', cell: ({ account }) => <Side program={program} side={account} /> },
  { name: 'Balance', right: true, cell: ({ balance }) => <Amount units={balance} asset={asset} places /> },
];
