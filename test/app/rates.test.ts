import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';

const ONE = 10n ** 18n;
const definition: ProgramDefinition = {
  name: 'p',
  excluded: [],
  schedule: [100, 200].map((at) => ({ at, allocations: [{ pool: 'c', amount: 1000n }] })),
  rules: {
    asset: { symbol: 'T', decimals: 0 },
    pools: [{ name: 'c', pays: 'score', funding: 2000n, recipients: [] }],
    residual: 'r',
    scoring: { model: 'stake-time', rate: 'floor' },
    window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
    onZeroTotal: 'halt',
    requireAllPools: false,
    requireIds: false,
    minGapSeconds: 0,
  },
};

describe('test/app/rates', () => {
  it('keeps the rates that an open period needs and no others, and explains older periods all the same', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(definition);
    let key = 0;
    const at = (second: number, event: object): ProrataEvent =>
      ({ key: `e${(key += 1)}`, time: second * 1000, ...event }) as unknown as ProrataEvent;
    const slash = (second: number): ProrataEvent =>
      at(second, { kind: 'validator-slashed', validator: 'v', fraction: ONE / 10n });
    await engine.ingest('p', [
      at(10, { kind: 'validator-set', validator: 'v', tokens: 0n, shares: 0n, jailed: false }),
      at(10, { kind: 'delegate', account: 'a', validator: 'v', amount: 1000n }),
      ...[20, 30, 40].map(slash),
    ]);
    const ratesSince = async (): Promise<number[]> =>
      engine.read(async (tx) => (await tx.validators(1))[0]!.rates.map(({ since }) => since));
    assert.deepEqual(await ratesSince(), [0, 20, 30, 40]);
    await engine.advance('p', { to: 100_000 });
    await engine.ingest('p', [slash(120)]);
    assert.deepEqual(await ratesSince(), [40, 120], 'what ended before second 100 is gone');

    await engine.advance('p', { to: 200_000 });
    const { score, intervals } = await engine.explain('p', { account: 'a', period: 1 });
    assert.equal(score, 10n * 1000n + 10n * 900n + 10n * 810n + 60n * 729n);
    assert.equal(intervals.length, 4);
    assert.ok((await engine.verify('p')).holds);
  });
});
