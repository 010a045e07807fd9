import type { Lock } from '../app/ports.ts';

/** Locks of a store that no other process can open. */
export class LocalLocks {
  readonly #held = new Set<string>();

  tryLock(name: string): Lock | null {
    if (this.#held.has(name)) return null;
    this.#held.add(name);
    return { release: async () => void this.#held.delete(name) };
  }
}
