import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareBytes, utf8Length } from './bytes.ts';

const seed = Number(process.env['SEED'] ?? 20_251);

describe('src/core/bytes', () => {
  it('orders an emoji after a character of the private use area, which plain comparison does not', () => {
    assert.ok('\u{1f600}' < '\ue000');
    assert.ok(compareBytes('\u{1f600}', '\ue000') > 0);
  });

  it(`agrees with Buffer.compare on any well-formed text (seed ${seed})`, () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
        assert.equal(utf8Length(a), Buffer.byteLength(a));
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('counts the first and the last character of each length', () => {
    const lengths = [
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ].map(utf8Length);
    assert.deepEqual(lengths, [1, 2, 2, 3, 3, 3, 3, 4, 4]);
  });

  it('counts a lone surrogate as three bytes', () => {
    assert.equal(utf8Length('\ud800'), 3);
    assert.equal(utf8Length('\ud800x\udc00'), 7);
    assert.equal(utf8Length('\udc00\udc00'), 6);
    assert.equal(utf8Length('\ud800\ue000'), 6);
  });
});
