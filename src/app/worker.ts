import { InvalidInputError, ProrataError } from '../core/errors.ts';
import { breathe } from './breathe.ts';
import { BooksCache } from './load-books.ts';
import type { Lease, RangeLease, RangeOfWindow, Store } from './ports.ts';
import { isDue, rangeOf, step, type StepOutcome } from './step.ts';

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

/** Steps of one turn, so that several workers share many programs evenly. */
const stepsPerTurn = 100;

/**
 * How soon a worker looks again where others are at work, milliseconds, and how much later each time: a range is soon begun by somebody, so nobody
 * waits much longer than he has waited already, and who waits long asks seldom.
 */
const lookAgain = { first: 4, most: 200, later: { ranges: 1.2, program: 2 } } as const;

/**
 * Steps the programs of a store that are due, beside other workers. Whoever dies or hangs loses what he works on when its lease runs out; whoever
 * comes back finds his transaction refused. Of an open window the ranges of accounts are worked on by all at once, each under a lease of its own,
 * and committed in their order (rangeOf); whatever else there is to do in a program, one at a time does, under the lease of the program.
 * Throws InvalidInputError `store-without-leases`.
 */
export async function work(store: Store, options: WorkerOptions): Promise<{ readonly steps: number }> {
  if (store.lease === undefined || store.leaseRange === undefined) {
    const message =
      'Found a store for one machine; accepted: one on PostgreSQL, which workers share. `prorata advance` needs no worker.';
    throw new InvalidInputError('store-without-leases', message);
  }
  const shared = store as SharedStore;
  const cache = new BooksCache();
  const { signal } = options;
  let steps = 0;
  let [waited, pause]: [Busy | null, number] = [null, 0];
  for (;;) {
    let done = 0;
    const busy = new Set<Busy>();
    for (const { name } of await store.transact('read', (tx) => tx.programs())) {
      if (signal?.aborted === true) return { steps: steps + done };
      const made = await turn(shared, cache, name, options);
      done += made.steps;
      if (made.busy !== null) busy.add(made.busy);
    }
    steps += done;
    if (signal?.aborted === true) return { steps };
    const others = busy.has('ranges') ? 'ranges' : busy.has('program') ? 'program' : null;
    if (done > 0) waited = null;
    else if (others !== null) {
      pause = others === waited ? Math.min(pause * lookAgain.later[others], lookAgain.most) : lookAgain.first;
      waited = others;
      await sleep(pause);
    } else if (!(await options.wait())) return { steps };
  }
}

type SharedStore = Store & Required<Pick<Store, 'lease' | 'leaseRange'>>;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What others have, who do all there is to do. */
type Busy = 'ranges' | 'program';
type Task = { readonly lease: Lease } | { readonly range: RangeLease };

/** Steps one program for a while. `busy`: it ended because others have what is to be done. */
async function turn(
  store: SharedStore,
  cache: BooksCache,
  program: string,
  { now, clock, leaseMs, holder, onStep, onError, signal }: WorkerOptions,
): Promise<{ readonly steps: number; readonly busy: Busy | null }> {
  let steps = 0;
  let lease: Lease | null = null;
  let renewed = 0;
  let made: RangeOfWindow | null = null;
  const take = async (): Promise<Task | Busy | null> => {
    if (made !== null) {
      // The window goes on, most likely: that is seen without reading the books.
      const range = await store.leaseRange(made, holder, leaseMs);
      if (range !== null) return { range };
    }
    const books = await store.transact('read', (tx) => cache.load(tx, program));
    if (!isDue(books, now())) return null;
    const next = rangeOf(books);
    if (next !== null) {
      const range = await store.leaseRange(next, holder, leaseMs);
      return range === null ? 'ranges' : { range };
    }
    if (lease === null) {
      lease = await store.lease(books.id, holder, leaseMs);
      renewed = clock();
    } else if (clock() - renewed > leaseMs / 3) {
      renewed = clock();
      if (!(await lease.renew())) lease = null;
    }
    return lease === null ? 'program' : { lease };
  };
  try {
    while (steps < stepsPerTurn && signal?.aborted !== true) {
      const task = await take();
      if (task === null || typeof task === 'string') return { steps, busy: task };
      const outcome = await attempt(store, cache, program, now(), task);
      if (outcome === 'overtaken') return { steps, busy: 'ranges' };
      if (outcome.did === 'idle') return { steps, busy: null };
      made = 'range' in task ? task.range : null;
      steps += 1;
      onStep?.(program, outcome);
      if (outcome.did === 'halted') break;
      await breathe();
    }
    return { steps, busy: null };
  } catch (error) {
    if (!(error instanceof ProrataError) || error.kind === 'bug') throw error;
    if (error.code === 'lease-lost') return { steps, busy: null };
    if (onError === undefined) throw error;
    onError(program, error);
    return { steps, busy: null };
  } finally {
    await (lease as Lease | null)?.release().catch(() => {}); // it runs out by itself
  }
}

/** One step. */
async function attempt(
  store: SharedStore,
  cache: BooksCache,
  program: string,
  now: number,
  task: Task,
): Promise<StepOutcome | 'overtaken'> {
  if ('lease' in task) return step(store, cache, program, now, task);
  const { range } = task;
  try {
    return await step(store, cache, program, now, task);
  } catch (error) {
    await range.release().catch(() => {}); // it runs out by itself
    // What is read ahead may have been changed meanwhile, so whatever is found wrong there may be right: whoever is next in order will see.
    // A transaction whose connection broke, and of which nothing was written, is not repeated as it was: what it began with may be gone.
    const { kind, code } = error as Partial<ProrataError>;
    const may = range.ahead ? kind !== 'unavailable' || code === 'store-connection-lost' : code === 'range-overtaken';
    if (error instanceof ProrataError && may) return 'overtaken';
    throw error;
  }
}
