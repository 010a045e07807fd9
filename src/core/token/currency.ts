import { keccak256 } from './keccak.ts';

/** What is paid outside: a token of an EVM chain (the zero address is the chain's own coin), or a coin. */
export type Currency =
  | { readonly type: 'EVM'; readonly chainId: string; readonly tokenAddress: string }
  | { readonly type: 'PROTOCOL'; readonly chainId: 'BTC' | 'FIL' };

/** The currency in its one form, addresses with their checksum; null for what is none. */
export function normalCurrency(value: unknown): Currency | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, chainId, tokenAddress } = value as Readonly<Record<string, unknown>>;
  if (type === 'PROTOCOL') return chainId === 'BTC' || chainId === 'FIL' ? { type, chainId } : null;
  if (type !== 'EVM' || typeof chainId !== 'string' || !/^[1-9]\d{0,77}$/.test(chainId)) return null;
  const address = typeof tokenAddress === 'string' ? normalEvmAddress(tokenAddress) : null;
  return address === null ? null : { type, chainId, tokenAddress: address };
}

/** One text for each currency: JSON with sorted keys. */
export function currencyKey(currency: Currency): string {
  const { type, chainId } = currency;
  return JSON.stringify(type === 'EVM' ? { chainId, tokenAddress: currency.tokenAddress, type } : { chainId, type });
}

/** The payout address in its one form; null for what is no address of that currency. Of coins only the form is checked. */
export function normalPayoutAddress(currency: Currency, address: string): string | null {
  if (currency.type === 'EVM') return normalEvmAddress(address);
  const pattern = currency.chainId === 'BTC' ? bitcoinPattern : filecoinPattern;
  return pattern.test(address) ? address : null;
}

const bitcoinPattern = /^(?:bc1[02-9ac-hj-np-z]{11,71}|[13][1-9A-HJ-NP-Za-km-z]{25,34})$/;
const filecoinPattern = /^f(?:0\d{1,20}|[1-4][a-z2-7]{38,114})$/;

/** With the checksum of ERC-55, which lies in the capitals. In capitals or small letters only it has none to be wrong. */
function normalEvmAddress(text: string): string | null {
  if (!/^0x[0-9A-Fa-f]{40}$/.test(text)) return null;
  const digits = text.slice(2);
  const small = digits.toLowerCase();
  const digest = keccak256(small);
  const checksummed = Array.from(small, (digit, i) => (digest[i]! >= '8' ? digit.toUpperCase() : digit)).join('');
  const hasChecksum = digits !== small && digits !== digits.toUpperCase();
  return hasChecksum && digits !== checksummed ? null : `0x${checksummed}`;
}
