import { useMemo } from 'react';
import type { Asset, Period } from '../../api/types.ts';
import { percent, tokensShort } from '../../lib/amount.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { type Flow, flowsOf } from './flows.ts';
import { sumOf } from './periods.ts';
import { Sankey } from './Sankey.tsx';

/** Where every unit of a settled period went: drawn, and as a table that adds up. */
export function WhereItWent({ record, asset }: { record: Period; asset: Asset }) {
  const { places, flows } = useMemo(() => flowsOf(record), [record]);
  const names = new Map(places.map(({ id, name }) => [id, name]));
  const targets = new Set(flows.map(({ from }) => from));
  const last = flows.filter(({ to }) => !targets.has(to));
  const all = String(sumOf(last.map(({ amount }) => amount)));
  return (
    <Panel title="Where every unit went" aside={<span className="note">period {record.period}</span>}>
      <Sankey
        {...{ places, flows, asset }}
        says={`Of ${tokensShort(all, asset)} ${asset.symbol}: ${last
          .map(({ to, amount }) => `${names.get(to)} ${tokensShort(amount, asset)}`)
          .join(', ')}`}
      />
      <details>
        <summary>The same as a table, to the unit</summary>
        <Table
          caption={`Where every unit of period ${record.period} went`}
          columns={columnsOf(names, all, asset)}
          rows={flows}
          keyOf={({ from, to }) => `${from} ${to}`}
          foot={['All that came in, and went out', '', <Amount key="all" units={all} asset={asset} places />, '100 %']}
        />
      </details>
    </Panel>
  );
}

const columnsOf = (names: ReadonlyMap<string, string>, all: string, asset: Asset): Column<Flow>[] => [
  { name: 'From', cell: ({ from }) => names.get(from) },
  { name: 'To', cell: ({ to }) => names.get(to) },
  { name: 'Amount', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
  { name: 'Part', right: true, wide: true, cell: ({ amount }) => percent(amount, all) },
];
