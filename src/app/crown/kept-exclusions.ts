import type { Books } from '../../core/books.ts';
import { decodeEvent } from '../../core/events/encode.ts';
import type { EventRow, Tx } from '../ports.ts';

const PAGE = 5000;

/**
 * Who was excluded when the log ended at an event. What was logged before somebody first asked is only read when an exclusion lies
 * between: nearly always those of now are the answer.
 */
export class KeptExclusions {
  /** Exclusions after this event are in the list; `null`: nothing was read yet. */
  #from: number | null = null;
  /** Up to this event the log was read. */
  #seq = 0;
  #list: { readonly seq: number; readonly add: readonly string[]; readonly remove: readonly string[] }[] = [];
  /** Who was excluded at `#from`; known once the log was read from its beginning. */
  #beginning: readonly string[] | null = null;

  async at(tx: Tx, books: Books, seq: number): Promise<readonly string[]> {
    await this.#refresh(tx, books);
    const isPast = seq < this.#from! || this.#list.some((one) => one.seq > seq);
    if (!isPast) return tx.excludedAccounts(books.id);
    if (this.#beginning === null || seq < this.#from!) await this.#readAll(tx, books);
    const excluded = new Set(this.#beginning);
    for (const { seq: place, add, remove } of this.#list) {
      if (place > seq) break;
      for (const name of add) excluded.add(name);
      for (const name of remove) excluded.delete(name);
    }
    return [...excluded];
  }

  async #refresh(tx: Tx, books: Books): Promise<void> {
    this.#from ??= this.#seq = books.state.events;
    await this.#readOn(tx, books);
  }

  async #readAll(tx: Tx, books: Books): Promise<void> {
    const pruning = (await tx.prunings(books.id)).at(-1);
    this.#list = [];
    this.#beginning = pruning?.excluded ?? [];
    this.#from = this.#seq = pruning?.last ?? 0;
    await this.#readOn(tx, books);
  }

  async #readOn(tx: Tx, books: Books): Promise<void> {
    while (this.#seq < books.state.events) {
      const rows = await tx.events({ program: books.id, after: this.#seq, limit: PAGE });
      for (const row of rows) this.#take(row);
      this.#seq = rows.at(-1)?.seq ?? books.state.events;
    }
  }

  #take({ seq, kind, payload }: EventRow): void {
    if (kind !== 'exclusion' && kind !== 'program') return;
    const event = decodeEvent(payload);
    if (event.kind === 'exclusion') this.#list.push({ seq, add: event.add, remove: event.remove });
    else if (event.kind === 'program') this.#list.push({ seq, add: event.definition.excluded, remove: [] });
  }
}
