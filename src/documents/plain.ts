import type { Automerge } from './automerge.ts';

/** What JSON has, and nothing else. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Deeper than any setting; far below what would end the stack. */
const depthMax = 64;

/** Whether a value of a document is a map; lists, texts, instants, counters and bytes are none. */
export function isMap(automerge: Automerge, value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Date || value instanceof Uint8Array) return false;
  return !automerge.isImmutableString(value) && !automerge.isCounter(value);
}

/** Own keys only: another client may have written a key `__proto__`, which reads as a prototype. */
export const own = (map: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** A text, whether documents hold it as one that can be edited or as a whole; else undefined. */
export function textOf(automerge: Automerge, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return automerge.isImmutableString(value) ? String(value) : undefined;
}

/**
 * A value of a document as JSON, keys in the order of their UTF-16 units. An instant becomes milliseconds, a counter its number.
 * `strange` says what stands for bytes, integers beyond 2^53, what is no number, and what is more than 64 levels deep.
 */
export function plainOf(automerge: Automerge, value: unknown, strange: (what: string) => Plain, depth = 0): Plain {
  if (depth > depthMax) return strange(`more than ${depthMax} levels`);
  const text = textOf(automerge, value);
  if (text !== undefined) return text;
  if (value === null || typeof value === 'boolean') return value;
  if (automerge.isCounter(value)) return value.value;
  if (value instanceof Date) return plainOf(automerge, value.getTime(), strange);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : strange(`the number ${value}`);
  if (typeof value === 'bigint') return strange(`the number ${value}`);
  if (value instanceof Uint8Array) return strange(`${value.length} bytes`);
  if (Array.isArray(value)) return value.map((item) => plainOf(automerge, item, strange, depth + 1));
  if (!isMap(automerge, value)) return strange(typeof value);
  const entries = Object.keys(value).sort();
  return Object.fromEntries(entries.map((key) => [key, plainOf(automerge, value[key], strange, depth + 1)]));
}

/** For people: a value in a message, cut to a length that fits. */
export function foundText(automerge: Automerge, value: unknown): string {
  const text = JSON.stringify(plainOf(automerge, value, (what) => what));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
