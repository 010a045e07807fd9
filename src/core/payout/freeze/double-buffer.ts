import type { Freeze } from './freeze.ts';
import { moveEntry } from './move-entry.ts';

/**
 * Two sets of collections. The boundary swaps which one is active; accounts are carried over from the frozen one as
 * scoring reaches them, or as they change. O(1) at the boundary, 2n writes in all.
 */
export const doubleBuffer: Freeze = {
  name: 'double-buffer',
  scoresAtOpening: false,
  bucketAfter: (closing) => (closing === 0 ? 1 : 0),
  isWaiting: (window, position) => position.bucket === window.closingBucket,
  score: moveEntry,
  pass: (books, _window, account, position) => books.positionChanged(account, position),
};
