import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import type { ProgramDefinition, Rules, ScheduleEntry } from '../../src/core/program.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { audit, Auditor, byBytes, worth } from './auditor.ts';
import type { Until } from './auditor.ts';

const vectorsFolder = fileURLToPath(new URL('../vectors/', import.meta.url));
const files = new Map(
  readdirSync(vectorsFolder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [basename(name, '.json'), `${vectorsFolder}${name}`] as const),
);

/** All vectors with figures of money or score that need neither an import nor a refusal of settings. */
const vectors = [
  'direct-equal-split-remainder-to-pool',
  'direct-failure-disables-and-rolls-back',
  'direct-real-first-month',
  'distribute-after-partial-unbonding',
  'distribute-booked-and-running-score',
  'distribute-running-score',
  'distribute-several-validators',
  'distribute-twice',
  'distribute-zero-score',
  'query-running',
  'query-two-validators',
  'schedule-one-entry-per-block',
  'score-milliseconds-over',
  'score-milliseconds-telescope',
  'score-one-validator',
  'score-reduced',
  'score-removed',
  'score-several-delegations',
  'score-stops-after-full-exit',
  'window-batch-size-invariance',
  'window-change-while-paying',
  'window-excluded-not-counted',
  'window-no-active-stake-to-pool',
  'window-three-change-cases',
  'window-zero-score-halts',
];

type Amounts = Readonly<Record<string, string>>;
interface RawEntry {
  readonly timestamp: number;
  readonly allocations: readonly { readonly account: string; readonly amount: string }[];
}
interface VectorStep {
  readonly op: string;
  readonly delegator: string;
  readonly validator: string;
  readonly amount: string;
  readonly milliseconds: number;
  readonly time_ms: number;
  readonly account: string;
  readonly phase?: 'score' | 'pay';
  readonly items: number;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly entries: readonly RawEntry[];
  readonly state: {
    readonly excluded: readonly string[];
    readonly entries: readonly {
      readonly delegator: string;
      readonly validator: string;
      readonly tokens: string;
      readonly since: number;
    }[];
    readonly scores: readonly { readonly account: string; readonly score: string }[];
  };
  readonly scores?: Amounts;
  readonly closing_scores?: Amounts;
  readonly staked?: Amounts;
  readonly stakes?: Readonly<Record<string, Amounts>>;
  readonly liquid?: Amounts;
  readonly payouts?: Amounts;
  readonly community_pool?: string;
  readonly clearing?: Amounts;
  readonly disabled?: boolean;
  readonly halt_reason?: string;
  readonly window_open?: boolean;
  readonly schedule_timestamps?: readonly number[];
}
interface Vector {
  readonly params: {
    readonly mode?: 'multi_block';
    readonly start_time_ms: number;
    readonly excluded?: readonly string[];
    readonly clearing_accounts?: Readonly<Record<string, readonly string[]>>;
    readonly on_zero_score?: 'halt' | 'pool';
  };
  readonly validators: readonly { readonly id: string }[];
  readonly steps: readonly VectorStep[];
}

const haltReasons = {
  'pool-underfunded': 'insufficient_funds',
  'no-recipients': 'no_recipients',
  'amount-not-positive': 'community_amount_not_positive',
  'zero-total': 'total_score_not_positive',
} as const;

/** Runs a vector and returns the number of figures compared. */
function runVector(vector: Vector): number {
  const { params } = vector;
  const single = params.mode !== 'multi_block';
  let clock = params.start_time_ms;
  let count = 0;
  let compared = 0;
  const auditor = new Auditor(definitionOf(vector), clock);
  const ingest = (event: object): void => {
    count += 1;
    const outcome = auditor.apply({ do: 'ingest', event: { key: `k${count}`, time: clock, ...event } as ProrataEvent });
    assert.equal(outcome, 'recorded', `event ${count}`);
  };
  const advance = (until: Until): void => void auditor.apply({ do: 'advance', now: clock, until });
  const schedule = (entries: readonly ScheduleEntry[]): void => ingest({ kind: 'schedule', entries });
  for (const { id } of vector.validators)
    ingest({ kind: 'validator-set', validator: id, tokens: 0n, shares: 0n, jailed: false });

  for (const step of vector.steps) {
    const stake = { account: step.delegator, validator: step.validator, amount: BigInt(step.amount ?? 0) };
    if (step.op === 'delegate' || step.op === 'undelegate') ingest({ kind: step.op, ...stake });
    else if (step.op === 'cancel_unbonding') ingest({ kind: 'cancel-unbonding', ...stake });
    else if (step.op === 'wait') clock += step.milliseconds;
    else if (step.op === 'wait_until') clock = step.time_ms;
    else if (step.op === 'fund') ingest({ kind: 'fund', pool: step.account, amount: BigInt(step.amount) });
    else if (step.op === 'exclude') ingest({ kind: 'exclusion', add: step.add ?? [], remove: step.remove ?? [] });
    else if (step.op === 'schedule_raw') schedule([...auditor.report().schedule, ...step.entries.map(entryOf)]);
    else if (step.op === 'distribute') {
      schedule([{ at: Math.floor(clock / 1000), allocations: [{ pool: 'community', amount: BigInt(step.amount) }] }]);
      advance('settled');
    } else if (step.op === 'end_block') advance('opened');
    else if (step.op === 'run')
      advance(
        step.phase === undefined ? 'settled' : step.phase === 'pay' ? { paid: step.items } : { scored: step.items },
      );
    else if (step.op === 'import') {
      ingest({ kind: 'exclusion', add: step.state.excluded, remove: [] });
      for (const { account, score } of step.state.scores) {
        if (!step.state.excluded.includes(account)) ingest({ kind: 'booked', account, score: BigInt(score) });
      }
      for (const { delegator, validator, tokens, since } of step.state.entries) {
        ingest({ kind: 'delegate', account: delegator, validator, amount: BigInt(tokens), since });
      }
    } else if (step.op === 'expect') compared += expect(step);
    else assert.fail(`This test does not translate ${step.op}.`);
  }
  return compared;

  function expect(step: VectorStep): number {
    const report = auditor.report();
    const open = report.periods.find((period) => !period.settled);
    const stakes = (account: string): Amounts =>
      Object.fromEntries(
        [...(report.stakes.get(account) ?? [])].map(([validator, { value }]) => [validator, `${value}`]),
      );
    const payout = report.periods.at(-1)?.payouts;
    const second = Math.floor(clock / 1000);
    let figures = 0;
    const compare = (what: string, expected: Amounts | undefined, actual: (key: string) => bigint): void => {
      for (const [key, value] of Object.entries(expected ?? {})) {
        assert.equal(`${actual(key)}`, value, `${what} of ${key}`);
        figures += 1;
      }
    };
    compare('score', step.scores, (account) => auditor.runningScoreOf(account, second));
    compare('closing score', step.closing_scores, (account) =>
      auditor.scoreOf(account, open?.start ?? 0, open?.boundary ?? 0),
    );
    compare('stake', step.staked, (account) =>
      Object.values(stakes(account)).reduce((total, value) => total + BigInt(value), 0n),
    );
    compare('liquid', step.liquid, (account) => report.liquid.get(account) ?? 0n);
    compare('pool', step.clearing, (pool) => report.pools.get(pool) ?? 0n);
    compare('residual', step.community_pool === undefined ? {} : { pool: step.community_pool }, () => report.residual);
    compare('payout', step.payouts, (account) => {
      const { restaked, liquid } = payout?.get(account) ?? { restaked: new Map<string, bigint>(), liquid: 0n };
      return [...restaked.values()].reduce((total, value) => total + value, liquid);
    });
    for (const [account, expected] of Object.entries(step.stakes ?? {})) {
      assert.deepEqual(stakes(account), expected, `stakes of ${account}`);
      figures += 1;
    }
    const states = [
      [step.window_open, open !== undefined && report.halted === null],
      [step.disabled, report.paused || report.halted !== null],
      [step.halt_reason, report.halted === null ? '' : haltReasons[report.halted]],
    ] as const;
    for (const [expected, actual] of states.filter(([wanted]) => wanted !== undefined)) {
      assert.equal(actual, expected);
      figures += 1;
    }
    if (step.schedule_timestamps !== undefined) {
      assert.deepEqual(
        report.schedule.map((entry) => entry.at),
        step.schedule_timestamps,
      );
      figures += 1;
    }
    return figures;
  }

  function definitionOf({ params: { clearing_accounts, excluded, on_zero_score } }: Vector): ProgramDefinition {
    const names = ['community', 'foundation', 'alliance', 'partnership', 'investors', 'team'];
    return {
      name: 'vector',
      rules: {
        asset: { symbol: 'T', decimals: 6 },
        pools: names.map((name) => ({
          name,
          pays: name === 'community' ? 'score' : 'recipients',
          funding: 0n,
          recipients: clearing_accounts?.[name] ?? [],
        })),
        residual: 'community-pool',
        scoring: { model: 'stake-time', rate: 'floor' },
        window: { settle: single ? 'single_block' : 'multi_block', strategy: 'cut', batchSize: 1 },
        onZeroTotal: (on_zero_score ?? (single ? 'pool' : 'halt')) === 'pool' ? 'residual' : 'halt',
        requireAllPools: false,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule: [],
      excluded: excluded ?? [],
    };
  }
}

function entryOf(entry: RawEntry): ScheduleEntry {
  return {
    at: entry.timestamp,
    allocations: entry.allocations.map(({ account, amount }) => ({ pool: account, amount: BigInt(amount) })),
  };
}

// ---- The rules with exchange rates, which the vectors do not have ---------------------------------------------------

const ONE = 10n ** 18n;

const smallRules: Rules = {
  asset: { symbol: 'T', decimals: 0 },
  pools: [{ name: 'p', pays: 'score', funding: 10_000n, recipients: [] }],
  residual: 'rest',
  scoring: { model: 'stake-time', rate: 'floor' },
  window: { settle: 'multi_block', strategy: 'cut', batchSize: 1 },
  onZeroTotal: 'halt',
  requireAllPools: false,
  requireIds: false,
  minGapSeconds: 0,
};

/** A program from second 0 on with validator v at 1:1, which pays 1000 by score at each boundary. */
function smallProgram(events: readonly object[], boundaries: readonly number[] = [100]): Auditor {
  const schedule = boundaries.map((at) => ({ at, allocations: [{ pool: 'p', amount: 1000n }] }));
  const auditor = new Auditor({ name: 'small', rules: smallRules, schedule, excluded: [] }, 0);
  ingestAll(auditor, [
    { kind: 'validator-set', time: 0, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
    ...events,
  ]);
  return auditor;
}

let keys = 0;
function ingestAll(auditor: Auditor, events: readonly object[]): unknown[] {
  return events.map((event) => {
    keys += 1;
    return auditor.apply({ do: 'ingest', event: { key: `s${keys}`, ...event } as ProrataEvent });
  });
}

describe('test/sim/auditor', () => {
  for (const name of vectors) {
    it(`agrees with the vector ${name}`, () => {
      const file = files.get(name);
      assert.ok(file !== undefined, 'this vector is not in test/vectors');
      const vector = JSON.parse(readFileSync(file, 'utf8')) as Vector;
      assert.ok(runVector(vector) > 0, 'nothing was compared');
    });
  }

  it('values a position by one floor, or half-even at 18 places and then a floor', () => {
    assert.equal(worth('floor', 10n * ONE - 1n, { tokens: 1n, perShares: ONE }), 9n);
    // 7 shares at 3 tokens per 7 - a hair: 2.99.. with more than 18 nines is rounded up to 3.
    assert.equal(worth('floor', 7n * ONE, { tokens: 3n * 10n ** 20n, perShares: 7n * 10n ** 38n + 1n }), 2n);
    assert.equal(worth('sdk', 7n * ONE, { tokens: 3n * 10n ** 20n, perShares: 7n * 10n ** 38n + 1n }), 3n);
    // A tie at the 19th place goes to the even neighbour: 0.9(18 nines)5 up, as 9 is odd.
    assert.equal(worth('sdk', 2n * ONE - 1n, { tokens: 1n, perShares: 2n * ONE }), 1n);
    assert.equal(worth('sdk', 2n * ONE - 2n, { tokens: 1n, perShares: 2n * ONE }), 0n);
  });

  it('orders names by their bytes', () => {
    assert.deepEqual(['𐍈', '～', 'é', 'b', 'Z'].toSorted(byBytes), ['Z', 'b', 'é', '～', '𐍈']);
  });

  it('lets a slash act from its second on', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 101n },
      { kind: 'validator-slashed', time: 40_999, validator: 'v', fraction: ONE / 2n },
    ]);
    assert.equal(auditor.scoreOf('a', 0, 100), 101n * 40n + 50n * 60n);
    assert.equal(auditor.valueOf('a', 'v'), 50n);
  });

  it('counts a restaked reward as part of an unchanged position from the boundary on', () => {
    const auditor = smallProgram([{ kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 7n }]);
    auditor.apply({ do: 'advance', now: 150_000, until: 'settled' });
    assert.equal(auditor.valueOf('a', 'v'), 1007n);
    assert.equal(auditor.scoreOf('a', 100, 110), 10_070n);
  });

  it('credits a restaked reward alone up to a change after the boundary', () => {
    const auditor = smallProgram([
      { kind: 'validator-set', time: 0, validator: 'v', tokens: 3n, shares: 2n * ONE, jailed: false },
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', shares: 5n * ONE }, // worth 7.5
      { kind: 'delegate', time: 120_000, account: 'a', validator: 'v', shares: 4n * ONE }, // together 13.5
    ]);
    auditor.apply({ do: 'advance', now: 150_000, until: 'settled' });
    // 1000 tokens buy 666.67 shares less a hair, worth 999 alone; together with 5 shares they would be worth 1007.
    assert.equal(auditor.scoreOf('a', 100, 120), (7n + 999n) * 20n);
    assert.equal(auditor.scoreOf('a', 120, 130), 1013n * 10n);
  });

  it('counts it as part of the position when the change or the rate began at the boundary itself', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', shares: 2n * ONE },
      { kind: 'validator-changed', time: 100_000, validator: 'v', tokens: 3n, shares: 2n * ONE },
      { kind: 'delegate', time: 100_999, account: 'a', validator: 'v', shares: 3n * ONE },
      { kind: 'fund', time: 140_000, pool: 'p', amount: 1n },
    ]);
    auditor.apply({ do: 'advance', now: 150_000, until: 'settled' });
    assert.equal(auditor.scoreOf('a', 100, 110), 1007n * 10n);
  });

  it('credits a restaked reward alone up to the paying instant when the rate changed after the boundary', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 9n },
      { kind: 'validator-slashed', time: 130_000, validator: 'v', fraction: ONE / 2n },
      { kind: 'fund', time: 140_000, pool: 'p', amount: 1n },
    ]);
    auditor.apply({ do: 'advance', now: 150_000, until: 'settled' });
    assert.equal(auditor.sharesOf('a', 'v'), 2009n * ONE);
    assert.equal(auditor.scoreOf('a', 100, 130), (9n + 1000n) * 30n);
    assert.equal(auditor.scoreOf('a', 130, 140), (4n + 1000n) * 10n);
    assert.equal(auditor.scoreOf('a', 140, 150), 1004n * 10n);
  });

  it('splits such a credit at a later boundary', () => {
    const auditor = smallProgram(
      [
        { kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 10n },
        { kind: 'delegate', time: 250_000, account: 'a', validator: 'v', amount: 10n },
      ],
      [100, 200],
    );
    auditor.apply({ do: 'advance', now: 300_000, until: 'settled' });
    const { unsettled } = auditor.report();
    assert.deepEqual(
      unsettled.map(({ start, end }) => [start, end]),
      [
        [100, 200],
        [200, null],
      ],
    );
    assert.deepEqual(
      unsettled.map(({ scores }) => scores.get('a')),
      [1010n * 100n, 1010n * 50n],
    );
  });

  it('forgets what an excluded account earned, pays nothing for it, and starts it anew when it is included', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 10n },
      { kind: 'delegate', time: 0, account: 'b', validator: 'v', amount: 10n },
      { kind: 'exclusion', time: 60_000, add: ['b'], remove: [] },
      { kind: 'exclusion', time: 90_000, add: [], remove: ['b'] },
    ]);
    assert.equal(auditor.scoreOf('b', 0, 100), 100n);
    auditor.apply({ do: 'advance', now: 100_000, until: 'scored' });
    ingestAll(auditor, [{ kind: 'exclusion', time: 100_000, add: ['b'], remove: [] }]);
    auditor.apply({ do: 'advance', now: 100_000, until: 'settled' });
    const [period] = auditor.report().periods;
    assert.equal(period?.total, 1100n);
    assert.deepEqual([...(period?.payouts.keys() ?? [])], ['a']);
    assert.equal(period?.residual.rounding, 1000n - 909n);
  });

  it('forgets flat credits and imported scores of an account that is excluded later', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 10n },
      { kind: 'validator-slashed', time: 130_000, validator: 'v', fraction: ONE / 2n },
    ]);
    auditor.apply({ do: 'advance', now: 150_000, until: 'settled' });
    ingestAll(auditor, [
      { kind: 'booked', time: 130_000, account: 'a', score: 5n },
      { kind: 'held', time: 130_000, account: 'a', validator: 'v', amount: 3n, from: 110, until: 120 },
    ]);
    assert.equal(auditor.scoreOf('a', 100, 140), 1010n * 30n + 1005n * 10n + 5n + 30n);
    ingestAll(auditor, [
      { kind: 'exclusion', time: 130_000, add: ['a'], remove: [] },
      { kind: 'exclusion', time: 130_000, add: [], remove: ['a'] },
    ]);
    assert.equal(auditor.scoreOf('a', 100, 140), 1005n * 10n);
  });

  it('divides once and down, and leaves the rest to the residual', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 99_000, account: 'b', validator: 'v', amount: 2n },
      { kind: 'delegate', time: 99_000, account: 'a', validator: 'v', amount: 1n },
    ]);
    auditor.apply({ do: 'advance', now: 100_000, until: { paid: 1 } });
    assert.deepEqual(auditor.remaining(), ['b']);
    auditor.apply({ do: 'advance', now: 100_000, until: 'settled' });
    const report = auditor.report();
    assert.deepEqual(
      [...(report.periods[0]?.payouts ?? [])].map(([account, { due }]) => [account, due]),
      [
        ['a', 333n],
        ['b', 666n],
      ],
    );
    assert.equal(report.residual, 1n);
  });

  it('takes the dust along when the whole value of a position is taken away', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 0, account: 'a', validator: 'v', shares: 5n * ONE + 7n },
      { kind: 'undelegate', time: 0, account: 'a', validator: 'v', amount: 2n },
    ]);
    assert.equal(auditor.sharesOf('a', 'v'), 3n * ONE + 7n);
    ingestAll(auditor, [{ kind: 'undelegate', time: 0, account: 'a', validator: 'v', amount: 3n }]);
    assert.equal(auditor.sharesOf('a', 'v'), 0n);
  });

  it('refuses what cannot be, and changes nothing', () => {
    const auditor = smallProgram([
      { kind: 'delegate', time: 1000, account: 'a', validator: 'v', amount: 10n },
      { kind: 'validator-set', time: 1000, validator: 'gone', tokens: 0n, shares: ONE, jailed: false },
      { kind: 'validator-set', time: 1000, validator: 'dear', tokens: 10n ** 30n, shares: 1n, jailed: false },
    ]);
    const before = auditor.report();
    const outcomes = ingestAll(auditor, [
      { kind: 'undelegate', time: 1000, account: 'a', validator: 'v', amount: 11n },
      { kind: 'undelegate', time: 1000, account: 'b', validator: 'v', shares: 1n },
      { kind: 'delegate', time: 1000, account: 'a', validator: 'gone', amount: 1n },
      { kind: 'redelegate', time: 1000, account: 'a', from: 'v', to: 'dear', amount: 10n },
      { kind: 'delegate', time: 999, account: 'a', validator: 'v', amount: 1n },
      { kind: 'delegate', time: 1000, account: 'a', validator: 'w', amount: 1n },
      { kind: 'fund', time: 1000, pool: 'q', amount: 1n },
    ]);
    assert.deepEqual(outcomes, [
      'stake-insufficient',
      'stake-insufficient',
      'validator-worthless',
      'shares-zero',
      'time-backwards',
      'validator-unknown',
      'pool-unknown',
    ]);
    assert.deepEqual(auditor.report(), before);
  });

  it('halts an underfunded pool before anything is paid, and goes on when it was funded and resumed', () => {
    const auditor = smallProgram([{ kind: 'delegate', time: 0, account: 'a', validator: 'v', amount: 10n }]);
    ingestAll(auditor, [
      { kind: 'schedule', time: 0, entries: [{ at: 100, allocations: [{ pool: 'p', amount: 10_001n }] }] },
    ]);
    auditor.apply({ do: 'advance', now: 100_000, until: 'settled' });
    assert.equal(auditor.report().halted, 'pool-underfunded');
    ingestAll(auditor, [{ kind: 'fund', time: 100_000, pool: 'p', amount: 1n }]);
    auditor.apply({ do: 'advance', now: 100_000, until: 'settled' });
    assert.equal(auditor.report().periods.length, 0, 'still halted');
    ingestAll(auditor, [{ kind: 'resume', time: 100_000, reason: 'funded' }]);
    auditor.apply({ do: 'advance', now: 100_000, until: 'settled' });
    assert.equal(auditor.report().restaked.get('a'), 10_001n);
  });

  it('runs a whole script with one outcome per action', () => {
    const schedule = [{ at: 10, allocations: [{ pool: 'p', amount: 5n }] }];
    const event = {
      key: 'v',
      kind: 'validator-set',
      time: 0,
      validator: 'v',
      tokens: 0n,
      shares: 0n,
      jailed: false,
    } as const;
    const report = audit({
      createdMs: 0,
      definition: { name: 'x', rules: smallRules, schedule, excluded: [] },
      actions: [
        { do: 'ingest', event },
        { do: 'ingest', event: { ...event } },
        { do: 'ingest', event: { ...event, jailed: true } },
        { do: 'advance', now: 9999, until: 'opened' },
      ],
    });
    assert.deepEqual(report.outcomes, ['recorded', 'duplicate', 'key-conflict', null]);
    assert.deepEqual(report.periods, []);
  });
});
