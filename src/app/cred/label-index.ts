import { decodeEvent } from '../../core/events/encode.ts';
import { breathe } from '../breathe.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';

const PAGE = 2000;
/** Programs whose labels are kept. */
const programsMost = 4;

/** What people call the nodes of a graph, in small letters, as the log up to event `seq` says. */
interface Known {
  seq: number;
  readonly labels: Map<string, string>;
  /** The reading that goes on; one after the other. */
  reading: Promise<void>;
}

/** Finds nodes by what people call them. The log is read once, when somebody searches first; afterwards only what is new. */
export class LabelIndex {
  readonly #store: Store;
  readonly #cache: BooksCache;
  readonly #known = new Map<number, Known>();

  constructor(store: Store, cache: BooksCache) {
    this.#store = store;
    this.#cache = cache;
  }

  /** Addresses of the nodes whose label has `search` in it, whatever the capitals. Throws NotFoundError `program-unknown`. */
  async find(program: string, search: string): Promise<ReadonlySet<string>> {
    const id = await this.#store.transact('read', (tx) => this.#cache.idOf(tx, program));
    const known = this.#knownOf(id);
    known.reading = known.reading.catch(() => {}).then(() => this.#read(id, known));
    await known.reading;
    const text = search.toLowerCase();
    return new Set([...known.labels].flatMap(([address, label]) => (label.includes(text) ? [address] : [])));
  }

  #knownOf(id: number): Known {
    const known = this.#known.get(id) ?? { seq: 0, labels: new Map<string, string>(), reading: Promise.resolve() };
    this.#known.delete(id);
    this.#known.set(id, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= programsMost) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  async #read(program: number, known: Known): Promise<void> {
    for (;;) {
      const rows = await this.#store.transact('read', (tx) =>
        tx.events({ program, after: known.seq, limit: PAGE, account: null }),
      );
      for (const { kind, payload } of rows) {
        if (kind !== 'node') continue;
        const event = decodeEvent(payload);
        if (event.kind !== 'node') continue;
        if (event.label === undefined) known.labels.delete(event.node);
        else known.labels.set(event.node, event.label.toLowerCase());
      }
      known.seq = rows.at(-1)?.seq ?? known.seq;
      if (rows.length < PAGE) return;
      await breathe();
    }
  }
}
