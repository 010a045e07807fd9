import { invariant } from '../../errors.ts';
import { gcd, type Rational, rational } from '../../money/rational.ts';
import { QuotientSum } from './quotient-sum.ts';
import type { Weight } from './lane-state.ts';
import { none, type Stretch, walk, type WalkOptions } from './walk.ts';

/** What one participant earned in a window: blocks or seconds, exact. Both numerators are over the denominators of `Credits`. */
export interface Credit {
  readonly who: number;
  /** Time held, shared. */
  readonly held: bigint;
  /** Time held, shared, times capacity. */
  readonly paid: bigint;
}

/**
 * Everybody's credit over common denominators, not reduced: shares of it are quotients of numerators. In the order of the
 * participants' indexes; without those who never held.
 */
export interface Credits {
  readonly heldDenominator: bigint;
  readonly paidDenominator: bigint;
  readonly credits: readonly Credit[];
  /** Time with a holder: what all `held` add up to. */
  readonly covered: number;
}

export const heldOf = ({ heldDenominator }: Credits, { held }: Credit): Rational => rational(held, heldDenominator);
export const paidOf = ({ paidDenominator }: Credits, { paid }: Credit): Rational => rational(paid, paidDenominator);

/** The reader of the walk that adds up. Throws InvariantError `crown.credit-adds-up`. */
export function total(options: WalkOptions): Credits {
  return creditsOf(holdingsOf(options));
}

/**
 * What a replay leaves, exact and not yet divided: stretches, each with what it is divided by, and who held from which
 * stretch to which with what weight. Its size grows with what changed, not with how many held meanwhile.
 */
export interface Holdings {
  /** By stretch with a holder: length, and index of the divisor. */
  readonly length: readonly number[];
  readonly divisor: readonly number[];
  readonly divisors: readonly bigint[];
  /** By divisor: whether it is a number of holders, none of whom has any depth, and not a sum of depths. */
  readonly ofHolders: readonly boolean[];
  /** By holding; those of one participant are chained, the newest first. */
  readonly from: readonly number[];
  readonly until: readonly number[];
  readonly weight: readonly number[];
  readonly before: readonly number[];
  /** By participant: its newest holding, or -1. */
  readonly newest: Int32Array;
  readonly weights: readonly Weight[];
  readonly covered: number;
}

export function holdingsOf(options: WalkOptions): Holdings {
  const count = options.log.participants.length;
  const length: number[] = [];
  const divisor: number[] = [];
  const divisors = new Divisors();
  const from: number[] = [];
  const until: number[] = [];
  const weight: number[] = [];
  const before: number[] = [];
  const newest = new Int32Array(count).fill(-1);
  const open = new Int32Array(count).fill(-1);
  const weightNow = new Int32Array(count).fill(none);
  let covered = 0;
  let weights: readonly Weight[] = [];

  const close = (who: number): void => {
    before.push(newest[who]!);
    newest[who] = from.push(open[who]!) - 1;
    until.push(length.length);
    weight.push(weightNow[who]!);
  };
  for (const stretch of walk(options)) {
    ({ weights } = stretch);
    for (let i = 0; i < stretch.changes; i += 1) {
      const who = stretch.changed[i]!;
      if (weightNow[who] !== none) close(who);
      weightNow[who] = stretch.weightOf[who]!;
      open[who] = length.length;
    }
    if (stretch.holders === 0) continue;
    covered += stretch.end - stretch.start;
    length.push(stretch.end - stretch.start);
    divisor.push(divisors.indexOf(stretch));
  }
  for (let who = 0; who < count; who += 1) if (weightNow[who] !== none) close(who);
  return { length, divisor, divisors: divisors.values, ofHolders: divisors.ofHolders, from, until, weight, before, newest, weights, covered };
}

/** The distinct sums of depths, and the distinct numbers of holders where no holder has any depth. */
class Divisors {
  readonly values: bigint[] = [];
  readonly ofHolders: boolean[] = [];
  readonly #byHolders: number[] = [];
  readonly #byDepth = new Map<bigint, number>();

  indexOf({ holders, depth }: Stretch): number {
    if (depth === 0n) return (this.#byHolders[holders] ??= this.#add(BigInt(holders), true));
    let index = this.#byDepth.get(depth);
    if (index === undefined) this.#byDepth.set(depth, (index = this.#add(depth, false)));
    return index;
  }

  #add(value: bigint, ofHolders: boolean): number {
    this.ofHolders.push(ofHolders);
    return this.values.push(value) - 1;
  }
}

/** Divides holdings: depth times time by the sum of depths; evenly where that sum is 0, as then every holder's depth is. */
export function creditsOf(holdings: Holdings): Credits {
  const { length, divisor, divisors, ofHolders, from, until, newest, before, weight, weights, covered } = holdings;
  const sum = new QuotientSum(divisors);
  let capacityDenominator = 1n;
  for (const { capacity } of weights) {
    const { denominator } = capacity;
    capacityDenominator = (capacityDenominator / gcd(capacityDenominator, denominator)) * denominator;
  }
  const credits: Credit[] = [];
  let heldByAll = 0n;
  for (let who = 0; who < newest.length; who += 1) {
    if (newest[who]! < 0) continue;
    const times = new Map<number, Float64Array>();
    for (let at = newest[who]!; at >= 0; at = before[at]!) {
      let counts = times.get(weight[at]!);
      if (counts === undefined) times.set(weight[at]!, (counts = new Float64Array(divisors.length)));
      const even = weights[weight[at]!]!.depth === 0n;
      for (let k = from[at]!; k < until[at]!; k += 1) {
        const index = divisor[k]!;
        if (!even || ofHolders[index] === true) counts[index]! += length[k]!;
      }
    }
    let [held, paid] = [0n, 0n];
    for (const [index, counts] of times) {
      const { depth, capacity } = weights[index]!;
      const part = sum.numerator(counts) * (depth === 0n ? 1n : depth);
      held += part;
      paid += part * ((capacity.numerator * capacityDenominator) / capacity.denominator);
    }
    heldByAll += held;
    if (held > 0n) credits.push({ who, held, paid });
  }
  invariant(heldByAll === BigInt(covered) * sum.denominator, 'crown.credit-adds-up', { covered: String(covered) });
  return { heldDenominator: sum.denominator, paidDenominator: sum.denominator * capacityDenominator, credits, covered };
}
