import type { Books } from '../../core/books.ts';
import { spanAt } from '../../core/scoring/stake-time/spans.ts';
import { presentRate, valueOf } from '../../core/scoring/stake-time/value.ts';
import { rateRuleOf } from '../../core/program.ts';
import type { Account } from '../../core/state.ts';
import { breathe } from '../breathe.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';
import { type AsOf, scoreAt } from '../read.ts';
import { NameTable } from './name-table.ts';
import { orderOf, reversedOrder } from './order.ts';
import { WholeNumbers } from './whole-numbers.ts';

/** By what accounts are sorted; with a minus from the highest down. */
export const sortings = ['name', '-name', 'score', '-score', 'stake', '-stake'] as const;
export type Sorting = (typeof sortings)[number];

/** A page of a sorted list. */
export interface RankQuery {
  readonly sort: Sorting;
  /** Only names that have this in them, whatever the capitals; `''`: all. */
  readonly search: string;
  /** The place of the first one, from 0. */
  readonly offset: number;
  readonly limit: number;
}

/** Accounts of a page by name, out of `total` that match. */
export interface RankedPage {
  readonly names: readonly string[];
  readonly total: number;
  readonly asOf: AsOf;
}

/** Accounts read at once. */
const pageAccounts = 1000;
/** Searches whose places are remembered: whoever scrolls asks for the next page of the same. */
const searchesKept = 4;

/**
 * All accounts of a program that scores stakes, with their scores and stakes at one instant: that of the newest event. Scores grow with
 * time, so an order by them is true at an instant only. Orders are made when they are first asked for: by the exact numbers, equal ones by the
 * bytes of the names. Some 90 bytes an account, with names of 43 bytes and all orders.
 */
export class Ranking {
  readonly asOf: AsOf;
  /** That of the state it was made from. */
  readonly version: number;
  readonly #names: NameTable;
  readonly #numbers: Readonly<Record<'score' | 'stake', WholeNumbers>>;
  readonly #orders = new Map<Sorting, Promise<Uint32Array | null>>();
  readonly #searches = new Map<string, Promise<Uint32Array | null>>();

  constructor(
    names: NameTable,
    numbers: Readonly<Record<'score' | 'stake', WholeNumbers>>,
    about: { readonly asOf: AsOf; readonly version: number },
  ) {
    this.#names = names;
    this.#numbers = numbers;
    this.asOf = about.asOf;
    this.version = about.version;
  }

  get names(): NameTable {
    return this.#names;
  }

  /** The orders that were asked for. */
  get sortings(): readonly Sorting[] {
    return [...this.#orders.keys()];
  }

  async page({ sort, search, offset, limit }: RankQuery): Promise<RankedPage> {
    const places = await this.#places(sort, search);
    const total = places?.length ?? this.#names.length;
    const count = Math.max(0, Math.min(limit, total - offset));
    const names = Array.from({ length: count }, (_, i) => this.#names.at(places?.[offset + i] ?? offset + i));
    return { names, total, asOf: this.asOf };
  }

  /** Places in the order of the names, in another order; `null`: all, as they are. */
  async #places(sort: Sorting, search: string): Promise<Uint32Array | null> {
    const order = await this.order(sort);
    if (search === '') return order;
    if (order === null) return this.#searched(search, async () => this.#names.having(search));
    return this.#searched(`${sort} ${search}`, async () => {
      return among((await this.#places('name', search))!, order);
    });
  }

  async #searched(key: string, make: () => Promise<Uint32Array | null>): Promise<Uint32Array | null> {
    const known = this.#searches.get(key);
    const places = known ?? make();
    // The one that was asked for last is the last to go.
    this.#searches.delete(key);
    this.#searches.set(key, places);
    if (this.#searches.size > searchesKept) this.#searches.delete(this.#searches.keys().next().value!);
    return places;
  }

  /** `null`: that of the names. */
  async order(sort: Sorting): Promise<Uint32Array | null> {
    let made = this.#orders.get(sort);
    if (made === undefined) {
      made = this.#order(sort);
      this.#orders.set(sort, made);
    }
    return made;
  }

  async #order(sort: Sorting): Promise<Uint32Array | null> {
    if (sort === 'name') return null;
    const { length } = this.#names;
    if (sort === '-name') return Uint32Array.from({ length }, (_, place) => length - 1 - place);
    const numbers = this.#numbers[sort.endsWith('score') ? 'score' : 'stake'];
    const compare = (a: number, b: number): number => numbers.compare(a, b);
    if (sort === 'score' || sort === 'stake') return orderOf(length, compare);
    const ascending = await this.order(sort === '-score' ? 'score' : 'stake');
    return reversedOrder(ascending!, compare);
  }
}

/** Those of `order` that were found, in its order. */
function among(found: Uint32Array, order: Uint32Array): Uint32Array {
  const isFound = new Uint8Array(order.length);
  for (let i = 0; i < found.length; i += 1) isFound[found[i]!] = 1;
  const places = new Uint32Array(found.length);
  let count = 0;
  for (let i = 0; i < order.length; i += 1) {
    const place = order[i]!;
    places[count] = place; // stays only if it was found
    count += isFound[place]!;
  }
  return places;
}

/**
 * Reads a ranking, in one transaction, and lets others work between its pages. `before`: one of the same program whose names are taken
 * over, if no account has come since; accounts never go.
 */
export async function readRanking(
  store: Store,
  cache: BooksCache,
  program: string,
  before: Ranking | null,
): Promise<Ranking> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const { id, buckets, second, state } = books;
    const span = spanAt(books.spans, second);
    const periods = books.periodsUntil(second);
    const same = before?.names.length === state.accounts;
    const names = same ? before.names : new NameTable();
    const numbers = { score: new WholeNumbers(state.accounts), stake: new WholeNumbers(state.accounts) };
    for (let after: string | null = null; ;) {
      const page: readonly Account[] = await tx.accountsPage({
        program: id,
        after,
        limit: pageAccounts,
        buckets,
        periods,
      });
      for (const account of page) {
        if (!same) names.push(account.name);
        numbers.score.push(scoreAt(books, account, span, second));
        numbers.stake.push(stakeOf(books, account));
      }
      if (page.length < pageAccounts) break;
      after = page.at(-1)!.name;
      await breathe();
    }
    if (!same) names.seal();
    return new Ranking(names, numbers, { asOf: { seq: state.events, time: state.clock }, version: state.version });
  });
}

/** Whole tokens at the present rates. */
function stakeOf(books: Books, { positions }: Account): bigint {
  let staked = 0n;
  for (const { shares, validator } of positions)
    staked += valueOf(shares, presentRate(books.validatorById(validator)), rateRuleOf(books.rules));
  return staked;
}
