import { invariant } from '../../errors.ts';
import { gcd, type Rational, rational } from '../../money/rational.ts';
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
 * What a replay leaves, exact and not yet divided: stretches, each with what it is divided by, and whose weight changed where.
 * Its size grows with what changed, not with how many held meanwhile.
 */
export interface Holdings {
  /** By stretch: length, and index of the divisor; -1 where nobody held. */
  readonly length: readonly number[];
  readonly divisor: readonly number[];
  readonly divisors: readonly bigint[];
  /** By divisor: whether it is a number of holders, none of whom has any depth, and not a sum of depths. */
  readonly ofHolders: readonly boolean[];
  /** By stretch: how many changes there are up to it, its own included. */
  readonly changesUntil: readonly number[];
  /** By change: who, and its weight from that stretch on (index, or `none`). */
  readonly who: readonly number[];
  readonly weight: readonly number[];
  readonly weights: readonly Weight[];
  readonly participants: number;
  readonly covered: number;
}

export function holdingsOf(options: WalkOptions): Holdings {
  const length: number[] = [];
  const divisor: number[] = [];
  const divisors = new Divisors();
  const changesUntil: number[] = [];
  const who: number[] = [];
  const weight: number[] = [];
  let covered = 0;
  let weights: readonly Weight[] = [];
  for (const stretch of walk(options)) {
    ({ weights } = stretch);
    for (let i = 0; i < stretch.changes; i += 1) {
      who.push(stretch.changed[i]!);
      weight.push(stretch.weightOf[stretch.changed[i]!]!);
    }
    changesUntil.push(who.length);
    const time = stretch.end - stretch.start;
    length.push(time);
    divisor.push(stretch.holders === 0 ? -1 : divisors.indexOf(stretch));
    if (stretch.holders > 0) covered += time;
  }
  const participants = options.log.participants.length;
  const { values, ofHolders } = divisors;
  return { length, divisor, divisors: values, ofHolders, changesUntil, who, weight, weights, participants, covered };
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

/**
 * Divides holdings: depth times time by the sum of depths; evenly where that sum is 0, as then every holder's depth is.
 *
 * Two running sums are taken over all stretches, of time by sum of depths and of time by number of holders. What a participant
 * earns per unit of weight is a difference of such sums, so it costs the same however many stretches lie between.
 * Everything is over the least common multiple of the divisors.
 */
export function creditsOf(holdings: Holdings): Credits {
  const { length, divisor, ofHolders, changesUntil, who, weight, weights, participants, covered } = holdings;
  const unit = weights.reduce((divisor, { depth }) => gcd(divisor, depth), 0n) || 1n;
  const divisors = holdings.divisors.map((value, i) => (ofHolders[i]! ? value : value / unit));
  const common = commonMultiple(divisors);
  const parts = divisors.map((value) => common / value);
  const capacityCommon = commonMultiple(weights.map(({ capacity }) => capacity.denominator));
  const heldBy = weights.map(({ depth }) => depth / unit);
  const paidBy = weights.map(({ capacity }, i) => (heldBy[i]! * capacity.numerator * capacityCommon) / capacity.denominator);
  const evenlyPaidBy = weights.map(({ capacity }) => (capacity.numerator * capacityCommon) / capacity.denominator);

  const held = Array.from({ length: participants }, () => 0n);
  const paid = [...held];
  const weightNow = new Int32Array(participants).fill(none);
  let [byDepth, byHolders] = [0n, 0n];
  // By account: the sum of its depths' kind when it last began to hold, and what it has earned since its weight last
  // changed, per unit of weight. Only then is that multiplied: most who stop holding come back with the same weight.
  const since = [...held];
  const unweighted = [...held];
  const unweightedOf = new Int32Array(participants).fill(none);
  const sumFor = (index: number): bigint => (heldBy[index] === 0n ? byHolders : byDepth);
  const begin = (account: number, index: number): void => {
    if (unweightedOf[account] !== index) weigh(account, index);
    since[account] = sumFor(index);
  };
  const stop = (account: number): void => {
    const sum = sumFor(weightNow[account]!);
    if (sum !== since[account]) unweighted[account] = unweighted[account]! + sum - since[account]!;
  };
  const weigh = (account: number, next: number): void => {
    const index = unweightedOf[account]!;
    unweightedOf[account] = next;
    const sum = unweighted[account]!;
    if (sum === 0n) return;
    unweighted[account] = 0n;
    const even = heldBy[index] === 0n;
    held[account]! += even ? sum : sum * heldBy[index]!;
    if (capacityCommon !== 1n) paid[account]! += sum * (even ? evenlyPaidBy : paidBy)[index]!;
  };
  let change = 0;
  for (let k = 0; k < length.length; k += 1) {
    for (; change < changesUntil[k]!; change += 1) {
      const account = who[change]!;
      if (weightNow[account] !== none) stop(account);
      weightNow[account] = weight[change]!;
      if (weightNow[account] !== none) begin(account, weightNow[account]!);
    }
    const index = divisor[k]!;
    if (index < 0) continue;
    const part = BigInt(length[k]!) * parts[index]!;
    if (ofHolders[index]!) byHolders += part;
    else byDepth += part;
  }
  const credits: Credit[] = [];
  let heldByAll = 0n;
  for (let account = 0; account < participants; account += 1) {
    if (weightNow[account] !== none) stop(account);
    weigh(account, none);
    if (held[account] === 0n) continue;
    heldByAll += held[account]!;
    credits.push({ who: account, held: held[account]!, paid: capacityCommon === 1n ? held[account]! : paid[account]! });
  }
  invariant(heldByAll === BigInt(covered) * common, 'crown.credit-adds-up', { covered: String(covered) });
  return { heldDenominator: common, paidDenominator: common * capacityCommon, credits, covered };
}

/** Above so many bits a common divisor costs more than it saves, and factors are multiplied as they are. */
const gcdLimit = 1n << 65_536n;

/** The least common multiple of positive numbers (or, far beyond any practical size, some multiple); 1 of none. */
function commonMultiple(values: readonly bigint[]): bigint {
  let level = [...new Set(values)];
  while (level.length > 1) {
    const next: bigint[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [a, b = 1n] = [level[i]!, level[i + 1]];
      next.push(a < gcdLimit && b < gcdLimit ? (a / gcd(a, b)) * b : a * b);
    }
    level = next;
  }
  return level[0] ?? 1n;
}
