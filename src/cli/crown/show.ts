import type { CrownRoundView } from '../../app/crown/read.ts';
import type { Rational } from '../../core/money/rational.ts';
import { formatRational } from '../../core/money/rational.ts';
import { grouped, iso } from '../print.ts';

/** `1/3` or `7`; a denominator of more digits is shown by its length, JSON has all of it. */
const digitsMax = 12;

/** A rational for people: exact while it is short, else cut to six places with `~` before it. */
export function brief(value: Rational): string {
  const text = formatRational(value);
  return text.length <= digitsMax ? text : `~${decimal(value, 6)}`;
}

/** Rounded down to so many places, thousands apart. */
export function decimal({ numerator, denominator }: Rational, places: number): string {
  const scaled = (numerator * 10n ** BigInt(places)) / denominator;
  const text = String(scaled).padStart(places + 1, '0');
  const [whole, rest] = [text.slice(0, text.length - places), text.slice(text.length - places)];
  return places === 0 ? grouped(BigInt(whole)) : `${grouped(BigInt(whole))}.${rest}`;
}

/** A part of the whole in percent, rounded down to four places. */
export const percent = ({ numerator, denominator }: Rational): string =>
  `${decimal({ numerator: numerator * 100n, denominator }, 4)} %`;

/** `period 3 (settled), from ... to ...`. */
export function roundText({ period, status, start, end }: CrownRoundView): string {
  const what = period === null ? 'a stretch of time' : `period ${period} (${status})`;
  return `${what}, from ${iso(start)} to ${iso(end)}`;
}
