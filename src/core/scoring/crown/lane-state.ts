import { ceilDivide, power, type Rational, one, zero } from '../../money/rational.ts';
import { type Bounds, type CrownLog, everywhere, kinds } from './log.ts';
import type { CrownRules, Lane } from './rules.ts';

/**
 * The tests of a lane in their order. The first that a participant fails is why it does not hold; `outbid` is the last, and
 * passed by whoever is in the band of the best quote among those who pass the others.
 */
export const tests = [
  'not-eligible',
  'not-active',
  'busy',
  'no-quote',
  'not-routable',
  'not-fundable',
  'outbid',
] as const;
export type Test = (typeof tests)[number];

/** Places of `tests`, for loops that count. */
export const passes = -1;
export const outbid: number = tests.indexOf('outbid');

/** What a holder's collateral buys: depth is its weight among the holders, capacity the part of its share that is paid. */
export interface Weight {
  readonly depth: bigint;
  readonly capacity: Rational;
}

/** state x code -> state; available 0, reserved 1, swapping 2; codes as in `ActivityCode`. */
const transitions = Uint8Array.of(0, 1, 0, 0, 1, 1, 2, 0, 0, 2, 2, 2);

/** The activity machine: where `code` leads from `state`. */
export const nextActivity = (state: number, code: number): number => transitions[state * 4 + code]!;

/** Answers of `apply`: a participant to look at again, or one of these. */
export const nobody = -1;
export const everybody = -2;

/** What a lane knows at an instant, and every rule about who qualifies: there is no second one. Knows nothing of intervals. */
export class LaneState {
  readonly log: CrownLog;
  readonly lane: Lane;
  readonly rules: CrownRules;
  /** Ranks of quotes: 1 is the worst, `ranks` the best. */
  readonly ranks: number;
  readonly #eligible: Uint8Array;
  readonly #active: Uint8Array;
  /** Open count, or state of the activity machine. */
  readonly #busy: Int32Array;
  /** By participant: index of the rate; -1 before the first. */
  readonly #quote: Int32Array;
  /** By participant: index of the amount. */
  readonly #amount: Int32Array;
  #bounds: Bounds = { min: 0n, max: 0n };
  /** By index of a rate: the collateral that a quote asks for, null when nothing can be routed at it. */
  #needed: (bigint | null | undefined)[] = [];
  /** By index of an amount: index of its weight; -1: not known yet. */
  readonly #weightOf: Int32Array;
  readonly weights: Weight[] = [];
  readonly #weightIndex = new Map<string, number>();
  readonly #bandFloor: Int32Array;
  readonly #quotesScope: number;
  readonly #backingScope: number;
  /** By participant: 0 for who may not hold in this lane at all; null: everybody may. */
  readonly #among: Uint8Array | null;
  #inWindow = false;

  constructor(log: CrownLog, lane: Lane, rules: CrownRules, among: Uint8Array | null = null) {
    this.#among = among;
    this.log = log;
    this.lane = lane;
    this.rules = rules;
    this.ranks = log.rates.scaled.length - 1;
    const count = log.participants.length;
    this.#eligible = new Uint8Array(count);
    this.#active = new Uint8Array(count);
    this.#busy = new Int32Array(count);
    this.#quote = new Int32Array(count).fill(-1);
    this.#amount = new Int32Array(count);
    this.#weightOf = new Int32Array(log.amounts.length).fill(-1);
    this.#bandFloor = new Int32Array(this.ranks + 1);
    if (rules.depth === 'even') this.#makeWeight(0n);
    this.#quotesScope = indexOf(log.scopes, lane.quotes);
    this.#backingScope = lane.backing === null ? -3 : indexOf(log.scopes, lane.backing);
  }

  /**
   * Folds event `index` of the log. Before the window open counts are summed as they are, inside they stop at 0: a close
   * that nobody opened takes away a later opening only where both lie before the window.
   */
  apply(index: number): number {
    const { log } = this;
    const kind = log.kind[index]!;
    const who = log.who[index]!;
    const value = log.value[index]!;
    switch (kind) {
      case kinds.rate:
        if (log.scope[index] !== this.#quotesScope) return nobody;
        this.#quote[who] = value;
        return who;
      case kinds.active:
        this.#active[who] = value;
        return who;
      case kinds.busy: {
        if (this.rules.busy !== 'count') return nobody;
        const count = this.#busy[who]! + value;
        this.#busy[who] = this.#inWindow && count < 0 ? 0 : count;
        return who;
      }
      case kinds.eligible:
        this.#eligible[who] = value;
        return who;
      case kinds.collateral:
        if (log.scope[index] !== this.#backingScope) return nobody;
        this.#amount[who] = value;
        return who;
      case kinds.bounds:
        if (log.scope[index] !== this.#backingScope) return nobody;
        this.#bounds = log.bounds[value]!;
        this.#needed = [];
        this.#weightOf.fill(-1);
        return everybody;
      default: {
        if (this.rules.busy !== 'activity') return nobody;
        const scope = log.scope[index]!;
        if (scope !== this.#backingScope && scope !== everywhere) return nobody;
        this.#busy[who] = nextActivity(this.#busy[who]!, value);
        return who;
      }
    }
  }

  /** From here on events are inside the window. */
  enterWindow(): void {
    this.#inWindow = true;
    const busy = this.#busy;
    for (let who = 0; who < busy.length; who += 1) if (busy[who]! < 0) busy[who] = 0;
  }

  /** The place in `tests` of the first test before `outbid` that fails; `passes` when all hold. */
  firstFailing(who: number): number {
    if (this.#eligible[who] === 0 || (this.#among !== null && this.#among[who] === 0)) return 0;
    if (this.#active[who] === 0) return 1;
    if (this.#busy[who]! > 0) return 2;
    const quote = this.#quote[who]!;
    if (quote < 0 || this.log.rates.rank[quote] === 0) return 3;
    if (this.lane.routing === null) return passes;
    const needed = this.#neededFor(quote);
    if (needed === null) return 4;
    return this.log.amounts[this.#amount[who]!]! >= needed ? passes : 5;
  }

  /** Rank of a participant's quote in this lane, higher is better; 0 when it does not qualify. */
  qualifiedRank(who: number): number {
    return this.firstFailing(who) === passes ? this.#laneRank(this.log.rates.rank[this.#quote[who]!]!) : 0;
  }

  /** Lane ranks and ranks of the rate table mirror each other where lower wins. */
  #laneRank(rank: number): number {
    return this.lane.higherWins ? rank : this.ranks + 1 - rank;
  }

  /** The rate of a lane rank as it was written. */
  rateText(rank: number): string {
    return this.log.rates.text[this.#laneRank(rank)]!;
  }

  /** The quote of a participant as it was written, of no matter what value; null when there is none. */
  quoteText(who: number): string | null {
    const quote = this.#quote[who]!;
    const rank = quote < 0 ? 0 : this.log.rates.rank[quote]!;
    return rank === 0 ? null : this.log.rates.text[rank]!;
  }

  /** The least lane rank that is in the band of the best one; compared exactly, the edge is inside. */
  bandFloor(best: number): number {
    if (this.rules.band.numerator === 0n) return best;
    const known = this.#bandFloor[best]!;
    if (known > 0) return known;
    const { numerator, denominator } = this.rules.band;
    const { higherWins } = this.lane;
    const edge = this.#scaled(best) * (higherWins ? denominator - numerator : denominator + numerator);
    let [low, high] = [1, best];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const scaled = this.#scaled(middle) * denominator;
      if (higherWins ? scaled >= edge : scaled <= edge) high = middle;
      else low = middle + 1;
    }
    this.#bandFloor[best] = low;
    return low;
  }

  #scaled(rank: number): bigint {
    return this.log.rates.scaled[this.#laneRank(rank)]!;
  }

  /** Index of a participant's weight. Collateral beyond what `max` requires weighs nothing more. */
  weightOf(who: number): number {
    const amount = this.#amount[who]!;
    const known = this.#weightOf[amount]!;
    if (known >= 0) return known;
    const index = this.#makeWeight(this.log.amounts[amount]!);
    this.#weightOf[amount] = index;
    return index;
  }

  #makeWeight(collateral: bigint): number {
    const { depth, capacityExponent } = this.rules;
    const { max } = this.#bounds;
    const cap = this.#required(max);
    const effective = depth === 'even' ? 0n : max > 0n && collateral > cap ? cap : collateral;
    const whole = depth === 'even' || max === 0n || (effective === cap && collateral > 0n);
    const key = whole ? `${effective}` : `${effective}/${cap}`;
    let index = this.#weightIndex.get(key);
    if (index === undefined) {
      const capacity = whole
        ? one
        : effective === 0n
          ? zero
          : power({ numerator: effective, denominator: cap }, capacityExponent);
      index = this.weights.push({ depth: effective, capacity }) - 1;
      this.#weightIndex.set(key, index);
    }
    return index;
  }

  #required(leg: bigint): bigint {
    return (leg * this.rules.requirementBps) / 10_000n;
  }

  #neededFor(quote: number): bigint | null {
    const known = this.#needed[quote];
    if (known !== undefined) return known;
    const rank = this.log.rates.rank[quote]!;
    return (this.#needed[quote] = this.#collateralNeeded(this.log.rates.scaled[rank]!));
  }

  /** What the smallest leg that can be routed at a rate requires; null when no leg can be. `scaled`: the rate times the scale. */
  #collateralNeeded(scaled: bigint): bigint | null {
    const { min, max } = this.#bounds;
    if (min === 0n && max === 0n) return 0n;
    const { hub, spoke, fromHub } = this.lane.routing!;
    // One smallest unit of the spoke is `above / below` smallest units of the hub.
    const above = this.log.rates.scale * 10n ** BigInt(hub.decimals);
    const below = scaled * 10n ** BigInt(spoke.decimals);
    const fromMin = ceilDivide((min > 1n ? min : 1n) * below, above);
    const least = fromMin > spoke.minOnchain ? fromMin : spoke.minOnchain;
    if (max > 0n && least > (max * below) / above) return null;
    const leg = !fromHub ? (least * above) / below : hub.minOnchain > min ? hub.minOnchain : min;
    return this.#required(leg);
  }
}

/** -2 stands for a name that the log does not have: no event has it as scope. */
const indexOf = (names: readonly string[], name: string): number => {
  const index = names.indexOf(name);
  return index < 0 ? -2 : index;
};
