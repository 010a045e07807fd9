/**
 * A small seeded generator (mulberry32) over 32-bit integers: the same seed gives the same numbers on every machine.
 * For made-up populations only: never for secrets, and nothing that pays asks it.
 */
export class Prng {
  #state: number;

  /** Any integer; its lowest 32 bits count. */
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

  /** An integer from 0 to `count` - 1. The bias of the remainder does not matter here. */
  below(count: number): number {
    return this.next() % count;
  }

  /** True in `count` of 1,000 cases. */
  perMille(count: number): boolean {
    return this.below(1000) < count;
  }
}
