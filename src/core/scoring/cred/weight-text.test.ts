import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InvalidInputError } from '../../errors.ts';
import { weightDigitsMax, weightText } from './weight-text.ts';

const codeOf = (value: unknown): string => {
  try {
    return `taken: ${weightText(value, 'weight')}`;
  } catch (error) {
    assert.ok(error instanceof InvalidInputError);
    assert.equal(error.facts['field'], 'weight');
    return error.code;
  }
};

describe('src/core/scoring/cred/weight-text', () => {
  it('writes one text for each weight', () => {
    const texts = { '0': '0', '-0': '0', '00.50': '0.5', '1.0': '1', '007': '7', '10': '10', '0.10': '0.1' };
    for (const [given, wanted] of Object.entries(texts)) assert.equal(weightText(given, 'weight'), wanted);
    const numbers: [number, string][] = [
      [0, '0'],
      [-0, '0'],
      [0.1, '0.1'],
      [4, '4'],
      [1e21, '1000000000000000000000'],
      [1.25e22, '12500000000000000000000'],
      [1.5e-7, '0.00000015'],
      [1e-7, '0.0000001'],
    ];
    for (const [given, wanted] of numbers) assert.equal(weightText(given, 'weight'), wanted);
  });

  it('says what is wrong', () => {
    for (const value of [
      '',
      ' 1',
      '1.',
      '.5',
      '1e3',
      '+1',
      '1,5',
      'NaN',
      NaN,
      Infinity,
      null,
      undefined,
      true,
      [1],
      {},
    ]) {
      assert.equal(codeOf(value), 'graph-weight-malformed', JSON.stringify(value));
    }
    for (const value of ['-1', '-0.5', -2, -1e-9]) assert.equal(codeOf(value), 'graph-weight-negative', String(value));
    const many = '1'.repeat(weightDigitsMax);
    for (const value of [`${many}1`, `0.${many}1`, 1e300, 5e-324]) assert.equal(codeOf(value), 'graph-weight-range');
    assert.equal(codeOf(`${many}.${many}`), `taken: ${many}.${many}`);
    assert.equal(codeOf(`000${many}.${many}000`), `taken: ${many}.${many}`);
  });

  it('keeps the value of every number within its range, and of every decimal', () => {
    const numbers = fc.double({ min: 1e-22, max: 1e39, noNaN: true });
    fc.assert(fc.property(numbers, (number) => assert.equal(Number(weightText(number, 'weight')), number)));
    const digits = fc.stringMatching(/^\d{1,30}$/);
    const decimals = fc.tuple(digits, fc.option(digits)).map(([a, b]) => (b === null ? a : `${a}.${b}`));
    const scaled = (text: string): bigint => {
      const [front, back = ''] = text.split('.');
      return BigInt(front! + back.padEnd(40, '0'));
    };
    fc.assert(
      fc.property(decimals, (decimal) => {
        const text = weightText(decimal, 'weight');
        assert.equal(scaled(text), scaled(decimal));
        assert.match(text, /^(0|[1-9]\d*)(\.\d*[1-9])?$/);
        assert.equal(weightText(text, 'weight'), text);
      }),
    );
  });
});
