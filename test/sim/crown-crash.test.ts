import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ConflictError } from '../../src/core/errors.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { type Market, tieMarket } from '../arbitrary/crown.ts';
import { type Ask, everyCall, exported, run, verify } from './crash-kit.ts';
import { marketDefinition, PROGRAM, ZERO } from './crown-market.ts';
import { FailingStore } from './failing-store.ts';

const EVERY = 10;

const ingest =
  (...events: readonly ProrataEvent[]): Ask =>
  async (engine) =>
    assert.equal((await engine.ingest(PROGRAM, events)).refused, 0);

const advance =
  (period: number, steps: number): Ask =>
  async (engine) => {
    for (;;) {
      const record = (await engine.periods(PROGRAM)).find((line) => line.period === period);
      const { window } = await engine.status(PROGRAM);
      if (record?.status === 'settled' || (window && window.steps >= steps)) return;
      if ((await engine.step(PROGRAM, (ZERO + period * EVERY) * 1000)).did === 'idle') return;
    }
  };

/** Three batches of payouts in the first round, facts and an exclusion inside its window, a late fact before the second. */
function script(market: Market): Ask[] {
  const at = (second: number): number => (ZERO + second) * 1000;
  const direction = market.lane.quotes;
  const names = ['a', 'b', 'c', 'd', 'e'];
  return [
    async (engine) => {
      await engine.createProgram(marketDefinition(market, { every: EVERY })).catch((error: unknown) => {
        if (!(error instanceof ConflictError)) throw error;
      });
    },
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
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'prorata-crown-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [market] = fc.sample(tieMarket(false), { numRuns: 1, seed: 7 });
  const asks = script(market!);

  it('loses nothing and pays nothing twice, whichever call of the memory store dies', async () => {
    const whole = await run(asks, openMemoryStore(), true);
    const expected = await exported(whole);
    const periods = await whole.periods(PROGRAM);
    assert.deepEqual(
      periods.map(({ status, accountsPaid, steps }) => [status, accountsPaid, steps]),
      [
        ['settled', 4, 5],
        ['settled', 3, 4],
        ['settled', 3, 4],
      ],
    );
    await verify(whole, PROGRAM);
    const died = await everyCall(async (n, moment) => {
      const store = new FailingStore(openMemoryStore(), n, moment);
      const engine = await run(asks, store, n % 2 === 0);
      if (store.died === null) return null;
      assert.equal(await exported(engine), expected, `call ${n}, ${store.died}, ${moment}`);
      if (n % 10 === 0) await verify(engine, PROGRAM);
      return store.died;
    });
    const calls = ['write', 'commit (write)', 'facts', 'checkpoints', 'checkpoint', 'awards', 'excludedAccounts'];
    assert.deepEqual(
      calls.filter((call) => !died.has(call)),
      [],
    );
  });

  it('loses nothing and pays nothing twice, whichever call of the SQLite store dies', async () => {
    const [beforeAsk, afterAsk, path] = ['before', 'after', 'crash'].map((name) => join(folder, `${name}.db`)) as [
      string,
      string,
      string,
    ];
    await openSqliteStore({ path: beforeAsk }).close();
    for (const ask of asks) {
      copyFileSync(beforeAsk, afterAsk);
      const whole = await run([ask], openSqliteStore({ path: afterAsk }), true);
      const expected = await exported(whole);
      await whole.close();
      await everyCall(async (n, moment) => {
        copyFileSync(beforeAsk, path);
        const store = new FailingStore(openSqliteStore({ path }), n, moment);
        const engine = await run([ask], store, n % 2 === 0);
        const { died } = store;
        if (died !== null) assert.equal(await exported(engine), expected, `call ${n}, ${died}, ${moment}`);
        await engine.close();
        return died;
      });
      copyFileSync(afterAsk, beforeAsk);
    }
  });
});
