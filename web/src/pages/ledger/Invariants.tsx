import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, path, type Problem } from '../../api/client.ts';
import { useSession } from '../../api/queries.ts';
import { grouped } from '../../lib/amount.ts';
import { span } from '../../lib/time.ts';
import { Asked, ProblemBox } from '../../ui/Asked.tsx';
import { Badge, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { type Finding, type LastRun, lastRunQuestion } from './last-run.ts';

/** The statements about the books, and when they last held; runs them anew. */
export function Invariants({ program }: { program: string }) {
  const queries = useQueryClient();
  const result = useQuery(lastRunQuestion(program));
  const operator = useSession().data?.role === 'operator';
  const run = useMutation<unknown, Problem>({
    mutationFn: () => get(path('programs', program, 'invariants')),
    onSettled: () => queries.invalidateQueries({ queryKey: ['programs', program, 'invariants'] }),
  });
  return (
    <Panel
      title="Invariants"
      aside={
        operator ? (
          <button type="button" disabled={run.isPending} onClick={() => run.mutate()}>
            {run.isPending ? 'Running…' : 'Run now'}
          </button>
        ) : (
          <span className="note">operators run them</span>
        )
      }
      note="Statements about the books that always hold, replayed from the log."
    >
      {run.error && <ProblemBox problem={run.error} />}
      <Asked result={result}>
        {({ last }) => (last === null ? <p>They were not run since this server began.</p> : <Found last={last} />)}
      </Asked>
    </Panel>
  );
}

function Found({ last }: { last: NonNullable<LastRun['last']> }) {
  const broken = last.findings.filter(({ holds }) => !holds);
  const checks = last.findings.reduce((sum, { checked }) => sum + checked, 0);
  return (
    <>
      <p className="verdict">
        {last.holds ? (
          <Badge tone="good">✓ all {last.findings.length} hold</Badge>
        ) : (
          <Badge tone="bad">✗ {broken.length} broken</Badge>
        )}
        {last.stale && <Badge tone="warn">the books have changed since</Badge>}
      </p>
      <p>
        Run <Time at={last.ran_at} />, in {span(last.ms / 1000)}: {grouped(checks)} checks over {grouped(last.events)}{' '}
        events and all that was made of them.
      </p>
      {broken.map(({ invariant, statement, contradictions }) => (
        <div className="problem" role="alert" key={invariant}>
          <strong>
            <code>{invariant}</code> {statement}
          </strong>
          <ul>
            {contradictions.map((what) => (
              <li key={what}>{what}</li>
            ))}
          </ul>
        </div>
      ))}
      <details>
        <summary>What each of them says</summary>
        <div className="tall">
          <Table caption="Invariants" columns={columns} rows={last.findings} keyOf={({ invariant }) => invariant} />
        </div>
      </details>
    </>
  );
}

const columns: Column<Finding>[] = [
  {
    name: 'Holds',
    cell: ({ holds }) => <Badge tone={holds ? 'good' : 'bad'}>{holds ? '✓ holds' : '✗ broken'}</Badge>,
  },
  {
    name: 'Statement',
    cell: ({ invariant, statement }) => (
      <>
        {statement} <code>{invariant}</code>
      </>
    ),
  },
  { name: 'Checks', right: true, wide: true, cell: ({ checked }) => grouped(checked) },
];
