import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { ProgramDefinition, StrategyName } from '../../src/core/program.ts';
import { strategyNames } from '../../src/core/program.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';
import { type Ask, create, dieInMemory, dieInPostgres, dieInSqlite, ingestInto, stepUntil } from './crash-kit.ts';

const postgres = await postgresForTests();

const PROGRAM = 'crash';
const T0 = 1_700_000_000;
const FIRST = T0 + 1000;
const SECOND = T0 + 2000;
const ACCOUNTS = 25;

function definition(strategy: StrategyName): ProgramDefinition {
  const entry = (at: number) => ({
    at,
    allocations: [
      { pool: 'rewards', amount: 1_000_003n },
      { pool: 'team', amount: 101n },
    ],
  });
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 6 },
      pools: [
        { name: 'rewards', pays: 'score', funding: 2_500_000n, recipients: [] },
        { name: 'team', pays: 'recipients', funding: 150n, recipients: ['anna', 'bob'] },
      ],
      residual: 'rest',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy, batchSize: 10 },
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [entry(FIRST), entry(SECOND)],
    excluded: ['account-07'],
  };
}

const nameOf = (index: number): string => `account-${String(index).padStart(2, '0')}`;

const ingest = ingestInto(PROGRAM);
const advance = (period: number, steps: number): Ask => stepUntil(PROGRAM, { period, steps, now: SECOND });

const at = (second: number): number => second * 1000;
const stake = (index: number): ProrataEvent => {
  const [validator, amount] = [index % 3 === 0 ? 'v-a' : 'v-b', BigInt(1000 + index * 37)];
  return { kind: 'delegate', key: `stake-${index}`, time: at(T0) + index, account: nameOf(index), validator, amount };
};

/** Three batches of accounts; the second entry halts because `team` runs dry, is mended and settled. */
const script = (strategy: StrategyName): Ask[] => [
  create(definition(strategy)),
  ingest(
    { kind: 'validator-set', key: 'v-a', time: at(T0), validator: 'v-a', tokens: 0n, shares: 0n, jailed: false },
    {
      kind: 'validator-set',
      key: 'v-b',
      time: at(T0),
      validator: 'v-b',
      tokens: 3n,
      shares: 4n * 10n ** 18n,
      jailed: false,
    },
    ...Array.from({ length: ACCOUNTS }, (_, index) => stake(index)),
  ),
  advance(1, 1),
  advance(1, strategy === 'copy' ? 1 : 2), // which has scored all in the opening step
  // In the scoring phase: somebody who is passed, somebody who is not, a slash and an exclusion.
  ingest(
    { kind: 'delegate', key: 'c1', time: at(FIRST + 5), account: nameOf(2), validator: 'v-b', amount: 500n },
    { kind: 'undelegate', key: 'c2', time: at(FIRST + 5), account: nameOf(22), validator: 'v-b', amount: 600n },
    { kind: 'validator-slashed', key: 'c3', time: at(FIRST + 6), validator: 'v-a', fraction: 10n ** 17n },
    { kind: 'exclusion', key: 'c4', time: at(FIRST + 6), add: [nameOf(4)], remove: [nameOf(7)] },
  ),
  advance(1, strategy === 'copy' ? 3 : 5),
  // In the paying phase: as before, and somebody leaves whose share has then nowhere to go.
  ingest(
    { kind: 'redelegate', key: 'c5', time: at(FIRST + 9), account: nameOf(1), from: 'v-b', to: 'v-a', amount: 300n },
    { kind: 'exclusion', key: 'c6', time: at(FIRST + 9), add: [nameOf(18)], remove: [] },
    { kind: 'undelegate', key: 'c7', time: at(FIRST + 9), account: nameOf(24), validator: 'v-a', amount: 1699n },
  ),
  advance(1, Infinity),
  advance(2, 1),
  ingest(
    { kind: 'fund', key: 'f1', time: at(SECOND + 1), pool: 'team', amount: 1000n },
    { kind: 'resume', key: 'f2', time: at(SECOND + 1), reason: 'the team pool was funded' },
  ),
  advance(2, Infinity),
];

describe('test/sim/crash', () => {
  for (const strategy of strategyNames) {
    const asks = script(strategy);

    it(`loses nothing and pays nothing twice, whichever call of the memory store dies under ${strategy}`, async () => {
      const whole = await dieInMemory(asks, PROGRAM, [
        'createProgram',
        'write',
        'commit (write)',
        'commit (read)',
        'state',
        'rules',
        'accountsPage',
        'eventsByKey',
      ]);
      const periods = await whole.periods(PROGRAM);
      assert.deepEqual(
        periods.map(({ status, accountsPaid }) => [status, accountsPaid]),
        [
          ['settled', 24],
          ['settled', 25],
        ],
      );
      assert.ok(
        periods.every(({ steps }) => steps >= (strategy === 'copy' ? 5 : 7)),
        'three batches to score, three to pay',
      );
    });

    it(`loses nothing and pays nothing twice, whichever call of the SQLite store dies under ${strategy}`, async () =>
      dieInSqlite(asks, PROGRAM));
  }

  const seed = Number(process.env['SEED'] ?? 0);
  const strategy = strategyNames[seed % strategyNames.length]!;
  const which = `whichever of one in three calls of the PostgreSQL store dies under ${strategy} (seed ${seed})`;
  it(`loses nothing and pays nothing twice, ${which}`, { skip: postgres === null && missing }, async () =>
    dieInPostgres(script(strategy), PROGRAM, { server: postgres!, part: { seed, every: 3 } }),
  );
});
