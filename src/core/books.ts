import { compareBytes } from './bytes.ts';
import { invariant } from './errors.ts';
import type { Rules, ScheduleEntry } from './program.ts';
import { type EdgeVersion, GraphBook, type NodeVersion } from './scoring/cred/book.ts';
import { openSpans, type Span } from './scoring/stake-time/spans.ts';
import { noScores } from './state.ts';
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
  Validator,
} from './state.ts';

/** A program as it is stored, without its accounts. */
export interface StoredProgram {
  readonly id: number;
  readonly name: string;
  readonly state: ProgramState;
  readonly rules: Rules;
  readonly schedule: readonly ScheduleEntry[];
  readonly validators: readonly Validator[];
}

/** A balance of the program's own ledger accounts (outside, pools, residual), by their key. */
export type Balances = Map<string, { readonly account: LedgerAccount; balance: bigint }>;

/** A stretch of seconds [from, until) that was booked to a period: of a position, or as whole tokens. */
export interface BookedStretch {
  readonly account: Account;
  readonly period: number;
  readonly from: number;
  readonly until: number;
  readonly held: { readonly position: Position } | { readonly tokens: bigint };
}

/** What a transaction has changed in the books, in the words of the store port. */
export interface BookChanges {
  readonly accounts: Account[];
  readonly validators: Validator[];
  readonly positionsRemoved: { account: number; validator: number; bucket: number }[];
  readonly positions: (Position & { account: number })[];
  readonly scores: { account: number; period: number; score: bigint }[];
  readonly payouts: Payout[];
  readonly postings: Posting[];
  readonly balances: { account: LedgerAccount; balance: bigint }[];
  readonly step?: StepRecord;
  readonly period?: PeriodRecord;
  readonly nodes: readonly NodeVersion[];
  readonly edges: readonly EdgeVersion[];
  readonly rules?: Rules;
  readonly schedule?: readonly ScheduleEntry[];
  readonly state: ProgramState;
}

/**
 * The books of one program as one transaction sees them: what was read, what was changed, and nothing that does I/O.
 * Events and steps work on it; afterwards `takeChanges` says what is to be written.
 *
 * Accounts must be put in (`put`) before they are used; those that do not exist yet are made by `accountOf`.
 */
export class Books {
  /** Told of every stretch that is booked; only explanations listen (app/explain.ts). */
  onBooked: ((stretch: BookedStretch) => void) | null = null;
  /** Told of every part of a reward that became stake, in tokens, and on which position; only explanations listen. */
  onRestaked: ((position: Position, tokens: bigint) => void) | null = null;
  readonly id: number;
  readonly name: string;
  readonly state: ProgramState;
  rules: Rules;
  schedule: readonly ScheduleEntry[];
  readonly graph = new GraphBook();
  readonly validators = new Map<string, Validator>();
  readonly #validatorsById: Validator[] = [];
  readonly #balances: Balances;
  #accounts = new Map<string, Account>();
  #spans: Span[] | null = null;

  #changedAccounts = new Set<Account>();
  #changedValidators = new Set<Validator>();
  #changedPositions = new Map<Position, number>();
  #changedScores = new Map<Account, Set<number>>();
  #changedBalances = new Set<string>();
  /** The balance that was moved last: a step pays from one pool a thousand times. */
  #moved: { readonly of: LedgerAccount; readonly entry: { balance: bigint } } | null = null;
  #removed: { account: number; validator: number; bucket: number }[] = [];
  #payouts: Payout[] = [];
  #postings: Posting[] = [];
  #settingsChanged = false;

  constructor(stored: StoredProgram, balances: readonly { account: LedgerAccount; balance: bigint }[]) {
    this.id = stored.id;
    this.name = stored.name;
    this.state = structuredClone(stored.state);
    this.rules = stored.rules;
    this.schedule = stored.schedule;
    for (const validator of stored.validators) this.#addValidator({ ...validator });
    this.#balances = new Map(balances.map((entry) => [ledgerKey(entry.account), { ...entry }]));
  }

  // --- what there is

  /** The second that the newest event or step lies in. */
  get second(): number {
    return Math.floor(this.state.clock / 1000);
  }

  /** The periods a score can still belong to. */
  get spans(): readonly Span[] {
    this.#spans ??= openSpans(this.state, this.schedule, this.rules.window.settle);
    return this.#spans;
  }

  /** Ids of the periods that may have booked scores: those that began by second `at`. */
  periodsUntil(at: number): number[] {
    return this.spans.filter((span, index) => index === 0 || span.start <= at).map((span) => span.period);
  }

  /** The buckets that positions can be in. */
  get buckets(): number[] {
    const { window, bucket } = this.state;
    return window && window.closingBucket !== bucket ? [window.closingBucket, bucket] : [bucket];
  }

  validatorById(id: number): Validator {
    const validator = this.#validatorsById[id - 1];
    invariant(validator !== undefined, 'books.validator-known', () => ({ id: String(id) }));
    return validator;
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  /** By name, those that were put in or made since changes were last taken. */
  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts;
  }

  put(accounts: Iterable<Account>): void {
    for (const account of accounts) this.#accounts.set(account.name, account);
  }

  /** The account of this name; a new one is made, with the next id. */
  accountOf(name: string): Account {
    const known = this.#accounts.get(name);
    if (known) return known;
    this.state.accounts += 1;
    const account: Account = { id: this.state.accounts, name, excluded: false, positions: [], scores: noScores };
    this.#accounts.set(name, account);
    this.#changedAccounts.add(account);
    return account;
  }

  balanceOf(account: LedgerAccount): bigint {
    return this.#balances.get(ledgerKey(account))?.balance ?? 0n;
  }

  /** An account's positions in the order of their validators' names. */
  ordered(account: Account): readonly Position[] {
    if (account.positions.length < 2) return account.positions;
    return account.positions.toSorted((a, b) =>
      compareBytes(this.validatorById(a.validator).name, this.validatorById(b.validator).name),
    );
  }

  // --- what changes

  #addValidator(validator: Validator): Validator {
    this.validators.set(validator.name, validator);
    this.#validatorsById[validator.id - 1] = validator;
    return validator;
  }

  /** The validator of this name, made when it is new. */
  validatorOf(name: string): Validator {
    const known = this.validators.get(name);
    return known ?? this.#addValidator({ id: this.validators.size + 1, name, jailed: false, rates: [] });
  }

  validatorChanged(validator: Validator): void {
    if (this.#changedValidators.size === 0) this.state.validatorsVersion += 1;
    this.#changedValidators.add(validator);
  }

  accountChanged(account: Account): void {
    this.#changedAccounts.add(account);
  }

  /** Writes the position; one that is still in another bucket than `bucket` moves there. */
  positionChanged(account: Account, position: Position, bucket: number = this.state.bucket): void {
    if (position.bucket !== bucket) {
      this.#removed.push({ account: account.id, validator: position.validator, bucket: position.bucket });
      position.bucket = bucket;
    }
    this.#changedPositions.set(position, account.id);
  }

  addPosition(account: Account, position: Position): void {
    account.positions.push(position);
    this.state.positions += 1;
    this.#changedPositions.set(position, account.id);
  }

  removePosition(account: Account, position: Position): void {
    account.positions.splice(account.positions.indexOf(position), 1);
    this.state.positions -= 1;
    this.#changedPositions.delete(position);
    this.#removed.push({ account: account.id, validator: position.validator, bucket: position.bucket });
  }

  /** Adds to (or, negative, takes from) a booked score; zero removes it. */
  addScore(account: Account, period: number, score: bigint): void {
    const now = (account.scores.get(period) ?? 0n) + score;
    invariant(now >= 0n, 'score.not-negative', () => ({ account: account.name, period: String(period) }));
    const scores = new Map(account.scores);
    if (now === 0n) scores.delete(period);
    else scores.set(period, now);
    const stored = (this.state.scores[period] ?? 0) + scores.size - account.scores.size;
    if (stored === 0) delete this.state.scores[period];
    else this.state.scores[period] = stored;
    account.scores = scores;
    const changed = this.#changedScores.get(account);
    if (changed) changed.add(period);
    else this.#changedScores.set(account, new Set([period]));
  }

  /** Adds to (or takes from) a period's running total. */
  addTotal(period: number, score: bigint): void {
    const total = this.total(period) + score;
    invariant(total >= 0n, 'total.not-negative', () => ({ period: String(period), total: String(total) }));
    if (total === 0n) delete this.state.totals[period];
    else this.state.totals[period] = total;
  }

  total(period: number): bigint {
    return this.state.totals[period] ?? 0n;
  }

  setRules(rules: Rules): void {
    this.rules = rules;
    this.#settingsHaveChanged();
  }

  setSchedule(schedule: readonly ScheduleEntry[]): void {
    this.schedule = schedule;
    this.#settingsHaveChanged();
  }

  #settingsHaveChanged(): void {
    if (!this.#settingsChanged) this.state.rulesVersion += 1;
    this.#settingsChanged = true;
    this.#spans = null;
  }

  /** To be called whenever a window opens or closes: boundaries are drawn anew. */
  windowChanged(): void {
    this.#spans = null;
  }

  addPayout(payout: Omit<Payout, 'id'>): void {
    this.state.payouts += 1;
    const { period, pool, account, score, due, restaked, liquid, reason } = payout;
    const id = this.state.payouts;
    this.#payouts.push({ id, period, pool, account: refOf(account), score, due, restaked, liquid, reason });
  }

  /**
   * A payout with its postings from `source`, one per way of delivery: what was restaked, and what is liquid. What it
   * could not deliver stays where it is. The same as `addPayout` and `post`, for a thousand accounts of a step.
   */
  pay(payout: Omit<Payout, 'id'>, source: LedgerAccount): void {
    const { state } = this;
    const { period, pool, score, due, restaked, liquid, reason } = payout;
    const account = refOf(payout.account);
    state.payouts += 1;
    this.#payouts.push({ id: state.payouts, period, pool, account, score, due, restaked, liquid, reason });
    if (restaked > 0n) this.#deliver(source, { kind: 'stake', account }, restaked, payout);
    if (liquid > 0n) this.#deliver(source, { kind: 'liquid', account }, liquid, payout);
  }

  #deliver(source: LedgerAccount, target: LedgerAccount, amount: bigint, { period, pool }: Omit<Payout, 'id'>): void {
    this.state.postings += 1;
    this.#postings.push({
      id: this.state.postings,
      period,
      allocation: pool,
      source,
      target,
      amount,
      reason: 'payout',
    });
    this.#move(source, -amount);
  }

  /**
   * One movement of money. Program accounts keep a balance, earners' are the sum of their payouts.
   * Invariants: `posting.positive`, `ledger.no-overdraft` (only `outside` may go below zero).
   */
  post(posting: {
    period: number;
    allocation: string;
    source: LedgerAccount;
    target: LedgerAccount;
    amount: bigint;
    reason: PostingReason;
  }): void {
    invariant(posting.amount > 0n, 'posting.positive', () => ({ amount: String(posting.amount) }));
    this.state.postings += 1;
    const { period, allocation, source, target, amount, reason } = posting;
    const id = this.state.postings;
    this.#postings.push({ id, period, allocation, source: bare(source), target: bare(target), amount, reason });
    this.#move(source, -amount);
    this.#move(target, amount);
  }

  #move(account: LedgerAccount, amount: bigint): void {
    if (account.kind === 'liquid' || account.kind === 'stake') return;
    if (this.#moved?.of !== account) this.#moved = { of: account, entry: this.#balanceEntry(account) };
    const { entry } = this.#moved;
    entry.balance += amount;
    invariant(account.kind === 'outside' || entry.balance >= 0n, 'ledger.no-overdraft', () => ({
      account: ledgerKey(account),
    }));
  }

  /** A balance that is going to change. */
  #balanceEntry(account: LedgerAccount): { balance: bigint } {
    const key = ledgerKey(account);
    const entry = this.#balances.get(key) ?? { account, balance: 0n };
    this.#balances.set(key, entry);
    this.#changedBalances.add(key);
    return entry;
  }

  /** What was changed since the last call, with the state as it is now; forgets the accounts that were read. */
  takeChanges(extra: { step?: StepRecord; period?: PeriodRecord } = {}): BookChanges {
    const positions: (Position & { account: number })[] = [];
    for (const [position, account] of this.#changedPositions) {
      const { validator, shares, since, bucket } = position;
      positions.push({ account, validator, shares, since, bucket });
    }
    const scores: { account: number; period: number; score: bigint }[] = [];
    for (const [account, periods] of this.#changedScores) {
      for (const period of periods)
        scores.push({ account: account.id, period, score: account.scores.get(period) ?? 0n });
    }
    const changes: BookChanges = {
      accounts: [...this.#changedAccounts],
      validators: [...this.#changedValidators],
      positionsRemoved: this.#removed,
      positions,
      scores,
      payouts: this.#payouts,
      postings: this.#postings,
      balances: [...this.#changedBalances].map((key) => this.#balances.get(key)!),
      ...this.graph.take(),
      ...extra,
      ...(this.#settingsChanged ? { rules: this.rules, schedule: this.schedule } : {}),
      state: this.state,
    };
    // Not cleared: a map that was cleared, dead and in V8's old space, points to what came after it, which so outlives its chunk.
    this.#changedAccounts = new Set();
    this.#changedValidators = new Set();
    this.#changedPositions = new Map();
    this.#changedScores = new Map();
    this.#changedBalances = new Set();
    this.#moved = null;
    this.#removed = [];
    this.#payouts = [];
    this.#postings = [];
    this.#settingsChanged = false;
    this.#accounts = new Map();
    return changes;
  }
}

/** Of an account only its id and name: what a payout and a posting remember must not change with it. */
function refOf({ id, name }: AccountRef): AccountRef {
  return { id, name };
}

/** A ledger account with nothing but what its type says, fields in one order. */
export function bare(account: LedgerAccount): LedgerAccount {
  switch (account.kind) {
    case 'outside':
    case 'residual':
    case 'carried':
      return { kind: account.kind };
    case 'pool':
      return { kind: account.kind, pool: account.pool };
    case 'liquid':
    case 'stake':
      return { kind: account.kind, account: refOf(account.account) };
  }
}

/** A text that names a ledger account: `outside`, `residual`, `carried`, `pool:NAME`, `liquid:NAME`, `stake:NAME`. */
export function ledgerKey(account: LedgerAccount): string {
  switch (account.kind) {
    case 'outside':
    case 'residual':
    case 'carried':
      return account.kind;
    case 'pool':
      return `pool:${account.pool}`;
    case 'liquid':
    case 'stake':
      return `${account.kind}:${account.account.name}`;
  }
}
