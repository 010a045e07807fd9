import type { Halt, WindowPhase } from '../../core/state.ts';
import { breathe } from '../breathe.ts';
import type { Engine, Outlook } from '../engine.ts';
import type { Lock } from '../ports.ts';
import type { StepOutcome } from '../step.ts';

export const dueBy = ['auto', 'log', 'now'] as const;

export interface SchedulerOptions {
  /**
   * What makes a boundary due: `log`, the newest event that moves the clock of the program, as for `advance`; `now`, this machine's
   * clock; `auto`, the log, but of contributions, which do not move it, this machine's clock.
   */
  readonly due: (typeof dueBy)[number];
  /** How often it looks for what is due, milliseconds. */
  readonly tickMs: number;
  /** Between two steps of a program, milliseconds. */
  readonly pauseMs: number;
}

/** What the scheduler needs from outside. */
export interface SchedulerIo {
  /** Milliseconds since 1970 UTC; decides only what is due. */
  readonly now: () => number;
  /** Milliseconds, from any origin: how long steps take. */
  readonly clock: () => number;
  /** Aborted: it ends after the current step. */
  readonly signal: AbortSignal;
  readonly onReport: (report: SchedulerReport) => void;
  /** Before every step: resolves when it may be made. */
  readonly turn?: () => Promise<void>;
}

/** What the scheduler did, or met. Plain data: it may come from another thread. */
export type SchedulerReport =
  /** From here on it steps the program, as nobody else does; or it waits until whoever does is gone. Said anew after the right was lost. */
  | { readonly what: 'leads' | 'stands-by'; readonly program: string }
  | {
      readonly what: 'step';
      readonly program: string;
      readonly did: 'opened' | 'scored' | 'paid' | 'settled';
      /** What it was for; one that settles pays the last accounts. */
      readonly phase: 'opening' | WindowPhase;
      readonly period: number;
      /** Within the window, from 1. */
      readonly step: number;
      readonly rowsWritten: number;
      readonly entriesScored: number;
      readonly accountsPaid: number;
      /** How long it took, waiting for other writers included, milliseconds. */
      readonly ms: number;
    }
  | { readonly what: 'halted'; readonly program: string; readonly halt: Halt }
  | { readonly what: 'mended'; readonly program: string }
  /** It goes on with the others, and tries again later. `program` is `null` where the store itself could not be read. */
  | { readonly what: 'failed'; readonly program: string | null; readonly code: string; readonly message: string };

const pauseMostMs = 60_000;

/** What is known of a program from one look to the next. */
interface Tended {
  lock: Lock | null;
  standsBy: boolean;
  halted: string | null;
  failures: number;
  /** Not to be looked at before, by `clock`. */
  notBefore: number;
}

/**
 * Steps whatever is due, of all programs of a store in turns, a step of each, until `signal` is aborted. Of a program it holds the
 * lock for as long as it runs; without it, it stands by. A program that halts or fails holds up no other.
 */
export class Scheduler {
  readonly #engine: Engine;
  readonly #options: SchedulerOptions;
  readonly #io: SchedulerIo;
  readonly #tended = new Map<string, Tended>();

  constructor(engine: Engine, options: SchedulerOptions, io: SchedulerIo) {
    this.#engine = engine;
    this.#options = options;
    this.#io = io;
  }

  async run(): Promise<void> {
    const { signal } = this.#io;
    try {
      while (!signal.aborted) {
        const stepped = await this.#round();
        await this.#sleep(stepped ? this.#options.pauseMs : this.#options.tickMs);
      }
    } finally {
      for (const { lock } of this.#tended.values()) await lock?.release();
    }
  }

  /** A step of each program where something is due. Whether there was any. */
  async #round(): Promise<boolean> {
    const names = await this.#engine.programs().catch((error: unknown) => {
      this.#report({ what: 'failed', program: null, ...wordsOf(error) });
      return [];
    });
    let stepped = false;
    for (const program of names) {
      if (this.#io.signal.aborted) break;
      const tended = this.#tendedOf(program);
      if (this.#io.clock() < tended.notBefore) continue;
      try {
        if (await this.#tend(program, tended)) stepped = true;
        tended.failures = 0;
      } catch (error) {
        tended.notBefore = this.#io.clock() + Math.min(this.#options.tickMs * 2 ** tended.failures, pauseMostMs);
        tended.failures += 1;
        this.#report({ what: 'failed', program, ...wordsOf(error) });
      }
      await breathe();
    }
    return stepped;
  }

  #tendedOf(program: string): Tended {
    const known = this.#tended.get(program);
    if (known !== undefined) return known;
    const tended = { lock: null, standsBy: false, halted: null, failures: 0, notBefore: 0 };
    this.#tended.set(program, tended);
    return tended;
  }

  async #tend(program: string, tended: Tended): Promise<boolean> {
    if (tended.lock === null || tended.lock.lost === true) {
      tended.lock = await this.#engine.tryLead(program);
      if (tended.lock === null) {
        if (!tended.standsBy) this.#report({ what: 'stands-by', program });
        tended.standsBy = true;
        return false;
      }
      tended.standsBy = false;
      this.#report({ what: 'leads', program });
    }
    const outlook = await this.#engine.outlook(program);
    this.#look(program, tended, outlook.halted);
    const { due } = this.#options;
    const byLog = due === 'log' || (due === 'auto' && outlook.model !== 'cred');
    const now = byLog ? outlook.clock : Math.max(this.#io.now(), outlook.clock);
    if (!isDue(outlook, now)) return false;
    await this.#io.turn?.();
    if (this.#io.signal.aborted) return false;
    const began = this.#io.clock();
    const outcome = await this.#engine.step(program, now);
    return this.#made(program, tended, outcome, this.#io.clock() - began);
  }

  #made(program: string, tended: Tended, outcome: StepOutcome, ms: number): boolean {
    if (outcome.did === 'idle') return false;
    if (outcome.did === 'halted') {
      this.#look(program, tended, outcome.halt);
      return true;
    }
    const { did, period, step, rowsWritten, entriesScored, accountsPaid } = outcome;
    const phase = did === 'opened' || step === 1 ? 'opening' : did === 'scored' ? 'scoring' : 'paying';
    this.#report({ what: 'step', program, did, phase, period, step, rowsWritten, entriesScored, accountsPaid, ms });
    return true;
  }

  /** Says once that a program is halted, and once that it is no more. */
  #look(program: string, tended: Tended, halt: Halt | null): void {
    const halted = halt && `${halt.period} ${halt.code}`;
    if (halted === tended.halted) return;
    tended.halted = halted;
    if (halt !== null) this.#report({ what: 'halted', program, halt });
    else this.#report({ what: 'mended', program });
  }

  #report(report: SchedulerReport): void {
    this.#io.onReport(report);
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#io;
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }
}

/** A window that is open goes on whatever the time. */
const isDue = ({ halted, paused, windowOpen, next }: Outlook, now: number): boolean =>
  halted === null && !paused && (windowOpen || (next !== null && next * 1000 <= now));

function wordsOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return { code: typeof code === 'string' ? code : 'unexpected', message: String(message ?? error) };
}
