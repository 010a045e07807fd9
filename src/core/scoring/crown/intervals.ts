import { add, type Rational, rational, zero } from '../../money/rational.ts';
import { none, walk, type WalkOptions } from './walk.ts';

/** `[start, end)`: who held, by index, ascending, with which part of it; the best qualifying quote, null without a holder. */
export interface Interval {
  readonly start: number;
  readonly end: number;
  readonly holders: readonly Share[];
  readonly best: string | null;
}

export interface Share {
  readonly who: number;
  readonly share: Rational;
}

/**
 * The reader of the walk that names holders. Intervals tile the window, and neighbours with the same shares and the same
 * best quote are one, also where collateral changed without a change of shares.
 */
export function* intervals(options: WalkOptions): Generator<Interval, void, undefined> {
  const holding = new Map<number, bigint>();
  let last = null as Interval | null;
  for (const stretch of walk(options)) {
    for (let i = 0; i < stretch.changes; i += 1) {
      const who = stretch.changed[i]!;
      const weight = stretch.weightOf[who]!;
      if (weight === none) holding.delete(who);
      else holding.set(who, stretch.weights[weight]!.depth);
    }
    const even = stretch.depth === 0n;
    const holders = [...holding]
      .sort(([a], [b]) => a - b)
      .map(([who, depth]) => ({
        who,
        share: even ? rational(1n, BigInt(holding.size)) : rational(depth, stretch.depth),
      }));
    if (last !== null && last.best === stretch.best && sameShares(last.holders, holders)) {
      last = { ...last, end: stretch.end };
      continue;
    }
    if (last !== null) yield last;
    last = { start: stretch.start, end: stretch.end, holders, best: stretch.best };
  }
  if (last !== null) yield last;
}

function sameShares(a: readonly Share[], b: readonly Share[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ who, share }, i) => {
      const other = b[i]!;
      const { numerator, denominator } = other.share;
      return who === other.who && share.numerator === numerator && share.denominator === denominator;
    })
  );
}

/** The reader that answers block by block (or second by second): who held each one of the window. */
export function* perBlock(options: WalkOptions): Generator<Interval & { readonly block: number }, void, undefined> {
  for (const interval of intervals(options)) {
    for (let block = interval.start; block < interval.end; block += 1) yield { ...interval, block };
  }
}

/** Time held by each participant, by index, as intervals say it. */
export function sumShares(list: Iterable<Pick<Interval, 'start' | 'end' | 'holders'>>): Map<number, Rational> {
  const sums = new Map<number, Rational>();
  for (const { start, end, holders } of list) {
    for (const { who, share } of holders) {
      const part = rational(share.numerator * BigInt(end - start), share.denominator);
      sums.set(who, add(sums.get(who) ?? zero, part));
    }
  }
  return sums;
}
