import type { Books } from '../../core/books.ts';
import { ConflictError } from '../../core/errors.ts';
import { canonical, CrownFold, type LoggedFact } from '../../core/scoring/crown/fold.ts';
import { breathe } from '../breathe.ts';
import type { Tx } from '../ports.ts';
import { factOf, type FactsFrom } from './facts.ts';

const PAGE = 5000;

/**
 * Reads windows that follow each other as `factsFrom` does, each going on where the one before ended, as far as no fact came late in
 * between. Reads so many facts in all, and no more. What it gives must be folded up to `until`, as `makeRound` does, before
 * the next one is asked for.
 */
export class FactsChain {
  readonly #most: number;
  #read = 0;
  #fold: CrownFold | null = null;
  #at = -1;
  #seq = 0;
  /** The least seq of those that came too late for the windows so far. */
  #late = Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  /** Throws ConflictError `facts-too-many`. */
  async from(
    tx: Tx,
    books: Books,
    { start, until, seq }: { readonly start: number; readonly until: number; readonly seq: number },
  ): Promise<FactsFrom> {
    if (this.#fold === null || this.#at > start || this.#seq > seq || this.#late <= seq) {
      const usable = (await tx.checkpoints(books.id)).findLast((one) => one.at <= start && one.seq <= seq);
      const from = usable === undefined ? null : await tx.checkpoint(books.id, usable.at);
      this.#fold = from === null ? new CrownFold() : CrownFold.fromJson(from.fold);
      this.#at = from?.at ?? -1;
      this.#late = Infinity;
    }
    const fold = this.#fold;
    const facts: LoggedFact[] = [];
    for await (const second of this.#seconds(tx, books.id, { until, seq })) {
      if (second[0]!.at > start) facts.push(...canonical(second));
      else for (const fact of canonical(second)) fold.apply(fact);
    }
    [this.#at, this.#seq] = [until, seq];
    return { fold, at: start, facts };
  }

  /** The facts of one second after the other, as far as they were logged by then. */
  async *#seconds(
    tx: Tx,
    program: number,
    { until, seq }: { readonly until: number; readonly seq: number },
  ): AsyncGenerator<LoggedFact[]> {
    let second: LoggedFact[] = [];
    for (let after = { at: this.#at, seq: Number.MAX_SAFE_INTEGER }; ;) {
      const rows = await tx.facts({ program, after, until, limit: PAGE });
      this.#read += rows.length;
      if (this.#read > this.#most) throw factsTooMany(this.#most);
      for (const row of rows) {
        if (row.seq > seq) this.#late = Math.min(this.#late, row.seq);
        else {
          if (second.length > 0 && second[0]!.at !== row.at) {
            yield second;
            second = [];
          }
          second.push(factOf(row));
        }
      }
      if (rows.length < PAGE) break;
      const last = rows.at(-1)!;
      after = { at: last.at!, seq: last.seq };
      await breathe();
    }
    if (second.length > 0) yield second;
  }
}

export const factsTooMany = (most: number): ConflictError =>
  new ConflictError(
    'facts-too-many',
    `More than ${most} facts would have to be read for this; accepted: a shorter stretch of time, or a later one.`,
    { most: String(most) },
  );
