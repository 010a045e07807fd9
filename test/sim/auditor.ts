/**
 * The independent auditor: computes what a program must have paid, its own slow and obvious way.
 *
 * It shares no code with the engine (types and node builtins only) and knows nothing of freeze strategies, batches,
 * entries or bookings. It keeps the history as plain lists - every change of a position as (second, account, validator,
 * shares), every rate, every change of the excluded list, every flat credit - and computes each number anew from them:
 *
 *   score of an account in [start, end) = for each of its positions, for every stretch of seconds in which neither its
 *   shares nor the rate change: floor(shares x rate) x seconds.
 *
 * Positions are changed by events from their second on. A restaked reward is a change as of the boundary T, with two
 * exceptions, in which the time before `from` is a flat credit of the added shares alone (value x seconds from T on):
 * the position changed after T (`from` = the second of its last change), or its rate changed after T (`from` = the
 * second of the paying step's instant).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Allocation, ProgramDefinition, RateRule, Rules, ScheduleEntry } from '../../src/core/program.ts';
import { rateRuleOf } from '../../src/core/program.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';

/** The first instant of a program (milliseconds), its definition, and what happens to it, in this order. */
export interface Script {
  readonly createdMs: number;
  readonly definition: ProgramDefinition;
  readonly actions: readonly Action[];
}

/**
 * `ingest`: one batch of one event. `advance`: step the program, as long as needed and no further.
 *
 * `now` (milliseconds) decides only whether the oldest entry of the schedule is due (in single_block it is also the
 * step's instant). At most one window is worked on: the open one, or else the oldest due one, which is opened. What is
 * reached already, not due, paused or halted: nothing happens. In single_block every `until` means `settled`.
 */
export type Action =
  | { readonly do: 'ingest'; readonly event: ProrataEvent }
  | { readonly do: 'advance'; readonly now: number; readonly until: Until };

/**
 * How far a window is worked off, counted from its opening:
 * - `opened`: the opening step was made, nothing is scored.
 * - `scored: k`: about k entries were scored, one by one; never further than the end of scoring. Results must not
 *   depend on it, and how entries are counted is the engine's affair; the auditor treats it as `opened`.
 *   So it is used only in an open window in which somebody has a score, and until the next advance, which goes at least
 *   as far as `scored`, nobody is excluded and nothing is paused or resumed.
 * - `scored`: the total is fixed (or the window halted for it), nobody is paid.
 * - `paid: k`: exactly k accounts were dealt with (positive closing score, not excluded), by bytes of their names. When
 *   no account remains, the window is settled; random programs always leave at least one.
 * - `settled`: the window is closed.
 */
export type Until = 'opened' | 'scored' | 'settled' | { readonly scored: number } | { readonly paid: number };

/** What became of an action: of an event what ingest counts it as, of an advance nothing. */
export type Outcome = 'recorded' | 'duplicate' | RefusalCode | null;

/** Codes that the engine must give literally. For the others it is enough that the event is refused. */
export const exactRefusalCodes = ['validator-worthless', 'stake-insufficient', 'shares-zero'] as const;
export type RefusalCode =
  | (typeof exactRefusalCodes)[number]
  | 'key-conflict'
  | 'time-backwards'
  | 'validator-unknown'
  | 'pool-unknown'
  | 'window-open';

export type HaltReason = 'pool-underfunded' | 'no-recipients' | 'amount-not-positive' | 'zero-total';

export interface AuditedPayout {
  readonly score: bigint;
  /** floor(amount x score / total). */
  readonly due: bigint;
  /** Tokens by validator; only those that are not zero. */
  readonly restaked: ReadonlyMap<string, bigint>;
  readonly liquid: bigint;
  /** An account with neither stake nor a whole unit due has `no-stake`; `below-one-unit` says as much. */
  readonly reason: 'paid' | 'no-stake' | 'below-one-unit';
}

/** One line per opened period, in order; `period` counts from 1. */
export interface AuditedPeriod {
  readonly period: number;
  readonly start: number;
  readonly boundary: number;
  readonly settled: boolean;
  readonly pool: string;
  readonly amount: bigint;
  /** null until scoring has ended. */
  readonly total: bigint | null;
  /** In ascending byte order of names; without the direct payments. */
  readonly payouts: ReadonlyMap<string, AuditedPayout>;
  readonly direct: readonly { readonly pool: string; readonly account: string; readonly amount: bigint }[];
  /**
   * What went to the residual. `undelivered`: the dues of accounts without stake. `rounding`: all else of the
   * leftover, the shares of accounts excluded in the paying phase included. Zero until settled, `directRemainder` apart.
   */
  readonly residual: {
    readonly rounding: bigint;
    readonly undelivered: bigint;
    readonly directRemainder: bigint;
    readonly zeroTotal: bigint;
  };
}

export type Scores = ReadonlyMap<string, bigint>;

export interface AuditReport {
  /** One per action. */
  readonly outcomes: readonly Outcome[];
  readonly periods: readonly AuditedPeriod[];
  /** Account -> validator -> position; only with shares. */
  readonly stakes: ReadonlyMap<string, ReadonlyMap<string, { readonly shares: bigint; readonly value: bigint }>>;
  readonly liquid: Scores;
  /** Ledger balance of an earner's stake: all that was ever restaked for it. */
  readonly restaked: Scores;
  readonly pools: ReadonlyMap<string, bigint>;
  readonly residual: bigint;
  /** Minus all funding. */
  readonly outside: bigint;
  /** Milliseconds: the newest event, or the newest boundary opened if that is later. */
  readonly instant: number;
  /**
   * The periods after the newest opened boundary up to the instant's second, which counts from a boundary that has
   * passed without being opened too. The last one is the running period (`end` null). Only scores that are not zero.
   */
  readonly unsettled: readonly { readonly start: number; readonly end: number | null; readonly scores: Scores }[];
  /** Closing scores of the accounts not paid yet, when a window is open. */
  readonly closing: Scores | null;
  readonly excluded: readonly string[];
  readonly schedule: readonly ScheduleEntry[];
  readonly paused: boolean;
  readonly halted: HaltReason | null;
}

interface PositionChange {
  readonly second: number;
  readonly account: string;
  readonly validator: string;
  readonly shares: bigint;
}
interface RateChange {
  readonly second: number;
  readonly validator: string;
  readonly tokens: bigint;
  readonly perShares: bigint;
}
interface ExclusionChange {
  readonly order: number;
  readonly second: number;
  readonly account: string;
  readonly excluded: boolean;
}
/** `tokens` for every second of [from, until). */
interface FlatCredit {
  readonly order: number;
  readonly account: string;
  readonly from: number;
  readonly until: number;
  readonly tokens: bigint;
}
/** A score that came from outside, at a second. */
interface BookedCredit {
  readonly order: number;
  readonly account: string;
  readonly second: number;
  readonly score: bigint;
}
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
interface Settling extends Mutable<Omit<AuditedPeriod, 'payouts' | 'direct' | 'residual'>> {
  readonly payouts: Map<string, AuditedPayout>;
  readonly direct: { pool: string; account: string; amount: bigint }[];
  readonly residual: Mutable<AuditedPeriod['residual']>;
}

const SHARE = 10n ** 18n;

/** What a position is worth, in whole tokens. `floor`: one floor. `sdk`: floor at 36 places, half-even at 18, floor. */
export function worth(
  rule: RateRule,
  shares: bigint,
  rate: { readonly tokens: bigint; readonly perShares: bigint },
): bigint {
  if (rule === 'floor') return (shares * rate.tokens) / rate.perShares;
  const places36 = (shares * rate.tokens * 10n ** 36n) / rate.perShares;
  let places18 = places36 / 10n ** 18n;
  const rest = places36 % 10n ** 18n;
  const half = 5n * 10n ** 17n;
  if (rest > half || (rest === half && places18 % 2n === 1n)) places18 += 1n;
  return places18 / 10n ** 18n;
}

/** Runs a whole script. */
export function audit(script: Script): AuditReport {
  const auditor = new Auditor(script.definition, script.createdMs);
  const outcomes = script.actions.map((action) => auditor.apply(action));
  return { ...auditor.report(), outcomes };
}

export class Auditor {
  #rules: Rules;
  #schedule: ScheduleEntry[];
  readonly #events = new Map<string, ProrataEvent>();
  readonly #changes: PositionChange[] = [];
  readonly #rates: RateChange[] = [];
  readonly #exclusions: ExclusionChange[] = [];
  readonly #credits: FlatCredit[] = [];
  readonly #booked: BookedCredit[] = [];
  readonly #periods: Settling[] = [];
  readonly #pools = new Map<string, bigint>();
  readonly #liquid = new Map<string, bigint>();
  readonly #restaked = new Map<string, bigint>();
  #residual = 0n;
  #outside = 0n;
  /** The instant of the newest event or step. */
  #newestMs: number;
  #paused = false;
  #halted: HaltReason | null = null;
  /** Counts facts, so that "later than" is defined within one second too. */
  #order = 0;

  constructor(definition: ProgramDefinition, createdMs: number) {
    this.#rules = definition.rules;
    this.#schedule = [...definition.schedule];
    this.#newestMs = createdMs;
    for (const pool of definition.rules.pools) {
      this.#pools.set(pool.name, pool.funding);
      this.#outside -= pool.funding;
    }
    for (const account of definition.excluded) this.#setExcluded(account, true, second(createdMs));
  }

  apply(action: Action): Outcome {
    if (action.do === 'ingest') return this.#ingest(action.event);
    this.#advance(action.now, action.until);
    return null;
  }

  // ---- What can be asked -------------------------------------------------------------------------------------------

  /** Shares of a position at a second, with all that is known by now. */
  sharesAt(account: string, validator: string, at: number): bigint {
    return sum(
      this.#changesOf(account, validator)
        .filter((change) => change.second <= at)
        .map((change) => change.shares),
    );
  }

  sharesOf(account: string, validator: string): bigint {
    return sum(this.#changesOf(account, validator).map((change) => change.shares));
  }

  /** What a position is worth now. */
  valueOf(account: string, validator: string): bigint {
    return worth(rateRuleOf(this.#rules), this.sharesOf(account, validator), this.rateOf(validator));
  }

  /** The present rate of a known validator; `second` is when it began. */
  rateOf(validator: string): Readonly<RateChange> {
    return last(this.#rates.filter((rate) => rate.validator === validator));
  }

  /**
   * The score of an account in the seconds [start, end): zero while it is excluded, and from its inclusion on only. What
   * was booked from outside counts when it came before second `bookedEnd`: in a running period, up to now.
   */
  scoreOf(account: string, start: number, end: number, bookedEnd = end): bigint {
    const exclusions = this.#exclusions.filter((change) => change.account === account);
    const newest = exclusions.at(-1);
    if (newest?.excluded === true) return 0n;
    const from = newest === undefined ? start : Math.max(start, newest.second);
    // Who is included again starts without a score, whatever was said of it while it was excluded.
    const forgotten = newest?.order ?? 0;

    const positions = this.#validatorsOf(account).map((validator) =>
      this.#positionScore(account, validator, from, end),
    );
    const flat = this.#credits
      .filter((credit) => credit.account === account && credit.order > forgotten)
      .map((credit) => credit.tokens * BigInt(Math.max(0, Math.min(credit.until, end) - Math.max(credit.from, start))));
    const booked = this.#booked
      .filter((credit) => credit.account === account && credit.order > forgotten)
      .filter((credit) => start <= credit.second && credit.second < bookedEnd)
      .map((credit) => credit.score);
    return sum(positions) + sum(flat) + sum(booked);
  }

  isExcluded(account: string): boolean {
    return this.#exclusions.filter((change) => change.account === account).at(-1)?.excluded ?? false;
  }

  /** The score of an account in the running period, as it is at a second: counted from the newest boundary passed. */
  runningScoreOf(account: string, at: number): bigint {
    return this.scoreOf(account, this.#boundariesUntil(at).at(-1) ?? 0, at, at + 1);
  }

  /** Where the program stands, without any score. */
  glance(): Pick<AuditReport, 'schedule' | 'paused' | 'halted' | 'instant' | 'periods'> & {
    readonly windowOpen: boolean;
  } {
    return {
      schedule: this.#schedule,
      paused: this.#paused,
      halted: this.#halted,
      instant: this.#newestMs,
      periods: this.#periods,
      windowOpen: this.#open() !== null,
    };
  }

  /** A copy of everything as it is now; `outcomes` is empty. */
  report(): AuditReport {
    const now = second(this.#newestMs);
    const starts = this.#boundariesUntil(now);
    const open = this.#open();
    const accounts = this.#accounts();
    return structuredClone<AuditReport>({
      outcomes: [],
      periods: this.#periods,
      stakes: new Map(
        accounts.map((account) => [account, this.stakesOf(account)] as const).filter(([, stakes]) => stakes.size > 0),
      ),
      liquid: this.#liquid,
      restaked: this.#restaked,
      pools: this.#pools,
      residual: this.#residual,
      outside: this.#outside,
      instant: this.#newestMs,
      unsettled: starts.map((start, index) => ({
        start,
        end: starts[index + 1] ?? null,
        scores: this.#scores(start, starts[index + 1] ?? now, starts[index + 1] ?? now + 1),
      })),
      closing:
        open === null
          ? null
          : new Map([...this.#scores(open.start, open.boundary)].filter(([account]) => !open.payouts.has(account))),
      excluded: [...new Set(this.#exclusions.map((change) => change.account))]
        .filter((account) => this.isExcluded(account))
        .sort(byBytes),
      schedule: this.#schedule,
      paused: this.#paused,
      halted: this.#halted,
    });
  }

  /** The accounts still to be paid in the open window, in order; empty without a window. */
  remaining(): string[] {
    const open = this.#open();
    if (open === null) return [];
    return [...this.#scores(open.start, open.boundary).keys()].filter((account) => !open.payouts.has(account));
  }

  // ---- Events ------------------------------------------------------------------------------------------------------

  #ingest(event: ProrataEvent): Outcome {
    const known = this.#events.get(event.key);
    if (known !== undefined) return isDeepStrictEqual(known, event) ? 'duplicate' : 'key-conflict';
    if (event.time < this.#newestMs) return 'time-backwards';
    const refusal = this.#record(event, second(event.time));
    if (refusal !== null) return refusal;
    this.#events.set(event.key, event);
    this.#newestMs = event.time;
    return 'recorded';
  }

  #record(event: ProrataEvent, at: number): RefusalCode | null {
    if ('validator' in event && event.kind !== 'validator-set' && !this.#isValidator(event.validator))
      return 'validator-unknown';
    switch (event.kind) {
      case 'validator-set':
      case 'validator-changed':
        // Nobody delegates to it: one token for one share.
        if (event.tokens === 0n && event.shares === 0n) this.#setRate(event.validator, at, 1n, SHARE);
        else this.#setRate(event.validator, at, event.tokens, event.shares);
        return null;
      case 'validator-slashed': {
        const rate = this.rateOf(event.validator);
        this.#setRate(event.validator, at, rate.tokens * (SHARE - event.fraction), rate.perShares * SHARE);
        return null;
      }
      case 'validator-jailed':
        return null;
      case 'delegate':
      case 'cancel-unbonding': {
        const exact = event.kind === 'delegate' ? event.shares : undefined;
        const shares = exact ?? this.#sharesFor(event.validator, event.amount ?? 0n);
        if (typeof shares === 'string') return shares;
        this.#change(event.account, event.validator, event.kind === 'delegate' ? (event.since ?? at) : at, shares);
        return null;
      }
      case 'undelegate': {
        const shares = this.#sharesTaken(event.account, event.validator, event);
        if (typeof shares === 'string') return shares;
        this.#change(event.account, event.validator, at, -shares);
        return null;
      }
      case 'redelegate': {
        if (!this.#isValidator(event.from) || !this.#isValidator(event.to)) return 'validator-unknown';
        const taken = this.#sharesTaken(event.account, event.from, event);
        if (typeof taken === 'string') return taken;
        const given = this.#sharesFor(event.to, event.amount);
        if (typeof given === 'string') return given;
        this.#change(event.account, event.from, at, -taken);
        this.#change(event.account, event.to, at, given);
        return null;
      }
      case 'held':
        this.#credits.push({
          order: this.#next(),
          account: event.account,
          from: event.from,
          until: event.until,
          tokens: event.amount,
        });
        return null;
      case 'booked':
        this.#booked.push({ order: this.#next(), account: event.account, second: at, score: event.score });
        return null;
      case 'exclusion':
        for (const account of event.add) if (!this.isExcluded(account)) this.#setExcluded(account, true, at);
        for (const account of event.remove) if (this.isExcluded(account)) this.#setExcluded(account, false, at);
        return null;
      case 'fund':
        if (!this.#pools.has(event.pool)) return 'pool-unknown';
        this.#pools.set(event.pool, balance(this.#pools, event.pool) + event.amount);
        this.#outside -= event.amount;
        return null;
      case 'rules':
        this.#rules = {
          ...this.#rules,
          onZeroTotal: event.onZeroTotal ?? this.#rules.onZeroTotal,
          window: { ...this.#rules.window, settle: event.settle ?? this.#rules.window.settle },
          pools: this.#rules.pools.map((pool) => ({
            ...pool,
            recipients: event.recipients?.find((change) => change.pool === pool.name)?.recipients ?? pool.recipients,
          })),
        };
        return null;
      case 'schedule':
        if (this.#open() !== null) return 'window-open';
        this.#schedule = [...event.entries];
        return null;
      case 'pause':
        this.#paused = true;
        return null;
      case 'resume':
        this.#paused = false;
        this.#halted = null;
        return null;
      default:
        throw new Error(`The auditor does not know events of kind ${event.kind}.`);
    }
  }

  /** The shares that `amount` tokens buy at the present rate, rounded down, or why not. */
  #sharesFor(validator: string, amount: bigint): bigint | RefusalCode {
    const rate = this.rateOf(validator);
    if (rate.tokens === 0n) return 'validator-worthless';
    const shares = (amount * rate.perShares) / rate.tokens;
    return shares === 0n ? 'shares-zero' : shares;
  }

  /** The shares that go when `amount` tokens, or exactly `shares`, are taken away, or why not. */
  #sharesTaken(
    account: string,
    validator: string,
    wanted: { readonly amount?: bigint; readonly shares?: bigint },
  ): bigint | RefusalCode {
    const shares = this.sharesOf(account, validator);
    if (wanted.shares !== undefined) return wanted.shares > shares ? 'stake-insufficient' : wanted.shares;
    const amount = wanted.amount ?? 0n;
    const value = this.valueOf(account, validator);
    if (amount > value) return 'stake-insufficient';
    if (amount === value) return shares;
    const rate = this.rateOf(validator);
    return (amount * rate.perShares) / rate.tokens;
  }

  // ---- Steps -------------------------------------------------------------------------------------------------------

  #advance(now: number, until: Until): void {
    if (this.#paused || this.#halted !== null) return;
    if (this.#open() === null) {
      const entry = this.#schedule[0];
      if (this.#rules.window.settle === 'single_block') {
        const instant = Math.max(now, this.#newestMs);
        if (entry !== undefined && entry.at <= second(instant)) this.#settleAtOnce(entry, instant);
        return;
      }
      if (entry === undefined || entry.at > second(now)) return;
      this.#halted = this.#whyNot(entry);
      if (this.#halted !== null) return;
      this.#openPeriod(entry, entry.at);
      this.#newestMs = Math.max(this.#newestMs, entry.at * 1000);
    }
    const open = this.#open();
    if (open === null || until === 'opened' || (typeof until === 'object' && 'scored' in until)) return;
    if (open.total === null) this.#endScoring(open);
    if (open.total === null || open.settled || until === 'scored') return;
    while (this.remaining().length > 0 && (until === 'settled' || open.payouts.size < until.paid)) this.#payNext(open);
    if (this.remaining().length === 0) this.#close(open);
  }

  #settleAtOnce(entry: ScheduleEntry, instant: number): void {
    this.#halted = this.#whyNot(entry);
    if (this.#halted !== null) return;
    const start = this.#periods.at(-1)?.boundary ?? 0;
    const total = sum([...this.#scores(start, second(instant)).values()]);
    const byScore = entry.allocations.some((allocation) => this.#poolOf(allocation).pays === 'score');
    if (byScore && total === 0n && this.#rules.onZeroTotal === 'halt') {
      this.#halted = 'zero-total';
      return;
    }
    this.#newestMs = instant;
    const open = this.#openPeriod(entry, second(instant));
    if (!open.settled) this.#endScoring(open);
    while (!open.settled && this.remaining().length > 0) this.#payNext(open);
    if (!open.settled) this.#close(open);
  }

  /** Why an entry cannot be opened, if it cannot. */
  #whyNot(entry: ScheduleEntry): HaltReason | null {
    for (const allocation of entry.allocations) {
      const pool = this.#rules.pools.find((candidate) => candidate.name === allocation.pool);
      if (pool?.pays === 'recipients' && pool.recipients.length === 0) return 'no-recipients';
      if (pool?.pays === 'score' && allocation.amount <= 0n) return 'amount-not-positive';
      if (balance(this.#pools, allocation.pool) < allocation.amount) return 'pool-underfunded';
    }
    return null;
  }

  /** Ends the period at `boundary`, takes the entry off the schedule and pays the pools that do not pay by score. */
  #openPeriod(entry: ScheduleEntry, boundary: number): Settling {
    const byScore = entry.allocations.find((allocation) => this.#poolOf(allocation).pays === 'score');
    const open: Settling = {
      period: this.#periods.length + 1,
      start: this.#periods.at(-1)?.boundary ?? 0,
      boundary,
      settled: byScore === undefined, // nobody to be paid by score: the opening step is all
      pool: byScore?.pool ?? '',
      amount: byScore?.amount ?? 0n,
      total: null,
      payouts: new Map(),
      direct: [],
      residual: { rounding: 0n, undelivered: 0n, directRemainder: 0n, zeroTotal: 0n },
    };
    this.#schedule = this.#schedule.slice(1);
    this.#periods.push(open);
    for (const allocation of entry.allocations) {
      const { pays, recipients } = this.#poolOf(allocation);
      if (pays === 'score') continue;
      const part = allocation.amount / BigInt(recipients.length);
      for (const account of recipients) {
        if (part > 0n) add(this.#liquid, account, part);
        open.direct.push({ pool: allocation.pool, account, amount: part });
      }
      const remainder = allocation.amount - part * BigInt(recipients.length);
      open.residual.directRemainder += remainder;
      this.#residual += remainder;
      add(this.#pools, allocation.pool, -allocation.amount);
    }
    return open;
  }

  #endScoring(open: Settling): void {
    const total = sum([...this.#scores(open.start, open.boundary).values()]);
    if (total === 0n && this.#rules.onZeroTotal === 'halt') {
      this.#halted = 'zero-total';
      return;
    }
    open.total = total;
    if (total > 0n) return;
    open.residual.zeroTotal = open.amount;
    this.#residual += open.amount;
    add(this.#pools, open.pool, -open.amount);
    open.settled = true;
  }

  #payNext(open: Settling): void {
    const account = this.remaining()[0] as string;
    const score = this.scoreOf(account, open.start, open.boundary);
    const due = (open.amount * score) / (open.total as bigint);
    const values = [...this.stakesOf(account)].map(([validator, { value }]) => [validator, value] as const);
    const staked = sum(values.map(([, value]) => value));
    const restaked = new Map<string, bigint>();
    if (staked > 0n) {
      for (const [validator, value] of values) {
        const part = (value * due) / staked;
        if (part > 0n) restaked.set(validator, part);
      }
    }
    const liquid = staked > 0n ? due - sum([...restaked.values()]) : 0n;
    open.payouts.set(account, {
      score,
      due,
      restaked,
      liquid,
      reason: staked === 0n ? 'no-stake' : due === 0n ? 'below-one-unit' : 'paid',
    });
    for (const [validator, tokens] of restaked) {
      this.#restake(account, validator, tokens, open.boundary);
      add(this.#restaked, account, tokens);
      add(this.#pools, open.pool, -tokens);
    }
    if (liquid === 0n) return;
    add(this.#liquid, account, liquid);
    add(this.#pools, open.pool, -liquid);
  }

  /** The restaked part counts from the boundary on; see the head of this file. */
  #restake(account: string, validator: string, tokens: bigint, boundary: number): void {
    const rate = this.rateOf(validator);
    const shares = (tokens * rate.perShares) / rate.tokens;
    const changed = Math.max(...this.#changesOf(account, validator).map((change) => change.second));
    const from = rate.second > boundary ? second(this.#newestMs) : Math.max(changed, boundary);
    if (from > boundary) {
      const value = worth(rateRuleOf(this.#rules), shares, rate);
      this.#credits.push({ order: this.#next(), account, from: boundary, until: from, tokens: value });
    }
    this.#change(account, validator, from, shares);
  }

  #close(open: Settling): void {
    const payouts = [...open.payouts.values()];
    const undelivered = sum(payouts.filter((payout) => payout.reason === 'no-stake').map((payout) => payout.due));
    const delivered = sum(payouts.map((payout) => payout.liquid + sum([...payout.restaked.values()])));
    const leftover = open.amount - delivered;
    open.residual.undelivered = undelivered;
    open.residual.rounding = leftover - undelivered;
    open.settled = true;
    this.#residual += leftover;
    add(this.#pools, open.pool, -leftover);
  }

  // ---- The history, and reading it ---------------------------------------------------------------------------------

  #change(account: string, validator: string, at: number, shares: bigint): void {
    this.#changes.push({ second: at, account, validator, shares });
  }

  #setRate(validator: string, at: number, tokens: bigint, perShares: bigint): void {
    this.#rates.push({ second: at, validator, tokens, perShares });
  }

  #setExcluded(account: string, excluded: boolean, at: number): void {
    this.#exclusions.push({ order: this.#next(), second: at, account, excluded });
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }

  #positionScore(account: string, validator: string, start: number, end: number): bigint {
    const rates = this.#rates.filter((rate) => rate.validator === validator);
    const instants = [...this.#changesOf(account, validator), ...rates].map((fact) => fact.second);
    const cuts = [start, ...instants.filter((at) => start < at && at < end).sort((a, b) => a - b), end];
    let score = 0n;
    for (let index = 0; index + 1 < cuts.length; index += 1) {
      const [from, until] = [cuts[index] as number, cuts[index + 1] as number];
      if (until <= from) continue;
      // The newest rate of a second replaces the earlier ones; the first holds from the beginning of time.
      const rate = rates.filter((candidate) => candidate.second <= from).at(-1) ?? (rates[0] as RateChange);
      score += worth(rateRuleOf(this.#rules), this.sharesAt(account, validator, from), rate) * BigInt(until - from);
    }
    return score;
  }

  /** Scores that are not zero, in ascending byte order of names. */
  #scores(start: number, end: number, bookedEnd = end): Map<string, bigint> {
    const scores = this.#accounts().map((account) => [account, this.scoreOf(account, start, end, bookedEnd)] as const);
    return new Map(scores.filter(([, score]) => score > 0n));
  }

  #accounts(): string[] {
    const facts = [...this.#changes, ...this.#credits, ...this.#booked];
    return [...new Set(facts.map((fact) => fact.account))].sort(byBytes);
  }

  #validatorsOf(account: string): string[] {
    const own = this.#changes.filter((change) => change.account === account);
    return [...new Set(own.map((change) => change.validator))].sort(byBytes);
  }

  #changesOf(account: string, validator: string): PositionChange[] {
    return this.#changes.filter((change) => change.account === account && change.validator === validator);
  }

  /** Validator -> position, only with shares; in byte order. */
  stakesOf(account: string): Map<string, { shares: bigint; value: bigint }> {
    const stakes = this.#validatorsOf(account).map((validator) => {
      return [
        validator,
        { shares: this.sharesOf(account, validator), value: this.valueOf(account, validator) },
      ] as const;
    });
    return new Map(stakes.filter(([, stake]) => stake.shares > 0n));
  }

  #isValidator(name: string): boolean {
    return this.#rates.some((rate) => rate.validator === name);
  }

  #poolOf(allocation: Allocation): Rules['pools'][number] {
    const found = this.#rules.pools.find((pool) => pool.name === allocation.pool);
    if (found === undefined) throw new Error(`The schedule names a pool that does not exist: ${allocation.pool}.`);
    return found;
  }

  #open(): Settling | null {
    const newest = this.#periods.at(-1);
    return newest === undefined || newest.settled ? null : newest;
  }

  /** Starts of the periods after the newest opened boundary that began by a second. */
  #boundariesUntil(at: number): number[] {
    const passed = this.#schedule.map((entry) => entry.at).filter((boundary) => boundary <= at);
    // Settling at once ends a period when it is done, not when it was scheduled.
    return [this.#periods.at(-1)?.boundary ?? 0, ...(this.#rules.window.settle === 'single_block' ? [] : passed)];
  }
}

/** The second of an instant. */
function second(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Names by their UTF-8 bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new Error('The auditor looked for something that never happened.');
  return item;
}

function balance(balances: ReadonlyMap<string, bigint>, name: string): bigint {
  return balances.get(name) ?? 0n;
}

function add(balances: Map<string, bigint>, name: string, amount: bigint): void {
  balances.set(name, balance(balances, name) + amount);
}
