import type { Books } from '../../books.ts';
import { entryScore } from '../../scoring/stake-time/book.ts';
import type { Account, Position, Window } from '../../state.ts';

/**
 * Books an entry's closing part to its account and to the running total, and lets the entry go on in the next period, in
 * the active bucket, from the boundary (or from its own later beginning).
 */
export function moveEntry(books: Books, window: Window, account: Account, entry: Position & { since: number }): void {
  const part = entryScore(books, entry, window.start, window.boundary);
  if (part > 0n) {
    books.addScore(account, window.period, part);
    books.addTotal(window.period, part);
  }
  entry.since = Math.max(entry.since, window.boundary);
  books.positionChanged(account, entry);
}
