import type { Weight } from './lane-state.ts';
import { type Stretch, walk, type WalkOptions } from './walk.ts';

/**
 * What a replay leaves, exact and not yet divided: stretches, each with what it is divided by, and whose weight changed where.
 * Its size grows with what changed, not with how many held meanwhile.
 */
export interface Holdings {
  /** By stretch: length, and index of the divisor; -1 where nobody held. */
  readonly length: readonly number[];
  readonly divisor: readonly number[];
  readonly divisors: readonly bigint[];
  /** By divisor: whether it is a number of holders, none of whom has any depth, and not a sum of depths. */
  readonly ofHolders: readonly boolean[];
  /** By stretch: how many changes there are up to it, its own included. */
  readonly changesUntil: readonly number[];
  /** By change: who, and its weight from that stretch on (index, or `none`). */
  readonly who: readonly number[];
  readonly weight: readonly number[];
  readonly weights: readonly Weight[];
  readonly participants: number;
  readonly covered: number;
}

export function holdingsOf(options: WalkOptions): Holdings {
  const length: number[] = [];
  const divisor: number[] = [];
  const divisors = new Divisors();
  const changesUntil: number[] = [];
  const who: number[] = [];
  const weight: number[] = [];
  let covered = 0;
  let weights: readonly Weight[] = [];
  for (const stretch of walk(options)) {
    ({ weights } = stretch);
    for (let i = 0; i < stretch.changes; i += 1) {
      who.push(stretch.changed[i]!);
      weight.push(stretch.weightOf[stretch.changed[i]!]!);
    }
    changesUntil.push(who.length);
    const time = stretch.end - stretch.start;
    length.push(time);
    divisor.push(stretch.holders === 0 ? -1 : divisors.indexOf(stretch));
    if (stretch.holders > 0) covered += time;
  }
  const participants = options.log.participants.length;
  const { values, ofHolders } = divisors;
  return { length, divisor, divisors: values, ofHolders, changesUntil, who, weight, weights, participants, covered };
}

/** The distinct sums of depths, and the distinct numbers of holders where no holder has any depth. */
class Divisors {
  readonly values: bigint[] = [];
  readonly ofHolders: boolean[] = [];
  readonly #byHolders: number[] = [];
  readonly #byDepth = new Map<bigint, number>();

  indexOf({ holders, depth }: Stretch): number {
    if (depth === 0n) return (this.#byHolders[holders] ??= this.#add(BigInt(holders), true));
    let index = this.#byDepth.get(depth);
    if (index === undefined) this.#byDepth.set(depth, (index = this.#add(depth, false)));
    return index;
  }

  #add(value: bigint, ofHolders: boolean): number {
    this.ofHolders.push(ofHolders);
    return this.values.push(value) - 1;
  }
}
