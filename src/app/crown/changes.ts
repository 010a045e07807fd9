import type { Books } from '../../core/books.ts';
import { invariant } from '../../core/errors.ts';
import { formatRational, parseRational } from '../../core/money/rational.ts';
import { makeRound } from '../../core/scoring/crown/round.ts';
import type { BooksCache } from '../load-books.ts';
import type { EventRow, Store, Tx } from '../ports.ts';
import type { KeptMarket, KeptMarkets } from './kept-markets.ts';
import { type CrownInterval, crownIntervals } from './read.ts';
import { crownScoringOf, scoringAt } from './rounds.ts';

export type CrownStand = Pick<CrownInterval, 'best' | 'holders'>;

/** Lanes in which somebody else holds, or with other shares, or at another best rate than before. */
export interface CrownChange {
  /** From this second on. */
  readonly at: number;
  /** Whoever was told of this one has been told of all that events up to here brought. */
  readonly seq: number;
  /** The past was revised (a fact came late or was taken back, rules or exclusions changed): only how it stands now is said. */
  readonly revised: boolean;
  /** `before`: null where what was told lies further back than facts are kept. */
  readonly lanes: readonly (CrownStand & { readonly lane: string; readonly before: CrownStand | null })[];
}

/** Events that are looked at together. */
const PAGE = 1000;

/**
 * Changes of who holds that events after `after` brought, in order of time; and `seq`, up to which event that is all: less than the
 * newest one while there is more to look at. Told is how every lane stands at the newest second that is known up to an event, by the
 * log up to there; what differs from that is a change. So changes are the same wherever they are taken up, but that several within
 * one second may be told as one. What lies further back than facts are kept is passed over, and how it stands
 * after that told.
 */
export async function readCrownChanges(
  store: Store,
  { cache, markets, program }: { readonly cache: BooksCache; readonly markets: KeptMarkets; readonly program: string },
  after: number,
): Promise<{ readonly changes: readonly CrownChange[]; readonly seq: number }> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    crownScoringOf(books);
    const rows = await tx.events({ program: books.id, after, limit: PAGE });
    const newest = rows.length < PAGE ? books.state.events : rows.at(-1)!.seq;
    const items = rows.filter(matters);
    if (items.length === 0) return { changes: [], seq: newest };
    let kept = await markets.of(tx, books, Infinity);
    // Whoever comes from far back goes through all of it.
    if (kept.facts.newestAt(after) === null) kept = await markets.of(tx, books, -1);
    const start = kept.facts.newestAt(after);
    if (start === null) return passedOver(tx, books, kept);
    const { page, revised } = pageOf(items, start);
    const seq = page.length < items.length ? page.at(-1)!.seq : newest;
    const end = page.reduce((most, { at }) => Math.max(most, at ?? 0), start);
    const told = start < 0 ? [] : await stretchOf(tx, books, { from: start, to: start, seq: after, kept });
    const now = await stretchOf(tx, books, { from: start < 0 ? page[0]!.at! : start, to: end, seq, kept });
    const seqAt = (at: number): number => page.findLast((one) => one.at !== null && one.at <= at)?.seq ?? seq;
    const changes = [...changesOf(told, now, revised ? end : null)]
      .sort(([a], [b]) => a - b)
      .map(([at, lanes]): CrownChange => ({ at, seq: revised ? seq : seqAt(at), revised, lanes }));
    return { changes, seq };
  });
}

async function passedOver(tx: Tx, books: Books, kept: KeptMarket): ReturnType<typeof readCrownChanges> {
  const seq = kept.facts.beginning;
  const at = kept.facts.newestAt(seq)!;
  const stands = await stretchOf(tx, books, { from: at, to: at, seq, kept });
  const lanes = stands.map(({ lane, best, holders }) => ({ lane, best, holders, before: null }));
  return { changes: [{ at, seq, revised: true, lanes }], seq };
}

const matters = ({ at, kind }: EventRow): boolean =>
  kind === 'rules' || kind === 'exclusion' || (at !== null && kind !== 'outcome' && kind !== 'cleared');

/** The beginning of a list in which time goes on, or in which nothing but the past is revised. */
function pageOf(
  rows: readonly EventRow[],
  start: number,
): { readonly page: readonly EventRow[]; readonly revised: boolean } {
  let newest = start;
  const revises = ({ at, kind }: EventRow): boolean => at === null || at < newest || kind === 'retracted';
  const revised = revises(rows[0]!);
  const end = rows.findIndex((row) => {
    if (revises(row) !== revised) return true;
    newest = Math.max(newest, row.at ?? 0);
    return false;
  });
  return { page: end < 0 ? rows : rows.slice(0, end), revised };
}

/** By second, what changed then. `only`: how it stands at the end is compared, and said of this second. */
function changesOf(
  told: readonly CrownInterval[],
  now: readonly CrownInterval[],
  only: number | null,
): Map<number, CrownChange['lanes'][number][]> {
  const stands = new Map<string, CrownStand>(told.map((one) => [one.lane, one]));
  const changes = new Map<number, CrownChange['lanes'][number][]>();
  for (const [i, { lane, start, best, holders }] of now.entries()) {
    if (only !== null && now[i + 1]?.lane === lane) continue;
    const before = stands.get(lane) ?? { best: null, holders: [] };
    if (textOf(before) === textOf({ best, holders })) continue;
    const at = only ?? start;
    changes.set(at, [...(changes.get(at) ?? []), { lane, best, holders, before: { best: before.best, holders: before.holders } }]); // prettier-ignore
    stands.set(lane, { best, holders });
  }
  return changes;
}

/** The same for equal ones, however their rates were written. */
const textOf = ({ best, holders }: CrownStand): string =>
  JSON.stringify([
    best === null ? null : formatRational(parseRational(best)!),
    holders.map(({ account, share }) => [account, formatRational(share)]),
  ]);

/** The intervals from one second to another, both included, by the log, the rules and the exclusions that there were up to `seq`. */
async function stretchOf(
  tx: Tx,
  books: Books,
  { from, to, seq, kept }: Readonly<Record<'from' | 'to' | 'seq', number>> & { readonly kept: KeptMarket },
): Promise<CrownInterval[]> {
  const window = { start: from, end: to + 1 };
  const wanted = { start: from, until: to + 1, seq };
  const facts = kept.facts.from(wanted);
  invariant(facts !== null, 'crown.facts-kept', { seq: String(seq) });
  const scoring = await scoringAt(tx, books, seq);
  const excluded = await kept.exclusions.at(tx, books, seq);
  return [...crownIntervals({ round: makeRound({ ...facts, scoring, window, excluded }) })];
}
