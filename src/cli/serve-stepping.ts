import type { Engine } from '../app/engine.ts';
import { dueBy, Scheduler, type SchedulerOptions, type SchedulerReport } from '../app/scheduler/scheduler.ts';
import type { Stepper } from '../app/scheduler/stepper.ts';
import { StepWatch } from '../app/scheduler/step-watch.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { choiceOption, wholeOption } from './options.ts';

export interface StepFlags {
  readonly advance?: boolean;
  readonly due?: string;
  readonly tick?: string;
  readonly pause?: string;
}

/** How the server steps; `null`: it does not. Throws InvalidInputError `option-invalid`. */
export function schedulerOptions({ advance, due, tick, pause }: StepFlags): SchedulerOptions | null {
  const given = Object.entries({ due, tick, pause }).find(([, value]) => value !== undefined);
  if (advance !== true && given !== undefined) {
    const message = `--${given[0]} says how to step; accepted: with --advance.`;
    throw new InvalidInputError('option-invalid', message, { option: `--${given[0]}` });
  }
  if (advance !== true) return null;
  return {
    due: due === undefined ? 'auto' : choiceOption(due, '--due', dueBy),
    tickMs: (tick === undefined ? 1 : wholeOption(tick, '--tick', 1, 3600)) * 1000,
    pauseMs: pause === undefined ? 0 : wholeOption(pause, '--pause', 0, 60_000),
  };
}

/** A scheduler beside the server: what it does is remembered, and the log has it. */
export class Stepping {
  readonly watch = new StepWatch(() => performance.now());
  #stepper: Stepper | null = null;

  constructor(io: Io, log: ((line: string) => void) | null) {
    this.watch.listen((report) => {
      const words = wordsOf(report);
      if (words === null) return;
      const { level, msg, facts } = words;
      log?.(`${JSON.stringify({ level, time: io.now(), ...facts, msg })}\n`);
    });
  }

  /** Begins to step. */
  async start(
    io: Io,
    options: SchedulerOptions,
    { store, engine }: { readonly store: string; readonly engine: Engine },
  ): Promise<void> {
    const onReport = (report: SchedulerReport): void => this.watch.record(report);
    this.#stepper =
      store === 'memory' ? here(io, engine, options, onReport) : await io.openStepper({ store, options }, onReport);
  }

  /** Does `work`, which writes, between two steps. */
  readonly between = <T>(work: () => Promise<T>): Promise<T> => this.#stepper?.between(work) ?? work();

  async stop(graceMs: number): Promise<void> {
    await this.#stepper?.stop(graceMs);
  }
}

/** A store in memory is of the engine that opened it: steps are made by the thread that answers. */
function here(io: Io, engine: Engine, options: SchedulerOptions, onReport: (report: SchedulerReport) => void): Stepper {
  const stopping = new AbortController();
  const clock = (): number => performance.now();
  const running = new Scheduler(engine, options, { now: io.now, clock, signal: stopping.signal, onReport }).run();
  return {
    between: (work) => work(),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

interface Words {
  /** As pino has it: 30 information, 40 warning, 50 error. */
  readonly level: 30 | 40 | 50;
  readonly msg: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What the log says of a report; `null`: nothing. Of steps it has those that open and close a window. */
function wordsOf(report: SchedulerReport): Words | null {
  switch (report.what) {
    case 'leads':
      return { level: 30, msg: 'steps this program', facts: { program: report.program } };
    case 'stands-by':
      return {
        level: 30,
        msg: 'stands by: another process steps this program, and this one takes over when it is gone',
        facts: { program: report.program },
      };
    case 'step': {
      const { program, period, did, step, accountsPaid } = report;
      if (did !== 'opened' && did !== 'settled') return null;
      const facts = { program, period, ...(did === 'settled' ? { steps: step, accounts_paid: accountsPaid } : {}) };
      return { level: 30, msg: did === 'opened' ? 'window opened' : 'period settled', facts };
    }
    case 'halted': {
      const { period, code, message } = report.halt;
      return { level: 50, msg: `halted: ${message}`, facts: { program: report.program, period, code } };
    }
    case 'mended':
      return { level: 30, msg: 'goes on after its halt', facts: { program: report.program } };
    case 'failed': {
      const { program, code, message } = report;
      return { level: 40, msg: `could not step, and tries again: ${message}`, facts: { program, code } };
    }
  }
}
