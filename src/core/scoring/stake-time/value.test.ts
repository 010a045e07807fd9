import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ONE, PAR, reduced, sharesFor, valueOf } from './value.ts';

const rate = (tokens: bigint, perShares: bigint) => ({ since: 0, tokens, perShares });
const anyAmount = fc.bigInt({ min: 1n, max: 10n ** 30n });

describe('src/core/scoring/stake-time/value', () => {
  it('takes a share for a token where nobody delegates yet', () => {
    assert.equal(valueOf(7n * ONE, rate(PAR.tokens, PAR.perShares), 'floor'), 7n);
    assert.equal(sharesFor(7n, rate(PAR.tokens, PAR.perShares)), 7n * ONE);
  });

  it('rounds down once, and with rule sdk half to even at 18 places first', () => {
    // 2 tokens for 3 shares: one share is worth 0.666..., three are worth 2 exactly.
    assert.equal(valueOf(ONE, rate(2n, 3n * ONE), 'floor'), 0n);
    assert.equal(valueOf(3n * ONE, rate(2n, 3n * ONE), 'floor'), 2n);
    // 1.9999999999999999996 is 2 at 18 places; exactly half goes to the even neighbour.
    const tenths = (digits: bigint, rule: 'floor' | 'sdk') => valueOf(1n, rate(digits, 10n ** 19n), rule);
    assert.equal(tenths(19_999_999_999_999_999_996n, 'floor'), 1n);
    assert.equal(tenths(19_999_999_999_999_999_996n, 'sdk'), 2n);
    assert.equal(tenths(19_999_999_999_999_999_994n, 'sdk'), 1n);
    assert.equal(tenths(29_999_999_999_999_999_995n, 'sdk'), 3n); // ...999|5: 9 is odd, up
    assert.equal(tenths(29_999_999_999_999_999_985n, 'sdk'), 2n); // ...998|5: 8 is even, down
  });

  it('agrees with the definition of each rule for any shares and rate', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, anyAmount, (shares, tokens, perShares) => {
        const floor = valueOf(shares, rate(tokens, perShares), 'floor');
        assert.ok(floor * perShares <= shares * tokens && shares * tokens < (floor + 1n) * perShares);
        const sdk = valueOf(shares, rate(tokens, perShares), 'sdk');
        assert.ok(sdk === floor || sdk === floor + 1n);
      }),
    );
  });

  it('never gives more than an amount is worth when it is turned into shares and back', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, anyAmount, (amount, tokens, perShares) => {
        const back = valueOf(sharesFor(amount, rate(tokens, perShares)), rate(tokens, perShares), 'floor');
        assert.ok(back <= amount);
      }),
    );
  });

  it('keeps the value when a rate is reduced, also after a slash of everything', () => {
    assert.deepEqual(reduced(6n, 4n), { tokens: 3n, perShares: 2n });
    assert.deepEqual(reduced(0n, 4n), { tokens: 0n, perShares: 1n });
  });
});
