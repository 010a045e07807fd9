import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  anyMarket,
  bandMarket,
  crownNames,
  type Market,
  marketEnd,
  tieMarket,
} from '../../../../test/arbitrary/crown.ts';
import { secondOf } from '../../../../test/arbitrary/crown-oracle.ts';
import { add, formatRational, multiply, type Rational, rational, sumOf, zero } from '../../money/rational.ts';
import { boundsOf, creditsOf, heldOf, paidOf, total } from './credits.ts';
import { holdingsOf } from './holdings.ts';
import { intervals, perBlock, sumShares } from './intervals.ts';
import { type CrownEvent, type CrownLog, crownLogOf } from './log.ts';
import { reasons } from './reasons.ts';
import { bandLane, bestRateTie, capacityBand, tieLane } from './rules.ts';
import { walk, type WalkOptions, type Window } from './walk.ts';

const optionsOf = (market: Market, window: Window = { start: 0, end: market.end }): WalkOptions => ({
  log: crownLogOf([
    ...crownNames.map((who): CrownEvent => ({ kind: 'active', at: -10, who, on: false })),
    ...market.events,
  ]),
  lane: market.lane,
  rules: market.rules,
  window,
});

const named = (log: CrownLog, entries: Iterable<readonly [number, Rational]>): Record<string, string> =>
  Object.fromEntries(
    [...entries]
      .flatMap(([who, value]) => (value.numerator === 0n ? [] : [[log.participants[who]!, formatRational(value)]]))
      .sort(),
  );

function answers(options: WalkOptions): { held: Record<string, string>; paid: Record<string, string> } {
  const credits = total(options);
  return {
    held: named(
      options.log,
      credits.credits.map((credit) => [credit.who, heldOf(credits, credit)]),
    ),
    paid: named(
      options.log,
      credits.credits.map((credit) => [credit.who, paidOf(credits, credit)]),
    ),
  };
}

const property = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 150): void =>
  fc.assert(fc.property(arbitrary, holds), { numRuns });

describe('src/core/scoring/crown/walk', () => {
  const market = (events: CrownEvent[], window: Window = { start: 0, end: 100 }): WalkOptions => ({
    log: crownLogOf(events),
    lane: tieLane('btc-tao'),
    rules: bestRateTie,
    window,
  });
  const on = (who: string): CrownEvent[] => [
    { kind: 'eligible', at: 0, who, on: true },
    { kind: 'active', at: 0, who, on: true },
  ];
  const quote = (at: number, who: string, rate: string): CrownEvent => ({
    kind: 'rate',
    at,
    who,
    quotes: 'btc-tao',
    rate,
  });

  it('gives thirds of what three share, exactly, and nothing for what nobody held', () => {
    const events = [...on('a'), ...on('b'), ...on('c')];
    events.push(
      quote(10, 'a', '5'),
      quote(10, 'b', '5'),
      quote(10, 'c', '5'),
      quote(20, 'a', '0'),
      quote(30, 'b', '6'),
    );
    const options = market(events);
    assert.deepEqual(answers(options).held, { a: '10/3', b: '235/3', c: '25/3' });
    assert.equal(total(options).covered, 90);
    assert.deepEqual(
      [...intervals(options)].map(({ start, end, holders, best }) => [start, end, holders.length, best]),
      [
        [0, 10, 0, null],
        [10, 20, 3, '5'],
        [20, 30, 2, '5'],
        [30, 100, 1, '6'],
      ],
    );
  });

  it('says by which test a participant lost, and since when', () => {
    const busy = (at: number, delta: 1 | -1): CrownEvent => ({ kind: 'busy', at, who: 'a', delta });
    const events = [
      ...on('a'),
      ...on('b'),
      quote(0, 'b', '5'),
      quote(10, 'a', '6'),
      busy(20, 1),
      busy(30, -1),
      quote(40, 'b', '7'),
    ];
    const options = market(events);
    assert.deepEqual(
      [...reasons(options, 0)].map(({ start, end, failed, quote, best }) => [start, end, failed, quote, best]),
      [
        [0, 10, 'no-quote', null, '5'],
        [10, 20, null, '6', '6'],
        [20, 30, 'busy', '6', '5'],
        [30, 40, null, '6', '6'],
        [40, 100, 'outbid', '6', '7'],
      ],
    );
  });

  it('takes a quote at which the least leg is just the largest, with collateral that just covers it', () => {
    const chain = { decimals: 0, minOnchain: 1n };
    const lane = bandLane(
      { from: 'btc', to: 'tao', backing: 'tao' },
      { hubs: ['tao'], chains: { btc: chain, tao: chain } },
    );
    const rules = capacityBand({ band: rational(1n, 200n), capacityExponent: 2, requirementBps: 11_000n });
    const failing = (min: bigint, max: bigint, amount: bigint): string | null => {
      const log = crownLogOf([
        { kind: 'bounds', at: 0, backing: 'tao', min, max },
        ...on('a'),
        { kind: 'rate', at: 0, who: 'a', quotes: lane.quotes, rate: '1' },
        { kind: 'collateral', at: 0, who: 'a', backing: 'tao', amount },
      ]);
      return [...reasons({ log, lane, rules, window: { start: 0, end: 1 } }, log.participants.indexOf('a'))][0]!.failed;
    };
    assert.equal(failing(5n, 5n, 5n), null);
    assert.equal(failing(6n, 5n, 50n), 'not-routable');
    assert.equal(failing(5n, 5n, 4n), 'not-fundable');
  });

  it('agrees with an oracle that reads the rules second by second', () => {
    property(anyMarket, (market) => {
      const options = optionsOf(market);
      const { log } = options;
      const held = new Map<number, Rational>();
      const paid = new Map<number, Rational>();
      const failures = crownNames.map((name) => [...reasons(options, log.participants.indexOf(name))]);
      for (const { block, holders, best } of perBlock(options)) {
        const second = secondOf(market, crownNames, block);
        assert.equal(
          best === null ? null : Number(best),
          second.best === null ? null : Number(second.best),
          `at ${block}`,
        );
        assert.deepEqual(
          Object.fromEntries(holders.map(({ who, share }) => [log.participants[who]!, formatRational(share)])),
          Object.fromEntries([...second.shares].map(([name, share]) => [name, formatRational(share)])),
          `at ${block}`,
        );
        for (const [name, share] of second.shares) {
          const who = log.participants.indexOf(name);
          held.set(who, add(held.get(who) ?? zero, share));
          paid.set(who, add(paid.get(who) ?? zero, multiply(share, second.capacity.get(name)!)));
        }
        for (const [index, name] of crownNames.entries()) {
          const reason = failures[index]!.find(({ start, end }) => start <= block && block < end)!;
          assert.equal(reason.failed, second.failing.get(name), `${name} at ${block}`);
        }
      }
      assert.deepEqual(answers(options), { held: named(log, held), paid: named(log, paid) });
    });
  });

  it('tiles the window with stretches of which two neighbours differ', () => {
    property(fc.oneof(tieMarket(true), bandMarket), (market) => {
      const options = optionsOf(market);
      let [end, last] = [0, ''];
      const weights = new Map<number, number>();
      for (const stretch of walk(options)) {
        assert.equal(stretch.start, end);
        assert.ok(stretch.end > stretch.start);
        ({ end } = stretch);
        for (const who of stretch.changed.subarray(0, stretch.changes)) {
          assert.notEqual(weights.get(who) ?? -1, stretch.weightOf[who]);
          weights.set(who, stretch.weightOf[who]!);
        }
        const view = JSON.stringify([[...stretch.weightOf], stretch.best]);
        assert.deepEqual(
          [...stretch.weightOf],
          Array.from(stretch.weightOf, (_, who) => weights.get(who) ?? -1),
        );
        assert.notEqual(view, last);
        assert.equal(stretch.holders, stretch.weightOf.filter((weight) => weight >= 0).length);
        last = view;
      }
      assert.equal(end, market.end);
    });
  });

  it('has readers whose sums are equal, and never credits more than the window', () => {
    property(fc.oneof(tieMarket(true), bandMarket), (market) => {
      const options = optionsOf(market);
      const { held } = answers(options);
      assert.deepEqual(named(options.log, sumShares(intervals(options))), held);
      const blocks = [...perBlock(options)].map((interval) => ({
        ...interval,
        start: interval.block,
        end: interval.block + 1,
      }));
      assert.equal(blocks.length, market.end);
      assert.deepEqual(named(options.log, sumShares(blocks)), held);
      const credits = total(options);
      const sum = sumOf(credits.credits.map((credit) => heldOf(credits, credit)));
      assert.deepEqual(sum, rational(BigInt(credits.covered)));
      assert.ok(credits.covered <= market.end);
      for (const credit of credits.credits) {
        const [heldBy, paidBy] = [heldOf(credits, credit), paidOf(credits, credit)];
        assert.ok(paidBy.numerator * heldBy.denominator <= heldBy.numerator * paidBy.denominator);
      }
    });
  });

  it('bounds the exact credits from both sides', () => {
    property(fc.tuple(anyMarket, fc.constantFrom(16, 64)), ([market, bits]) => {
      const holdings = holdingsOf(optionsOf(market));
      const exact = creditsOf(holdings);
      const { atLeast, heldWithin, paidWithin } = boundsOf(holdings, bits);
      assert.deepEqual(
        atLeast.credits.map(({ who }) => who),
        exact.credits.map(({ who }) => who),
      );
      for (const [i, { held, paid }] of atLeast.credits.entries()) {
        const { held: exactHeld, paid: exactPaid } = exact.credits[i]!;
        const scaledHeld = exactHeld * atLeast.heldDenominator;
        const scaledPaid = exactPaid * atLeast.paidDenominator;
        assert.ok(held * exact.heldDenominator <= scaledHeld);
        assert.ok(scaledHeld <= (held + heldWithin) * exact.heldDenominator);
        assert.ok(paid * exact.paidDenominator <= scaledPaid);
        assert.ok(scaledPaid <= (paid + paidWithin) * exact.paidDenominator);
      }
    });
  });

  it('gives the same for a window and for its two parts together, wherever it is split', () => {
    property(fc.tuple(anyMarket, fc.integer({ min: 0, max: marketEnd })), ([market, split]) => {
      const whole = total(optionsOf(market));
      const parts = [
        { start: 0, end: split },
        { start: split, end: market.end },
      ].map((window) => total(optionsOf(market, window)));
      for (const valueOf of [heldOf, paidOf]) {
        const sums = new Map<number, Rational>();
        for (const part of parts) {
          for (const credit of part.credits)
            sums.set(credit.who, add(sums.get(credit.who) ?? zero, valueOf(part, credit)));
        }
        const { log } = optionsOf(market);
        assert.deepEqual(
          named(log, sums),
          named(
            log,
            whole.credits.map((credit) => [credit.who, valueOf(whole, credit)]),
          ),
        );
      }
    });
  });

  it('does not depend on how rows of different kinds lie within one block', () => {
    const shuffled = fc.oneof(tieMarket(true), bandMarket).chain((market) =>
      fc.array(fc.integer(), { minLength: market.events.length, maxLength: market.events.length }).map((keys) => {
        // Kinds are moved as wholes within a block, so that each keeps the order of its own rows.
        const blocks = Map.groupBy(market.events.entries(), ([, { at }]) => at);
        const events = [...blocks.values()].flatMap((rows) => {
          const keyOf = (kind: string): number => keys[rows.find(([, event]) => event.kind === kind)![0]]!;
          return rows.toSorted(([, a], [, b]) => keyOf(a.kind) - keyOf(b.kind)).map(([, event]) => event);
        });
        return [market, { ...market, events }] as const;
      }),
    );
    property(shuffled, ([market, other]) => {
      const [a, b] = [optionsOf(market), optionsOf(other)];
      assert.deepEqual(answers(a), answers(b));
      const view = (options: WalkOptions): unknown =>
        [...intervals(options)].map(({ start, end, holders, best }) => [
          start,
          end,
          named(
            options.log,
            holders.map(({ who, share }) => [who, share]),
          ),
          best === null ? null : Number(best),
        ]);
      assert.deepEqual(view(a), view(b));
    });
  });
});
