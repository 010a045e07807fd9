import { AsyncLocalStorage } from 'node:async_hooks';
import type { Lock, Store, StoredToken, StoreFacts, Tx } from '../../app/ports.ts';
import { invariant } from '../../core/errors.ts';
import type { MemoryProgram } from './program.ts';
import { MemoryTx } from './tx.ts';

/** A store in the memory of the process, for tests and dry runs: the same answers as the others, gone with the process. */
export function openMemoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly #programs: MemoryProgram[] = [];
  readonly #tokens = new Map<string, StoredToken>();
  /** The transaction that the calling code runs in, if any. */
  readonly #inside = new AsyncLocalStorage<MemoryTx>();
  /** The newest transaction; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #locks = new Set<string>();
  #closed = false;
  /** Set from the first time that it is asked to close. */
  #closing: Promise<void> | null = null;

  transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#queue(() => this.#transact(mode, work));
  }

  async tryLock(name: string): Promise<Lock | null> {
    if (this.#locks.has(name)) return null;
    this.#locks.add(name);
    return { release: async () => void this.#locks.delete(name) };
  }

  describe(): Promise<StoreFacts> {
    return this.#queue(async () => ({ kind: 'memory' as const, location: 'memory', schemaVersion: 1, bytes: 0 }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue(async () => {
      this.#closed = true;
      this.#programs.length = 0;
      this.#tokens.clear();
    }).catch((error: unknown) => {
      this.#closing = null; // asked within a transaction: it may be asked again
      throw error;
    });
    return this.#closing;
  }

  /** One after the other; waiting for oneself would be for ever, so that is refused. */
  async #queue<T>(job: () => Promise<T>): Promise<T> {
    invariant(this.#inside.getStore()?.open !== true, 'store.nested-transaction');
    const turn = this.#last.then(() => {
      invariant(!this.#closed, 'store.closed', { store: 'memory' });
      return job();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T> {
    const tx = new MemoryTx(this.#programs, this.#tokens, mode);
    try {
      const result = await this.#inside.run(tx, () => work(tx));
      tx.end();
      return result;
    } catch (error) {
      tx.undo();
      throw error;
    }
  }
}
