import type { Books } from '../../core/books.ts';
import { decodeEvent } from '../../core/events/encode.ts';
import type { CrownFact } from '../../core/events/event.ts';
import type { OpenSwaps } from '../../core/scoring/crown/accrue.ts';
import { canonical, CrownFold, type LoggedFact } from '../../core/scoring/crown/fold.ts';
import type { EventRow, Tx } from '../ports.ts';

const PAGE = 5000;

/** A state and the facts after it, in canonical order: what a window needs to be replayed. */
export interface FactsFrom {
  /** As it is at second `at`, facts of that second included. */
  readonly fold: CrownFold;
  readonly at: number;
  readonly facts: readonly LoggedFact[];
}

/**
 * What the log up to `seq` says until second `until` (inclusive): the newest checkpoint at or before `start`, folded on
 * to `start`, and the facts after that. The result is the same from any checkpoint; without one everything is folded.
 */
export async function factsFrom(
  tx: Tx,
  books: Books,
  { start, until, seq }: { readonly start: number; readonly until: number; readonly seq: number },
): Promise<FactsFrom> {
  const usable = (await tx.checkpoints(books.id)).findLast((one) => one.at <= start && one.seq <= seq);
  const begun = usable === undefined ? null : await tx.checkpoint(books.id, usable.at);
  const fold = begun === null ? new CrownFold() : CrownFold.fromJson(begun.fold);
  const after = { at: begun?.at ?? -1, seq: Number.MAX_SAFE_INTEGER };
  const facts = canonical(await factsAfter(tx, books.id, { after, until, seq }));
  const next = facts.findIndex(({ at }) => at > start);
  const before = next < 0 ? facts : facts.slice(0, next);
  for (const fact of before) fold.apply(fact);
  return { fold, at: start, facts: next < 0 ? [] : facts.slice(next) };
}

/** Facts after a place up to second `until`, of the log up to `seq`, as they lie; retractions among them. */
export async function factsAfter(
  tx: Tx,
  program: number,
  { after, until, seq }: { after: { at: number; seq: number }; until: number; seq: number },
): Promise<LoggedFact[]> {
  const facts: LoggedFact[] = [];
  for (let place = after; ;) {
    const rows = await tx.facts({ program, after: place, until, limit: PAGE });
    for (const row of rows) if (row.seq <= seq) facts.push(factOf(row));
    if (rows.length < PAGE) return facts;
    const last = rows.at(-1)!;
    place = { at: last.at!, seq: last.seq };
  }
}

/** The fact of a row that has one. */
export const factOf = ({ seq, key, at, payload }: EventRow): LoggedFact => ({
  seq,
  key,
  at: at!,
  fact: decodeEvent(payload) as CrownFact,
});

/** The keys of the facts of these seconds that were taken back. */
export async function retractedAmong(tx: Tx, program: number, seconds: Iterable<number>): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const second of seconds) {
    const after = { at: second - 1, seq: Number.MAX_SAFE_INTEGER };
    for (const { fact } of await factsAfter(tx, program, { after, until: second, seq: Number.MAX_SAFE_INTEGER }))
      if (fact.kind === 'retracted') keys.add(fact.event);
  }
  return keys;
}

/** How many swaps everybody has open by all that was logged. */
export async function readOpenSwaps(tx: Tx, books: Books): Promise<OpenSwaps> {
  const { state } = books;
  const ever = Number.MAX_SAFE_INTEGER;
  const { fold } = await factsFrom(tx, books, { start: ever, until: ever, seq: state.events });
  return new Map(fold.toJson().accounts.flatMap(({ name, open }) => (open === 0 ? [] : [[name, BigInt(open)]])));
}
