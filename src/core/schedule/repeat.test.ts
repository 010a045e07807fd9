import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { afterFirst, type ScheduleEntry } from '../program.ts';
import { boundaryCount, owedFrom, repeatedAfter } from './repeat.ts';

const entry = (at: number, repeat?: ScheduleEntry['repeat']): ScheduleEntry => ({
  at,
  allocations: [{ pool: 'p', amount: 5n }],
  ...(repeat === undefined ? {} : { repeat }),
});

describe('src/core/schedule/repeat', () => {
  it('counts boundaries and what they take, also of those that come again', () => {
    assert.equal(boundaryCount([entry(1), entry(2, { every: 10, left: 3 })]), 5);
    assert.equal(boundaryCount([entry(1), entry(2, { every: 10, left: null })]), null);
    assert.equal(owedFrom([entry(1), entry(2, { every: 10, left: 3 })], 'p'), 25n);
    assert.equal(owedFrom([entry(2, { every: 10, left: null })], 'p'), 5n);
    assert.equal(owedFrom([entry(1)], 'q'), 0n);
  });

  it('goes on where dealing with one boundary after the other goes on', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.nat(9)),
        fc.nat(200),
        (at, every, left, last) => {
          let schedule: readonly ScheduleEntry[] = [{ ...entry(at + 1, { every, left }), id: 7 }];
          while (schedule.length > 0 && schedule[0]!.at <= last) schedule = afterFirst(schedule);
          assert.deepEqual(repeatedAfter({ ...entry(at + 1, { every, left }), id: 7 }, last), schedule[0] ?? null);
        },
      ),
    );
  });
});
