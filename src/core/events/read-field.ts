import { utf8Length } from '../bytes.ts';
import { InvalidInputError } from '../errors.ts';
import { one18, parseAmount, parseDecimal18 } from '../money/amount.ts';
import { isName } from '../text.ts';
import { parseInstant, secondMax, secondOf } from '../time/instant.ts';

// Readers of one value: each takes what the file had and the field's name, and returns the value or throws InvalidInputError
// with the name in its facts as `field`. `undefined` is an absent field: `event-field-missing`; a value of a wrong type, null
// too, is `event-field-invalid`.

/** An object of a file, as JSON.parse gives it. */
export type Raw = Readonly<Record<string, unknown>>;

/** Longest reason of a pause or a resume, in UTF-8 bytes. */
export const reasonBytesMax = 1024;

/** 1 to 256 bytes without control characters. Code of its own when there is none: `event-key-missing`. */
export function keyOf(value: unknown): string {
  if (value === undefined || value === '') {
    throw new InvalidInputError(
      'event-key-missing',
      'Field "key": found none; accepted: a text of 1 to 256 bytes that names this one fact for ever.',
      { field: 'key' },
    );
  }
  if (typeof value !== 'string' || !isName(value)) {
    throw refusal(
      'event-field-invalid',
      'key',
      value,
      'not a key',
      'a text of 1 to 256 bytes without control characters',
    );
  }
  return value;
}

/** Milliseconds since 1970 UTC, from ISO 8601 or whole milliseconds. */
export function timeOf(value: unknown, field: string): number {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw missingOrInvalid(
      value,
      field,
      'ISO 8601 with a zone such as "2025-01-31T12:00:00Z", or whole milliseconds since 1970',
    );
  }
  return parseInstant(value, field);
}

/** A whole second: ISO 8601 (cut to its second), or a number of seconds since 1970. */
export function secondIn(value: unknown, field: string): number {
  if (typeof value === 'string') return secondOf(parseInstant(value, field));
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= secondMax)
    return value === 0 ? 0 : value;
  throw missingOrInvalid(
    value,
    field,
    'ISO 8601 with a zone such as "2025-01-31T12:00:00Z", or whole seconds since 1970',
  );
}

/** A name of an account, validator or pool: 1 to 256 bytes of UTF-8 without control characters. */
export function nameOf(value: unknown, field: string): string {
  if (typeof value === 'string' && isName(value)) return value;
  if (typeof value !== 'string') throw missingOrInvalid(value, field, 'a text of 1 to 256 bytes');
  throw refusal('account-malformed', field, value, 'not a name', 'a text of 1 to 256 bytes without control characters');
}

export const namesOf = (value: unknown, field: string): string[] =>
  listOf(value, field).map((item, index) => nameOf(item, `${field}[${index}]`));

/** Any text up to 256 bytes, the empty one too: which names are good is for the settings' own checks to say, in their order. */
export function textOf(value: unknown, field: string): string {
  if (value === '' || (typeof value === 'string' && isName(value))) return value;
  return nameOf(value, field);
}

export const textsOf = (value: unknown, field: string): string[] =>
  listOf(value, field).map((item, index) => textOf(item, `${field}[${index}]`));

/** A whole number of smallest units, 0 or more: digits, or a JSON number that is exact. */
export function amountOf(value: unknown, field: string): bigint {
  if (typeof value === 'string') return parseAmount(value, field);
  const accepted = 'a whole number of smallest units as text, such as "1500000"';
  if (typeof value !== 'number') throw missingOrInvalid(value, field, accepted);
  if (value < 0) throw refusal('amount-negative', field, value, 'a negative amount', accepted);
  if (!Number.isInteger(value))
    throw refusal('amount-fractional', field, value, 'a fraction of the smallest unit', accepted);
  if (!Number.isSafeInteger(value))
    throw refusal('amount-unsafe', field, value, 'a JSON number above 2^53-1, which is not exact', accepted);
  return BigInt(value);
}

/** As amountOf, above 0: `amount-zero`. */
export function positiveOf(value: unknown, field: string): bigint {
  const amount = amountOf(value, field);
  if (amount === 0n) throw refusal('amount-zero', field, value, 'nothing', 'a whole number of smallest units above 0');
  return amount;
}

/** A decimal with up to 18 places, 0 or more, as an integer scaled by 10^18. */
export function decimalOf(value: unknown, field: string): bigint {
  if (typeof value === 'string') return parseDecimal18(value, field);
  const accepted = 'a decimal with up to 18 places as text, such as "0.25"';
  if (typeof value !== 'number') throw missingOrInvalid(value, field, accepted);
  if (value < 0) throw refusal('amount-negative', field, value, 'a negative number', accepted);
  if (!Number.isSafeInteger(value))
    throw refusal('amount-unsafe', field, value, 'a JSON number that is not exact', accepted);
  return BigInt(value) * one18;
}

/** The field `shares`, above 0: `amount-zero`. */
export function positiveSharesOf(value: unknown): bigint {
  const shares = decimalOf(value, 'shares');
  if (shares === 0n)
    throw refusal('amount-zero', 'shares', value, 'nothing', 'a decimal above "0" with up to 18 places');
  return shares;
}

/** A whole JSON number from `least` to `most`. */
export function countOf(value: unknown, field: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
    return value === 0 ? 0 : value;
  throw missingOrInvalid(
    value,
    field,
    most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`,
  );
}

export function booleanOf(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  throw missingOrInvalid(value, field, 'true or false');
}

export function choiceOf<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw missingOrInvalid(value, field, `one of ${choices.join(', ')}`);
  return choice;
}

/** 1 to 1,024 bytes, not only blanks. */
export function reasonOf(value: unknown): string {
  const accepted = `a text of 1 to ${reasonBytesMax} bytes that says why`;
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) {
    throw refusal('reason-missing', 'reason', value, 'no reason', accepted);
  }
  if (typeof value !== 'string' || !value.isWellFormed() || utf8Length(value) > reasonBytesMax) {
    throw missingOrInvalid(value, 'reason', accepted);
  }
  return value;
}

export function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw missingOrInvalid(value, field, 'a list');
}

export function objectOf(value: unknown, field: string): Raw {
  if (isObject(value)) return value;
  throw missingOrInvalid(value, field, 'an object');
}

export function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function onlyFields(raw: Raw, path: string, allowed: readonly string[]): void {
  for (const name in raw) {
    if (!allowed.includes(name))
      throw refusal(
        'event-field-unknown',
        `${path}.${name}`,
        name,
        'an unknown field',
        `the fields ${allowed.join(', ')}`,
      );
  }
}

/** What is there cannot be taken, and `why`. */
export function refusal(code: string, field: string, found: unknown, why: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Field "${field}": found ${show(found)}, ${why}; accepted: ${accepted}.`, {
    field,
    found: show(found),
  });
}

/** Nothing is there, or something of a wrong type. */
export function missingOrInvalid(value: unknown, field: string, accepted: string): InvalidInputError {
  if (value === undefined)
    return new InvalidInputError('event-field-missing', `Field "${field}": found none; accepted: ${accepted}.`, {
      field,
    });
  return new InvalidInputError(
    'event-field-invalid',
    `Field "${field}": found ${show(value)}; accepted: ${accepted}.`,
    { field, found: show(value) },
  );
}

/** A value as JSON for a message, cut at 80 characters. */
export function show(value: unknown): string {
  // Of lists and objects only that they are: one nested a million levels deep would overflow the stack.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[...]' : '{...}';
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
