/** Made-up markets as programs: their facts as a log, and what a round pays by the specification read second by second. */
import type { CrownFact, ProrataEvent } from '../../src/core/events/event.ts';
import { activityCodes } from '../../src/core/events/event.ts';
import { add, formatRational, multiply, type Rational, rational, zero } from '../../src/core/money/rational.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import type { CrownEvent } from '../../src/core/scoring/crown/log.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import { bandLane } from '../../src/core/scoring/crown/rules.ts';
import { chains, crownNames, hubs, type Market } from '../arbitrary/crown.ts';
import { secondOf } from '../arbitrary/crown-oracle.ts';

export const PROGRAM = 'market';
/** Second 0 of a market. */
export const ZERO = 1_700_000_000;
export const AMOUNT = 1_000_003n;

/** A market with one lane that gets `share` of every round; rounds of `every` seconds from second 0 on. */
export function marketDefinition(
  { lane, rules }: Market,
  {
    every,
    batchSize = 2,
    share = '3/4',
  }: { readonly every: number; readonly batchSize?: number; readonly share?: string },
): ProgramDefinition {
  const [direction = ''] = lane.quotes.split('|');
  const tie = { model: 'crown', rules: 'best-rate-tie', directions: { [direction]: share } };
  const band = {
    model: 'crown',
    rules: 'capacity-band',
    directions: { [direction]: share },
    hubs,
    chains: Object.fromEntries(
      Object.entries(chains).map(([name, { decimals, minOnchain }]) => [
        name,
        { decimals, min_onchain: `${minOnchain}` },
      ]),
    ),
    band: formatRational(rules.band),
    capacity_exponent: rules.capacityExponent,
    requirement_bps: Number(rules.requirementBps),
  };
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [{ name: 'rewards', pays: 'score', funding: AMOUNT * 1000n, recipients: [] }],
      residual: 'recycle',
      scoring: parseCrownScoring(lane.backing === null ? tie : band, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize },
      onZeroTotal: 'residual',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at: ZERO + every, allocations: [{ pool: 'rewards', amount: AMOUNT }], repeat: { every, left: null } }],
    excluded: [],
    start: ZERO,
  };
}

/** Every lane of the market's direction, as the program has them, with its part of a round of which the direction gets 3/4. */
export function lanesOf(market: Market): { readonly market: Market; readonly pool: Rational }[] {
  const [direction = ''] = market.lane.quotes.split('|');
  if (market.lane.backing === null) return [{ market, pool: rational(3n, 4n) }];
  const [from = '', to = ''] = direction.split('-');
  const backings = hubs.filter((hub) => hub === from || hub === to);
  return backings.map((backing) => ({
    market: { ...market, lane: bandLane({ from, to, backing }, { hubs, chains }) },
    pool: rational(3n, 4n * BigInt(backings.length)),
  }));
}

/** The events of a market as facts in the order of time, keys by place; without quotes for lists that the program does not have. */
export function factsOf(market: Market): ProrataEvent[] {
  const lists = lanesOf(market).map(({ market: { lane } }) => lane.quotes);
  return market.events
    .filter((event) => event.kind !== 'rate' || lists.includes(event.quotes))
    .toSorted((a, b) => a.at - b.at)
    .map((event, index) => factOf(event, `f${index}`));
}

function factOf(event: CrownEvent, key: string): CrownFact {
  const base = { key, time: (ZERO + event.at) * 1000 };
  switch (event.kind) {
    case 'eligible':
    case 'active':
      return { kind: event.kind, ...base, account: event.who, on: event.on };
    case 'busy':
      return { kind: 'busy', ...base, account: event.who, delta: event.delta > 0 ? 1 : -1 };
    case 'activity': {
      const what = activityCodes[event.code]!;
      return { kind: 'activity', ...base, account: event.who, what, ...(event.hub === null ? {} : { hub: event.hub }) };
    }
    case 'rate': {
      const [direction = '', backing] = event.quotes.split('|');
      const about = { account: event.who, direction, rate: event.rate };
      return { kind: 'rate', ...base, ...about, ...(backing === undefined ? {} : { backing }) };
    }
    case 'collateral': {
      const amount = event.amount > 0n ? event.amount : 0n;
      return { kind: 'collateral', ...base, account: event.who, backing: event.backing, amount };
    }
    case 'bounds':
      return { kind: 'bounds', ...base, backing: event.backing, min: event.min, max: event.max };
  }
}

/** What everybody is due of a round [from, to), smallest units, and the part of the whole that nobody earned. */
export function expectedRound(
  lanes: readonly { readonly market: Market; readonly pool: Rational }[],
  [from, to]: readonly [number, number],
): { readonly due: ReadonlyMap<string, bigint>; readonly unearned: bigint } {
  const parts = new Map<string, Rational>();
  for (const { market, pool } of lanes) {
    const paid = new Map<string, Rational>();
    let covered = 0n;
    for (let second = from; second < to; second += 1) {
      const { shares, capacity } = secondOf(market, crownNames, second);
      if (shares.size > 0) covered += 1n;
      for (const [name, share] of shares) {
        paid.set(name, add(paid.get(name) ?? zero, multiply(share, capacity.get(name)!)));
      }
    }
    for (const [name, seconds] of paid) {
      const part = multiply(pool, multiply(seconds, rational(1n, covered)));
      parts.set(name, add(parts.get(name) ?? zero, part));
    }
  }
  const due = new Map<string, bigint>();
  let earned = zero;
  for (const [name, part] of parts) {
    earned = add(earned, part);
    if (part.numerator > 0n) due.set(name, (AMOUNT * part.numerator) / part.denominator);
  }
  return { due, unearned: (AMOUNT * (earned.denominator - earned.numerator)) / earned.denominator };
}
