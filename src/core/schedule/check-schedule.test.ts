import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pool } from '../program.ts';
import { checkSchedule } from './check-schedule.ts';

const pools: Pool[] = ['a', 'b'].map((name) => ({ name, pays: 'recipients', funding: 0n, recipients: ['r'] }));
const rules = { pools, requireIds: true, requireAllPools: true, minGapSeconds: 10 };
const one = (pool: string, amount: bigint | undefined = 1n): { pool: string; amount: bigint | undefined } => ({
  pool,
  amount,
});
const full = [one('a'), one('b')];

describe('src/core/schedule/check-schedule', () => {
  // Each schedule breaks the rule it is named for and every later one it can, so that the order of checking shows.
  const broken: readonly [string, Parameters<typeof checkSchedule>[0]][] = [
    ['schedule-id-zero', [{ at: 0, id: 0, allocations: [] }]],
    ['schedule-id-zero', [{ at: 0, allocations: [] }]],
    [
      'schedule-id-not-sequential',
      [
        { at: 20, id: 1, allocations: full },
        { at: 0, id: 3, allocations: [] },
      ],
    ],
    ['schedule-timestamp-zero', [{ at: 0, id: 1, allocations: [] }]],
    ['schedule-timestamp-out-of-range', [{ at: -5, id: 1, allocations: [] }]],
    ['schedule-timestamp-out-of-range', [{ at: 1.5, id: 1, allocations: [] }]],
    [
      'schedule-timestamp-duplicate',
      [
        { at: 20, id: 1, allocations: full },
        { at: 20, id: 2, allocations: [] },
      ],
    ],
    [
      'schedule-timestamp-duplicate',
      [
        { at: 20, id: 1, allocations: full },
        { at: 50, id: 2, allocations: full },
        { at: 20, id: 3, allocations: [] },
      ],
    ],
    [
      'schedule-not-sorted',
      [
        { at: 20, id: 1, allocations: full },
        { at: 15, id: 2, allocations: [] },
      ],
    ],
    ['schedule-no-allocations', [{ at: 20, id: 1, allocations: [] }]],
    ['allocation-account-empty', [{ at: 20, id: 1, allocations: [one('', 0n)] }]],
    ['allocation-account-unknown', [{ at: 20, id: 1, allocations: [one('c', -1n)] }]],
    ['allocation-account-duplicate', [{ at: 20, id: 1, allocations: [one('a'), one('a', undefined)] }]],
    ['allocation-amount-missing', [{ at: 20, id: 1, allocations: [{ pool: 'a', amount: undefined }] }]],
    ['allocation-amount-negative', [{ at: 20, id: 1, allocations: [one('a', -1n)] }]],
    ['allocation-amount-zero', [{ at: 20, id: 1, allocations: [one('a', 0n)] }]],
    ['allocation-account-missing', [{ at: 20, id: 1, allocations: [one('a')] }]],
    [
      'allocation-amount-zero',
      [
        { at: 20, id: 1, allocations: full },
        { at: 21, id: 2, allocations: [one('a', 0n)] },
      ],
    ],
    [
      'schedule-gap-too-small',
      [
        { at: 20, id: 7, allocations: full },
        { at: 29, id: 8, allocations: full },
      ],
    ],
  ];
  for (const [code, entries] of broken)
    it(`reports ${code} first`, () => assert.throws(() => checkSchedule(entries, rules), { code }));

  it('accepts nothing at all, ids from any positive number on, and the exact gap', () => {
    checkSchedule([], rules);
    checkSchedule(
      [
        { at: 20, id: 7, allocations: full },
        { at: 30, id: 8, allocations: full },
      ],
      rules,
    );
  });

  it('says that an id is absent, and which one would follow', () => {
    assert.throws(() => checkSchedule([{ at: 20, allocations: full }], rules), { message: /found none;/ });
    const gap = [1, 3].map((id) => ({ at: 20 * id, id, allocations: full }));
    assert.throws(() => checkSchedule(gap, rules), { message: /found 3 after 1; accepted: 2\./ });
  });

  it('names the entry', () => {
    assert.throws(() => checkSchedule([{ at: 20, id: 1, allocations: [one('a'), one('x')] }], rules), {
      message: /"entries\[0\]\.allocations\[1\]\.pool": found "x"; accepted: one of a, b/,
    });
  });
});
