/**
 * A small seeded generator for simulations: mulberry32 over 32-bit integers. The same seed gives the same numbers on
 * every machine. Not for secrets.
 */
export class Prng {
  #state: number;

  /** Any integer; only its lowest 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer from `low` to `high`, both included; the bias of the remainder does not matter for tests. */
  int(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  /** As `int`, for big integers of at most 160 bits. */
  big(low: bigint, high: bigint): bigint {
    let bits = 0n;
    for (let word = 0; word < 5; word += 1) bits = (bits << 32n) | BigInt(this.next());
    return low + (bits % (high - low + 1n));
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.int(0, 99) < percent;
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    const index = this.int(0, items.length - 1);
    if (items.length === 0) throw new RangeError('Nothing to pick from.');
    return items[index] as T;
  }

  /** A new list of the same items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    const result: T[] = [];
    while (rest.length > 0) result.push(...rest.splice(this.int(0, rest.length - 1), 1));
    return result;
  }
}
