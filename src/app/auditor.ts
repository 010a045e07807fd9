import type { Engine } from './engine.ts';
import type { VerifyReport } from './verify.ts';

/** A run of the invariants over the books of a program. */
export interface Audit {
  /** Of the program's state before the run: what came in between makes the run look stale, and never fresher than it is. */
  readonly version: number;
  readonly events: number;
  readonly report: VerifyReport;
}

/** Runs the invariants; apart from whoever asks, where the store can be opened twice. */
export interface Auditor {
  /** Throws the reason of the signal, NotFoundError `program-unknown`. */
  audit(program: string, signal: AbortSignal): Promise<Audit>;
  close(): Promise<void>;
}

/** Runs them here and now. */
export class OwnAuditor implements Auditor {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async audit(program: string, signal: AbortSignal): Promise<Audit> {
    const { version, events } = await this.#engine.counters(program);
    const report = await this.#engine.verify(program, () => signal.throwIfAborted());
    return { version, events, report };
  }

  /** The engine is whose it is. */
  async close(): Promise<void> {}
}
