import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { type Market, tieMarket } from '../arbitrary/crown.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';
import { type Ask, create, dieInMemory, dieInPostgres, dieInSqlite, ingestInto, stepUntil } from './crash-kit.ts';
import { marketDefinition, PROGRAM, ZERO } from './crown-market.ts';

const postgres = await postgresForTests();

const EVERY = 10;

const ingest = ingestInto(PROGRAM);
const advance = (period: number, steps: number): Ask =>
  stepUntil(PROGRAM, { period, steps, now: ZERO + period * EVERY });

/** Three batches of payouts in the first round, facts and an exclusion inside its window, a late fact before the second. */
function script(market: Market): Ask[] {
  const at = (second: number): number => (ZERO + second) * 1000;
  const direction = market.lane.quotes;
  const names = ['a', 'b', 'c', 'd', 'e'];
  return [
    create(marketDefinition(market, { every: EVERY })),
    ingest(
      ...names.flatMap((account): ProrataEvent[] => [
        { kind: 'eligible', key: `e-${account}`, time: at(-2), account, on: true },
        { kind: 'active', key: `a-${account}`, time: at(-2), account, on: true },
        { kind: 'rate', key: `r-${account}`, time: at(1), account, direction, rate: '2' },
      ]),
      { kind: 'busy', key: 'b1', time: at(3), account: 'b', delta: 1 },
      { kind: 'busy', key: 'b2', time: at(4), account: 'b', delta: -1 },
    ),
    advance(1, 1),
    ingest({ kind: 'rate', key: 'r2', time: at(12), account: 'c', direction, rate: '0' }),
    advance(1, 3),
    ingest({ kind: 'exclusion', key: 'x1', time: at(13), add: ['d'], remove: [] }),
    advance(1, Infinity),
    ingest(
      { kind: 'rate', key: 'r3', time: at(6), account: 'e', direction, rate: '0' },
      { kind: 'retracted', key: 'r4', time: at(14), event: 'r2' },
    ),
    advance(2, Infinity),
    advance(3, Infinity),
  ];
}

describe('test/sim/crown-crash', () => {
  const [market] = fc.sample(tieMarket(false), { numRuns: 1, seed: 7 });
  const asks = script(market!);

  it('loses nothing and pays nothing twice, whichever call of the memory store dies', async () => {
    const calls = ['write', 'commit (write)', 'facts', 'checkpoints', 'checkpoint', 'awards', 'excludedAccounts'];
    const whole = await dieInMemory(asks, PROGRAM, calls);
    const periods = await whole.periods(PROGRAM);
    assert.deepEqual(
      periods.map(({ status, accountsPaid, steps }) => [status, accountsPaid, steps]),
      [
        ['settled', 4, 5],
        ['settled', 3, 4],
        ['settled', 3, 4],
      ],
    );
  });

  it('loses nothing and pays nothing twice, whichever call of the SQLite store dies', async () =>
    dieInSqlite(asks, PROGRAM));

  const part = { seed: Number(process.env['SEED'] ?? 0), every: 8 };
  const which = `whichever of one in eight calls of the PostgreSQL store dies (seed ${part.seed})`;
  it(`loses nothing and pays nothing twice, ${which}`, { skip: postgres === null && missing }, async () =>
    dieInPostgres(asks, PROGRAM, { server: postgres!, part }),
  );
});
