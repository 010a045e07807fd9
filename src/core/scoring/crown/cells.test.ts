import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyMarket, crownNames } from '../../../../test/arbitrary/crown.ts';
import { add, formatRational, multiply, type Rational, rational, rationalOf, zero } from '../../money/rational.ts';
import { type CellAxis, cellEdge, CellSums, type CellsHeld, type HeldRun, TooManyCells } from './cells.ts';
import { type Interval, intervals } from './intervals.ts';
import { type CrownEvent, crownLogOf } from './log.ts';
import { bestRateTie, capacityBand, tieLane } from './rules.ts';
import type { WalkOptions } from './walk.ts';

function cellsOf(pieces: readonly WalkOptions[], axis: CellAxis, most = 256): CellsHeld {
  const sums = new CellSums(axis);
  for (const piece of pieces) for (const _ of sums.add(piece));
  return sums.done({ most });
}

/** By cell: what a run says of it. */
const byCell = (runs: readonly HeldRun[]): Map<number, string> =>
  new Map(runs.flatMap(([first, count, held]) => Array.from({ length: count }, (_, i) => [first + i, held] as const)));

/** The plain way: every interval against every cell. */
function slowly(
  list: readonly Interval[],
  axis: CellAxis,
  names: readonly string[],
): Map<string, Map<number, Rational>> {
  const held = new Map<string, Map<number, Rational>>();
  for (let cell = 0; cell < axis.count; cell += 1) {
    const [from, to] = [cellEdge(axis, cell), cellEdge(axis, cell + 1)];
    for (const { start, end, holders } of list) {
      const time = Math.min(end, to) - Math.max(start, from);
      if (time <= 0) continue;
      for (const { who, share } of holders) {
        if (share.numerator === 0n) continue;
        const cells = held.get(names[who]!) ?? new Map<number, Rational>();
        held.set(names[who]!, cells.set(cell, add(cells.get(cell) ?? zero, multiply(share, rational(BigInt(time))))));
      }
    }
  }
  return held;
}

const rate = (at: number, who: string, value: string): CrownEvent => ({
  kind: 'rate',
  at,
  who,
  quotes: 'btc-tao',
  rate: value,
});
const here = (...names: string[]): CrownEvent[] =>
  names.flatMap((who) => [
    { kind: 'eligible', at: 0, who, on: true },
    { kind: 'active', at: 0, who, on: true },
  ]);
const market = (events: CrownEvent[], window = { start: 0, end: 100 }): WalkOptions => ({
  log: crownLogOf(events),
  lane: tieLane('btc-tao'),
  rules: bestRateTie,
  window,
});

describe('src/core/scoring/crown/cells', () => {
  it('cuts a stretch into cells of whole seconds that tile it', () => {
    const axis = { from: 5, to: 15, count: 4 };
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((index) => cellEdge(axis, index)),
      [5, 7, 10, 12, 15],
    );
    const far = { from: 0, to: 300_000_000_000, count: 9_999 };
    assert.equal(cellEdge(far, 9_999), far.to);
  });

  it('sums by cell what intervals say, exactly, in pieces as in one', () => {
    const arbitrary = fc.record({ market: anyMarket, count: fc.integer({ min: 1, max: 12 }), cut: fc.nat(100) });
    fc.assert(
      fc.property(arbitrary, ({ market: { events, lane, rules, end }, count, cut }) => {
        const log = crownLogOf([
          ...crownNames.map((who): CrownEvent => ({ kind: 'active', at: -10, who, on: false })),
          ...events,
        ]);
        const axis = { from: 0, to: end, count: Math.min(count, end) };
        const options = { log, lane, rules, window: { start: 0, end } };
        const list = [...intervals(options)];
        const whole = cellsOf([options], axis);
        const expected = slowly(list, axis, log.participants);
        for (const { account, held, runs } of whole.participants) {
          const cells = byCell(runs);
          const sums = expected.get(account)!;
          assert.deepEqual([...cells.keys()], [...sums.keys()]);
          for (const [cell, text] of cells) {
            const exact = sums.get(cell)!;
            if (!text.startsWith('~')) assert.equal(text, formatRational(exact));
            else assert.ok(isJustBelow(text, exact), `${text} of ${formatRational(exact)}`);
          }
          const total = [...sums.values()].reduce(add);
          if (!held.startsWith('~')) assert.equal(held, formatRational(total));
        }
        assert.equal(whole.participants.length, expected.size);
        const empty = list.filter(({ holders }) => holders.length === 0);
        const nobody = [...byCell(whole.nobody).values()].reduce((sum, text) => sum + Number(text), 0);
        assert.equal(
          nobody,
          empty.reduce((sum, { start, end: until }) => sum + until - start, 0),
        );
        // A piece begins with the holders that the one before ended with, but that busy swaps are counted anew.
        if (rules.busy === 'count') return;
        const middle = cut % end;
        const pieces = [
          { ...options, window: { start: 0, end: middle } },
          { ...options, window: { start: middle, end } },
        ];
        assert.deepEqual(cellsOf(pieces, axis), whole);
      }),
      { numRuns: 200 },
    );
  });

  it('says the best rate at the end of each cell, and the lowest and the highest in it', () => {
    const options = market([
      ...here('a'),
      rate(10, 'a', '9'),
      rate(12, 'a', '10'),
      rate(14, 'a', '9.5'),
      rate(35, 'a', '0'),
    ]);
    const { best, nobody, participants } = cellsOf([options], { from: 0, to: 100, count: 10 });
    assert.deepEqual(best, [
      [1, 1, '9.5', '9', '10'],
      [2, 1, '9.5', '9.5', '9.5'],
      [3, 1, null, '9.5', '9.5'],
    ]);
    assert.deepEqual(nobody, [
      [0, 1, '10'],
      [3, 1, '5'],
      [4, 6, '10'],
    ]);
    assert.deepEqual(participants, [
      {
        account: 'a',
        held: '25',
        runs: [
          [1, 2, '10'],
          [3, 1, '5'],
        ],
      },
    ]);
  });

  it('names those who held longest, sums the others, and shows whoever is asked for', () => {
    const names = ['a', 'b', 'c', 'd'];
    const options = market([...here(...names), ...names.map((who, i) => rate(i * 10, who, '9'))]);
    const axis = { from: 0, to: 100, count: 2 };
    const sums = new CellSums(axis);
    for (const _ of sums.add(options));
    const few = sums.done({ most: 2, always: ['d'] });
    assert.deepEqual(
      few.participants.map(({ account, held }) => [account, held]),
      [
        ['a', '215/6'],
        ['d', '35/2'],
      ],
    );
    assert.deepEqual(few.others, {
      count: 2,
      runs: [
        [0, 1, '65/3'],
        [1, 1, '25'],
      ],
    });
  });

  it('says with ~ that a number was cut off, where an exact one would be too long', () => {
    const events: CrownEvent[] = [...here('a', 'b')];
    const primes = [1_000_003n, 1_000_033n, 1_000_037n, 1_000_039n];
    for (const [i, amount] of primes.entries()) {
      events.push({ kind: 'collateral', at: i, who: 'a', backing: 'tao', amount });
      events.push({ kind: 'collateral', at: i, who: 'b', backing: 'tao', amount: 1_000_003n });
    }
    const quote = (who: string): CrownEvent => ({ kind: 'rate', at: 0, who, quotes: 'btc-tao|tao', rate: '9' });
    const options: WalkOptions = {
      log: crownLogOf([...events, quote('a'), quote('b')]),
      lane: { quotes: 'btc-tao|tao', backing: 'tao', higherWins: true, routing: null },
      rules: capacityBand({ band: zero, capacityExponent: 0, requirementBps: 10_000n }),
      window: { start: 0, end: 4 },
    };
    const [a, b] = cellsOf([options], { from: 0, to: 4, count: 1 }).participants;
    assert.deepEqual([a!.runs, b!.runs], [[[0, 1, '~2.000024']], [[0, 1, '~1.999975']]]);
    const [exact] = cellsOf([options], { from: 0, to: 4, count: 4 }).participants;
    assert.deepEqual(exact!.runs[1], [1, 1, '1000033/2000036']);
  });

  it('stops where there is more than may be told', () => {
    const options = market([...here('a', 'b'), rate(0, 'a', '9'), rate(50, 'b', '9')]);
    const axis = { from: 0, to: 100, count: 100 };
    const run = (limits: { runs: number; visits: number }): void => {
      for (const _ of new CellSums(axis, limits).add(options));
    };
    run({ runs: 3, visits: 200 });
    assert.throws(() => run({ runs: 2, visits: 200 }), TooManyCells);
    assert.throws(() => run({ runs: 3, visits: 100 }), TooManyCells);
  });
});

function isJustBelow(text: string, exact: Rational): boolean {
  const { numerator, denominator } = rationalOf(text.slice(1));
  const gap = exact.numerator * denominator - numerator * exact.denominator;
  return gap >= 0n && gap * 1_000_000n <= 2n * exact.denominator * denominator;
}
