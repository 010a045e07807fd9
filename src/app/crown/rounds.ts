import type { Books } from '../../core/books.ts';
import { InvalidInputError, NotFoundError } from '../../core/errors.ts';
import { crownOf } from '../../core/scoring/crown/accrue.ts';
import type { LoggedFact } from '../../core/scoring/crown/fold.ts';
import { type CrownRound, makeRound } from '../../core/scoring/crown/round.ts';
import type { CrownScoring } from '../../core/scoring/crown/scoring.ts';
import type { PeriodRecord } from '../../core/state.ts';
import { formatInstant } from '../../core/time/instant.ts';
import type { Tx } from '../ports.ts';
import { periodUnknown } from '../read.ts';
import { rulesAt } from '../rules-at.ts';
import { factsFrom } from './facts.ts';

/** A period, or a stretch of seconds [from, to); neither: the newest settled period, or the one that runs. */
export interface RoundQuery {
  readonly period?: number | 'running';
  readonly from?: number;
  readonly to?: number;
  /** The instant up to which the period that runs is read, milliseconds; default: the newest event's. */
  readonly at?: number;
}

/** A round as it was, or would be, scored: by the rules, the log and the exclusions of its time. */
export interface RoundView {
  readonly round: CrownRound;
  /** `null`: a stretch of time of its own. */
  readonly period: number | null;
  readonly status: 'settled' | 'open' | 'running' | 'stretch';
  readonly record: PeriodRecord | null;
  /** Up to this event the log was read. */
  readonly seq: number;
  /** The facts after the beginning of the round, in order of time. */
  readonly facts: readonly LoggedFact[];
}

/** The scoring of a crown program. Throws InvalidInputError `model-differs` for any other. */
export function crownScoringOf(books: Books): CrownScoring {
  const { scoring } = books.rules;
  if (scoring.model === 'crown') return scoring;
  throw new InvalidInputError(
    'model-differs',
    `Program ${books.name} scores by ${scoring.model}; accepted: a program that scores by crown.`,
  );
}

/**
 * Reads a round. Throws NotFoundError `period-unknown`, `period-pruned`, InvalidInputError `stretch-empty`, `model-differs`.
 */
export async function readRound(tx: Tx, books: Books, query: RoundQuery = {}): Promise<RoundView> {
  crownScoringOf(books);
  const periods = await tx.periods(books.id);
  if (query.from !== undefined || query.to !== undefined) return readStretch(tx, books, query);
  const newest = periods.findLast(({ status }) => status === 'settled')?.period;
  const { nextPeriod } = books.state;
  const period = query.period === 'running' ? nextPeriod : (query.period ?? newest ?? nextPeriod);
  const record = periods.find((candidate) => candidate.period === period) ?? null;
  if (record === null && period !== nextPeriod)
    throw periodUnknown(period, [...periods.map((one) => one.period), nextPeriod]);
  if (record === null) {
    const { periodStart: start } = books.state;
    const until = Math.floor(Math.max(query.at ?? 0, books.state.clock) / 1000);
    const boundary = books.schedule[0]?.at ?? Infinity;
    const window = { start, end: Math.max(start, Math.min(boundary, until)) };
    return { ...(await make(tx, books, { window, seq: books.state.events, record })), period, status: 'running' };
  }
  const window = { start: record.start, end: record.boundary };
  return {
    ...(await make(tx, books, { window, seq: record.countsTo ?? record.eventsAtOpening, record })),
    period,
    status: record.status,
  };
}

async function readStretch(
  tx: Tx,
  books: Books,
  { from = books.state.periodStart, to = books.second }: RoundQuery,
): Promise<RoundView> {
  if (from >= to) {
    const [found, end] = [formatInstant(from * 1000), formatInstant(to * 1000)];
    throw new InvalidInputError(
      'stretch-empty',
      `Found ${found} to ${end}; accepted: a stretch that ends after its beginning.`,
    );
  }
  const made = await make(tx, books, { window: { start: from, end: to }, seq: books.state.events, record: null });
  return { ...made, period: null, status: 'stretch' };
}

async function make(
  tx: Tx,
  books: Books,
  { window, seq, record }: { window: { start: number; end: number }; seq: number; record: PeriodRecord | null },
): Promise<Pick<RoundView, 'round' | 'record' | 'seq' | 'facts'>> {
  const { checkpoint } = crownOf(books);
  if (checkpoint !== null && window.start < checkpoint) {
    const since = formatInstant(checkpoint * 1000);
    const message = `What happened before ${since} was pruned: windows that begin there or later can be replayed.`;
    throw new NotFoundError('period-pruned', message, { since });
  }
  const scoring = await scoringAt(tx, books, seq);
  const excluded = record?.crown?.excluded ?? (await tx.excludedAccounts(books.id));
  const from = await factsFrom(tx, books, { start: window.start, until: window.end, seq });
  return { round: makeRound({ ...from, scoring, window, excluded }), record, seq, facts: from.facts };
}

/** The scoring that was in force when the log ended at `seq`. */
export async function scoringAt(tx: Tx, books: Books, seq: number): Promise<CrownScoring> {
  return (await rulesAt(tx, books, seq)).scoring as CrownScoring;
}
