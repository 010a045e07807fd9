import { InvalidInputError } from '../../errors.ts';

/** Most digits of a weight in front of the point, and behind it. */
export const weightDigitsMax = 40;

/**
 * A weight, 0 or more, as the one text that it is kept as: digits, with a point where there are places, no exponent, no zeros
 * in front or at the end. From such a text (zeros are taken off), or from a JSON number, which counts as the shortest decimal
 * that reads back as it. `field` names it in errors.
 *
 * Throws InvalidInputError `graph-weight-malformed` (no decimal), `graph-weight-negative`, `graph-weight-range` (more than 40
 * digits in front of the point or behind it).
 */
export function weightText(value: unknown, field: string): string {
  const written = typeof value === 'number' ? withoutExponent(String(value)) : value;
  if (typeof written !== 'string' || !/^-?\d+(\.\d+)?$/.test(written)) throw notAWeight('malformed', value, field);
  const [front = '', back = ''] = written.replace('-', '').split('.');
  const whole = front.replace(/^0+(?=\d)/, '');
  const places = withoutZerosBehind(back);
  const text = places === '' ? whole : `${whole}.${places}`;
  if (written.startsWith('-') && text !== '0') throw notAWeight('negative', value, field);
  if (whole.length > weightDigitsMax || places.length > weightDigitsMax) throw notAWeight('range', value, field);
  return text;
}

/** Whether a text is what `weightText` gives. */
export function isWeightText(text: string): boolean {
  try {
    return weightText(text, 'weight') === text;
  } catch {
    return false;
  }
}

/** Not by a regular expression: one that looks for zeros before the end takes quadratic time. */
function withoutZerosBehind(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** `1.5e-7`, as numbers are written, is 0.00000015. */
function withoutExponent(text: string): string {
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (found === null) return text;
  const [, sign = '', front = '', back = '', exponent = '0'] = found;
  const point = 1 + Number(exponent);
  const digits = front + back;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}${point < digits.length ? `.${digits.slice(point)}` : ''}`;
}

function notAWeight(why: 'malformed' | 'negative' | 'range', value: unknown, field: string): InvalidInputError {
  const json =
    typeof value === 'object' && value !== null ? 'a list or an object' : (JSON.stringify(value) ?? 'nothing');
  const found = json.length <= 60 ? json : `${json.slice(0, 57)}...`;
  const accepted = 'accepted: a decimal, 0 or more, such as "1.5", without an exponent';
  const facts = { field, found };
  if (why === 'negative') {
    const message = `Field "${field}": found ${found}, a negative weight; ${accepted}.`;
    return new InvalidInputError('graph-weight-negative', message, facts);
  }
  if (why === 'range') {
    const message = `Field "${field}": found ${found}; accepted: up to ${weightDigitsMax} digits in front of the point and behind it.`;
    return new InvalidInputError('graph-weight-range', message, facts);
  }
  return new InvalidInputError(
    'graph-weight-malformed',
    `Field "${field}": found ${found}, not a weight; ${accepted}.`,
    facts,
  );
}
