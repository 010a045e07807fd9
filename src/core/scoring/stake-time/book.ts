import { compareBytes } from '../../bytes.ts';
import type { Books } from '../../books.ts';
import type { Account, Position, Window } from '../../state.ts';
import { scoreBetween } from './walk.ts';
import { rateRuleOf } from '../../program.ts';

/** A position whose account scores: `since` is known. */
type Entry = Position & { since: number };

export function isEntry(position: Position): position is Entry {
  return position.since !== null;
}

/** Token-seconds of an entry within [start, end). */
export function entryScore(books: Books, entry: Entry, start: number, end: number): bigint {
  const from = Math.max(entry.since, start);
  if (from >= end) return 0n;
  return scoreBetween(entry.shares, books.validatorById(entry.validator), from, end, rateRuleOf(books.rules));
}

/** Has the paying phase dealt with this account, so that its closing score is used up? */
export function isPaid(window: Window, account: Account): boolean {
  return window.phase === 'paying' && window.cursor !== null && compareBytes(account.name, window.cursor.account) <= 0;
}

/** Has scoring passed this whole account? */
export function isPassed(window: Window, account: Account): boolean {
  if (window.phase === 'paying') return true;
  if (window.cursor === null) return false;
  const order = compareBytes(account.name, window.cursor.account);
  return order < 0 || (order === 0 && window.cursor.validator === null);
}

/**
 * Is the closing part of this entry in the running total although nothing is booked for it? Only `cut` counts without
 * booking: what its scoring has passed. (For the others a closing part that is not booked is not counted.)
 */
export function isCounted(books: Books, window: Window, account: Account, position: Position): boolean {
  if (window.strategy !== 'cut') return false;
  if (isPassed(window, account)) return true;
  if (window.cursor === null || window.cursor.account !== account.name || window.cursor.validator === null)
    return false;
  return compareBytes(books.validatorById(position.validator).name, window.cursor.validator) <= 0;
}

/** The final score of an account in the period of the open window: what is booked and what its entries hold until `boundary`. */
export function closingScore(books: Books, window: Window, account: Account): bigint {
  let score = account.scores.get(window.period) ?? 0n;
  for (const position of account.positions) {
    if (isEntry(position)) score += entryScore(books, position, window.start, window.boundary);
  }
  return score;
}

/**
 * Books `tokens` held over [from, until) into the periods that stretch belongs to, without touching any entry. An excluded
 * account gets nothing.
 */
export function credit(books: Books, account: Account, tokens: bigint, from: number, until: number): void {
  if (account.excluded) return;
  for (const span of books.spans) {
    const start = Math.max(from, span.start);
    const end = Math.min(until, span.end);
    if (start >= end || tokens === 0n) continue;
    const score = tokens * BigInt(end - start);
    books.addScore(account, span.period, score);
    books.addTotal(span.period, score);
    books.onBooked?.({ account, period: span.period, from: start, until: end, held: { tokens } });
  }
  books.state.bookedUntil = Math.max(books.state.bookedUntil, until);
}

/**
 * Books what an entry has earned until second `until`, each period's part to that period, and lets it go on from there.
 *
 * In a window this is where the three cases of a change meet: a part that belongs to the closing period is booked there
 * (and added to its total unless scoring has counted it), the rest to the next; an account that is paid keeps its hands
 * off the closing period.
 */
export function bookEntry(books: Books, account: Account, entry: Entry, until: number): void {
  const { window } = books.state;
  for (const span of books.spans) {
    if (span.start >= until) break;
    const score = entryScore(books, entry, span.start, Math.min(until, span.end));
    if (score === 0n) continue;
    const isClosing = window !== null && span.period === window.period;
    if (isClosing && isPaid(window, account)) continue;
    books.addScore(account, span.period, score);
    if (isClosing && isCounted(books, window, account, entry)) window.counted -= score;
    else books.addTotal(span.period, score);
    const from = Math.max(entry.since, span.start);
    books.onBooked?.({
      account,
      period: span.period,
      from,
      until: Math.min(until, span.end),
      held: { position: entry },
    });
  }
  if (until > entry.since) entry.since = until;
  books.state.bookedUntil = Math.max(books.state.bookedUntil, until);
}
