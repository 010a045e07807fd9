import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Prng } from './prng.ts';

describe('test/sim/prng', () => {
  it('gives the same numbers for the same seed, within the bounds asked for', () => {
    const [one, other] = [new Prng(7), new Prng(7)];
    for (let count = 0; count < 1000; count += 1) {
      const value = one.int(-3, 3);
      assert.equal(value, other.int(-3, 3));
      assert.ok(-3 <= value && value <= 3);
    }
    assert.deepEqual([...new Set(Array.from({ length: 200 }, () => one.big(5n, 7n)))].toSorted(), [5n, 6n, 7n]);
    assert.deepEqual(one.shuffled([1, 2, 3, 4]).toSorted(), [1, 2, 3, 4]);
    assert.notEqual(new Prng(1).next(), new Prng(2).next());
  });
});
