import type { Books } from '../../core/books.ts';
import type { Tx } from '../ports.ts';
import { KeptExclusions } from './kept-exclusions.ts';
import { KeptFacts, type KeptFactsOptions } from './kept-facts.ts';

/** Facts kept of all markets together. */
const keptDefault: KeptFactsOptions = { most: 1_000_000, stride: 5000 };

export interface KeptMarket {
  readonly facts: KeptFacts;
  readonly exclusions: KeptExclusions;
}

/** The markets that somebody looks at; of more than are kept those go that were asked for longest ago. */
export class KeptMarkets {
  readonly #options: KeptFactsOptions;
  /** By id of the program, in the order in which they were asked for last. */
  readonly #markets = new Map<number, KeptMarket>();

  constructor(options = keptDefault) {
    this.#options = options;
  }

  /** A program as of the newest event, for windows that begin at `from` or later. */
  async of(tx: Tx, books: Books, from: number): Promise<KeptMarket> {
    const known = this.#markets.get(books.id)?.facts ?? new KeptFacts(this.#options);
    const facts = await known.refreshed(tx, books, from);
    const market = { facts, exclusions: this.#markets.get(books.id)?.exclusions ?? new KeptExclusions() };
    this.#markets.delete(books.id);
    this.#markets.set(books.id, market);
    let sum = [...this.#markets.values()].reduce((all, { facts }) => all + facts.size, 0);
    for (const [id, one] of this.#markets) {
      if (sum <= this.#options.most || one === market) break;
      this.#markets.delete(id);
      sum -= one.facts.size;
    }
    return market;
  }
}
