import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../../src/app/engine.ts';
import type { TailRow } from '../../src/app/tail.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { toJson } from '../../src/core/json.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { anyMarket, crownNames, type Market } from '../arbitrary/crown.ts';
import { exported, verify } from '../sim/crash-kit.ts';
import { factsOf, marketDefinition, PROGRAM, ZERO } from '../sim/crown-market.ts';

const EVERY = 10;
const at = (round: number): number => (ZERO + round * EVERY) * 1000;

/** Rounds 1 and 2 settled with the facts before second 25, of which some come late; the others are still to come. */
async function begun(market: Market, sqlite: boolean, late: number): Promise<{ engine: Engine; rest: ProrataEvent[] }> {
  const engine = new Engine(sqlite ? openSqliteStore({ path: ':memory:' }) : openMemoryStore());
  await engine.createProgram(marketDefinition(market, { every: EVERY, batchSize: 3 }));
  const facts = factsOf(market);
  const cut = facts.findIndex(({ time }) => time >= (ZERO + 25) * 1000);
  const [early, rest] = cut < 0 ? [facts, []] : [facts.slice(0, cut), facts.slice(cut)];
  const isLate = ({ kind }: ProrataEvent, index: number): boolean => kind === 'rate' && index % 4 === late;
  await engine.ingest(
    PROGRAM,
    early.filter((fact, index) => !isLate(fact, index)),
  );
  await engine.advance(PROGRAM, { to: at(1) });
  const behind = early.filter(isLate);
  await engine.ingest(PROGRAM, behind);
  const [first] = behind;
  if (first !== undefined)
    await engine.ingest(PROGRAM, [{ kind: 'retracted', key: 'taken back', time: at(2), event: first.key }]);
  await engine.ingest(PROGRAM, [{ kind: 'fund', key: 'more', time: at(2) + 20_000, pool: 'rewards', amount: 7n }]);
  await engine.advance(PROGRAM, { to: at(2) });
  return { engine, rest };
}

/** All that can be read of the rounds from `from` on, as text. */
async function readable(engine: Engine, from: number): Promise<string[]> {
  const texts: string[] = [];
  for (const { period, root } of await engine.periods(PROGRAM)) {
    if (period < from) continue;
    texts.push(
      toJson([root, await engine.crownScores(PROGRAM, { period }), await engine.crownIntervals(PROGRAM, { period })]),
    );
    for (const account of crownNames) {
      const why = await engine
        .explainCrown(PROGRAM, { account, period })
        .catch((error: { code: string }) => error.code);
      texts.push(toJson(why));
    }
  }
  return texts;
}

async function tailed(engine: Engine, options: Parameters<Engine['tail']>[1] = {}): Promise<TailRow[]> {
  const rows: TailRow[] = [];
  for await (const row of engine.tail(PROGRAM, options)) rows.push(row);
  return rows;
}

describe('test/app/prune', () => {
  it('keeps every round after the checkpoint as it was, to the byte, and those to come as they would have been', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarket, fc.boolean(), fc.nat(4), async (market, sqlite, late) => {
        const { engine, rest } = await begun(market, sqlite, late);
        const { engine: whole } = await begun(market, !sqlite, late);
        const before = await readable(engine, 2);
        const { pruned } = await engine.prune(PROGRAM, { before: ZERO + 2 * EVERY });
        if (pruned !== null) {
          // The newest checkpoint that is there; a late fact may have dropped that of round 1.
          assert.ok([ZERO + EVERY, ZERO + 2 * EVERY].includes(pruned.at));
          if (pruned.at === ZERO + EVERY) assert.deepEqual(await readable(engine, 2), before);
        }
        await verify(engine, PROGRAM);
        assert.deepEqual((await engine.status(PROGRAM)).counts, await engine.read((tx) => tx.counts(1)));
        for (const one of [engine, whole]) {
          assert.equal((await one.ingest(PROGRAM, rest)).refused, 0);
          await one.advance(PROGRAM, { to: at(5) });
        }
        assert.deepEqual(await readable(engine, 3), await readable(whole, 3));
        const again = await engine.prune(PROGRAM, { before: ZERO + 4 * EVERY });
        assert.ok(again.pruned !== null || again.reason !== null);
        await verify(engine, PROGRAM);
        const copy = new Engine(openMemoryStore());
        await copy.import((await exported(engine)).split('\n'));
        assert.equal(await exported(copy), await exported(engine));
      }),
      { numRuns: 60 },
    );
  });

  it('takes nothing out in a dry run, nor where there is no checkpoint, and refuses what lies behind one', async () => {
    const [market] = fc.sample(anyMarket, { numRuns: 1, seed: 3 });
    const { engine } = await begun(market!, false, 9);
    const before = await exported(engine);
    assert.notEqual((await engine.prune(PROGRAM, { before: ZERO + 2 * EVERY, dryRun: true })).pruned, null);
    const { pruned, reason } = await engine.prune(PROGRAM, { before: ZERO });
    assert.deepEqual(
      [pruned, reason],
      [null, 'no round that is kept begins at a checkpoint at or before that instant'],
    );
    assert.equal(await exported(engine), before);
    await engine.prune(PROGRAM, { before: ZERO + 2 * EVERY });
    let code = '';
    const late: ProrataEvent = { kind: 'eligible', key: 'late', time: at(2), account: 'a', on: true };
    await engine.ingest(PROGRAM, [late], { onRefused: (_, refusal) => (code = refusal.code) });
    assert.equal(code, 'fact-behind-checkpoint');
    await assert.rejects(engine.crownScores(PROGRAM, { period: 1 }), { code: 'period-pruned' });
    await assert.rejects(engine.explainCrown(PROGRAM, { account: 'b', from: ZERO, to: ZERO + 5 }), {
      code: 'period-pruned',
    });
  });

  it('is told by who follows: each row once, what was taken out in a row of its own, whatever the cursor', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarket, fc.nat(60), async (market, since) => {
        const { engine } = await begun(market, false, 1);
        const all = await tailed(engine);
        assert.deepEqual(
          all.map(({ cursor }) => Number(cursor)),
          all.map((_, index) => index + 1),
        );
        const from = Math.min(since, all.length);
        assert.deepEqual(await tailed(engine, { since: String(from) }), all.slice(from));
        const { pruned } = await engine.prune(PROGRAM, { before: ZERO + 2 * EVERY });
        if (pruned === null) return;
        const rows = await tailed(engine, { since: String(from) });
        const gone = rows.filter((row) => row.what === 'pruned');
        assert.equal(gone.length, from < pruned.last ? 1 : 0);
        const left = all
          .slice(from)
          .filter(({ cursor }) => Number(cursor) < pruned.first || Number(cursor) > pruned.last);
        assert.deepEqual(
          rows.filter((row) => row.what !== 'pruned'),
          left,
        );
        const [first] = gone;
        if (first?.what === 'pruned') assert.deepEqual([first.first, first.last], [Math.max(from + 1, 2), pruned.last]);
      }),
      { numRuns: 40 },
    );
  });

  it('goes on with payouts, scores and intervals after any row of theirs', async () => {
    const [market] = fc.sample(anyMarket, { numRuns: 1, seed: 5 });
    const { engine } = await begun(market!, false, 9);
    for (const what of ['payouts', 'scores', 'intervals'] as const) {
      const all = await tailed(engine, { what });
      assert.ok(all.length > 1, what);
      for (const [index, { cursor }] of all.entries()) {
        assert.deepEqual(
          await tailed(engine, { what, since: cursor }),
          all.slice(index + 1),
          `${what} after ${cursor}`,
        );
      }
    }
    const sum = (await tailed(engine, { what: 'intervals' })).reduce(
      (total, row) => total + (row.what === 'interval' ? row.interval.end - row.interval.start : 0),
      0,
    );
    const { lanes } = await engine.crownIntervals(PROGRAM, { period: 1 });
    assert.equal(sum, 2 * EVERY * lanes.length, 'intervals tile the rounds');
    for (const [what, since] of [
      ['events', '99999'],
      ['payouts', 'x'],
      ['intervals', '1'],
      ['intervals', '1/none/0'],
    ] as const) {
      await assert.rejects(tailed(engine, { what, since }), { code: 'cursor-malformed' });
    }
  });

  it('misses nothing and repeats nothing while another connection writes, also across a pruning', async () => {
    const [market] = fc.sample(anyMarket, { numRuns: 1, seed: 5 });
    const { engine } = await begun(market!, false, 9);
    const { events } = await engine.status(PROGRAM);
    const seen: number[] = [];
    let looks = 0;
    const fund = (index: number): ProrataEvent => ({
      kind: 'fund',
      key: `f${index}`,
      time: at(6) + index,
      pool: 'rewards',
      amount: 1n,
    });
    /** Twenty times a hundred more, and in the middle the beginning is pruned. */
    const wait = async (): Promise<boolean> => {
      looks += 1;
      if (looks > 20) return false;
      const chunk = Array.from({ length: 100 }, (_, index) => fund(looks * 100 + index));
      assert.equal((await engine.ingest(PROGRAM, chunk)).recorded, 100);
      if (looks === 10) assert.notEqual((await engine.prune(PROGRAM, { before: ZERO + 2 * EVERY })).pruned, null);
      return true;
    };
    for await (const row of engine.tail(PROGRAM, { wait })) if (row.what === 'event') seen.push(row.event.seq);
    assert.deepEqual(
      seen,
      Array.from({ length: events + 2000 }, (_, index) => index + 1),
    );
  });
});
