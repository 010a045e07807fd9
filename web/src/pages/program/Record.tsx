import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Allocation, Asset, Page, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { Amount, Exact, Whole } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Badge, Figure, Figures, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { allocated, residualsOf, residualWords, type Span, sumOf } from './periods.ts';

/** A step as `/periods/:period/steps` has it. */
export interface Step {
  readonly period: number;
  readonly step: number;
  readonly phase: 'opening' | 'scoring' | 'paying';
  readonly events: number;
  readonly at: string;
  readonly entries: number;
  readonly payouts: number;
  /** How long it took; `null`: this server did not make it. */
  readonly ms?: number | null;
}

const tones = { settled: 'good', open: 'accent', running: 'accent', coming: 'plain' } as const;
const words = { settled: 'settled', open: 'being paid', running: 'running', coming: 'to come' } as const;

/** All that is known of one period. */
export function Record({ program, span }: { program: Program; span: Span }) {
  const { asset } = program;
  const { record, period, start, end } = span;
  const halted = program.halted?.period === period;
  return (
    <Panel
      title={`Period ${period}`}
      aside={<Badge tone={halted ? 'bad' : tones[span.state]}>{halted ? 'halted' : words[span.state]}</Badge>}
      note={
        <>
          from <Time at={start} />{' '}
          {end === null ? (
            'on; no end is planned'
          ) : (
            <>
              until before <Time at={end} />
            </>
          )}
        </>
      }
    >
      <Figures>
        <Figure name={record === null ? 'Owes' : 'Allocated'}>
          <Amount units={String(allocated(span))} asset={asset} />
        </Figure>
        {record !== null && (
          <>
            <Figure name="Paid" hint={`to ${grouped(record.accounts_paid)} accounts`}>
              <Amount units={record.delivered} asset={asset} />
            </Figure>
            <Figure name="To the residual" hint={program.residual.name}>
              <Amount units={String(sumOf(residualsOf(record).map(({ amount }) => amount)))} asset={asset} />
            </Figure>
            {record.carried !== undefined && (
              <Figure
                name="Carried over"
                hint={
                  <>
                    carried in <Amount units={record.carried.before} asset={asset} />
                  </>
                }
              >
                <Amount units={record.carried.after} asset={asset} />
              </Figure>
            )}
          </>
        )}
      </Figures>
      {record !== null && (
        <>
          <dl className="rows facts">
            {residualsOf(record)
              .filter(({ amount }) => amount !== '0')
              .map(({ reason, amount }) => (
                <Fact key={reason} name={`Residual: ${(residualWords[reason] ?? reason).toLowerCase()}`}>
                  <Amount units={amount} asset={asset} />
                </Fact>
              ))}
            <Fact name="Total score">{record.total === null ? 'not known yet' : <Whole value={record.total} />}</Fact>
            <Fact name="Steps">{grouped(record.steps)}</Fact>
            <Fact name="Settled by">
              {record.settle}, {record.strategy}
            </Fact>
            <Fact name="Log at its opening">
              event{' '}
              <Link
                to="/programs/$program/events"
                params={{ program: program.program }}
                search={{ at: record.events_at_opening }}
              >
                {grouped(record.events_at_opening)}
              </Link>
            </Fact>
            {record.root !== null && (
              <Fact name="Settlement root">
                <Exact value={record.root} says="hash over the sorted payouts">
                  <code>{record.root.slice(0, 16)}…</code>
                </Exact>
              </Fact>
            )}
          </dl>
          <p className="links">
            <Link
              className="button"
              to="/programs/$program/ledger"
              params={{ program: program.program }}
              search={{ period, reason: 'payout' }}
            >
              Payouts in the ledger
            </Link>
          </p>
          <details>
            <summary>Step by step</summary>
            <Steps program={program.program} period={period} />
          </details>
        </>
      )}
      {span.allocations.length > 1 && (
        <details>
          <summary>What each pool {record === null ? 'owes' : 'gave'}</summary>
          <Table
            caption={`Allocations of period ${period}`}
            columns={allocationColumns(asset)}
            rows={span.allocations}
            keyOf={({ pool }) => pool}
          />
        </details>
      )}
    </Panel>
  );
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const allocationColumns = (asset: Asset): Column<Allocation>[] => [
  { name: 'Pool', cell: ({ pool }) => pool },
  { name: 'Amount', right: true, cell: ({ amount }) => <Amount units={amount} asset={asset} places /> },
];

const stepColumns: Column<Step>[] = [
  { name: 'Step', right: true, cell: ({ step }) => grouped(step) },
  { name: 'Phase', cell: ({ phase }) => phase },
  { name: 'Entries', right: true, cell: ({ entries }) => grouped(entries) },
  { name: 'Payouts', right: true, cell: ({ payouts }) => grouped(payouts) },
  { name: 'Took', right: true, cell: ({ ms }) => (typeof ms === 'number' ? `${ms.toFixed(1)} ms` : '-') },
  { name: 'At', wide: true, cell: ({ at }) => <Time at={at} /> },
];

/** The newest steps of a window, newest first. */
function Steps({ program, period }: { program: string; period: number }) {
  const result = useQuery(question<Page<Step>>(path('programs', program, 'periods', period, 'steps'), { limit: 1000 }));
  return (
    <Asked result={result}>
      {({ items, next }) => (
        <>
          {next !== null && <p className="note">The first {grouped(items.length)} of them.</p>}
          <div className="tall">
            <Table
              caption={`Steps of period ${period}`}
              columns={stepColumns}
              rows={items}
              keyOf={({ step }) => step}
            />
          </div>
        </>
      )}
    </Asked>
  );
}
