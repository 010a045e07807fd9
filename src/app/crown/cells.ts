import { compareBytes } from '../../core/bytes.ts';
import { InvalidInputError, NotFoundError } from '../../core/errors.ts';
import type { Rational } from '../../core/money/rational.ts';
import { type CellsHeld, CellSums, TooManyCells } from '../../core/scoring/crown/cells.ts';
import type { Test } from '../../core/scoring/crown/lane-state.ts';
import { momentOf, type Stand } from '../../core/scoring/crown/moment.ts';
import { crownModelOf, type CrownScoring } from '../../core/scoring/crown/scoring.ts';
import { formatInstant } from '../../core/time/instant.ts';
import { breathe } from '../breathe.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';
import { periodUnknown } from '../read.ts';
import { newestEvents } from './fact-links.ts';
import type { KeptMarkets } from './kept-markets.ts';
import type { KeptRounds, KnownTime, RoundPart } from './kept-rounds.ts';
import { crownScoringOf } from './rounds.ts';

export const cellsMost = 10_000;
/** Participants of an answer: those who held longest. */
const participantsMost = 256;
/** Runs of an answer, and looks at a holder in a cell on the way to it. */
const limits = { runs: 2_560_000, visits: 10_000_000 };
/** Stretches between two turns of whoever else waits. */
const atOnce = 500;

export interface LaneView {
  readonly lane: string;
  readonly higherWins: boolean;
}

/** What is kept between questions, and which program is asked about. */
interface Kept {
  readonly cache: BooksCache;
  readonly rounds: KeptRounds;
  readonly program: string;
}

export interface CellsQuery {
  /** Default: the first. */
  readonly lane?: string;
  /** A period, or a stretch of seconds [from, to); what is not given of that is the edge of what is known. */
  readonly period?: number;
  readonly from?: number;
  readonly to?: number;
  /** Cells, 1 to 10,000; no cell is shorter than a second. */
  readonly cells?: number;
  /** Instead: a cell a block, of the blocks that begin in the stretch. */
  readonly perBlock?: boolean;
  /** Shown whatever it held. */
  readonly account?: string;
}

export interface CellsView extends CellsHeld {
  readonly lane: string;
  readonly lanes: readonly LaneView[];
  readonly from: number;
  readonly to: number;
  readonly cells: number;
  /** With `perBlock`: the block of the first cell. */
  readonly firstBlock: number | null;
  readonly blockSeconds: number | null;
  /** `null`: nothing is known yet. */
  readonly known: KnownTime | null;
  /** The newest event that was read. */
  readonly seq: number;
}

/**
 * Who held how long in each cell of a stretch: each period as it was, or would be, scored. Cells beyond what is known are empty.
 * Throws NotFoundError `period-unknown`, `period-pruned`, InvalidInputError `model-differs`, `lane-unknown`, `stretch-empty`,
 * `block-without-axis`, `cells-too-many`.
 */
export async function readCrownCells(
  store: Store,
  { cache, rounds, program }: Kept,
  query: CellsQuery = {},
): Promise<CellsView> {
  const { parts, ...view } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const scoring = crownScoringOf(books);
    const { lane, lanes } = laneIn(scoring, query.lane);
    const known = await rounds.known(tx, books);
    const stretch = query.period === undefined ? stretchIn(query, known) : await periodIn(query.period);
    const axis = query.perBlock === true ? blockAxis(scoring, stretch) : plainAxis(stretch, query.cells ?? 1000);
    const parts = known === null ? [] : await rounds.parts(tx, books, cut(axis, known));
    const ours = query.period === undefined ? parts : parts.filter(({ period }) => period === query.period);
    return { lane, lanes, known, ...axis, seq: books.state.events, parts: ours };

    async function periodIn(period: number): Promise<KnownTime> {
      const records = await tx.periods(books.id);
      const record = records.find((one) => one.period === period);
      if (record === undefined && period !== books.state.nextPeriod)
        throw periodUnknown(period, [...records.map((one) => one.period), books.state.nextPeriod]);
      const start = record?.start ?? books.state.periodStart;
      const { checkpoint = null } = books.state.crown ?? {};
      if (checkpoint !== null && start < checkpoint) throw periodPruned(period, checkpoint);
      const from = start === 0 ? (known?.from ?? 0) : start;
      return { from, to: record?.boundary ?? Math.max(from + 1, books.second) };
    }
  });
  const sums = new CellSums({ from: view.from, to: view.to, count: view.cells }, limits);
  try {
    let turns = 0;
    for (const { round, window } of parts) {
      const walk = round.lanes.find(({ name }) => name === view.lane)?.walk;
      if (walk === undefined) continue;
      for (const _ of sums.add({ ...walk, window })) if ((turns += 1) % atOnce === 0) await breathe();
    }
    const always = query.account === undefined ? [] : [query.account];
    return { ...view, ...sums.done({ most: participantsMost, always }) };
  } catch (error) {
    if (error instanceof TooManyCells) throw tooMany(view.cells);
    throw error;
  }
}

const cut = (stretch: KnownTime, known: KnownTime): KnownTime => ({
  from: Math.max(stretch.from, known.from),
  to: Math.min(stretch.to, known.to),
});

function stretchIn({ from, to }: CellsQuery, known: KnownTime | null): KnownTime {
  const start = from ?? known?.from ?? 0;
  // Of what is known only at one instant a second is shown.
  const end = to ?? Math.max(known?.to ?? 1, (known?.from ?? 0) + 1);
  if (start < end) return { from: start, to: end };
  const [found, until] = [formatInstant(start * 1000), formatInstant(end * 1000)];
  throw new InvalidInputError(
    'stretch-empty',
    `Found ${found} to ${until}; accepted: a stretch that ends after its beginning.`,
  );
}

interface Axis extends KnownTime {
  readonly cells: number;
  readonly firstBlock: number | null;
  readonly blockSeconds: number | null;
}

const plainAxis = ({ from, to }: KnownTime, cells: number): Axis => ({
  from,
  to,
  cells: Math.min(cells, to - from),
  firstBlock: null,
  blockSeconds: null,
});

function blockAxis({ block }: CrownScoring, { from, to }: KnownTime): Axis {
  if (block === null) {
    const message = 'Found per=block, in a program without a block axis; accepted: cells.';
    throw new InvalidInputError('block-without-axis', message, { field: 'per' });
  }
  const { zero, seconds } = block;
  const first = Math.ceil((from - zero) / seconds);
  const cells = Math.ceil((to - zero) / seconds) - first;
  if (cells > cellsMost) throw tooMany(cells);
  if (cells === 0) {
    const message = `Found a stretch in which no block begins; accepted: one of ${seconds} seconds or more.`;
    throw new InvalidInputError('stretch-empty', message);
  }
  const start = zero + first * seconds;
  return { from: start, to: start + cells * seconds, cells, firstBlock: first, blockSeconds: seconds };
}

const tooMany = (cells: number): InvalidInputError =>
  new InvalidInputError(
    'cells-too-many',
    `Found ${cells} cells with more in them than is told at once; accepted: at most ${cellsMost} cells and ${limits.runs} runs: fewer cells, or a shorter stretch.`,
    { cells: String(cells) },
  );

function periodPruned(period: number, checkpoint: number): NotFoundError {
  const since = formatInstant(checkpoint * 1000);
  return new NotFoundError('period-pruned', `Period ${period} lies before ${since}, up to where the log was pruned.`, {
    since,
  });
}

function laneIn(scoring: CrownScoring, wanted: string | undefined) {
  const lanes = crownModelOf(scoring).lanes.map(({ name, lane: { higherWins } }) => ({ lane: name, higherWins }));
  const lane = wanted ?? lanes[0]!.lane;
  if (lanes.some((one) => one.lane === lane)) return { lane, lanes };
  const known = lanes.map((one) => one.lane).join(', ');
  throw new InvalidInputError('lane-unknown', `Found lane ${JSON.stringify(lane)}; accepted: ${known}.`, {
    field: 'lane',
    found: lane,
  });
}

export interface MomentQuery {
  readonly lane?: string;
  /** A second; default: the newest. */
  readonly at?: number;
  /** Rows of each list. */
  readonly limit: number;
  /** Shown whatever came of it. */
  readonly account?: string;
}

export interface StandView {
  readonly account: string;
  readonly quote: string | null;
  /** The newest event about what failed, or of the quote; `null`: it lies further back than facts are kept. */
  readonly event: number | null;
}

export interface MomentView {
  readonly lane: string;
  readonly lanes: readonly LaneView[];
  readonly at: number;
  readonly period: number;
  readonly status: RoundPart['status'];
  readonly known: KnownTime;
  readonly best: string | null;
  readonly holders: readonly (StandView & { readonly share: Rational })[];
  /** By nearness: who is outbid by its quote, the best first, then the others in the order of the tests, the last first. */
  readonly passedOver: readonly (StandView & { readonly why: Test | 'excluded' })[];
  /** How many of all, also of those that are not listed. */
  readonly counts: Readonly<Record<string, number>>;
  readonly seq: number;
}

/**
 * A lane at an instant: who holds, and of everybody else why not. Throws NotFoundError `instant-unknown` where nothing is known of
 * it, InvalidInputError `model-differs`, `lane-unknown`.
 */
export async function readCrownMoment(
  store: Store,
  { cache, rounds, markets, program }: Kept & { readonly markets: KeptMarkets },
  query: MomentQuery,
): Promise<MomentView> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const { lane, lanes } = laneIn(crownScoringOf(books), query.lane);
    const known = await rounds.known(tx, books);
    const at = query.at ?? known?.to ?? 0;
    const part =
      known === null || at < known.from || at > known.to
        ? undefined
        : (await rounds.parts(tx, books, { from: at, to: at + 1 })).at(-1);
    const walk = part?.round.lanes.find(({ name }) => name === lane)?.walk;
    if (part === undefined || walk === undefined || known === null) throw instantUnknown(at, known);
    const { log } = walk;
    const moment = momentOf(walk, at);
    const nameOf = ({ who }: Stand): string => log.participants[who]!;
    const first = <T extends { readonly account: string }>(rows: readonly T[]): T[] => [
      ...rows.slice(0, query.limit),
      ...rows.slice(query.limit).filter(({ account }) => account === query.account),
    ];
    const holders = moment.holders
      .map(({ who, share }) => ({ account: log.participants[who]!, quote: moment.stands[who]!.quote, share }))
      .sort((a, b) => compareBytes(a.account, b.account));
    const passed = moment.stands.flatMap((stand) => {
      const { failed, rank, quote } = stand;
      if (failed === null) return [];
      const account = nameOf(stand);
      const why = failed === 'not-eligible' && part.excluded.has(account) ? ('excluded' as const) : failed;
      return [{ account, quote, why, rank }];
    });
    const nearness = ['outbid', 'not-fundable', 'not-routable', 'busy', 'no-quote', 'not-active', 'not-eligible'];
    passed.sort(
      (a, b) =>
        b.rank - a.rank || nearness.indexOf(a.why) - nearness.indexOf(b.why) || compareBytes(a.account, b.account),
    );
    const [shownHolders, shownPassed] = [first(holders), first(passed)];
    const asked = [...shownHolders.map(({ account }) => ({ account, why: null })), ...shownPassed];
    const { facts } = await markets.of(tx, books, at);
    const events = newestEvents(facts.back({ at, seq: part.seq }), asked, walk.lane);
    const eventOf = (account: string): number | null => events.get(account) ?? null;
    const counts: Record<string, number> = { holders: holders.length };
    for (const { why } of passed) counts[why] = (counts[why] ?? 0) + 1;
    return {
      lane,
      lanes,
      at,
      period: part.period,
      status: part.status,
      known,
      best: moment.best,
      holders: shownHolders.map(({ account, quote, share }) => ({ account, quote, event: eventOf(account), share })),
      passedOver: shownPassed.map(({ account, quote, why }) => ({ account, quote, event: eventOf(account), why })),
      counts,
      seq: books.state.events,
    };
  });
}

function instantUnknown(at: number, known: KnownTime | null): NotFoundError {
  const accepted =
    known === null
      ? 'nothing yet, since there are no facts'
      : `${formatInstant(known.from * 1000)} to ${formatInstant(known.to * 1000)}`;
  return new NotFoundError('instant-unknown', `Found ${formatInstant(at * 1000)}; known is ${accepted}.`);
}
