import { compareBytes } from '../../core/bytes.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { type SharedWindow, shareWindow } from '../../core/payout/policies/window-round.ts';
import type { PastPayment } from '../../core/payout/policies/pending.ts';
import type { Sharing } from '../../core/payout/policies/sharing.ts';
import type { Payout, PeriodRecord, Tally } from '../../core/state.ts';

/** What was scored, paid and left owing before; of more periods than one needs, if that is at hand. */
export interface SharingHistory {
  readonly periods: readonly PeriodRecord[];
  readonly tallies: readonly Tally[];
  /** Those by score. */
  readonly payouts: readonly Payout[];
}

/** A scored window whose pool is shared by policies. */
export interface ScoredWindow {
  readonly period: number;
  /** Seconds. */
  readonly start: number;
  readonly boundary: number;
  /** What the policies share: what the pool owes without what nobody earned. */
  readonly amount: bigint;
  /** Who has a score, in the unit that it is paid by. */
  readonly scores: ReadonlyMap<string, bigint>;
  readonly excluded: ReadonlySet<string>;
  /** Recipients of `special` policies that have an account. They need no score. */
  readonly recipients: readonly string[];
  readonly sharing: Sharing;
  readonly unclaimed: 'refuse' | 'leave';
}

/** What an account has to get, and what is remembered of it. */
export interface SharedLine {
  readonly account: string;
  readonly score: bigint;
  /** What is paid now, with what was owed before. */
  readonly due: bigint;
  readonly owed: bigint;
}

export interface SharedScores {
  readonly shared: SharedWindow;
  /** By the bytes of the account; whoever has anything. */
  readonly lines: readonly SharedLine[];
}

/**
 * Shares a window of a program that scores by stake-time or crown.
 *
 * Periods are the windows in which the pool paid by score; what lies between two of them belongs to the later one. A period
 * that policies shared keeps the scores of its tallies, an older one those of its payouts. Earners are all who ever had a
 * score or were paid by score, the excluded left out; every one is active. Paid is what was restaked or is liquid.
 * Throws InvalidInputError as `shareWindow`.
 */
export function shareScores(window: ScoredWindow, history: SharingHistory): SharedScores {
  const { amount, scores, excluded, sharing, unclaimed } = window;
  const closed = history.periods.filter(
    ({ period, status, total }) => period < window.period && status === 'settled' && total !== null,
  );
  const { earned, payments } = pastOf(closed, history);
  const last = closed.findLast(({ carried }) => carried !== undefined);
  const owed = new Map<string, bigint>();
  for (const { period, account, owed: units } of history.tallies)
    if (period === last?.period && units > 0n) owed.set(account.name, units);
  const none = closed.map(() => 0n);
  const names = [...new Set([...earned.keys(), ...scores.keys(), ...window.recipients])]
    .filter((name) => !excluded.has(name))
    .toSorted(compareBytes);
  const shared = shareWindow({
    sharing,
    amount,
    owed,
    rollover: last?.carried?.rollover ?? 0n,
    periods: [...closed, window].map(({ start, boundary }, index) => ({
      start: closed[index - 1]?.boundary ?? start,
      end: boundary,
    })),
    earners: names.map((account) => ({
      account,
      active: true,
      scores: [...(earned.get(account) ?? none), scores.get(account) ?? 0n],
    })),
    payments,
    unclaimed,
  });
  const payouts = new Map(shared.payouts.map((payout) => [payout.account, payout]));
  const lines = names
    .map((account): SharedLine => {
      const payout = payouts.get(account);
      return { account, score: scores.get(account) ?? 0n, due: payout?.paid ?? 0n, owed: payout?.owed ?? 0n };
    })
    .filter(({ score, due, owed: units }) => score > 0n || due > 0n || units > 0n);
  return { shared, lines };
}

/** Scores of everybody by closed period, and what was paid for which. */
function pastOf(
  closed: readonly PeriodRecord[],
  { tallies, payouts }: SharingHistory,
): { readonly earned: ReadonlyMap<string, bigint[]>; readonly payments: readonly PastPayment[] } {
  const places = new Map(closed.map((record, index) => [record.period, { record, index }]));
  const earned = new Map<string, bigint[]>();
  const add = (account: string, index: number, score: bigint): void => {
    const own = earned.get(account) ?? closed.map(() => 0n);
    earned.set(account, own);
    own[index]! += score;
  };
  for (const { period, account, score } of tallies) {
    const place = places.get(period);
    if (place?.record.carried !== undefined) add(account.name, place.index, score);
  }
  const payments: PastPayment[] = [];
  for (const { period, account, score, restaked, liquid } of payouts) {
    const place = places.get(period);
    if (place === undefined) continue;
    add(account.name, place.index, place.record.carried === undefined ? score : 0n);
    const amount = restaked + liquid;
    if (amount > 0n) payments.push({ at: place.record.boundary, account: account.name, amount });
  }
  return { earned, payments };
}

/** Who gets the budgets of `special` policies. */
export const recipientsOf = ({ policies }: Sharing): readonly string[] => [
  ...new Set(policies.flatMap((policy) => (policy.kind === 'special' ? [policy.recipient] : []))),
];

/** What a mistake in settings or data comes to in a window: a halt with its code. Anything else goes on. */
export function refusedWindow(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof InvalidInputError)) throw error;
  return { code: error.code, message: error.message };
}
