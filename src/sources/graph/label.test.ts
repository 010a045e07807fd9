import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isName } from '../../core/text.ts';
import { labelOf } from './label.ts';

describe('src/sources/graph/label', () => {
  it('makes one line of a text', () => {
    assert.equal(labelOf(' a\r\n\tb  c\0 '), 'a b c');
    assert.equal(labelOf(' \n '), null);
    assert.equal(labelOf('x'.repeat(256)), 'x'.repeat(256));
    assert.equal(labelOf('x'.repeat(257)), `${'x'.repeat(253)}...`);
    assert.equal(labelOf('😀'.repeat(65)), `${'😀'.repeat(63)}...`);
  });

  it('is always one that can be taken', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }));
    fc.assert(
      fc.property(text, (text) => {
        const label = labelOf(text);
        assert.ok(label === null || isName(label));
      }),
    );
  });
});
