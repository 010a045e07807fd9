import { deepStrictEqual, equal } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import type { CrownFact } from '../../src/core/events/event.ts';
import { activityCodes } from '../../src/core/events/event.ts';
import { formatRational, rational } from '../../src/core/money/rational.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import type { VectorResult } from './stake.ts';

type Vector = { readonly id: string; readonly kind: string } & Readonly<Record<string, any>>;
type Row = readonly any[];

const PROGRAM = 'vector';
/** Second 0 of those that count blocks. */
const ZERO = 1_700_000_000;

/**
 * Replays the crown vectors that are about time (`replay`, `round`, `lane-replay`; README of that folder) as programs: their events are
 * logged, the window is settled, and who held and for how long is read back from the store. Those with facts that a log refuses (a swap
 * that ends and was not open) are left out: their result is null. `pick`: which of the vectors, by their place.
 */
export async function* runCrownVectorsInStore(
  dir: string,
  openStore: () => Store,
  pick: (nth: number) => boolean = () => true,
): AsyncGenerator<VectorResult | null> {
  const files = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  const vectors = files.toSorted().flatMap((file) => readFileSync(join(dir, file), 'utf8').split('\n').filter(Boolean));
  let nth = 0;
  for (const vector of vectors.map((line) => JSON.parse(line) as Vector)) {
    const market = Object.hasOwn(markets, vector.kind) ? markets[vector.kind]!(vector) : null;
    if (market === null || market.start >= market.end || !pick((nth += 1))) continue;
    const store = openStore();
    try {
      yield { name: vector.id, failure: await failureOf(market, store) };
    } catch (error) {
      if (error !== refused) throw error;
      yield null;
    } finally {
      await store.close();
    }
  }
}

/** A vector as a program: what is logged before its window ends, and what must be found there. */
interface Market {
  readonly scoring: object;
  readonly start: number;
  readonly end: number;
  readonly facts: readonly CrownFact[];
  readonly lanes: readonly Lane[];
}

/** Names with exact numbers. */
type Sums = Readonly<Record<string, string>>;

interface Lane {
  readonly lane: string;
  readonly held: Sums;
  readonly paid: Sums;
  /** Holders with their shares. */
  readonly intervals: readonly (readonly [
    start: number,
    end: number,
    holders: readonly string[],
    best: string | null,
  ])[];
}

const markets: Readonly<Record<string, (vector: Vector) => Market>> = {
  replay: (vector) => {
    const { expect, window, rewardable } = vector;
    const pairs: string[] = expect.directions.map(({ pair }: { pair: string }) => pair);
    return tieMarket(vector, { window, eligible: rewardable, pools: pairs.map((pair) => [pair, `1/${pairs.length}`]) });
  },
  round: (vector) => {
    const { block, params, uids } = vector;
    const window = [Math.max(0, block - params.window_blocks), block];
    return tieMarket(vector, { window, eligible: uids, pools: params.pools });
  },
  'lane-replay': bandMarket,
};

function tieMarket(
  { events, expect }: Vector,
  { window, eligible, pools }: { window: Row; eligible: readonly string[]; pools: Row },
): Market {
  const lanes = (expect.directions ?? []).map(({ pair, credit, intervals }: Record<string, any>): Lane => {
    const shifted = intervals.map(([start, end, holders, best]: Row) => {
      const share = formatRational(rational(1n, BigInt(Math.max(1, holders.length))));
      return [ZERO + start, ZERO + end, holders.map((name: string) => `${name} ${share}`).sort(), best];
    });
    return { lane: pair, held: credit, paid: credit, intervals: shifted };
  });
  return {
    scoring: { model: 'crown', rules: 'best-rate-tie', directions: Object.fromEntries(pools) },
    start: ZERO + window[0],
    end: lanes.length === 0 ? 0 : ZERO + window[1],
    facts: factsOf(events, eligible, ZERO),
    lanes,
  };
}

function bandMarket({ lane: ends, params, bounds, chains, candidates, events, window, expect }: Vector): Market {
  const direction = `${ends.from}-${ends.to}`;
  const [start, end] = window;
  const before = (start - 3600) * 1000;
  const [min, max] = [BigInt(bounds.min), BigInt(bounds.max)];
  return {
    scoring: { model: 'crown', rules: 'capacity-band', directions: { [direction]: '1' }, ...params, chains },
    start,
    end,
    facts: [
      { kind: 'bounds', key: 'bounds', time: before, backing: ends.backing, min, max },
      ...factsOf(events, candidates, 0, before),
    ],
    lanes: [
      {
        lane: `${direction}|${ends.backing}`,
        held: expect.crown,
        paid: expect.capacity_time,
        intervals: expect.intervals.map(([from, to, shares, best]: Row) => [
          from,
          to,
          Object.entries(shares).map(([name, share]) => `${name} ${share as string}`).sort(), // prettier-ignore
          best,
        ]),
      },
    ],
  };
}

function factsOf(
  rows: readonly Row[],
  eligible: readonly string[],
  zero: number,
  before = (zero - 10) * 1000,
): CrownFact[] {
  return [
    ...eligible.map((account): CrownFact => ({
      kind: 'eligible',
      key: `e-${account}`,
      time: before,
      account,
      on: true,
    })),
    ...rows.toSorted(([, one], [, other]) => one - other).map((row, index) => factOf(row, `f${index}`, zero)),
  ];
}

function factOf([kind, at, account, ...rest]: Row, key: string, zero: number): CrownFact {
  const base = { key, time: (zero + at) * 1000, account };
  switch (kind) {
    case 'active':
      return { kind, ...base, on: rest[0] === 1 };
    case 'busy':
      return { kind, ...base, delta: rest[0] };
    case 'activity':
      return { kind, ...base, what: activityCodes[rest[0]]!, ...(rest[1] === null ? {} : { hub: rest[1] }) };
    case 'rate':
      return { kind, ...base, direction: rest[0], rate: rest[1], ...(rest.length > 2 ? { backing: rest[2] } : {}) };
    case 'collateral':
      return { kind, ...base, amount: BigInt(rest[0]), backing: rest[1] };
    default:
      throw new Error(`no such event: ${kind}`);
  }
}

const refused = new Error('a fact is refused');

function definition({ scoring, start, end }: Market): ProgramDefinition {
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [{ name: 'rewards', pays: 'score', funding: 10n ** 18n, recipients: [] }],
      residual: 'recycle',
      scoring: parseCrownScoring(scoring, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 2 },
      onZeroTotal: 'residual',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at: end, allocations: [{ pool: 'rewards', amount: 10n ** 18n }] }],
    excluded: [],
    start,
  };
}

async function failureOf(market: Market, store: Store): Promise<string | null> {
  const engine = new Engine(store);
  await engine.createProgram(definition(market));
  const { refused: not } = await engine.ingest(PROGRAM, market.facts);
  if (not > 0) throw refused;
  await engine.advance(PROGRAM, { to: market.end * 1000 });
  try {
    const [period, ...others] = await engine.periods(PROGRAM);
    deepStrictEqual([period?.status, others.length], ['settled', 0]);
    const { scores } = await engine.crownScores(PROGRAM, { period: 1 });
    const { intervals } = await engine.crownIntervals(PROGRAM, { period: 1 });
    for (const expected of market.lanes) {
      const sums = (what: 'held' | 'paid'): Sums =>
        Object.fromEntries(
          scores.flatMap(({ account, lanes }) =>
            lanes.flatMap((one) =>
              one.lane === expected.lane && one[what].numerator > 0n ? [[account, formatRational(one[what])]] : [],
            ),
          ),
        );
      const walked = intervals
        .filter((one) => one.lane === expected.lane)
        .map(({ start, end, holders, best }): Lane['intervals'][number] => [
          start,
          end,
          holders.map(({ account, share }) => `${account} ${formatRational(share)}`).sort(),
          best,
        ]);
      const found: Lane = { lane: expected.lane, held: sums('held'), paid: sums('paid'), intervals: walked };
      deepStrictEqual(found, expected);
    }
    equal((await engine.verify(PROGRAM)).holds, true);
    return null;
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 1000);
  }
}
