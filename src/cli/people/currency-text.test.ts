import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Currency, normalCurrency } from '../../core/token/currency.ts';
import { currencyOption, currencyText } from './currency-text.ts';

const anyCurrency: fc.Arbitrary<Currency> = fc.oneof(
  fc.constantFrom<Currency>({ type: 'PROTOCOL', chainId: 'BTC' }, { type: 'PROTOCOL', chainId: 'FIL' }),
  fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 20n }), fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }))
    .map(([chain, token]) => normalCurrency({ type: 'EVM', chainId: `${chain}`, tokenAddress: hexOf(token) })!),
);
const hexOf = (token: bigint): string => `0x${token.toString(16).padStart(40, '0')}`;

describe('src/cli/people/currency-text', () => {
  it('is one text for each currency, which is read back, in whatever capitals', () => {
    fc.assert(
      fc.property(anyCurrency, (currency) => {
        const text = currencyText(currency);
        assert.deepEqual(currencyOption(text, 'x'), currency);
        assert.deepEqual(
          currencyOption(
            text.replace('evm', 'EVM').replace(/^(?:BTC|FIL)$/, (it) => it.toLowerCase()),
            'x',
          ),
          currency,
        );
      }),
    );
  });

  it('leaves the zero address out: it is the coin of the chain', () => {
    assert.equal(currencyText(normalCurrency({ type: 'EVM', chainId: '10', tokenAddress: hexOf(0n) })!), 'evm:10');
    assert.deepEqual(currencyOption(`evm:10:${hexOf(0n)}`, 'x'), currencyOption('evm:10', 'x'));
  });

  for (const text of ['', 'ETH', 'evm', 'evm:', 'evm:0', 'evm:01', 'evm:1:', 'evm:1:0x1', 'evm:1:2:3', 'BTC:1', ':1'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => currencyOption(text, 'CURRENCY'), { code: 'option-invalid' });
    });
});
