import type { Policy } from './policy.ts';
import { type Earner, type Period, type Round, runRound, type Terms, type View } from './round.ts';

/** Which complete periods get a distribution. */
export interface PendingOptions {
  readonly now: number;
  /** The end of the latest period that was distributed; null before the first. */
  readonly last: number | null;
  /** The most that are distributed at once, the newest of them; Infinity is all. */
  readonly max: number;
  /** With no period to take, the last complete one is distributed again. */
  readonly again?: boolean;
}

/** The complete periods that end after `last`: all, or the newest `max`; oldest first. */
export function pendingPeriods(
  periods: readonly Period[],
  { now, last, max, again = false }: PendingOptions,
): readonly Period[] {
  const complete = periods.filter(({ end }) => end <= now);
  const pending = complete.filter(({ end }) => last === null || end > last);
  const taken = pending.slice(Math.max(0, pending.length - max));
  return taken.length === 0 && again ? complete.slice(-1) : taken;
}

/** Something that was paid: `at` is the end of the period that it was paid for. */
export interface PastPayment {
  readonly at: number;
  readonly account: string;
  readonly amount: bigint;
}

export interface DistributedRound extends Round {
  /** The end of the period that was distributed. */
  readonly at: number;
}

/**
 * A round for each pending period, oldest first; each sees what the ones before it paid and left owing. `payments` are
 * those made before, beside what the view holds. A payment counts in the period that `at` lies in, so one for a period
 * counts in the next; one that no complete period holds counts in every scope. Throws as `runRound`.
 */
export function distributePending({
  view,
  policies,
  payments,
  terms = {},
  ...options
}: PendingOptions & {
  readonly view: View;
  readonly policies: readonly Policy[];
  readonly payments: readonly PastPayment[];
  readonly terms?: Terms;
}): DistributedRound[] {
  const made = new Map<string, PastPayment[]>();
  const record = (payment: PastPayment): void => {
    const own = made.get(payment.account);
    if (own === undefined) made.set(payment.account, [payment]);
    else own.push(payment);
  };
  payments.forEach(record);
  const owed = new Map(view.earners.map((earner) => [earner.account, earner.owed ?? 0n]));
  return pendingPeriods(view.periods, options).map(({ end: at }) => {
    const earners = view.earners.map((earner) =>
      withPayments({ ...earner, owed: owed.get(earner.account)! }, view.periods, made.get(earner.account) ?? [], at),
    );
    const round = runRound({ ...view, earners }, policies, at, terms);
    for (const { account, paid, owed: still } of round.payouts) {
      if (paid > 0n) record({ at, account, amount: paid });
      owed.set(account, still);
    }
    return { at, ...round };
  });
}

/** An earner with the payments before `at` in their periods (older than all periods: in the first), the others beyond them. */
export function withPayments(
  earner: Earner,
  periods: readonly Period[],
  payments: readonly PastPayment[],
  at: number,
): Earner {
  const paid = [...earner.paid];
  let paidSince = earner.paidSince ?? 0n;
  for (const { at: paidAt, amount } of payments) {
    if (paidAt >= at) paidSince += amount;
    else {
      const index = Math.max(0, placeOf(periods, paidAt));
      paid[index] = paid[index]! + amount;
    }
  }
  return { ...earner, paid, paidSince };
}

/** The last period that begins at `at` or before; -1: none. By halves, as there may be as many payments as periods. */
function placeOf(periods: readonly Period[], at: number): number {
  let [low, high] = [0, periods.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (periods[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
