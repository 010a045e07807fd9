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
  const shares = apportion(
    total,
    places.map((i) => cred[i]!),
  );
  for (const [at, share] of shares.entries()) scores[places[at]!] = share;
  return { factor, total, scores };
}

/**
 * Divides `total` in the proportion of `weights`, which are finite and above 0, exactly: each part rounded down, and what is left over one
 * each to the largest remainders, equal ones by index. Nothing of it for no weights.
 */
export function apportion(total: bigint, weights: readonly number[]): bigint[] {
  if (weights.length === 1) return [total];
  const exact = wholes(weights);
  const least = exact.reduce((lowest, { exponent }) => (exponent < lowest ? exponent : lowest), 0);
  const scaled = exact.map(({ mantissa, exponent }) => mantissa << BigInt(exponent - least));
  const whole = scaled.reduce((sum, weight) => sum + weight, 0n);
  let left = total;
  const remainders: bigint[] = [];
  const parts = scaled.map((weight) => {
    const part = (total * weight) / whole;
    left -= part;
    remainders.push((total * weight) % whole);
    return part;
  });
  const order = remainders.map((_, at) => at);
  order.sort((i, j) => (remainders[i] === remainders[j] ? i - j : remainders[i]! < remainders[j]! ? 1 : -1));
  for (const at of order.slice(0, Number(left))) parts[at]! += 1n;
  return parts;
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
