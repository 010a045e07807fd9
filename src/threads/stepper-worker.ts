/** The thread behind `stepperThread`. Runs when it is begun. */
import { parentPort, workerData } from 'node:worker_threads';
import { Scheduler } from '../app/scheduler/scheduler.ts';
import { openProrata } from '../index.ts';
import type { StepperAnswer, StepperAsked, StepperBegun } from './stepper.ts';

const { store, options } = workerData as StepperBegun;
const stopping = new AbortController();
/** While somebody writes no step begins. */
let writers = 0;
let free = Promise.withResolvers<void>();

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const answer = (message: StepperAnswer): void => parentPort!.postMessage(message);

// A transaction is never given up for a message: when one is read, none is open.
parentPort!.on('message', (asked: StepperAsked) => {
  if (asked === 'wait') {
    writers += 1;
    answer('waits');
    return;
  }
  if (asked === 'go') writers -= 1;
  else stopping.abort();
  if (writers > 0 && asked === 'go') return;
  free.resolve();
  free = Promise.withResolvers();
});

const engine = openProrata({ store, create: false });
const scheduler = new Scheduler(engine, options, {
  now: () => Date.now(),
  clock: () => performance.now(),
  signal: stopping.signal,
  onReport: (report) => answer({ report }),
  turn: async () => {
    while (writers > 0 && !stopping.signal.aborted) await free.promise;
  },
});
await scheduler.run();
await engine.close();
parentPort!.close();
