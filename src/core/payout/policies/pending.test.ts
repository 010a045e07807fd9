import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { distributePending, pendingPeriods, withPayments } from './pending.ts';
import type { Policy } from './policy.ts';
import type { View } from './round.ts';

const periods = [10, 20, 30].map((start) => ({ start, end: start + 10 }));
const view: View = {
  periods,
  earners: [
    { account: 'a', active: true, scores: [1n, 2n, 3n], paid: [0n, 0n, 0n] },
    { account: 'b', active: true, scores: [4n, 0n, 0n], paid: [0n, 0n, 0n] },
  ],
};
const balanced: Policy = { kind: 'balanced', budget: 1000n, lookback: 0 };

describe('src/core/payout/policies/pending', () => {
  const ends = (options: Parameters<typeof pendingPeriods>[1]): number[] =>
    pendingPeriods(periods, options).map(({ end }) => end);

  it('takes all pending periods, or the newest', () => {
    assert.deepEqual(ends({ now: 39, last: null, max: Infinity }), [20, 30]);
    assert.deepEqual(ends({ now: 40, last: 20, max: Infinity }), [30, 40]);
    assert.deepEqual(ends({ now: 40, last: null, max: 2 }), [30, 40]);
    assert.deepEqual(ends({ now: 40, last: 20, max: 3 }), [30, 40]); // more than are pending: all of them
  });

  it('takes the last one again only when asked, and when there is no other', () => {
    assert.deepEqual(ends({ now: 40, last: 40, max: 1 }), []);
    assert.deepEqual(ends({ now: 40, last: 40, max: 1, again: true }), [40]);
    assert.deepEqual(ends({ now: 40, last: 30, max: 1, again: true }), [40]);
    assert.deepEqual(ends({ now: 5, last: null, max: 1, again: true }), []);
  });

  it('sees in each period what the ones before it paid', () => {
    const rounds = distributePending({
      view,
      policies: [balanced],
      payments: [],
      now: 40,
      last: null,
      max: Infinity,
    });
    assert.deepEqual(
      rounds.map(({ at, payouts }) => [at, ...payouts.map(({ paid }) => paid)]),
      [
        [20, 200n, 800n],
        [30, 657n, 343n], // 857 and 1143 of 2000
        [40, 943n, 57n], // 1800 and 1200 of 3000
      ],
    );
  });

  it('counts a payment that no complete period holds, as one for the period itself', () => {
    const payments = [{ at: 40, account: 'a', amount: 600n }];
    const begun: View = {
      periods: [...periods, { start: 40, end: 50 }],
      earners: view.earners.map((earner) => ({
        ...earner,
        scores: [...earner.scores, 9n],
        paid: [...earner.paid, 0n],
      })),
    };
    const again = { view: begun, policies: [balanced], payments, now: 45, last: 40, max: 1, again: true };
    const [round] = distributePending(again);
    assert.deepEqual(
      round!.payouts.map(({ paid }) => paid),
      [360n, 640n], // 960 and 640 of 1600
    );
  });

  it('carries what is owed from one period to the next', () => {
    const fast: Policy = { kind: 'immediate', budget: 10n, lookback: 3 };
    const rounds = distributePending({
      view,
      policies: [fast],
      payments: [],
      terms: { minimum: 4n },
      now: 30,
      last: null,
      max: Infinity,
    });
    assert.deepEqual(
      rounds.map(({ payouts }) => payouts.map(({ paid, owed }) => [paid, owed])),
      [
        [
          [0n, 2n],
          [8n, 0n],
        ],
        [
          [6n, 0n], // 4 of 10, and the 2 from before
          [6n, 0n],
        ],
      ],
    );
  });

  it('finds the period of a payment without looking at all of them', () => {
    let looks = 0;
    const many = Array.from({ length: 1000 }, (_, index) => ({
      get start() {
        looks += 1;
        return index * 10;
      },
      end: index * 10 + 10,
    }));
    const none = many.map(() => 0n);
    const earner = { account: 'a', active: true, scores: none, paid: none };
    const payments = many.map((_, index) => ({ at: index * 10 - 5, account: 'a', amount: BigInt(index) }));
    const { paid, paidSince } = withPayments(earner, many, payments, 9985);
    assert.deepEqual(
      paid,
      many.map((_, index) => (index < 998 ? BigInt(index + 1) : 0n)),
    );
    assert.equal(paidSince, 999n);
    assert.ok(looks < 1000 * 12, `${looks} looks`);
  });
});
