import fc from 'fast-check';
import { rationalOf } from '../../src/core/money/rational.ts';
import type { CrownEvent } from '../../src/core/scoring/crown/log.ts';
import {
  bandLane,
  bestRateTie,
  capacityBand,
  type CrownRules,
  type Lane,
  tieLane,
} from '../../src/core/scoring/crown/rules.ts';

/** A small market that often ties, coincides and changes its mind: few names, few instants, few rates. */
export interface Market {
  readonly lane: Lane;
  readonly rules: CrownRules;
  readonly events: readonly CrownEvent[];
  readonly end: number;
}

export const crownNames = ['a', 'b', 'c', 'd'];
export const hubs = ['sol', 'tao'];
export const chains = {
  tao: { decimals: 2, minOnchain: 3n },
  sol: { decimals: 3, minOnchain: 5n },
  btc: { decimals: 1, minOnchain: 2n },
};
/** The window of a market is `[0, marketEnd)`. */
export const marketEnd = 40;
const end = marketEnd;
const at = fc.integer({ min: -5, max: end + 3 });
const who = fc.constantFrom(...crownNames);
const flag = fc.integer({ min: 0, max: 3 }).map((value) => value > 0);
/** Neighbours lie on both edges of the bands, and beside them. */
const rate = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('1.98', '1.99', '2', '2.009', '2.01', '2.011', '2.02') },
  { weight: 1, arbitrary: fc.constantFrom('-1', '0', '0.5', '7', '0.0001') },
);
const backing = fc.constantFrom('sol', 'tao');
const bound = fc.constantFrom(0n, 1n, 4n, 50n, 100n);

const common = (quotes: readonly string[]): fc.Arbitrary<CrownEvent>[] => [
  fc.record({ kind: fc.constant('eligible' as const), at, who, on: flag }),
  fc.record({ kind: fc.constant('active' as const), at, who, on: flag }),
  fc.record({ kind: fc.constant('rate' as const), at, who, quotes: fc.constantFrom(...quotes), rate }),
  fc.record({ kind: fc.constant('rate' as const), at, who, quotes: fc.constant(quotes[0]!), rate }),
];

function market(lane: Lane, rules: CrownRules, kinds: readonly fc.Arbitrary<CrownEvent>[]): fc.Arbitrary<Market> {
  const events = fc
    .array(fc.oneof(...kinds), { maxLength: 60 })
    .map((events) => [
      ...crownNames
        .slice(1)
        .flatMap((who): CrownEvent[] => [
          { kind: 'eligible', at: -9, who, on: true },
          { kind: 'active', at: -9, who, on: true },
          { kind: 'rate', at: -9, who, quotes: lane.quotes, rate: who === 'b' ? '2' : '2.01' },
          ...(lane.backing === null
            ? []
            : [{ kind: 'collateral' as const, at: -9, who, backing: lane.backing, amount: 120n }]),
        ]),
      ...events,
    ]);
  return events.map((events) => ({ lane, rules, events, end }));
}

/** `orphans`: also closes of swaps that nobody opened, whose effect depends on where the window starts. */
export const tieMarket = (orphans: boolean): fc.Arbitrary<Market> =>
  fc
    .constantFrom('btc-tao', 'tao-btc')
    .chain((pair) =>
      market(tieLane(pair), bestRateTie, [
        ...common([pair, 'x-y']),
        fc.record({ kind: fc.constant('busy' as const), at, who, delta: fc.constantFrom<1 | -1>(1, -1) }),
      ]).map((market) => (orphans ? market : { ...market, events: withoutOrphans(market.events) })),
    );

/** Drops each close that, in the order of the log's time, closes nothing. */
function withoutOrphans(events: readonly CrownEvent[]): CrownEvent[] {
  const open = new Map<string, number>();
  const dropped = new Set<CrownEvent>();
  for (const event of events.toSorted((a, b) => a.at - b.at)) {
    if (event.kind !== 'busy') continue;
    const count = (open.get(event.who) ?? 0) + event.delta;
    if (count < 0) dropped.add(event);
    else open.set(event.who, count);
  }
  return events.filter((event) => !dropped.has(event));
}

export const bandMarket: fc.Arbitrary<Market> = fc
  .record({
    ends: fc.constantFrom(
      { from: 'btc', to: 'tao' },
      { from: 'tao', to: 'btc' },
      { from: 'sol', to: 'tao' },
      { from: 'tao', to: 'sol' },
    ),
    band: fc.constantFrom('0', '1/200', '1/200', '1/100', '1/2'),
    exponent: fc.integer({ min: 0, max: 2 }),
    own: backing,
  })
  .chain(({ ends, band, exponent, own }) => {
    const lane = bandLane({ ...ends, backing: own }, { hubs, chains });
    const rules = capacityBand({ band: rationalOf(band), capacityExponent: exponent, requirementBps: 11_000n });
    const code = fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3);
    return market(lane, rules, [
      ...common([lane.quotes, `${ends.from}-${ends.to}|${own === 'tao' ? 'sol' : 'tao'}`]),
      fc.record({ kind: fc.constant('activity' as const), at, who, code, hub: fc.constantFrom('sol', 'tao', null) }),
      fc.record({
        kind: fc.constant('collateral' as const),
        at,
        who,
        backing,
        amount: fc.bigInt({ min: -2n, max: 130n }),
      }),
      fc.record({ kind: fc.constant('bounds' as const), at, backing, min: fc.constantFrom(0n, 1n, 4n), max: bound }),
    ]);
  });

export const anyMarket: fc.Arbitrary<Market> = fc.oneof(tieMarket(false), bandMarket);
