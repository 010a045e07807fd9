import type { Books } from '../../core/books.ts';
import type { PeriodRecord, Window } from '../../core/state.ts';
import { breathe } from '../breathe.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store, Tx } from '../ports.ts';
import { refusedWindow } from '../sharing/share-scores.ts';
import {
  closeCred,
  type CredQuery,
  type CredReading,
  type CredRound,
  finish,
  readCredRound,
  shareCred,
} from './score.ts';

/** What came of the scoring of a window: what it pays, or why it must not. */
export type CredOutcome = CredRound | { readonly halt: { readonly code: string; readonly message: string } };

/** What the scoring of a window depends on, and the name of all of it: what was computed for one holds for no other. */
export interface CredTask {
  readonly query: CredQuery;
  readonly amount: bigint;
  readonly key: string;
}

export async function credTask(tx: Tx, books: Books, window: Window, record: PeriodRecord): Promise<CredTask> {
  const { period, start, boundary: until, amount } = window;
  // From the first batch on it stands in the record who takes no part.
  const excluded = record.cred?.excluded ?? (await tx.excludedAccounts(books.id));
  const query = { seq: window.countsTo ?? record.eventsAtOpening, until, start, period, excluded };
  return { query, amount, key: JSON.stringify([query, String(amount)]) };
}

/** Thrown by a step whose round was not computed yet: it is computed outside of the transaction, which holds nobody up. */
export class RoundNeeded extends Error {
  readonly task: CredTask;
  constructor(task: CredTask) {
    super('A round of contributions is to be computed.');
    this.task = task;
  }
}

/** Reads the round in a transaction of its own, computes it outside of any, and keeps it for the steps that pay it. */
export async function computeRound(store: Store, cache: BooksCache, program: string, task: CredTask): Promise<void> {
  const { id, reading } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    return { id: books.id, reading: await readCredRound(tx, books, task.query) };
  });
  cache.roundIs(id, task.key, await outcomeOf(reading, task));
}

async function outcomeOf(reading: CredReading, task: CredTask): Promise<CredOutcome> {
  try {
    const steps = closeCred(reading);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return shareCred(reading, value, task);
      await breathe();
    }
  } catch (error) {
    return { halt: refusedWindow(error) };
  }
}

/** The same within a transaction, where there is no way out of it: a rehearsal, a window in a single step. */
export async function computeRoundInside(tx: Tx, books: Books, task: CredTask): Promise<CredOutcome> {
  const reading = await readCredRound(tx, books, task.query);
  try {
    return shareCred(reading, finish(closeCred(reading)), task);
  } catch (error) {
    return { halt: refusedWindow(error) };
  }
}
