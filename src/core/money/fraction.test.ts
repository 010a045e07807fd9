import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseShare } from './fraction.ts';

describe('src/core/money/fraction', () => {
  it('reads decimals and quotients exactly, in lowest terms', () => {
    assert.deepEqual(parseShare('0.40'), { numerator: 2n, denominator: 5n });
    assert.deepEqual(parseShare('1.0'), { numerator: 1n, denominator: 1n });
    assert.deepEqual(parseShare('0'), { numerator: 0n, denominator: 1n });
    assert.deepEqual(parseShare('2/6'), { numerator: 1n, denominator: 3n });
    assert.deepEqual(parseShare('0.3333333333333333333333'), {
      numerator: 3333333333333333333333n,
      denominator: 10n ** 22n,
    });
  });

  for (const text of [
    '1.1',
    '2',
    '-0.1',
    '.5',
    '5.',
    '1/0',
    '3/2',
    '/3',
    '1/',
    'x/3',
    '1/x',
    '1/2/3',
    '1.x',
    '',
    '40%',
    '4e-1',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseShare(text, 'shares.team'), { code: 'share-malformed', message: /"shares\.team"/ });
    });
  }
});
