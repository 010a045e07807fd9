import { sum } from '../../money/sum.ts';
import { invariant } from '../../errors.ts';
import type { Carried } from '../../state.ts';
import { type PastPayment, withPayments } from './pending.ts';
import { type Allocation, type Earner, type Payout, type Period, runRound } from './round.ts';
import { policiesFor, type Sharing, termsOf } from './sharing.ts';

/** What a window shares, and by what. Instants in any one unit. */
export interface WindowRound {
  readonly sharing: Sharing;
  /** What the pool owes for the period. */
  readonly amount: bigint;
  /** What the windows before carried over: shares that were not paid out, by account, and what nobody could take. */
  readonly owed: ReadonlyMap<string, bigint>;
  readonly rollover: bigint;
  /** The period that is settled is the last of them. */
  readonly periods: readonly Period[];
  /** Everybody who may be paid; `paid` and `owed` come from here. */
  readonly earners: readonly Omit<Earner, 'paid' | 'paidSince' | 'owed'>[];
  readonly payments: readonly PastPayment[];
  /** What becomes of a budget that nobody has a score for. */
  readonly unclaimed: 'refuse' | 'leave';
}

/** Everything that is to be paid, carried over and left: amount + before = paid + after + unclaimed + released. */
export interface SharedWindow {
  readonly allocations: readonly Allocation[];
  /** By the bytes of the account. */
  readonly payouts: readonly Payout[];
  readonly carried: Carried;
  /** Shares of earlier windows whose account may not be paid any more. */
  readonly released: bigint;
}

/**
 * Shares the allocation of a window by the policies of its pool. Throws InvalidInputError as `runRound`.
 * Invariant: `sharing.window-accounted`.
 */
export function shareWindow(round: WindowRound): SharedWindow {
  const { sharing, amount, owed, rollover, periods, payments, unclaimed } = round;
  const at = periods.at(-1)!.end;
  const byAccount = new Map<string, PastPayment[]>();
  for (const payment of payments) {
    const own = byAccount.get(payment.account);
    if (own === undefined) byAccount.set(payment.account, [payment]);
    else own.push(payment);
  }
  const earners = round.earners.map((earner) =>
    withPayments(
      { ...earner, paid: periods.map(() => 0n), owed: owed.get(earner.account) ?? 0n },
      periods,
      byAccount.get(earner.account) ?? [],
      at,
    ),
  );
  // Of a small amount a part may be nothing, which needs nobody to have a score.
  const policies = policiesFor(sharing, amount + rollover).filter(({ budget }) => budget > 0n);
  const { allocations, payouts } = runRound({ periods, earners, leastScore: 0n }, policies, at, {
    ...termsOf(sharing),
    unclaimed,
  });
  const mayBePaid = new Set(earners.map(({ account }) => account));
  const before = rollover + sum([...owed.values()]);
  const released = sum([...owed].flatMap(([account, units]) => (mayBePaid.has(account) ? [] : [units])));
  const rolled = sum(allocations.map((allocation) => allocation.rollover));
  const left = sum(allocations.map((allocation) => allocation.unclaimed));
  const after = rolled + sum(payouts.map((payout) => payout.owed));
  const paid = sum(payouts.map((payout) => payout.paid));
  invariant(amount + before === paid + after + left + released, 'sharing.window-accounted', () => ({
    amount: String(amount),
    before: String(before),
    paid: String(paid),
    after: String(after),
  }));
  return { allocations, payouts, carried: { before, after, rollover: rolled, unclaimed: left }, released };
}
