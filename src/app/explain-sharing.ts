import { invariant } from '../core/errors.ts';
import type { Policy } from '../core/payout/policies/policy.ts';
import type { Line, Payout } from '../core/payout/policies/round.ts';
import type { SharedWindow } from '../core/payout/policies/window-round.ts';

/** What one account gets from one policy, and why. Scores in the unit of the program, amounts in smallest units. */
export interface PolicyExplained extends Omit<Line, 'account'> {
  readonly policy: Policy['kind'];
  /** Complete periods looked back on; 0: all. Not of `recent` and `special`. */
  readonly lookback?: number;
  /** What the policy shares among all. */
  readonly budget: bigint;
  /** Of `special`: what for. */
  readonly memo?: string;
}

/** How policies shared a window for one account: `share + owedBefore = paid + owed`. */
export interface SharingExplained {
  /** In the order of the policies; those that gave the account no line are left out. */
  readonly policies: readonly PolicyExplained[];
  /** Sum of the amounts. */
  readonly share: bigint;
  readonly owedBefore: bigint;
  readonly paid: bigint;
  readonly owed: bigint;
  readonly waitsFor: Payout['waitsFor'];
}

/**
 * What the policies of a window say of one account; `null`: it takes no part, and is owed nothing. Works for every model.
 * Invariant: `explain.shares-add-up`.
 */
export function explainSharing(
  { allocations, payouts }: Pick<SharedWindow, 'allocations' | 'payouts'>,
  account: string,
): SharingExplained | null {
  const payout = payouts.find((candidate) => candidate.account === account);
  if (payout === undefined) return null;
  const policies = allocations.flatMap(({ policy, lines }) =>
    lines
      .filter((line) => line.account === account)
      .map(({ earned, paidBefore, entitled, due, amount, rounding, capped }): PolicyExplained => {
        const common = { policy: policy.kind, budget: policy.budget, earned, paidBefore, entitled, due };
        const own =
          policy.kind === 'special' ? { memo: policy.memo } : 'lookback' in policy ? { lookback: policy.lookback } : {};
        return { ...common, amount, rounding, capped, ...own };
      }),
  );
  const { share, owedBefore, paid, owed, waitsFor } = payout;
  const sum = policies.reduce((all, { amount }) => all + amount, 0n);
  invariant(sum === share && share + owedBefore === paid + owed, 'explain.shares-add-up', () => ({
    account,
    sum: String(sum),
    share: String(share),
  }));
  return { policies, share, owedBefore, paid, owed, waitsFor };
}
