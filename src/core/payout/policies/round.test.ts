import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatRational, rational } from '../../money/rational.ts';
import { mixPolicies, type Policy } from './policy.ts';
import { type Earner, type Round, runRound, type Terms, type View } from './round.ts';

const seed = Number(process.env['SEED'] ?? 20_252);

const immediate = (budget: bigint, lookback = 1): Policy => ({ kind: 'immediate', budget, lookback });
const balanced = (budget: bigint): Policy => ({ kind: 'balanced', budget, lookback: 0 });
const special = (budget: bigint, recipient: string): Policy => ({ kind: 'special', budget, recipient, memo: 'thanks' });
const recent = (budget: bigint, tenths: bigint, ...excluded: string[]): Policy => {
  return { kind: 'recent', budget, discount: rational(tenths, 10n), excluded };
};

/** Periods of ten: [0, 10), [10, 20) and so on. */
function viewOf(earners: readonly Partial<Earner>[], count: number): View {
  return {
    periods: Array.from({ length: count }, (_, k) => ({ start: 10 * k, end: 10 * k + 10 })),
    earners: earners.map((earner, index) => ({
      account: 'abcdefgh'[index]!,
      active: true,
      scores: Array.from({ length: count }, () => 0n),
      paid: Array.from({ length: count }, () => 0n),
      ...earner,
    })),
  };
}

const two = viewOf([{ scores: [1n, 2n, 3n] }, { scores: [4n, 0n, 0n] }], 3);

const amountsOf = (round: Round, index = 0): readonly bigint[] =>
  round.allocations[index]!.lines.map(({ amount }) => amount);
const paidOf = ({ payouts }: Round): Record<string, string> =>
  Object.fromEntries(
    payouts.map(({ account, paid, owed, waitsFor }) => [account, `${paid} ${owed} ${waitsFor ?? '-'}`]),
  );

const amount = fc.bigInt(0n, 10_000n);
const anyView = fc.integer({ min: 1, max: 5 }).chain((count) =>
  fc
    .array(
      fc.record({
        active: fc.constantFrom(true, true, false),
        scores: fc.array(fc.bigInt(0n, 50n), { minLength: count, maxLength: count }),
        paid: fc.array(amount, { minLength: count, maxLength: count }),
        owed: fc.constantFrom(0n, 0n, 7n),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .filter((earners) => earners.some(({ active, scores }) => active && scores.at(-1)! > 0n))
    .map((earners) => viewOf(earners, count)),
);
const anyPolicies = fc.array(
  fc.oneof(
    fc.tuple(amount, fc.integer({ min: 1, max: 6 })).map(([budget, lookback]) => immediate(budget, lookback)),
    fc.tuple(amount, fc.bigInt(0n, 10n)).map(([budget, tenths]) => recent(budget, tenths)),
    // Of a budget of nothing nobody may be missing anything, and then there is nobody to share it by.
    fc.bigInt(1n, 10_000n).map(balanced),
  ),
  { minLength: 1, maxLength: 4 },
);
const anyTerms: fc.Arbitrary<Terms> = fc.record(
  { cap: amount, minimum: fc.bigInt(0n, 3000n), payLater: fc.boolean() },
  { requiredKeys: [] },
);
/** A cap can leave everybody in a later balanced policy with all it should have; such rounds are refused. */
const runOrNull = (...args: Parameters<typeof runRound>): Round | null => {
  try {
    return runRound(...args);
  } catch (error) {
    if ((error as { code?: string }).code === 'scores-all-zero') return null;
    throw error;
  }
};

describe('src/core/payout/policies/round', () => {
  it('pays immediate by the last complete periods', () => {
    assert.deepEqual(amountsOf(runRound(two, [immediate(100n)], 30)), [100n, 0n]);
    assert.deepEqual(amountsOf(runRound(two, [immediate(100n, 3)], 30)), [60n, 40n]);
    assert.deepEqual(amountsOf(runRound(two, [immediate(100n)], 19)), [20n, 80n]);
  });

  it('pays recent with each older period counting less, without those left out', () => {
    // a: (1/2 + 2)/2 + 3 = 17/4; b: 4/4 = 1
    const [allocation] = runRound(two, [recent(210n, 5n)], 30).allocations;
    assert.deepEqual(
      allocation!.lines.map(({ earned, amount }) => [formatRational(earned), amount]),
      [
        ['17/4', 170n],
        ['1', 40n],
      ],
    );
    assert.deepEqual(amountsOf(runRound(two, [recent(210n, 5n, 'a')], 30)), [210n]);
  });

  it('pays balanced what is missing between paid and earned so far', () => {
    const view = viewOf(
      [
        { scores: [1n, 5n], paid: [0n, 50n] },
        { scores: [4n, 0n], paid: [0n, 10n] },
      ],
      2,
    );
    const [allocation] = runRound(view, [balanced(40n)], 20).allocations;
    assert.deepEqual(
      allocation!.lines.map(({ paidBefore, entitled, amount }) => [paidBefore, formatRational(entitled!), amount]),
      [
        [50n, '60', 10n],
        [10n, '40', 30n],
      ],
    );
  });

  it('shows a later policy what an earlier one of the round paid', () => {
    const round = runRound(two, [immediate(100n), balanced(100n)], 30);
    assert.deepEqual(amountsOf(round, 0), [100n, 0n]);
    assert.deepEqual(amountsOf(round, 1), [20n, 80n]); // 120 and 80 of 200 in all
  });

  it('comes to the balanced shares with the usual mix', () => {
    const round = runRound(two, mixPolicies(1000n), 30);
    assert.deepEqual(
      round.payouts.map(({ paid }) => paid),
      [600n, 400n],
    );
  });

  it('pays special to one, and refuses who is not there or not active', () => {
    const view = viewOf([{ scores: [1n] }, { active: false }], 1);
    assert.deepEqual(amountsOf(runRound(view, [special(7n, 'a')], 10)), [7n]);
    assert.throws(() => runRound(view, [special(7n, 'b')], 10), { code: 'recipient-inactive' });
    assert.throws(() => runRound(view, [special(7n, 'z')], 10), { code: 'recipient-unknown' });
    assert.deepEqual(paidOf(runRound(view, [special(7n, 'b')], 10, { payLater: true })), {
      a: '0 0 -',
      b: '0 7 activation',
    });
  });

  it('caps one person over all policies of a round that share by score', () => {
    const round = runRound(two, [immediate(100n, 3), immediate(100n, 3), special(5n, 'a')], 30, { cap: 70n });
    assert.deepEqual(amountsOf(round, 0), [60n, 40n]);
    assert.deepEqual(amountsOf(round, 1), [10n, 30n]);
    assert.deepEqual(
      round.allocations.map(({ rollover }) => rollover),
      [0n, 60n, 0n],
    );
    assert.equal(paidOf(round)['a'], '75 0 -');
  });

  it('keeps payouts below the minimum owing, and pays them with a later one', () => {
    const view = viewOf([{ scores: [9n] }, { scores: [1n] }], 1);
    assert.deepEqual(paidOf(runRound(view, [immediate(100n)], 10, { minimum: 15n })), {
      a: '90 0 -',
      b: '0 10 minimum',
    });
    const later = viewOf([{ scores: [9n] }, { scores: [1n], owed: 10n }], 1);
    assert.deepEqual(paidOf(runRound(later, [immediate(100n)], 10, { minimum: 15n })), { a: '90 0 -', b: '20 0 -' });
  });

  it('holds the share of who is not active yet, and pays it when it is', () => {
    const view = viewOf([{ scores: [3n] }, { scores: [1n], active: false }], 1);
    assert.deepEqual(paidOf(runRound(view, [immediate(100n)], 10)), { a: '100 0 -' });
    assert.deepEqual(paidOf(runRound(view, [immediate(100n)], 10, { payLater: true })), {
      a: '75 0 -',
      b: '0 25 activation',
    });
    const active = viewOf(
      [
        { scores: [3n], paid: [75n] },
        { scores: [1n], owed: 25n },
      ],
      1,
    );
    // What it is owed counts as given: balanced does not give it twice.
    assert.deepEqual(paidOf(runRound(active, [balanced(100n)], 10)), { a: '75 0 -', b: '50 0 -' });
  });

  it('refuses a view that says nothing, or contradicts itself', () => {
    const code = (view: View, terms: Terms = {}): unknown => {
      try {
        return runRound(view, [immediate(1n)], 100, terms);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    assert.equal(code(viewOf([{ scores: [1n], active: false }], 1)), 'nobody-to-pay');
    assert.equal(code(viewOf([{ scores: [1n, 1n] }], 1)), 'earner-uneven');
    assert.equal(code(viewOf([{ scores: [-1n] }], 1)), 'score-negative');
    assert.equal(code(viewOf([{ scores: [1n] }, { account: 'a' }], 1)), 'claim-repeated');
    assert.equal(code(viewOf([{ scores: [0n] }], 1)), 'score-below-least');
    assert.equal(code({ ...viewOf([{ scores: [9n] }], 1), leastScore: 10n }), 'score-below-least');
    assert.equal(code(viewOf([{ scores: [9n] }], 1), { cap: -1n }), 'terms-negative');
  });

  it(`gives every unit a home: budgets, and what was owed before (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyView, anyPolicies, anyTerms, (view, policies, terms) => {
        const round = runOrNull(view, policies, 1000, terms);
        if (round === null) return;
        for (const { policy, lines, rollover } of round.allocations) {
          assert.equal(lines.reduce((sum, line) => sum + line.amount, 0n) + rollover, policy.budget);
          if (terms.cap === undefined) assert.equal(rollover, 0n);
          for (const { earned, amount: got } of lines) if (earned.numerator === 0n) assert.equal(got, 0n);
        }
        const given = round.allocations.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.amount, 0n);
        assert.equal(
          round.payouts.reduce((sum, { share }) => sum + share, 0n),
          given,
        );
        const active = new Set(view.earners.filter((earner) => earner.active).map(({ account }) => account));
        for (const { account, share, owedBefore, paid, owed } of round.payouts) {
          assert.equal(paid + owed, share + owedBefore);
          if (paid > 0n) assert.ok(active.has(account) && paid >= (terms.minimum ?? 0n));
          if (terms.cap !== undefined) assert.ok(share <= terms.cap);
        }
      }),
      { seed },
    );
  });

  it(`does not depend on the order of earners (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyView, anyPolicies, anyTerms, (view, policies, terms) => {
        const turned = { ...view, earners: view.earners.toReversed() };
        assert.deepEqual(runOrNull(turned, policies, 1000, terms), runOrNull(view, policies, 1000, terms));
      }),
      { seed },
    );
  });

  it(`converges to the shares of the scores by balanced payments, whatever was paid before (seed ${seed})`, () => {
    const people = fc.array(fc.record({ score: fc.bigInt(1n, 5n), before: amount }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(people, fc.bigInt(10_000n, 50_000n), (all, budget) => {
        const total = all.reduce((sum, { score }) => sum + score, 0n);
        const paid = all.map(({ before }) => before);
        let sum = paid.reduce((some, one) => some + one, 0n);
        // At most 10,000 for a thirtieth of the scores: once 300,000 are paid in all, nobody is ahead any more.
        while (sum < 300_000n) {
          const scores = all.map(({ score }, index) => ({ scores: [score], paid: [paid[index]!] }));
          sum += budget;
          for (const [index, got] of amountsOf(runRound(viewOf(scores, 1), [balanced(budget)], 10)).entries()) {
            paid[index] = paid[index]! + got;
            const ahead = paid[index]! * total - sum * all[index]!.score;
            if (got > 0n) assert.ok(ahead < total, 'who is ahead by a unit or more was paid');
          }
        }
        for (const [index, { score }] of all.entries()) {
          const off = paid[index]! * total - sum * score;
          assert.ok(-total < off && off < total, 'a unit or more off its share');
        }
      }),
      { seed, numRuns: 40 },
    );
  });
});
