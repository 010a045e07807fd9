import type { Books } from '../core/books.ts';
import { decodeEvent } from '../core/events/encode.ts';
import type { ProgramCreated } from '../core/events/event.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { compareBytes } from '../core/bytes.ts';
import { crownOf } from '../core/scoring/crown/accrue.ts';
import type { PeriodRecord } from '../core/state.ts';
import { crownScoringOf } from './crown/rounds.ts';
import { Discard } from './discard.ts';
import type { BooksCache } from './load-books.ts';
import type { Checkpoint, EventRow, Pruning, Store, Tx } from './ports.ts';
import { applyRecorded, booksAtCreation, closeRecorded, goOnFrom, openRecorded, type RecordedStep } from './replay.ts';
import { fundedBy } from './verify.ts';

export interface PruneOptions {
  /** Second: nothing from here on is taken out. */
  readonly before: number;
  /** Do everything and write nothing. */
  readonly dryRun?: boolean;
}

export interface PruneSummary {
  /** What was (or, in a dry run, would be) taken out; `null`: nothing, for the reason given. */
  readonly pruned: Pick<Pruning, 'first' | 'last' | 'events' | 'at'> | null;
  readonly reason: string | null;
}

const PAGE = 2000;

/**
 * Takes old events of a crown program out of the log, behind a checkpoint: the newest one at or before `before` at whose
 * second a round begins that is kept. Every round from there on gives the same bytes as before. What goes is the longest
 * beginning of the log that the checkpoint holds and that lies before it; the first event, the program, stays. Facts at or
 * before the checkpoint that were logged after it stay as they are, and count for nothing.
 *
 * Throws InvalidInputError `model-differs` for a program that does not score by crown.
 */
export async function prune(
  store: Store,
  cache: BooksCache,
  program: string,
  { before, dryRun = false }: PruneOptions,
): Promise<PruneSummary> {
  let summary: PruneSummary = { pruned: null, reason: null };
  try {
    await store.transact('write', async (tx) => {
      const books = await cache.load(tx, program);
      crownScoringOf(books);
      const checkpoint = await checkpointFor(tx, books, before);
      if (checkpoint === null) {
        summary = { pruned: null, reason: 'no round that is kept begins at a checkpoint at or before that instant' };
        return;
      }
      const pruning = await pruningOf(tx, books, checkpoint);
      if (pruning === null) {
        summary = { pruned: null, reason: 'the log begins with what that checkpoint does not hold' };
        return;
      }
      const { first, last, events, at } = pruning;
      summary = { pruned: { first, last, events, at }, reason: null };
      books.state.crown = { ...crownOf(books), checkpoint: at };
      books.state.version += 1;
      await tx.write(books.id, { ...books.takeChanges(), pruning });
      if (dryRun) throw new Discard(summary);
    });
  } catch (error) {
    cache.forget();
    if (!(error instanceof Discard)) throw error;
  }
  return summary;
}

async function checkpointFor(tx: Tx, books: Books, before: number): Promise<Omit<Checkpoint, 'fold'> | null> {
  const periods = await tx.periods(books.id);
  const { checkpoint } = crownOf(books);
  const open = books.state.window;
  const ends = new Set(periods.filter(({ crown }) => crown !== undefined).map(({ boundary }) => boundary));
  const isUsable = ({ at, seq }: Omit<Checkpoint, 'fold'>): boolean => {
    const next = periods.find(({ start }) => start === at);
    const known = next === undefined || seq <= next.eventsAtOpening;
    return at <= before && at > (checkpoint ?? -1) && ends.has(at) && known && (open === null || at <= open.start);
  };
  return (await tx.checkpoints(books.id)).findLast(isUsable) ?? null;
}

async function pruningOf(tx: Tx, books: Books, { at, seq }: Omit<Checkpoint, 'fold'>): Promise<Pruning | null> {
  const earlier = (await tx.prunings(books.id)).at(-1);
  const made = await Made.from(tx, books, earlier);
  let last: EventRow | null = null;
  let [events, time] = [0, earlier?.time ?? 0];
  const first = (earlier?.last ?? 1) + 1;
  for await (const row of rowsFrom(tx, books.id, first - 1)) {
    if (row.seq > seq || !isBehind(row, at)) break;
    made.take(row);
    last = row;
    events += 1;
    time = Math.max(time, row.time);
  }
  if (last === null) return null;
  return { first, last: last.seq, events, at, head: last.hash, time, ...made.result() };
}

/**
 * What may go behind second `at` must never come in again, although its key is forgotten: facts up to `at` are refused from
 * then on, and so are other events before it (`period-closed`).
 */
function isBehind({ at: second, time }: EventRow, at: number): boolean {
  return second === null ? time < at * 1000 : second <= at;
}

async function* rowsFrom(tx: Tx, program: number, from: number): AsyncGenerator<EventRow> {
  for (let after = from; ;) {
    const rows = await tx.events({ program, after, limit: PAGE });
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.seq;
  }
}

/** What the log and the steps between its events have made of the settings, event by event. */
class Made {
  readonly #books: Books;
  readonly #steps: readonly RecordedStep[];
  readonly #excluded: Set<string>;
  readonly #funding: Map<string, bigint>;
  #next = 0;
  #periods: number;

  private constructor(
    books: Books,
    steps: readonly RecordedStep[],
    {
      excluded,
      funding,
      periods,
      next,
    }: { excluded: Iterable<string>; funding: Iterable<readonly [string, bigint]>; periods: number; next: number },
  ) {
    this.#books = books;
    this.#steps = steps;
    this.#excluded = new Set(excluded);
    this.#funding = new Map(funding);
    this.#periods = periods;
    this.#next = next;
  }

  static async from(tx: Tx, stored: Books, earlier: Pruning | undefined): Promise<Made> {
    const [row] = await tx.events({ program: stored.id, after: 0, limit: 1 });
    const created = decodeEvent(row!.payload) as ProgramCreated;
    const books = booksAtCreation(stored, created, () => false);
    const steps: RecordedStep[] = [];
    for (const record of await tx.periods(stored.id)) {
      for (const step of await tx.steps(stored.id, record.period))
        steps.push({ step, record, total: null, shares: false });
    }
    if (earlier !== undefined) {
      const next = goOnFrom(books, earlier, steps, new Set());
      return new Made(books, steps, { ...earlier, next });
    }
    const { excluded } = created.definition;
    return new Made(books, steps, { excluded, funding: fundedBy(created), periods: 0, next: 0 });
  }

  take({ seq, payload }: EventRow): void {
    for (; this.#next < this.#steps.length && this.#steps[this.#next]!.step.events < seq; this.#next += 1) {
      this.#step(this.#steps[this.#next]!);
    }
    const event = decodeEvent(payload);
    for (const [to, amount] of fundedBy(event)) this.#funding.set(to, (this.#funding.get(to) ?? 0n) + amount);
    if (event.kind === 'exclusion') {
      for (const name of event.add) this.#excluded.add(name);
      for (const name of event.remove) this.#excluded.delete(name);
    } else applyRecorded(this.#books, event, accountMatcher(this.#books.rules), () => false);
  }

  #step({ step, record }: RecordedStep): void {
    if (step.phase === 'opening') {
      openRecorded(this.#books, record);
      this.#periods += 1;
    }
    if (isLast(record, step.step)) closeRecorded(this.#books);
  }

  result(): Pick<Pruning, 'rules' | 'schedule' | 'paused' | 'excluded' | 'funding' | 'periods'> {
    const { rules, schedule, state } = this.#books;
    return {
      rules,
      schedule,
      paused: state.paused?.reason ?? null,
      excluded: [...this.#excluded].sort(compareBytes),
      funding: [...this.#funding].sort(([a], [b]) => compareBytes(a, b)),
      periods: this.#periods,
    };
  }
}

const isLast = (record: PeriodRecord, step: number): boolean => record.status === 'settled' && step === record.steps;
