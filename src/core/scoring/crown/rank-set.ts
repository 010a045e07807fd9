/**
 * Members in buckets by rank, with the greatest rank in use, and the next one from a rank on. A move costs the same however
 * many members and ranks there are, but for the levels of the index (32 ranks a word, 32 words a word, ...). Rank 0 is
 * "not in the set".
 */
export class RankSet {
  /** By member. */
  readonly rank: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** By rank: the first member, or -1. */
  readonly #first: Int32Array;
  /** Which ranks are in use, then which words of the level below are not 0. */
  readonly #levels: Int32Array[] = [];

  constructor(members: number, ranks: number) {
    this.rank = new Int32Array(members);
    this.#next = new Int32Array(members).fill(-1);
    this.#previous = new Int32Array(members).fill(-1);
    this.#first = new Int32Array(ranks + 1).fill(-1);
    let words = ranks + 1;
    do {
      words = (words + 31) >>> 5;
      this.#levels.push(new Int32Array(words));
    } while (words > 1);
  }

  move(member: number, rank: number): void {
    const old = this.rank[member]!;
    if (old === rank) return;
    if (old > 0) this.#remove(member, old);
    this.rank[member] = rank;
    if (rank > 0) this.#insert(member, rank);
  }

  #remove(member: number, rank: number): void {
    const next = this.#next[member]!;
    const previous = this.#previous[member]!;
    if (next >= 0) this.#previous[next] = previous;
    if (previous >= 0) this.#next[previous] = next;
    else {
      this.#first[rank] = next;
      if (next < 0) this.#clear(rank);
    }
  }

  #insert(member: number, rank: number): void {
    const next = this.#first[rank]!;
    this.#next[member] = next;
    this.#previous[member] = -1;
    this.#first[rank] = member;
    if (next >= 0) this.#previous[next] = member;
    else this.#set(rank);
  }

  #set(rank: number): void {
    let bit = rank;
    for (const level of this.#levels) {
      const word = level[bit >>> 5]!;
      level[bit >>> 5] = word | (1 << (bit & 31));
      if (word !== 0) return;
      bit >>>= 5;
    }
  }

  #clear(rank: number): void {
    let bit = rank;
    for (const level of this.#levels) {
      const word = level[bit >>> 5]! & ~(1 << (bit & 31));
      level[bit >>> 5] = word;
      if (word !== 0) return;
      bit >>>= 5;
    }
  }

  /** The greatest rank in use; 0 when the set is empty. */
  max(): number {
    let bit = 0;
    for (let depth = this.#levels.length - 1; depth >= 0; depth -= 1) {
      const word = this.#levels[depth]![bit]!;
      if (word === 0) return 0;
      bit = bit * 32 + 31 - Math.clz32(word);
    }
    return bit;
  }

  /** The least rank in use from `rank` on; -1 when there is none. */
  from(rank: number): number {
    let bit = rank;
    for (let depth = 0; depth < this.#levels.length; depth += 1) {
      const level = this.#levels[depth]!;
      if (bit >>> 5 >= level.length) return -1;
      const rest = level[bit >>> 5]! & (-1 << (bit & 31));
      if (rest !== 0) {
        bit = (bit & ~31) + lowest(rest);
        for (let down = depth - 1; down >= 0; down -= 1) bit = bit * 32 + lowest(this.#levels[down]![bit]!);
        return bit;
      }
      bit = (bit >>> 5) + 1;
    }
    return -1;
  }

  /** The first member of a rank, or -1; `after` goes on from there. */
  first(rank: number): number {
    return this.#first[rank]!;
  }

  after(member: number): number {
    return this.#next[member]!;
  }
}

const lowest = (word: number): number => 31 - Math.clz32(word & -word);
