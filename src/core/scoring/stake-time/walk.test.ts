import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Rate, Validator } from '../../state.ts';
import { ONE, valueOf } from './value.ts';
import { scoreBetween, walkPosition } from './walk.ts';

const validator = (rates: readonly Rate[]): Validator => ({ id: 1, name: 'v1', jailed: false, rates: [...rates] });

function intervals(shares: bigint, of: Validator, from: number, until: number): [number, number, bigint][] {
  const found: [number, number, bigint][] = [];
  walkPosition(shares, of, { from, until }, 'floor', (start, end, tokens) => found.push([start, end, tokens]));
  return found;
}

const someRates = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 5 })
  .chain((times) =>
    fc.tuple(
      fc.constant([0, ...times.toSorted((a, b) => a - b)]),
      fc.array(fc.bigInt({ min: 0n, max: 9n }), { minLength: 6, maxLength: 6 }),
    ),
  )
  .map(([times, tokens]) =>
    times.map((since, index): Rate => ({ since, tokens: tokens[index]!, perShares: 7n * ONE })),
  );

describe('src/core/scoring/stake-time/walk', () => {
  it('cuts a stretch where the rate changes: a slash acts from its instant on', () => {
    const slashed = validator([
      { since: 0, tokens: 1n, perShares: ONE },
      { since: 10, tokens: 9n, perShares: 10n * ONE },
    ]);
    assert.deepEqual(intervals(100n * ONE, slashed, 4, 14), [
      [4, 10, 100n],
      [10, 14, 90n],
    ]);
    assert.equal(scoreBetween(100n * ONE, slashed, 4, 14, 'floor'), 6n * 100n + 4n * 90n);
  });

  it('yields nothing for an empty stretch, and one interval where nothing changes', () => {
    const steady = validator([{ since: 0, tokens: 1n, perShares: ONE }]);
    assert.deepEqual(intervals(ONE, steady, 5, 5), []);
    assert.deepEqual(intervals(ONE, steady, 5, 9), [[5, 9, 1n]]);
  });

  it('tiles the stretch without gap or overlap, and sums to what a count second by second gives', () => {
    fc.assert(
      fc.property(
        someRates,
        fc.bigInt({ min: 1n, max: 10n ** 21n }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        (rates, shares, from, length) => {
          const of = validator(rates);
          const until = from + length;
          let at = from;
          for (const [start, end] of intervals(shares, of, from, until)) {
            assert.equal(start, at);
            assert.ok(end > start);
            at = end;
          }
          assert.equal(at, until);
          let slow = 0n;
          for (let second = from; second < until; second += 1) {
            slow += valueOf(
              shares,
              rates.findLast(({ since }) => since <= second)!,
              'floor',
            );
          }
          assert.equal(scoreBetween(shares, of, from, until, 'floor'), slow);
        },
      ),
    );
  });

  it('gives the whole when a stretch is split anywhere', () => {
    fc.assert(
      fc.property(someRates, fc.integer({ min: 0, max: 70 }), (rates, at) => {
        const of = validator(rates);
        const whole = scoreBetween(3n * ONE, of, 0, 70, 'floor');
        assert.equal(scoreBetween(3n * ONE, of, 0, at, 'floor') + scoreBetween(3n * ONE, of, at, 70, 'floor'), whole);
      }),
    );
  });
});
