/**
 * JSON text <-> values with bigints, for what a store keeps whole (state, rules, periods, allocations).
 *
 * A bigint is written as "#" and its decimal digits; a string that begins with "#" gets one more in front, so that the
 * two are never confused. Keys keep their order, absent keys stay absent: equal values give equal bytes.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return `#${item}`;
    return typeof item === 'string' && item.startsWith('#') ? `#${item}` : item;
  });
}

/** The inverse of `encodeJson`. The caller says what was written there; nothing is checked but the JSON itself. */
export function decodeJson<T>(text: string): T {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'string' || !item.startsWith('#')) return item;
    return item.startsWith('##') ? item.slice(1) : BigInt(item.slice(1));
  }) as T;
}
