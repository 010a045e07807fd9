import { doubleBuffer } from './double-buffer.ts';
import type { Freeze } from './freeze.ts';

/**
 * Keys carry the id of their period: entries move to the next id in batches, or earlier when their account changes.
 * O(1) at the boundary, 2n writes in all. Differs from `double-buffer` in that ids never come back.
 */
export const generations: Freeze = {
  ...doubleBuffer,
  name: 'generations',
  bucketAfter: (closing, closingPeriod) => Math.max(closing, closingPeriod) + 1,
};
