import type { Books } from '../../core/books.ts';
import { crownOf } from '../../core/scoring/crown/accrue.ts';
import {
  canonical,
  compareFacts,
  CrownFold,
  type CrownFoldJson,
  type LoggedFact,
} from '../../core/scoring/crown/fold.ts';
import { breathe } from '../breathe.ts';
import type { EventRow, Tx } from '../ports.ts';
import { factOf, type FactsFrom } from './facts.ts';

const PAGE = 5000;

/** A state on the way: `next` is the place of the first fact after it, `seq` the newest event that it has. */
interface Waypoint {
  readonly next: number;
  readonly at: number;
  readonly seq: number;
  readonly fold: CrownFoldJson;
}

export interface KeptFactsOptions {
  /** Facts kept, some 300 bytes each; of more the older half becomes a state. */
  readonly most: number;
  /** Facts between two states on the way. */
  readonly stride: number;
}

/**
 * The facts of a market from a checkpoint on, read once and kept, with states on the way: a window is replayed from the nearest one,
 * and an event that is logged costs what it changes. They stay as they are: what is new makes others, since somebody may still be reading
 * from these, where transactions that read run beside each other. Outcomes and volumes are left out, so that neither parts of
 * the allocation nor conduct can be read from here.
 */
export class KeptFacts {
  readonly #options: KeptFactsOptions;
  /** Ascending in canonical order, retractions and what they take back included. */
  #facts: LoggedFact[] = [];
  /** The first is the beginning; none: nothing was read yet. */
  #waypoints: Waypoint[] = [];
  /** There is nothing before the beginning that could be read. */
  #isWhole = false;
  /** Up to this event the log was read. */
  #seq = 0;

  constructor(options: KeptFactsOptions) {
    this.#options = options;
  }

  /** Up to this event the state at the beginning was made; of no event before it is anything known here. */
  get beginning(): number {
    return this.#waypoints[0]!.seq;
  }

  get size(): number {
    return this.#facts.length;
  }

  /**
   * With what was logged since; and what lies before, if a window that begins at `from` needs it and all can be kept. Of more no
   * window before the beginning is known there.
   */
  async refreshed(tx: Tx, books: Books, from: number): Promise<KeptFacts> {
    const [beginning] = this.#waypoints;
    const { events } = books.state;
    const couldGoBack = !this.#isWhole && events <= this.#options.most;
    if (beginning === undefined || (beginning.at > from && couldGoBack)) return this.#anew(tx, books, from);
    if (this.#seq >= events) return this;
    const next = new KeptFacts(this.#options);
    next.#facts = this.#facts.slice();
    next.#waypoints = this.#waypoints;
    next.#isWhole = this.#isWhole;
    for (next.#seq = this.#seq; next.#seq < events;) {
      const rows = await tx.events({ program: books.id, after: next.#seq, limit: PAGE });
      // What has become a state cannot be taken apart again.
      if (rows.some(({ at }) => at !== null && at <= beginning.at)) return this.#anew(tx, books, from);
      next.#add(rows);
      next.#seq = rows.at(-1)?.seq ?? events;
    }
    return next;
  }

  /** From the newest checkpoint up to `from`, but the newest of all, in the order of time. */
  async #anew(tx: Tx, books: Books, from: number): Promise<KeptFacts> {
    const checkpoints = await tx.checkpoints(books.id);
    const usable = checkpoints.slice(0, -1).findLast((one) => one.at <= from);
    const isPruned = crownOf(books).checkpoint !== null;
    const found = usable ?? (isPruned ? checkpoints[0] : undefined);
    const { at, seq, fold } =
      found === undefined
        ? { at: -1, seq: 0, fold: new CrownFold().toJson() }
        : await tx.checkpoint(books.id, found.at);
    const next = new KeptFacts(this.#options);
    next.#isWhole = usable === undefined;
    next.#waypoints = [{ next: 0, at, seq, fold }];
    const until = Number.MAX_SAFE_INTEGER;
    for (let after = { at, seq: until }; ;) {
      const rows = await tx.facts({ program: books.id, after, until, limit: PAGE });
      next.#add(rows);
      if (rows.length < PAGE) break;
      const last = rows.at(-1)!;
      after = { at: last.at!, seq: last.seq };
      await breathe();
    }
    next.#seq = books.state.events;
    return next;
  }

  #add(rows: readonly EventRow[]): void {
    const fresh = rows
      .filter(({ at, kind }) => at !== null && kind !== 'outcome' && kind !== 'cleared')
      .map((row) => factOf(row));
    if (fresh.length === 0) return;
    const first = fresh.reduce((least, { at }) => Math.min(least, at), Infinity);
    const tail = [...this.#facts.splice(this.#placeOf(first)), ...fresh].sort(compareFacts);
    for (const fact of tail) this.#facts.push(fact);
    this.#waypoints = this.#waypoints.filter(({ at }, index) => index === 0 || at < first); // another list
    this.#addWaypoints();
    if (this.#facts.length > this.#options.most) this.#shorten();
  }

  /** The place of the first fact of second `at` or later. */
  #placeOf(at: number): number {
    let [low, high] = [0, this.#facts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#facts[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Between whole seconds, so that a retraction is there with what it takes back; never after the newest. */
  #addWaypoints(): void {
    for (;;) {
      const last = this.#waypoints.at(-1)!;
      const end = this.#facts[last.next + this.#options.stride]?.at;
      if (end === undefined) return;
      const next = this.#placeOf(end);
      const place = next > last.next ? next : this.#placeOf(end + 1);
      if (place === this.#facts.length) return;
      this.#waypoints.push(this.#waypointAt(last, place));
    }
  }

  #waypointAt(from: Waypoint, next: number): Waypoint {
    const fold = CrownFold.fromJson(from.fold);
    const facts = this.#facts.slice(from.next, next);
    for (const fact of canonical(facts)) fold.apply(fact);
    const seq = facts.reduce((most, fact) => Math.max(most, fact.seq), from.seq);
    return { next, at: this.#facts[next - 1]!.at, seq, fold: fold.toJson() };
  }

  #shorten(): void {
    const half = this.#waypoints.findLast(({ next }) => next <= this.#facts.length / 2)!;
    this.#facts = this.#facts.slice(half.next);
    this.#waypoints = this.#waypoints
      .filter(({ next }) => next >= half.next)
      .map((one) => ({ ...one, next: one.next - half.next }));
  }

  /** The second of the last state on the way at or before `at`; `null`: there is none. */
  stateBefore(at: number): number | null {
    return this.#waypoints.findLast((one) => one.at <= at)?.at ?? null;
  }

  /** As `factsFrom`; `null`: that lies before what is kept. */
  from({ start, until, seq }: Readonly<Record<'start' | 'until' | 'seq', number>>): FactsFrom | null {
    const waypoint = this.#waypoints.findLast((one) => one.at <= start && one.seq <= seq);
    if (waypoint === undefined) return null;
    const fold = CrownFold.fromJson(waypoint.fold);
    const facts = canonical(this.#facts.slice(waypoint.next, this.#placeOf(until + 1)).filter((one) => one.seq <= seq));
    const next = facts.findIndex(({ at }) => at > start);
    for (const fact of next < 0 ? facts : facts.slice(0, next)) fold.apply(fact);
    return { fold, at: start, facts: next < 0 ? [] : facts.slice(next) };
  }

  /** Facts up to second `at` of the log up to `seq`, the newest first, without those that were taken back; as far as they are kept. */
  *back({ at, seq }: Readonly<Record<'at' | 'seq', number>>): Generator<LoggedFact, undefined, undefined> {
    const retracted = new Set<string>();
    for (let place = this.#placeOf(at + 1) - 1; place >= 0; place -= 1) {
      const found = this.#facts[place]!;
      if (found.seq > seq) continue;
      if (found.fact.kind === 'retracted') retracted.add(found.fact.event);
      else if (!retracted.has(found.key)) yield found;
    }
    return undefined;
  }

  /** The newest second of the facts that were logged up to `seq`, or of the state at the beginning; `null`: `seq` lies before that. */
  newestAt(seq: number): number | null {
    const [beginning] = this.#waypoints;
    if (beginning === undefined || beginning.seq > seq) return null;
    for (let place = this.#facts.length - 1; place >= 0; place -= 1)
      if (this.#facts[place]!.seq <= seq) return this.#facts[place]!.at;
    return beginning.at;
  }
}
