import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatRational, one, rational, rationalOf, sumOf } from '../../money/rational.ts';
import { closeRound, isCandidate, lanePools, recordsOf, rewardsOf, successFactor, successRate } from './rounds.ts';

describe('src/core/scoring/crown/rounds', () => {
  it('counts a swap once, as it was resolved last, and only from an instant on', () => {
    const outcome = (swap: number, completed: boolean, at: number) => ({ swap, who: 'a', completed, at });
    const records = recordsOf(
      [outcome(1, false, 5), outcome(2, true, 4), outcome(1, true, 6), outcome(3, false, 5)],
      5,
    );
    assert.deepEqual([...records], [['a', { completed: 1, failed: 1 }]]);
    assert.equal(formatRational(successRate(records.get('a'))), '1/2');
    assert.deepEqual(successRate(undefined), one);
    assert.equal(formatRational(successFactor(records, 3)('a')), '1/8');
  });

  it('shares a pool by credited time, pays the part that capacity leaves, and recycles the rest', () => {
    const credits = {
      heldDenominator: 1n,
      paidDenominator: 2n,
      credits: [
        { who: 0, held: 30n, paid: 60n },
        { who: 1, held: 10n, paid: 5n },
        { who: 2, held: 60n, paid: 0n },
      ],
      covered: 100,
    };
    const rewards = rewardsOf(credits, rational(1n, 2n), (who) => (who === 0 ? rational(1n, 3n) : one));
    assert.deepEqual(
      rewards.map(({ who, reward }) => [who, formatRational(reward)]),
      [
        [0, '1/20'],
        [1, '1/80'],
      ],
    );
    const round = closeRound(
      rewards.map(({ who, reward }) => [`p${who}`, reward] as const),
      'p1',
    );
    assert.equal(formatRational(round.recycled), '15/16');
    assert.deepEqual(Object.fromEntries([...round.rewards].map(([name, reward]) => [name, formatRational(reward)])), {
      p0: '1/20',
      p1: '19/20',
    });
    assert.deepEqual(sumOf(round.rewards.values()), one);
    assert.deepEqual(rewardsOf({ ...credits, credits: [] }, one), []);
  });

  it('takes a candidate from the second on at which it has settled', () => {
    const rules = { backing: 'sol', minSuccesses: 2, maxFailures: 2 };
    const state = { ok: 2, failed: 2, settling: { sol: 10, tao: 99 } };
    assert.equal(isCandidate(state, { ...rules, now: 9 }), false);
    assert.equal(isCandidate(state, { ...rules, now: 10 }), true);
    assert.equal(isCandidate({ ...state, ok: 1 }, { ...rules, now: 10 }), false);
    assert.equal(isCandidate({ ...state, failed: 3 }, { ...rules, now: 10 }), false);
    assert.equal(isCandidate(undefined, { ...rules, now: 10 }), false);
  });

  it('splits all there is over the lanes, with and without volume', () => {
    const setting = {
      directions: ['sol-btc', 'btc-sol', 'sol-tao', 'tao-sol', 'tao-eth', 'eth-tao'],
      hubs: ['sol', 'tao'],
      minerShare: rationalOf('1/10'),
      alpha: rationalOf('2/3'),
    };
    for (const volumes of [
      [],
      [
        { pair: 'btc-sol', from: 7n, to: 30n },
        { pair: 'sol-tao', from: 10n, to: 9n },
      ],
    ]) {
      const pools = lanePools({ ...setting, volumes });
      assert.equal(pools.size, 8);
      assert.equal(formatRational(sumOf(pools.values())), '1/10');
      // Two of three pairs are of the family of sol; of two thirds, btc has 1/3 evenly split and 2/3 at 30 to 10.
      if (volumes.length > 0)
        assert.equal(formatRational(pools.get('btc-sol|sol')!), formatRational(rational(1n, 45n)));
    }
  });
});
