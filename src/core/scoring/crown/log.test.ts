import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CrownLogBuilder, crownLogOf, kinds } from './log.ts';

describe('src/core/scoring/crown/log', () => {
  it('orders by instant, kind, activity code, then as it was logged', () => {
    const log = crownLogOf([
      { kind: 'rate', at: 2, who: 'a', quotes: 'x-y', rate: '1' },
      { kind: 'activity', at: 2, who: 'b', code: 3, hub: null },
      { kind: 'activity', at: 2, who: 'c', code: 0, hub: null },
      { kind: 'rate', at: 1, who: 'd', quotes: 'x-y', rate: '2' },
      { kind: 'active', at: 2, who: 'e', on: true },
      { kind: 'rate', at: 2, who: 'f', quotes: 'x-y', rate: '3' },
    ]);
    assert.equal([...log.who].map((who) => log.participants[who]).join(''), 'decbaf');
    assert.deepEqual([...log.kind], [kinds.rate, kinds.active, 4, 7, kinds.rate, kinds.rate]);
  });

  it('ranks rates as exact decimals: equal ones alike, also where floats cannot tell them apart', () => {
    const rates = ['2', '1', '0.1000000000000000000001', '0.1', '0', '-1', '2.0'];
    const { rank, text } = crownLogOf(
      rates.map((rate) => ({ kind: 'rate', at: 0, who: 'a', quotes: 'x-y', rate })),
    ).rates;
    assert.deepEqual([...rank], [4, 3, 2, 1, 0, 0, 4]);
    assert.deepEqual(text.slice(1), ['0.1', '0.1000000000000000000001', '1', '2']);
  });

  it('refuses what it cannot take, and is as before', () => {
    const builder = new CrownLogBuilder();
    const rate = { kind: 'rate', at: 1, who: 'a', quotes: 'x-y' } as const;
    for (const text of ['', 'NaN', '1e5', '1/2', '0x1', ' 1', '.5', '1,5']) {
      assert.throws(() => builder.add({ ...rate, rate: text }), { code: 'rate-malformed' }, text);
    }
    for (const at of [0.5, NaN, Infinity, 2 ** 53]) {
      assert.throws(() => builder.add({ ...rate, at, rate: '1' }), { code: 'time-malformed' });
    }
    assert.throws(() => builder.add({ kind: 'bounds', at: 0, backing: 'x', min: -1n, max: 0n }), {
      code: 'bounds-negative',
    });
    const log = builder.build();
    assert.deepEqual([log.length, log.participants, log.scopes], [0, [], []]);
  });
});
