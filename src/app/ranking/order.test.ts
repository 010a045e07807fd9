import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { orderOf, reversedOrder } from './order.ts';

/** What a sort that keeps the order of equal ones gives. */
const naive = (values: readonly number[], sign: 1 | -1): number[] =>
  values.map((_, place) => place).toSorted((a, b) => sign * (values[a]! - values[b]!) || a - b);

describe('src/app/ranking/order', () => {
  it('is a sort, up and down, equal ones by place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 20 }), { maxLength: 100 }), async (values) => {
        const compare = (a: number, b: number): number => values[a]! - values[b]!;
        const order = await orderOf(values.length, compare);
        assert.deepEqual([...order], naive(values, 1));
        assert.deepEqual([...reversedOrder(order, compare)], naive(values, -1));
      }),
    );
  });

  for (const length of [16_384, 16_385, 50_000, 65_537]) {
    it(`merges the runs of ${length}`, async () => {
      const values = Array.from({ length }, (_, place) => Math.imul(place, 0x9e3779b1) >>> 20);
      const compare = (a: number, b: number): number => values[a]! - values[b]!;
      assert.deepEqual([...(await orderOf(length, compare))], naive(values, 1));
    });
  }
});
