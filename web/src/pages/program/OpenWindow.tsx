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
import { progressOf } from './progress.ts';
import type { Step } from './Record.tsx';
import { StepChart } from './StepChart.tsx';

/** `/window`, as far as this page reads it. What depends on who steps is `null` where this server does not know. */
interface WindowState {
  /** Milliseconds. */
  readonly step_ms?: { readonly last: number; readonly median: number; readonly p99: number } | null;
  readonly time_left_ms?: number | null;
  readonly scheduler?: 'steps' | 'stands-by' | null;
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
  const { done, all, says, scoring } = progressOf(window, program.counts);
  const { step_ms: times, time_left_ms: left, scheduler } = state.data ?? {};
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
      <Progress part={all === 0 ? 0 : done / all} says={says} />
      <Figures>
        <Figure name={scoring ? 'Entries scored' : 'Accounts paid'} hint={`of ${grouped(all)}`}>
          {grouped(done)}
        </Figure>
        {left !== undefined && left !== null && (
          <Figure name="Time left" hint="at the pace of the newest steps">
            ~{span(left / 1000)}
          </Figure>
        )}
        <Figure name="Steps" hint={`of ${grouped(window.batch_size)} rows at most`}>
          {grouped(window.steps)}
        </Figure>
        {times && (
          <Figure name="A step takes" hint={`99 of 100 within ${told(times.p99)}`}>
            {told(times.median)}
          </Figure>
        )}
        <Figure name="Strategy" hint={scheduler && schedulerWords[scheduler]}>
          {window.strategy}
        </Figure>
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

const told = (ms: number): string => `${ms < 100 ? ms.toFixed(1) : grouped(Math.round(ms))} ms`;

const schedulerWords = { steps: 'this server steps it', 'stands-by': 'another process steps it' } as const;
