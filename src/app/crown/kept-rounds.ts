import type { Books } from '../../core/books.ts';
import { crownOf } from '../../core/scoring/crown/accrue.ts';
import { type CrownRound, makeRound } from '../../core/scoring/crown/round.ts';
import type { Window } from '../../core/scoring/crown/walk.ts';
import type { PeriodRecord } from '../../core/state.ts';
import type { Tx } from '../ports.ts';
import { FactsChain, factsTooMany } from './facts-chain.ts';
import type { KeptMarkets } from './kept-markets.ts';
import { scoringAt } from './rounds.ts';

/** Facts of all rounds that are kept, and of those that are asked for at once, at most; some 40 bytes each. */
const keptMost = 2_000_000;

/** A round as it is kept. */
export interface KeptRound {
  /** Of the one that runs only from `since` on, seconds. */
  readonly round: CrownRound;
  readonly since: number;
  /** `null`: the running one has no record yet. */
  readonly record: PeriodRecord | null;
  readonly period: number;
  readonly status: 'settled' | 'open' | 'running';
  readonly excluded: ReadonlySet<string>;
  /** The log was read up to this event. */
  readonly seq: number;
}

/** A part of a round: the round as it was, or would be, scored, and which of its seconds. */
export interface RoundPart extends KeptRound {
  readonly window: Window;
}

/** Seconds of which it is known who held: from the first fact, or where the log was pruned, up to the newest one. */
export interface KnownTime {
  readonly from: number;
  readonly to: number;
}

/**
 * Rounds as they are read for looking at: whoever looks at a stretch of time looks at its neighbours next, and at the same again.
 * A settled round never changes; one that is open or runs is made anew when anything in the program has changed, out of facts that
 * are kept, and the one that runs no further back than somebody looks.
 */
export class KeptRounds {
  readonly #markets: KeptMarkets;
  readonly #most: number;
  readonly #rounds = new Map<string, { readonly version: number; readonly kept: KeptRound }>();

  constructor(markets: KeptMarkets, most = keptMost) {
    this.#markets = markets;
    this.#most = most;
  }

  /**
   * The rounds that lie in `[from, to)`, cut to what is known of it, in order of time; none where nothing is. Throws ConflictError
   * `facts-too-many`.
   */
  async parts(tx: Tx, books: Books, { from, to }: KnownTime): Promise<RoundPart[]> {
    const parts: RoundPart[] = [];
    const chain = new FactsChain(this.#most);
    let facts = 0;
    for (const { start, end, record } of await this.#windows(tx, books)) {
      const window = { start: Math.max(start, from), end: Math.min(end, to) };
      if (window.start >= window.end) continue;
      const kept = await this.#round(tx, books, { start, end, from: window.start }, { record, chain });
      facts += kept.round.log.length;
      if (facts > this.#most) throw factsTooMany(this.#most);
      parts.push({ ...kept, window });
    }
    return parts;
  }

  /** `null`: nothing is known yet. */
  async known(tx: Tx, books: Books): Promise<KnownTime | null> {
    const { checkpoint } = crownOf(books);
    const query = { program: books.id, after: { at: -1, seq: 0 }, until: Number.MAX_SAFE_INTEGER, limit: 1 };
    const from = checkpoint ?? (await tx.facts(query))[0]?.at ?? null;
    return from === null ? null : { from, to: Math.max(from, books.second) };
  }

  /** Every period from where the log was pruned on, and the time after the newest one up to and with the newest second. */
  async #windows(tx: Tx, books: Books): Promise<(Window & { readonly record: PeriodRecord | null })[]> {
    const checkpoint = crownOf(books).checkpoint ?? 0;
    const records = (await tx.periods(books.id)).filter(({ start }) => start >= checkpoint);
    const running = { start: books.state.periodStart, end: books.second + 1, record: null };
    return [...records.map((record) => ({ start: record.start, end: record.boundary, record })), running];
  }

  async #round(
    tx: Tx,
    books: Books,
    { start, end, from }: Window & { readonly from: number },
    { record, chain }: { readonly record: PeriodRecord | null; readonly chain: FactsChain },
  ): Promise<KeptRound> {
    const { version } = books.state;
    const period = record?.period ?? books.state.nextPeriod;
    const key = `${books.id}/${period}`;
    const known = this.#rounds.get(key);
    if (
      known !== undefined &&
      known.kept.since <= from &&
      (known.version === version || known.kept.status === 'settled')
    ) {
      this.#keep(key, known);
      return known.kept;
    }
    const seq = record?.countsTo ?? record?.eventsAtOpening ?? books.state.events;
    const scoring = await scoringAt(tx, books, seq);
    const excluded = record?.crown?.excluded ?? (await tx.excludedAccounts(books.id));
    const { facts } = await this.#markets.of(tx, books, record === null ? from : start);
    const since = record === null ? Math.max(start, facts.stateBefore(from) ?? start) : start;
    const wanted = { start: since, until: end, seq };
    const read = facts.from(wanted) ?? (await chain.from(tx, books, wanted));
    const round = makeRound({ ...read, scoring, window: { start: since, end }, excluded });
    const status = record?.status ?? 'running';
    const kept: KeptRound = { round, since, record, period, status, excluded: new Set(excluded), seq };
    this.#keep(key, { version, kept });
    return kept;
  }

  #keep(key: string, round: { readonly version: number; readonly kept: KeptRound }): void {
    this.#rounds.delete(key);
    this.#rounds.set(key, round);
    let facts = 0;
    for (const { kept } of this.#rounds.values()) facts += kept.round.log.length;
    for (const [oldest, { kept }] of this.#rounds) {
      if (facts <= this.#most || oldest === key) break;
      this.#rounds.delete(oldest);
      facts -= kept.round.log.length;
    }
  }
}
