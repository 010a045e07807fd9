import { InvalidInputError } from '../../errors.ts';
import type { CredScores } from './solve.ts';

/** Whole scores: units of `1 / factor` cred. */
export interface ScaledCred {
  readonly factor: bigint;
  /** `totalMint x factor`, rounded down: what all scores add up to, or 0 when no cred reaches anybody. */
  readonly total: bigint;
  /** Index as in `CredScores.cred`. */
  readonly scores: readonly bigint[];
}

/**
 * Cred as whole numbers; from here on everything is exact. Each score is its part of the total, rounded down; what is left over,
 * less than one unit a score, goes one each to the largest remainders, equal ones by index. Who has no cred gets nothing.
 * A participant's whole cred is the sum of its intervals'. Throws InvalidInputError `cred-factor-invalid`.
 */
export function scaleCred({ cred, totalMint, reached }: CredScores, factor: bigint): ScaledCred {
  if (factor < 1n) {
    throw new InvalidInputError('cred-factor-invalid', `Found factor ${factor}; accepted: a whole number from 1 on.`);
  }
  const scores = Array.from(cred, () => 0n);
  if (!reached) return { factor, total: 0n, scores };
  const [mint] = wholes([totalMint]);
  const total = (mint!.mantissa * factor) >> BigInt(-mint!.exponent);
  // Most intervals of most people have no cred, and get nothing.
  const places: number[] = [];
  for (const [i, value] of cred.entries()) if (value > 0) places.push(i);
  const parts = wholes(places.map((i) => cred[i]!));
  const least = parts.reduce((least, { exponent }) => (exponent < least ? exponent : least), 0);
  const weights = parts.map(({ mantissa, exponent }) => mantissa << BigInt(exponent - least));
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  let left = total;
  const remainders = weights.map((weight, at) => {
    const share = (total * weight) / whole;
    scores[places[at]!] = share;
    left -= share;
    return (total * weight) % whole;
  });
  const order = remainders.map((_, at) => at);
  order.sort((i, j) => (remainders[i] === remainders[j] ? i - j : remainders[i]! < remainders[j]! ? 1 : -1));
  for (const at of order.slice(0, Number(left))) scores[places[at]!]! += 1n;
  return { factor, total, scores };
}

/** Doubles as what they are, `mantissa x 2^exponent` with an exponent of at most 0. All are 0 or more and finite. */
function wholes(values: ArrayLike<number>): { readonly mantissa: bigint; readonly exponent: number }[] {
  const bits = new BigUint64Array(Float64Array.from(values).buffer);
  return Array.from(bits, (word) => {
    const power = Number(word >> 52n);
    const fraction = word & 0xf_ffff_ffff_ffffn;
    const exponent = (power === 0 ? 1 : power) - 1075;
    const mantissa = power === 0 ? fraction : fraction | (1n << 52n);
    if (mantissa === 0n) return { mantissa, exponent: 0 };
    return exponent <= 0 ? { mantissa, exponent } : { mantissa: mantissa << BigInt(exponent), exponent: 0 };
  });
}
