import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatedKey } from './repeated-key.ts';

describe('src/sources/repeated-key', () => {
  it('names the key that stands twice in one object, however it is written', () => {
    assert.equal(repeatedKey('{"amount":"1","amount":"1000000"}'), 'amount');
    assert.equal(repeatedKey('{ "a" : 1 , "b" : { "c" : 2 , "c" : 3 } }'), 'c');
    assert.equal(repeatedKey(String.raw`{"a":1,"\u0061":2}`), 'a');
    assert.equal(repeatedKey(String.raw`{"a\\":"x","b":"\"","a\\":0}`), 'a\\');
    assert.equal(repeatedKey('[{"a":1},{"b":[{"a":1,"a":1}]}]'), 'a');
  });

  it('finds nothing in what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(repeatedKey(JSON.stringify(value)), null)));
  });

  it('finds a key put in front of an object that has it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, pick) => {
        const keys = Object.keys(object);
        const key = keys[pick % keys.length]!;
        const text = `{${JSON.stringify(key)}:0,${JSON.stringify(object).slice(1)}`;
        assert.equal(repeatedKey(text), key);
      }),
    );
  });
});
