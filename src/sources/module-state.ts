import { bech32 } from '@scure/base';
import { InvalidInputError } from '../core/errors.ts';
import type {
  Booked,
  Delegate,
  ProrataEvent,
  RulesChanged,
  ValidatorSet,
  WindowTakenOver,
} from '../core/events/event.ts';
import { clearingPools, type ModuleState, type ModuleStateVersion, poolOfAccount } from '../core/module-state/model.ts';
import { type ModuleShape, renderModuleState, shapeOf, shapeToWord } from '../core/module-state/shape.ts';
import { parseDecimal18 } from '../core/money/amount.ts';
import type { Pool, ProgramDefinition, RateRule, ScheduleEntry, WindowRules } from '../core/program.ts';
import { checkExcludedList } from '../core/schedule/check-exclusions.ts';
import { checkMappings, type Mapping } from '../core/schedule/check-mappings.ts';
import { checkSchedule } from '../core/schedule/check-schedule.ts';
import { isName } from '../core/text.ts';
import { type StakingState, findModuleState, parseModuleState, readStaking } from './module-state/parse.ts';

export interface ModuleStateOptions {
  /** Name of the program; default `module-state`. */
  readonly name?: string;
  /** The instant at which the state is taken over, milliseconds since 1970 UTC; default: the latest time in it. */
  readonly at?: number;
  /** Prefix of the accounts' addresses; default: that of the first one that is bech32, or any text where none is. */
  readonly prefix?: string;
  /** Default: the bond denomination of a whole-chain export (else `TOKEN`), 6 decimals. */
  readonly asset?: { readonly symbol: string; readonly decimals: number };
  /** Default `sdk`: the chain values shares by TokensFromShares and truncates. */
  readonly rate?: RateRule;
  /** Strategy and batch size of the windows to come; default `cut`, 1000. */
  readonly window?: Partial<Pick<WindowRules, 'strategy' | 'batchSize'>>;
  /**
   * What the pools hold: the chain's balances are not part of its module's state. Default `owed`: exactly what the state
   * still owes. `none`: nothing, `fund` events follow.
   */
  readonly funding?: 'owed' | 'none';
  /**
   * The distribution that was being worked off (version `ids` only): the chain takes it out of its schedule when it opens
   * and keeps it nowhere in the state, so whoever takes over must say what was owed.
   */
  readonly ongoing?: { readonly at: number; readonly amount: bigint };
}

/** A module state as a program and the events that bring it to where the state is. */
export interface ReadModuleState {
  readonly version: ModuleStateVersion;
  /** Milliseconds since 1970 UTC: the time of all events. */
  readonly at: number;
  readonly definition: ProgramDefinition;
  readonly events: readonly ProrataEvent[];
  readonly shape: ModuleShape;
  /**
   * Whether writing it (exporters/module-state.ts) gives the same bytes; of a whole-chain export, `app_state.pse` on one line.
   * Not so: unusual blanks, numbers that are no strings, objects of one kind with differing fields.
   */
  readonly exact: boolean;
}

/**
 * Reads the state of the chain's module, alone or under `app_state.pse` of a whole-chain export, in all three versions
 * (told apart by their fields). Amounts in the smallest unit, shares with 18 places.
 *
 * - `no-ids` becomes a program that settles in one step and whose scores belong to the running period, `ids` one whose
 *   periods have the ids of the distributions, `copy-job` one that goes on with the open job (app/take-over.ts).
 * - Rates and present stakes come from `app_state.staking` where it is there; stakes must then be those of the entries.
 *   Without it every validator is at 1:1, and the entries become the stakes.
 * - Its lists are checked as the chain checks them, in this order: excluded accounts, mappings, schedule, entries, scores.
 *
 * The first event is a `rules` event that changes nothing: its key remembers how the state was written. All events are in
 * the order of the state's lists. Throws InvalidInputError with the field's path in `field`: codes of the three checks;
 * `state-entry-tokens-negative`, `state-entry-since-not-positive`, `state-score-negative`, `invalid-address`,
 * `module-state-malformed`, `module-state-version-unknown`, `module-state-window-unknown`, `module-state-stake-differs`.
 */
export function readModuleState(text: string, options: ModuleStateOptions = {}): ReadModuleState {
  const found = findModuleState(text);
  const { state, version } = parseModuleState(found.raw);
  const staking = found.staking && readStaking(found.staking);
  const reader = new Reader(state, version, staking, options);
  const definition = reader.definition();
  const shape = shapeOf(found.text, found.raw, state, version);
  const word = shapeToWord(shape);
  const exact = word !== null && renderModuleState(state, shape) === found.text;
  return { version, at: reader.at, definition, events: reader.events(definition, word), shape, exact };
}

class Reader {
  readonly at: number;
  readonly #state: ModuleState;
  readonly #version: ModuleStateVersion;
  readonly #staking: StakingState | null;
  readonly #options: ModuleStateOptions;
  /** The chain's id of the period that closes next. */
  readonly #firstId: number;
  readonly #isAddress: (name: string) => boolean;
  readonly #isValidator: (name: string) => boolean;

  constructor(
    state: ModuleState,
    version: ModuleStateVersion,
    staking: StakingState | null,
    options: ModuleStateOptions,
  ) {
    this.#state = state;
    this.#version = version;
    this.#staking = staking;
    this.#options = options;
    this.#isAddress = matcherFor(options.prefix ?? prefixOf(accountsIn(state)));
    this.#isValidator = matcherFor(prefixOf(state.entries.map(({ validator }) => validator)));
    this.#check();
    this.#firstId = this.#checkIds();
    this.at = options.at ?? this.#latest() * 1000;
    this.#checkTimes();
  }

  get #second(): number {
    return Math.floor(this.at / 1000);
  }

  // --- what the chain checks

  #check(): void {
    const { excluded, entries, scores, copied, job } = this.#state;
    checkExcludedList(excluded, this.#isAddress, 'params.excluded_addresses');
    checkMappings(this.#mappings(), { pools: pools([], new Map()) }, this.#isAddress);
    const all = clearingPools.map((name) => ({ name, pays: 'recipients' as const, funding: 0n, recipients: [] }));
    checkSchedule(this.#schedule(true), {
      pools: all,
      requireIds: this.#version === 'ids',
      requireAllPools: true,
      minGapSeconds: Number(this.#state.minGap ?? 0),
    });
    const pairs = new Set<string>();
    for (const [index, { delegator, validator, shares, since }] of entries.entries()) {
      const field = `delegation_time_entries[${index}]`;
      this.#checkAddress(delegator, `${field}.delegator_address`);
      this.#checkAddress(validator, `${field}.validator_address`, this.#isValidator);
      if (shares.startsWith('-'))
        throw stateError('state-entry-tokens-negative', `${field}.shares`, shares, 'shares that are not negative');
      if (parseDecimal18(shares, `${field}.shares`) === 0n)
        throw malformed(`${field}.shares`, shares, 'an entry with shares');
      if (BigInt(since) <= 0n)
        throw stateError(
          'state-entry-since-not-positive',
          `${field}.last_changed_unix_sec`,
          since,
          'a second after 1970',
        );
      once(pairs, `${delegator} ${validator}`, field);
    }
    for (const [name, list] of [
      ['account_scores', scores],
      ['community_distribution_entries', copied],
    ] as const) {
      const seen = new Set<string>();
      for (const [index, { address, score, id }] of list.entries()) {
        const field = `${name}[${index}]`;
        this.#checkAddress(address, `${field}.address`);
        if (score.startsWith('-'))
          throw stateError('state-score-negative', `${field}.score`, score, 'a score that is not negative');
        once(seen, `${id} ${address}`, field);
      }
    }
    if (job) this.#checkJob(job);
  }

  #checkJob(job: NonNullable<ModuleState['job']>): void {
    const first = this.#state.schedule[0];
    const field = 'community_distribution_job';
    if (BigInt(job.scheduledAt) <= 0n) throw malformed(`${field}.scheduled_at`, job.scheduledAt, 'a second after 1970');
    if (first && BigInt(first.timestamp) <= BigInt(job.scheduledAt)) {
      throw malformed(
        `${field}.scheduled_at`,
        job.scheduledAt,
        `a second before the next distribution's, ${first.timestamp}`,
      );
    }
    if (BigInt(job.leftover) > BigInt(job.amount))
      throw malformed(`${field}.leftover`, job.leftover, `at most the amount, ${job.amount}`);
    if (BigInt(job.processedEntries) > BigInt(job.totalEntries)) {
      throw malformed(`${field}.processed_entries`, job.processedEntries, `at most total_entries, ${job.totalEntries}`);
    }
  }

  #checkAddress(name: string, field: string, isGood = this.#isAddress): void {
    if (!isGood(name))
      throw stateError('invalid-address', field, JSON.stringify(name), 'a well-formed address of this chain');
  }

  /** All ids belong to the period that closes next or to the one after it; returns the former's. */
  #checkIds(): number {
    if (this.#version !== 'ids') return 1;
    const { entries, scores, schedule } = this.#state;
    const used = [...new Set([...entries, ...scores].map(({ id }) => Number(id ?? 0)))].toSorted((a, b) => a - b);
    const next = schedule[0]?.id === undefined ? undefined : Number(schedule[0].id);
    const { ongoing } = this.#options;
    const first = ongoing ? (next ?? used[0]! + 1) - 1 : (next ?? used[0] ?? 1);
    const strayed = used.find((id) => id !== first && id !== first + 1);
    const unknownWindow = !ongoing && (used[0] === first - 1 || (next === undefined && used.length > 1));
    if (unknownWindow) {
      const id = used[0]!;
      const message = `Entries or scores belong to distribution ${id}, which was being worked off and is not in the state: say when it was due and what it owed (ongoing).`;
      throw new InvalidInputError('module-state-window-unknown', message, { id: String(id) });
    }
    if (strayed !== undefined || first < 1) {
      throw malformed(
        'distribution_id',
        String(strayed ?? first),
        `${first} or ${first + 1}, as the schedule begins with ${next ?? 'nothing'}`,
      );
    }
    if (ongoing && !entries.some(({ id }) => Number(id) === first)) {
      const message = `No entry waits for distribution ${first} any more: it was paying, and the state does not say how much of it.`;
      throw new InvalidInputError('module-state-window-unknown', message, { id: String(first) });
    }
    return first;
  }

  /** The boundary of the period that closes next, where it has to lie in the past: seconds. */
  get #boundary(): number | undefined {
    const { job, schedule } = this.#state;
    if (job) return Number(job.scheduledAt);
    if (this.#version !== 'ids') return undefined;
    return this.#options.ongoing?.at ?? (schedule[0] && Number(schedule[0].timestamp));
  }

  #isOfNext(item: { readonly id?: string }): boolean {
    return this.#version === 'ids' && Number(item.id) > this.#firstId;
  }

  #latest(): number {
    const { entries, scores, job } = this.#state;
    const opened =
      job !== null || entries.some((entry) => this.#isOfNext(entry)) || scores.some((score) => this.#isOfNext(score));
    const times = entries.map(({ since }) => Number(since));
    if (opened) times.push(this.#boundary!);
    return times.reduce((latest, time) => Math.max(latest, time), 0);
  }

  #checkTimes(): void {
    const { entries, job } = this.#state;
    const second = this.#second;
    const earliest = this.#latest();
    if (earliest > second) throw malformed('at', String(second), `at least ${earliest}, the latest time in the state`);
    const boundary = this.#boundary;
    for (const [index, entry] of entries.entries()) {
      if (boundary === undefined || Number(entry.since) >= boundary || !(job || this.#isOfNext(entry))) continue;
      const field = `delegation_time_entries[${index}].last_changed_unix_sec`;
      throw malformed(field, entry.since, `at least ${boundary}, where the period of this entry begins`);
    }
  }

  // --- what becomes of it

  #mappings(): Mapping[] {
    return this.#state.mappings.map(({ account, recipients }) => ({ pool: poolOfAccount(account), recipients }));
  }

  #schedule(plain = false): ScheduleEntry[] {
    const entries = this.#state.schedule.map(({ timestamp, allocations, id }): ScheduleEntry => ({
      at: Number(timestamp),
      allocations: allocations.map(({ account, amount }) => ({
        pool: poolOfAccount(account),
        amount: amount === '' ? (undefined as unknown as bigint) : BigInt(amount), // checkSchedule says that it is missing
      })),
      ...(id === undefined ? {} : { id: Number(id) }),
    }));
    const { job } = this.#state;
    const { ongoing } = this.#options;
    if (plain) return entries;
    const opened = job ? { at: Number(job.scheduledAt), amount: BigInt(job.amount) } : ongoing;
    if (!opened) return entries;
    const id = this.#version === 'ids' ? { id: this.#firstId } : {};
    return [{ at: opened.at, allocations: [{ pool: clearingPools[0], amount: opened.amount }], ...id }, ...entries];
  }

  definition(): ProgramDefinition {
    const { name = 'module-state', asset, rate = 'sdk', window, funding = 'owed' } = this.#options;
    const schedule = this.#schedule();
    const single = this.#version === 'no-ids';
    const mappings = this.#mappings();
    const owed = new Map<string, bigint>();
    if (funding === 'owed') {
      for (const { pool, amount } of schedule.flatMap(({ allocations }) => allocations))
        owed.set(pool, (owed.get(pool) ?? 0n) + amount);
      const { job } = this.#state;
      // What the job has handed out is gone from its pool.
      if (job) owed.set(clearingPools[0], owed.get(clearingPools[0])! - (BigInt(job.amount) - BigInt(job.leftover)));
    }
    const all = pools(mappings, owed);
    return {
      name,
      rules: {
        asset: asset ?? { symbol: this.#staking?.bondDenom ?? 'TOKEN', decimals: 6 },
        pools: all,
        residual: 'community_pool',
        scoring: { model: 'stake-time', rate },
        window: {
          settle: single ? 'single_block' : 'multi_block',
          strategy: window?.strategy ?? 'cut',
          batchSize: window?.batchSize ?? 1000,
        },
        onZeroTotal: single ? 'residual' : 'halt',
        // An opened distribution owes its community part only, and a mapping may name an account that no entry pays from.
        requireAllPools: all.length === clearingPools.length && schedule.length === this.#state.schedule.length,
        requireIds: this.#version === 'ids',
        minGapSeconds: Number(this.#state.minGap ?? 0),
      },
      schedule,
      excluded: this.#state.excluded,
    };
  }

  events(definition: ProgramDefinition, word: string | null): ProrataEvent[] {
    const time = this.at;
    const prefix = `module-state:${time}`;
    const recipients = this.#mappings();
    // Periods of a program without a schedule begin at 1, whatever the chain calls them: the key remembers the difference.
    const offset = definition.schedule.length > 0 ? 0 : this.#firstId - 1;
    const shape: RulesChanged = {
      kind: 'rules',
      key: `${prefix}:shape:${word ?? '-'}:${offset}:${this.#options.ongoing ? this.#firstId : 0}`,
      time,
      ...(recipients.length > 0 ? { recipients } : { batchSize: definition.rules.window.batchSize }),
    };
    const pause = { kind: 'pause', key: `${prefix}:disabled`, time, reason: 'distributions_disabled' } as const;
    return [
      shape,
      ...this.#validators(prefix),
      ...this.#takeOver(prefix),
      ...this.#booked(prefix, offset),
      ...this.#stakes(prefix),
      ...(this.#state.disabled ? [pause] : []),
    ];
  }

  #validators(prefix: string): ValidatorSet[] {
    const names = [...new Set(this.#state.entries.map(({ validator }) => validator))];
    const facts = this.#staking?.validators;
    const none = { tokens: 0n, shares: 0n, jailed: false };
    const missing = facts && names.find((name) => !facts.has(name));
    if (missing !== undefined) {
      throw stateError(
        'module-state-stake-differs',
        'app_state.staking.validators',
        `none with the address ${missing}`,
        'every validator that an entry names',
      );
    }
    const all = facts ? [...facts] : names.map((name) => [name, none] as const);
    return all.map(([validator, facts]) => ({
      kind: 'validator-set',
      key: `${prefix}:validator:${validator}`,
      time: this.at,
      validator,
      ...facts,
    }));
  }

  /** The scores that the open job copied are booked first; then it goes on. */
  #takeOver(prefix: string): (Booked | WindowTakenOver)[] {
    const { job, copied } = this.#state;
    if (!job) return [];
    const booked = copied.map(({ address, score }): Booked => {
      return {
        kind: 'booked',
        key: `${prefix}:copied:${address}`,
        time: this.at,
        account: address,
        score: BigInt(score),
        period: 1,
      };
    });
    const taken: WindowTakenOver = {
      kind: 'window-taken-over',
      key: `${prefix}:job`,
      time: this.at,
      boundary: Number(job.scheduledAt),
      amount: BigInt(job.amount),
      total: BigInt(job.total),
      leftover: BigInt(job.leftover),
      ...(job.next === '' ? {} : { next: job.next }),
      totalEntries: Number(job.totalEntries),
      processedEntries: Number(job.processedEntries),
    };
    return [...booked, taken];
  }

  #booked(prefix: string, offset: number): Booked[] {
    const running = this.#state.job ? 2 : 1;
    return this.#state.scores.map(({ address, score, id }) => {
      const period = this.#version === 'ids' ? Number(id) - offset : running;
      return {
        kind: 'booked',
        key: `${prefix}:score:${id ?? '-'}:${address}`,
        time: this.at,
        account: address,
        score: BigInt(score),
        period,
      };
    });
  }

  #stakes(prefix: string): Delegate[] {
    const stakes = this.#state.entries.map(({ delegator: account, validator, shares, since, id }): Delegate => {
      const key = `${prefix}:entry:${id ?? '-'}:${account}:${validator}`;
      return {
        kind: 'delegate',
        key,
        time: this.at,
        account,
        validator,
        shares: parseDecimal18(shares, 'shares'),
        since: Number(since),
      };
    });
    const delegations = this.#staking?.delegations;
    if (!delegations) return stakes;
    const left = new Map(
      delegations.map((delegation) => [`${delegation.delegator} ${delegation.validator}`, delegation]),
    );
    const differs = (found: string, accepted: string): InvalidInputError =>
      stateError('module-state-stake-differs', 'app_state.staking.delegations', found, accepted);
    for (const { account, validator, shares } of stakes) {
      const pair = `${account} ${validator}`;
      const delegation = left.get(pair);
      if (delegation?.shares !== shares)
        throw differs(
          `${delegation?.shares ?? 'no'} shares (of 10^-18) of ${account} on ${validator}`,
          `${shares}, as its entry says`,
        );
      left.delete(pair);
    }
    const excluded = new Set(this.#state.excluded);
    for (const { delegator: account, validator, shares } of left.values()) {
      if (!excluded.has(account))
        throw differs(
          `a delegation of ${account} on ${validator} without an entry`,
          'an entry for everybody who is not excluded',
        );
      stakes.push({
        kind: 'delegate',
        key: `${prefix}:stake:${account}:${validator}`,
        time: this.at,
        account,
        validator,
        shares,
      });
    }
    return stakes;
  }
}

/** The six clearing accounts; those with recipients in the order of the mappings, so that they can be written back in it. */
function pools(mappings: readonly Mapping[], owed: ReadonlyMap<string, bigint>): Pool[] {
  const recipients = new Map(mappings.map((mapping) => [mapping.pool, mapping.recipients]));
  const names = [...new Set([clearingPools[0], ...recipients.keys(), ...clearingPools])];
  return names.map((name) => ({
    name,
    pays: name === clearingPools[0] ? 'score' : 'recipients',
    funding: owed.get(name) ?? 0n,
    recipients: recipients.get(name) ?? [],
  }));
}

function accountsIn({ entries, scores, copied, excluded, mappings }: ModuleState): string[] {
  return [
    ...entries.map(({ delegator }) => delegator),
    ...[...scores, ...copied].map(({ address }) => address),
    ...excluded,
    ...mappings.flatMap(({ recipients }) => recipients),
  ];
}

/** The prefix of the first address that is bech32. */
function prefixOf(names: readonly string[]): string | null {
  for (const name of names) {
    const prefix = decodePrefix(name);
    if (prefix !== null) return prefix;
  }
  return null;
}

/** The prefix of a bech32 address of 1 to 255 bytes with a good checksum, else `null`. */
function decodePrefix(name: string): string | null {
  const decoded = bech32.decodeUnsafe(name, false);
  if (!decoded) return null;
  const bytes = bech32.fromWordsUnsafe(decoded.words);
  return bytes && bytes.length > 0 && bytes.length <= 255 ? decoded.prefix : null;
}

function matcherFor(prefix: string | null): (name: string) => boolean {
  return prefix === null ? isName : (name) => isName(name) && decodePrefix(name) === prefix;
}

function once(seen: Set<string>, key: string, field: string): void {
  if (seen.has(key)) throw malformed(field, key, 'each of them at most once');
  seen.add(key);
}

function malformed(field: string, found: string, accepted: string): InvalidInputError {
  return stateError('module-state-malformed', field, found, accepted);
}

function stateError(code: string, field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Module state, "${field}": found ${found}; accepted: ${accepted}.`, {
    field,
    found,
  });
}
