import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { Busy, CrownFact, ProrataEvent } from '../../src/core/events/event.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { definition as stakeDefinition } from './small.ts';

const PROGRAM = 'market';
const band = {
  model: 'crown',
  rules: 'capacity-band',
  directions: { 'sol-btc': '1' },
  hubs: ['sol'],
  chains: { sol: { decimals: 9 }, btc: { decimals: 8 } },
  band: '0',
  capacity_exponent: 1,
  requirement_bps: 10_000,
};
const tie = {
  model: 'crown',
  rules: 'best-rate-tie',
  directions: { 'btc-tao': '1' },
  success: { exponent: 2, seconds: 60 },
};

async function market(scoring: object = band): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  const { rules } = stakeDefinition();
  await engine.createProgram({
    name: PROGRAM,
    rules: { ...rules, scoring: parseCrownScoring(scoring, 'scoring'), onZeroTotal: 'residual' },
    schedule: [{ at: 100, allocations: [{ pool: 'stakers', amount: 1000n }], repeat: { every: 100, left: null } }],
    excluded: [],
  });
  return engine;
}

/** The code that an event is refused with; null when it is taken. Nothing may have changed by a refusal. */
async function refusalOf(engine: Engine, event: ProrataEvent): Promise<string | null> {
  const before = await textOf(engine);
  let code: string | null = null;
  await engine.ingest(PROGRAM, [event], { onRefused: (_, refusal) => (code = refusal.code) });
  if (code !== null) assert.equal(await textOf(engine), before, 'nothing changed');
  return code;
}

async function textOf(engine: Engine): Promise<string> {
  let text = '';
  await engine.export((line) => void (text += line));
  return text;
}

let made = 0;
const at = (second: number) => ({ key: `k${(made += 1)}`, time: second * 1000 });
const rate = (fields: object): ProrataEvent =>
  ({ kind: 'rate', ...at(10), account: 'a', direction: 'sol-btc', backing: 'sol', rate: '1', ...fields }) as CrownFact;

describe('test/app/crown-facts', () => {
  it('refuses what a market cannot have, each with a code of its own, and changes nothing', async () => {
    const engine = await market();
    await engine.ingest(PROGRAM, [
      { kind: 'active', ...at(50), account: 'a', on: true },
      { kind: 'busy', ...at(50), account: 'a', delta: 1 },
      { kind: 'busy', ...at(51), account: 'a', delta: -1 },
    ]);
    const cases: readonly (readonly [ProrataEvent, string])[] = [
      [rate({ rate: 'fast' }), 'rate-malformed'],
      [rate({ rate: '1/3' }), 'rate-malformed'],
      [rate({ direction: 'sol-eth' }), 'direction-unknown'],
      [rate({ backing: 'tao' }), 'backing-unknown'],
      [{ kind: 'collateral', ...at(10), account: 'a', backing: 'btc', amount: 1n }, 'backing-unknown'],
      [{ kind: 'collateral', ...at(10), account: 'a', backing: 'sol', amount: -1n }, 'amount-negative'],
      [{ kind: 'bounds', ...at(10), backing: 'sol', min: 2n, max: -1n }, 'amount-negative'],
      [{ kind: 'activity', ...at(10), account: 'a', what: 'reserved', hub: 'tao' }, 'hub-unknown'],
      [{ kind: 'active', ...at(49), account: 'b', on: true }, 'block-backwards'],
      [{ kind: 'busy', ...at(50), account: 'b', delta: 1 }, 'block-backwards'],
      [{ kind: 'busy', ...at(60), account: 'a', delta: -1 }, 'busy-below-zero'],
      [{ kind: 'busy', ...at(60), account: 'b', delta: -1 }, 'busy-below-zero'],
      [{ kind: 'retracted', ...at(60), event: 'nothing' }, 'event-not-retractable'],
      [{ kind: 'retracted', ...at(60), event: 'program' }, 'event-not-retractable'],
      [{ kind: 'validator-jailed', ...at(60), validator: 'v', jailed: true }, 'event-of-other-model'],
      [{ kind: 'eligible', ...at(60), account: '', on: true }, 'account-malformed'],
    ];
    for (const [event, code] of cases)
      assert.equal(
        await refusalOf(engine, event),
        code,
        JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
      );
    assert.equal(await refusalOf(engine, rate({ rate: '-0.5' })), null, 'a negative rate withdraws a quote');
  });

  it('refuses facts in a program that scores stakes, and a backing where lanes have none', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram({ ...stakeDefinition(), name: PROGRAM });
    assert.equal(await refusalOf(engine, rate({})), 'event-of-other-model');
    const tied = await market(tie);
    assert.equal(await refusalOf(tied, rate({ direction: 'btc-tao', backing: 'tao' })), 'backing-unknown');
  });

  it('lets rules change from the next window on, but neither the model nor a longer memory', async () => {
    const engine = await market(tie);
    const scoring = (fields: object) => parseCrownScoring({ ...tie, ...fields }, 'scoring');
    const rules = (fields: object): ProrataEvent => ({ kind: 'rules', ...at(60), scoring: scoring(fields) });
    assert.equal(await refusalOf(engine, rules({ success: { exponent: 2, seconds: 61 } })), 'memory-lengthened');
    await engine.ingest(PROGRAM, [
      { kind: 'eligible', ...at(0), account: 'a', on: true },
      { kind: 'active', ...at(0), account: 'a', on: true },
      { kind: 'rate', ...at(0), account: 'a', direction: 'btc-tao', rate: '1' },
    ]);
    await engine.advance(PROGRAM, { to: 100_000 });
    await engine.ingest(PROGRAM, [
      { kind: 'rules', ...at(150), scoring: scoring({ directions: { 'btc-tao': '1/4' } }) },
    ]);
    await engine.advance(PROGRAM, { to: 200_000 });
    assert.deepEqual(
      (await engine.payouts(PROGRAM)).map(({ due }) => due),
      [1000n, 250n],
    );
    const { lanes } = await engine.crownIntervals(PROGRAM, { period: 1 });
    assert.deepEqual(
      lanes[0]!.pool,
      { numerator: 1n, denominator: 1n },
      'an old round is read by the rules of its time',
    );
    assert.equal((await engine.verify(PROGRAM)).holds, true);
  });

  it('scores an open window by the rules it was opened with, whatever is logged before it is scored', async () => {
    const engine = await market(tie);
    const rules = (fields: object): ProrataEvent => ({
      kind: 'rules',
      ...at(150),
      scoring: parseCrownScoring({ ...tie, ...fields }, 'scoring'),
    });
    await engine.ingest(PROGRAM, [
      { kind: 'eligible', ...at(0), account: 'a', on: true },
      { kind: 'active', ...at(0), account: 'a', on: true },
      { kind: 'rate', ...at(0), account: 'a', direction: 'btc-tao', rate: '1' },
      // Long enough ago to be forgotten by the new rules, though not by the old ones.
      { kind: 'outcome', ...at(50), account: 'a', swap: 's', completed: true },
      { kind: 'outcome', ...at(50), account: 'a', swap: 't', completed: false },
    ]);
    assert.equal((await engine.step(PROGRAM, 150_000)).did, 'opened');
    const changed = { directions: { 'btc-tao': '1/8' }, success: { exponent: 1, seconds: 10 } };
    await engine.ingest(PROGRAM, [rules(changed)]);
    await engine.advance(PROGRAM, { to: 150_000 });
    const paid = async () => (await engine.payouts(PROGRAM)).map(({ due }) => due);
    assert.deepEqual(await paid(), [250n], '1000 x (1/2) ^ 2');
    assert.equal((await engine.explainCrown(PROGRAM, { account: 'a', period: 1 })).division?.due, 250n);
    assert.deepEqual(
      (await engine.verify(PROGRAM)).findings.filter(({ holds }) => !holds),
      [],
    );
    await engine.advance(PROGRAM, { to: 200_000 });
    assert.deepEqual(await paid(), [250n, 125n], '1000 x 1/8, nothing known of how swaps ended');
    assert.equal((await engine.verify(PROGRAM)).holds, true);
  });

  it('knows what swaps are open also after it was opened anew', async () => {
    const store = openMemoryStore();
    const first = new Engine(store);
    const { rules } = stakeDefinition();
    await first.createProgram({
      name: PROGRAM,
      rules: { ...rules, scoring: parseCrownScoring(tie, 'scoring') },
      schedule: [],
      excluded: [],
    });
    await first.ingest(PROGRAM, [{ kind: 'busy', key: 'open', time: 1000, account: 'a', delta: 1 }]);
    const again = new Engine(store);
    assert.equal(await refusalOf(again, { kind: 'busy', ...at(2), account: 'a', delta: -1 }), null);
    assert.equal(await refusalOf(again, { kind: 'busy', ...at(3), account: 'a', delta: -1 }), 'busy-below-zero');
    assert.equal(await refusalOf(again, { kind: 'busy', ...at(4), account: 'a', delta: 1 }), null);
    assert.equal(await refusalOf(again, { kind: 'retracted', ...at(5), event: 'open' }), null);
    assert.equal(await refusalOf(again, { kind: 'busy', ...at(6), account: 'a', delta: -1 }), 'busy-below-zero');
  });

  it('takes a swap back once, however often and wherever it is taken back', async () => {
    const swap: Busy = { kind: 'busy', key: 'swap', time: 1000, account: 'a', delta: 1 };
    const back = (key: string): ProrataEvent => ({ kind: 'retracted', key, time: 2000, event: 'swap' });
    for (const chunks of [
      [[swap, back('x'), back('y')]],
      [[swap, back('x')], [back('y')]],
      [[swap], [back('x')], [back('y')]],
    ]) {
      const engine = await market(tie);
      for (const chunk of chunks) assert.equal((await engine.ingest(PROGRAM, chunk)).refused, 0);
      const next: Busy = { ...swap, time: 3000 };
      assert.equal(await refusalOf(engine, { ...next, key: 'another' }), null);
      assert.equal(await refusalOf(engine, { ...next, key: 'its end', delta: -1 }), null);
      assert.equal(await refusalOf(engine, { ...next, key: 'an end too many', delta: -1 }), 'busy-below-zero');
      await engine.close();
    }
  });

  it('explains a long round by the same fractions as its scores, which it does not bring into lowest terms', async () => {
    const engine = await market();
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const purse = (account: string, second: number, amount: bigint): ProrataEvent => ({
      kind: 'collateral',
      ...at(second),
      account,
      backing: 'sol',
      amount,
    });
    const joining = names.flatMap((account): ProrataEvent[] => [
      { kind: 'eligible', ...at(0), account, on: true },
      { kind: 'active', ...at(0), account, on: true },
      rate({ account, ...at(0) }),
      purse(account, 0, 10n ** 30n),
    ]);
    // Ninety different sums of depths, of a hundred bits each.
    const changes = names.concat(...Array.from({ length: 4 }, () => names)).slice(0, 90);
    const moves = changes.map((account, index) => purse(account, index + 1, 10n ** 30n + 3n ** BigInt(index % 50)));
    assert.equal((await engine.ingest(PROGRAM, [...joining, ...moves])).refused, 0);
    await engine.advance(PROGRAM, { to: 100_000 });
    const { scores } = await engine.crownScores(PROGRAM, { period: 1 });
    for (const { account, lanes, part } of scores) {
      const why = await engine.explainCrown(PROGRAM, { account, period: 1 });
      const found = why.explained.map(({ lane, held, paid }) => ({ lane, held, paid }));
      assert.ok(part.denominator >> 4096n > 0n);
      assert.deepEqual(found, lanes);
      assert.equal(why.part.numerator * part.denominator, part.numerator * why.part.denominator);
    }
  });
});
