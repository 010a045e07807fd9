import { compareBytes } from '../../bytes.ts';
import { InvalidInputError, invariant } from '../../errors.ts';
import { type Rational, rational } from '../../money/rational.ts';

/** What one account has to show for its part of a budget. Scores are in any one unit: only their ratios count. */
export interface Claim {
  readonly account: string;
  readonly score: bigint;
  /** The most it may get, in smallest units, 0 or more; absent is no limit. */
  readonly cap?: bigint | undefined;
}

export interface Share {
  readonly account: string;
  readonly score: bigint;
  /** Whole smallest units. */
  readonly amount: bigint;
  /** The exact share: of what the capped leave, by score; of a capped account its cap. */
  readonly due: Rational;
  /** `amount - due`: above -1, below 1. */
  readonly rounding: Rational;
  readonly capped: boolean;
}

export interface Sharing {
  /** One for each claim, by the bytes of the account. */
  readonly shares: readonly Share[];
  /** What nobody can take, because everybody with a score is capped: budget = amounts + rollover. */
  readonly rollover: bigint;
}

/**
 * Divides `budget` (smallest units, 0 or more) by score. What a cap takes from one goes to the others by score, as long as
 * there is one below its cap.
 *
 * Rounding: every share is rounded down; the units that are left go one each to the largest remainders, of equal ones to
 * the smaller account name by bytes. So a score of zero gets nothing, and the order of the claims changes nothing.
 *
 * Throws InvalidInputError `budget-negative`, `cap-negative`, `score-negative`, `claim-repeated`, `scores-all-zero`.
 */
export function shareByScore(budget: bigint, claims: readonly Claim[]): Sharing {
  if (budget < 0n) {
    throw new InvalidInputError('budget-negative', `Found a budget of ${budget}; accepted: 0 or more.`);
  }
  const sorted = claims.toSorted((a, b) => compareBytes(a.account, b.account));
  checkClaims(sorted);
  const capped = cappedOf(budget, sorted);
  let [left, total] = [budget, 0n];
  for (const claim of sorted) {
    if (capped.has(claim)) left -= claim.cap!;
    else total += claim.score;
  }
  const rollover = total === 0n ? left : 0n;
  const amounts = total === 0n ? new Map<Claim, bigint>() : largestRemainders(left, total, sorted, capped);
  const shares = sorted.map((claim): Share => {
    const { account, score, cap } = claim;
    if (capped.has(claim)) {
      return { account, score, amount: cap!, due: rational(cap!), rounding: rational(0n), capped: true };
    }
    const amount = amounts.get(claim) ?? 0n;
    const below = total === 0n ? 1n : total;
    return {
      account,
      score,
      amount,
      due: rational(left * score, below),
      rounding: rational(amount * below - left * score, below),
      capped: false,
    };
  });
  const sum = shares.reduce((all, { amount }) => all + amount, 0n);
  invariant(sum + rollover === budget, 'sharing.sum-is-budget', () => ({ sum: `${sum + rollover}` }));
  return { shares, rollover };
}

function checkClaims(sorted: readonly Claim[]): void {
  let total = 0n;
  for (const [index, { account, score, cap = 0n }] of sorted.entries()) {
    if (score < 0n) {
      throw new InvalidInputError(
        'score-negative',
        `Account "${account}" has the score ${score}; accepted: 0 or more.`,
      );
    }
    if (cap < 0n) {
      throw new InvalidInputError('cap-negative', `Account "${account}" has the cap ${cap}; accepted: 0 or more.`);
    }
    if (sorted[index + 1]?.account === account) {
      throw new InvalidInputError('claim-repeated', `Account "${account}" is there twice; add its scores.`, {
        account,
      });
    }
    total += score;
  }
  if (total === 0n) {
    throw new InvalidInputError('scores-all-zero', 'The scores sum to zero: there is nobody to pay by score.');
  }
}

/**
 * Who gets its cap. The share of who has the least cap for its score is the first to reach it; once one stays below, so do
 * all after it.
 */
function cappedOf(budget: bigint, claims: readonly Claim[]): ReadonlySet<Claim> {
  const capped = new Set<Claim>();
  let left = budget;
  let total = claims.reduce((sum, { score }) => sum + score, 0n);
  const candidates = claims.filter(({ score, cap }) => score > 0n && cap !== undefined);
  for (const claim of candidates.toSorted((a, b) => sign(a.cap! * b.score - b.cap! * a.score))) {
    if (left * claim.score <= claim.cap! * total) break;
    capped.add(claim);
    left -= claim.cap!;
    total -= claim.score;
  }
  return capped;
}

function largestRemainders(
  left: bigint,
  total: bigint,
  sorted: readonly Claim[],
  capped: ReadonlySet<Claim>,
): Map<Claim, bigint> {
  const amounts = new Map<Claim, bigint>();
  const remainders: { readonly claim: Claim; readonly remainder: bigint }[] = [];
  let units = left;
  for (const claim of sorted) {
    if (capped.has(claim)) continue;
    const product = left * claim.score;
    amounts.set(claim, product / total);
    units -= product / total;
    remainders.push({ claim, remainder: product % total });
  }
  remainders.sort((a, b) => sign(b.remainder - a.remainder)); // stable: equal ones stay in the order of names
  for (const { claim } of remainders.slice(0, Number(units))) amounts.set(claim, amounts.get(claim)! + 1n);
  return amounts;
}

const sign = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);
