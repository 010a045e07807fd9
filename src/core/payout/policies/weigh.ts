import { sum } from '../../money/sum.ts';
import { rational, type Rational, zero } from '../../money/rational.ts';
import type { BalancedPolicy, ImmediatePolicy, RecentPolicy } from './policy.ts';
import type { Claim } from './share.ts';

/** Somebody who takes part in a policy, with what lies in the scope of the policy. */
export interface Candidate {
  readonly account: string;
  /** By period of the scope, oldest first. */
  readonly scores: readonly bigint[];
  /** What it was given in the scope, and what it got from earlier policies of this round. */
  readonly paidBefore: bigint;
}

/** A claim with the reasons for it. */
export interface Weighed extends Claim {
  /** In units of the scores: their sum, discounted under `recent`. */
  readonly earned: Rational;
  /** Under `balanced`: what it should have in all once this budget is paid, before rounding. Else null. */
  readonly entitled: Rational | null;
}

/** The claims of all candidates. Their scores are scaled, differently for each policy: only ratios count. */
export function weigh(
  policy: ImmediatePolicy | RecentPolicy | BalancedPolicy,
  candidates: readonly Candidate[],
): Weighed[] {
  switch (policy.kind) {
    case 'immediate':
      return candidates.map(({ account, scores }) => {
        const score = sum(scores);
        return { account, score, earned: rational(score), entitled: null };
      });
    case 'recent':
      return candidates.map(({ account, scores }) => {
        const { score, scale } = discounted(scores, policy.discount);
        return { account, score, earned: rational(score, scale), entitled: null };
      });
    case 'balanced':
      return weighBalanced(policy.budget, candidates);
  }
}

/** `sum of scores[k] x (1 - discount) ^ age`, times the scale that makes it whole: the same for all of one length. */
function discounted(scores: readonly bigint[], { numerator, denominator }: Rational): { score: bigint; scale: bigint } {
  const kept = denominator - numerator;
  let [score, scale] = [0n, 1n];
  for (const [index, period] of scores.entries()) {
    if (index > 0) scale *= denominator;
    score = score * kept + period * scale;
  }
  return { score, scale };
}

/** `max(0, (paid + budget) x score / total - paid to it)`, over the common denominator `total`. */
function weighBalanced(budget: bigint, candidates: readonly Candidate[]): Weighed[] {
  const scores = candidates.map((candidate) => sum(candidate.scores));
  const total = sum(scores);
  const toHave = budget + sum(candidates.map(({ paidBefore }) => paidBefore));
  return candidates.map(({ account, paidBefore }, index) => {
    const score = scores[index]!;
    const missing = toHave * score - paidBefore * total;
    return {
      account,
      score: missing > 0n ? missing : 0n,
      earned: rational(score),
      entitled: total === 0n ? zero : rational(toHave * score, total),
    };
  });
}
