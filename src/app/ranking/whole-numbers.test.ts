import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WholeNumbers } from './whole-numbers.ts';

describe('src/app/ranking/whole-numbers', () => {
  it('keeps numbers of any size, and compares them as bigints compare', () => {
    const anyNumber = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 1n << 200n }));
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 40 }), fc.nat({ max: 3 }), (numbers, capacity) => {
        const kept = new WholeNumbers(capacity);
        for (const number of numbers) kept.push(number);
        assert.deepEqual(
          numbers.map((_, place) => kept.at(place)),
          numbers,
        );
        for (const [a, left] of numbers.entries()) {
          for (const [b, right] of numbers.entries())
            assert.equal(Math.sign(kept.compare(a, b)), left < right ? -1 : Number(left > right));
        }
      }),
    );
  });

  it('takes 8 bytes for a number of 64 bits', () => {
    const kept = new WholeNumbers(1000);
    for (let i = 0n; i < 1000n; i += 1n) kept.push((1n << 64n) - 1n - i);
    assert.equal(kept.bytes, 8000);
    kept.push(1n << 64n);
    assert.deepEqual([kept.at(999), kept.at(1000)], [(1n << 64n) - 1000n, 1n << 64n]);
  });
});
