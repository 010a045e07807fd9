import type { Books } from '../core/books.ts';
import type { ProgramDefinition, Rules, Scoring } from '../core/program.ts';
import { ConflictError } from '../core/errors.ts';
import type {
  Halt,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Posting,
  PostingReason,
  ProgramState,
  StepRecord,
} from '../core/state.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { advance, type AdvanceOptions, type AdvanceSummary } from './advance.ts';
import {
  type CrownExplanation,
  type CrownGridView,
  type CrownInterval,
  type CrownRoundView,
  type CrownScores,
  type IntervalQuery,
  explainCrown,
  readCrownGrid,
  readCrownIntervals,
  readCrownScores,
} from './crown/read.ts';
import {
  type CellsQuery,
  type CellsView,
  type MomentQuery,
  type MomentView,
  readCrownCells,
  readCrownMoment,
} from './crown/cells.ts';
import { type CrownChange, readCrownChanges } from './crown/changes.ts';
import { KeptMarkets } from './crown/kept-markets.ts';
import { KeptRounds } from './crown/kept-rounds.ts';
import { NewestRound } from './crown/newest-round.ts';
import type { People } from '../core/scoring/cred/people.ts';
import { type CredExplanation, explainCred, explainCredView } from './cred/explain.ts';
import { readKnownGraph } from './cred/known-graph.ts';
import { readPeople } from './cred/people.ts';
import { PeopleCounter, type PeopleCounts } from './cred/people-counts.ts';
import { noCounts, type SourceRecords, type SyncCounts, syncEvents, type SyncOptions } from './cred/sync.ts';
import { LabelIndex } from './cred/label-index.ts';
import { labelsOf } from './cred/read.ts';
import { type Recomputed, recompute } from './cred/recompute.ts';
import { credScoringOf } from './cred/score.ts';
import { readSpace } from './cred/space.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';
import type { CredView, CredViewQuery } from './cred/view.ts';
import { CredViews, type CredViewsQuery } from './cred/views.ts';
import type { RoundQuery } from './crown/rounds.ts';
import { createProgram } from './create-program.ts';
import { explain, type Explanation } from './explain.ts';
import { exportStore, importStore } from './export.ts';
import { type Flows, FlowsCache, readFlows } from './flows.ts';
import { CHUNK_EVENTS, ingest, type IngestOptions, type IngestSummary } from './ingest.ts';
import { BooksCache } from './load-books.ts';
import type { Estimate, EventRow, Lock, Store, StoreFacts, Tx } from './ports.ts';
import {
  type AccountList,
  type AccountView,
  accountUnknown,
  type PageOptions,
  readAccount,
  readAccounts,
  readAccountsNamed,
} from './read.ts';
import { prune, type PruneOptions, type PruneSummary } from './prune.ts';
import { type Ranking, readRanking } from './ranking/ranking.ts';
import { tail, type TailOptions, type TailRow } from './tail.ts';
import { readStatus, type ProgramStatus } from './status.ts';
import { step, type StepOutcome } from './step.ts';
import { type ApiToken, authenticate, createToken, listTokens, type NewToken, revokeToken } from './tokens.ts';
import { verify, type VerifyReport } from './verify.ts';
import { work, type WorkerOptions } from './worker.ts';

/** Where to go on and how much to take, of rows with ascending ids. */
export interface RowQuery {
  /** Ids above this one; default 0. */
  readonly after?: number;
  /** Default 1000. */
  readonly limit?: number;
  readonly period?: number;
  /** Of this account only; throws NotFoundError `account-unknown` when nobody has this name. */
  readonly account?: string;
}

/** The same, also the other way round. */
export interface RowQueryBothWays extends RowQuery {
  /** Ids below this one, descending. */
  readonly before?: number;
}

/** Numbers of accounts and of events, the instant of the newest one, milliseconds. */
export type Counters = Pick<ProgramState, 'version' | 'accounts' | 'events' | 'clock'>;

/** What decides whether a program moves. */
export interface Outlook {
  /** The newest event's or step's instant, milliseconds. */
  readonly clock: number;
  readonly halted: Halt | null;
  readonly paused: boolean;
  readonly windowOpen: boolean;
  readonly model: Scoring['model'];
  /** The second of the boundary that comes next; `null`: none. */
  readonly next: number | null;
}

/**
 * The engine over one store: what the command line does, as functions. Amounts are bigints in the asset's smallest unit,
 * scores token-seconds, instants milliseconds since 1970 UTC. Every failure is a ProrataError with a stable code.
 */
export class Engine {
  readonly #store: Store;
  readonly #cache = new BooksCache();
  readonly #markets = new KeptMarkets();
  readonly #rounds = new KeptRounds(this.#markets);
  readonly #newest = new NewestRound();
  readonly #flows = new FlowsCache();
  readonly #views: CredViews;
  readonly #counter = new PeopleCounter();
  readonly #labels: LabelIndex;

  constructor(store: Store) {
    this.#store = store;
    this.#views = new CredViews(store, this.#cache);
    this.#labels = new LabelIndex(store, this.#cache);
  }

  /** Names of the programs in the store. */
  async programs(): Promise<readonly string[]> {
    return this.#store.transact('read', async (tx) => (await tx.programs()).map(({ name }) => name));
  }

  async createProgram(definition: ProgramDefinition): Promise<void> {
    return createProgram(this.#store, definition);
  }

  /**
   * Appends events to a program's log and applies them; see app/ingest.ts. Given one by one or in chunks, at once or as
   * they come; events from outside the program are best made by `normalizeEvent`, which judges every field.
   */
  async ingest(
    program: string,
    events: Iterable<Given | readonly Given[]> | AsyncIterable<Given | readonly Given[]>,
    options: IngestOptions = {},
  ): Promise<IngestSummary> {
    const chunks = Symbol.asyncIterator in events ? chunkedAsTheyCome(events) : chunked(events);
    return ingest(this.#store, this.#cache, program, chunks, options);
  }

  /**
   * Logs what a source of contributions gives and the store does not have, and what it does not give any more; see
   * app/cred/sync.ts. All in one transaction, or nothing. Throws InvalidInputError `model-differs`.
   */
  async sync(
    program: string,
    records: SourceRecords,
    { sync, ...options }: IngestOptions & { readonly sync: SyncOptions },
  ): Promise<IngestSummary & { readonly counts: SyncCounts }> {
    const { events, counts } = await this.syncing(program, records, sync);
    return { ...(await this.ingest(program, events, options)), counts };
  }

  /** The events that `sync` logs, for whoever ingests them himself, and what they come from, counted as they are taken. */
  async syncing(
    program: string,
    records: SourceRecords,
    options: SyncOptions,
  ): Promise<{ readonly events: AsyncGenerator<Given>; readonly counts: SyncCounts }> {
    const { known, people } = await this.#store.transact('read', async (tx) => {
      const books = await this.#cache.load(tx, program);
      credScoringOf(books);
      return { known: await readKnownGraph(tx, books.id), people: await readPeople(tx, books) };
    });
    const counts = noCounts();
    return { events: syncEvents(records, known, people, options, counts), counts };
  }

  /** One step at instant `now`; see app/step.ts. */
  async step(program: string, now: number): Promise<StepOutcome> {
    return step(this.#store, this.#cache, program, now);
  }

  /** Steps until nothing is due at `to`. Throws ConflictError `advance-running`, unless it is a dry run. */
  async advance(program: string, options: AdvanceOptions): Promise<AdvanceSummary> {
    const work = (): Promise<AdvanceSummary> => advance(this.#store, this.#cache, program, options);
    return options.dryRun === true ? work() : this.leading(program, work);
  }

  /**
   * The right to step a program, which one process has at a time and loses with its end, however it ends; `null`: another one has
   * it. For the sake of order: two that step at once do no harm, since every step is a transaction that reads the state anew.
   */
  async tryLead(program: string): Promise<Lock | null> {
    const id = await this.#store.transact('read', (tx) => this.#cache.idOf(tx, program));
    return this.#store.tryLock(`advance-${id}`);
  }

  /** Does `work` with the right to step a program. Throws ConflictError `advance-running`. */
  async leading<T>(program: string, work: () => Promise<T>): Promise<T> {
    const lock = await this.tryLead(program);
    if (lock === null) {
      const message = `Another process steps ${program} already; accepted: one at a time.`;
      throw new ConflictError('advance-running', message, { program });
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /** Whether there is something to step. */
  async outlook(program: string): Promise<Outlook> {
    return this.#store.transact('read', async (tx) => {
      const { state, schedule, rules } = await this.#cache.load(tx, program);
      const { clock, halted, paused, window } = state;
      const { model } = rules.scoring;
      const next = schedule[0]?.at ?? null;
      return { clock, halted, paused: paused !== null, windowOpen: window !== null, model, next };
    });
  }

  /** Steps all programs that are due, beside other workers; see app/worker.ts. */
  async work(options: WorkerOptions): Promise<{ readonly steps: number }> {
    return work(this.#store, options);
  }

  async status(program: string): Promise<ProgramStatus> {
    return readStatus(this.#store, this.#cache, program);
  }

  /** The rules as they are now: cheaper than `status`. */
  async rules(program: string): Promise<Rules> {
    return this.#store.transact('read', async (tx) => (await this.#cache.load(tx, program)).rules);
  }

  async account(program: string, name: string, at?: number): Promise<AccountView> {
    return readAccount(this.#store, this.#cache, program, name, at);
  }

  async accounts(program: string, options: PageOptions): Promise<readonly AccountView[]> {
    return (await this.accountList(program, options)).accounts;
  }

  /** As `accounts`, with how many there are in all, as of which event. */
  async accountList(program: string, options: PageOptions): Promise<AccountList> {
    return readAccounts(this.#store, this.#cache, program, options);
  }

  /** Those of the accounts that are there, in the order of `names`. */
  async accountsNamed(program: string, names: readonly string[]): Promise<AccountList> {
    return readAccountsNamed(this.#store, this.#cache, program, names);
  }

  /** All accounts sorted by what they hold and have scored; see app/ranking/ranking.ts. */
  async ranking(program: string, before: Ranking | null = null): Promise<Ranking> {
    return readRanking(this.#store, this.#cache, program, before);
  }

  /** What the program counts: another version after every transaction that changed it. Cheaper than `status`. */
  async counters(program: string): Promise<Counters> {
    return this.#store.transact('read', async (tx) => {
      const { version, accounts, events, clock } = await tx.state(await this.#cache.idOf(tx, program));
      return { version, accounts, events, clock };
    });
  }

  async explain(
    program: string,
    query: { readonly account: string; readonly period?: number; readonly at?: number },
  ): Promise<Explanation> {
    return explain(this.#store, this.#cache, program, query);
  }

  /** Of a crown program: everybody's scores of a round, exact; see app/crown/read.ts. */
  async crownScores(program: string, query: RoundQuery = {}): Promise<CrownScores> {
    return readCrownScores(this.#store, { cache: this.#cache, rounds: this.#newest, program }, query);
  }

  /** Of a crown program: who held when, and with which rate. */
  async crownIntervals(
    program: string,
    query: IntervalQuery = {},
  ): Promise<CrownRoundView & { readonly intervals: readonly CrownInterval[] }> {
    return readCrownIntervals(this.#store, { cache: this.#cache, rounds: this.#newest, program }, query);
  }

  /** Of a crown program: a round, to be cut into cells. */
  async crownGrid(program: string, query: RoundQuery = {}): Promise<CrownGridView> {
    return readCrownGrid(this.#store, { cache: this.#cache, rounds: this.#newest, program }, query);
  }

  /** Of a crown program: who held how long in each cell of a stretch; see app/crown/cells.ts. */
  async crownCells(program: string, query: CellsQuery = {}): Promise<CellsView> {
    return readCrownCells(this.#store, { cache: this.#cache, rounds: this.#rounds, program }, query);
  }

  /** Of a crown program: who holds a lane at an instant, and of everybody else why not. */
  async crownMoment(program: string, query: MomentQuery): Promise<MomentView> {
    const kept = { cache: this.#cache, rounds: this.#rounds, markets: this.#markets, program };
    return readCrownMoment(this.#store, kept, query);
  }

  /** Of a crown program: changes of who holds that events after `after` brought; see app/crown/changes.ts. */
  async crownChanges(
    program: string,
    after: number,
  ): Promise<{ readonly changes: readonly CrownChange[]; readonly seq: number }> {
    return readCrownChanges(this.#store, { cache: this.#cache, markets: this.#markets, program }, after);
  }

  /** Of a crown program: why an account gets what it gets of a round, or nothing. */
  async explainCrown(program: string, query: RoundQuery & { readonly account: string }): Promise<CrownExplanation> {
    return explainCrown(this.#store, { cache: this.#cache, rounds: this.#newest, program }, query);
  }

  /** How far a source was read, as `ingest` was told with its events; `null`: never. */
  async bookmark(program: string, source: string): Promise<string | null> {
    return this.#store.transact('read', async (tx) => tx.bookmark(await this.#cache.idOf(tx, program), source));
  }

  /** The second up to which a crown program's log was pruned; `null`: it was not. */
  async prunedUntil(program: string): Promise<number | null> {
    return this.#store.transact('read', async (tx) => {
      const { crown } = await tx.state(await this.#cache.idOf(tx, program));
      return crown?.checkpoint ?? null;
    });
  }

  /** The events that are in the log, by their keys. */
  async eventsByKey(
    program: string,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly seq: number; readonly payload: string }>> {
    return this.#store.transact('read', async (tx) => tx.eventsByKey(await this.#cache.idOf(tx, program), keys));
  }

  async payouts(program: string, { before, ...query }: RowQueryBothWays = {}): Promise<readonly Payout[]> {
    return this.#rows(program, query, (tx, rows) => tx.payouts(before === undefined ? rows : { ...rows, before }));
  }

  async postings(
    program: string,
    { before, reason, ...query }: RowQueryBothWays & { readonly reason?: PostingReason } = {},
  ): Promise<readonly Posting[]> {
    const more = { ...(before === undefined ? {} : { before }), ...(reason === undefined ? {} : { reason }) };
    return this.#rows(program, query, (tx, rows) => tx.postings({ ...rows, ...more }));
  }

  async events(
    program: string,
    { before, ...query }: Omit<RowQueryBothWays, 'period'> = {},
  ): Promise<readonly EventRow[]> {
    return this.#rows(program, query, (tx, rows) => tx.events(before === undefined ? rows : { ...rows, before }));
  }

  async #rows<T>(
    program: string,
    { after = 0, limit = 1000, period, account }: RowQuery,
    read: (
      tx: Tx,
      query: { program: number; after: number; limit: number; period?: number; account?: number },
    ) => Promise<T>,
  ): Promise<T> {
    return this.#store.transact('read', async (tx) => {
      const id = await this.#cache.idOf(tx, program);
      const query = { program: id, after, limit, ...(period === undefined ? {} : { period }) };
      if (account === undefined) return read(tx, query);
      return read(tx, { ...query, account: await accountId(tx, id, program, account) });
    });
  }

  async balances(program: string): Promise<readonly { readonly account: LedgerAccount; readonly balance: bigint }[]> {
    return this.#store.transact('read', async (tx) => tx.balances(await this.#cache.idOf(tx, program)));
  }

  /** Where every unit went, of a period or of all so far; see app/flows.ts. */
  async flows(program: string, period?: number): Promise<Flows> {
    return readFlows(this.#store, { books: this.#cache, flows: this.#flows }, program, period);
  }

  async periods(program: string): Promise<readonly PeriodRecord[]> {
    return this.#store.transact('read', async (tx) => tx.periods(await this.#cache.idOf(tx, program)));
  }

  /** Of the window of a period, those after step `after`; default: all. */
  async steps(program: string, period: number, after = 0): Promise<readonly StepRecord[]> {
    return this.#store.transact('read', async (tx) => tx.steps(await this.#cache.idOf(tx, program), period, after));
  }

  async excluded(program: string): Promise<readonly string[]> {
    return this.#store.transact('read', async (tx) => tx.excludedAccounts(await this.#cache.idOf(tx, program)));
  }

  /** Of a program of contributions: how many people there are, as of the newest event. Throws InvalidInputError `model-differs`. */
  async peopleCounts(program: string): Promise<PeopleCounts> {
    return this.#store.transact('read', async (tx) => {
      const books = await this.#cache.load(tx, program);
      credScoringOf(books);
      return this.#counter.count(tx, books);
    });
  }

  /**
   * Of a program of contributions: who is who and was paid what, as of the newest event and payout. It is the caller's: events
   * that are tried on it are not logged. Throws InvalidInputError `model-differs`.
   */
  async people(program: string): Promise<People> {
    return this.#store.transact('read', async (tx) => {
      const books = await this.#cache.load(tx, program);
      credScoringOf(books);
      return readPeople(tx, books);
    });
  }

  /**
   * A period of a program of contributions, scored; see app/cred/view.ts. What can be asked of it: app/cred/read.ts and its
   * neighbours. The last few are kept; see app/cred/views.ts.
   */
  async credView(program: string, query: CredViewsQuery = {}): Promise<CredView> {
    return this.#views.view(program, query);
  }

  /** Why somebody gets what it gets of a period of contributions, or nothing; see app/cred/explain.ts. */
  async explainCred(
    program: string,
    query: CredViewsQuery & { readonly account: string; readonly limit?: number },
  ): Promise<CredExplanation> {
    return explainCred({ store: this.#store, cache: this.#cache, views: this.#views }, program, query);
  }

  /** The same of a view that `credView` gave, with names, by the scoring of its period. */
  async explainCredView(
    view: CredView,
    query: { readonly account: string; readonly limit?: number },
  ): Promise<CredExplanation> {
    return explainCredView({ store: this.#store, cache: this.#cache, whatIf: false }, view, query);
  }

  /** A program of contributions whole, as plain data; see app/cred/space.ts. */
  async space(program: string): Promise<SpaceView> {
    return readSpace(this.#store, this.#cache, program);
  }

  /** Computes and stores the scores of the period that runs; see app/cred/recompute.ts. */
  async recompute(program: string, options: Pick<CredViewQuery, 'onProgress' | 'signal'> = {}): Promise<Recomputed> {
    return recompute(this.#store, this.#cache, program, options);
  }

  /** The scores that `recompute` stored last; `null`: none. */
  async estimate(program: string): Promise<Estimate | null> {
    return this.#store.transact('read', async (tx) => tx.estimate(await this.#cache.idOf(tx, program)));
  }

  /** What people call nodes of the graph of contributions, by address, where the log says it. */
  async labels(
    program: string,
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly label?: string; readonly url?: string }>> {
    return this.#store.transact('read', async (tx) => labelsOf(tx, await this.#cache.idOf(tx, program), addresses));
  }

  /** Addresses of the nodes of the graph whose label has a text in it; see app/cred/label-index.ts. */
  async labelled(program: string, search: string): Promise<ReadonlySet<string>> {
    return this.#labels.find(program, search);
  }

  /** Takes old events out of a crown program's log, behind a checkpoint; see app/prune.ts. */
  async prune(program: string, options: PruneOptions): Promise<PruneSummary> {
    return prune(this.#store, this.#cache, program, options);
  }

  /** Follows a program: rows after a cursor, nothing skipped, nothing twice; see app/tail.ts. */
  tail(program: string, options: TailOptions = {}): AsyncGenerator<TailRow, void, undefined> {
    return tail(this.#store, this.#cache, program, options);
  }

  /** Runs every named invariant on the program's books; see app/verify.ts. */
  async verify(program: string, onProgress?: (what: string) => void): Promise<VerifyReport> {
    return verify(this.#store, this.#cache, program, onProgress);
  }

  /** Reads the store in one transaction, in the words of its port: for exporters, which need more than a view. */
  async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#store.transact('read', work);
  }

  /** The same, with the books of a program. Throws NotFoundError `program-unknown`. */
  async readBooks<T>(program: string, work: (tx: Tx, books: Books) => Promise<T>): Promise<T> {
    return this.#store.transact('read', async (tx) => work(tx, await this.#cache.load(tx, program)));
  }

  /** The whole store as text, an open window included. */
  async export(write: (text: string) => void | Promise<void>): Promise<{ lines: number }> {
    return exportStore(this.#store, write);
  }

  async import(lines: AsyncIterable<string> | Iterable<string>): Promise<{ lines: number; programs: number }> {
    return importStore(this.#store, lines);
  }

  /** Makes an API token and gives its text, once; see app/tokens.ts. */
  async createToken(token: NewToken): Promise<ApiToken & { readonly text: string }> {
    return createToken(this.#store, token);
  }

  /** Ends a token, by id or name, from now (milliseconds) on. Throws NotFoundError `token-not-found`; ConflictError `token-revoked`. */
  async revokeToken(which: string, at: number): Promise<ApiToken> {
    return revokeToken(this.#store, which, at);
  }

  /** All API tokens there have been, in the order in which they were made. */
  async tokens(): Promise<readonly ApiToken[]> {
    return listTokens(this.#store);
  }

  /** Whether there has been one: then nobody is let in without. */
  async hasTokens(): Promise<boolean> {
    return this.#store.transact('read', (tx) => tx.hasTokens());
  }

  /** The token whose text this is; `null`: none, or one that is revoked or has expired by `now`, milliseconds. */
  async authenticate(text: string, now: number): Promise<ApiToken | null> {
    return authenticate(this.#store, text, now);
  }

  async describe(): Promise<StoreFacts> {
    return this.#store.describe();
  }

  async close(): Promise<void> {
    return this.#store.close();
  }
}

async function accountId(tx: Tx, id: number, program: string, name: string): Promise<number> {
  const [account] = await tx.accountsNamed({ program: id, names: [name], buckets: [], periods: [] });
  if (!account) throw accountUnknown(program, name);
  return account.id;
}

/** What can be given to `ingest`: an event, or why a line could not be read as one. */
export type Given = ProrataEvent | Refusal;

function* chunked(items: Iterable<Given | readonly Given[]>): Generator<Given[]> {
  let chunk: Given[] = [];
  for (const item of items) {
    addTo(chunk, item);
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function* chunkedAsTheyCome(items: AsyncIterable<Given | readonly Given[]>): AsyncGenerator<Given[]> {
  let chunk: Given[] = [];
  for await (const item of items) {
    addTo(chunk, item);
    if (chunk.length < CHUNK_EVENTS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function addTo(chunk: Given[], item: Given | readonly Given[]): void {
  if (!('length' in item)) chunk.push(item);
  else for (const given of item) chunk.push(given);
}
