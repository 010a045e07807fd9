import { compareBytes } from '../../core/bytes.ts';
import { invariant } from '../../core/errors.ts';
import { type Rational, zero } from '../../core/money/rational.ts';
import { scoreUnits, exactParts } from '../../core/scoring/crown/awards.ts';
import { type CellsHeld, CellSums } from '../../core/scoring/crown/cells.ts';
import { total } from '../../core/scoring/crown/credits.ts';
import { type Interval, intervals } from '../../core/scoring/crown/intervals.ts';
import { crownEventOf, type LoggedFact } from '../../core/scoring/crown/fold.ts';
import type { Test } from '../../core/scoring/crown/lane-state.ts';
import { reasons } from '../../core/scoring/crown/reasons.ts';
import { floorOf, nothing, type Part, plus, reduced } from '../../core/scoring/crown/round.ts';
import type { Payout, Posting } from '../../core/state.ts';
import type { BooksCache } from '../load-books.ts';
import { explainSharing, type SharingExplained } from '../explain-sharing.ts';
import type { Store } from '../ports.ts';
import { accountUnknown, type AsOf } from '../read.ts';
import { readShared } from '../sharing/share-window.ts';
import type { NewestRound } from './newest-round.ts';
import type { RoundQuery, RoundView } from './rounds.ts';

/** What an account earned in a round, exact; in lowest terms where denominators have at most 4,096 bits. */
export interface CrownScore {
  readonly account: string;
  /** Part of the whole allocation. */
  readonly part: Rational;
  /** The same in units of 10^-18, rounded down, as payouts show it. */
  readonly score: bigint;
  readonly lanes: readonly {
    readonly lane: string;
    /** Seconds held, shared; the same times capacity. */
    readonly held: Rational;
    readonly paid: Rational;
  }[];
}

/** A round for people: when, and by lane its part of the allocation. */
export interface CrownRoundView {
  readonly period: number | null;
  readonly status: RoundView['status'];
  readonly start: number;
  readonly end: number;
  readonly lanes: readonly { readonly lane: string; readonly pool: Rational; readonly higherWins: boolean }[];
}

/** Scores of a round, ascending by the bytes of the names; without those who earned nothing. */
export interface CrownScores extends CrownRoundView {
  readonly scores: readonly CrownScore[];
  readonly asOf: AsOf;
}

/** `[start, end)` of one lane: who held with which part, and the best rate; no holders and null where nobody did. */
export interface CrownInterval {
  readonly lane: string;
  readonly start: number;
  readonly end: number;
  readonly best: string | null;
  readonly holders: readonly { readonly account: string; readonly share: Rational }[];
}

/** What is kept between questions, and which program is asked about. */
interface Kept {
  readonly cache: BooksCache;
  readonly rounds: NewestRound;
  readonly program: string;
}

export async function readCrownScores(
  store: Store,
  { cache, rounds, program }: Kept,
  query: RoundQuery = {},
): Promise<CrownScores> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const view = await rounds.of(tx, books, query);
    const { events: seq, clock: time } = books.state;
    return { ...roundView(view), scores: scoresOf(view), asOf: { seq, time } };
  });
}

function roundView({ round, period, status }: RoundView): CrownRoundView {
  const lanes = round.lanes.map(({ name, pool, walk }) => ({ lane: name, pool, higherWins: walk.lane.higherWins }));
  return { period, status, start: round.window.start, end: round.window.end, lanes };
}

function scoresOf({ round }: RoundView): CrownScore[] {
  const byAccount = new Map<string, CrownScore['lanes'][number][]>();
  for (const { name: lane, walk } of round.lanes) {
    const credits = total(walk);
    for (const credit of credits.credits) {
      const account = round.log.participants[credit.who]!;
      const list = byAccount.get(account) ?? [];
      byAccount.set(account, list);
      const [held, paid] = [
        { above: credit.held, below: credits.heldDenominator },
        { above: credit.paid, below: credits.paidDenominator },
      ];
      list.push({ lane, held: shortened(held), paid: shortened(paid) });
    }
  }
  const parts = exactParts(round);
  return [...byAccount]
    .map(([account, lanes]): CrownScore => {
      const part = parts.get(account);
      const exact = part === undefined ? zero : shortened(part);
      return { account, part: exact, score: scoreOf(part), lanes };
    })
    .sort((a, b) => compareBytes(a.account, b.account));
}

/** Everybody's exact part of a round, by name. */
export function partsOf({ round }: RoundView): ReadonlyMap<string, Rational> {
  return new Map([...exactParts(round)].map(([account, part]) => [account, shortened(part)]));
}

/** Longer denominators, bits, are left as they come: bringing those of a long round into lowest terms takes minutes. */
const reducedBits = 4096n;

const shortened = (part: Part): Rational =>
  part.above === 0n || part.below >> reducedBits === 0n
    ? reduced(part)
    : { numerator: part.above, denominator: part.below };

const asPart = ({ numerator, denominator }: Rational): Part => ({ above: numerator, below: denominator });

/** As awards have it: at least 1 where anything was earned. */
function scoreOf(part: Part | undefined): bigint {
  if (part === undefined || part.above === 0n) return 0n;
  const score = floorOf(scoreUnits, part);
  return score === 0n ? 1n : score;
}

/** Intervals of a round: of one lane, and of those only some. */
export interface IntervalQuery extends RoundQuery {
  readonly lane?: string;
  readonly skip?: number;
  readonly limit?: number;
}

/** Who held when, lane by lane, in order of time. */
export async function readCrownIntervals(
  store: Store,
  { cache, rounds, program }: Kept,
  query: IntervalQuery = {},
): Promise<CrownRoundView & { readonly intervals: readonly CrownInterval[] }> {
  return store.transact('read', async (tx) => {
    const view = await rounds.of(tx, await cache.load(tx, program), query);
    const { skip = 0, limit = Infinity } = query;
    return { ...roundView(view), intervals: [...crownIntervals(view, query.lane).drop(skip).take(limit)] };
  });
}

/** The intervals of a round; of one lane only, where given. */
export function* crownIntervals(
  { round }: Pick<RoundView, 'round'>,
  only?: string,
): Generator<CrownInterval, undefined, undefined> {
  for (const { name: lane, walk } of round.lanes) {
    if (only !== undefined && only !== lane) continue;
    for (const { start, end, best, holders } of intervals(walk)) {
      yield { lane, start, end, best, holders: named(round.log.participants, holders) };
    }
  }
  return undefined;
}

/** A round that can be cut into cells. */
export interface CrownGridView extends CrownRoundView {
  /** Of a lane of the round, over the whole of it, which is not empty; `most`: participants by name. */
  readonly cells: (lane: string, options: { readonly count: number; readonly most: number }) => CellsHeld;
}

/** A round, to be cut into cells: as it was, or would be, scored; a stretch of time by the rules of now, as its intervals. */
export async function readCrownGrid(
  store: Store,
  { cache, rounds, program }: Kept,
  query: RoundQuery = {},
): Promise<CrownGridView> {
  return store.transact('read', async (tx) => {
    const view = await rounds.of(tx, await cache.load(tx, program), query);
    const { lanes, window } = view.round;
    const cells: CrownGridView['cells'] = (lane, { count, most }) => {
      const sums = new CellSums({ from: window.start, to: window.end, count });
      for (const { name, walk } of lanes) if (name === lane) for (const _ of sums.add(walk));
      return sums.done({ most });
    };
    return { ...roundView(view), cells };
  });
}

const named = (participants: readonly string[], holders: Interval['holders']) =>
  holders
    .map(({ who, share }) => ({ account: participants[who]!, share }))
    .sort((a, b) => compareBytes(a.account, b.account));

/** `[start, end)`: an account held, or the first test that it failed and who held instead. */
export interface CrownStretch {
  readonly start: number;
  readonly end: number;
  readonly failed: Test | null;
  readonly quote: string | null;
  readonly best: string | null;
  readonly share: Rational;
  /** Who else held. */
  readonly others: readonly string[];
  /** Seq of the fact that began it; one about the account, if there is one of that second. `null`: it began with the round. */
  readonly event: number | null;
}

export interface CrownLaneExplained {
  readonly lane: string;
  readonly pool: Rational;
  /** Whole seconds in which it held alone, with others, and not at all; together the window. */
  readonly alone: number;
  readonly shared: number;
  readonly lost: number;
  /** Seconds held, shared; the same times capacity; and seconds with any holder, which is what shares are of. */
  readonly held: Rational;
  readonly paid: Rational;
  readonly covered: number;
  /** pool x paid / covered x conduct: the lane's part of the whole. */
  readonly part: Rational;
  readonly stretches: readonly CrownStretch[];
}

export interface CrownExplanation extends CrownRoundView {
  readonly program: string;
  readonly account: string;
  readonly excluded: boolean;
  readonly explained: readonly CrownLaneExplained[];
  /** What conduct leaves: (completed / all) ^ exponent; 1 where it is not asked for. */
  readonly conduct: Rational;
  /** Part of the whole, exact; and what that is of the allocation. `null`: nothing is owed yet. */
  readonly part: Rational;
  readonly division: {
    readonly pool: string;
    readonly amount: bigint;
    readonly due: bigint;
    readonly remainder: Rational;
  } | null;
  /** Instead of `division` where policies share: what each of them gave. `null`: it takes no part, or in proportion. */
  readonly sharing: SharingExplained | null;
  /** Why nothing was earned, the commonest reason first with its seconds over all lanes; empty when something was. */
  readonly zero: readonly {
    readonly reason: Test | 'excluded' | 'no-conduct' | 'no-capacity';
    readonly seconds: number;
  }[];
  readonly payouts: readonly Payout[];
  readonly postings: readonly Posting[];
}

/**
 * Why an account gets what it gets of a round: the stretches it held and those it did not, with the first test that
 * failed; the parts of the lanes, and the division. Read by the same walk that scored it; a payout must be what comes out
 * (invariant `explain.equals-paid`). Throws NotFoundError `account-unknown`, and what reading a round throws.
 */
export async function explainCrown(
  store: Store,
  { cache, rounds, program }: Kept,
  query: RoundQuery & { readonly account: string },
): Promise<CrownExplanation> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const [account] = await tx.accountsNamed({ program: books.id, names: [query.account], buckets: [], periods: [] });
    if (account === undefined) throw accountUnknown(program, query.account);
    const view = await rounds.of(tx, books, query);
    const { round, record, period } = view;
    const explained = explainLanes(view, account.name);
    const part = shortened(explained.reduce((sum, lane) => plus(sum, asPart(lane.part)), nothing));
    const rows = { program: books.id, after: 0, limit: 1000, account: account.id };
    const payouts = period === null ? [] : await tx.payouts({ ...rows, period });
    const postings = period === null ? [] : await tx.postings({ ...rows, period });
    const owed = record?.allocations.find(({ pool }) =>
      books.rules.pools.some((one) => one.name === pool && one.pays === 'score'),
    );
    const shared = record === null ? null : await readShared(tx, books, record);
    const sharing = shared && explainSharing(shared.shared, account.name);
    const division = owed === undefined || shared !== null ? null : divide(owed, part);
    const due = shared === null ? division?.due : sharing?.paid;
    const paid = payouts.find(({ reason }) => reason !== 'direct');
    if (paid !== undefined) {
      const facts = {
        account: account.name,
        period: String(period),
        paid: String(paid.due),
        replayed: String(due),
      };
      invariant(paid.due === due && paid.score === scoreOf(asPart(part)), 'explain.equals-paid', facts);
    }
    const excluded = record?.crown?.excluded.includes(account.name) ?? account.excluded;
    const conduct = round.factor(account.name);
    const zeros = part.numerator > 0n ? [] : zeroOf(explained, { excluded, conduct });
    return {
      ...roundView(view),
      program,
      account: account.name,
      excluded,
      explained,
      conduct,
      part,
      division,
      sharing,
      zero: zeros,
      payouts,
      postings,
    };
  });
}

function divide({ pool, amount }: { readonly pool: string; readonly amount: bigint }, part: Rational) {
  const product = amount * part.numerator;
  return {
    pool,
    amount,
    due: product / part.denominator,
    remainder: shortened({ above: product % part.denominator, below: part.denominator }),
  };
}

function explainLanes({ round, facts }: RoundView, account: string): CrownLaneExplained[] {
  const who = round.log.participants.indexOf(account);
  const conduct = round.factor(account);
  const length = round.window.end - round.window.start;
  return round.lanes.map(({ name: lane, pool, walk }): CrownLaneExplained => {
    const credits = total(walk);
    const credit = credits.credits.find((one) => one.who === who);
    const { heldDenominator, paidDenominator } = credits;
    const held = shortened({ above: credit?.held ?? 0n, below: heldDenominator });
    const paid = shortened({ above: credit?.paid ?? 0n, below: paidDenominator });
    const stretches = who < 0 ? unknownStretch(round.window) : stretchesOf({ round, walk, facts }, who);
    const heldAt = stretches.filter(({ failed }) => failed === null);
    const alone = seconds(heldAt.filter(({ others }) => others.length === 0));
    const shared = seconds(heldAt) - alone;
    const part = shortened({
      above: pool.numerator * paid.numerator * conduct.numerator,
      below: pool.denominator * paid.denominator * conduct.denominator * BigInt(credits.covered || 1),
    });
    const lost = length - alone - shared;
    return { lane, pool, alone, shared, lost, held, paid, covered: credits.covered, part, stretches };
  });
}

const seconds = (stretches: readonly CrownStretch[]): number =>
  stretches.reduce((sum, { start, end }) => sum + end - start, 0);

/** Of whom no fact says anything: not even that it is eligible. */
const unknownStretch = ({ start, end }: { readonly start: number; readonly end: number }): CrownStretch[] =>
  start < end
    ? [{ start, end, failed: 'not-eligible', quote: null, best: null, share: zero, others: [], event: null }]
    : [];

function stretchesOf(
  {
    round,
    walk,
    facts,
  }: Pick<RoundView, 'round' | 'facts'> & { readonly walk: RoundView['round']['lanes'][number]['walk'] },
  who: number,
): CrownStretch[] {
  const account = round.log.participants[who]!;
  let before: readonly string[] = [];
  return [...reasons(walk, who)].map(({ start, end, failed, quote, best, share, holders }) => {
    const others = holders.filter((holder) => holder !== who).map((holder) => round.log.participants[holder]!);
    const about = [account, ...others, ...before];
    before = others;
    const event = beginning(decidingFacts(facts, start), about);
    return { start, end, failed, quote, best, share, others: others.sort(compareBytes), event };
  });
}

/** Of facts in order of time those of a second that decide who holds: outcomes and the like do not. */
function decidingFacts(facts: readonly LoggedFact[], second: number): LoggedFact[] {
  let [low, high] = [0, facts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (facts[middle]!.at < second) low = middle + 1;
    else high = middle;
  }
  const found: LoggedFact[] = [];
  for (let place = low; facts[place]?.at === second; place += 1)
    if (crownEventOf(facts[place]!) !== null) found.push(facts[place]!);
  return found;
}

/** Of the facts of a second the one that began a stretch: about the account itself, or whoever holds from then on or did until then. */
function beginning(facts: readonly LoggedFact[], about: readonly string[]): number | null {
  const of = (account: string): LoggedFact | undefined =>
    facts.findLast(({ fact }) => 'account' in fact && fact.account === account);
  for (const account of about) {
    const found = of(account);
    if (found !== undefined) return found.seq;
  }
  return facts.at(-1)?.seq ?? null;
}

function zeroOf(
  lanes: readonly CrownLaneExplained[],
  { excluded, conduct }: { readonly excluded: boolean; readonly conduct: Rational },
): CrownExplanation['zero'] {
  const all = lanes.flatMap(({ stretches }) => stretches);
  if (excluded) return [{ reason: 'excluded', seconds: seconds(all) }];
  const held = seconds(all.filter(({ failed }) => failed === null));
  if (held > 0) return [{ reason: conduct.numerator === 0n ? 'no-conduct' : 'no-capacity', seconds: held }];
  const by = new Map<Test, number>();
  for (const { failed, start, end } of all) if (failed !== null) by.set(failed, (by.get(failed) ?? 0) + end - start);
  return [...by].map(([reason, length]) => ({ reason, seconds: length })).sort((a, b) => b.seconds - a.seconds);
}
