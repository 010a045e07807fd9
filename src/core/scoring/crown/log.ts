import { InvalidInputError } from '../../errors.ts';
import { gcd, parseRational, type Rational } from '../../money/rational.ts';

/**
 * A fact about a participant, in force from `at` on (`at` included). `at` is a block or a second, a whole number; every
 * length of time is in that unit. One log holds all directions of a program.
 */
export type CrownEvent =
  | { readonly kind: 'eligible'; readonly at: number; readonly who: string; readonly on: boolean }
  | {
      readonly kind: 'bounds';
      readonly at: number;
      readonly backing: string;
      readonly min: bigint;
      readonly max: bigint;
    }
  | { readonly kind: 'active'; readonly at: number; readonly who: string; readonly on: boolean }
  | { readonly kind: 'busy'; readonly at: number; readonly who: string; readonly delta: number }
  | {
      readonly kind: 'activity';
      readonly at: number;
      readonly who: string;
      readonly code: ActivityCode;
      /** Null: every hub. */
      readonly hub: string | null;
    }
  /** `quotes` names the list of quotes: `from-to`, or `from-to|backing`. `rate`: a decimal; 0 or less withdraws the quote. */
  | { readonly kind: 'rate'; readonly at: number; readonly who: string; readonly quotes: string; readonly rate: string }
  /** The new total of one purse; below 0 counts as 0. */
  | {
      readonly kind: 'collateral';
      readonly at: number;
      readonly who: string;
      readonly backing: string;
      readonly amount: bigint;
    };

/** 0 swap ends, 1 reservation starts, 2 swap starts, 3 reservation expires. */
export type ActivityCode = 0 | 1 | 2 | 3;

/** Column `kind` of a log. The order is the order within one instant; activity has four places, one per code. */
export const kinds = { eligible: 0, bounds: 1, active: 2, busy: 3, activity: 4, rate: 8, collateral: 9 } as const;

/** In force since before everything. */
export const always: number = Number.MIN_SAFE_INTEGER;

/** Column `scope` of what concerns every scope. */
export const everywhere = -1;

export interface Bounds {
  /** In the smallest unit of the backing; 0 is "none". */
  readonly min: bigint;
  readonly max: bigint;
}

/**
 * The events of a program in canonical order (instant, kind, place in the log), as columns. `value` is what the kind makes
 * of it: a flag, a delta, an activity code, or the index of a rate, an amount or bounds. `scope` is the index of a name.
 */
export interface CrownLog {
  readonly length: number;
  readonly at: Float64Array;
  readonly kind: Uint8Array;
  readonly who: Uint32Array;
  readonly scope: Int32Array;
  readonly value: Int32Array;
  readonly participants: readonly string[];
  readonly scopes: readonly string[];
  readonly rates: RateTable;
  /** Never negative; index 0 is 0. */
  readonly amounts: readonly bigint[];
  readonly bounds: readonly Bounds[];
}

/** The distinct rates of a log, sorted once, exactly; from there on rates are compared as whole numbers. */
export interface RateTable {
  /** By index of a rate: 0 for a rate that is not positive, else its place from 1 on among the distinct positive ones. */
  readonly rank: Int32Array;
  /** By rank: the rate times `scale`; place 0 is not a rate. */
  readonly scaled: readonly bigint[];
  /** By rank: the rate as it was written first. */
  readonly text: readonly string[];
  readonly scale: bigint;
}

/** Collects events in the order in which they were logged, in columns from the start. */
export class CrownLogBuilder {
  readonly #at: number[] = [];
  readonly #kind: number[] = [];
  readonly #who: number[] = [];
  readonly #scope: number[] = [];
  readonly #value: number[] = [];
  readonly #participants = new Interned<string, string>((name) => name);
  readonly #scopes = new Interned<string, string>((name) => name);
  readonly #rates = new Interned<string, Rational>(rateOf);
  readonly #amounts = new Interned<bigint, bigint>((amount) => amount);
  readonly #bounds: Bounds[] = [];

  constructor() {
    this.#amounts.indexOf(0n);
  }

  /** Throws InvalidInputError `time-malformed`, `rate-malformed`, `bounds-negative`; then nothing was added. */
  add(event: CrownEvent): this {
    if (!Number.isSafeInteger(event.at)) {
      throw new InvalidInputError('time-malformed', `Found instant ${event.at}; accepted: a whole number.`, {
        found: String(event.at),
      });
    }
    switch (event.kind) {
      case 'eligible':
      case 'active':
        this.#push(event, event.who, everywhere, event.on ? 1 : 0);
        break;
      case 'bounds':
        if (event.min < 0n || event.max < 0n) {
          const found = `${event.min} to ${event.max}`;
          throw new InvalidInputError('bounds-negative', `Found bounds ${found}; accepted: from 0 on.`, { found });
        }
        this.#push(event, null, this.#scopes.indexOf(event.backing), this.#bounds.push(event) - 1);
        break;
      case 'busy':
        this.#push(event, event.who, everywhere, event.delta);
        break;
      case 'activity':
        this.#push(event, event.who, event.hub === null ? everywhere : this.#scopes.indexOf(event.hub), event.code);
        break;
      case 'rate': {
        const rate = this.#rates.indexOf(event.rate);
        this.#push(event, event.who, this.#scopes.indexOf(event.quotes), rate);
        break;
      }
      case 'collateral': {
        const amount = this.#amounts.indexOf(event.amount > 0n ? event.amount : 0n);
        this.#push(event, event.who, this.#scopes.indexOf(event.backing), amount);
        break;
      }
    }
    return this;
  }

  #push({ at, kind }: CrownEvent, who: string | null, scope: number, value: number): void {
    this.#at.push(at);
    this.#kind.push(kind === 'activity' ? kinds.activity + value : kinds[kind]);
    this.#who.push(who === null ? 0 : this.#participants.indexOf(who));
    this.#scope.push(scope);
    this.#value.push(value);
  }

  build(): CrownLog {
    const [at, kind] = [this.#at, this.#kind];
    const order = Uint32Array.from(at.keys());
    const inOrder = at.every(
      (time, i) => i === 0 || at[i - 1]! < time || (at[i - 1] === time && kind[i - 1]! <= kind[i]!),
    );
    if (!inOrder) order.sort((i, j) => at[i]! - at[j]! || kind[i]! - kind[j]! || i - j);
    return {
      length: at.length,
      at: Float64Array.from(order, (i) => at[i]!),
      kind: Uint8Array.from(order, (i) => kind[i]!),
      who: Uint32Array.from(order, (i) => this.#who[i]!),
      scope: Int32Array.from(order, (i) => this.#scope[i]!),
      value: Int32Array.from(order, (i) => this.#value[i]!),
      participants: [...this.#participants.keys()],
      scopes: [...this.#scopes.keys()],
      rates: rankRates([...this.#rates.keys()], this.#rates.values),
      amounts: [...this.#amounts.keys()],
      bounds: [...this.#bounds],
    };
  }
}

export function crownLogOf(events: Iterable<CrownEvent>): CrownLog {
  const builder = new CrownLogBuilder();
  for (const event of events) builder.add(event);
  return builder.build();
}

/** Distinct keys in the order of their first use, with what `make` makes of each, once. */
class Interned<K, V> {
  readonly values: V[] = [];
  readonly #index = new Map<K, number>();
  readonly #make: (key: K) => V;

  constructor(make: (key: K) => V) {
    this.#make = make;
  }

  indexOf(key: K): number {
    let index = this.#index.get(key);
    if (index === undefined) {
      index = this.values.push(this.#make(key)) - 1;
      this.#index.set(key, index);
    }
    return index;
  }

  keys(): Iterable<K> {
    return this.#index.keys();
  }
}

function rateOf(text: string): Rational {
  const rate = text.includes('/') ? null : parseRational(text);
  if (rate !== null) return rate;
  const found = text.slice(0, 60);
  throw new InvalidInputError(
    'rate-malformed',
    `Found rate ${JSON.stringify(found)}; accepted: a decimal such as "0.00015".`,
    { found },
  );
}

function rankRates(texts: readonly string[], rates: readonly Rational[]): RateTable {
  let scale = 1n;
  for (const { denominator } of rates) scale = (scale / gcd(scale, denominator)) * denominator;
  const scaled = rates.map(({ numerator, denominator }) => numerator * (scale / denominator));
  const rank = new Int32Array(rates.length);
  const ranked: bigint[] = [0n];
  const text: string[] = [''];
  const positive = [...scaled.keys()].filter((index) => scaled[index]! > 0n);
  for (const index of positive.toSorted((a, b) => compare(scaled[a]!, scaled[b]!))) {
    if (ranked.at(-1) !== scaled[index]) {
      ranked.push(scaled[index]!);
      text.push(texts[index]!);
    }
    rank[index] = ranked.length - 1;
  }
  return { rank, scaled: ranked, text, scale };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
