import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { StreamState } from '../../api/stream.ts';
import type { OpenWindow as Window, Page, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { span } from '../../lib/time.ts';
import { Badge, Figure, Figures, Panel } from '../../ui/Panel.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { Live } from '../../ui/Live.tsx';
import type { Step } from './Record.tsx';
import { StepChart } from './StepChart.tsx';

/** `/window`, as far as this page reads it. */
interface WindowState {
  readonly window: Window | null;
  readonly accounts: number;
  readonly positions: number;
  /** How long steps take, milliseconds; where the server steps itself. */
  readonly step_ms?: { readonly last: number | null; readonly p50: number | null; readonly p99: number | null } | null;
  readonly time_left_ms?: number | null;
}

/** Steps shown at most. */
const stepsMost = 240;

/** The window that is open, as it goes: phase, how far it is, how long its steps take. */
export function OpenWindow({
  program,
  window,
  heard,
  live,
}: {
  program: Program;
  window: Window;
  /** Steps that the stream told of, with how long they took. */
  heard: readonly Step[];
  live: StreamState;
}) {
  const name = program.program;
  const state = useQuery(question<WindowState>(path('programs', name, 'window')));
  const after = Math.max(0, window.steps - stepsMost);
  const asked = useQuery(
    question<Page<Step>>(path('programs', name, 'periods', window.period, 'steps'), {
      limit: stepsMost,
      cursor: after === 0 ? undefined : after,
    }),
  );
  const steps = useMemo(() => {
    const byStep = new Map((asked.data?.items ?? []).map((step) => [step.step, step]));
    for (const step of heard)
      if (step.period === window.period) byStep.set(step.step, { ...byStep.get(step.step), ...step });
    return [...byStep.values()].sort((a, b) => a.step - b.step).slice(-stepsMost);
  }, [asked.data, heard, window.period]);
  const scoring = window.phase === 'scoring';
  const accounts = state.data?.accounts ?? program.counts.accounts;
  const all = scoring ? (state.data?.positions ?? program.counts.positions) : accounts;
  const done = scoring ? window.entries_scored : window.accounts_paid;
  const left = state.data?.time_left_ms;
  return (
    <Panel title={`Paying period ${window.period}`} aside={<Live state={live} />} className="open-window">
      <ol className="phases">
        <li className="done">Opened</li>
        <li className={scoring ? 'now' : 'done'} {...(scoring ? { 'aria-current': 'step' } : {})}>
          Scoring
        </li>
        <li className={scoring ? '' : 'now'} {...(scoring ? {} : { 'aria-current': 'step' })}>
          Paying
        </li>
        <li>Settled</li>
      </ol>
      <Progress
        part={all === 0 ? 0 : done / all}
        says={scoring ? `${done} entries scored` : `${done} of ${all} accounts paid`}
      />
      <Figures>
        <Figure name={scoring ? 'Entries scored' : 'Accounts paid'} hint={`of ${grouped(all)} at most`}>
          {grouped(done)}
        </Figure>
        <Figure name="Steps" hint={`of ${grouped(window.batch_size)} rows at most`}>
          {grouped(window.steps)}
        </Figure>
        {left !== undefined && left !== null && <Figure name="Time left">{span(left / 1000)}</Figure>}
        <Figure name="Strategy">{window.strategy}</Figure>
        {program.halted !== null && (
          <Figure name="State">
            <Badge tone="bad">halted</Badge>
          </Figure>
        )}
      </Figures>
      <StepChart steps={steps} />
    </Panel>
  );
}
