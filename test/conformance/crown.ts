import { deepStrictEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatRational, type Rational, rationalOf, subtract, sumOf, rational } from '../../src/core/money/rational.ts';
import { type Credits, heldOf, paidOf, total } from '../../src/core/scoring/crown/credits.ts';
import { FactLog } from '../../src/core/scoring/crown/fact-log.ts';
import { intervals } from '../../src/core/scoring/crown/intervals.ts';
import { always, type CrownEvent, CrownLogBuilder, type CrownLog } from '../../src/core/scoring/crown/log.ts';
import {
  closeRound,
  isCandidate,
  lanePools,
  recordsOf,
  rewardsOf,
  successFactor,
  successRate,
} from '../../src/core/scoring/crown/rounds.ts';
import { bandLane, bestRateTie, capacityBand, type Chain, tieLane } from '../../src/core/scoring/crown/rules.ts';
import type { WalkOptions } from '../../src/core/scoring/crown/walk.ts';
import type { VectorResult } from './stake.ts';

/** Runs the crown vectors (README of that folder): one result per line of each `.jsonl` file. */
export async function* runCrownVectors(dir: string): AsyncGenerator<VectorResult> {
  for (const file of readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()) {
    for (const line of readFileSync(join(dir, file), 'utf8').split('\n').filter(Boolean)) {
      const vector = JSON.parse(line) as Vector;
      yield { name: `${file} ${vector.id}`, failure: failureOf(vector) };
    }
  }
}

type Vector = { readonly id: string; readonly kind: string } & Readonly<Record<string, any>>;
type Row = readonly any[];

function failureOf(vector: Vector): string | null {
  try {
    const run = Object.hasOwn(kinds, vector.kind) ? kinds[vector.kind] : undefined;
    if (run === undefined) return `no such kind: ${vector.kind}`;
    deepStrictEqual(run(vector), vector['expect']);
    return null;
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 1000);
  }
}

/** By kind: what the engine answers, in the words of the expectation. */
const kinds: Readonly<Record<string, (vector: Vector) => unknown>> = {
  replay: replayTie,
  round: roundTie,
  halt: (vector) => {
    if (vector['halted'] === true) return { rewards: rewardsByUid(vector, closeRound([], recycleTo(vector)).rewards) };
    return { rewards: roundTie(vector)['rewards'] };
  },
  holders: holdersAtOnce,
  'success-rate': ({ stats }) => ({
    rate: formatRational(successRate(stats === null ? undefined : { completed: stats[0], failed: stats[1] })),
  }),
  'event-log': factLog,
  'lane-replay': replayLane,
  'lane-pools': poolsOfLanes,
  'lane-candidates': ({ lane, now, params, states, rewardable }) => ({
    candidates: rewardable.filter((name: string) =>
      isCandidate(Object.hasOwn(states, name) ? states[name] : undefined, {
        backing: lane.backing,
        now,
        minSuccesses: params.min_successes,
        maxFailures: params.max_failures,
      }),
    ),
  }),
};

// --- events

function logOf(rows: readonly Row[], eligible: readonly string[], before: readonly CrownEvent[] = []): CrownLog {
  const builder = new CrownLogBuilder();
  for (const who of eligible) builder.add({ kind: 'eligible', at: always, who, on: true });
  for (const event of before) builder.add(event);
  for (const row of rows) builder.add(eventOf(row));
  return builder.build();
}

function eventOf([kind, at, who, ...rest]: Row): CrownEvent {
  switch (kind) {
    case 'active':
      return { kind, at, who, on: rest[0] === 1 };
    case 'busy':
      return { kind, at, who, delta: rest[0] };
    case 'activity':
      return { kind, at, who, code: rest[0], hub: rest[1] };
    case 'rate':
      return { kind, at, who, quotes: rest.length > 2 ? `${rest[0]}|${rest[2]}` : rest[0], rate: rest[1] };
    case 'collateral':
      return { kind, at, who, amount: BigInt(rest[0]), backing: rest[1] };
    default:
      throw new Error(`no such event: ${kind}`);
  }
}

const sorted = (names: Iterable<string>): string[] => [...names].sort();
const byName = (entries: Iterable<readonly [string, string]>): Record<string, string> => Object.fromEntries(entries);

// --- best-rate-tie

function replayTie({ events, rewardable, window, expect }: Vector): unknown {
  const log = logOf(events, rewardable);
  const [start, end] = window;
  return {
    directions: expect.directions.map(({ pair }: { pair: string }) => direction(log, pair, { start, end }).view),
  };
}

function direction(log: CrownLog, pair: string, window: WalkOptions['window']): { view: unknown; credits: Credits } {
  const lane = tieLane(pair);
  const options: WalkOptions = { log, lane, rules: bestRateTie, window };
  const credits = total(options);
  const nameOf = (who: number): string => log.participants[who]!;
  const sum = sumOf(credits.credits.map((credit) => heldOf(credits, credit)));
  const view = {
    pair,
    lower_rate_wins: !lane.higherWins,
    credit: byName(credits.credits.map((credit) => [nameOf(credit.who), formatRational(heldOf(credits, credit))])),
    total: formatRational(sum),
    uncredited: formatRational(subtract(rational(BigInt(window.end - window.start)), sum)),
    intervals: [...intervals(options)].map(({ start, end, holders, best }) => [
      start,
      end,
      sorted(holders.map(({ who }) => nameOf(who))),
      best,
    ]),
  };
  return { view, credits };
}

function roundTie(vector: Vector): Record<string, unknown> {
  const { block, uids, params, events, outcomes } = vector;
  if (uids.length === 0) return { uids: 0, rewards: {} };
  const log = logOf(events, uids);
  const window = { start: Math.max(0, block - params.window_blocks), end: block };
  const records = recordsOf(
    outcomes.map(([swap, who, completed, at]: Row) => ({ swap, who, completed: completed === 1, at })),
    Math.max(0, block - params.credibility_blocks),
  );
  const factor = successFactor(records, params.success_exponent);
  const views: unknown[] = [];
  const rewards: [string, Rational][] = [];
  for (const [pair, pool] of params.pools) {
    const { view, credits } = direction(log, pair, window);
    views.push(view);
    for (const { who, reward } of rewardsOf(credits, rationalOf(pool), (who) => factor(log.participants[who]!))) {
      rewards.push([log.participants[who]!, reward]);
    }
  }
  const round = closeRound(rewards, recycleTo(vector));
  return {
    window: [window.start, window.end],
    directions: views,
    success: Object.fromEntries([...records].map(([who, { completed, failed }]) => [who, [completed, failed]])),
    recycle_uid: uids.indexOf(recycleTo(vector)),
    distributed: formatRational(round.distributed),
    recycled: formatRational(round.recycled),
    rewards: rewardsByUid(vector, round.rewards),
  };
}

/** The hotkey at the recycle uid, or at uid 0 when there is no such uid. */
const recycleTo = ({ uids, params }: Vector): string => uids[params.recycle_uid] ?? uids[0];

function rewardsByUid({ uids }: Vector, rewards: ReadonlyMap<string, Rational>): Record<string, string> {
  return byName([...rewards].map(([name, reward]) => [String(uids.indexOf(name)), formatRational(reward)]));
}

function holdersAtOnce({ rates, rewardable, busy, active, lower_rate_wins: lowerWins }: Vector): unknown {
  const names = Object.keys(rates);
  const rows: Row[] = [
    ...(active ?? names).map((who: string) => ['active', 0, who, 1]),
    ...busy.map((who: string) => ['busy', 0, who, 1]),
    ...names.map((who) => ['rate', 0, who, 'quotes', rates[who]]),
  ];
  const log = logOf(rows, rewardable);
  const lane = { quotes: 'quotes', backing: null, higherWins: !lowerWins, routing: null };
  const [first] = intervals({ log, lane, rules: bestRateTie, window: { start: 0, end: 1 } });
  return { holders: sorted(first!.holders.map(({ who }) => log.participants[who]!)) };
}

function factLog({ ops, retention_blocks: retention, expect }: Vector): unknown {
  const log = new FactLog();
  for (const [op, at, who, value] of ops as Row[]) {
    if (op === 'active') log.setActive(at, who, value === 1);
    else if (op === 'swap_open') log.openSwap(at, who);
    else if (op === 'swap_done') log.endSwap({ swap: value, who, completed: true, at });
    else if (op === 'swap_timeout') log.endSwap({ swap: value, who, completed: false, at });
    else if (op === 'prune') log.prune(at - retention);
    else throw new Error(`no such operation: ${op}`);
  }
  const inside = ({ at }: { at: number }, [, a, b]: Row): boolean => a < at && at <= b;
  const answers: Readonly<Record<string, (query: Row) => unknown>> = {
    active_at: ([, at]) => sorted(log.activeAt(at)),
    busy_at: ([, at]) => Object.fromEntries(log.busyAt(at)),
    active_log: () => log.active.map(activeRow),
    busy_log: () => log.busy.map(busyRow),
    active_in: (query) => log.active.filter((row) => inside(row, query)).map(activeRow),
    busy_in: (query) => log.busy.filter((row) => inside(row, query)).map(busyRow),
    success_since: ([, since]) =>
      Object.fromEntries(
        [...recordsOf(log.outcomes, since)].map(([who, { completed, failed }]) => [who, [completed, failed]]),
      ),
  };
  return { queries: expect.queries.map(({ q }: { q: Row }) => ({ q, a: answers[q[0]]!(q) })) };
}

const activeRow = ({ at, who, on }: { at: number; who: string; on: boolean }): Row => [at, who, on ? 1 : 0];
const busyRow = ({ at, who, delta }: { at: number; who: string; delta: number }): Row => [at, who, delta];

// --- capacity-band

function replayLane({ lane: ends, params, bounds, chains, candidates, events, window, pool }: Vector): unknown {
  const chainsByName: Record<string, Chain> = {};
  for (const [name, { decimals, min_onchain: least }] of Object.entries<any>(chains)) {
    chainsByName[name] = { decimals, minOnchain: BigInt(least) };
  }
  const lane = bandLane(ends, { hubs: params.hubs, chains: chainsByName });
  const { min, max } = bounds;
  const log = logOf(events, candidates, [
    { kind: 'bounds', at: always, backing: ends.backing, min: BigInt(min), max: BigInt(max) },
  ]);
  const rules = capacityBand({
    band: rationalOf(params.band),
    capacityExponent: params.capacity_exponent,
    requirementBps: BigInt(params.requirement_bps),
  });
  const [start, end] = window;
  const options: WalkOptions = { log, lane, rules, window: { start, end } };
  const credits = total(options);
  const nameOf = (who: number): string => log.participants[who]!;
  const named = (values: readonly (readonly [number, Rational])[]): Record<string, string> =>
    byName(values.flatMap(([who, value]) => (value.numerator === 0n ? [] : [[nameOf(who), formatRational(value)]])));
  return {
    lower_rate_wins: !lane.higherWins,
    crown: named(credits.credits.map((credit) => [credit.who, heldOf(credits, credit)])),
    capacity_time: named(credits.credits.map((credit) => [credit.who, paidOf(credits, credit)])),
    unfilled: String(end - start - credits.covered),
    intervals: [...intervals(options)].map((interval) => [
      interval.start,
      interval.end,
      byName(interval.holders.map(({ who, share }) => [nameOf(who), formatRational(share)])),
      interval.best,
    ]),
    rewards: named(rewardsOf(credits, rationalOf(pool)).map(({ who, reward }) => [who, reward])),
  };
}

function poolsOfLanes({ directions, volumes, params }: Vector): unknown {
  const pools = lanePools({
    directions,
    volumes: volumes.map(([pair, , from, to]: Row) => ({ pair, from: BigInt(from), to: BigInt(to) })),
    hubs: params.hubs,
    minerShare: rationalOf(params.miner_share),
    alpha: rationalOf(params.alpha),
  });
  return {
    pools: byName([...pools].map(([lane, pool]) => [lane, formatRational(pool)])),
    sum: formatRational(sumOf(pools.values())),
  };
}
