import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sortByTime } from './time-order.ts';

const times = fc.oneof(
  fc.constant(Number.NaN),
  fc.integer({ min: -3, max: 3 }), // many of one time
  fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
);

/** Without a time first, then by time, then by place. */
const compareBy =
  (time: Float64Array) =>
  (a: number, b: number): number => {
    const [s, t] = [time[a]!, time[b]!];
    if (s === t || (Number.isNaN(s) && Number.isNaN(t))) return a - b;
    return Number.isNaN(s) || s < t ? -1 : 1;
  };

describe('src/core/scoring/cred/time-order', () => {
  it('is that of a plain sort, from any order', () => {
    const order = fc.array(times, { maxLength: 80 }).chain((all) =>
      fc.record({
        time: fc.constant(Float64Array.from(all)),
        numbers: fc.shuffledSubarray(all.map((_, place) => place)),
      }),
    );
    fc.assert(
      fc.property(order, ({ time, numbers }) => {
        const compare = compareBy(time);
        const sorted = sortByTime(Int32Array.from(numbers), time, compare);
        assert.deepEqual([...sorted], numbers.toSorted(compare));
      }),
    );
  });

  it('compares few where times are spread, whatever their order', () => {
    const count = 10_000;
    const time = Float64Array.from({ length: count }, (_, place) => (place * 7919) % count);
    let compared = 0;
    const compare = compareBy(time);
    const sorted = sortByTime(Int32Array.from(time.keys()), time, (a, b) => {
      compared += 1;
      return compare(a, b);
    });
    assert.deepEqual(
      [...sorted].map((place) => time[place]),
      [...time.keys()],
    );
    assert.ok(compared < 2 * count, String(compared));
  });
});
