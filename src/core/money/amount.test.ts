import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDecimal18, formatUnits, parseAmount, parseDecimal18 } from './amount.ts';

const seed = Number(process.env['SEED'] ?? 20_252);

describe('src/core/money/amount', () => {
  const refused: readonly [string, string][] = [
    ['-1', 'amount-negative'],
    ['-1.5', 'amount-negative'],
    ['-0', 'amount-negative'],
    ['1.5', 'amount-fractional'],
    ['.5', 'amount-fractional'],
    ['1.', 'amount-fractional'],
    ['1.0', 'amount-fractional'],
    ['', 'amount-malformed'],
    [' 1', 'amount-malformed'],
    ['1 ', 'amount-malformed'],
    ['+1', 'amount-malformed'],
    ['1e3', 'amount-malformed'],
    ['0x10', 'amount-malformed'],
    ['1,000', 'amount-malformed'],
    ['1_000', 'amount-malformed'],
    ['１', 'amount-malformed'],
    ['1\n', 'amount-malformed'],
    ['9'.repeat(201), 'amount-malformed'],
  ];
  for (const [text, code] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 10))} as ${code}, naming the field`, () => {
      assert.throws(() => parseAmount(text, 'funding'), { code, message: /"funding"/ });
    });
  }

  it('reads amounts far beyond 64 bits', () => {
    assert.equal(parseAmount('123456789012345678901234567890', 'a'), 123456789012345678901234567890n);
    assert.equal(parseAmount('007', 'a'), 7n);
  });

  it('reads 18 places exactly and refuses the 19th', () => {
    assert.equal(parseDecimal18('0.5', 's'), 500_000_000_000_000_000n);
    assert.equal(parseDecimal18('12.000000000000000001', 's'), 12_000_000_000_000_000_001n);
    assert.throws(() => parseDecimal18('0.0000000000000000010', 's'), { code: 'decimal-too-precise' });
    assert.throws(() => parseDecimal18('-0.5', 's'), { code: 'amount-negative' });
    for (const text of ['', '.', '.5', '5.', '1e-3', '1.2.3', ' 1', 'NaN']) {
      assert.throws(() => parseDecimal18(text, 's'), { code: 'amount-malformed' }, text);
    }
  });

  it(`prints decimals so that reading gives the same number (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (n) =>
        assert.equal(parseDecimal18(formatDecimal18(n), 's'), n),
      ),
      { seed },
    );
    assert.equal(formatDecimal18(0n), '0');
    assert.equal(formatDecimal18(10n ** 19n), '10');
  });

  it('prints units of an asset with all its places', () => {
    assert.equal(formatUnits(1_234_500_000n, 6), '1234.500000');
    assert.equal(formatUnits(1_234_567_500_000n, 6, { group: true, symbol: 'ACME' }), '1,234,567.500000 ACME');
    assert.equal(formatUnits(5n, 6), '0.000005');
    assert.equal(formatUnits(-5n, 2), '-0.05');
    assert.equal(formatUnits(1000n, 0, { group: true }), '1,000');
    assert.equal(formatUnits(100n, 0, { group: true }), '100');
  });
});
