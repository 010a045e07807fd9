import { invariant } from '../../errors.ts';
import { gcd, type Rational, rational } from '../../money/rational.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { none, type WalkOptions } from './walk.ts';

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

/** Credits, none above the exact ones, and how far below they may be: numerators, over the same denominators. */
export interface CreditBounds {
  readonly atLeast: Credits;
  /** Every exact `held` is less than so much above, or equal. */
  readonly heldWithin: bigint;
  readonly paidWithin: bigint;
}

/**
 * Bounds of the credits as multiples of 2^-bits. Exact credits are over the least common multiple of all sums of depths, which
 * grows with how many there are; bounds cost the same however many participants there are, and mostly decide what is asked (a
 * payout rounded down); where both ends do not agree, `creditsOf` the same holdings decides.
 */
export function boundsOf(holdings: Holdings, bits = 256): CreditBounds {
  const scaled = scaledOf(holdings);
  const common = 1n << BigInt(bits);
  const atLeast = divide(holdings, scaled, common);
  // Each part is less than one too small, and is taken once per unit of weight and of time.
  const most = scaled.heldBy.reduce((most, by) => (by > most ? by : most), 1n);
  const heldWithin = BigInt(holdings.covered) * most;
  return { atLeast, heldWithin, paidWithin: heldWithin * scaled.capacityCommon };
}

/** Divides holdings exactly. Throws InvariantError `crown.credit-adds-up`. */
export function creditsOf(holdings: Holdings): Credits {
  const scaled = scaledOf(holdings);
  const common = commonMultiple(scaled.divisors);
  const credits = divide(holdings, scaled, common);
  const heldByAll = credits.credits.reduce((sum, { held }) => sum + held, 0n);
  const { covered } = holdings;
  invariant(heldByAll === BigInt(covered) * common, 'crown.credit-adds-up', { covered: String(covered) });
  return credits;
}

/** Weights and divisors without the factor that all depths have in common; capacities over one denominator. */
interface Scaled {
  readonly divisors: readonly bigint[];
  readonly heldBy: readonly bigint[];
  readonly paidBy: readonly bigint[];
  readonly capacityCommon: bigint;
}

function scaledOf({ weights, divisors, ofHolders }: Holdings): Scaled {
  const unit = weights.reduce((divisor, { depth }) => gcd(divisor, depth), 0n) || 1n;
  const capacityCommon = commonMultiple(weights.map(({ capacity }) => capacity.denominator));
  const heldBy = weights.map(({ depth }) => depth / unit);
  return {
    divisors: divisors.map((value, i) => (ofHolders[i]! ? value : value / unit)),
    heldBy,
    // Without depth the share is a number of holders', as if the depth were 1.
    paidBy: weights.map(
      ({ capacity }, i) => ((heldBy[i]! || 1n) * capacity.numerator * capacityCommon) / capacity.denominator,
    ),
    capacityCommon,
  };
}

/**
 * Divides holdings: depth times time by the sum of depths; evenly where that sum is 0, as then every holder's depth is.
 *
 * Two running sums are taken over all stretches, of time by sum of depths and of time by number of holders. What a participant
 * earns per unit of weight is a difference of such sums, so it costs the same however many stretches lie between.
 * Everything is over `common`; what a divisor does not divide is rounded down.
 */
function divide(
  { length, divisor, ofHolders, changesUntil, who, weight, participants, covered }: Holdings,
  { divisors, heldBy, paidBy, capacityCommon }: Scaled,
  common: bigint,
): Credits {
  const parts = divisors.map((value) => common / value);
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
    held[account]! += heldBy[index] === 0n ? sum : sum * heldBy[index]!;
    if (capacityCommon !== 1n) paid[account]! += sum * paidBy[index]!;
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
  for (let account = 0; account < participants; account += 1) {
    if (weightNow[account] !== none) stop(account);
    weigh(account, none);
    if (held[account] === 0n) continue;
    credits.push({ who: account, held: held[account]!, paid: capacityCommon === 1n ? held[account]! : paid[account]! });
  }
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
