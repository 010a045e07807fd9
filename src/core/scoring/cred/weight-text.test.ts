import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { weightText } from './weight-text.ts';

describe('src/core/scoring/cred/weight-text', () => {
  it('writes a weight in one way', () => {
    assert.deepEqual(['1', '01.50', 1.5, 0, '0.0', 1e21, 1.5e-7].map(weightText), [
      '1',
      '1.5',
      '1.5',
      '0',
      '0',
      '1000000000000000000000',
      '0.00000015',
    ]);
    for (const value of [-1, '-1', '1e5', '', '.5', '1.', Number.NaN, Infinity, null, undefined, true, [], '½'])
      assert.equal(weightText(value), null);
  });

  it('loses nothing of a number', () => {
    const weight = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(weight, (value) => assert.equal(Number(weightText(value)), value)));
  });
});
