import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressOf, isAddress, isBelow, partsOf } from './address.ts';

describe('src/core/scoring/cred/address', () => {
  it('has one text for every list of parts', () => {
    assert.equal(addressOf(['git', 'file', 'src/a b%.ts', '']), 'git/file/src%2Fa b%25.ts/');
    const parts = fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 5 });
    fc.assert(fc.property(parts, (list) => assert.deepEqual(partsOf(addressOf(list)), list)));
    fc.assert(fc.property(parts, (list) => assert.ok(isAddress(addressOf(list)))));
  });

  it('refuses what no parts give', () => {
    for (const text of ['', 'a%', 'a%2f', 'a%41', 'a\0b', '\ud800', 'x'.repeat(1025)]) {
      assert.equal(isAddress(text), false, JSON.stringify(text));
    }
  });

  it('compares part by part', () => {
    assert.deepEqual(
      ['', 'a', 'a/b', 'ab', 'a/'].map((prefix) => isBelow('a/b', prefix)),
      [true, true, true, false, false],
    );
  });
});
