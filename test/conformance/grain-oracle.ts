import { multiply, type Rational, rational, subtract } from '../../src/core/money/rational.ts';

/*
 * The reference's arithmetic of grain, in doubles as its README documents it, and beside every value a bound: how far it
 * can be from what exact arithmetic would give. The loss of every single operation is measured (it is 0 where the doubles
 * are exact), and carried along by first principles. Shares no code with the policies it judges.
 */

/** A double, and the most by which it is off. */
export interface Approx {
  readonly value: number;
  readonly off: number;
}

/** The same of whole smallest units. */
export interface Units {
  readonly units: bigint;
  readonly off: number;
}

export const exactly = (value: number): Approx => ({ value, off: 0 });
export const exactUnits = (units: bigint): Units => ({ units, off: 0 });

/** The double as the rational that it is. */
export function rationalOfDouble(value: number): Rational {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = Math.max(exponent, 1) - 1075;
  const signed = value < 0 ? -mantissa : mantissa;
  return shift < 0 ? rational(signed, 1n << BigInt(-shift)) : rational(signed << BigInt(shift));
}

/** At least the size of a rational, as a double. */
export function sizeOf({ numerator, denominator }: Rational): number {
  if (numerator === 0n) return 0;
  const size = numerator < 0n ? -numerator : numerator;
  const places = Math.max(0, 64 - size.toString(2).length + denominator.toString(2).length);
  const scaled = Number((size << BigInt(places)) / denominator + 1n);
  const double = places > 1000 ? scaled / 2 ** 1000 / 2 ** (places - 1000) : scaled / 2 ** places;
  return Math.max(up(double), Number.MIN_VALUE);
}

/** Bounds are computed with doubles too: a little more than what came out. */
const up = (bound: number): number => bound * (1 + 1e-12);

const gap = (double: number, exact: Rational): number => sizeOf(subtract(rationalOfDouble(double), exact));

export function add(a: Approx, b: Approx): Approx {
  const value = a.value + b.value;
  if (!Number.isFinite(value)) throw new Error('scores must all be finite');
  const exact = subtract(rationalOfDouble(a.value), rationalOfDouble(-b.value));
  return { value, off: up(a.off + b.off + gap(value, exact)) };
}

export const subtractApprox = (a: Approx, b: Approx): Approx => add(a, { value: -b.value, off: b.off });

export function times(a: Approx, b: Approx): Approx {
  const value = a.value * b.value;
  const loss = gap(value, multiply(rationalOfDouble(a.value), rationalOfDouble(b.value)));
  return { value, off: up(Math.abs(a.value) * b.off + Math.abs(b.value) * a.off + a.off * b.off + loss) };
}

export function over(a: Approx, b: Approx): Approx {
  const value = a.value / b.value;
  if (!Number.isFinite(value)) throw new Error('invalid input: num is Infinity');
  const least = Math.abs(b.value) - b.off;
  if (least <= 0) return { value, off: Infinity };
  const [top, below] = [rationalOfDouble(a.value), rationalOfDouble(b.value)];
  const loss = gap(value, rational(top.numerator * below.denominator, top.denominator * below.numerator));
  return { value, off: up((a.off + Math.abs(value) * b.off + (b.off === 0 ? 0 : loss * b.off)) / least + loss) };
}

export function multiplyFloat(a: Units, x: Approx): Units {
  if (!Number.isFinite(x.value)) throw new Error('invalid input: num is Infinity');
  const size = Math.abs(Number(a.units));
  if (x.value === 1) return { units: a.units, off: x.off === 0 ? a.off : up((size + a.off) * x.off + a.off) };
  const double = Number(a.units);
  const product = times({ value: double, off: up(a.off + gap(double, rational(a.units))) }, x);
  const floored = Math.floor(product.value);
  return { units: BigInt(floored), off: up(product.off + (product.value - floored)) };
}

/** `splitBudget`, with `off` the most by which each piece differs from its exact share. */
export function splitBudget(budget: bigint, scores: readonly Approx[]): Units[] {
  if (budget < 0n) throw new Error('negative budget');
  let rest = scores.reduce(add, exactly(0));
  if (rest.value <= 0) throw new Error('total score must be positive');
  if (scores.some(({ value }) => value < 0)) throw new Error('negative score');
  let left = exactUnits(budget);
  const whole = Number(budget);
  const pieces = scores.map((score): Units => {
    const piece = pieceOf(left, score, rest);
    left = { units: left.units - piece.units, off: Math.min(up(left.off + piece.off), up(whole)) };
    rest = score.value === 0 || rest.value === 0 ? { ...rest, off: rest.off + score.off } : subtractApprox(rest, score);
    return { units: piece.units, off: Math.min(piece.off, up(whole)) };
  });
  // The last one gets what is left, whatever its score: it is off by as much as all before it are, at most.
  const last = pieces.pop()!;
  pieces.push({ units: last.units + left.units, off: up(pieces.reduce((sum, { off }) => sum + off, 0)) });
  return pieces;
}

function pieceOf(left: Units, score: Approx, rest: Approx): Units {
  if (score.value === 0 && score.off === 0) return exactUnits(0n);
  if (rest.value === 0) return { units: 0n, off: Number(left.units) + left.off };
  const ratio = over(score, rest);
  const part = { value: Math.min(1, ratio.value), off: Math.min(1, ratio.off) };
  if (score.value === 0) return { units: 0n, off: up((Number(left.units) + left.off) * part.off) };
  return multiplyFloat(left, part);
}

/** A person as the reference's policies see it; `paid` by interval, `since` what it was given beyond the scope. */
export interface OraclePerson {
  readonly id: string;
  readonly active: boolean;
  readonly cred: readonly number[];
  readonly paid: readonly Units[];
  readonly since: Units;
}

/** One allocation: receipts of the active, in order. `discount` is the decimal that the double stands for. */
export function allocate(
  policy: any,
  people: readonly OraclePerson[],
  scope: { readonly from: number; readonly to: number },
  discount: Rational,
): (readonly [id: string, piece: Units])[] {
  const budget = BigInt(policy.budget);
  const active = people.filter((person) => person.active && !(policy.exclusions ?? []).includes(person.id));
  const pieces = ((): readonly Units[] => {
    const creds = active.map(({ cred }) => cred.slice(scope.from, scope.to).map(exactly));
    switch (policy.policyType) {
      case 'IMMEDIATE':
        return splitBudget(
          budget,
          creds.map((cred) => cred.reduce(add, exactly(0))),
        );
      case 'RECENT': {
        const rate = { value: policy.discount, off: gap(policy.discount, discount) };
        const kept = subtractApprox(exactly(1), rate);
        return splitBudget(
          budget,
          creds.map((cred) => cred.reduce((score, next) => add(times(score, kept), next), exactly(0))),
        );
      }
      case 'BALANCED':
        return balanced(
          budget,
          creds.map((cred) => cred.reduce(add, exactly(0))),
          active.map(({ paid, since }) => sumUnits([...paid.slice(scope.from, scope.to), since])),
        );
      case 'SPECIAL':
        return active.map(({ id }) => exactUnits(id === policy.recipient ? budget : 0n));
      default:
        throw new Error('no such policy');
    }
  })();
  const receipts = active.map(({ id }, index) => [id, pieces[index]!] as const);
  return policy.policyType === 'SPECIAL' ? receipts.filter(([id]) => id === policy.recipient) : receipts;
}

function balanced(budget: bigint, creds: readonly Approx[], paid: readonly Units[]): Units[] {
  const total = creds.reduce(add, exactly(0));
  const toHave = sumUnits([...paid, exactUnits(budget)]);
  const perCred = multiplyFloat(toHave, over(exactly(1), total));
  const missing = creds.map((cred, index): Approx => {
    const target = multiplyFloat(perCred, cred);
    const under = target.units - paid[index]!.units;
    const units = under > 0n ? under : 0n;
    const value = Number(units);
    return { value, off: up(target.off + paid[index]!.off + gap(value, rational(units))) };
  });
  return splitBudget(budget, missing);
}

export function sumUnits(all: readonly Units[]): Units {
  return all.reduce((a, b) => ({ units: a.units + b.units, off: up(a.off + b.off) }), exactUnits(0n));
}
