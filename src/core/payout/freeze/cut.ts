import { entryScore } from '../../scoring/stake-time/book.ts';
import type { Freeze } from './freeze.ts';

/**
 * Nothing moves: an entry is (shares, since), and its score in a period is its time clipped to the period. Scoring only
 * reads and adds up; whoever changes inside the window has the closing part written down first (scoring/stake-time/book.ts).
 * O(1) at the boundary, O(changes) writes.
 */
export const cut: Freeze = {
  name: 'cut',
  scoresAtOpening: false,
  bucketAfter: (closing) => closing,
  isWaiting: (window, position) => position.since !== null && position.since < window.boundary,
  score(books, window, _account, entry) {
    const part = entryScore(books, entry, window.start, window.boundary);
    window.counted += part;
    books.addTotal(window.period, part);
  },
  pass() {},
};
