/**
 * Random programs from a seed: small enough to read when one fails, strange enough to fail where an engine is weak.
 *
 * The generator asks the auditor for the present state (what is a position worth, who is still to be paid), so that it
 * can take away exactly what there is, or one unit more. It keeps to what the rules define: where two engines could
 * reasonably differ (see the comments with "never"), it does not go.
 */
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { strategyNames } from '../../src/core/program.ts';
import type { Pool, ProgramDefinition, ScheduleEntry } from '../../src/core/program.ts';
import { Auditor } from './auditor.ts';
import type { Action, Outcome, Script, Until } from './auditor.ts';
import { Prng } from './prng.ts';

/** A script, and the outcome that the auditor expects of each action. */
export interface RandomProgram extends Script {
  readonly seed: number;
  readonly expected: readonly Outcome[];
}

const SHARE = 10n ** 18n;
const START_SECOND = 1_700_000_000;
const EXCLUDED_AT_START_PERCENT = 8;
/** Bytes and UTF-16 order differently here: U+10348 is below U+FF5E in UTF-16 and above it in bytes. */
const accountNames = ['zed', 'Anna', 'anna', 'bob', '10', '9', 'é', '～', '𐍈', 'b', 'bo', 'Zed', 'ab-c', 'ab.c'];
const validatorNames = ['val-b', 'val-a', 'Val', 'val', 'вал'];
/** The least part of a share of it is worth 10^40 tokens: nothing can be delegated to it. */
const dearValidator = 'dear';
const DEAR = 10n ** 40n;

type EventBody = ProrataEvent extends infer Kind
  ? Kind extends ProrataEvent
    ? Omit<Kind, 'key' | 'time'>
    : never
  : never;

/** The program of a seed (any 32-bit integer): the same on every machine. */
export function randomProgram(seed: number): RandomProgram {
  return new Generator(seed).program();
}

class Generator {
  readonly #seed: number;
  readonly #random: Prng;
  #single: boolean;
  readonly #createdMs: number;
  readonly #definition: ProgramDefinition;
  readonly #auditor: Auditor;
  readonly #actions: Action[] = [];
  readonly #expected: Outcome[] = [];
  readonly #recorded: ProrataEvent[] = [];
  readonly #accounts: readonly string[];
  readonly #validators: readonly string[];
  /** Accounts whose exclusion ever changed: facts about their past are not made up. */
  readonly #everExcluded = new Set<string>();
  /** Account and validator of every position there ever was. */
  readonly #everStaked = new Set<string>();
  /** Least time of the next event, and least `now` of the next advance, milliseconds. */
  #clock: number;
  #now: number;
  readonly #hasDear: boolean;
  /** The usual size of amounts, decimal digits. */
  readonly #digits: number | null;
  #jailed = false;
  /** The last advance stopped somewhere in scoring: nothing may happen that tells the end of scoring from before. */
  #midScoring = false;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Prng(seed);
    this.#single = this.#random.chance(20);
    this.#accounts = this.#random.shuffled(accountNames).slice(0, this.#random.int(1, 12));
    this.#validators = this.#random.shuffled(validatorNames).slice(0, this.#random.int(1, 5));
    this.#digits = this.#random.chance(50) ? this.#random.int(1, 24) : null;
    this.#hasDear = this.#random.chance(20);
    this.#createdMs = START_SECOND * 1000 + this.#random.int(0, 999);
    this.#clock = this.#createdMs;
    this.#now = this.#createdMs;
    this.#definition = this.#makeDefinition();
    for (const account of this.#definition.excluded) this.#everExcluded.add(account);
    this.#auditor = new Auditor(this.#definition, this.#createdMs);
  }

  program(): RandomProgram {
    for (const validator of this.#validators) {
      const rate = this.#random.chance(50) ? { tokens: 0n, shares: 0n } : this.#anyRate();
      this.#ingest({ kind: 'validator-set', validator, ...rate, jailed: this.#random.chance(10) });
    }
    if (this.#hasDear) {
      this.#ingest({ kind: 'validator-set', validator: dearValidator, tokens: DEAR, shares: 1n, jailed: false });
    }
    const stakers = this.#random.chance(10) ? 0 : this.#random.int(1, this.#accounts.length); // none: a zero total
    for (let count = 0; count < stakers; count += 1) this.#delegate();
    for (let count = this.#random.int(5, 40); count > 0; count -= 1) {
      this.#wait();
      if (this.#random.chance(this.#auditor.glance().schedule.length > 0 || this.#isOpen() ? 35 : 3))
        this.#advanceAnyhow();
      else this.#anyEvent();
    }
    this.#finish();
    return {
      seed: this.#seed,
      createdMs: this.#createdMs,
      definition: this.#definition,
      actions: this.#actions,
      expected: this.#expected,
    };
  }

  // ---- The program -------------------------------------------------------------------------------------------------

  #makeDefinition(): ProgramDefinition {
    const random = this.#random;
    const direct: Pool[] = Array.from({ length: random.int(0, 2) }, (_, index) => ({
      name: `direct-${index + 1}`,
      pays: 'recipients',
      funding: 0n,
      recipients: this.#recipients(),
    }));
    const names = random.shuffled(['rewards', ...direct.map((pool) => pool.name)]);
    const schedule: ScheduleEntry[] = [];
    for (let at = START_SECOND, count = random.int(1, 4); count > 0; count -= 1) {
      at += random.pick([1, random.int(2, 20), random.int(20, 2000), 2_592_000]);
      schedule.push(this.#entry(at, names));
    }
    const pools = random.shuffled<Pool>([{ name: 'rewards', pays: 'score', funding: 0n, recipients: [] }, ...direct]);
    return {
      name: `random-${this.#seed >>> 0}`,
      rules: {
        asset: { symbol: 'RND', decimals: random.int(0, 18) },
        pools: pools.map((pool) => ({ ...pool, funding: this.#funding(pool.name, schedule) })),
        residual: 'community',
        scoring: { model: 'stake-time', rate: random.chance(35) ? 'sdk' : 'floor' },
        window: {
          settle: this.#single ? 'single_block' : 'multi_block',
          strategy: random.pick(strategyNames),
          batchSize: random.int(1, 5),
        },
        onZeroTotal: random.chance(40) ? 'residual' : 'halt',
        requireAllPools: false,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule,
      excluded: this.#accounts.filter(() => random.chance(EXCLUDED_AT_START_PERCENT)),
    };
  }

  /** Most entries owe to the pool that pays by score, and to some of the others; a few to the others only. */
  #entry(at: number, pools: readonly string[]): ScheduleEntry {
    const directOnly = pools.length > 1 && this.#random.chance(10);
    const owing = pools.filter((pool) => (pool === 'rewards' ? !directOnly : directOnly || this.#random.chance(75)));
    return { at, allocations: owing.map((pool) => ({ pool, amount: this.#amount() })) };
  }

  /** Mostly all that the schedule asks for; else anything, so that the pool may run dry. */
  #funding(pool: string, schedule: readonly ScheduleEntry[]): bigint {
    if (this.#random.chance(15)) return this.#random.chance(30) ? 0n : this.#amount();
    const owed = schedule.flatMap((entry) => entry.allocations).filter((allocation) => allocation.pool === pool);
    return owed.reduce((total, { amount }) => total + amount, this.#random.chance(50) ? 0n : 1000n);
  }

  #recipients(): string[] {
    return this.#random.shuffled([...this.#accounts, 'outsider', 'fund-x']).slice(0, this.#random.int(1, 3));
  }

  /** 1 to 10^24: in half of the programs mostly of one size, so that shares are comparable; else of any. */
  #amount(): bigint {
    const random = this.#random;
    if (this.#digits !== null && random.chance(85))
      return random.big(10n ** BigInt(this.#digits - 1), 10n ** BigInt(this.#digits));
    return random.chance(25) ? random.big(1n, 20n) : random.big(1n, 10n ** BigInt(random.int(1, 24)));
  }

  /** An odd rate, around one token per share and never more than one token per 10^-18 of a share. */
  #anyRate(): { readonly tokens: bigint; readonly shares: bigint } {
    const tokens = this.#amount();
    const ratio = this.#random.pick([
      [1n, 1n],
      [this.#random.big(1n, 30n), this.#random.big(1n, 30n)],
      [9999n, 10_000n],
    ] as const);
    return { tokens, shares: (tokens * SHARE * ratio[0]) / ratio[1] + this.#random.big(0n, 10n ** 9n) };
  }

  // ---- Time --------------------------------------------------------------------------------------------------------

  /** Often not at all, often less than a second, sometimes over one or several boundaries. */
  #wait(): void {
    const random = this.#random;
    const next = this.#auditor.glance().schedule[0];
    const toNext = next === undefined ? 100_000 : Math.max(0, next.at * 1000 - this.#clock);
    this.#clock += random.pick([
      0,
      0,
      random.int(1, 999),
      random.int(1, 30) * 1000,
      random.int(0, Math.floor(toNext / 3)),
      random.int(0, Math.floor(toNext / 3)),
    ]);
    if (!random.chance(8) || next === undefined) return;
    this.#clock = Math.max(
      this.#clock,
      random.pick([next.at * 1000 - 1, next.at * 1000, next.at * 1000 + 999, next.at * 1000 + random.int(0, 50_000)]),
    );
  }

  // ---- Advancing ---------------------------------------------------------------------------------------------------

  #isOpen(): boolean {
    return this.#auditor.glance().windowOpen;
  }

  #advanceAnyhow(): void {
    const random = this.#random;
    const next = this.#auditor.glance().schedule[0];
    let now = Math.max(this.#now, this.#clock);
    if (!this.#isOpen() && next !== undefined && random.chance(85)) {
      now = Math.max(
        now,
        next.at * 1000 + random.pick([0, random.int(0, 999), random.int(0, 100_000), random.int(0, 5_000_000)]),
      );
    }
    this.#advance(now, this.#anyUntil());
  }

  #anyUntil(): Until {
    const random = this.#random;
    if (!this.#isOpen()) return random.pick(['opened', 'opened', 'scored', 'settled'] as const);
    const { periods } = this.#auditor.glance();
    const left = this.#auditor.remaining().length;
    // Only where somebody has a score: without, the last entry scored may halt or close the window.
    if (periods.at(-1)?.total === null && left > 0 && random.chance(40)) return { scored: random.int(1, 8) };
    const until = random.pick(['opened', 'scored', 'paid', 'paid', 'paid', 'settled'] as const);
    if (until !== 'paid') return this.#midScoring && until === 'opened' ? 'scored' : until;
    // Never so many that nobody remains: whether that closes the window would be a matter of taste.
    return left < 2 ? 'settled' : { paid: (periods.at(-1)?.payouts.size ?? 0) + random.int(1, left - 1) };
  }

  #advance(now: number, until: Until): void {
    const before = this.#auditor.glance();
    const due = before.windowOpen ? undefined : before.schedule[0];
    const acts = !before.paused && before.halted === null;
    this.#push({ do: 'advance', now, until });
    this.#now = now;
    // Also after a halt, no event is put before the boundary that was tried: the step's instant may have been kept.
    if (due !== undefined && due.at * 1000 <= now && acts)
      this.#clock = Math.max(this.#clock, this.#single ? now : due.at * 1000);
    this.#midScoring =
      this.#isOpen() && ((typeof until === 'object' && 'scored' in until) || (this.#midScoring && !acts));
  }

  /** No window is left half done, unless it is halted for good. */
  #finish(): void {
    const random = this.#random;
    for (let tries = 0; tries < 6; tries += 1) {
      const { paused, halted, windowOpen, schedule } = this.#auditor.glance();
      if (!windowOpen && (schedule.length === 0 || random.chance(20))) return;
      if (paused || halted !== null) {
        if (random.chance(15)) return;
        if (halted !== null) this.#mend();
        this.#ingest({ kind: 'resume', reason: 'finish' });
      }
      const due = this.#auditor.glance().schedule[0];
      this.#advance(Math.max(this.#now, this.#clock, !windowOpen && due !== undefined ? due.at * 1000 : 0), 'settled');
    }
  }

  // ---- Events ------------------------------------------------------------------------------------------------------

  #anyEvent(): void {
    const random = this.#random;
    const { paused, halted } = this.#auditor.glance();
    if ((paused || halted !== null) && !this.#midScoring && random.chance(35)) {
      if (halted !== null && random.chance(75)) this.#mend();
      return this.#ingest({ kind: 'resume', reason: 'mended' });
    }
    const roll = random.int(0, 99);
    if (roll < 26) this.#delegate();
    else if (roll < 42) this.#undelegate();
    else if (roll < 50) this.#redelegate();
    else if (roll < 54)
      this.#ingest({
        kind: 'cancel-unbonding',
        account: this.#account(),
        validator: this.#validator(),
        amount: this.#amount(),
      });
    else if (roll < 60) this.#slash();
    else if (roll < 65) this.#changeRate();
    else if (roll < 67) this.#jail();
    else if (roll < 75) this.#exclusion();
    else if (roll < 79) this.#fund();
    else if (roll < 83) this.#changeWindows();
    else if (roll < 85) this.#changeRecipients();
    else if (roll < 87) this.#pause();
    else if (roll < 89) this.#appendToSchedule();
    else if (roll < 93) this.#past();
    else if (roll < 95) this.#again();
    else this.#nonsense();
  }

  #delegate(): void {
    const validator = this.#validator();
    const base = { kind: 'delegate', account: this.#account(), validator } as const;
    // Never exact shares of a worthless validator: whether it takes them is not defined.
    const exact = this.#random.chance(20) && validator !== dearValidator && this.#auditor.rateOf(validator).tokens > 0n;
    this.#ingest(
      exact
        ? { ...base, shares: this.#random.chance(50) ? this.#amount() : this.#amount() * SHARE }
        : { ...base, amount: this.#amount() },
    );
  }

  #undelegate(): void {
    const random = this.#random;
    const position = this.#anyPosition();
    if (position === null) return this.#delegate();
    const { account, validator, shares, value } = position;
    const base = { kind: 'undelegate', account, validator } as const;
    const worthless = this.#auditor.rateOf(validator).tokens === 0n;
    const roll = random.int(0, 99);
    if (roll < 15) this.#ingest({ ...base, shares });
    else if (roll < 30) this.#ingest({ ...base, shares: random.big(1n, shares) });
    else if (roll < 34) this.#ingest({ ...base, shares: shares + random.big(1n, SHARE) });
    else if (worthless) return; // never an amount from there: which of the two refusals comes first is not defined
    else if (roll < 40 || value === 0n)
      this.#ingest({ ...base, amount: value + random.pick([1n, random.big(1n, 10n ** 20n)]) });
    else if (roll < 60) this.#ingest({ ...base, amount: value });
    else this.#ingest({ ...base, amount: random.big(1n, value) });
  }

  #redelegate(): void {
    const position = this.#anyPosition();
    const others = this.#allValidators().filter((validator) => validator !== position?.validator);
    if (position === null || position.value === 0n || others.length === 0) return this.#undelegate();
    const amount = this.#random.chance(40) ? position.value : this.#random.big(1n, position.value);
    const to = this.#random.pick(others);
    if (to === dearValidator && amount >= DEAR) return;
    // Never too much and to a worthless validator at once.
    const surplus =
      this.#auditor.rateOf(to).tokens > 0n && to !== dearValidator && this.#random.chance(8) ? position.value : 0n;
    this.#ingest({
      kind: 'redelegate',
      account: position.account,
      from: position.validator,
      to,
      amount: amount + surplus,
    });
  }

  #slash(): void {
    const random = this.#random;
    const fraction = random.pick([SHARE / 100n, SHARE / 2n, random.big(1n, SHARE), 1n, SHARE - 1n, SHARE]);
    this.#ingest({ kind: 'validator-slashed', validator: random.pick(this.#validators), fraction });
  }

  /** Never to the ratio that holds already: whether that is a new rate is not defined. */
  #changeRate(): void {
    const random = this.#random;
    const validator = random.pick(this.#validators);
    const to = random.chance(12) ? { tokens: 0n, shares: random.pick([0n, this.#amount()]) } : this.#anyRate();
    const after =
      to.tokens === 0n && to.shares === 0n
        ? { tokens: 1n, perShares: SHARE }
        : { tokens: to.tokens, perShares: to.shares };
    const now = this.#auditor.rateOf(validator);
    if (now.tokens * after.perShares === after.tokens * now.perShares) return;
    if (random.chance(20)) this.#ingest({ kind: 'validator-set', validator, ...to, jailed: this.#jailed });
    else this.#ingest({ kind: 'validator-changed', validator, ...to });
  }

  #jail(): void {
    this.#jailed = !this.#jailed;
    this.#ingest({ kind: 'validator-jailed', validator: this.#random.pick(this.#validators), jailed: this.#jailed });
  }

  #exclusion(): void {
    const random = this.#random;
    const excluded = this.#accounts.filter((account) => this.#auditor.isExcluded(account));
    const add = this.#midScoring || random.chance(45) ? [] : random.shuffled(this.#accounts).slice(0, random.int(1, 2));
    const free = (random.chance(10) ? this.#accounts : excluded).filter((account) => !add.includes(account));
    const remove = free.length > 0 && random.chance(70) ? [random.pick(free)] : [];
    if (add.length === 0 && remove.length === 0) return this.#delegate();
    for (const account of [...add, ...remove]) this.#everExcluded.add(account);
    this.#ingest({ kind: 'exclusion', add, remove });
  }

  #fund(): void {
    this.#ingest({ kind: 'fund', pool: this.#random.pick(this.#definition.rules.pools).name, amount: this.#amount() });
  }

  /** How windows settle changes only when none is open or due. */
  #changeWindows(): void {
    const { schedule } = this.#auditor.glance();
    const idle = !this.#isOpen() && !schedule.some((entry) => entry.at * 1000 <= this.#clock);
    if (!idle || this.#random.chance(60))
      return this.#ingest({ kind: 'rules', strategy: this.#random.pick(strategyNames) });
    this.#single = !this.#single;
    this.#ingest({ kind: 'rules', settle: this.#single ? 'single_block' : 'multi_block' });
  }

  #changeRecipients(): void {
    const direct = this.#definition.rules.pools.filter((pool) => pool.pays === 'recipients');
    if (direct.length === 0) return this.#delegate();
    this.#ingest({
      kind: 'rules',
      recipients: [{ pool: this.#random.pick(direct).name, recipients: this.#recipients() }],
    });
  }

  /** Never while halted: what one `resume` ends then is not defined. */
  #pause(): void {
    const { paused, halted } = this.#auditor.glance();
    if (paused || halted !== null || this.#midScoring) return this.#delegate();
    this.#ingest({ kind: 'pause', reason: 'for a test' });
  }

  /** Never in a window, nor when a boundary has passed that is not opened yet. */
  #appendToSchedule(): void {
    const { schedule } = this.#auditor.glance();
    if (this.#isOpen() || schedule.some((entry) => entry.at <= this.#clock / 1000)) return this.#delegate();
    const at = Math.max(schedule.at(-1)?.at ?? 0, Math.floor(this.#clock / 1000)) + this.#random.int(1, 5000);
    const entry = this.#entry(
      at,
      this.#definition.rules.pools.map((pool) => pool.name),
    );
    this.#ingest({ kind: 'schedule', entries: [...schedule, entry] });
    if (this.#random.chance(70)) {
      for (const { pool, amount } of entry.allocations) this.#ingest({ kind: 'fund', pool, amount });
    }
  }

  /** Facts of the past, in the running period, of accounts that were never excluded. */
  #past(): void {
    const random = this.#random;
    const report = this.#auditor.glance();
    const at = Math.floor(this.#clock / 1000);
    const candidates = this.#accounts.filter((account) => !this.#everExcluded.has(account));
    const start = Math.max(report.periods.at(-1)?.boundary ?? 0, START_SECOND);
    if (candidates.length === 0 || report.schedule.some((entry) => entry.at <= at) || at <= start)
      return this.#delegate();
    const account = random.pick(candidates);
    if (random.chance(40)) return this.#ingest({ kind: 'booked', account, score: this.#amount() });
    const from = random.int(start, at - 1);
    const validator = this.#liveValidator();
    // Backdated only where there never was a stake: what two histories of one position mean is not defined.
    if (random.chance(40) && !this.#everStaked.has(`${account} ${validator}`)) {
      return this.#ingest({ kind: 'delegate', account, validator, amount: this.#amount(), since: from });
    }
    this.#ingest({
      kind: 'held',
      account,
      validator: this.#validator(),
      amount: this.#amount(),
      from,
      until: random.int(from + 1, at),
    });
  }

  /** A recorded event once more: nothing changes. With other content: refused. */
  #again(): void {
    if (this.#recorded.length === 0) return;
    const event = this.#random.pick(this.#recorded);
    this.#push({ do: 'ingest', event: this.#random.chance(70) ? event : { ...event, time: event.time + 1 } });
  }

  #nonsense(): void {
    const random = this.#random;
    const account = this.#account();
    const roll = random.int(0, 3);
    if (roll === 0) this.#ingest({ kind: 'delegate', account, validator: 'nobody', amount: 1n });
    else if (roll === 1) this.#ingest({ kind: 'fund', pool: 'no-such-pool', amount: 1n });
    else if (roll === 2)
      this.#ingest({ kind: 'undelegate', account: 'stranger', validator: this.#liveValidator(), shares: 1n });
    else {
      const { instant } = this.#auditor.glance();
      this.#ingest(
        { kind: 'delegate', account, validator: this.#liveValidator(), amount: SHARE },
        instant - random.pick([1, 1000, 60_000]),
      );
    }
  }

  /** What it takes to end the present halt. */
  #mend(): void {
    const { halted, schedule } = this.#auditor.glance();
    if (halted === 'zero-total') return this.#ingest({ kind: 'rules', onZeroTotal: 'residual' });
    for (const { pool, amount } of schedule[0]?.allocations ?? []) this.#ingest({ kind: 'fund', pool, amount });
  }

  // ---- Choices -----------------------------------------------------------------------------------------------------

  #account(): string {
    return this.#random.pick(this.#accounts);
  }

  #allValidators(): string[] {
    return [...this.#validators, ...(this.#hasDear ? [dearValidator] : [])];
  }

  #validator(): string {
    return this.#random.pick(this.#allValidators());
  }

  /** One that is not worthless, if there is one. */
  #liveValidator(): string {
    return (
      this.#validators.find((validator) => this.#auditor.rateOf(validator).tokens > 0n) ??
      (this.#validators[0] as string)
    );
  }

  #anyPosition(): { account: string; validator: string; shares: bigint; value: bigint } | null {
    const positions = this.#accounts.flatMap((account) =>
      [...this.#auditor.stakesOf(account)].map(([validator, stake]) => ({ account, validator, ...stake })),
    );
    return positions.length === 0 ? null : this.#random.pick(positions);
  }

  #ingest(body: EventBody, time = this.#clock): void {
    this.#push({ do: 'ingest', event: { key: `e${this.#actions.length + 1}`, time, ...body } as ProrataEvent });
  }

  #push(action: Action): void {
    const outcome = this.#auditor.apply(action);
    this.#actions.push(action);
    this.#expected.push(outcome);
    if (action.do !== 'ingest' || outcome !== 'recorded') return;
    const { event } = action;
    this.#recorded.push(event);
    if ('account' in event && 'validator' in event) this.#everStaked.add(`${event.account} ${event.validator}`);
    if (event.kind === 'redelegate') this.#everStaked.add(`${event.account} ${event.to}`);
  }
}
