import type { Books } from '../../core/books.ts';
import type { CredScoring } from '../../core/scoring/cred/scoring.ts';
import type { CredInterval } from '../../core/scoring/cred/intervals.ts';
import type { SolveProgress } from '../../core/scoring/cred/solve.ts';
import type { PeriodRecord } from '../../core/state.ts';
import { breathe } from '../breathe.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store, Tx } from '../ports.ts';
import { periodUnknown } from '../read.ts';
import { type StoredSolution, warmStart } from './solution.ts';
import {
  type CredClosing,
  closeCred,
  type CredQuery,
  type CredReading,
  type CredRound,
  credScoringOf,
  readCredRound,
  shareCred,
} from './score.ts';

export interface CredViewQuery {
  /** Default: the newest settled period, or the one that runs; `running`: that one. */
  readonly period?: number | 'running';
  /** Scores by this scoring, instead of that of then: what if. */
  readonly scoring?: CredScoring;
  /** With the names of edges. */
  readonly named?: boolean;
  /** Told after every sweep. */
  readonly onProgress?: (progress: SolveProgress) => void;
  /** Ends the computation: what it throws then is the signal's reason. */
  readonly signal?: AbortSignal;
  /** Begins where an earlier solution ended: the same scores but for the last digits of a double. */
  readonly warm?: StoredSolution | null;
}

/** A period of contributions, scored and shared as it was paid, or as it would be if it ended with what is known now. */
export interface CredView {
  readonly program: string;
  readonly period: number;
  readonly status: 'settled' | 'open' | 'running';
  /** Seconds; the period is [start, until). */
  readonly start: number;
  readonly until: number;
  readonly record: PeriodRecord | null;
  readonly reading: CredReading;
  readonly closing: CredClosing;
  /** `null`: nothing is owed for it, or it cannot be shared as it stands. */
  readonly round: CredRound | null;
  /** Indexes of the intervals that the period is made of. */
  readonly intervals: readonly number[];
}

/** What a view is of: of all of it what fits into a message. */
export interface CredAbout extends Pick<CredView, 'program' | 'period' | 'status' | 'start' | 'until'> {
  readonly reading: Pick<CredReading, 'excluded'> & { readonly scoring: Pick<CredScoring, 'factor'> };
}

export const aboutOf = ({ program, period, status, start, until, reading }: CredAbout): CredAbout => ({
  program,
  period,
  status,
  start,
  until,
  reading: { excluded: reading.excluded, scoring: { factor: reading.scoring.factor } },
});

/** Throws NotFoundError `period-unknown`, InvalidInputError `model-differs` and as `solveCred`. */
export async function readCredView(
  store: Store,
  cache: BooksCache,
  program: string,
  query: CredViewQuery = {},
): Promise<CredView> {
  const { task, reading } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    credScoringOf(books);
    const found = await taskOf(tx, books, query.period);
    const { named = false, scoring } = query;
    const more = { named, ...(scoring === undefined ? {} : { scoring }) };
    return { task: found, reading: await readCredRound(tx, books, { ...found.query, ...more }) };
  });
  const closing = await closeInSteps(reading, query);
  const { start, until, period } = task.query;
  const intervals = (closing.scores?.input.intervals ?? []).flatMap((interval: CredInterval, k) =>
    interval.start >= start * 1000 && interval.end <= until * 1000 ? [k] : [],
  );
  return {
    program,
    period,
    status: task.status,
    start,
    until,
    record: task.record,
    reading,
    closing,
    round: roundOf(task, reading, closing),
    intervals,
  };
}

export interface ViewTask {
  readonly query: CredQuery;
  readonly status: CredView['status'];
  readonly record: PeriodRecord | null;
  /** What the pool owes for it; `null`: nothing is known to be owed. */
  readonly amount: bigint | null;
}

export async function taskOf(tx: Tx, books: Books, asked: number | 'running' | undefined): Promise<ViewTask> {
  const { state, schedule, rules } = books;
  const records = await tx.periods(books.id);
  const newest = records.findLast(({ status }) => status === 'settled')?.period;
  const period = asked === 'running' ? state.nextPeriod : (asked ?? newest ?? state.nextPeriod);
  const record = records.find((candidate) => candidate.period === period) ?? null;
  if (record === null && period !== state.nextPeriod)
    throw periodUnknown(period, [...records.map((one) => one.period), state.nextPeriod]);
  const pool = rules.pools.find(({ pays }) => pays === 'score')!.name;
  const owed = (allocations: PeriodRecord['allocations']): bigint | null =>
    allocations.find((allocation) => allocation.pool === pool)?.amount ?? null;
  if (record === null) {
    const [next] = schedule;
    const start = state.periodStart;
    const until = next?.at ?? Math.max(start + 1, books.second + 1);
    const query = { seq: state.events, until, start, period, excluded: await tx.excludedAccounts(books.id) };
    return { query, status: 'running', record, amount: next === undefined ? null : owed(next.allocations) };
  }
  const { start, boundary: until, allocations, status } = record;
  const excluded = record.cred?.excluded ?? (await tx.excludedAccounts(books.id));
  const countsTo = state.window?.period === period ? state.window.countsTo : record.countsTo;
  const query = { seq: countsTo ?? record.eventsAtOpening, until, start, period, excluded };
  return { query, status, record, amount: owed(allocations) };
}

async function closeInSteps(reading: CredReading, query: CredViewQuery): Promise<CredClosing> {
  const { onProgress, signal, warm = null } = query;
  const steps = closeCred(reading, warm === null ? {} : { warm: warmStart(warm, reading.columns) });
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    onProgress?.(value);
    await breathe();
    signal?.throwIfAborted();
  }
}

function roundOf({ amount, status }: ViewTask, reading: CredReading, closing: CredClosing): CredRound | null {
  if (amount === null) return null;
  // Of what is not paid yet a budget that nobody has a score for is no mistake.
  const rules = status === 'running' ? { ...reading.rules, onZeroTotal: 'residual' as const } : reading.rules;
  try {
    return shareCred({ ...reading, rules }, closing, { amount });
  } catch {
    return null; // such a period halts, and says why
  }
}
