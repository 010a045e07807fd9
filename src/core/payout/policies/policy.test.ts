import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rational } from '../../money/rational.ts';
import { checkPolicy, mixPolicies } from './policy.ts';

describe('src/core/payout/policies/policy', () => {
  it('mixes 80 in 100 slow with the rest fast, the fast one first', () => {
    assert.deepEqual(mixPolicies(101n), [
      { kind: 'immediate', budget: 21n, lookback: 1 },
      { kind: 'balanced', budget: 80n, lookback: 0 },
    ]);
    assert.deepEqual(
      mixPolicies(10n, { slow: rational(1n, 3n), lookback: 4 }).map(({ budget, lookback }) => [budget, lookback]),
      [
        [7n, 4],
        [3n, 0],
      ],
    );
  });

  it('refuses parameters out of their range', () => {
    assert.throws(() => mixPolicies(10n, { slow: rational(5n, 4n) }), { code: 'slow-part-range' });
    assert.throws(() => mixPolicies(10n, { lookback: 0 }), { code: 'lookback-range' });
    assert.throws(() => checkPolicy({ kind: 'balanced', budget: -1n, lookback: 0 }), { code: 'budget-negative' });
    assert.throws(() => checkPolicy({ kind: 'balanced', budget: 1n, lookback: 1.5 }), { code: 'lookback-range' });
    assert.doesNotThrow(() => checkPolicy({ kind: 'balanced', budget: 1n, lookback: 0 }));
    for (const discount of [rational(-1n, 10n), rational(11n, 10n)]) {
      assert.throws(() => checkPolicy({ kind: 'recent', budget: 1n, discount, excluded: [] }), {
        code: 'discount-range',
      });
    }
  });
});
