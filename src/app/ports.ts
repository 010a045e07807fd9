import { ConflictError } from '../core/errors.ts';
import type { Rules, ScheduleEntry } from '../core/program.ts';
import type { Role } from '../core/role.ts';
import type { StoredSolution } from './cred/solution.ts';
import type { EdgeVersion, NodeVersion } from '../core/scoring/cred/book.ts';
import type { CrownFoldJson } from '../core/scoring/crown/fold.ts';
import type {
  Account,
  AccountRef,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Position,
  Posting,
  PostingReason,
  ProgramState,
  StepRecord,
  Tally,
  Validator,
} from '../core/state.ts';

/**
 * What the engine needs from a store, in the words of the domain. Every implementation passes test/stores/conformance.ts.
 *
 * `transact` runs one function in one transaction: all it wrote is there afterwards, or nothing. Within a process,
 * transactions of one store run one after the other (PostgreSQL: reads beside each other); between processes a writer excludes
 * other writers (SQLite: BEGIN IMMEDIATE; PostgreSQL: of the same program, by its row), so a step that read the state in a write
 * transaction may rely on it until it ends.
 * Names are compared by their UTF-8 bytes everywhere.
 */
/** Something that one process at a time may do; let go by `release`, or by the end of the process, however it ends. */
export interface Lock {
  /** True from when the store took it away, with the connection that held it: another may have it. Absent: it never does. */
  readonly lost?: boolean;
  release(): Promise<void>;
}

/** Scores of the period that runs, as they would be if it ended with what is known: computed of all up to event `seq`. */
export interface Estimate {
  readonly period: number;
  readonly seq: number;
  /** Where the period was taken to end, second. */
  readonly until: number;
  readonly persons: readonly {
    readonly id: string;
    readonly score: bigint;
    readonly lifetime: bigint;
    readonly lastActivity: number | null;
  }[];
  readonly sweeps: number;
  readonly solution: StoredSolution | null;
}

/** That somebody may work on a program for a while; the store's clock says how long, and a number that rises says who is the newest. */
export interface Lease {
  readonly program: number;
  /** Higher than that of every lease of the program before. */
  readonly fence: number;
  /** So long again from now on, by the store's clock. False: another has the program. */
  renew(): Promise<boolean>;
  /** Lets it go at once; nothing where another has it. */
  release(): Promise<void>;
}

/** A step of an open window: which accounts it takes follows from where the step before it ended. */
export interface RangeOfWindow {
  readonly program: number;
  readonly period: number;
  /** Within the window. */
  readonly step: number;
}

/**
 * That somebody may work on one range of accounts of an open window: those of one step. Ranges are worked at the same time and committed in
 * their order, so that what is committed is at all times what one worker alone would have left.
 */
export interface RangeLease extends RangeOfWindow {
  readonly fence: number;
  /**
   * The steps before it are under way, and not committed yet: this one begins with what they said they will leave. Should it come otherwise,
   * the transaction ends in ConflictError `range-overtaken`, and nothing is written.
   */
  readonly ahead: boolean;
  /** Lets it go at once; nothing where another has it, or it is done. */
  release(): Promise<void>;
}

/** What a step on a range ends with that is not, or no more, what it was begun as: from the engine, or from the store. */
export function rangeOvertaken({ period, step }: Omit<RangeOfWindow, 'program'>): ConflictError {
  const message = `Step ${step} of period ${period} does not begin as it was told: another made it, or something came in between. Nothing was written.`;
  return new ConflictError('range-overtaken', message, { period: String(period), step: String(step) });
}

export interface TransactOptions {
  /** Only on this range: it is told to others what the step leaves as soon as that is known, and is committed in its order. */
  readonly range?: RangeLease;
  /** Only while the program's newest lease is this one: else the transaction ends in ConflictError `lease-lost`, and nothing is written. */
  readonly lease?: Pick<Lease, 'program' | 'fence'>;
  /**
   * `work` may be begun again from its beginning, in a new transaction, where the store knows that nothing of the first one was
   * written: it changes nothing outside that would then be changed twice. Default: the caller is told, and decides.
   */
  readonly repeatable?: boolean;
}

export interface Store {
  /** Whoever calls can compute while the store writes. Absent: it is done when the call returns, and nothing is won by waiting later. */
  readonly writesBeside?: true;
  transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>, options?: TransactOptions): Promise<T>;
  /** `null`: another process, or another part of this one, holds the lock of that name. */
  tryLock(name: string): Promise<Lock | null>;
  /** A lease of `ms` milliseconds on a program; `null`: somebody has one. Absent: the store is for one machine, where `tryLock` is enough. */
  lease?(program: number, holder: string, ms: number): Promise<Lease | null>;
  /**
   * A lease of `ms` milliseconds on the first range of an open window, after what is committed, that nobody works on and whose beginning is known;
   * `null`: there is none just now, or no such window. Absent: as with `lease`.
   */
  leaseRange?(
    window: Pick<RangeOfWindow, 'program' | 'period'>,
    holder: string,
    ms: number,
  ): Promise<RangeLease | null>;
  /** Facts about the store for people: kind, where it is, schema version, size in bytes. */
  describe(): Promise<StoreFacts>;
  close(): Promise<void>;
}

export interface StoreFacts {
  readonly kind: 'memory' | 'sqlite' | 'postgres';
  readonly location: string;
  readonly schemaVersion: number;
  readonly bytes: number;
}

/**
 * An API token, without what makes it one: of that only a hash is kept. It belongs to the store: to no program, no export, no
 * invariant.
 */
export interface StoredToken {
  /** Part of the token's text that is no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Hex SHA-256 of the token's text. */
  readonly hash: string;
  /** Instants in milliseconds, by the clock of whoever made or revoked it. */
  readonly madeAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** A stored event: `payload` is the canonical encoding (core/events/encode.ts) that the hash covers. */
export interface EventRow {
  /** Ascending within the program, from 1, without a gap. */
  readonly seq: number;
  readonly key: string;
  readonly kind: string;
  readonly time: number;
  /** The account the event is about; `null` when it is about none or several. */
  readonly account: AccountRef | null;
  readonly payload: string;
  /** Of a fact: the second from which on it is in force (of a retraction: that of the fact retracted). `null`: no fact. */
  readonly at: number | null;
  /** Hex SHA-256 over the previous hash and this event. */
  readonly hash: string;
}

/** Position as it is to be stored. The key is (bucket, account, validator). */
export interface PositionWrite extends Position {
  /** Id of the account. */
  readonly account: number;
}

export interface ScoreWrite {
  /** Id of the account. */
  readonly account: number;
  readonly period: number;
  /** 0n deletes. */
  readonly score: bigint;
}

/** The state that facts leave: all that are in force at second `at` (or before), of the log up to `seq`. */
export interface Checkpoint {
  readonly at: number;
  readonly seq: number;
  readonly fold: CrownFoldJson;
}

/** What was taken out of the log, and what is remembered of it. The events `first` to `last` are gone. */
export interface Pruning {
  readonly first: number;
  readonly last: number;
  readonly events: number;
  /** Facts up to this second, the checkpoint's, are folded. */
  readonly at: number;
  /** The hash that the next event follows. */
  readonly head: string;
  /** Instant of the newest event taken out, milliseconds. */
  readonly time: number;
  /** What the log made up to `last`: rules, schedule, who is excluded, and what came from outside by ledger account. */
  readonly rules: Rules;
  readonly schedule: readonly ScheduleEntry[];
  readonly paused: string | null;
  readonly excluded: readonly string[];
  readonly funding: readonly (readonly [ledger: string, amount: bigint])[];
  /** Periods whose window had been opened by then. */
  readonly periods: number;
}

/** What an account is to get of a period, computed when it was scored and not paid yet. */
export interface StoredAward {
  readonly account: AccountRef;
  readonly excluded: boolean;
  readonly score: bigint;
  readonly due: bigint;
  /** A share that waits: nothing of it is paid now. */
  readonly waits: boolean;
}

/**
 * All that one step or one batch of events writes. Written in the order of the fields, within the transaction; lists may
 * be absent. All ids are given by the engine. `accounts`, `validators`, `positions`, `scores`, `balances`, `period`,
 * `rules`, `schedule` and `state` replace what is stored under the same key; `events`, `payouts`, `postings` and `step`
 * are new, and one whose key is there already is an InvariantError `store.row-exists` (nothing is ever paid twice).
 */
export interface Changes {
  readonly accounts?: readonly Account[];
  readonly validators?: readonly Validator[];
  readonly events?: readonly EventRow[];
  /** Written before `positions`, so that an entry may move from one bucket to another in one go. */
  readonly positionsRemoved?: readonly {
    readonly account: number;
    readonly validator: number;
    readonly bucket: number;
  }[];
  readonly positions?: readonly PositionWrite[];
  readonly scores?: readonly ScoreWrite[];
  readonly payouts?: readonly Payout[];
  readonly postings?: readonly Posting[];
  /** New balances of `outside`, pools and residual. Outside is negative or zero. */
  readonly balances?: readonly { readonly account: LedgerAccount; readonly balance: bigint }[];
  readonly awards?: readonly {
    readonly account: AccountRef;
    readonly period: number;
    readonly score: bigint;
    readonly due: bigint;
    readonly waits?: boolean;
  }[];
  /** Takes away the awards of a period above the name `after` (`null`: from the first on) up to a name: they were paid. */
  readonly awardsDone?: { readonly period: number; readonly after: string | null; readonly upTo: string };
  /** Takes away the checkpoints of seconds from `from` on, before `checkpoint` is written. */
  readonly checkpointsDropped?: { readonly from: number };
  /** Replaces that of the same second. Of the older ones all but the newest `checkpointsKept` go, the first one stays. */
  readonly checkpoint?: Checkpoint;
  /** How far a source was read, in its own words. */
  readonly bookmark?: { readonly source: string; readonly value: string };
  /** Takes the events out of the log, and the checkpoints before its second. */
  readonly pruning?: Pruning;
  /** New versions of nodes and edges; of each the newest counts. */
  readonly nodes?: readonly NodeVersion[];
  readonly edges?: readonly EdgeVersion[];
  /** New, one for an account and a period. */
  readonly tallies?: readonly Tally[];
  /** Takes away the tallies of a period that is scored anew. */
  readonly talliesDropped?: { readonly period: number };
  /** Replaces the one of the program. */
  readonly estimate?: Estimate;
  readonly step?: StepRecord;
  readonly period?: PeriodRecord;
  readonly rules?: Rules;
  readonly schedule?: readonly ScheduleEntry[];
  readonly state?: ProgramState;
}

/** Checkpoints kept beside the oldest one. Each costs about 200 bytes per participant; older periods are folded from further back. */
export const checkpointsKept = 32;

/** How to walk over accounts: whole accounts, ascending by the bytes of their names. */
export interface AccountPage {
  readonly program: number;
  /** Names above this one; `null` = from the beginning. */
  readonly after: string | null;
  /** Also the account named `after` itself. */
  readonly inclusive?: boolean;
  /** So many of them are passed over; default 0. A store passes over a million in less than a tenth of a second. */
  readonly skip?: number;
  readonly limit: number;
  /** Positions of these buckets, scores of these periods. */
  readonly buckets: readonly number[];
  readonly periods: readonly number[];
}

export interface GraphPage {
  readonly program: number;
  readonly after: { readonly number: number; readonly since: number };
  readonly limit: number;
}

/** Takes versions one by one, without an object for each: there are millions. */
export interface GraphSink {
  node(number: number, node: string, time: number, timeless: boolean, weight: string, gone: boolean): void;
  /** `edge` is empty unless names were asked for. */
  edge(
    number: number,
    edge: string,
    time: number,
    source: number,
    target: number,
    forward: string,
    backward: string,
    gone: boolean,
  ): void;
}

export interface Tx {
  // Reads. Lists are ascending by id, or by name where they have one; `limit` is the caller's.
  programs(): Promise<readonly { readonly id: number; readonly name: string }[]>;
  state(program: number): Promise<ProgramState>;
  rules(program: number): Promise<Rules>;
  /** What is left of it: ascending by `at`. */
  schedule(program: number): Promise<readonly ScheduleEntry[]>;
  /** With all their rates. */
  validators(program: number): Promise<Validator[]>;
  accountsPage(page: AccountPage): Promise<Account[]>;
  /** Those that exist, in no stated order. Positions and scores as in AccountPage. */
  accountsNamed(query: {
    readonly program: number;
    readonly names: readonly string[];
    readonly buckets: readonly number[];
    readonly periods: readonly number[];
  }): Promise<Account[]>;
  excludedAccounts(program: number): Promise<readonly string[]>;
  /** Of the keys that are in the log: where, and with what content. */
  eventsByKey(
    program: number,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly seq: number; readonly payload: string }>>;
  /**
   * Events with seq above `after`, ascending; of one account only, or (`null`) only those about nobody or several, where given.
   * With `before`: those below it too, and descending.
   */
  events(query: {
    readonly program: number;
    readonly after: number;
    readonly before?: number;
    readonly limit: number;
    readonly account?: number | null;
  }): Promise<readonly EventRow[]>;
  /** Facts after the place (second, seq), up to second `until` inclusive, ascending by place. */
  facts(query: {
    readonly program: number;
    readonly after: { readonly at: number; readonly seq: number };
    readonly until: number;
    readonly limit: number;
  }): Promise<readonly EventRow[]>;
  /** Ascending by `at`, without what they hold. */
  checkpoints(program: number): Promise<readonly Omit<Checkpoint, 'fold'>[]>;
  /** The checkpoint of second `at`, which is there. */
  checkpoint(program: number, at: number): Promise<Checkpoint>;
  prunings(program: number): Promise<readonly Pruning[]>;
  estimate(program: number): Promise<Estimate | null>;
  bookmark(program: number, source: string): Promise<string | null>;
  bookmarks(program: number): Promise<readonly { readonly source: string; readonly value: string }[]>;
  /** Ascending by the bytes of the names, above `after`. */
  awards(query: {
    readonly program: number;
    readonly period: number;
    readonly after: string | null;
    readonly limit: number;
  }): Promise<readonly StoredAward[]>;
  /** Versions of nodes after the place (number, since), ascending by it. */
  graphNodes(query: GraphPage): Promise<readonly NodeVersion[]>;
  graphEdges(query: GraphPage): Promise<readonly EdgeVersion[]>;
  /**
   * Shows `into` the versions up to event `seq`: nodes, then edges, each ascending by
   * (number, since). `named`: with the names of edges.
   */
  graphAsOf(
    query: { readonly program: number; readonly seq: number; readonly named: boolean },
    into: GraphSink,
  ): Promise<void>;
  /** Of those that are known the newest versions, in no stated order. */
  nodesNamed(program: number, names: readonly string[]): Promise<readonly NodeVersion[]>;
  edgesNamed(program: number, names: readonly string[]): Promise<readonly EdgeVersion[]>;
  /** Events of kinds `program`, `rules`, `token` and `attribution` with seq above `after`, ascending. */
  governingEvents(query: {
    readonly program: number;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly EventRow[]>;
  /** Ascending by period, then by the bytes of the names; of one period, or one account, only, where given. */
  tallies(query: {
    readonly program: number;
    readonly period?: number;
    readonly account?: string;
  }): Promise<readonly Tally[]>;
  /** As `events`; also of one period. */
  payouts(query: {
    readonly program: number;
    readonly after: number;
    readonly before?: number;
    readonly limit: number;
    readonly period?: number;
    readonly account?: number;
  }): Promise<readonly Payout[]>;
  /** As `payouts`; also of one reason. */
  postings(query: {
    readonly program: number;
    readonly after: number;
    readonly before?: number;
    readonly limit: number;
    readonly period?: number;
    readonly account?: number;
    readonly reason?: PostingReason;
  }): Promise<readonly Posting[]>;
  balance(program: number, account: LedgerAccount): Promise<bigint>;
  /** All balances kept: outside, pools, residual. */
  balances(program: number): Promise<readonly { readonly account: LedgerAccount; readonly balance: bigint }[]>;
  periods(program: number): Promise<readonly PeriodRecord[]>;
  /** Those after step `after`; default: all. */
  steps(program: number, period: number, after?: number): Promise<readonly StepRecord[]>;
  /** Numbers of rows, for people and for `compare`. */
  counts(program: number): Promise<{
    readonly accounts: number;
    readonly events: number;
    readonly positions: number;
    readonly scores: number;
    readonly payouts: number;
    readonly postings: number;
  }>;

  /** Whether there is an API token, revoked and expired ones included. */
  hasTokens(): Promise<boolean>;
  token(id: string): Promise<StoredToken | null>;
  /** In the order in which they were made. */
  tokens(): Promise<readonly StoredToken[]>;

  // Writes.
  /** Throws ConflictError `program-exists`. Rules, schedule and state follow by `write`. Returns the program's id. */
  createProgram(name: string): Promise<number>;
  /** New: one whose id is there already is an InvariantError `store.row-exists`. */
  addToken(token: StoredToken): Promise<void>;
  /** Sets `revokedAt`; nothing where there is no such token. */
  revokeToken(id: string, at: number): Promise<void>;
  /** Returns the number of rows inserted, updated and deleted. */
  write(program: number, changes: Changes): Promise<number>;
}
