import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Extrapolation } from './extrapolation.ts';

describe('src/core/scoring/cred/extrapolation', () => {
  /** Repeats x = a + b y, y = c + d x, each with what the other was, and guesses after each time. */
  function repeated(times: number, forgetAfter = Infinity): number[] {
    const values = Float64Array.of(0, 0);
    const extrapolation = new Extrapolation(2);
    for (let i = 0; i < times; i += 1) {
      const before = values.slice();
      values.set([1 + 0.9 * before[1]!, 2 + 0.8 * before[0]!]);
      if (i === forgetAfter) extrapolation.forget();
      extrapolation.guess(before, values);
    }
    return [...values].map((value) => Number(value.toFixed(9)));
  }
  // x = 1 + 0.9 (2 + 0.8 x) = 2.8 / 0.28
  const fixed = [10, 10];

  it('finds where two values lead after three times', () => {
    assert.notDeepEqual(repeated(2), fixed);
    assert.deepEqual(repeated(3), fixed);
  });

  it('stays there, though all changes are alike then, and begins anew when told to forget', () => {
    assert.deepEqual(repeated(12), fixed);
    assert.notDeepEqual(repeated(3, 2), fixed);
    assert.deepEqual(repeated(6, 2), fixed);
  });

  it('never guesses below zero', () => {
    const values = Float64Array.of(4);
    const extrapolation = new Extrapolation(1);
    extrapolation.guess(Float64Array.of(8), values);
    values[0] = 1;
    extrapolation.guess(Float64Array.of(4), values);
    assert.deepEqual([...values], [0]);
  });
});
