import { ConflictError } from '../../core/errors.ts';
import type { BooksCache } from '../load-books.ts';
import type { Estimate, Store } from '../ports.ts';
import { credPersons } from './read.ts';
import { credScoringOf } from './score.ts';
import { storedSolution } from './solution.ts';
import { type CredViewQuery, readCredView, taskOf } from './view.ts';

export interface Recomputed {
  /** `known`: nothing was logged since the scores that are stored were computed. */
  readonly did: 'computed' | 'known';
  readonly estimate: Estimate;
}

/**
 * Computes the scores of the period that runs and stores them, for whoever wants to see them without computing. One at a time of a
 * program, in all processes: throws ConflictError `recompute-running` otherwise. Begins where the last one ended. Nothing that is paid
 * depends on what is stored here: windows compute for themselves, from nothing. Stopped by `signal` it leaves what was there.
 */
export async function recompute(
  store: Store,
  cache: BooksCache,
  program: string,
  options: Pick<CredViewQuery, 'onProgress' | 'signal'> = {},
): Promise<Recomputed> {
  const { id, task, known } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    credScoringOf(books);
    return { id: books.id, task: await taskOf(tx, books, 'running'), known: await tx.estimate(books.id) };
  });
  const { period, seq, until } = task.query;
  const isKnown = known !== null && known.period === period && known.seq === seq && known.until === until;
  if (isKnown) return { did: 'known', estimate: known };
  const lock = await store.tryLock(`cred-${id}`);
  if (lock === null) {
    throw new ConflictError(
      'recompute-running',
      `The scores of ${program} are being computed already; accepted: one at a time.`,
      { program },
    );
  }
  try {
    const view = await readCredView(store, cache, program, { ...options, period, warm: known?.solution ?? null });
    const { scores } = view.closing;
    const estimate: Estimate = {
      period,
      seq: view.reading.seq,
      until: view.until,
      persons: credPersons(view).map((person) => ({
        id: person.id,
        score: person.score,
        lifetime: person.lifetime,
        lastActivity: person.lastActivity,
      })),
      sweeps: scores?.sweeps ?? 0,
      solution: scores === null ? null : storedSolution(scores, view.reading.columns),
    };
    await store.transact('write', (tx) => tx.write(id, { estimate }), { repeatable: true });
    return { did: 'computed', estimate };
  } finally {
    await lock.release();
  }
}
