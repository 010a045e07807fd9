import { InvalidInputError } from '../errors.ts';
import { isDigits } from './amount.ts';

/** An exact non-negative rational in lowest terms; the denominator is positive. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * A part of a whole, from 0 to 1, as a decimal ("0.40") or a quotient ("1/3"). Exact.
 * Throws InvalidInputError `share-malformed`.
 */
export function parseShare(text: string, field = 'share'): Fraction {
  const fraction = parseFraction(text);
  if (fraction !== null && fraction.numerator <= fraction.denominator) return lowest(fraction);
  const found = text.length <= 60 ? text : `${text.slice(0, 57)}...`;
  throw new InvalidInputError(
    'share-malformed',
    `Field "${field}": found ${JSON.stringify(found)}; accepted: a decimal from "0" to "1" such as "0.40", or a quotient such as "1/3".`,
    { field, found },
  );
}

function parseFraction(text: string): Fraction | null {
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const [above, below] = [text.slice(0, slash), text.slice(slash + 1)];
    if (!isDigits(above) || !isDigits(below) || BigInt(below) === 0n) return null;
    return { numerator: BigInt(above), denominator: BigInt(below) };
  }
  const point = text.indexOf('.');
  if (point < 0) return isDigits(text) ? { numerator: BigInt(text), denominator: 1n } : null;
  const [whole, places] = [text.slice(0, point), text.slice(point + 1)];
  if (!isDigits(whole) || !isDigits(places)) return null;
  return { numerator: BigInt(whole + places), denominator: 10n ** BigInt(places.length) };
}

function lowest({ numerator, denominator }: Fraction): Fraction {
  let [a, b] = [denominator, numerator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}
