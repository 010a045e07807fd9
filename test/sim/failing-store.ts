/**
 * A store that dies once: at its n-th call, either before the call has had an effect, or after it, with the answer lost.
 * Every verb of a transaction is a call, and its commit is one: when that answer is lost, all it wrote is there.
 */
import type { Store, Tx } from '../../src/app/ports.ts';

export const moments = ['before-effect', 'answer-lost'] as const;
export type Moment = (typeof moments)[number];

/** What the caller sees of the death. Not a ProrataError: nobody may handle it. */
export class Crash extends Error {
  constructor(call: string, moment: Moment) {
    super(`The store died at ${call}, ${moment}.`);
  }
}

export class FailingStore implements Store {
  readonly #store: Store;
  readonly #moment: Moment;
  /** Calls that still go well. */
  #left: number;
  /** What died, once something has. */
  died: string | null = null;

  /** `n` from 1. */
  constructor(store: Store, n: number, moment: Moment) {
    this.#store = store;
    this.#left = n - 1;
    this.#moment = moment;
  }

  async transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T> {
    let lost = false;
    const result = await this.#store.transact(mode, async (tx) => {
      const result = await work(this.#failing(tx));
      const dies = this.#isTurn(`commit (${mode})`);
      if (dies && this.#moment === 'before-effect') throw this.#crash();
      lost = dies;
      return result;
    });
    if (lost) throw this.#crash();
    return result;
  }

  describe: Store['describe'] = () => this.#store.describe();
  tryLock: Store['tryLock'] = (name) => this.#store.tryLock(name);
  close: Store['close'] = () => this.#store.close();

  #failing(tx: Tx): Tx {
    return new Proxy(tx, {
      get:
        (target, verb) =>
        async (...args: unknown[]) => {
          const dies = this.#isTurn(String(verb));
          if (dies && this.#moment === 'before-effect') throw this.#crash();
          const answer: unknown = await Reflect.get(target, verb).apply(target, args);
          if (dies) throw this.#crash();
          return answer;
        },
    });
  }

  #isTurn(call: string): boolean {
    if (this.died !== null) return false;
    this.#left -= 1;
    if (this.#left >= 0) return false;
    this.died = call;
    return true;
  }

  #crash(): Crash {
    return new Crash(this.died!, this.#moment);
  }
}
