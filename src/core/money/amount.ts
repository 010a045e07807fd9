import { InvalidInputError } from '../errors.ts';

/** Scale of shares, fractions and rates: 18 decimal places. */
export const one18 = 10n ** 18n;

/** Longest number accepted, in characters: far above any product of amounts, far below what makes parsing slow. */
const digitsMax = 200;

/**
 * A non-negative whole number of smallest units, written with digits only. `field` names it in errors.
 * Throws InvalidInputError `amount-negative`, `amount-fractional` or `amount-malformed` (blank, exponent, sign, separators).
 */
export function parseAmount(text: string, field: string): bigint {
  if (isDigits(text)) return BigInt(text);
  throw amountError(text, field);
}

/** Digits only, at least one, at most 200. */
export function isDigits(text: string): boolean {
  if (text.length === 0 || text.length > digitsMax) return false;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 48 || unit > 57) return false;
  }
  return true;
}

/** Why `text` is no amount. */
export function amountError(text: string, field: string): InvalidInputError {
  const found = `Field "${field}": found ${JSON.stringify(shorten(text))}`;
  const accepted = 'accepted: a whole number of smallest units, digits only, such as "1500000"';
  const code = /^-\d+(\.\d*)?$/.test(text)
    ? 'amount-negative'
    : /^\+?\d*\.\d+$/.test(text) || /^\d+\.$/.test(text)
      ? 'amount-fractional'
      : 'amount-malformed';
  const why = {
    'amount-negative': 'a negative amount',
    'amount-fractional': 'a fraction of the smallest unit',
    'amount-malformed': 'not an amount',
  };
  return new InvalidInputError(code, `${found}, ${why[code]}; ${accepted}.`, { field, found: shorten(text) });
}

/**
 * A non-negative decimal number with up to 18 places, as an integer scaled by 10^18: "0.5" is 500000000000000000. Exact.
 * Throws InvalidInputError `amount-negative`, `decimal-too-precise` (a 19th place, even a zero) or `amount-malformed`.
 */
export function parseDecimal18(text: string, field: string): bigint {
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  const places = point < 0 ? '' : text.slice(point + 1);
  if (isDigits(whole) && (point < 0 || isDigits(places)) && places.length <= 18) {
    return point < 0 ? BigInt(whole) * one18 : BigInt(whole + places.padEnd(18, '0'));
  }
  const found = `Field "${field}": found ${JSON.stringify(shorten(text))}`;
  const accepted = 'accepted: a decimal number with up to 18 places, such as "0.25"';
  const facts = { field, found: shorten(text) };
  if (/^-\d+(\.\d*)?$/.test(text))
    throw new InvalidInputError('amount-negative', `${found}, a negative number; ${accepted}.`, facts);
  if (isDigits(whole) && isDigits(places)) {
    throw new InvalidInputError('decimal-too-precise', `${found}, ${places.length} places; ${accepted}.`, facts);
  }
  throw new InvalidInputError('amount-malformed', `${found}, not a decimal number; ${accepted}.`, facts);
}

/** Exact inverse of parseDecimal18, without trailing zeros: 500000000000000000n is "0.5", 10^18 is "1". */
export function formatDecimal18(scaled: bigint): string {
  const text = formatUnits(scaled, 18);
  return trimZeros(text);
}

function trimZeros(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  if (text.charCodeAt(end - 1) === 46) end -= 1;
  return text.slice(0, end);
}

export interface UnitsFormat {
  /** Written after the number: "1.500000 ACME". */
  readonly symbol?: string;
  /** Thousands of the whole part separated by commas. */
  readonly group?: boolean;
}

/** `units` smallest units in whole tokens of `decimals` places (0 to 77), all places shown, nothing rounded: 1.500000. */
export function formatUnits(units: bigint, decimals: number, format: UnitsFormat = {}): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const shown = format.group === true ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  const places = decimals === 0 ? '' : `.${digits.slice(digits.length - decimals)}`;
  return `${negative ? '-' : ''}${shown}${places}${format.symbol === undefined ? '' : ` ${format.symbol}`}`;
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
