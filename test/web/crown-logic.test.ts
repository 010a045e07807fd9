import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  bestIn,
  buffersOf,
  type CellsAnswer,
  cellAt,
  gridOf,
  heldIn,
  levelFor,
  orderKept,
  runFrom,
  runsOf,
  secondsOf,
  Texts,
} from '../../web/src/pages/crown/cells.ts';
import { countsText, fewOf, heldOf, holdersText } from '../../web/src/pages/crown/moment.ts';
import {
  askedFor,
  cellSeconds,
  covers,
  firstLook,
  lengthOf,
  moved,
  newest,
  spanLeast,
  within,
  zoomed,
} from '../../web/src/pages/crown/span.ts';
import { stagesOf } from '../../web/src/pages/crown/stages.ts';
import { clockOf, roundTicks, ticksOf, utcClock } from '../../web/src/pages/crown/ticks.ts';

const at = (text: string): number => Date.parse(text) / 1000;

const answer: CellsAnswer = {
  lane: 'btc-tao',
  lanes: [{ lane: 'btc-tao', higher_wins: true }],
  from: '2025-03-01T00:00:00Z',
  to: '2025-03-01T01:00:00Z',
  cells: 6,
  known: null,
  as_of: 1,
  participants: [
    {
      account: 'alice',
      held: '2400',
      runs: [
        [0, 1, '600'],
        [3, 2, '~1.500000'],
      ],
    },
    { account: 'bob', held: '100', runs: [[1, 1, '200/2']] },
  ],
  others: { count: 0, runs: [] },
  nobody: [[5, 1, '600']],
  best: [
    [0, 2, '345.5', '345', '346'],
    [3, 1, null, '300', '310'],
  ],
};

describe('test/web/crown-logic', () => {
  it('zooms so that the instant under the pointer stays there, and never too close', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 100, max: 1e7, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (from, length, factor, part) => {
          const span = { from, to: from + length };
          const point = from + length * part;
          const next = zoomed(span, factor, point);
          assert.ok(lengthOf(next) >= spanLeast - 1e-6);
          assert.ok(Math.abs((point - next.from) / lengthOf(next) - part) < 1e-3);
        },
      ),
    );
    assert.deepEqual(zoomed({ from: 0, to: 100 }, 1e-9, 50), { from: 35, to: 65 });
  });

  it('moves no further than where something is known', () => {
    const known = { from: 1000, to: 2000 };
    assert.deepEqual(within({ from: 500, to: 1500 }, known), { from: 500, to: 1500 });
    assert.deepEqual(within({ from: -5000, to: -4900 }, known), { from: 920, to: 1020 });
    assert.deepEqual(within(moved({ from: 0, to: 100 }, 9000), known), { from: 1980, to: 2080 });
    assert.deepEqual(newest(known, 100), { from: 1902, to: 2002 });
    assert.equal(lengthOf(firstLook(known)), 1040);
    assert.equal(lengthOf(firstLook({ from: 0, to: 1e8 })), 7 * 86_400);
  });

  it('chooses cells of a round length that are wide enough, and asks for whole blocks of them around what is seen', () => {
    assert.equal(cellSeconds({ from: 0, to: 86_400 }, 1200), 300);
    assert.equal(cellSeconds({ from: 0, to: 60 }, 1200), 1);
    assert.equal(cellSeconds({ from: 0, to: 1e12 }, 10), 604_800);
    const known = { from: 0, to: 1_000_000 };
    const span = { from: 500_000, to: 510_000 };
    const asked = askedFor(span, known, 30);
    assert.deepEqual(asked, { from: 487_680, to: 522_240, cells: 1152 });
    assert.ok(covers(asked, moved(span, 10_000), known));
    assert.ok(!covers(asked, moved(span, 20_000), known));
    // Where nothing is known nothing needs to be shown.
    assert.ok(covers(askedFor({ from: -99_999, to: 5 }, known, 30), { from: -99_999, to: 5 }, known));
    assert.equal(askedFor({ from: 0, to: 900_000 }, known, 1).cells, 10_000);
  });

  it('marks time at round times of the zone, also where clocks are changed', () => {
    const texts = (from: string, to: string, most: number, clock = utcClock): string[] =>
      ticksOf({ from: at(from), to: at(to) }, clock, most).map(({ text, major }) => `${text}${major ? '!' : ''}`);
    assert.deepEqual(texts('2025-03-01T22:10:00Z', '2025-03-02T03:00:00Z', 6), [
      ...['23:00', 'Mar 2!', '01:00', '02:00', '03:00'],
    ]);
    assert.deepEqual(texts('2025-03-01T00:00:10Z', '2025-03-01T00:00:50Z', 3), ['00:00:15', '00:00:30', '00:00:45']);
    assert.deepEqual(texts('2024-11-20T00:00:00Z', '2025-02-10T00:00:00Z', 4), ['Dec', '2025!', 'Feb']);
    const berlin = clockOf('Europe/Berlin');
    // Spring: from 2 to 3 o'clock; autumn: 2 o'clock twice.
    assert.deepEqual(texts('2025-03-30T00:00:00Z', '2025-03-30T03:00:00Z', 4, berlin), [
      ...['01:00', '03:00', '04:00', '05:00'],
    ]);
    const autumn = ticksOf({ from: at('2025-10-25T23:30:00Z'), to: at('2025-10-26T03:00:00Z') }, berlin, 5);
    assert.deepEqual(
      autumn.map(({ at: second }) => new Date(berlin(second) * 1000).toISOString().slice(11, 16)),
      autumn.map(({ text }) => text),
    );
    assert.deepEqual(roundTicks(344.9, 347.1, 3), [345, 346, 347]);
    assert.deepEqual(roundTicks(5, 5, 3), [5]);
  });

  it('reads runs as columns, and finds in them by cell', () => {
    assert.deepEqual(['60', '121/2', '~1.500000'].map(secondsOf), [60, 60.5, 1.5]);
    const texts = new Texts();
    const runs = runsOf(answer.participants[0]!.runs, 600, texts);
    assert.deepEqual([...runs.part], [1, Math.fround(0.0025)]);
    assert.deepEqual(
      [0, 1, 3, 4, 5].map((cell) => heldIn({ texts: texts.all }, runs, cell)),
      ['600', null, '~1.500000', '~1.500000', null],
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }))), fc.nat(60), (gaps, cell) => {
        let next = 0;
        const list = gaps.map(([gap, count]) => {
          const first = next + gap;
          next = first + count;
          return [first, count, '1'] as const;
        });
        const slow = list.findIndex(([first, count]) => first + count > cell);
        assert.equal(runFrom(runsOf(list, 1, new Texts()), cell), slow < 0 ? list.length : slow);
      }),
    );
  });

  it('makes shades of shares: whatever was held is seen, at every fineness, and nothing else', () => {
    const grid = gridOf(answer, ['carol', 'bob']);
    assert.deepEqual(
      grid.rows.map(({ name, held }) => [name, held]),
      [
        ['carol', '0'],
        ['bob', '100'],
        ['alice', '2400'],
      ],
    );
    const { shade } = grid.levels[0]!;
    assert.deepEqual([...shade.subarray(6, 12)], [0, 43, 0, 0, 0, 0]);
    assert.deepEqual([...shade.subarray(12)], [255, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 255]);
    assert.deepEqual(
      [cellAt(grid, grid.from - 1), cellAt(grid, grid.from + 600), cellAt(grid, grid.to)],
      [null, 1, null],
    );
    assert.deepEqual(
      [bestIn(grid, 1), bestIn(grid, 2), bestIn(grid, 3)],
      [{ last: '345.5', low: '345', high: '346' }, null, { last: null, low: '300', high: '310' }],
    );
    assert.deepEqual([...grid.levels[0]!.rates.high].map(String), ['346', '346', 'NaN', '310', 'NaN', 'NaN']);

    // Handed to another thread whole.
    const handed = gridOf(answer);
    assert.deepEqual(structuredClone(handed, { transfer: buffersOf(handed) }), gridOf(answer));
    assert.ok(buffersOf(handed).every(({ byteLength }) => byteLength === 0));

    const fine = gridOf({ ...answer, cells: 601, participants: [{ account: 'a', held: '6', runs: [[600, 1, '5']] }] });
    assert.deepEqual(
      fine.levels.map(({ columns, cells }) => [columns, cells]),
      [
        [601, 1],
        [301, 2],
        [151, 4],
      ],
    );
    for (const { columns, shade: own } of fine.levels) {
      assert.ok(own[columns - 1]! > 0);
      assert.ok(own.subarray(0, columns - 2).every((one) => one === 0));
    }
    assert.deepEqual(
      [3, 0.6, 0.4, 0.01].map((width) => levelFor(fine, width).cells),
      [1, 1, 2, 4],
    );
  });

  it('keeps everybody in the same row while somebody looks around', () => {
    assert.deepEqual(orderKept([], answer), ['alice', 'bob']);
    assert.deepEqual(orderKept(['bob', 'dave'], answer), ['bob', 'dave', 'alice']);
    assert.deepEqual(orderKept(['x', 'y'], answer, 3), ['alice', 'bob']);
  });

  it('names periods, the one that runs without an end', () => {
    const first = { period: 1, start: null, boundary: '1970-01-01T00:01:40Z' };
    const second = { period: 2, start: first.boundary, boundary: '1970-01-01T00:03:20Z' };
    const [one, two] = [
      { from: 0, to: 100, name: 'period 1' },
      { from: 100, to: 200, name: 'period 2' },
    ];
    assert.deepEqual(stagesOf([first, second], 2), [one, two]);
    assert.deepEqual(stagesOf([first], 2), [one, { ...two, to: Infinity }]);
    assert.deepEqual(stagesOf([], 1), [{ ...one, to: Infinity }]);
  });

  it('says in words what was held, and why others were passed over', () => {
    assert.equal(heldOf('150', 300), '150 of 300 s (50 %)');
    assert.equal(heldOf('100/3', 300), '100/3 of 300 s (~11 %)');
    assert.equal(heldOf(null, 300), '0 of 300 s');
    assert.equal(countsText({ counts: { holders: 2, busy: 1, outbid: 12 } }), '12 outbid, 1 busy');
    assert.equal(holdersText([]), 'nobody held');
    assert.equal(holdersText([{ account: 'a', share: '1' }]), 'a held alone');
    const three = ['a', 'b', 'c'].map((account) => ({ account, share: '1/3' }));
    assert.equal(holdersText(three), 'a 1/3, b 1/3, c 1/3 held');
    assert.equal(fewOf(['a', 'b', 'c'], 2), 'a, b and 1 more');
  });
});
