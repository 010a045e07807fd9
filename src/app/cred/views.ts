import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';
import { credScoringOf } from './score.ts';
import { type CredView, type CredViewQuery, readCredView, taskOf, type ViewTask } from './view.ts';

/** Views that are kept; and nodes and edges in all of them together, at about 150 bytes each. The newest one is kept however large. */
const viewsMost = 4;
const sizeMost = 2_000_000;

export interface CredViewsQuery extends CredViewQuery {
  /** Runs the computation, where there is one to run: for whoever lets only so many run at a time. */
  readonly within?: <T>(work: () => Promise<T>) => Promise<T>;
}

interface Entry {
  readonly view: Promise<CredView>;
  readonly named: boolean;
  /** Of these one is kept: that of the newest state. */
  readonly slot: string;
  readonly stop: AbortController;
  waiting: number;
  /** Nodes and edges; `null`: it is being computed. */
  size: number | null;
}

/**
 * The last few views, so that whoever asks several things of a period waits for one computation. A view is given out again only while it
 * is what would be computed anew: what it depends on is read from the store each time, and stands in its key.
 */
export class CredViews {
  readonly #store: Store;
  readonly #cache: BooksCache;
  /** By key; the one that was used last is the last. */
  readonly #entries = new Map<string, Entry>();

  constructor(store: Store, cache: BooksCache) {
    this.#store = store;
    this.#cache = cache;
  }

  /**
   * As `readCredView`. Several who ask for the same while it is computed share it; it ends when the last of them gives up. `onProgress`
   * is told by the first of them. What if, and what begins warm, is computed for itself.
   */
  async view(program: string, query: CredViewsQuery = {}): Promise<CredView> {
    const { scoring, warm, signal, named = false } = query;
    if (scoring !== undefined || warm) return this.#read(program, query);
    signal?.throwIfAborted();
    const { task, key } = await this.#taskOf(program, query.period);
    const entry = this.#known(key, named) ?? this.#compute(program, { ...query, named }, task, key);
    entry.waiting += 1;
    try {
      // The record of an open window changes with every step, and nothing else of the view.
      return { ...(await unlessAborted(entry.view, signal)), record: task.record };
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0 && entry.size === null) entry.stop.abort(signal?.reason);
    }
  }

  async #taskOf(program: string, asked: CredViewQuery['period']): Promise<{ task: ViewTask; key: string }> {
    return this.#store.transact('read', async (tx) => {
      const books = await this.#cache.load(tx, program);
      credScoringOf(books);
      const task = await taskOf(tx, books, asked);
      const { query, status, amount } = task;
      // What a window settles depends on nothing that is not in its query; the period that runs on all that is known, an open window included.
      const version = status === 'running' ? books.state.version : 0;
      return { task, key: JSON.stringify([books.id, query, status, amount === null ? null : String(amount), version]) };
    });
  }

  /** With names it is as good where none are asked for. */
  #known(key: string, named: boolean): Entry | undefined {
    for (const withNames of named ? [true] : [true, false]) {
      const id = `${key} ${withNames}`;
      const entry = this.#entries.get(id);
      if (entry === undefined || entry.stop.signal.aborted) continue;
      this.#entries.delete(id);
      this.#entries.set(id, entry);
      return entry;
    }
    return undefined;
  }

  async #read(program: string, { within = (work) => work(), ...query }: CredViewsQuery): Promise<CredView> {
    return within(() => readCredView(this.#store, this.#cache, program, query));
  }

  #compute(program: string, query: CredViewsQuery & { named: boolean }, task: ViewTask, key: string): Entry {
    const { named } = query;
    const stop = new AbortController();
    const view = this.#read(program, { ...query, period: task.query.period, signal: stop.signal });
    const entry: Entry = { view, named, slot: `${program} ${task.query.period}`, stop, waiting: 0, size: null };
    const id = `${key} ${named}`;
    this.#entries.set(id, entry);
    view.then(
      ({ reading: { columns } }) => {
        entry.size = columns.nodes.name.length + columns.edges.time.length;
        this.#forget(id, entry);
      },
      // Whoever waits is told; the next one who asks begins anew.
      () => this.#entries.get(id) === entry && this.#entries.delete(id),
    );
    return entry;
  }

  /** Makes room for a view that has just been computed. */
  #forget(newest: string, { slot, named }: Entry): void {
    for (const [id, other] of this.#entries) {
      if (id !== newest && other.size !== null && other.slot === slot && (named || !other.named))
        this.#entries.delete(id);
    }
    const others = [...this.#entries].filter(([id, { size }]) => id !== newest && size !== null);
    let count = others.length + 1;
    let total = others.reduce((all, [, { size }]) => all + size!, this.#entries.get(newest)?.size ?? 0);
    for (const [id, { size }] of others) {
      if (count <= viewsMost && total <= sizeMost) break;
      this.#entries.delete(id);
      count -= 1;
      total -= size!;
    }
  }
}

/** What `promise` becomes, or at once the reason of the signal. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
