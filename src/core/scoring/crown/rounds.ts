import { add, multiply, one, power, type Rational, rational, subtract, zero } from '../../money/rational.ts';
import type { Credits } from './credits.ts';
import { anchorHub, splitPair } from './rules.ts';

/** How often a participant kept its word. */
export interface Record {
  readonly completed: number;
  readonly failed: number;
}

/** How a swap ended. */
export interface Outcome {
  readonly swap: string | number;
  readonly who: string;
  readonly completed: boolean;
  readonly at: number;
}

/** Records from outcomes in log order: a later one of the same swap replaces the earlier whole; only those from `since` on count. */
export function recordsOf(outcomes: Iterable<Outcome>, since: number): Map<string, Record> {
  const latest = new Map<string | number, Outcome>();
  for (const outcome of outcomes) latest.set(outcome.swap, outcome);
  const records = new Map<string, Record>();
  for (const { who, completed, at } of latest.values()) {
    if (at < since) continue;
    const old = records.get(who) ?? { completed: 0, failed: 0 };
    records.set(who, { completed: old.completed + (completed ? 1 : 0), failed: old.failed + (completed ? 0 : 1) });
  }
  return records;
}

/** Completed out of all; 1 where there are none. */
export function successRate(record: Record | undefined): Rational {
  const all = record === undefined ? 0 : record.completed + record.failed;
  return record === undefined || all === 0 ? one : rational(BigInt(record.completed), BigInt(all));
}

/** What part of a pool a participant's credit earns, by index. */
export interface PoolShare {
  readonly who: number;
  readonly reward: Rational;
}

/**
 * `pool x paid / (held by all)`: of credited time, not of the window; without any credit nothing is paid. `factor` is the
 * part that a participant's conduct leaves, 1 for all of it. What is not paid is for the residual.
 */
export function rewardsOf(
  { credits, heldDenominator, paidDenominator }: Credits,
  pool: Rational,
  factor: (who: number) => Rational = () => one,
): PoolShare[] {
  let heldByAll = 0n;
  for (const { held } of credits) heldByAll += held;
  return credits.flatMap(({ who, paid }) => {
    const part = rational(paid * heldDenominator, heldByAll * paidDenominator);
    const reward = multiply(multiply(pool, part), factor(who));
    return reward.numerator === 0n ? [] : [{ who, reward }];
  });
}

/** A factor of `rewardsOf`: success rate to a whole power. */
export function successFactor(records: ReadonlyMap<string, Record>, exponent: number): (name: string) => Rational {
  return (name) => power(successRate(records.get(name)), exponent);
}

/** A round's rewards by name, and what was recycled. */
export interface Round {
  readonly rewards: ReadonlyMap<string, Rational>;
  readonly distributed: Rational;
  /** What is left of 1; never negative. Part of the reward of `recycleTo`. */
  readonly recycled: Rational;
}

/** Adds up the rewards of all lanes and gives what is left of 1 to `recycleTo`. */
export function closeRound(rewards: Iterable<readonly [string, Rational]>, recycleTo: string): Round {
  const sums = new Map<string, Rational>();
  let distributed = zero;
  for (const [name, reward] of rewards) {
    sums.set(name, add(sums.get(name) ?? zero, reward));
    distributed = add(distributed, reward);
  }
  const rest = subtract(one, distributed);
  const recycled = rest.numerator > 0n ? rest : zero;
  if (recycled.numerator > 0n) sums.set(recycleTo, add(sums.get(recycleTo) ?? zero, recycled));
  return { rewards: sums, distributed, recycled };
}

/** What makes a candidate under `capacity-band`. `settling`: by backing, the second until which it settles; absent is 0. */
export interface CandidateState {
  readonly ok: number;
  readonly failed: number;
  readonly settling: Readonly<{ [backing: string]: number }>;
}

export function isCandidate(
  state: CandidateState | undefined,
  {
    backing,
    now,
    minSuccesses,
    maxFailures,
  }: {
    readonly backing: string;
    readonly now: number;
    readonly minSuccesses: number;
    readonly maxFailures: number;
  },
): boolean {
  if (state === undefined) return false;
  const settlesUntil = Object.hasOwn(state.settling, backing) ? state.settling[backing]! : 0;
  return state.ok >= minSuccesses && state.failed <= maxFailures && now >= settlesUntil;
}

/** Amounts that swaps of a direction moved. */
export interface Volume {
  readonly pair: string;
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * The pools of all lanes, by `from-to|backing`, as parts of the whole; they add up to `minerShare`. Families are pairs of one
 * anchor hub and share by their number; inside one, `alpha` goes by cleared volume (the hub's legs of both directions), the
 * rest evenly, as all does where the family has no volume. Without any volume at all directions share evenly.
 */
export function lanePools({
  directions,
  volumes,
  hubs,
  minerShare,
  alpha,
}: {
  readonly directions: readonly string[];
  readonly volumes: readonly Volume[];
  readonly hubs: readonly string[];
  readonly minerShare: Rational;
  readonly alpha: Rational;
}): Map<string, Rational> {
  const pairs = new Map<string, { hub: string; directions: string[]; volume: bigint }>();
  const keyOf = (direction: string): string => Object.values(splitPair(direction)).toSorted().join('-');
  for (const direction of directions) {
    const { from, to } = splitPair(direction);
    const pair = pairs.get(keyOf(direction)) ?? { hub: anchorHub(from, to, hubs), directions: [], volume: 0n };
    pair.directions.push(direction);
    pairs.set(keyOf(direction), pair);
  }
  let volumeOfAll = 0n;
  for (const { pair: direction, from, to } of volumes) {
    const pair = pairs.get(keyOf(direction));
    if (pair === undefined) continue;
    const leg = splitPair(direction).from === pair.hub ? from : to;
    pair.volume += leg;
    volumeOfAll += leg;
  }
  const pools = new Map<string, Rational>();
  const split = (direction: string, pool: Rational): void => {
    const backings = hubs.filter((hub) => Object.values(splitPair(direction)).includes(hub));
    for (const backing of backings) pools.set(`${direction}|${backing}`, multiply(pool, oneIn(backings.length)));
  };
  if (volumeOfAll === 0n) {
    for (const direction of directions) split(direction, multiply(minerShare, oneIn(directions.length)));
    return pools;
  }
  for (const pair of pairs.values()) {
    const family = [...pairs.values()].filter(({ hub }) => hub === pair.hub);
    const familyVolume = family.reduce((sum, { volume }) => sum + volume, 0n);
    const byNumber = oneIn(family.length);
    const inFamily =
      familyVolume === 0n
        ? byNumber
        : add(multiply(subtract(one, alpha), byNumber), multiply(alpha, rational(pair.volume, familyVolume)));
    const ofAll = multiply(rational(BigInt(family.length), BigInt(pairs.size)), inFamily);
    for (const direction of pair.directions) {
      split(direction, multiply(minerShare, multiply(ofAll, oneIn(pair.directions.length))));
    }
  }
  return pools;
}

const oneIn = (count: number): Rational => rational(1n, BigInt(count));
