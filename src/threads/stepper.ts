import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SchedulerOptions, SchedulerReport } from '../app/scheduler/scheduler.ts';

/** What the thread is begun with. */
export interface StepperBegun {
  readonly store: string;
  readonly options: SchedulerOptions;
}

/** `wait`: somebody is going to write; `go`: it has ended. */
export type StepperAsked = 'wait' | 'go' | 'stop';

/** `waits`: no step is being made, and none begins before `go`. */
export type StepperAnswer = 'waits' | { readonly report: SchedulerReport };

/** A scheduler that runs apart from whoever began it. */
export interface Stepper {
  /**
   * Does `work`, which writes to the same store, between two steps: SQLite would let it wait within the thread that answers everybody
   * else, and would not be fair.
   */
  between<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the current step has ended; one that takes longer than `graceMs` is given up, and rolled back by whoever opens the store. */
  stop(graceMs: number): Promise<void>;
}

const againMs = 1000;
const againMostMs = 60_000;

/** Steps the programs of a store in a file, in a thread of its own with its own connection. One that fails begins anew. */
export function stepperThread(begun: StepperBegun, onReport: (report: SchedulerReport) => void): Stepper {
  let worker: Worker | null = null;
  let stopping = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  function begin(): void {
    const begins = new Worker(new URL(`./stepper-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: begun,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker = begins;
    begins.on('message', (answer: StepperAnswer) => {
      if (answer === 'waits') return waiting.shift()?.();
      failures = 0;
      onReport(answer.report);
    });
    begins.on('error', (error: Error & { readonly code?: string }) =>
      onReport({ what: 'failed', program: null, code: error.code ?? 'unexpected', message: error.message }),
    );
    begins.on('exit', () => {
      worker = null;
      for (const go of waiting.splice(0)) go();
      if (stopping) return;
      timer = setTimeout(begin, Math.min(againMs * 2 ** failures, againMostMs));
      failures += 1;
    });
  }

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const ask = (asked: StepperAsked): void => worker?.postMessage(asked);

  begin();
  return {
    async between(work) {
      const asked = worker;
      if (asked === null) return work();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        ask('wait');
      });
      try {
        return await work();
      } finally {
        if (worker === asked) ask('go');
      }
    },
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      const ends = worker;
      if (ends === null) return;
      const ended = new Promise<void>((resolve) => void ends.once('exit', () => resolve()));
      ask('stop');
      const late = setTimeout(() => void ends.terminate(), graceMs);
      await ended;
      clearTimeout(late);
    },
  };
}
