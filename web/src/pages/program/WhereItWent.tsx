import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Asset } from '../../api/types.ts';
import { percent, tokensShort } from '../../lib/amount.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Empty, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { type Flow, type FlowsAnswer, ofAll, ofPeriod } from './flows.ts';
import { Sankey } from './Sankey.tsx';

/** Where every unit went, of a period or of all so far: drawn, and as a table that adds up. */
export function WhereItWent({
  program,
  period,
  asset,
  choose,
}: {
  program: string;
  /** `null`: all so far. */
  period: number | null;
  asset: Asset;
  /** Changes to all so far, or back to the period; `null`: the period has nothing to show. */
  choose: ((all: boolean) => void) | null;
}) {
  const result = useQuery(question<FlowsAnswer>(path('programs', program, 'flows'), { period: period ?? undefined }));
  return (
    <Panel
      title="Where every unit went"
      aside={
        choose === null ? (
          <span className="note">all so far</span>
        ) : (
          <fieldset className="segments">
            <legend className="unseen">Of what</legend>
            <button type="button" aria-pressed={period !== null} onClick={() => choose(false)}>
              This period
            </button>
            <button type="button" aria-pressed={period === null} onClick={() => choose(true)}>
              All so far
            </button>
          </fieldset>
        )
      }
    >
      <Asked result={result}>{(answer) => <Drawing {...{ answer, asset }} />}</Asked>
    </Panel>
  );
}

function Drawing({ answer, asset }: { answer: FlowsAnswer; asset: Asset }) {
  const { places, flows, all } = useMemo(() => (answer.period === null ? ofAll(answer) : ofPeriod(answer)), [answer]);
  const names = new Map(places.map(({ id, name }) => [id, name]));
  const sources = new Set(flows.map(({ from }) => from));
  const last = flows.filter(({ to }) => !sources.has(to));
  const of = answer.period === null ? 'all so far' : `period ${answer.period}`;
  if (flows.length === 0) return <Empty>Nothing came in yet.</Empty>;
  return (
    <>
      <Sankey
        {...{ places, flows, asset }}
        says={`Of ${of}, ${tokensShort(all, asset)} ${asset.symbol}: ${last
          .map(({ to, amount }) => `${names.get(to)} ${tokensShort(amount, asset)}`)
          .join(', ')}`}
      />
      <details>
        <summary>The same as a table, to the unit</summary>
        <Table
          caption={`Where every unit went, ${of}`}
          columns={columnsOf(names, all, asset)}
          rows={flows}
          keyOf={({ from, to }) => `${from} ${to}`}
          foot={[
            answer.period === null ? 'All that came from outside' : 'All that it had',
            '',
            <Amount key="all" units={String(all)} asset={asset} places />,
            '100 %',
          ]}
        />
      </details>
    </>
  );
}

const columnsOf = (names: ReadonlyMap<string, string>, all: bigint, asset: Asset): Column<Flow>[] => [
  { name: 'From', cell: ({ from }) => names.get(from) },
  { name: 'To', cell: ({ to }) => names.get(to) },
  { name: 'Amount', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
  { name: 'Part', right: true, wide: true, cell: ({ amount }) => percent(amount, all) },
];
