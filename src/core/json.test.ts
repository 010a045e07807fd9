import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromJson, toJson } from './json.ts';

describe('src/core/json', () => {
  it('keeps integers of any size apart from texts that look like them', () => {
    assert.equal(toJson({ amount: 2n ** 70n, name: '#5' }), '{"amount":"#1180591620717411303424","name":"##5"}');
    assert.deepEqual(fromJson('{"amount":"#12","name":"##5"}'), { amount: 12n, name: '#5' });
  });

  it('is the exact inverse of itself', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string(),
        fc.bigInt(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom('#', '##1', '#1'),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any;
    fc.assert(fc.property(value, (any) => assert.deepEqual(fromJson(toJson(any)), any)));
  });
});
