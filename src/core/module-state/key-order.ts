import { compareBytes } from '../bytes.ts';
import type { ModuleEntry, ModuleScore } from './model.ts';

/**
 * How a list is ordered: by the chain's keys - entries by delegator first (`d`) or, in early versions, by validator first
 * (`v`) - or as it came (`l`), which only the log of the program remembers.
 */
export type ListOrder = 'd' | 'v' | 'l';

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const BECH32 = /^.+1([qpzry9x8gf2tvdw0s3jn54khce6mua7l]+)[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{6}$/;
/** Digits of bech32 as characters whose order is that of the digits. */
const ordered = new Map(ALPHABET.split('').map((char, digit) => [char, String.fromCharCode(48 + digit)]));

/**
 * A text that orders addresses by the bytes that they stand for, as the chain's store has them: bech32 is a sequence of
 * 5-bit digits, the last six a checksum. Anything else comes after, ordered by its own bytes.
 */
function addressKey(address: string): string {
  const digits = BECH32.exec(address)?.[1];
  if (digits === undefined) return `~${address}`;
  let key = '';
  for (const digit of digits) key += ordered.get(digit)!;
  return key;
}

/** Within a key of several parts an address has its length before it, so that shorter ones come first. */
function partKey(address: string): string {
  const key = addressKey(address);
  return `${String(key.length).padStart(4, '0')}${key} `;
}

const idKey = (id: string | undefined): string => (id ?? '').padStart(16, '0');

/** The key of an entry in the chain's store, as a text to compare by bytes. */
export function entryKey(order: 'd' | 'v'): (entry: ModuleEntry) => string {
  const [first, second] = order === 'd' ? (['delegator', 'validator'] as const) : (['validator', 'delegator'] as const);
  return (entry) => `${idKey(entry.id)}${partKey(entry[first])}${addressKey(entry[second])}`;
}

/** The key of a score in the chain's store, as a text to compare by bytes. */
export function scoreKey(score: ModuleScore): string {
  return `${idKey(score.id)}${addressKey(score.address)}`;
}

/** Whether a list is in the order of its keys. */
export function isOrdered<T>(list: readonly T[], keyOf: (item: T) => string): boolean {
  let before = '';
  return list.every((item) => {
    const key = keyOf(item);
    const inOrder = compareBytes(before, key) <= 0;
    before = key;
    return inOrder;
  });
}

/** A list in the order of its keys; equal ones stay as they were. */
export function byKey<T>(list: readonly T[], keyOf: (item: T) => string): T[] {
  const keyed = list.map((item) => ({ item, key: keyOf(item) }));
  return keyed.toSorted((a, b) => compareBytes(a.key, b.key)).map(({ item }) => item);
}
