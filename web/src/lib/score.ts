import { formatUnits } from '../../../src/core/money/amount.ts';
import type { Asset } from '../api/types.ts';
import { grouped } from './amount.ts';

/*
 * Scores as people read them. What is cut off says so with `~`; the exact number is always at hand beside it.
 */

const day = 86_400n;

/** `above / below` with so many decimals, cut off: `~12.34`; exact where nothing is cut. */
export function quotient(above: bigint, below: bigint, places = 2): string {
  const scale = 10n ** BigInt(places);
  const size = above < 0n ? -above : above;
  const cut = (size * scale) / below;
  const full = grouped(formatUnits(cut, places));
  const text = full.includes('.') ? full.replace(/\.?0+$/, '') : full;
  return `${cut * below === size * scale ? '' : '~'}${above < 0n && cut > 0n ? '-' : ''}${text}`;
}

/** Unit-seconds as tokens x days, cut off after two places. */
export const tokenDays = (score: string | bigint, { decimals }: Asset): string =>
  quotient(BigInt(score), day * 10n ** BigInt(decimals));

/** `1/3` as its two numbers. */
export function fractionOf(text: string): { readonly above: bigint; readonly below: bigint } {
  const [above = '0', below = '1'] = text.split('/');
  return { above: BigInt(above), below: BigInt(below) };
}

/** A fraction as a decimal, cut off. */
export const decimal = (text: string, places = 2): string => {
  const { above, below } = fractionOf(text);
  return quotient(above, below, places);
};

/** A part of the whole, `1/3`, as `~33.33 %`. */
export const share = (text: string): string => {
  const { above, below } = fractionOf(text);
  return `${quotient(above * 100n, below)} %`;
};

/** Cred as people see it: a score divided by the factor of the program. */
export const cred = (score: string | bigint, factor: string, places = 2): string =>
  quotient(BigInt(score), BigInt(factor), places);
