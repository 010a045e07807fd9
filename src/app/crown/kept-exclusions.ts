import type { Books } from '../../core/books.ts';
import { decodeEvent } from '../../core/events/encode.ts';
import type { EventRow, Tx } from '../ports.ts';

const PAGE = 5000;

/** What was read of the log: exclusions after event `from` and up to `seq`. */
interface Known {
  readonly from: number;
  readonly seq: number;
  readonly list: readonly Exclusion[];
  /** Who was excluded at `from`; known once the log was read from its beginning. */
  readonly beginning: readonly string[] | null;
}

interface Exclusion {
  readonly seq: number;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Who was excluded when the log ended at an event. What was logged before somebody first asked is only read when an exclusion lies
 * between: nearly always those of now are the answer.
 */
export class KeptExclusions {
  /** Replaced as a whole, as several may ask beside each other; `null`: nothing was read yet. */
  #known: Known | null = null;

  async at(tx: Tx, books: Books, seq: number): Promise<readonly string[]> {
    const { events } = books.state;
    let known = await readOn(tx, books, this.#known ?? { from: events, seq: events, list: [], beginning: null });
    const isPast = seq < known.from || known.list.some((one) => one.seq > seq);
    if (isPast && (known.beginning === null || seq < known.from)) known = await readAll(tx, books);
    // Who read from the beginning meanwhile has more.
    if (known.beginning !== null || (this.#known?.beginning ?? null) === null) this.#known = known;
    if (!isPast) return tx.excludedAccounts(books.id);
    const excluded = new Set(known.beginning);
    for (const { seq: place, add, remove } of known.list) {
      if (place > seq) break;
      for (const name of add) excluded.add(name);
      for (const name of remove) excluded.delete(name);
    }
    return [...excluded];
  }
}

async function readAll(tx: Tx, books: Books): Promise<Known> {
  const pruning = (await tx.prunings(books.id)).at(-1);
  const from = pruning?.last ?? 0;
  return readOn(tx, books, { from, seq: from, list: [], beginning: pruning?.excluded ?? [] });
}

async function readOn(tx: Tx, books: Books, known: Known): Promise<Known> {
  let { seq } = known;
  const list = [...known.list];
  while (seq < books.state.events) {
    const rows = await tx.events({ program: books.id, after: seq, limit: PAGE });
    for (const row of rows) list.push(...exclusionsOf(row));
    seq = rows.at(-1)?.seq ?? books.state.events;
  }
  return { ...known, seq, list };
}

function exclusionsOf({ seq, kind, payload }: EventRow): Exclusion[] {
  if (kind !== 'exclusion' && kind !== 'program') return [];
  const event = decodeEvent(payload);
  if (event.kind === 'exclusion') return [{ seq, add: event.add, remove: event.remove }];
  return event.kind === 'program' ? [{ seq, add: event.definition.excluded, remove: [] }] : [];
}
