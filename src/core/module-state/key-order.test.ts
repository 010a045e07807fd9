import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bech32 } from '@scure/base';
import fc from 'fast-check';
import { byKey, entryKey, isOrdered, scoreKey } from './key-order.ts';

const seed = Number(process.env['SEED'] ?? 20_258);
const addressOf = (bytes: Uint8Array): string => bech32.encode('core', bech32.toWords(bytes), false);
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
);
/** As the chain's store compares: the raw bytes, and for a part of a key its length first. */
const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);
const comparePart = (a: Uint8Array, b: Uint8Array): number => a.length - b.length || compare(a, b);

describe('src/core/module-state/key-order', () => {
  it('orders scores by the raw bytes of their addresses, not by their letters', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 2, maxLength: 10 }), (list) => {
        const scores = list.map((raw) => ({ address: addressOf(raw), score: '1' }));
        const expected = list.toSorted(compare).map(addressOf);
        const sorted = byKey(scores, scoreKey);
        assert.deepEqual(
          sorted.map(({ address }) => address),
          expected,
        );
        assert.ok(isOrdered(sorted, scoreKey));
        assert.equal(isOrdered(sorted.toReversed(), scoreKey), new Set(expected).size === 1);
      }),
      { seed },
    );
  });

  it('orders entries by id, then by the first address with shorter ones before, then by the second', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('9', '10'), bytes, bytes), { minLength: 2, maxLength: 10 }),
        (list) => {
          const entries = list.map(([id, a, b]) => ({
            id,
            delegator: addressOf(a),
            validator: addressOf(b),
            shares: '1',
            since: '1',
          }));
          const byBytes = (x: (typeof list)[number], y: (typeof list)[number]): number =>
            Number(x[0]) - Number(y[0]) || comparePart(x[1], y[1]) || compare(x[2], y[2]);
          const expected = list.toSorted(byBytes).map(([id, a]) => `${id} ${addressOf(a)}`);
          assert.deepEqual(
            byKey(entries, entryKey('d')).map(({ id, delegator }) => `${id} ${delegator}`),
            expected,
          );
        },
      ),
      { seed },
    );
  });

  it('orders texts that are no addresses by their bytes, after addresses', () => {
    const names = ['zoe', 'é', addressOf(new Uint8Array(20).fill(255)), 'ann'];
    const sorted = byKey(
      names.map((address) => ({ address, score: '1' })),
      scoreKey,
    ).map(({ address }) => address);
    assert.deepEqual(sorted, [names[2], 'ann', 'zoe', 'é']);
  });
});
