import type { Books } from '../core/books.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { Rational } from '../core/money/rational.ts';
import { crownOf } from '../core/scoring/crown/accrue.ts';
import type { Payout, PeriodRecord } from '../core/state.ts';
import { type CrownInterval, crownIntervals, partsOf } from './crown/read.ts';
import { crownScoringOf, readRound } from './crown/rounds.ts';
import type { BooksCache } from './load-books.ts';
import type { EventRow, Pruning, Store, Tx } from './ports.ts';

/** What can be followed. */
export const tailKinds = ['events', 'payouts', 'scores', 'intervals'] as const;
export type TailKind = (typeof tailKinds)[number];

export interface TailOptions {
  /** Default: events. */
  readonly what?: TailKind;
  /** Rows after this cursor, as a row before gave it; default: from the beginning. */
  readonly since?: string;
  /** Asked when there is nothing more: resolves true when it is time to look again, false to end. Default: end. */
  readonly wait?: () => Promise<boolean>;
}

/** A row with its cursor: whoever keeps the newest one misses nothing and gets nothing twice. */
export type TailRow =
  | { readonly what: 'event'; readonly cursor: string; readonly event: EventRow }
  | { readonly what: 'payout'; readonly cursor: string; readonly payout: Payout }
  | {
      readonly what: 'score';
      readonly cursor: string;
      readonly period: number;
      readonly pool: string;
      readonly account: string;
      readonly score: bigint;
      /** Of a crown program: the exact part; `null` where the period was pruned, and of programs that score stakes. */
      readonly part: Rational | null;
    }
  | { readonly what: 'interval'; readonly cursor: string; readonly period: number; readonly interval: CrownInterval }
  /** What a cursor lies before, and is gone: events, or the intervals of a period. */
  | {
      readonly what: 'pruned';
      readonly cursor: string;
      readonly of: 'events' | 'periods';
      readonly first: number;
      readonly last: number;
      readonly count: number;
      /** Up to this instant, milliseconds. */
      readonly until: number;
      /** Second up to which facts are folded. */
      readonly checkpoint: number;
    };

const PAGE = 1000;

/**
 * Follows a program: rows after a cursor in the order of their commits, nothing skipped and nothing twice, also across
 * pruning, which is said by a row. No transaction is open while the caller has a row, or waits.
 *
 * Cursors: of events their seq, of payouts and scores the payout's id, of intervals `PERIOD/LANE/START`. Intervals come when the
 * window has scored them: until then an exclusion changes them, after that nothing does. (A period that owes nothing by score
 * is never scored; its intervals are read by the exclusions of now.) Throws InvalidInputError `cursor-malformed`,
 * `model-differs` (intervals), NotFoundError `program-unknown`.
 */
export async function* tail(
  store: Store,
  cache: BooksCache,
  program: string,
  { what = 'events', since, wait = async () => false }: TailOptions = {},
): AsyncGenerator<TailRow, void, undefined> {
  const read = readers[what]();
  let cursor = since ?? null;
  for (;;) {
    const rows = await store.transact('read', async (tx) => read(tx, await cache.load(tx, program), cursor));
    for (const row of rows) {
      yield row;
      ({ cursor } = row);
    }
    if (rows.length === 0 && !(await wait())) return;
  }
}

/** The next rows after a cursor; none when there are none yet. */
type Read = (tx: Tx, books: Books, cursor: string | null) => Promise<TailRow[]>;

/** By kind. What a follower remembers of a period is read once, however often it looks. */
const readers: Readonly<Record<TailKind, () => Read>> = {
  events: () => eventsAfter,
  payouts: () => async (tx, books, cursor) =>
    (await payoutsAfter(tx, books, cursor)).map((payout) => ({ what: 'payout', cursor: String(payout.id), payout })),
  scores: scoresReader,
  intervals: intervalsReader,
};

function numberOf(cursor: string | null, newest: number): number {
  const value = cursor === null ? 0 : /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (value <= newest) return value;
  throw malformed(cursor!, `a whole number from 0 to ${newest}, that of the newest row`);
}

function malformed(found: string, accepted: string): InvalidInputError {
  return new InvalidInputError('cursor-malformed', `Found cursor ${JSON.stringify(found)}; accepted: ${accepted}.`, {
    found,
  });
}

async function eventsAfter(tx: Tx, books: Books, cursor: string | null): Promise<TailRow[]> {
  let seq = numberOf(cursor, books.state.events);
  const prunings = await tx.prunings(books.id);
  const rows: TailRow[] = [];
  for (const event of await tx.events({ program: books.id, after: seq, limit: PAGE })) {
    rows.push(...gapBefore(prunings, seq, event.seq));
    rows.push({ what: 'event', cursor: String(event.seq), event });
    seq = event.seq;
  }
  return rows.length > 0 ? rows : gapBefore(prunings, seq, Infinity);
}

/** What was taken out between a cursor and the next event that is there. */
function gapBefore(prunings: readonly Pruning[], seq: number, next: number): TailRow[] {
  const gone = prunings.findLast(({ last }) => last > seq && last < next);
  if (gone === undefined || next === seq + 1) return [];
  const { last, at: checkpoint, time: until } = gone;
  const first = Math.max(seq + 1, 2);
  const count = last - first + 1;
  return [{ what: 'pruned', cursor: String(last), of: 'events', first, last, count, until, checkpoint }];
}

async function payoutsAfter(tx: Tx, books: Books, cursor: string | null): Promise<readonly Payout[]> {
  return tx.payouts({ program: books.id, after: numberOf(cursor, books.state.payouts), limit: PAGE });
}

function scoresReader(): Read {
  let of = null as { period: number; parts: ReadonlyMap<string, Rational> } | null;
  return async (tx, books, cursor) => {
    const rows: TailRow[] = [];
    for (const { id, period, pool, account, score, reason } of await payoutsAfter(tx, books, cursor)) {
      const row = { what: 'score', cursor: String(id), period, pool, account: account.name, score } as const;
      if (reason === 'direct') {
        // It has no score, so that its row says nothing, but the cursor must pass it. Parts are not known yet.
        rows.push({ ...row, part: null });
        continue;
      }
      if (of?.period !== period) of = { period, parts: await partsIn(tx, books, period) };
      rows.push({ ...row, part: of.parts.get(account.name) ?? null });
    }
    return rows;
  };
}

async function partsIn(tx: Tx, books: Books, period: number): Promise<ReadonlyMap<string, Rational>> {
  if (books.rules.scoring.model !== 'crown') return new Map();
  const record = (await tx.periods(books.id)).find((one) => one.period === period);
  if (record === undefined || isPruned(books, record)) return new Map();
  return partsOf(await readRound(tx, books, { period }));
}

const isPruned = (books: Books, { start }: PeriodRecord): boolean => start < (crownOf(books).checkpoint ?? -1);

/** Reads the rest of one period at a time, so that a page is bounded by what one period has; ends before one not scored yet. */
function intervalsReader(): Read {
  let done = 0;
  return async (tx, books, cursor) => {
    crownScoringOf(books);
    const after = cursor === null ? null : placeOf(cursor);
    for (const record of await tx.periods(books.id)) {
      if (record.status !== 'settled' && record.crown === undefined) return [];
      if (record.period <= done || record.period < (after?.period ?? 0)) continue;
      const rows = await intervalsOf(tx, books, record, after?.period === record.period ? after : null);
      done = record.period;
      if (rows.length > 0) return rows;
    }
    return [];
  };
}

interface Place {
  readonly period: number;
  readonly lane: string;
  readonly start: number;
}

function placeOf(cursor: string): Place {
  const found = /^(\d{1,15})\/(.*)\/(\d{1,15})$/.exec(cursor);
  if (found === null) throw malformed(cursor, 'PERIOD/LANE/START, as the rows have it');
  return { period: Number(found[1]), lane: found[2]!, start: Number(found[3]) };
}

/** Stands for all lanes in the cursor of a period that was pruned. */
const pruned = '-';

async function intervalsOf(tx: Tx, books: Books, record: PeriodRecord, after: Place | null): Promise<TailRow[]> {
  const { period, boundary } = record;
  if (isPruned(books, record)) {
    if (after?.lane === pruned) return [];
    const cursor = `${period}/${pruned}/${boundary}`;
    const range = { of: 'periods', first: period, last: period, count: 1 } as const;
    return [{ what: 'pruned', cursor, ...range, until: boundary * 1000, checkpoint: crownOf(books).checkpoint! }];
  }
  const view = await readRound(tx, books, { period });
  const lanes = view.round.lanes.map(({ name }) => name);
  const from = after === null ? -1 : lanes.indexOf(after.lane);
  if (after !== null && from < 0 && after.lane !== pruned)
    throw malformed(`${after.period}/${after.lane}/${after.start}`, `a lane of period ${period}: ${lanes.join(', ')}`);
  const rows: TailRow[] = [];
  for (const [index, lane] of lanes.entries()) {
    if (index < from) continue;
    for (const interval of crownIntervals(view, lane)) {
      if (index === from && interval.start <= after!.start) continue;
      rows.push({ what: 'interval', cursor: `${period}/${lane}/${interval.start}`, period, interval });
    }
  }
  return rows;
}
