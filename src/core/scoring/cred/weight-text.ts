/**
 * The canonical text of a weight: a decimal, 0 or more, without exponent, zeros that say nothing, or sign. `null` for anything
 * else. A JSON number is the shortest decimal that reads as it; a text may have up to 60 digits. Equal weights are equal texts, and
 * `Number` of one is the double next to it.
 */
export function weightText(value: unknown): string | null {
  if (typeof value === 'number') return value >= 0 && value < Infinity ? canonical(expanded(String(value))) : null;
  return typeof value === 'string' && /^\d{1,60}(?:\.\d{1,60})?$/.test(value) ? canonical(value) : null;
}

/** Without an exponent, as JavaScript writes numbers from 1e21 on and below 1e-6. */
function expanded(text: string): string {
  const [digits = '', exponent] = text.split('e');
  if (exponent === undefined) return text;
  const [whole = '', places = ''] = digits.split('.');
  const shift = Number(exponent);
  if (shift >= 0) return whole + places.padEnd(shift, '0');
  return `0.${'0'.repeat(-shift - 1)}${whole}${places}`;
}

function canonical(text: string): string {
  if (text.length === 1) return text;
  const [whole = '', places = ''] = text.split('.');
  const front = whole.replace(/^0+(?=\d)/, '');
  const back = places.replace(/0+$/, '');
  return back === '' ? front : `${front}.${back}`;
}
