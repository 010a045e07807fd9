import { sum } from '../../money/sum.ts';
import { compareBytes } from '../../bytes.ts';
import { InvalidInputError } from '../../errors.ts';
import { type Rational, rational, zero } from '../../money/rational.ts';
import { checkPolicy, type Policy } from './policy.ts';
import { shareByScore } from './share.ts';
import { type Candidate, weigh } from './weigh.ts';

/** Half-open `[start, end)`; in any one unit of time. Neighbours touch, the oldest first. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** One person, by period: what it earned, and what it was paid. */
export interface Earner {
  readonly account: string;
  /** Only the active are paid; see `Terms.payLater`. */
  readonly active: boolean;
  /** Exact scores, 0 or more, one for each period. */
  readonly scores: readonly bigint[];
  /** The same as they are known now, where later insight changed closed periods: `balanced` goes by these. Absent: `scores`. */
  readonly revised?: readonly bigint[];
  /** Smallest units paid, one for each period. What was paid, whatever became of it: a spendable balance has no place here. */
  readonly paid: readonly bigint[];
  /** Paid after the periods that are complete, counted in any scope. */
  readonly paidSince?: bigint;
  /** Shares of earlier rounds that were not paid out yet (`Payout.owed`): counted as given. */
  readonly owed?: bigint;
}

export interface View {
  readonly periods: readonly Period[];
  readonly earners: readonly Earner[];
  /** Nothing is paid while all scores of everybody together are below it; 1 by default. */
  readonly leastScore?: bigint;
}

/** Conditions of a round. */
export interface Terms {
  /** Most that one person gets from the policies that share by score, all of the round together. */
  readonly cap?: bigint;
  /** Whoever would be paid less is paid nothing, and is owed it. */
  readonly minimum?: bigint;
  /** Who is not active takes part all the same, and is owed its share until it is. */
  readonly payLater?: boolean;
  /** What becomes of a budget that nobody has a score for: the round is refused (unless told otherwise), or it is left over. */
  readonly unclaimed?: 'refuse' | 'leave';
}

/** Why one account got what from one policy. */
export interface Line {
  readonly account: string;
  /** What it earned in the scope, in units of the scores; discounted under `recent`. */
  readonly earned: Rational;
  /** What it was given in the scope before this policy, in smallest units: paid, owed, and by earlier policies of the round. */
  readonly paidBefore: bigint;
  /** Under `balanced`: what it should have in all, exact. Else null. */
  readonly entitled: Rational | null;
  /** The exact share, and the whole units it got; `rounding` is the second less the first. */
  readonly due: Rational;
  readonly amount: bigint;
  readonly rounding: Rational;
  readonly capped: boolean;
}

/** budget = amounts + rollover + unclaimed. */
export interface Allocation {
  readonly policy: Policy;
  /** By the bytes of the account; one for everybody who takes part. */
  readonly lines: readonly Line[];
  /** What nobody can take, because everybody has its cap: for the next round. */
  readonly rollover: bigint;
  /** The whole budget, where nobody has a score for it. */
  readonly unclaimed: bigint;
}

/** What comes of all policies for one person: `share + owedBefore = paid + owed`. */
export interface Payout {
  readonly account: string;
  readonly share: bigint;
  readonly owedBefore: bigint;
  readonly paid: bigint;
  readonly owed: bigint;
  /** What the owed waits for. */
  readonly waitsFor: 'activation' | 'minimum' | null;
}

export interface Round {
  readonly allocations: readonly Allocation[];
  /** By the bytes of the account; one for everybody who takes part, or is owed something. */
  readonly payouts: readonly Payout[];
}

/**
 * Shares the budgets of all policies, one after the other: a later one sees what the earlier ones gave. Scopes are made of
 * the periods that are complete at `at`.
 *
 * Throws InvalidInputError `earner-uneven`, `claim-repeated`, `terms-negative`, `nobody-to-pay`, `score-below-least`,
 * `recipient-unknown`, `recipient-inactive`, and as `checkPolicy` and `shareByScore`.
 */
export function runRound(view: View, policies: readonly Policy[], at: number, terms: Terms = {}): Round {
  checkView(view, terms);
  for (const policy of policies) checkPolicy(policy);
  const taking = view.earners.filter(({ active }) => active || terms.payLater === true);
  if (taking.length === 0 && terms.unclaimed !== 'leave') {
    throw new InvalidInputError('nobody-to-pay', 'Nobody is active; accepted: at least one active account.');
  }
  const given = new Map<string, bigint>();
  const capUsed = new Map<string, bigint>();
  const allocations = policies.map((policy) => {
    const allocation =
      policy.kind === 'special'
        ? allocateSpecial(policy, view, taking, given)
        : allocateByScore(policy, candidatesOf(view, taking, policy, at, given), terms, capUsed);
    for (const { account, amount } of allocation.lines) {
      given.set(account, (given.get(account) ?? 0n) + amount);
      if (policy.kind !== 'special') capUsed.set(account, (capUsed.get(account) ?? 0n) + amount);
    }
    return allocation;
  });
  return { allocations, payouts: settle(view.earners, taking, given, terms.minimum ?? 0n) };
}

/** The scope: the last `lookback` of the periods that end at `at` or before; all with 0. */
export function scopeOf(periods: readonly Period[], at: number, lookback: number): { from: number; to: number } {
  const to = periods.filter(({ end }) => end <= at).length;
  return { from: lookback === 0 ? 0 : Math.max(0, to - lookback), to };
}

function candidatesOf(
  { periods }: View,
  taking: readonly Earner[],
  policy: Exclude<Policy, { kind: 'special' }>,
  at: number,
  given: ReadonlyMap<string, bigint>,
): Candidate[] {
  const { from, to } = scopeOf(periods, at, policy.kind === 'recent' ? 0 : policy.lookback);
  const excluded = new Set(policy.kind === 'recent' ? policy.excluded : []);
  return taking
    .filter(({ account }) => !excluded.has(account))
    .map((earner) => ({
      account: earner.account,
      scores: ((policy.kind === 'balanced' ? earner.revised : undefined) ?? earner.scores).slice(from, to),
      paidBefore: sum(earner.paid.slice(from, to)) + beyondPeriods(earner, given),
    }));
}

const beyondPeriods = ({ account, paidSince = 0n, owed = 0n }: Earner, given: ReadonlyMap<string, bigint>): bigint =>
  paidSince + owed + (given.get(account) ?? 0n);

function allocateByScore(
  policy: Exclude<Policy, { kind: 'special' }>,
  candidates: readonly Candidate[],
  { cap, unclaimed }: Terms,
  capUsed: ReadonlyMap<string, bigint>,
): Allocation {
  const claims = weigh(policy, candidates);
  if ((unclaimed === 'leave' || policy.budget === 0n) && claims.every(({ score }) => score === 0n)) {
    return { policy, lines: [], rollover: 0n, unclaimed: policy.budget };
  }
  const weighed = new Map(
    claims.map((claim) => [
      claim.account,
      cap === undefined ? claim : { ...claim, cap: cap - (capUsed.get(claim.account) ?? 0n) },
    ]),
  );
  const paidBefore = new Map(candidates.map((candidate) => [candidate.account, candidate.paidBefore]));
  const { shares, rollover } = shareByScore(policy.budget, [...weighed.values()]);
  const lines = shares.map(({ account, due, amount, rounding, capped }): Line => {
    const { earned, entitled } = weighed.get(account)!;
    return { account, earned, paidBefore: paidBefore.get(account)!, entitled, due, amount, rounding, capped };
  });
  return { policy, lines, rollover, unclaimed: 0n };
}

function allocateSpecial(
  policy: Extract<Policy, { kind: 'special' }>,
  { earners }: View,
  taking: readonly Earner[],
  given: ReadonlyMap<string, bigint>,
): Allocation {
  const { recipient, budget } = policy;
  const earner = taking.find(({ account }) => account === recipient);
  if (earner === undefined) {
    if (earners.some(({ account }) => account === recipient)) {
      throw new InvalidInputError('recipient-inactive', `Recipient "${recipient}" is not active.`, { recipient });
    }
    throw new InvalidInputError('recipient-unknown', `Nobody is called "${recipient}".`, { recipient });
  }
  const line: Line = {
    account: recipient,
    earned: zero,
    paidBefore: sum(earner.paid) + beyondPeriods(earner, given),
    entitled: null,
    due: rational(budget),
    amount: budget,
    rounding: zero,
    capped: false,
  };
  return { policy, lines: [line], rollover: 0n, unclaimed: 0n };
}

/** Who is paid what of it now, and who waits for what. */
function settle(
  earners: readonly Earner[],
  taking: readonly Earner[],
  given: ReadonlyMap<string, bigint>,
  minimum: bigint,
): Payout[] {
  const takesPart = new Set(taking);
  return earners
    .filter((earner) => takesPart.has(earner) || (earner.owed ?? 0n) > 0n)
    .toSorted((a, b) => compareBytes(a.account, b.account))
    .map(({ account, active, owed: owedBefore = 0n }) => {
      const share = given.get(account) ?? 0n;
      const all = share + owedBefore;
      const waitsFor = all === 0n ? null : !active ? 'activation' : all < minimum ? 'minimum' : null;
      return waitsFor === null
        ? { account, share, owedBefore, paid: all, owed: 0n, waitsFor }
        : { account, share, owedBefore, paid: 0n, owed: all, waitsFor };
    });
}

function checkView({ periods, earners, leastScore = 1n }: View, { cap = 0n, minimum = 0n }: Terms): void {
  if (cap < 0n || minimum < 0n) {
    throw new InvalidInputError('terms-negative', `Found cap ${cap}, minimum ${minimum}; accepted: 0 or more.`);
  }
  const names = new Set<string>();
  let total = 0n;
  for (const { account, scores, revised = scores, paid } of earners) {
    const lengths = [scores, revised, paid].map(({ length }) => length);
    if (lengths.some((length) => length !== periods.length)) {
      throw new InvalidInputError(
        'earner-uneven',
        `Account "${account}" has ${scores.length} scores and ${paid.length} payments for ${periods.length} periods.`,
      );
    }
    if (names.has(account)) {
      throw new InvalidInputError('claim-repeated', `Account "${account}" is there twice; add its scores.`, {
        account,
      });
    }
    const negative = [...scores, ...revised].find((score) => score < 0n);
    if (negative !== undefined) {
      throw new InvalidInputError(
        'score-negative',
        `Account "${account}" has the score ${negative}; accepted: 0 or more.`,
      );
    }
    names.add(account);
    total += sum(scores);
  }
  if (total < leastScore) {
    throw new InvalidInputError('score-below-least', `All scores sum to ${total}; accepted: ${leastScore} or more.`);
  }
}
