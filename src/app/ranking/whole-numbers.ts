const wordBits = 32n;
const wordMask = 0xffff_ffffn;

/**
 * Whole numbers from 0 on, of any size, by place, in one typed array: 8 bytes each as long as they fit into 64 bits, 4 more for every 32
 * bits that the largest has beyond. Compared exactly, without making a bigint of any.
 */
export class WholeNumbers {
  /** Of each number `#width` words, the most significant first. */
  #words: Uint32Array;
  #width = 2;
  #length = 0;

  constructor(capacity: number) {
    this.#words = new Uint32Array(capacity * this.#width);
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  push(value: bigint): void {
    while (value >> (wordBits * BigInt(this.#width)) !== 0n) this.#widen();
    const from = this.#length * this.#width;
    if (from + this.#width > this.#words.length) this.#grow();
    let rest = value;
    for (let at = from + this.#width - 1; rest !== 0n; at -= 1, rest >>= wordBits)
      this.#words[at] = Number(rest & wordMask);
    this.#length += 1;
  }

  at(place: number): bigint {
    let value = 0n;
    for (let at = place * this.#width; at < (place + 1) * this.#width; at += 1)
      value = (value << wordBits) | BigInt(this.#words[at]!);
    return value;
  }

  /** Below, at or above zero, as the number at place `a` is less than, equal to or more than the one at `b`. */
  compare(a: number, b: number): number {
    const words = this.#words;
    const width = this.#width;
    for (let i = a * width, j = b * width, end = i + width; i < end; i += 1, j += 1) {
      if (words[i] !== words[j]) return words[i]! - words[j]!;
    }
    return 0;
  }

  #grow(): void {
    const words = new Uint32Array(Math.max(1024, this.#words.length * 2));
    words.set(this.#words);
    this.#words = words;
  }

  #widen(): void {
    const width = this.#width + 1;
    const words = new Uint32Array((this.#words.length / this.#width) * width + width);
    for (let place = 0; place < this.#length; place += 1)
      words.set(this.#words.subarray(place * this.#width, (place + 1) * this.#width), place * width + 1);
    this.#words = words;
    this.#width = width;
  }
}
