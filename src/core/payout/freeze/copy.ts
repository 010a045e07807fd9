import type { Freeze } from './freeze.ts';
import { moveEntry } from './move-entry.ts';

/**
 * At the boundary all scores are computed and copied to the closing period's map, and every entry begins anew.
 * O(n) writes in the opening step: kept runnable to show what that costs.
 */
export const copy: Freeze = {
  name: 'copy',
  scoresAtOpening: true,
  bucketAfter: (closing) => closing,
  isWaiting: (window, position) => position.since !== null && position.since < window.boundary,
  score: moveEntry,
  pass() {},
};
