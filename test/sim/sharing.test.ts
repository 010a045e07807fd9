import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import { ConflictError } from '../../src/core/errors.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { EVERY, PROGRAM, sharedProgram, type SmallOptions } from '../app/sharing-small.ts';
import { type SharedStory, sharedStory, storyNames } from '../arbitrary/sharing.ts';
import { type Ask, everyCall, exported, run, verify } from './crash-kit.ts';
import { FailingStore } from './failing-store.ts';

const AMOUNT = 1003n;
const boundary = (index: number): number => (index + 1) * EVERY * 1000;

const definitionOf = ({ model, sharing }: SharedStory, window: SmallOptions['window'] = {}) =>
  sharedProgram({ model, amount: AMOUNT, window, ...(sharing === null ? {} : { sharing }) });

/** The story as a user would ask for it: each thing is harmless when asked again. */
function asksOf(story: SharedStory, window?: SmallOptions['window']): Ask[] {
  const asks: Ask[] = [
    async (engine) => {
      await engine.createProgram(definitionOf(story, window)).catch((error: unknown) => {
        if (!(error instanceof ConflictError)) throw error;
      });
    },
  ];
  for (const [index, { events, inWindow }] of story.periods.entries()) {
    asks.push(async (engine) => void (await engine.ingest(PROGRAM, events, { partial: true })));
    for (const { afterSteps, event } of inWindow) {
      asks.push(
        (engine) => steps(engine, index, afterSteps),
        async (engine) => void (await engine.ingest(PROGRAM, [event], { partial: true })),
      );
    }
    asks.push((engine) => steps(engine, index, Infinity));
  }
  return asks;
}

async function steps(engine: Engine, index: number, count: number): Promise<void> {
  for (;;) {
    const record = (await engine.periods(PROGRAM)).find(({ period }) => period === index + 1);
    const { window } = await engine.status(PROGRAM);
    if (record?.status === 'settled' || (window?.steps ?? 0) >= count) return;
    if ((await engine.step(PROGRAM, boundary(index))).did === 'idle') return;
  }
}

const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

/** What must be true of every story, said anew from what anybody can read. */
async function assertAccounted(engine: Engine, story: SharedStory): Promise<Set<string>> {
  const seen = new Set<string>();
  const payouts = await engine.payouts(PROGRAM);
  const scored = new Set<string>();
  for (const record of await engine.periods(PROGRAM)) {
    if (record.status !== 'settled') {
      assert.equal((await engine.status(PROGRAM)).halted?.code, 'recipient-unknown');
      seen.add('halted');
      continue;
    }
    const own = payouts.filter(({ period }) => period === record.period);
    const { rounding, undelivered, zeroTotal, unearned = 0n } = record.residual;
    const { before: taken, after: left } = record.carried ?? { before: 0n, after: 0n };
    const got = sum(own.map(({ restaked, liquid }) => restaked + liquid));
    assert.equal(got + rounding + undelivered + zeroTotal + unearned + left - taken, AMOUNT);
    if (record.carried !== undefined) {
      assert.equal(rounding, 0n);
      seen.add('shared');
      if (left > 0n) seen.add('carried');
      if ((record.shared ?? record.crown)?.passedOver) seen.add('passed over');
    } else seen.add('in proportion');
    for (const { account, score, due, reason } of own) {
      if (score > 0n) scored.add(account.name);
      if (reason === 'no-stake') seen.add('no stake');
      // The only one who may be given something without a score, by special.
      if (due > 0n && account.name !== 'di')
        assert.ok(scored.has(account.name), `${account.name} in period ${record.period}`);
      const query = { account: account.name, period: record.period };
      const { sharing } =
        story.model === 'crown' ? await engine.explainCrown(PROGRAM, query) : await engine.explain(PROGRAM, query);
      assert.equal(sharing === null, record.carried === undefined);
      if (sharing === null) continue;
      assert.equal(sharing.paid, due);
      assert.equal(sum(sharing.policies.map(({ amount }) => amount)) + sharing.owedBefore, sharing.paid + sharing.owed);
    }
    // Their scores count from then on, and no payout tells of them.
    for (const name of (record.shared ?? record.crown)?.passedOver ?? []) scored.add(name);
  }
  return seen;
}

describe('test/sim/sharing', () => {
  let folder: string;
  let files = 0;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'prorata-sharing-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const newSqliteStore = (): Store => openSqliteStore({ path: join(folder, `${(files += 1)}.db`), create: true });

  it('accounts for every unit, and can be proven and explained, whatever happens and however policies change', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(sharedStory({ calm: false }), fc.integer({ min: 1, max: 3 }), async (story, batchSize) => {
        const engine = await run(asksOf(story, { batchSize }), openMemoryStore(), false);
        await verify(engine, PROGRAM);
        for (const one of await assertAccounted(engine, story)) seen.add(one);
        await engine.close();
      }),
      { numRuns: 150 },
    );
    assert.deepEqual(
      ['carried', 'halted', 'in proportion', 'no stake', 'passed over', 'shared'].filter((one) => !seen.has(one)),
      [],
    );
  });

  it('pays the same by every strategy, batch size, way of settling and store', async () => {
    const way = fc.record({
      strategy: fc.constantFrom(...strategyNames),
      settle: fc.constantFrom('multi_block' as const, 'single_block' as const),
      batchSize: fc.integer({ min: 1, max: 5 }),
      store: fc.constantFrom('memory', 'sqlite'),
    });
    await fc.assert(
      fc.asyncProperty(sharedStory({ calm: true }), way, async (story, { store, ...window }) => {
        const rootsOf = async (engine: Engine) => {
          const roots = (await engine.periods(PROGRAM)).map(({ root, carried }) => [root, carried]);
          await verify(engine, PROGRAM);
          await engine.close();
          return roots;
        };
        const expected = await rootsOf(await run(asksOf(story), openMemoryStore(), false));
        assert.ok(expected.length > 0);
        const opened = store === 'memory' ? openMemoryStore() : newSqliteStore();
        assert.deepEqual(await rootsOf(await run(asksOf(story, window), opened, false)), expected);
      }),
      { numRuns: 60 },
    );
  });

  it('brings what everybody was paid to its part of all scores, by balanced', async () => {
    const balanced = { policies: [{ policy: 'balanced', part: '1' }] };
    let evened = 0;
    await fc.assert(
      fc.asyncProperty(sharedStory({ calm: true }), async ({ periods, model }) => {
        const story = {
          model,
          sharing: balanced,
          periods: periods.map((one) => ({ ...one, events: one.events.filter(({ kind }) => kind !== 'rules') })),
        };
        const engine = await run(asksOf(story), openMemoryStore(), false);
        const payouts = await engine.payouts(PROGRAM);
        const last = (await engine.periods(PROGRAM)).at(-1)!;
        const of = (name: string) => payouts.filter(({ account }) => account.name === name);
        const all = storyNames.map((name) => ({
          due: sum(
            of(name)
              .filter(({ period }) => period === last.period)
              .map(({ due }) => due),
          ),
          // What could not be delivered was not paid, but was given in the last window.
          paid: sum(
            of(name).map(({ period, due, restaked, liquid }) => (period === last.period ? due : restaked + liquid)),
          ),
          score: sum(of(name).map(({ score }) => score)),
        }));
        const [paid, score] = [sum(all.map((one) => one.paid)), sum(all.map((one) => one.score))];
        const above = all.filter((one) => one.paid * score >= paid * one.score + score);
        // Nobody is given more than its part.
        for (const { due } of above) assert.equal(due, 0n);
        if (above.length === 0) evened += 1;
        // Nobody misses more than the unit of rounding and what others had beyond their parts before, be it a fraction.
        const beyond = all
          .filter(({ due }) => due === 0n)
          .map((one) => one.paid * score - paid * one.score)
          .filter((excess) => excess > 0n);
        for (const one of all) assert.ok((one.paid + 1n) * score + sum(beyond) > paid * one.score || score === 0n);
        await engine.close();
      }),
      { numRuns: 80 },
    );
    assert.ok(evened > 40, `only ${evened} were evened out`);
  });

  for (const model of ['stake-time', 'crown'] as const) {
    it(`loses nothing and pays nothing twice, whichever call dies, by ${model}`, async () => {
      const stories = fc.sample(sharedStory({ calm: false }), { numRuns: 400, seed: 11 });
      const story = stories.find(
        (one) =>
          one.model === model &&
          one.sharing?.['minimum'] !== undefined &&
          one.periods.length === 2 &&
          one.periods[1]!.inWindow.length > 1,
      );
      assert.ok(story);
      const asks = asksOf(story, { batchSize: 1 });
      const whole = await run(asks, openMemoryStore(), true);
      await verify(whole, PROGRAM);
      const expected = await exported(whole);
      const died = await everyCall(async (n, moment) => {
        const store = new FailingStore(openMemoryStore(), n, moment);
        const engine = await run(asks, store, n % 2 === 0);
        if (store.died === null) return null;
        assert.equal(await exported(engine), expected, `call ${n}, ${store.died}, ${moment}`);
        return store.died;
      });
      for (const call of ['write', 'commit (write)', 'tallies', 'payouts', 'awards']) assert.ok(died.has(call), call);
    });
  }
});
