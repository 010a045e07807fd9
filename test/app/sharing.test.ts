import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import {
  EVERY,
  exclusion,
  miner,
  PROGRAM,
  rate,
  rules,
  sharedProgram,
  type SmallOptions,
  stake,
  validator,
} from './sharing-small.ts';

const at = (period: number): number => period * EVERY * 1000;
const immediate = { policies: [{ policy: 'immediate', part: '1' }] };
const balanced = { policies: [{ policy: 'balanced', part: '1' }] };

async function engineWith(options: SmallOptions, ...events: readonly ProrataEvent[]): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(sharedProgram(options));
  await log(engine, ...events);
  return engine;
}

async function log(engine: Engine, ...events: readonly ProrataEvent[]): Promise<void> {
  await engine.ingest(PROGRAM, events, { onRefused: (_, { code, message }) => assert.fail(`${code}: ${message}`) });
}

async function assertHolds(engine: Engine): Promise<void> {
  const { findings } = await engine.verify(PROGRAM);
  assert.deepEqual(
    findings.flatMap(({ invariant, contradictions }) => contradictions.map((what) => `${invariant}: ${what}`)),
    [],
  );
  for (const { period, account, due } of await engine.payouts(PROGRAM)) {
    const query = { period, account: account.name };
    const record = (await engine.periods(PROGRAM)).find((one) => one.period === period);
    const { sharing } = record!.crown
      ? await engine.explainCrown(PROGRAM, query)
      : await engine.explain(PROGRAM, query);
    assert.equal(sharing === null, record!.carried === undefined);
    if (sharing !== null) assert.equal(sharing.paid, due);
  }
}

/** Score and due of everybody in a period, by name. */
async function paidIn(engine: Engine, period: number): Promise<Record<string, [bigint, bigint]>> {
  const payouts = await engine.payouts(PROGRAM, { period });
  return Object.fromEntries(payouts.map(({ account, score, due }) => [account.name, [score, due]]));
}

async function stepUntilPaying(engine: Engine, period: number): Promise<void> {
  for (let steps = 0; (await engine.status(PROGRAM)).window?.phase !== 'paying'; steps += 1) {
    assert.ok(steps < 100);
    await engine.step(PROGRAM, at(period));
  }
}

describe('test/app/sharing', () => {
  describe('stake-time', () => {
    it('shares by the score of the period, to the last unit, and restakes it', async () => {
      const story = [validator, stake('ada', 0, 1n), stake('bo', 0, 1n), stake('cy', 0, 1n)];
      const engine = await engineWith({ sharing: immediate }, ...story);
      await engine.advance(PROGRAM, { to: at(1) });
      assert.deepEqual(await paidIn(engine, 1), { ada: [100n, 334n], bo: [100n, 333n], cy: [100n, 333n] });
      const [first] = await engine.payouts(PROGRAM);
      assert.deepEqual([first!.restaked, first!.liquid, first!.reason], [334n, 0n, 'paid']);
      await engine.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(await paidIn(engine, 2), { ada: [33_500n, 334n], bo: [33_400n, 333n], cy: [33_400n, 333n] });
      await assertHolds(engine);
      await engine.close();
    });

    it('makes up for what was missing of a lifetime', async () => {
      // Somebody without a stake gets nothing delivered, and the more later.
      const story = [validator, stake('ada', 0, 10n), stake('bo', 0, 10n), stake('ada', 99, -10n)];
      const engine = await engineWith({ sharing: balanced }, ...story);
      await engine.advance(PROGRAM, { to: at(1) });
      assert.deepEqual(await paidIn(engine, 1), { ada: [990n, 497n], bo: [1000n, 503n] });
      assert.equal((await engine.payouts(PROGRAM))[0]!.reason, 'no-stake');
      const [record] = await engine.periods(PROGRAM);
      assert.deepEqual([record!.residual.undelivered, record!.residual.rounding], [497n, 0n]);
      await log(engine, stake('ada', 100, 1_000_000n));
      await engine.advance(PROGRAM, { to: at(2) });
      // Scores of a lifetime: 100000990 and 52300 of 100053290; to share in all 1503.
      assert.deepEqual(await paidIn(engine, 2), { ada: [100_000_000n, 1000n], bo: [51_300n, 0n] });
      await assertHolds(engine);
      await engine.close();
    });

    it('holds back what is below the minimum, and pays it with the next, and keeps what a cap leaves', async () => {
      const story = [validator, stake('ada', 0, 9n), stake('bo', 0, 1n)];
      const small = await engineWith({ sharing: { ...immediate, minimum: '150' } }, ...story);
      await small.advance(PROGRAM, { to: at(1) });
      assert.deepEqual(await paidIn(small, 1), { ada: [900n, 900n], bo: [100n, 0n] });
      assert.deepEqual((await small.periods(PROGRAM))[0]!.carried, {
        before: 0n,
        after: 100n,
        rollover: 0n,
        unclaimed: 0n,
      });
      assert.equal((await small.payouts(PROGRAM))[1]!.reason, 'carried');
      assert.equal((await small.explain(PROGRAM, { account: 'bo', period: 1 })).zero?.code, 'carried');
      await assertHolds(small);
      await log(small, stake('bo', 100, 999n));
      await small.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(await paidIn(small, 2), { ada: [90_900n, 476n], bo: [100_000n, 624n] });
      await assertHolds(small);
      await small.close();

      const capped = await engineWith({ sharing: { ...immediate, cap: '300' } }, ...story);
      await capped.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(
        (await capped.periods(PROGRAM)).map(({ carried, delivered }) => [carried!.rollover, delivered]),
        [
          [400n, 600n],
          [800n, 600n],
        ],
      );
      await assertHolds(capped);
      await capped.close();
    });

    it('gives a part to somebody without a score by special, if there is such an account, and else halts until it is mended', async () => {
      const part = { policy: 'special', part: '1/10', recipient: 'grants', memo: 'audits' };
      const sharing = { policies: [{ policy: 'immediate', part: '0.9' }, part] };
      const engine = await engineWith({ sharing }, validator, stake('ada', 0, 5n));
      await engine.advance(PROGRAM, { to: at(1) });
      assert.equal((await engine.status(PROGRAM)).halted?.code, 'recipient-unknown');
      await assertHolds(engine);
      const mended: ProrataEvent = { kind: 'resume', key: 'mended', time: at(1), reason: 'grants has an account' };
      await log(engine, stake('grants', 100, 7n), mended);
      await engine.advance(PROGRAM, { to: at(1) });
      assert.deepEqual(await paidIn(engine, 1), { ada: [500n, 900n], grants: [0n, 100n] });
      const { sharing: why } = await engine.explain(PROGRAM, { account: 'grants', period: 1 });
      assert.deepEqual(
        why!.policies.map(({ policy, budget, amount, memo }) => [policy, budget, amount, memo]),
        [
          ['immediate', 900n, 0n, undefined],
          ['special', 100n, 100n, 'audits'],
        ],
      );
      assert.notEqual((await engine.periods(PROGRAM))[0]!.countsTo, undefined);
      await assertHolds(engine);
      await engine.close();
    });

    it('leaves to the residual what nobody has a score for, or halts', async () => {
      for (const onZeroTotal of ['residual', 'halt'] as const) {
        const engine = await engineWith({ sharing: immediate, onZeroTotal }, validator, stake('ada', 150, 5n));
        await engine.advance(PROGRAM, { to: at(1) });
        const { halted } = await engine.status(PROGRAM);
        assert.equal(halted?.code, onZeroTotal === 'halt' ? 'nobody-to-pay' : undefined);
        if (onZeroTotal === 'residual') assert.equal((await engine.periods(PROGRAM))[0]!.residual.zeroTotal, 1000n);
        await assertHolds(engine);
        await engine.close();
      }
    });

    it('passes over who is excluded before its turn, also when let in again', async () => {
      const story = [validator, ...['ada', 'bo', 'cy', 'di'].map((name) => stake(name, 0, 5n))];
      const engine = await engineWith({ sharing: { ...balanced, minimum: '10' }, window: { batchSize: 1 } }, ...story);
      await engine.advance(PROGRAM, { to: at(1) });
      await log(engine, exclusion(150, ['di']));
      await stepUntilPaying(engine, 2);
      await assertHolds(engine);
      await log(engine, exclusion(200, ['bo', 'cy']), exclusion(201, [], ['cy', 'di']));
      for (let steps = 0; steps < 3; steps += 1) {
        await engine.step(PROGRAM, at(2));
        await assertHolds(engine);
      }
      await engine.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(Object.keys(await paidIn(engine, 2)), ['ada']);
      const record = (await engine.periods(PROGRAM))[1]!;
      assert.deepEqual(record.shared, { excluded: ['di'], passedOver: ['bo', 'cy'] });
      assert.equal(record.residual.undelivered + record.delivered, 1000n);
      await assertHolds(engine);
      await engine.advance(PROGRAM, { to: at(4) });
      await assertHolds(engine);
      await engine.close();
    });

    it('counts windows from before policies, and goes on after them with what was owed', async () => {
      const story = [validator, stake('ada', 0, 9n), stake('bo', 0, 1n)];
      const engine = await engineWith({}, ...story);
      await engine.advance(PROGRAM, { to: at(1) });
      await log(engine, stake('bo', 120, 891n), rules(130, { ...balanced, minimum: '400' }));
      await engine.advance(PROGRAM, { to: at(2) });
      await assertHolds(engine);
      await log(engine, rules(210, null));
      await engine.advance(PROGRAM, { to: at(3) });
      await assertHolds(engine);
      await log(engine, rules(310, { ...immediate, minimum: '1' }));
      await engine.advance(PROGRAM, { to: at(4) });
      const periods = await engine.periods(PROGRAM);
      assert.deepEqual(
        periods.map(({ carried }) => carried?.before),
        [undefined, 0n, undefined, periods[1]!.carried!.after],
      );
      await assertHolds(engine);
      await engine.close();
    });

    it('pays the same under every strategy, batch size and way of settling', async () => {
      const story = [validator, stake('ada', 0, 7n), stake('bo', 10, 13n), stake('cy', 20, 3n), stake('bo', 150, -20n)];
      const roots = new Set<string>();
      for (const strategy of ['cut', 'copy', 'double-buffer', 'generations'] as const) {
        for (const [settle, batchSize] of [
          ['multi_block', 1],
          ['multi_block', 1000],
          ['single_block', 2],
        ] as const) {
          const options = { sharing: { mix: {}, cap: '600', minimum: '50' }, window: { strategy, settle, batchSize } };
          const engine = await engineWith(options, ...story.slice(0, 4));
          await engine.advance(PROGRAM, { to: at(1) });
          await log(engine, story[4]!);
          for (const period of [2, 3]) await engine.advance(PROGRAM, { to: at(period) });
          roots.add(JSON.stringify((await engine.periods(PROGRAM)).map(({ root }) => root)));
          await assertHolds(engine);
          await engine.close();
        }
      }
      assert.equal(roots.size, 1);
    });
  });

  it('goes on as it was after an export and an import, in the middle of a window too', async () => {
    const sharing = { mix: {}, minimum: '400' };
    const story = [validator, stake('ada', 0, 9n), stake('bo', 0, 4n), stake('cy', 50, 20n)];
    const engine = await engineWith({ sharing, window: { batchSize: 1 } }, ...story);
    await engine.advance(PROGRAM, { to: at(1) });
    const roots = new Set<string | null>();
    for (let step = 0; step < 9; step += 1) {
      const lines: string[] = [];
      await engine.export((text) => void lines.push(...text.split('\n').slice(0, -1)));
      const other = new Engine(openMemoryStore());
      await other.import(lines);
      await assertHolds(other);
      await other.advance(PROGRAM, { to: at(2) });
      await assertHolds(other);
      roots.add((await other.periods(PROGRAM))[1]!.root);
      await other.close();
      await engine.step(PROGRAM, at(2));
    }
    assert.equal((await engine.periods(PROGRAM))[1]!.status, 'settled');
    assert.equal(roots.size, 1);
    await engine.close();
  });

  describe('crown', () => {
    const both = [...miner('ada'), ...miner('bo')];

    it('shares what was earned, and leaves the rest to the residual first', async () => {
      // ada holds a quarter of the time, bo three quarters; the lane has half of the allocation.
      const engine = await engineWith(
        { model: 'crown', sharing: balanced },
        ...both,
        rate('ada', 0, '7'),
        rate('bo', 25, '8'),
      );
      await engine.advance(PROGRAM, { to: at(1) });
      const unit = 10n ** 18n;
      assert.deepEqual(await paidIn(engine, 1), { ada: [unit / 8n, 125n], bo: [(unit * 3n) / 8n, 375n] });
      assert.deepEqual((await engine.periods(PROGRAM))[0]!.residual.unearned, 500n);
      await log(engine, rate('bo', 100, '0'));
      await engine.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(await paidIn(engine, 2), { ada: [unit / 2n, 500n] });
      await log(engine, rate('bo', 200, '9'), exclusion(250, ['ada']));
      await engine.advance(PROGRAM, { to: at(3) });
      // Of those who take part bo has all scores, and all of what is shared.
      assert.deepEqual(await paidIn(engine, 3), { bo: [unit / 2n, 500n] });
      await assertHolds(engine);
      await engine.close();
    });

    it('carries over, pays it, passes over and releases', async () => {
      const sharing = { ...immediate, minimum: '200', cap: '400' };
      const engine = await engineWith(
        { model: 'crown', sharing, window: { batchSize: 1 } },
        ...both,
        rate('ada', 0, '7'),
        rate('bo', 25, '8'),
      );
      await engine.advance(PROGRAM, { to: at(1) });
      assert.deepEqual((await engine.periods(PROGRAM))[0]!.carried, {
        before: 0n,
        after: 125n,
        rollover: 0n,
        unclaimed: 0n,
      });
      await assertHolds(engine);
      await stepUntilPaying(engine, 2);
      await assertHolds(engine);
      await log(engine, exclusion(201, ['bo']));
      await engine.advance(PROGRAM, { to: at(2) });
      await assertHolds(engine);
      await log(engine, exclusion(210, ['ada'], ['bo']));
      await engine.advance(PROGRAM, { to: at(3) });
      await assertHolds(engine);
      await engine.close();
    });

    it('halts on what the policies cannot do, and is mended by other policies', async () => {
      const sharing = { policies: [{ policy: 'special', part: '1', recipient: 'nobody' }] };
      const engine = await engineWith({ model: 'crown', sharing }, ...both, rate('ada', 0, '7'));
      await engine.advance(PROGRAM, { to: at(1) });
      assert.equal((await engine.status(PROGRAM)).halted?.code, 'recipient-unknown');
      await assertHolds(engine);
      await log(engine, rules(100, immediate), { kind: 'resume', key: 'on', time: at(1), reason: 'others' });
      await engine.advance(PROGRAM, { to: at(1) });
      assert.deepEqual(await paidIn(engine, 1), { ada: [5n * 10n ** 17n, 500n] });
      await assertHolds(engine);
      await engine.close();
    });

    it('halts where nobody earned anything, as without policies, also when there is nothing left to share then', async () => {
      const withdrawn = [...miner('ada'), rate('ada', 0, '2'), rate('ada', EVERY, '0')];
      const engine = await engineWith({ model: 'crown', onZeroTotal: 'halt', sharing: immediate }, ...withdrawn);
      await engine.advance(PROGRAM, { to: at(2) });
      assert.equal((await engine.status(PROGRAM)).halted?.code, 'scores-all-zero');
      await log(
        engine,
        { kind: 'rules', key: 'mend', time: at(2), onZeroTotal: 'residual' },
        { kind: 'resume', key: 'go on', time: at(2), reason: 'nobody quoted' },
      );
      await engine.advance(PROGRAM, { to: at(2) });
      assert.equal((await engine.periods(PROGRAM))[1]!.residual.unearned, 1000n);
      await assertHolds(engine);
      await engine.close();
    });

    it('is shared by the rules of its opening', async () => {
      const engine = await engineWith({ model: 'crown', sharing: immediate }, ...both, rate('ada', 0, '7'));
      await engine.step(PROGRAM, at(1));
      await log(engine, rules(100, { ...immediate, minimum: '501' }));
      await engine.advance(PROGRAM, { to: at(2) });
      assert.deepEqual(
        (await engine.periods(PROGRAM)).map(({ carried }) => carried!.after),
        [0n, 500n],
      );
      await assertHolds(engine);
      await engine.close();
    });
  });
});
