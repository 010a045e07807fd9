import { type Rational, rational, zero } from '../../money/rational.ts';
import { passes, type Test, tests } from './lane-state.ts';
import { none, type Stretch, walk, type WalkOptions } from './walk.ts';

/** `[start, end)`: the first test that a participant failed; null while it held. */
export interface Reason {
  readonly start: number;
  readonly end: number;
  readonly failed: Test | null;
  /** The participant's quote, null when it has none above 0; and the best qualifying one. */
  readonly quote: string | null;
  readonly best: string | null;
  /** Who held, by index, ascending, the participant itself included. */
  readonly holders: readonly number[];
  /** The participant's part of the time; 0 while it did not hold. */
  readonly share: Rational;
}

/** The reader of the walk that says why `who` (an index) held or did not, and who did. Tiles the window; neighbours differ. */
export function* reasons(options: WalkOptions, who: number): Generator<Reason, void, undefined> {
  const holding = new Set<number>();
  let last = null as Reason | null;
  for (const stretch of walk({ ...options, watched: who })) {
    for (let i = 0; i < stretch.changes; i += 1) {
      const changed = stretch.changed[i]!;
      if (stretch.weightOf[changed] === none) holding.delete(changed);
      else holding.add(changed);
    }
    const { start, end, failing, quote, best } = stretch;
    const failed = failing === passes ? null : tests[failing]!;
    const next = {
      start,
      end,
      failed,
      quote,
      best,
      holders: [...holding].sort((a, b) => a - b),
      share: shareOf(stretch, who),
    };
    if (last !== null && same(last, next)) {
      last = { ...last, end };
      continue;
    }
    if (last !== null) yield last;
    last = next;
  }
  if (last !== null) yield last;
}

function shareOf({ weightOf, weights, depth, holders }: Stretch, who: number): Rational {
  const weight = weightOf[who]!;
  if (weight === none) return zero;
  return depth === 0n ? rational(1n, BigInt(holders)) : rational(weights[weight]!.depth, depth);
}

function same(a: Reason, b: Reason): boolean {
  return (
    a.failed === b.failed &&
    a.quote === b.quote &&
    a.best === b.best &&
    a.share.numerator === b.share.numerator &&
    a.share.denominator === b.share.denominator &&
    a.holders.length === b.holders.length &&
    a.holders.every((holder, i) => holder === b.holders[i])
  );
}
