import { quantile } from '../measure.ts';
import type { Window } from '../../core/state.ts';
import type { SchedulerReport } from './scheduler.ts';

type StepReport = Extract<SchedulerReport, { readonly what: 'step' }>;

/** Durations of steps, milliseconds. */
export interface StepTimes {
  readonly last: number;
  readonly median: number;
  readonly p99: number;
  /** How many these figures are of. */
  readonly count: number;
}

/** How far an open window is. */
export interface Progress {
  readonly phase: Window['phase'];
  readonly done: number;
  /** Of so many; `null`: not known. */
  readonly of: number | null;
}

interface Made extends StepReport {
  /** When it had ended, by the clock of the watch. */
  readonly at: number;
}

/** Steps of a program that figures are made of. */
const keptMost = 1000;
/** Windows of a program whose steps are remembered one by one. */
const windowsMost = 3;
/** The pace is that of the newest so many steps. */
const paceSteps = 30;

/**
 * Remembers the steps that this process has made and how long they took. Durations depend on the machine, so that nothing of them is ever
 * stored: who asks after a restart, or another process, learns nothing.
 */
export class StepWatch {
  readonly #clock: () => number;
  readonly #made = new Map<string, Made[]>();
  /** Durations by program, period and step. */
  readonly #ms = new Map<string, Map<number, Map<number, number>>>();
  readonly #leads = new Map<string, boolean>();
  readonly #listeners: ((report: SchedulerReport) => void)[] = [];

  /** `clock`: milliseconds, from any origin. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  listen(listener: (report: SchedulerReport) => void): void {
    this.#listeners.push(listener);
  }

  record(report: SchedulerReport): void {
    if (report.what === 'leads' || report.what === 'stands-by')
      this.#leads.set(report.program, report.what === 'leads');
    if (report.what === 'step') this.#remember(report);
    for (const listener of this.#listeners) listener(report);
  }

  #remember(report: StepReport): void {
    const kept = this.#made.get(report.program) ?? [];
    this.#made.set(report.program, kept);
    kept.push({ ...report, at: this.#clock() });
    if (kept.length >= 2 * keptMost) kept.splice(0, kept.length - keptMost);
    const windows = this.#ms.get(report.program) ?? new Map<number, Map<number, number>>();
    this.#ms.set(report.program, windows);
    const steps = windows.get(report.period) ?? new Map<number, number>();
    windows.set(report.period, steps.set(report.step, report.ms));
    if (windows.size > windowsMost) windows.delete(windows.keys().next().value!);
  }

  /** Whether this process steps the program, or stands by; `null`: neither. */
  role(program: string): 'steps' | 'stands-by' | null {
    const leads = this.#leads.get(program);
    return leads === undefined ? null : leads ? 'steps' : 'stands-by';
  }

  /** Of the newest steps, whatever their windows; `null`: it made none. */
  times(program: string): StepTimes | null {
    const kept = this.#made.get(program)?.slice(-keptMost);
    if (kept === undefined) return null;
    const times = kept.map(({ ms }) => ms);
    return { last: times.at(-1)!, median: quantile(times, 0.5), p99: quantile(times, 0.99), count: times.length };
  }

  /** How long a step took, milliseconds; `null`: not known. */
  msOf(program: string, period: number, step: number): number | null {
    return this.#ms.get(program)?.get(period)?.get(step) ?? null;
  }

  /**
   * How long the open window will still take at the pace of its newest steps, pauses between them included, milliseconds; `null`:
   * not known. While it scores, scoring an entry is taken to last as long as paying an account, and each that waits to be an account's.
   */
  timeLeft(program: string, window: Window | null): number | null {
    if (window === null) return null;
    const { phase, period, entriesScored, accountsPaid, toScore, toPay } = window;
    const newest = (this.#made.get(program) ?? []).slice(-paceSteps - 1).filter((made) => made.period === period);
    const [first, last] = [newest[0], newest.at(-1)];
    if (first === undefined || last === undefined || first === last) return null;
    const done = (made: Made): number => made.entriesScored + made.accountsPaid;
    const pace = (done(last) - done(first)) / (last.at - first.at);
    if (!(pace > 0)) return null;
    const pays = Math.max((toPay ?? 0) - accountsPaid, 0);
    if (phase === 'paying') return toPay === undefined ? null : pays / pace;
    return toScore === undefined ? null : (2 * Math.max(toScore - entriesScored, 0) + pays) / pace;
  }
}

/** How far a window is, in what its phase counts. */
export function progressOf({ phase, entriesScored, accountsPaid, toScore, toPay }: Window): Progress {
  const [done, of] = phase === 'scoring' ? [entriesScored, toScore] : [accountsPaid, toPay];
  return { phase, done, of: of === undefined ? null : Math.max(of, done) };
}
