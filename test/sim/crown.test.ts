import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { rational } from '../../src/core/money/rational.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { anyMarket, type Market, tieMarket } from '../arbitrary/crown.ts';
import { verify } from './crash-kit.ts';
import { AMOUNT, expectedRound, factsOf, lanesOf, marketDefinition, PROGRAM, ZERO } from './crown-market.ts';

const EVERY = 10;
const ROUNDS = 4;
const end = (ZERO + EVERY * ROUNDS) * 1000;

async function settled(
  market: Market,
  facts: readonly ProrataEvent[],
  { batchSize = 2, asTheyCome = false, sqlite = false } = {},
): Promise<Engine> {
  const engine = new Engine(sqlite ? openSqliteStore({ path: ':memory:' }) : openMemoryStore());
  await engine.createProgram(marketDefinition(market, { every: EVERY, batchSize }));
  if (asTheyCome) {
    for (const fact of facts) {
      await engine.advance(PROGRAM, { to: Math.min(fact.time, end) });
      assert.equal((await engine.ingest(PROGRAM, [fact])).refused, 0);
    }
  } else assert.equal((await engine.ingest(PROGRAM, facts)).refused, 0);
  await engine.advance(PROGRAM, { to: end });
  return engine;
}

const rootsOf = async (engine: Engine): Promise<unknown> =>
  (await engine.periods(PROGRAM)).map(({ root, delivered, residual, crown }) => [
    root,
    delivered,
    residual,
    crown?.lanes,
  ]);

/** Rates may come late: after other facts, in the order among themselves. */
function withLateRates(facts: readonly ProrataEvent[]): ProrataEvent[] {
  return [...facts.filter(({ kind }) => kind !== 'rate'), ...facts.filter(({ kind }) => kind === 'rate')];
}

describe('test/sim/crown', () => {
  it('pays what the specification gives, read second by second, in rounds that tile the time', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarket, async (market) => {
        const engine = await settled(market, withLateRates(factsOf(market)));
        const periods = await engine.periods(PROGRAM);
        assert.equal(periods.length, ROUNDS);
        for (const [index, { period, residual, delivered }] of periods.entries()) {
          const expected = expectedRound(lanesOf(market), [index * EVERY, (index + 1) * EVERY]);
          const payouts = await engine.payouts(PROGRAM, { period });
          assert.deepEqual(new Map(payouts.map(({ account, due }) => [account.name, due])), expected.due);
          const unearned = expected.due.size === 0 ? residual.zeroTotal : residual.unearned;
          assert.equal(unearned, expected.due.size === 0 ? AMOUNT : expected.unearned);
          assert.equal(
            delivered,
            [...expected.due.values()].reduce((sum, due) => sum + due, 0n),
          );
        }
      }),
    );
  });

  it('gives the same roots for any batch size, pace and store, and all invariants hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarket, fc.integer({ min: 1, max: 5 }), async (market, batchSize) => {
        const facts = factsOf(market);
        const expected = await rootsOf(await settled(market, facts));
        for (const how of [{ batchSize }, { asTheyCome: true }, { sqlite: true, batchSize: 1 }]) {
          const engine = await settled(market, facts, how);
          assert.deepEqual(await rootsOf(engine), expected, JSON.stringify(how));
          await verify(engine, PROGRAM);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('explains every payment by what made it, and every stretch of time by one reason', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarket, async (market) => {
        const engine = await settled(market, factsOf(market));
        for (const { period, start, boundary } of await engine.periods(PROGRAM)) {
          const payouts = new Map(
            (await engine.payouts(PROGRAM, { period })).map((one) => [one.account.name, one.due]),
          );
          const { scores } = await engine.crownScores(PROGRAM, { period });
          for (const account of ['a', 'b', 'c', 'd']) {
            if (!(await known(engine, account))) continue;
            const why = await engine.explainCrown(PROGRAM, { account, period });
            assert.equal(why.division!.due, payouts.get(account) ?? 0n);
            assert.deepEqual(scores.find((one) => one.account === account)?.part ?? rational(0n), why.part);
            for (const lane of why.explained) {
              assert.equal(lane.alone + lane.shared + lane.lost, boundary - start);
              assert.equal(
                lane.stretches.reduce((sum, one) => sum + one.end - one.start, 0),
                boundary - start,
              );
              for (const { failed, others } of lane.stretches) {
                if (failed === 'outbid') assert.ok(others.length > 0, 'somebody outbids');
              }
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts a late fact and a retraction for windows to come, and never for one that was opened', async () => {
    const [market] = fc.sample(tieMarket(false), { numRuns: 1, seed: 7 });
    const direction = market!.lane.quotes;
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(marketDefinition(market!, { every: EVERY }));
    const at = (second: number): number => (ZERO + second) * 1000;
    await engine.ingest(PROGRAM, [
      { kind: 'eligible', key: 'e1', time: at(-1), account: 'a', on: true },
      { kind: 'eligible', key: 'e2', time: at(-1), account: 'b', on: true },
      { kind: 'active', key: 'a1', time: at(-1), account: 'a', on: true },
      { kind: 'active', key: 'a2', time: at(-1), account: 'b', on: true },
      { kind: 'rate', key: 'r1', time: at(-1), account: 'a', direction, rate: '2' },
    ]);
    await engine.advance(PROGRAM, { to: at(EVERY) });
    const holders = async (period: number): Promise<string[]> =>
      (await engine.crownIntervals(PROGRAM, { period })).intervals.map(({ holders }) =>
        holders.map(({ account }) => account).join(),
      );
    await engine.ingest(PROGRAM, [
      { kind: 'rate', key: 'r2', time: at(5), account: 'b', direction, rate: '2' },
      { kind: 'retracted', key: 'x1', time: at(12), event: 'r1' },
    ]);
    await engine.advance(PROGRAM, { to: at(2 * EVERY) });
    assert.deepEqual([await holders(1), await holders(2)], [['a'], ['b']]);
    await verify(engine, PROGRAM);
  });
});

describe('test/sim/crown', () => {
  const at = (second: number): number => (ZERO + second) * 1000;
  const market = fc.sample(tieMarket(false), { numRuns: 1, seed: 7 })[0]!;
  const direction = market.lane.quotes;
  const joining = (account: string): ProrataEvent[] => [
    { kind: 'eligible', key: `e-${account}`, time: at(-2), account, on: true },
    { kind: 'active', key: `a-${account}`, time: at(-2), account, on: true },
    { kind: 'rate', key: `r-${account}`, time: at(-1), account, direction, rate: '2' },
  ];

  it('gives the same conduct from any checkpoint, although outcomes were logged out of order', async () => {
    const engine = new Engine(openMemoryStore());
    const definition = marketDefinition(market, { every: EVERY });
    const scoring = parseCrownScoring(
      {
        model: 'crown',
        rules: 'best-rate-tie',
        directions: { [direction]: '1' },
        success: { exponent: 1, seconds: 15 },
      },
      'scoring',
    );
    await engine.createProgram({ ...definition, rules: { ...definition.rules, scoring } });
    const outcome = (key: string, second: number, swap: string, completed: boolean): ProrataEvent => ({
      kind: 'outcome',
      key,
      time: at(second),
      account: 'a',
      swap,
      completed,
    });
    await engine.ingest(PROGRAM, [
      ...joining('a'),
      outcome('o1', 37, 's', false),
      outcome('o2', 36, 't', true),
      outcome('o3', 1, 's', true),
    ]);
    await engine.advance(PROGRAM, { to: at(4 * EVERY) });
    await engine.ingest(PROGRAM, [{ kind: 'eligible', key: 'late', time: at(5), account: 'b', on: true }]);
    await verify(engine, PROGRAM);
    assert.equal((await engine.explainCrown(PROGRAM, { account: 'a', period: 4 })).conduct.denominator, 2n);
  });

  it('passes over who is excluded before the payment, and remembers it when the account is included again', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(marketDefinition(market, { every: EVERY, batchSize: 1 }));
    await engine.ingest(PROGRAM, ['a', 'b', 'c'].flatMap(joining));
    for (let step = 0; step < 3; step += 1) await engine.step(PROGRAM, at(EVERY));
    const exclusion = (key: string, add: string[], remove: string[]): ProrataEvent => ({
      kind: 'exclusion',
      key,
      time: at(EVERY + 1),
      add,
      remove,
    });
    await engine.ingest(PROGRAM, [exclusion('x1', ['b'], [])]);
    await engine.advance(PROGRAM, { to: at(EVERY) });
    await engine.ingest(PROGRAM, [exclusion('x2', [], ['b'])]);
    await verify(engine, PROGRAM);
    assert.deepEqual(
      (await engine.payouts(PROGRAM)).map(({ account }) => account.name),
      ['a', 'c'],
    );
    assert.deepEqual((await engine.periods(PROGRAM))[0]!.crown!.passedOver, ['b']);
  });
});

async function known(engine: Engine, account: string): Promise<boolean> {
  return engine.account(PROGRAM, account).then(
    () => true,
    () => false,
  );
}
