import { InvalidInputError, ProrataError } from '../core/errors.ts';
import { breathe } from './breathe.ts';
import { BooksCache } from './load-books.ts';
import type { Lease, Store } from './ports.ts';
import { step, type StepOutcome } from './step.ts';

export interface WorkerOptions {
  /** For people: who has a lease. */
  readonly holder: string;
  /** How long a worker that says nothing keeps others from a program, milliseconds. */
  readonly leaseMs: number;
  /** The instant up to which entries are due, milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** Milliseconds from any origin: when it is time to renew. Nothing that is stored depends on it. */
  readonly clock: () => number;
  /** Asked when nothing was left to do: resolves true when it is time to look again, false to end. */
  readonly wait: () => Promise<boolean>;
  readonly onStep?: (program: string, outcome: StepOutcome) => void;
  /** A program that could not be stepped; default: it is thrown. */
  readonly onError?: (program: string, error: ProrataError) => void;
  /** Ends it after the current step. */
  readonly signal?: AbortSignal;
}

/** Steps of one lease, so that several workers share many programs evenly. */
const stepsPerTurn = 100;

/**
 * Steps the programs of a store that are due, beside other workers: one at a time of each program, under a lease. Whoever dies or hangs loses
 * the program when its lease runs out; whoever comes back finds its next transaction refused, since each looks whether its lease is still the
 * newest. Throws InvalidInputError `store-without-leases`.
 */
export async function work(store: Store, options: WorkerOptions): Promise<{ readonly steps: number }> {
  if (store.lease === undefined) {
    const message =
      'Found a store for one machine; accepted: one on PostgreSQL, which workers share. `prorata advance` needs no worker.';
    throw new InvalidInputError('store-without-leases', message);
  }
  const cache = new BooksCache();
  const { signal } = options;
  let steps = 0;
  for (;;) {
    let done = 0;
    for (const { id, name } of await store.transact('read', (tx) => tx.programs())) {
      if (signal?.aborted === true) return { steps: steps + done };
      const lease = await store.lease(id, options.holder, options.leaseMs);
      if (lease !== null) done += await turn(store, cache, name, lease, options);
    }
    steps += done;
    if (signal?.aborted === true || (done === 0 && !(await options.wait()))) return { steps };
  }
}

/** Steps one program while the lease lasts. Returns the number of steps. */
async function turn(
  store: Store,
  cache: BooksCache,
  program: string,
  lease: Lease,
  { now, clock, leaseMs, onStep, onError, signal }: WorkerOptions,
): Promise<number> {
  let renewed = clock();
  let steps = 0;
  try {
    for (; steps < stepsPerTurn && signal?.aborted !== true; steps += 1) {
      if (clock() - renewed > leaseMs / 3) {
        renewed = clock();
        if (!(await lease.renew())) return steps;
      }
      const outcome = await step(store, cache, program, now(), lease);
      if (outcome.did === 'idle') return steps;
      onStep?.(program, outcome);
      if (outcome.did === 'halted') return steps;
      await breathe();
    }
    return steps;
  } catch (error) {
    if (!(error instanceof ProrataError) || error.kind === 'bug') throw error;
    if (error.code === 'lease-lost') return steps;
    if (onError === undefined) throw error;
    onError(program, error);
    return steps;
  } finally {
    await lease.release().catch(() => {}); // it runs out by itself
  }
}
