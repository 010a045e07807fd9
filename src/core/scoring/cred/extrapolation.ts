/** Of how many earlier sweeps use is made; more gain nothing measurable. */
const depth = 5;
/** Below that part of its size a direction is taken for one of the others, with rounding. */
const independent = 1e-12;

interface Difference {
  readonly outcome: Float64Array;
  readonly change: Float64Array;
  /** Products of `change` with those of the differences before it, the oldest first, and with itself. */
  products: number[];
}

/**
 * Guesses where repeated sweeps lead: the combination of the last outcomes whose changes, combined alike, are smallest.
 * Source: D. G. Anderson, Iterative procedures for nonlinear integral equations, J. ACM 12 (1965).
 */
export class Extrapolation {
  readonly #differences: Difference[] = [];
  readonly #lastOutcome: Float64Array;
  #lastChange: Float64Array;
  /** Room for the next one. */
  #change: Float64Array;
  #begun = false;

  constructor(size: number) {
    this.#lastOutcome = new Float64Array(size);
    this.#lastChange = new Float64Array(size);
    this.#change = new Float64Array(size);
  }

  /** After a guess that was none. */
  forget(): void {
    this.#differences.length = 0;
    this.#begun = false;
  }

  /** `values` is what a sweep made of `before`; here it becomes the guess, nowhere below 0. */
  guess(before: Float64Array, values: Float64Array): void {
    const change = this.#change;
    subtract(change, values, 1, before);
    if (this.#begun) this.#append(values, change);
    this.#begun = true;
    this.#lastOutcome.set(values);
    this.#change = this.#lastChange;
    this.#lastChange = change;
    const aims = this.#differences.map((difference) => product(difference.change, change));
    let factors = leastSquares(this.#differences, aims);
    while (factors === null) {
      this.#dropOldest();
      aims.shift();
      factors = leastSquares(this.#differences, aims);
    }
    for (const [d, { outcome }] of this.#differences.entries()) subtract(values, values, factors[d]!, outcome);
    raise(values);
  }

  #append(values: Float64Array, newChange: Float64Array): void {
    const size = values.length;
    const reused = this.#differences.length === depth ? this.#dropOldest() : undefined;
    const { outcome, change } = reused ?? { outcome: new Float64Array(size), change: new Float64Array(size) };
    subtract(outcome, values, 1, this.#lastOutcome);
    subtract(change, newChange, 1, this.#lastChange);
    const newest = { outcome, change, products: [] as number[] };
    this.#differences.push(newest);
    newest.products = this.#differences.map((other) => product(other.change, change));
  }

  #dropOldest(): Difference | undefined {
    for (const { products } of this.#differences) products.shift();
    return this.#differences.shift();
  }
}

/** Factors with which the differences of changes come nearest to a change, by normal equations; null where these are singular. */
function leastSquares(differences: readonly Difference[], aims: readonly number[]): number[] | null {
  const size = differences.length;
  const rows = differences.map(({ products }, i) => [
    ...differences.map((other, j) => (j <= i ? products[j]! : other.products[i]!)),
    aims[i]!,
  ]);
  for (let i = 0; i < size; i += 1) {
    const pivot = rows[i]![i]!;
    if (!(pivot > independent * differences[i]!.products[i]!)) return null;
    for (let j = i + 1; j < size; j += 1) {
      const factor = rows[j]![i]! / pivot;
      for (let c = i; c <= size; c += 1) rows[j]![c]! -= factor * rows[i]![c]!;
    }
  }
  const factors = Array.from({ length: size }, () => 0);
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = rows[i]![size]!;
    for (let c = i + 1; c < size; c += 1) sum -= rows[i]![c]! * factors[c]!;
    factors[i] = sum / rows[i]![i]!;
  }
  return factors;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** `into = from - factor x column`. */
function subtract(into: Float64Array, from: Float64Array, factor: number, column: Float64Array): void {
  for (let i = 0; i < into.length; i += 1) into[i] = from[i]! - factor * column[i]!;
}

function raise(values: Float64Array): void {
  for (let i = 0; i < values.length; i += 1) if (values[i]! < 0) values[i] = 0;
}
