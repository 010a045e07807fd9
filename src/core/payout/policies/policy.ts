import { InvalidInputError } from '../../errors.ts';
import { type Rational, rational } from '../../money/rational.ts';

/** How one budget is shared. Budgets in smallest units, 0 or more. */
export type Policy = ImmediatePolicy | RecentPolicy | BalancedPolicy | SpecialPolicy;

/** By the scores of the last `lookback` complete periods, 1 or more. */
export interface ImmediatePolicy {
  readonly kind: 'immediate';
  readonly budget: bigint;
  readonly lookback: number;
}

/** By all scores, each period counting `1 - discount` (0 to 1) of the one after it; `excluded` take no part. */
export interface RecentPolicy {
  readonly kind: 'recent';
  readonly budget: bigint;
  readonly discount: Rational;
  readonly excluded: readonly string[];
}

/**
 * By what is missing between what was paid so far and what the scores so far entitle to, over the last `lookback` complete
 * periods; 0 is all of them, a lifetime.
 */
export interface BalancedPolicy {
  readonly kind: 'balanced';
  readonly budget: bigint;
  readonly lookback: number;
}

/** All of it to one account, whatever its score. Caps do not touch it. */
export interface SpecialPolicy {
  readonly kind: 'special';
  readonly budget: bigint;
  readonly recipient: string;
  readonly memo: string;
}

/**
 * The usual mix: a slow part that makes up for the past (balanced, lifetime) and a fast one that answers to the last
 * period (immediate). The slow part is rounded down, the fast one has the rest. The fast one comes first, so that the slow
 * one sees what it paid.
 *
 * `slow` is a part of the whole, 0 to 1; 4/5 by default. Throws InvalidInputError `slow-part-range`, or as `checkPolicy`.
 */
export function mixPolicies(
  budget: bigint,
  { slow = rational(4n, 5n), lookback = 1 }: { readonly slow?: Rational; readonly lookback?: number } = {},
): readonly [ImmediatePolicy, BalancedPolicy] {
  if (!isPart(slow)) {
    throw new InvalidInputError('slow-part-range', 'The slow part of a mix is above 1 or below 0; accepted: 0 to 1.');
  }
  const slowBudget = (budget * slow.numerator) / slow.denominator;
  const fastPolicy: ImmediatePolicy = { kind: 'immediate', budget: budget - slowBudget, lookback };
  const slowPolicy: BalancedPolicy = { kind: 'balanced', budget: slowBudget, lookback: 0 };
  checkPolicy(fastPolicy);
  checkPolicy(slowPolicy);
  return [fastPolicy, slowPolicy];
}

/** Throws InvalidInputError `budget-negative`, `lookback-range` or `discount-range`. */
export function checkPolicy(policy: Policy): void {
  if (policy.budget < 0n) {
    throw new InvalidInputError('budget-negative', `Found a budget of ${policy.budget}; accepted: 0 or more.`);
  }
  if (policy.kind === 'immediate' || policy.kind === 'balanced') {
    const least = policy.kind === 'immediate' ? 1 : 0;
    if (!Number.isSafeInteger(policy.lookback) || policy.lookback < least) {
      throw new InvalidInputError(
        'lookback-range',
        `Found a lookback of ${policy.lookback} periods under "${policy.kind}"; accepted: a whole number, ${least} or more.`,
      );
    }
  }
  if (policy.kind === 'recent' && !isPart(policy.discount)) {
    throw new InvalidInputError('discount-range', 'The discount is above 1 or below 0; accepted: 0 to 1.');
  }
}

const isPart = ({ numerator, denominator }: Rational): boolean => numerator >= 0n && numerator <= denominator;
