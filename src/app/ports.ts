import type { Rules, ScheduleEntry } from '../core/program.ts';
import type {
  Account,
  AccountRef,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Position,
  Posting,
  ProgramState,
  StepRecord,
  Validator,
} from '../core/state.ts';

/**
 * What the engine needs from a store, in the words of the domain. Every implementation passes test/stores/conformance.ts.
 *
 * `transact` runs one function in one transaction: all it wrote is there afterwards, or nothing. Within a process,
 * transactions of one store run one after the other; between processes a writer excludes other writers (SQLite: BEGIN
 * IMMEDIATE), so a step that read the state in a write transaction may rely on it until it ends.
 * Names are compared by their UTF-8 bytes everywhere.
 */
export interface Store {
  transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Facts about the store for people: kind, where it is, schema version, size in bytes. */
  describe(): Promise<StoreFacts>;
  close(): Promise<void>;
}

export interface StoreFacts {
  readonly kind: 'memory' | 'sqlite';
  readonly location: string;
  readonly schemaVersion: number;
  readonly bytes: number;
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
  readonly step?: StepRecord;
  readonly period?: PeriodRecord;
  readonly rules?: Rules;
  readonly schedule?: readonly ScheduleEntry[];
  readonly state?: ProgramState;
}

/** How to walk over accounts: whole accounts, ascending by the bytes of their names. */
export interface AccountPage {
  readonly program: number;
  /** Names above this one; `null` = from the beginning. */
  readonly after: string | null;
  /** Also the account named `after` itself. */
  readonly inclusive?: boolean;
  readonly limit: number;
  /** Positions of these buckets, scores of these periods. */
  readonly buckets: readonly number[];
  readonly periods: readonly number[];
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
  /** Events with seq above `after`, ascending; of one account only, or (`null`) only those about nobody or several, where given. */
  events(query: {
    readonly program: number;
    readonly after: number;
    readonly limit: number;
    readonly account?: number | null;
  }): Promise<readonly EventRow[]>;
  payouts(query: {
    readonly program: number;
    readonly after: number;
    readonly limit: number;
    readonly period?: number;
    readonly account?: number;
  }): Promise<readonly Payout[]>;
  postings(query: {
    readonly program: number;
    readonly after: number;
    readonly limit: number;
    readonly period?: number;
    readonly account?: number;
  }): Promise<readonly Posting[]>;
  balance(program: number, account: LedgerAccount): Promise<bigint>;
  /** All balances kept: outside, pools, residual. */
  balances(program: number): Promise<readonly { readonly account: LedgerAccount; readonly balance: bigint }[]>;
  periods(program: number): Promise<readonly PeriodRecord[]>;
  steps(program: number, period: number): Promise<readonly StepRecord[]>;
  /** Numbers of rows, for people and for `compare`. */
  counts(program: number): Promise<{
    readonly accounts: number;
    readonly events: number;
    readonly positions: number;
    readonly scores: number;
    readonly payouts: number;
    readonly postings: number;
  }>;

  // Writes.
  /** Throws ConflictError `program-exists`. Rules, schedule and state follow by `write`. Returns the program's id. */
  createProgram(name: string): Promise<number>;
  /** Returns the number of rows inserted, updated and deleted. */
  write(program: number, changes: Changes): Promise<number>;
}
