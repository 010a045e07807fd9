import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fillDemo } from '../../src/app/demo/fill.ts';
import { Engine } from '../../src/app/engine.ts';
import type { Flows } from '../../src/app/flows.ts';
import type { LedgerAccount } from '../../src/core/state.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { flowsJson } from '../../src/views/flows.ts';
import { sharedStory } from '../arbitrary/sharing.ts';
import { Driver } from '../sim/driver.ts';
import { randomProgram } from '../sim/random-program.ts';
import { credProgram, idOf, story, sunday, token, week } from './cred-small.ts';
import { EVERY, PROGRAM, sharedProgram } from './sharing-small.ts';
import { definition, PROGRAM as SMALL } from './small.ts';

const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

function sideOf(account: LedgerAccount): string {
  if (account.kind === 'pool') return `pool:${account.pool}`;
  return account.kind === 'liquid' || account.kind === 'stake' ? 'earners' : account.kind;
}

/** The flows of a period, or of all, added up from every posting. */
async function fromPostings(engine: Engine, program: string, period: number | null): Promise<Record<string, bigint>> {
  const sums: Record<string, bigint> = {};
  const postings = await engine.postings(program, { limit: 1_000_000 });
  for (const posting of postings.filter((one) => period === null || one.period === period)) {
    const key = `${sideOf(posting.source)} -> ${sideOf(posting.target)}: ${posting.reason}`;
    sums[key] = (sums[key] ?? 0n) + posting.amount;
  }
  return sums;
}

/** Nothing is missing, and nothing is there twice: by pool, by posting, by balance. */
async function assertAddsUp(engine: Engine, program: string): Promise<Flows> {
  const records = await engine.periods(program);
  for (const period of [null, ...records.map((record) => record.period)]) {
    const found = await engine.flows(program, period ?? undefined);
    for (const flow of found.flows) {
      const { rounding, undelivered, directRemainder, zeroTotal, unearned } = flow.residual;
      const went = [flow.paid, flow.paidBefore, rounding, undelivered, directRemainder, zeroTotal, unearned];
      const whole = sum([...went, flow.carriedAfter, flow.toCome]);
      assert.equal(flow.allocated + flow.carriedBefore, whole, `period ${period}, ${flow.pool}`);
      assert.ok([...went, flow.toCome].every((amount) => amount >= 0n));
    }
    const allocated = records
      .filter((record) => period === null || record.period === period)
      .flatMap(({ allocations }) => allocations.map(({ amount }) => amount));
    assert.equal(sum(found.flows.map((flow) => flow.allocated)), sum(allocated));
    const { links } = flowsJson(found);
    const said = Object.fromEntries(
      links.map(({ source, target, reason, amount }) => [`${source} -> ${target}: ${reason}`, amount]),
    );
    assert.deepEqual(said, await fromPostings(engine, program, period), `period ${period}`);
    assert.equal(links.length, Object.keys(said).length);
  }
  const all = await engine.flows(program);
  const { outside, residual, carried, earners } = all.balances;
  assert.equal(sum([outside, residual, carried, earners, ...all.pools.map(({ balance }) => balance)]), 0n);
  return all;
}

describe('test/app/flows', () => {
  const seed = Number(process.env['SEED'] ?? 30_000);

  for (let i = 0; i < 12; i += 1) {
    it(`are the sums of the postings at every point of a random program (seed ${seed + i})`, async () => {
      const program = randomProgram(seed + i);
      const driver = new Driver(program, openMemoryStore(), { batchSize: () => 1 + (i % 3) });
      await driver.create();
      for (const action of program.actions) {
        await driver.apply(action);
        await assertAddsUp(driver.engine, driver.program);
      }
      await driver.engine.close();
    });
  }

  it('are the sums of the postings after every step where policies share and carry over', async () => {
    await fc.assert(
      fc.asyncProperty(sharedStory({ calm: false }), async ({ model, sharing, periods }) => {
        const engine = new Engine(openMemoryStore());
        const options = { model, amount: 1003n, window: { batchSize: 1 }, ...(sharing === null ? {} : { sharing }) };
        await engine.createProgram(sharedProgram(options));
        for (const [index, { events, inWindow }] of periods.entries()) {
          await engine.ingest(PROGRAM, events, { partial: true });
          for (let steps = 1; ; steps += 1) {
            const { did } = await engine.step(PROGRAM, (index + 1) * EVERY * 1000);
            await assertAddsUp(engine, PROGRAM);
            if (did === 'idle' || did === 'halted' || did === 'settled') break;
            for (const { afterSteps, event } of inWindow)
              if (afterSteps === steps) await engine.ingest(PROGRAM, [event], { partial: true });
          }
        }
        await engine.close();
      }),
      { numRuns: 15 },
    );
  });

  it('are the sums of the postings of the demo, of every model', async () => {
    const engine = new Engine(openMemoryStore());
    await fillDemo(engine, { seed: 1, accounts: 60 });
    for (const program of await engine.programs()) {
      const { flows } = await assertAddsUp(engine, program);
      assert.ok(sum(flows.map(({ paid }) => paid)) > 0n, program);
    }
    await engine.close();
  });

  it('know what was taken back, also when it comes after somebody has asked', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    const take = async (...events: Parameters<Engine['ingest']>[1] & readonly unknown[]): Promise<void> =>
      assert.equal((await engine.ingest('grain', events)).refused, 0);
    await take(...story());
    await engine.advance('grain', { to: (sunday + week * 2) * 1000 });
    await assertAddsUp(engine, 'grain');
    await take(token({ type: 'REVERSE_DISTRIBUTION', distributionId: 'period-1', reason: 'spam' }, sunday + week * 2));
    await assertAddsUp(engine, 'grain');
    assert.equal((await engine.flows('grain', 1)).flows[0]!.reversed, 1000n);
    await engine.advance('grain', { to: (sunday + week * 3) * 1000 });
    const reason = 'mistake';
    const one = { type: 'REVERSE_RECEIPT', allocationId: 'period-2', identityId: idOf('ada'), reason } as const;
    await take(token(one, sunday + week * 3));
    const { flows, pools } = await assertAddsUp(engine, 'grain');
    assert.ok(flows[0]!.reversed > 1000n);
    assert.equal(pools[0]!.funded, 10_000n);
    await engine.close();
  });

  it('say apart what another system had paid before its window was taken over', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(definition());
    const { refused } = await engine.ingest(SMALL, [
      { kind: 'validator-set', key: 'v', time: 150_000, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
      {
        ...{ kind: 'window-taken-over', key: 't', time: 150_000, boundary: 100, amount: 1000n, total: 50n },
        ...{ leftover: 400n, totalEntries: 10, processedEntries: 6 },
      },
    ]);
    assert.equal(refused, 0);
    const [open] = (await assertAddsUp(engine, SMALL)).flows;
    assert.deepEqual([open!.paidBefore, open!.paid, open!.toCome], [600n, 0n, 400n]);
    await engine.advance(SMALL, { to: 150_000 });
    const { flows, pools } = await assertAddsUp(engine, SMALL);
    assert.deepEqual([flows[0]!.paidBefore, flows[0]!.residual.rounding, flows[0]!.toCome], [600n, 400n, 0n]);
    assert.deepEqual(pools, [{ pool: 'stakers', pays: 'score', funded: 5000n, balance: 4600n }]);
    assert.deepEqual((await engine.flows(SMALL, 2)).flows, []);
    assert.equal((await engine.flows(SMALL, 2)).status, 'running');
    await assert.rejects(engine.flows(SMALL, 9), { code: 'period-unknown' });
    await engine.close();
  });
});
