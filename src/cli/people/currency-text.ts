import { InvalidInputError } from '../../core/errors.ts';
import { type Currency, normalCurrency } from '../../core/token/currency.ts';

/** The address that stands for the chain's own coin. */
const ownCoin = `0x${'0'.repeat(40)}`;

/** `BTC`, `FIL`, `evm:10` for a chain's own coin, `evm:10:0x...` for a token of it. */
export function currencyText(currency: Currency): string {
  if (currency.type === 'PROTOCOL') return currency.chainId;
  const { chainId, tokenAddress } = currency;
  return tokenAddress === ownCoin ? `evm:${chainId}` : `evm:${chainId}:${tokenAddress}`;
}

/** Inverse of `currencyText`, also in other capitals. Throws InvalidInputError `option-invalid`. */
export function currencyOption(text: string, name: string): Currency {
  const [type = '', chainId, tokenAddress = ownCoin, ...more] = text.split(':');
  const upper = type.toUpperCase();
  const raw =
    upper === 'EVM' && more.length === 0
      ? { type: 'EVM', chainId, tokenAddress }
      : { type: 'PROTOCOL', chainId: chainId === undefined ? upper : text };
  const currency = normalCurrency(raw);
  if (currency !== null) return currency;
  throw new InvalidInputError(
    'option-invalid',
    `${name}: found ${JSON.stringify(text)}; accepted: BTC, FIL, evm:CHAIN for the coin of a chain (its number), evm:CHAIN:ADDRESS for a token of it.`,
    { option: name, found: text },
  );
}
