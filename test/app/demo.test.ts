import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoModels, demoPrograms, fillDemo, toldStory } from '../../src/app/demo/fill.ts';
import { DemoFeed } from '../../src/app/demo/feed.ts';
import { openProrata } from '../../src/index.ts';

const seeds = [0, 1, 2, 3, 4, 5, 77, 4_000_000_000];

describe('test/app/demo', () => {
  it('fills a store with a program of each model: settled and running periods, and every invariant holds', async () => {
    const engine = openProrata({ store: 'memory' });
    await fillDemo(engine, { seed: 1, accounts: 60 });
    assert.deepEqual(
      await engine.programs(),
      demoModels.map((model) => demoPrograms[model]),
    );
    for (const program of await engine.programs()) {
      const periods = await engine.periods(program);
      assert.ok(periods.length >= 8 && periods.every(({ status }) => status === 'settled'));
      assert.equal((await engine.status(program)).period, periods.length + 1);
      assert.ok((await engine.verify(program)).holds);
    }
    await engine.close();
  });

  it('leaves the stakers in the middle of a window, when it is asked to, and they can go on', async () => {
    const engine = openProrata({ store: 'memory' });
    await fillDemo(engine, { seed: 1, accounts: 60, models: ['stake'], stakesUntil: { month: 3, steps: 7 } });
    const { window } = await engine.status(demoPrograms.stake);
    assert.deepEqual([window?.period, window?.steps], [3, 7]);
    assert.equal((await engine.step(demoPrograms.stake, window!.boundary * 1000)).did, 'scored');
    await engine.close();
  });

  it('goes on for as long as somebody feeds it: periods are settled, a halt is mended, rounds are planned anew', async () => {
    const seed = 1;
    const engine = openProrata({ store: 'memory' });
    const accounts = 60;
    await fillDemo(engine, { seed, accounts, stakesUntil: { month: 8, steps: 10 } });
    const names = await engine.programs();
    const halts = new Set<string>();
    let refused = 0;
    let feed = new DemoFeed(engine, { seed, accounts });
    for (let tick = 1; tick <= 2600; tick += 1) {
      if (tick % 500 === 0) feed = new DemoFeed(engine, { seed, accounts });
      refused += (await feed.tick()).refused;
      if (tick % 20 !== 0) continue;
      for (const program of names) {
        const { clock } = await engine.status(program);
        if ((await engine.advance(program, { to: clock })).ended === 'halted') halts.add(program);
      }
    }
    const settled = await Promise.all(names.map(async (program) => (await engine.periods(program)).length));
    assert.deepEqual([refused, [...halts]], [0, ['demo']]);
    // They began with 7, 8 and 8, of schedules of 12, 16 and 26.
    const [stakes, market, community] = settled;
    assert.ok(stakes! > 12 && market! > 12 && community! > 9, `${settled}`);
    for (const program of names) assert.ok((await engine.verify(program)).holds);
    await engine.close();
  });

  it('has in the market of any seed who is paid, who is never the best, who is busy, and who loses eligibility', async () => {
    for (const seed of seeds) {
      const engine = openProrata({ store: 'memory' });
      const { market, ask, loser } = marketOf(seed);
      await fillDemo(engine, { seed, accounts: 60, models: ['crown'] });
      for (let period = 1; period <= 8; period += 1) {
        const unpaid = await engine.explainCrown(market, { account: ask.unpaid, period });
        assert.equal(unpaid.zero[0]?.reason, 'outbid', `seed ${seed}, round ${period}`);
        const round = await engine.crownScores(market, { period });
        assert.ok(round.scores.length > 3);
        if (period > 4) assert.ok(!round.scores.some(({ account }) => account === loser));
      }
      const paid = await engine.explainCrown(market, { account: ask.paid, period: ask.period });
      assert.ok(paid.division!.due > 0n);
      const after = await engine.explainCrown(market, { account: loser, period: 5 });
      assert.equal(after.zero[0]?.reason, 'not-eligible');
      await engine.close();
    }
  });

  it('has in the community of any seed who is paid, and of who is not the reason', async () => {
    for (const seed of seeds) {
      const engine = openProrata({ store: 'memory' });
      await fillDemo(engine, { seed, accounts: 60, models: ['cred'] });
      const { ask } = toldStory('cred', seed);
      const community = demoPrograms.cred;
      const { period } = ask;
      const explain = (account: string) => engine.explainCred(community, { account, period });
      assert.equal((await explain(ask.paid)).zero, null);
      assert.equal((await explain(ask.unpaid)).zero?.code, 'no-cred');
      const codes = new Map<string, number>();
      const { reading } = await engine.credView(community, { period });
      assert.equal(reading.persons.length, 31);
      for (const { id } of reading.persons) {
        const { zero, person } = await explain(id);
        if (zero?.code === 'not-active' || zero?.code === 'excluded') assert.ok(person.lifetime > 0n);
        codes.set(zero?.code ?? 'paid', (codes.get(zero?.code ?? 'paid') ?? 0) + 1);
      }
      assert.equal(codes.get('excluded'), 1);
      assert.equal(codes.get('not-active'), 2);
      assert.ok(codes.get('paid')! >= 20, `seed ${seed}`);
      await engine.close();
    }
  });

  it('makes up some dozens of participants and a few hundred contributions, with events in order and ids of their own', () => {
    for (const seed of seeds) {
      for (const model of ['crown', 'cred'] as const) {
        const { chapters, definition } = toldStory(model, seed);
        const events = chapters.flatMap((chapter) => chapter.events);
        assert.equal(new Set(events.map(({ key }) => key)).size, events.length);
        assert.deepEqual(toldStory(model, seed).chapters, chapters);
        for (const [index, { settleAt }] of chapters.entries()) {
          const { at, repeat } = definition.schedule[0]!;
          assert.equal(settleAt, index === chapters.length - 1 ? null : at + index * repeat!.every);
        }
        if (model === 'crown') continue;
        const made = events.filter((event) => event.kind === 'node' && event.timeless !== true);
        assert.ok(made.length > 400 && made.length < 600, `${made.length} contributions`);
      }
    }
  });
});

/** The one who loses eligibility is in the log. */
function marketOf(seed: number) {
  const { chapters, ask } = toldStory('crown', seed);
  const events = chapters.flatMap((chapter) => chapter.events);
  const lost = events.find((event) => event.kind === 'eligible' && !event.on);
  const busy = events.filter((event) => event.kind === 'busy');
  assert.ok(lost?.kind === 'eligible' && busy.length > 20);
  return { market: demoPrograms.crown, ask, loser: lost.account };
}
