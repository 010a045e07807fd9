/**
 * JSON that keeps integers exact: a bigint is written as "#123" and a text that begins with "#" gets a second one. Used
 * where whole structures are carried (export, what a store keeps whole); files for people write amounts as plain digit
 * strings. Keys keep their order, absent keys stay absent: equal values give equal bytes.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return `#${item}`;
    if (typeof item === 'string' && item.startsWith('#')) return `#${item}`;
    return item;
  });
}

/**
 * The exact inverse of toJson. Throws SyntaxError for what is not JSON. The caller says what was written there; nothing
 * else is checked.
 */
export function fromJson<T = unknown>(text: string): T {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'string' || !item.startsWith('#')) return item;
    return item.startsWith('##') ? item.slice(1) : BigInt(item.slice(1));
  }) as T;
}
