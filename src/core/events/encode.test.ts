import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyEvent } from '../../../test/arbitrary/event.ts';
import { decodeEvent, encodeEvent } from './encode.ts';
import type { ProrataEvent } from './event.ts';

const seed = Number(process.env['SEED'] ?? 20_254);

describe('src/core/events/encode', () => {
  // Frozen: the hash chain of existing logs covers these bytes.
  const frozen: readonly [ProrataEvent, string][] = [
    [
      { kind: 'delegate', key: 'k1', time: 1_700_000_000_123, account: 'd1', validator: 'v1', amount: 10n },
      '{"kind":"delegate","key":"k1","time":1700000000123,"account":"d1","validator":"v1","amount":"10"}',
    ],
    [
      { kind: 'delegate', key: 'k"1', time: 0, by: 'g', account: 'é', validator: 'v1', shares: 10n ** 18n, since: 5 },
      '{"kind":"delegate","key":"k\\"1","time":0,"by":"g","account":"é","validator":"v1","shares":"1000000000000000000","since":5}',
    ],
    [
      { kind: 'undelegate', key: 'k', time: 1, account: 'd1', validator: 'v1', shares: 3n },
      '{"kind":"undelegate","key":"k","time":1,"account":"d1","validator":"v1","shares":"3"}',
    ],
    [
      { kind: 'redelegate', key: 'k', time: 1, account: 'd1', from: 'v1', to: 'v2', amount: 3n },
      '{"kind":"redelegate","key":"k","time":1,"account":"d1","from":"v1","to":"v2","amount":"3"}',
    ],
    [
      { kind: 'cancel-unbonding', key: 'k', time: 1, account: 'd1', validator: 'v1', amount: 3n },
      '{"kind":"cancel-unbonding","key":"k","time":1,"account":"d1","validator":"v1","amount":"3"}',
    ],
    [
      { kind: 'held', key: 'k', time: 9000, account: 'd1', validator: 'v1', amount: 3n, from: 1, until: 9 },
      '{"kind":"held","key":"k","time":9000,"account":"d1","validator":"v1","amount":"3","from":1,"until":9}',
    ],
    [
      { kind: 'booked', key: 'k', time: 1, account: 'd1', score: 3n, period: 2 },
      '{"kind":"booked","key":"k","time":1,"account":"d1","score":"3","period":2}',
    ],
    [
      { kind: 'validator-set', key: 'k', time: 1, validator: 'v1', tokens: 1n, shares: 2n, jailed: true },
      '{"kind":"validator-set","key":"k","time":1,"validator":"v1","tokens":"1","shares":"2","jailed":true}',
    ],
    [
      { kind: 'validator-changed', key: 'k', time: 1, validator: 'v1', tokens: 1n, shares: 2n },
      '{"kind":"validator-changed","key":"k","time":1,"validator":"v1","tokens":"1","shares":"2"}',
    ],
    [
      { kind: 'validator-slashed', key: 'k', time: 1, validator: 'v1', fraction: 5n },
      '{"kind":"validator-slashed","key":"k","time":1,"validator":"v1","fraction":"5"}',
    ],
    [
      { kind: 'validator-jailed', key: 'k', time: 1, validator: 'v1', jailed: false },
      '{"kind":"validator-jailed","key":"k","time":1,"validator":"v1","jailed":false}',
    ],
    [
      { kind: 'exclusion', key: 'k', time: 1, add: ['a'], remove: [] },
      '{"kind":"exclusion","key":"k","time":1,"add":["a"],"remove":[]}',
    ],
    [
      { kind: 'fund', key: 'k', time: 1, pool: 'p', amount: 1n },
      '{"kind":"fund","key":"k","time":1,"pool":"p","amount":"1"}',
    ],
    [
      { kind: 'rules', key: 'k', time: 1, batchSize: 5, recipients: [{ recipients: ['t1'], pool: 'team' }] },
      '{"kind":"rules","key":"k","time":1,"recipients":[{"pool":"team","recipients":["t1"]}],"batchSize":5}',
    ],
    [
      { kind: 'schedule', key: 'k', time: 1, entries: [{ id: 1, at: 5, allocations: [{ amount: 7n, pool: 'p' }] }] },
      '{"kind":"schedule","key":"k","time":1,"entries":[{"at":5,"allocations":[{"pool":"p","amount":"7"}],"id":1}]}',
    ],
    [{ kind: 'pause', key: 'k', time: 1, reason: 'x' }, '{"kind":"pause","key":"k","time":1,"reason":"x"}'],
    [
      {
        kind: 'window-taken-over',
        key: 'k',
        time: 1,
        boundary: 1,
        amount: 2n,
        total: 3n,
        leftover: 4n,
        next: 'd2',
        totalEntries: 5,
        processedEntries: 6,
      },
      '{"kind":"window-taken-over","key":"k","time":1,"boundary":1,"amount":"2","total":"3","leftover":"4","next":"d2","totalEntries":5,"processedEntries":6}',
    ],
  ];
  for (const [event, payload] of frozen) {
    it(`writes ${event.kind} as it always has, key ${JSON.stringify(event.key)}`, () => {
      assert.equal(encodeEvent(event), payload);
      assert.deepEqual(decodeEvent(payload), event);
    });
  }

  it(`decodes every event to itself, whatever the order of its fields (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const payload = encodeEvent(event);
        assert.deepEqual(decodeEvent(payload), event);
        assert.equal(encodeEvent(decodeEvent(payload)), payload);
        assert.deepEqual(
          JSON.parse(payload),
          JSON.parse(JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}` : value))),
        );
        const reversed = Object.fromEntries(Object.entries(event).toReversed()) as unknown as ProrataEvent;
        assert.equal(encodeEvent(reversed), payload);
      }),
      { seed, numRuns: 2000 },
    );
  });
});
