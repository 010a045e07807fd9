import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseShare } from '../money/fraction.ts';
import { formatInstant } from '../time/instant.ts';
import { bootstrapStart, makePlan } from './plan.ts';

const seed = Number(process.env['SEED'] ?? 20_256);
const start = Date.UTC(2025, 0, 31, 12) / 1000;
const half = { pool: 'a', share: parseShare('0.5') };

describe('src/core/schedule/plan', () => {
  it('pays the same every month on the capped day and states what is left', () => {
    const plan = makePlan({ start, months: 3, total: 20n, shares: [half] });
    assert.deepEqual(
      plan.entries.map((entry) => formatInstant(entry.at * 1000)),
      ['2025-01-28T12:00:00Z', '2025-02-28T12:00:00Z', '2025-03-28T12:00:00Z'],
    );
    assert.deepEqual([plan.funded.get('a'), plan.amounts.get('a'), plan.residue.get('a')], [10n, 3n, 1n]);
  });

  it(`funds exactly what it schedules and the residue, which is less than a unit per month (seed ${seed})`, () => {
    const share = fc.tuple(fc.nat({ max: 33 }), fc.nat({ max: 33 }), fc.nat({ max: 33 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.bigInt({ min: 1_000_000n, max: 10n ** 20n }),
        share,
        (months, total, parts) => {
          const shares = parts
            .map((percent, index) => ({
              pool: `p${index}`,
              share: parseShare(`0.${String(percent + 1).padStart(2, '0')}`),
            }))
            .slice(0, 2);
          const plan = makePlan({ start, months, total, shares });
          for (const { pool } of shares) {
            const scheduled = plan.entries
              .flatMap((entry) => entry.allocations)
              .filter((one) => one.pool === pool)
              .reduce((sum, one) => sum + one.amount, 0n);
            assert.equal(scheduled + plan.residue.get(pool)!, plan.funded.get(pool));
            assert.ok(plan.residue.get(pool)! >= 0n && plan.residue.get(pool)! < BigInt(months));
          }
        },
      ),
      { seed },
    );
  });

  const refused: readonly [string, Partial<Parameters<typeof makePlan>[0]>][] = [
    ['plan-no-allocations', { shares: [] }],
    ['plan-amount-too-small', { total: 5n }],
    ['plan-shares-above-whole', { shares: [half, { pool: 'b', share: parseShare('0.500001') }] }],
    ['plan-pool-duplicate', { shares: [half, half] }],
    ['plan-months-out-of-range', { months: 0 }],
    ['plan-months-out-of-range', { months: 1201 }],
    ['plan-months-out-of-range', { months: 1.5 }],
    ['plan-day-cap-out-of-range', { dayCap: 29 }],
    ['plan-day-cap-out-of-range', { dayCap: 0 }],
    ['plan-day-cap-out-of-range', { dayCap: 1.5 }],
    ['plan-out-of-range', { start: 0 }],
    ['plan-out-of-range', { start: 253_402_300_799 }],
  ];
  for (const [code, change] of refused) {
    it(`refuses with ${code}`, () =>
      assert.throws(() => makePlan({ start, months: 3, total: 20n, shares: [half], ...change }), { code }));
  }

  it('takes the least and the most of months and of the day', () => {
    const lengthOf = (months: number, dayCap: number): number =>
      makePlan({ start, months, dayCap, total: 10_000n, shares: [half] }).entries.length;
    assert.deepEqual([lengthOf(1, 1), lengthOf(1200, 28)], [1, 1200]);
  });

  it('starts at noon one calendar month after the clock, on the capped day', () => {
    const at = (...date: [number, number, number, number?, number?, number?]): string =>
      formatInstant(bootstrapStart(Date.UTC(...date)) * 1000);
    assert.equal(at(2024, 0, 30, 23, 59, 59), '2024-02-28T12:00:00Z');
    assert.equal(at(2024, 11, 5), '2025-01-05T12:00:00Z');
    assert.equal(at(2025, 1, 28, 12, 0, 1), '2025-03-28T12:00:00Z');
  });
});
