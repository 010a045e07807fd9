import { deepStrictEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import { InvalidInputError, ProrataError } from '../../src/core/errors.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { parseShare } from '../../src/core/money/fraction.ts';
import type { ProgramDefinition, Rules, ScheduleEntry, StrategyName } from '../../src/core/program.ts';
import { strategyNames } from '../../src/core/program.ts';
import { accountMatcher } from '../../src/core/schedule/account-matcher.ts';
import { checkExcludedList } from '../../src/core/schedule/check-exclusions.ts';
import { checkMappings } from '../../src/core/schedule/check-mappings.ts';
import { checkSchedule } from '../../src/core/schedule/check-schedule.ts';
import { bootstrapStart, makePlan, type Plan } from '../../src/core/schedule/plan.ts';

/**
 * Runs the stake vectors (README of that folder) through the engine: one run per file, freeze strategy and batch size,
 * on a store from `openStore`. Every operation goes the way a user's would: events, steps, reads.
 */
export interface VectorResult {
  readonly name: string;
  readonly failure: string | null;
}

export async function* runStakeVectors(
  dir: string,
  openStore: () => Store,
  strategiesOf: (nth: number) => readonly StrategyName[] = () => strategyNames,
): AsyncGenerator<VectorResult> {
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
  for (const [nth, file] of files.toSorted().entries()) {
    const vector = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Vector;
    for (const strategy of strategiesOf(nth)) {
      const failures: string[] = [];
      for (const batchSize of vector.params.batch_sizes ?? [vector.params.batch_size ?? 1000]) {
        const failure = await runVector(vector, { strategy, batchSize, openStore });
        if (failure !== null) failures.push(`batch ${batchSize}: ${failure}`);
      }
      yield { name: `${vector.name} (${strategy})`, failure: failures.length > 0 ? failures.join('; ') : null };
    }
  }
}

// --- the format

interface Vector {
  readonly name: string;
  readonly params: {
    readonly mode?: 'single_block' | 'multi_block';
    readonly start_time_ms: number;
    readonly excluded?: readonly string[];
    readonly clearing_accounts?: Readonly<Record<string, readonly string[]>>;
    readonly authority?: string;
    readonly require_ids?: boolean;
    readonly min_gap_seconds?: number;
    readonly batch_size?: number;
    readonly batch_sizes?: readonly number[];
    readonly step_ms?: number;
    readonly on_zero_score?: 'pool' | 'halt';
  };
  readonly validators: readonly { readonly id: string }[];
  readonly steps: readonly Step[];
}
type Step = { readonly op: string } & Readonly<Record<string, any>>;
interface RawEntry {
  readonly id?: number;
  readonly timestamp: number;
  readonly allocations: readonly { readonly account: string; readonly amount?: string }[];
}
interface RawMapping {
  readonly account: string;
  readonly recipients: readonly string[];
}

const POOLS = ['community', 'foundation', 'alliance', 'partnership', 'investors', 'team'];
const PROGRAM = 'vector';

interface RunOptions {
  readonly strategy: StrategyName;
  readonly batchSize: number;
  readonly openStore: () => Store;
}

async function runVector(vector: Vector, options: RunOptions): Promise<string | null> {
  const run = new VectorRun(vector, options);
  try {
    await run.start();
    let failed: string | null = null;
    for (const [index, step] of vector.steps.entries()) {
      try {
        if (step.op === 'expect') {
          if (step['error'] !== undefined) {
            deepStrictEqual(failed, step['error']);
            failed = null;
          }
          await run.expect(step);
        } else {
          if (failed !== null) return `step ${index}: the step before failed with ${failed}`;
          failed = await run.tryOperation(step);
        }
      } catch (error) {
        return `step ${index} (${step.op}): ${(error as Error).message.replaceAll(/\s+/g, ' ')}`;
      }
    }
    return failed === null ? null : `the last step failed with ${failed}`;
  } finally {
    await run.close();
  }
}

class VectorRun {
  readonly #vector: Vector;
  readonly #options: RunOptions;
  #engine!: Engine;
  #rules!: Rules;
  #now: number;
  #key = 0;
  #plan: Plan | null = null;

  constructor(vector: Vector, options: RunOptions) {
    this.#vector = vector;
    this.#options = options;
    this.#now = vector.params.start_time_ms;
  }

  async start(): Promise<void> {
    const { params } = this.#vector;
    await this.#open({
      excluded: params.excluded ?? [],
      mappings: mappingsOf(params.clearing_accounts ?? {}),
      schedule: [],
    });
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  async #open(state: {
    excluded: readonly string[];
    mappings: readonly RawMapping[];
    schedule: readonly ScheduleEntry[];
  }): Promise<void> {
    const { params, validators } = this.#vector;
    const single = params.mode !== 'multi_block';
    this.#rules = {
      asset: { symbol: 'TEST', decimals: 0 },
      pools: POOLS.map((name) => ({
        name,
        pays: name === 'community' ? 'score' : 'recipients',
        funding: 0n,
        recipients: state.mappings.find(({ account }) => account === name)?.recipients ?? [],
      })),
      residual: 'community_pool',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: {
        settle: single ? 'single_block' : 'multi_block',
        strategy: this.#options.strategy,
        batchSize: this.#options.batchSize,
      },
      onZeroTotal: (params.on_zero_score ?? (single ? 'pool' : 'halt')) === 'pool' ? 'residual' : 'halt',
      accountPattern: '^[a-z]{1,16}[0-9]{1,4}$',
      authority: params.authority ?? 'gov1',
      requireAllPools: false,
      requireIds: params.require_ids ?? false,
      minGapSeconds: params.min_gap_seconds ?? 0,
    };
    const definition: ProgramDefinition = {
      name: PROGRAM,
      rules: this.#rules,
      schedule: state.schedule,
      excluded: state.excluded,
    };
    this.#engine = new Engine(this.#options.openStore());
    await this.#engine.createProgram(definition);
    for (const { id } of validators) {
      await this.#ingest({ kind: 'validator-set', validator: id, tokens: 0n, shares: 0n, jailed: false });
    }
  }

  /** Runs an operation; the code (in snake case) with which it was refused, or null. */
  async tryOperation(step: Step): Promise<string | null> {
    try {
      await this.#operation(step);
      return null;
    } catch (error) {
      if (!(error instanceof ProrataError) || error.kind === 'bug') throw error;
      return error.code.replaceAll('-', '_');
    }
  }

  async #operation(step: Step): Promise<void> {
    const by = step['authority'] ?? this.#rules.authority;
    const isName = accountMatcher(this.#rules);
    switch (step.op) {
      case 'delegate':
        return this.#ingest({
          kind: 'delegate',
          account: step['delegator'],
          validator: step['validator'],
          amount: BigInt(step['amount']),
        });
      case 'undelegate':
        return this.#ingest({
          kind: 'undelegate',
          account: step['delegator'],
          validator: step['validator'],
          amount: BigInt(step['amount']),
        });
      case 'redelegate':
        return this.#ingest({
          kind: 'redelegate',
          account: step['delegator'],
          from: step['from'],
          to: step['to'],
          amount: BigInt(step['amount']),
        });
      case 'cancel_unbonding':
        return this.#ingest({
          kind: 'cancel-unbonding',
          account: step['delegator'],
          validator: step['validator'],
          amount: BigInt(step['amount']),
        });
      case 'wait':
        this.#now += step['milliseconds'];
        return;
      case 'wait_until':
        this.#now = step['time_ms'];
        return;
      case 'fund':
        return this.#ingest({ kind: 'fund', pool: step['account'], amount: BigInt(step['amount']) });
      case 'distribute':
        return this.#openNow(Math.floor(this.#now / 1000), step['amount']);
      case 'open_window':
        return this.#openNow(step['scheduled_at'], step['amount']);
      case 'end_block':
        await this.#engine.step(PROGRAM, this.#now);
        return;
      case 'run':
        return this.#run(step);
      case 'exclude':
        return this.#ingest({ kind: 'exclusion', add: step['add'], remove: step['remove'], by });
      case 'set_mappings': {
        const recipients = toRecipients(step['mappings']);
        if (by === this.#rules.authority) checkMappings(recipients, this.#rules, isName, { asMessage: true });
        return this.#ingest({ kind: 'rules', recipients, by });
      }
      case 'set_params':
        return this.#setParams(step['excluded'], step['mappings'], by);
      case 'validate_params':
        return this.#checkParams(step['excluded'], step['mappings']);
      case 'schedule':
        if (by === this.#rules.authority) this.#checkSchedule(step['entries']);
        return this.#ingest({ kind: 'schedule', entries: toEntries(step['entries']), by });
      case 'validate_schedule':
        return this.#checkSchedule(step['entries']);
      case 'schedule_raw':
        return this.#addToSchedule(toEntries(step['entries']));
      case 'disable':
        return this.#ingest({ kind: 'pause', reason: 'disabled', by });
      case 'query_score':
        if (!isName(step['account'])) throw new InvalidInputError('invalid-address', 'malformed');
        return;
      case 'import':
        return this.#import(step['state']);
      case 'roundtrip':
        return this.#roundtrip();
      case 'plan':
        this.#plan = planOf(step);
        return;
      case 'bootstrap':
        return this.#bootstrap(step);
      default:
        throw new Error(`unknown operation ${step.op}`);
    }
  }

  async #ingest(event: DistributiveOmit<ProrataEvent, 'key' | 'time'>): Promise<void> {
    this.#key += 1;
    let refused: InvalidInputError | null = null;
    const full = { ...event, key: `e${this.#key}`, time: this.#now } as ProrataEvent;
    await this.#engine.ingest(PROGRAM, [full], {
      onRefused: (_index, { code, message }) => (refused = new InvalidInputError(code, message)),
    });
    if (refused) throw refused;
  }

  async #addToSchedule(entries: readonly ScheduleEntry[]): Promise<void> {
    const { schedule } = await this.#engine.status(PROGRAM);
    const all = [...schedule, ...entries].toSorted((a, b) => a.at - b.at);
    await this.#ingest({ kind: 'schedule', entries: all, by: this.#rules.authority! });
  }

  async #openNow(at: number, amount: string): Promise<void> {
    await this.#addToSchedule([{ at, allocations: [{ pool: 'community', amount: BigInt(amount) }] }]);
    const outcome = await this.#engine.step(PROGRAM, this.#now);
    if (outcome.did === 'halted') throw new InvalidInputError(outcome.halt.code, outcome.halt.message);
  }

  async #run(step: Step): Promise<void> {
    for (;;) {
      const { window, paused, halted } = await this.#engine.status(PROGRAM);
      if (!window || paused !== null || halted) return;
      // `copy` scores in the opening step: a wish for so many scored items is met, and more, when it is uttered.
      if (step['phase'] === 'score' && (window.phase === 'paying' || window.entriesScored >= step['items'])) return;
      if (step['phase'] === 'pay' && window.phase === 'paying' && window.accountsPaid >= step['items']) return;
      this.#now += this.#vector.params.step_ms ?? 0;
      await this.#engine.step(PROGRAM, this.#now);
    }
  }

  #checkParams(excluded: readonly string[], mappings: readonly RawMapping[]): void {
    const isName = accountMatcher(this.#rules);
    checkExcludedList(excluded, isName);
    checkMappings(toRecipients(mappings), this.#rules, isName);
  }

  async #setParams(excluded: readonly string[], mappings: readonly RawMapping[], by: string): Promise<void> {
    this.#checkParams(excluded, mappings);
    const before = await this.#engine.excluded(PROGRAM);
    const add = excluded.filter((name) => !before.includes(name));
    const remove = before.filter((name) => !excluded.includes(name));
    if (add.length + remove.length > 0) await this.#ingest({ kind: 'exclusion', add, remove, by });
    if (mappings.length > 0) await this.#ingest({ kind: 'rules', recipients: toRecipients(mappings), by });
  }

  #checkSchedule(entries: readonly RawEntry[]): void {
    const inputs = entries.map(({ id, timestamp, allocations }) => ({
      at: timestamp,
      ...(id === undefined ? {} : { id }),
      allocations: allocations.map(({ account, amount }) => ({
        pool: account,
        amount: amount === undefined ? undefined : BigInt(amount),
      })),
    }));
    checkSchedule(inputs, { ...this.#rules, requireAllPools: true });
  }

  async #import(state: Record<string, any>): Promise<void> {
    this.#checkParams(state['excluded'], state['mappings']);
    this.#checkSchedule(state['schedule']);
    for (const { tokens, since } of state['entries']) {
      if (BigInt(tokens) < 0n) throw new InvalidInputError('state-entry-tokens-negative', 'negative');
      if (since <= 0) throw new InvalidInputError('state-entry-since-not-positive', 'not positive');
    }
    for (const { score } of state['scores']) {
      if (BigInt(score) < 0n) throw new InvalidInputError('state-score-negative', 'negative');
    }
    await this.#engine.close();
    await this.#open({
      excluded: state['excluded'],
      mappings: state['mappings'],
      schedule: toEntries(state['schedule']),
    });
    for (const { delegator, validator, tokens, since } of state['entries']) {
      await this.#ingest({ kind: 'delegate', account: delegator, validator, amount: BigInt(tokens), since });
    }
    for (const { account, score } of state['scores'])
      await this.#ingest({ kind: 'booked', account, score: BigInt(score) });
    if (state['disabled']) await this.#ingest({ kind: 'pause', reason: 'disabled', by: this.#rules.authority! });
  }

  async #roundtrip(): Promise<void> {
    const first = await exported(this.#engine);
    const fresh = new Engine(this.#options.openStore());
    await fresh.import(first);
    deepStrictEqual(await exported(fresh), first);
    await this.#engine.close();
    this.#engine = fresh;
  }

  async #bootstrap(step: Step): Promise<void> {
    const start = bootstrapStart(this.#now);
    this.#plan = planOf({ ...step, start });
    for (const [pool, amount] of this.#plan.funded) await this.#ingest({ kind: 'fund', pool, amount });
    await this.#ingest({ kind: 'rules', recipients: toRecipients(step['mappings']), by: this.#rules.authority! });
    await this.#ingest({ kind: 'schedule', entries: this.#plan.entries, by: this.#rules.authority! });
  }

  async expect(step: Step): Promise<void> {
    const status = await this.#engine.status(PROGRAM);
    for (const [key, wanted] of Object.entries(step)) {
      if (['op', 'error', 'computed'].includes(key)) continue;
      if (key === 'booked_total' && this.#options.strategy === 'copy' && status.window) continue; // complete from the opening step on
      deepStrictEqual({ [key]: await this.#actual(key, wanted, status) }, { [key]: normal(key, wanted) });
    }
  }

  async #actual(key: string, wanted: any, status: Awaited<ReturnType<Engine['status']>>): Promise<unknown> {
    const perAccount = async (read: (name: string) => Promise<unknown>): Promise<Record<string, unknown>> => {
      const found: Record<string, unknown> = {};
      for (const name of Object.keys(wanted)) found[name] = await read(name);
      return found;
    };
    const view = async (name: string) => this.#engine.account(PROGRAM, name, this.#now).catch(absent);
    const payouts = async (name: string) => this.#engine.payouts(PROGRAM, { account: name }).catch(absent);
    switch (key) {
      case 'scores':
        return perAccount(async (name) => String((await view(name))?.score ?? 0n));
      case 'closing_scores':
        return perAccount(async (name) => String((await view(name))?.closing?.score ?? 0n));
      case 'staked':
        return perAccount(async (name) => String((await view(name))?.staked ?? 0n));
      case 'stakes':
        return perAccount(async (name) =>
          Object.fromEntries((await view(name))!.stakes.map(({ validator, tokens }) => [validator, String(tokens)])),
        );
      case 'liquid':
        return perAccount(async (name) =>
          String(((await payouts(name)) ?? []).reduce((sum, { liquid }) => sum + liquid, 0n)),
        );
      case 'payouts': {
        const last = (await this.#engine.periods(PROGRAM)).findLast(({ allocations }) =>
          allocations.some(({ pool }) => pool === 'community'),
        );
        return perAccount(async (name) => {
          const paid = ((await payouts(name)) ?? []).filter(
            ({ period, pool }) => period === last?.period && pool === 'community',
          );
          return String(paid.reduce((sum, { restaked, liquid }) => sum + restaked + liquid, 0n));
        });
      }
      case 'community_pool':
        return String(balance(status, (account) => account.kind === 'residual'));
      case 'clearing':
        return perAccount(async (name) =>
          String(balance(status, (account) => account.kind === 'pool' && account.pool === name)),
        );
      case 'entries':
        return this.#entries();
      case 'excluded':
        return (await this.#engine.excluded(PROGRAM)).toSorted();
      case 'mappings':
        return rawMappings(status.rules);
      case 'schedule':
        return rawSchedule(status.schedule);
      case 'schedule_timestamps':
        return status.schedule.map(({ at }) => at);
      case 'disabled':
        return status.halted !== null || status.paused !== null;
      case 'halt_reason':
        return status.halted?.code.replaceAll('-', '_');
      case 'window_open':
        return status.window !== null;
      case 'booked_total':
        return String(status.totals[status.window?.period ?? status.period] ?? 0n);
      case 'state':
        return this.#state(status);
      case 'plan':
        return planView(this.#plan!, Object.keys(wanted));
      default:
        throw new Error(`unknown expectation ${key}`);
    }
  }

  async #views() {
    return this.#engine.accounts(PROGRAM, { limit: 10_000, at: this.#now });
  }

  async #entries() {
    return (await this.#views()).flatMap(({ account, stakes }) =>
      stakes.flatMap(({ validator, tokens, since }) =>
        since === null ? [] : [{ delegator: account, validator, tokens: String(tokens), since }],
      ),
    );
  }

  async #state(status: Awaited<ReturnType<Engine['status']>>) {
    const scores = (await this.#views()).flatMap(({ account, booked }) =>
      booked > 0n ? [{ account, score: String(booked) }] : [],
    );
    return {
      excluded: (await this.#engine.excluded(PROGRAM)).toSorted(),
      mappings: rawMappings(status.rules),
      schedule: rawSchedule(status.schedule),
      entries: await this.#entries(),
      scores,
      disabled: status.paused !== null || status.halted !== null,
    };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function absent(error: unknown): null {
  if (error instanceof ProrataError && error.code === 'account-unknown') return null;
  throw error;
}

export async function exported(engine: Engine): Promise<string[]> {
  const lines: string[] = [];
  await engine.export((text) => void lines.push(text));
  return lines;
}

function balance(
  status: Awaited<ReturnType<Engine['status']>>,
  is: (account: (typeof status.balances)[number]['account']) => boolean,
): bigint {
  return status.balances.find(({ account }) => is(account))?.balance ?? 0n;
}

function mappingsOf(accounts: Readonly<Record<string, readonly string[]>>): RawMapping[] {
  return Object.entries(accounts).map(([account, recipients]) => ({ account, recipients }));
}

function toRecipients(mappings: readonly RawMapping[]) {
  return mappings.map(({ account, recipients }) => ({ pool: account, recipients }));
}

function toEntries(entries: readonly RawEntry[]): ScheduleEntry[] {
  return entries.map(({ id, timestamp, allocations }) => ({
    at: timestamp,
    allocations: allocations.map(({ account, amount }) => ({ pool: account, amount: BigInt(amount!) })),
    ...(id === undefined ? {} : { id }),
  }));
}

function rawSchedule(schedule: readonly ScheduleEntry[]): RawEntry[] {
  return schedule.map(({ at, id, allocations }) => ({
    ...(id === undefined ? {} : { id }),
    timestamp: at,
    allocations: allocations.map(({ pool, amount }) => ({ account: pool, amount: String(amount) })),
  }));
}

function rawMappings(rules: Rules): RawMapping[] {
  return sortedMappings(
    rules.pools.flatMap(({ name, recipients }) => (recipients.length > 0 ? [{ account: name, recipients }] : [])),
  );
}

function sortedMappings(mappings: readonly RawMapping[]): RawMapping[] {
  return mappings
    .toSorted((a, b) => (a.account < b.account ? -1 : 1))
    .map(({ account, recipients }) => ({ account, recipients: recipients.toSorted() }));
}

function normal(key: string, wanted: any): unknown {
  if (key === 'excluded') return wanted.toSorted();
  if (key === 'mappings') return sortedMappings(wanted);
  if (key === 'state') return { ...wanted, mappings: sortedMappings(wanted.mappings) };
  return wanted;
}

function planOf(step: Readonly<Record<string, any>>): Plan {
  return makePlan({
    start: step['start'],
    months: step['months'],
    total: BigInt(step['total']),
    shares: step['shares'].map(({ account, share }: { account: string; share: string }) => ({
      pool: account,
      share: parseShare(share),
    })),
    ...(step['day_cap'] === undefined ? {} : { dayCap: step['day_cap'] }),
  });
}

function planView(plan: Plan, keys: readonly string[]): Record<string, unknown> {
  const texts = (map: ReadonlyMap<string, bigint>) =>
    Object.fromEntries([...map].map(([pool, amount]) => [pool, String(amount)]));
  const all: Record<string, unknown> = {
    count: plan.entries.length,
    timestamps: plan.entries.map(({ at }) => at),
    amounts: texts(plan.amounts),
    funded: texts(plan.funded),
    residue: texts(plan.residue),
  };
  return Object.fromEntries(keys.map((key) => [key, all[key]]));
}
