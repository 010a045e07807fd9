import { compareBytes } from '../../bytes.ts';
import { invariant } from '../../errors.ts';
import { gcd } from '../../money/rational.ts';
import { boundsOf, type Credits, creditsOf } from './credits.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { type CrownRound, floorOf, nothing, type Part, plus, type RoundLane } from './round.ts';

/** Scores are shown, and stored, as parts of the whole in units of 10^-18, rounded down; amounts are computed from exact parts. */
export const scoreUnits: bigint = 10n ** 18n;

/** What one account gets of a round's allocation. */
export interface Award {
  readonly account: string;
  /** Its part of the whole in units of 10^-18, rounded down, at least 1. */
  readonly score: bigint;
  /** floor(amount x exact part), smallest units. */
  readonly due: bigint;
}

/** A lane of a closed round, for its record. */
export interface LaneClosed {
  readonly name: string;
  readonly pool: { readonly numerator: bigint; readonly denominator: bigint };
  /** Seconds with a holder. */
  readonly held: number;
  /** floor(amount x what nobody earned of the lane's pool), smallest units. */
  readonly unearned: bigint;
}

export interface RoundClosed {
  /** Ascending by the bytes of the names; without those who earned nothing. */
  readonly awards: readonly Award[];
  /** floor(amount x what nobody earned). What is left of the amount beside it is rounding, less than a unit per award and one. */
  readonly unearned: bigint;
  readonly lanes: readonly LaneClosed[];
}

/**
 * Shares an amount by a round: every account's part is the sum over lanes of pool x paid / (held by all) x conduct, exact,
 * multiplied first and rounded down once. Where denominators are long, proven bounds decide; where both ends do not agree,
 * the exact parts do. Invariant `crown.awards-within-amount`.
 */
export function closeRound(round: CrownRound, amount: bigint): RoundClosed {
  const holdings = round.lanes.map(({ walk }) => holdingsOf(walk));
  const within = round.model.rules.depth === 'even' ? null : boundedClose(round, holdings, amount);
  const closed = within ?? exactClose(round, holdings, amount);
  const paid = closed.awards.reduce((sum, { due }) => sum + due, 0n);
  invariant(paid + closed.unearned <= amount, 'crown.awards-within-amount', {
    amount: String(amount),
    paid: String(paid),
  });
  return closed;
}

/** What everybody earned, exact, by name; of credited time in each lane. */
export function exactParts(round: CrownRound): ReadonlyMap<string, Part> {
  return partsOf(
    round,
    round.lanes.map((lane) => ({ lane, credits: creditsOf(holdingsOf(lane.walk)), more: 0n })),
  );
}

interface LaneCredits {
  readonly lane: RoundLane;
  readonly credits: Credits;
  /** Added to every `paid`: what bounds leave open. */
  readonly more: bigint;
}

function partsOf(round: CrownRound, lanes: readonly LaneCredits[]): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const each of lanes) {
    for (const { account, part } of lanePartsOf(round, each))
      parts.set(account, plus(parts.get(account) ?? nothing, part));
  }
  return parts;
}

function* lanePartsOf(
  round: CrownRound,
  { lane, credits, more }: LaneCredits,
): Generator<{ readonly account: string; readonly part: Part }> {
  // Everybody's held time adds up to the covered time, exactly.
  const below = lane.pool.denominator * BigInt(credits.covered) * credits.paidDenominator;
  for (const { who, paid } of credits.credits) {
    const account = round.log.participants[who]!;
    const factor = round.factor(account);
    const above = lane.pool.numerator * (paid + more) * factor.numerator;
    if (above > 0n) yield { account, part: { above, below: below * factor.denominator } };
  }
}

/** What all accounts together earned in a lane: one denominator for all, so that it does not grow with their number. */
function earnedOf(round: CrownRound, { lane, credits, more }: LaneCredits): Part {
  const factors = credits.credits.map(({ who }) => round.factor(round.log.participants[who]!));
  let common = 1n;
  for (const { denominator } of factors) common = (common / gcd(common, denominator)) * denominator;
  let above = 0n;
  for (const [i, { paid }] of credits.credits.entries()) {
    const { numerator, denominator } = factors[i]!;
    above += (paid + more) * numerator * (common / denominator);
  }
  if (above === 0n) return nothing;
  const below = lane.pool.denominator * BigInt(credits.covered) * credits.paidDenominator * common;
  return { above: above * lane.pool.numerator, below };
}

function exactClose(round: CrownRound, holdings: readonly Holdings[], amount: bigint): RoundClosed {
  const lanes = round.lanes.map((lane, index) => ({ lane, credits: creditsOf(holdings[index]!), more: 0n }));
  return closedFrom(round, lanes, amount);
}

function boundedClose(round: CrownRound, holdings: readonly Holdings[], amount: bigint): RoundClosed | null {
  const bounds = holdings.map((each) => boundsOf(each));
  const lanesBy = (most: boolean): LaneCredits[] =>
    round.lanes.map((lane, index) => {
      const { atLeast, paidWithin } = bounds[index]!;
      return { lane, credits: atLeast, more: most ? paidWithin : 0n };
    });
  const [least, most] = [closedFrom(round, lanesBy(false), amount), closedFrom(round, lanesBy(true), amount)];
  return agree(least, most) ? least : null;
}

function agree(a: RoundClosed, b: RoundClosed): boolean {
  return (
    a.unearned === b.unearned &&
    a.awards.length === b.awards.length &&
    a.awards.every(({ account, score, due }, i) => {
      const other = b.awards[i]!;
      return account === other.account && score === other.score && due === other.due;
    }) &&
    a.lanes.every(({ unearned }, i) => unearned === b.lanes[i]!.unearned)
  );
}

function closedFrom(round: CrownRound, lanes: readonly LaneCredits[], amount: bigint): RoundClosed {
  const parts = partsOf(round, lanes);
  const awards = [...parts]
    .map(([account, part]): Award => {
      const score = floorOf(scoreUnits, part);
      return { account, score: score === 0n ? 1n : score, due: floorOf(amount, part) };
    })
    .sort((a, b) => compareBytes(a.account, b.account));
  const earned = lanes.map((each) => earnedOf(round, each));
  return {
    awards,
    unearned: unearnedOf(amount, earned.reduce(plus, nothing)),
    lanes: lanes.map(({ lane, credits }, index): LaneClosed => {
      const earnedHere = earned[index]!;
      const { numerator, denominator } = lane.pool;
      const left = {
        above: numerator * earnedHere.below - earnedHere.above * denominator,
        below: denominator * earnedHere.below,
      };
      return {
        name: lane.name,
        pool: lane.pool,
        held: credits.covered,
        unearned: left.above > 0n ? floorOf(amount, left) : 0n,
      };
    }),
  };
}

function unearnedOf(amount: bigint, { above, below }: Part): bigint {
  return above >= below ? 0n : floorOf(amount, { above: below - above, below });
}
