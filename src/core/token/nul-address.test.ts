import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromNulAddress, toNulAddress } from './nul-address.ts';
import { identityAddress } from './names.ts';

describe('src/core/token/nul-address', () => {
  it('makes one address of the other, both ways', () => {
    assert.equal(fromNulAddress('N\0sourcecred\0discourse\0post\0', 'N'), 'sourcecred/discourse/post');
    assert.equal(fromNulAddress('E\0forum\0https://forum.example\0', 'E'), 'forum/https:%2F%2Fforum.example');
    assert.equal(fromNulAddress('N\0', 'N'), '');
    assert.equal(fromNulAddress(identityAddress('someId'), 'N'), 'sourcecred/core/IDENTITY/someId');
    const part = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('N' as const, 'E' as const), (parts, letter) => {
        fc.pre(parts.length !== 1 || parts[0] !== '');
        const text = [letter, ...parts, ''].join('\0');
        assert.equal(toNulAddress(fromNulAddress(text, letter), letter), text);
      }),
    );
  });

  it('refuses what is no such address', () => {
    for (const text of ['', 'N', 'N\0a', 'N\0a\0b', 'E\0a\0', 'Na\0', 'N\0\0', `N\0${'x'.repeat(1025)}\0`]) {
      assert.throws(() => fromNulAddress(text, 'N'), { code: 'nul-address-malformed' }, JSON.stringify(text));
    }
  });
});
