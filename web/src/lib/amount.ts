import { formatUnits } from '../../../src/core/money/amount.ts';
import type { Asset } from '../api/types.ts';

/** Digits in groups of three, with a thin line of commas that every locale can read; signs and places stay. */
export function grouped(text: string | number | bigint): string {
  const [whole, places] = String(text).split('.');
  const digits = whole!.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return places === undefined ? digits : `${digits}.${places}`;
}

/** Smallest units as tokens, with every place: nothing is rounded. `1,234.500000`. */
export const tokens = (units: string | bigint, { decimals }: Asset): string =>
  grouped(formatUnits(BigInt(units), decimals));

/** The same without zeros at the end, and never fewer places than it takes to be exact. `1,234.5`. */
export const tokensShort = (units: string | bigint, asset: Asset): string => {
  const full = tokens(units, asset);
  return full.includes('.') ? full.replace(/\.?0+$/, '') : full;
};

/** Tokens cut to a few digits where a chart has no room; says with `~` that something was cut off. */
export function tokensRough(units: string | bigint, { decimals }: Asset): string {
  const value = BigInt(units);
  const size = value < 0n ? -value : value;
  const one = 10n ** BigInt(decimals);
  // Of less than a token the first three digits count, wherever they are.
  if (size > 0n && size < one) {
    const rest = String(size).length - 3;
    const kept = rest <= 0 ? size : size - (size % 10n ** BigInt(rest));
    const text = formatUnits(kept, decimals).replace(/0+$/, '');
    return `${kept === size ? '' : '~'}${value < 0n ? '-' : ''}${text}`;
  }
  const steps = [
    [10n ** 12n, 'T'],
    [10n ** 9n, 'B'],
    [10n ** 6n, 'M'],
    [10n ** 3n, 'k'],
    [1n, ''],
  ] as const;
  const [step, letter] = steps.find(([least]) => size >= least * one) ?? [1n, ''];
  const hundredths = (size * 100n) / (one * step);
  const cut = hundredths * one * step !== size * 100n;
  const text = `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`.replace(/\.?0+$/, '');
  return `${cut ? '~' : ''}${value < 0n ? '-' : ''}${text}${letter}`;
}

/** What part `of` is of `all`, for lengths and angles of drawings only: 0 to 1. */
export function partOf(of: string | bigint, all: string | bigint): number {
  const whole = BigInt(all);
  return whole === 0n ? 0 : Number((BigInt(of) * 1_000_000n) / whole) / 1_000_000;
}

/** `33.40 %`, cut off after two places; with `~` where something was cut off. */
export function percent(of: string | bigint, all: string | bigint): string {
  const [part, whole] = [BigInt(of), BigInt(all)];
  if (whole === 0n) return '-';
  const tenThousandths = (part * 10_000n) / whole;
  const cut = tenThousandths * whole !== part * 10_000n;
  return `${cut ? '~' : ''}${tenThousandths / 100n}.${String(tenThousandths % 100n).padStart(2, '0')} %`;
}
