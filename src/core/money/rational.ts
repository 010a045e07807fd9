import { InvalidInputError } from '../errors.ts';
import type { Fraction } from './fraction.ts';

/** Exact arithmetic on rationals in lowest terms, denominator positive. Unlike a share, a rational may be negative or above 1. */
export type Rational = Fraction;

export const zero: Rational = { numerator: 0n, denominator: 1n };
export const one: Rational = { numerator: 1n, denominator: 1n };

/** Greatest common divisor of two integers, not negative; of 0 and `b` it is `b`. */
export function gcd(a: bigint, b: bigint): bigint {
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** `numerator / denominator` in lowest terms. The denominator must not be 0. */
export function rational(numerator: bigint, denominator = 1n): Rational {
  const divisor = denominator < 0n ? -gcd(numerator, denominator) : gcd(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function subtract(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** `a / b`; `b` must not be 0. */
export function divide(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** Below, at or above zero, as `a` is less than, equal to or more than `b`. */
export function compare(a: Rational, b: Rational): number {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** `a` to a whole power, 0 or more; `a ^ 0` is 1. */
export function power(a: Rational, exponent: number): Rational {
  return { numerator: a.numerator ** BigInt(exponent), denominator: a.denominator ** BigInt(exponent) };
}

/** The sum of all, reduced once at the end. */
export function sumOf(terms: Iterable<Rational>): Rational {
  let [numerator, denominator] = [0n, 1n];
  for (const term of terms) {
    if (term.denominator === denominator) numerator += term.numerator;
    else {
      numerator = numerator * term.denominator + term.numerator * denominator;
      denominator *= term.denominator;
    }
  }
  return rational(numerator, denominator);
}

/** Whole division that rounds up; `b` is positive. */
export const ceilDivide = (a: bigint, b: bigint): bigint => (a > 0n ? (a + b - 1n) / b : a / b);

/** "7", "-3" or "1000/3": lowest terms. */
export function formatRational({ numerator, denominator }: Rational): string {
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`;
}

const pattern = /^(-?)(\d{1,200})(?:\.(\d{1,200})|\/(\d{1,200}))?$/;

/** An integer, a decimal without exponent, or a quotient: exactly that number. Null for any other text. */
export function parseRational(text: string): Rational | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const [, sign, whole, places = '', below = '1'] = found;
  if (BigInt(below) === 0n) return null;
  const numerator = BigInt(`${whole}${places}`);
  return rational(sign === '-' ? -numerator : numerator, BigInt(below) * 10n ** BigInt(places.length));
}

/** The same of a text that the caller vouches for. Throws InvalidInputError `rational-malformed`. */
export function rationalOf(text: string): Rational {
  const value = parseRational(text);
  if (value !== null) return value;
  const found = text.slice(0, 60);
  throw new InvalidInputError(
    'rational-malformed',
    `Found ${JSON.stringify(found)}; accepted: a number such as "7", "-0.5" or "1000/3".`,
    { found },
  );
}

/** The decimal that a number is written with, exactly: 0.16 is 4/25, not the double next to it. */
export function decimalOf(value: number): Rational {
  const [digits, exponent = '0'] = String(value).split('e');
  const [whole, places = ''] = digits!.split('.');
  const scale = Number(exponent) - places.length;
  const units = BigInt(`${whole}${places}`);
  return scale < 0 ? rational(units, 10n ** BigInt(-scale)) : rational(units * 10n ** BigInt(scale));
}
