import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Claim, shareByScore } from './share.ts';

const seed = Number(process.env['SEED'] ?? 20_252);

const amounts = (budget: bigint, claims: readonly Claim[]): Record<string, bigint> =>
  Object.fromEntries(shareByScore(budget, claims).shares.map(({ account, amount }) => [account, amount]));

const score = fc.oneof(fc.constant(0n), fc.bigInt(1n, 5n), fc.bigInt(0n, 10n ** 40n));
const anyClaims = fc
  .uniqueArray(
    fc.record({ account: fc.string({ minLength: 1, maxLength: 3 }), score, cap: fc.option(fc.bigInt(0n, 2000n)) }),
    { selector: ({ account }) => account, minLength: 1, maxLength: 12 },
  )
  .map((claims) => claims.map(({ cap, ...claim }): Claim => (cap === null ? claim : { ...claim, cap })))
  .filter((claims) => claims.some((claim) => claim.score > 0n));
const anyBudget = fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 10n ** 25n));

describe('src/core/payout/policies/share', () => {
  it('gives odd units to the largest remainders', () => {
    assert.deepEqual(amounts(10n, [claim('a', 1n), claim('b', 2n), claim('c', 3n)]), { a: 2n, b: 3n, c: 5n });
  });

  it('gives the odd unit to the smaller name by bytes when remainders are equal', () => {
    assert.deepEqual(amounts(10n, [claim('b', 1n), claim('a', 1n), claim('B', 1n)]), { B: 4n, a: 3n, b: 3n });
    // U+E000 comes before U+1F600 by bytes, though not by code units.
    assert.deepEqual(amounts(1n, [claim('\u{1f600}', 1n), claim('\u{e000}', 1n)]), {
      '\u{e000}': 1n,
      '\u{1f600}': 0n,
    });
  });

  it('says of each share what was due, and what rounding made of it', () => {
    const [a] = shareByScore(10n, [claim('a', 1n), claim('b', 2n)]).shares;
    assert.deepEqual(a, {
      account: 'a',
      score: 1n,
      amount: 3n,
      due: { numerator: 10n, denominator: 3n },
      rounding: { numerator: -1n, denominator: 3n },
      capped: false,
    });
  });

  it('gives what a cap takes to the others by score, and keeps what nobody can take', () => {
    const claims = [claim('a', 6n, 10n), claim('b', 3n, 40n), claim('c', 1n)];
    assert.deepEqual(amounts(100n, claims), { a: 10n, b: 40n, c: 50n });
    assert.deepEqual(amounts(40n, claims), { a: 10n, b: 23n, c: 7n }); // 22.5 and 7.5: the smaller name has the unit
    assert.equal(shareByScore(100n, [claim('a', 6n, 10n), claim('b', 3n, 40n), claim('c', 0n)]).rollover, 50n);
  });

  const refused: readonly [string, bigint, readonly Claim[]][] = [
    ['budget-negative', -1n, [claim('a', 1n)]],
    ['score-negative', 1n, [claim('a', 2n), claim('b', -1n)]],
    ['cap-negative', 1n, [claim('a', 1n, -1n)]],
    ['claim-repeated', 1n, [claim('a', 1n), claim('b', 1n), claim('a', 1n)]],
    ['scores-all-zero', 0n, [claim('a', 0n)]],
    ['scores-all-zero', 1n, []],
  ];
  for (const [code, budget, claims] of refused) {
    it(`refuses ${budget} over ${claims.length} claims as ${code}`, () => {
      assert.throws(() => shareByScore(budget, claims), { code });
    });
  }

  it(`adds up to the budget, rounds by less than a unit, and gives nothing for nothing (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyBudget, anyClaims, (budget, claims) => {
        const { shares, rollover } = shareByScore(budget, claims);
        assert.equal(shares.reduce((sum, { amount }) => sum + amount, 0n) + rollover, budget);
        const caps = new Map(claims.map(({ account, cap }) => [account, cap]));
        for (const { account, score: own, amount, rounding } of shares) {
          if (own === 0n) assert.equal(amount, 0n);
          assert.ok(rounding.numerator < rounding.denominator && -rounding.numerator < rounding.denominator);
          assert.ok(amount <= (caps.get(account) ?? budget), `${account} is above its cap`);
        }
        if (rollover > 0n) assert.ok(shares.every((share) => share.score === 0n || share.capped));
      }),
      { seed },
    );
  });

  it(`pays those below their caps in one proportion, and the capped no more than that (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyBudget, anyClaims, (budget, claims) => {
        const scored = shareByScore(budget, claims).shares.filter((share) => share.score > 0n);
        for (const a of scored) {
          for (const b of scored.filter(({ capped }) => !capped)) {
            const difference =
              a.due.numerator * b.due.denominator * b.score - b.due.numerator * a.due.denominator * a.score;
            assert.ok(a.capped ? difference <= 0n : difference === 0n);
          }
        }
      }),
      { seed },
    );
  });

  it(`does not depend on the order of claims, nor on the unit of scores (seed ${seed})`, () => {
    fc.assert(
      fc.property(anyBudget, anyClaims, fc.bigInt(1n, 10n ** 20n), (budget, claims, unit) => {
        const amountsOf = (some: readonly Claim[]): unknown => amounts(budget, some);
        assert.deepEqual(amountsOf(claims.toReversed()), amountsOf(claims));
        assert.deepEqual(amountsOf(claims.map((one) => ({ ...one, score: one.score * unit }))), amountsOf(claims));
      }),
      { seed },
    );
  });
});

function claim(account: string, ofScore: bigint, cap?: bigint): Claim {
  return { account, score: ofScore, cap };
}
