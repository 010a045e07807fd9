import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { definition, PROGRAM } from './small.ts';

const ONE = 10n ** 18n;
describe('test/app/rates', () => {
  it('keeps the rates that an open period needs and no others, and explains older periods all the same', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(definition());
    let key = 0;
    const at = (second: number, event: object): ProrataEvent =>
      ({ key: `e${(key += 1)}`, time: second * 1000, ...event }) as unknown as ProrataEvent;
    const slash = (second: number): ProrataEvent =>
      at(second, { kind: 'validator-slashed', validator: 'v', fraction: ONE / 10n });
    await engine.ingest(PROGRAM, [
      at(10, { kind: 'validator-set', validator: 'v', tokens: 0n, shares: 0n, jailed: false }),
      at(10, { kind: 'delegate', account: 'a', validator: 'v', amount: 1000n }),
      ...[20, 30, 40].map(slash),
    ]);
    const ratesSince = async (): Promise<number[]> =>
      engine.read(async (tx) => (await tx.validators(1))[0]!.rates.map(({ since }) => since));
    assert.deepEqual(await ratesSince(), [0, 20, 30, 40]);
    await engine.advance(PROGRAM, { to: 100_000 });
    await engine.ingest(PROGRAM, [slash(120)]);
    assert.deepEqual(await ratesSince(), [40, 120], 'what ended before second 100 is gone');

    await engine.advance(PROGRAM, { to: 200_000 });
    const { score, intervals } = await engine.explain(PROGRAM, { account: 'a', period: 1 });
    assert.equal(score, 10n * 1000n + 10n * 900n + 10n * 810n + 60n * 729n);
    assert.equal(intervals.length, 4);
    assert.ok((await engine.verify(PROGRAM)).holds);
  });
});
