import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SchedulerOptions, SchedulerReport } from '../app/scheduler/scheduler.ts';
import type { Stepper } from '../app/scheduler/stepper.ts';

/** What the thread is begun with. */
export interface StepperBegun {
  readonly store: string;
  readonly options: SchedulerOptions;
}

/** `wait`: somebody is going to write; `go`: it has ended. */
export type StepperAsked = 'wait' | 'go' | 'stop';

/** `waits`: no step is being made, and none begins before `go`. */
export type StepperAnswer = 'waits' | { readonly report: SchedulerReport };

const patienceMs = 2000;
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
        // A thread that computes scores does not answer, and has no transaction open.
        setTimeout(resolve, patienceMs).unref();
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
