import { gcd } from '../../money/rational.ts';

/** Above so many bits a common divisor costs more than it saves, and denominators are multiplied as they are. */
const gcdBitsMax = 4096n;

interface Node {
  readonly denominator: bigint;
  /** What the numerators of the two halves are multiplied with. */
  readonly left: bigint;
  readonly right: bigint;
}

/**
 * Sums of `count / denominator` over a fixed list of denominators, all over one common denominator. A tree of products, so
 * that a sum of n quotients costs far less than n additions of rationals; nothing is reduced on the way.
 */
export class QuotientSum {
  /** What every numerator is over. At least 1. */
  readonly denominator: bigint;
  /** Level by level: node i of a level stands over the values 2i and 2i + 1 below. */
  readonly #levels: Node[][] = [];

  constructor(denominators: readonly bigint[]) {
    let below = denominators;
    while (below.length > 1) {
      const level: Node[] = [];
      for (let i = 0; i < below.length; i += 2) level.push(join(below[i]!, below[i + 1] ?? 1n));
      this.#levels.push(level);
      below = level.map(({ denominator }) => denominator);
    }
    this.denominator = below[0] ?? 1n;
  }

  /** `counts`: one per denominator, whole. */
  numerator(counts: Float64Array): bigint {
    let values: bigint[] = Array.from(counts, BigInt);
    for (const level of this.#levels) {
      values = level.map(({ left, right }, i) => {
        const [a, b = 0n] = [values[2 * i]!, values[2 * i + 1]];
        return a === 0n ? (b === 0n ? 0n : b * right) : b === 0n ? a * left : a * left + b * right;
      });
    }
    return values[0] ?? 0n;
  }
}

function join(a: bigint, b: bigint): Node {
  const divisor = a < 1n << gcdBitsMax && b < 1n << gcdBitsMax ? gcd(a, b) : 1n;
  return { denominator: (a / divisor) * b, left: b / divisor, right: a / divisor };
}
