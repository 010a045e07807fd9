import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InvalidInputError } from '../../errors.ts';
import { add, type Rational, rational, subtract, zero } from '../../money/rational.ts';
import { type Weight, weightsOf } from './weights.ts';

/** Uids with an account each, some of which earned a part; together at most the whole. One uid takes what is left. */
const rounds = fc
  .uniqueArray(fc.nat(300), { minLength: 1, maxLength: 12 })
  .chain((uids) =>
    fc.record({
      uids: fc.constant(uids.map((uid) => [uid, `account-${uid}`] as const)),
      shares: fc.array(fc.nat(40), { minLength: uids.length, maxLength: uids.length }),
      unearned: fc.nat(40),
      recycle: fc.constantFrom(...uids),
      total: fc.bigInt(1n, 70_000n),
    }),
  )
  .map(({ uids, shares, unearned, recycle, total }) => {
    const whole = shares.reduce((sum, share) => sum + share, unearned) || 1;
    const parts = uids.map(([, account], i) => [account, rational(BigInt(shares[i]!), BigInt(whole))] as const);
    return { uids, parts, recycle, total };
  });

const refused = (code: string) => (error: unknown) => error instanceof InvalidInputError && error.code === code;

describe('src/core/scoring/crown/weights', () => {
  it('rounds down, gives what that leaves to the largest remainders, and to the smaller uid of equal ones', () => {
    // Of 10: 10/3 each, and 10/3 that nobody earned: 3 + 3 + 3, one is left, all remainders are 1/3.
    const parts = new Map([
      ['ann', rational(1n, 3n)],
      ['bob', rational(1n, 3n)],
    ]);
    const uids = [[5, 'bob'], [2, 'ann'], [3, 'owner'], [9, 'idle']] as const; // prettier-ignore
    assert.deepEqual(weightsOf({ parts, uids, total: 10n, recycle: 3 }), [
      { uid: 2, weight: 4n },
      { uid: 3, weight: 3n },
      { uid: 5, weight: 3n },
      { uid: 9, weight: 0n },
    ]);
    // Of 7: 7/2, 7/3 and 7/6 that nobody earned: remainders 1/2, 1/3 and 1/6.
    const uneven = new Map([
      ['ann', rational(1n, 3n)],
      ['bob', rational(1n, 2n)],
    ]);
    assert.deepEqual(
      weightsOf({ parts: uneven, uids, total: 7n, recycle: 3 }).map(({ weight }) => weight),
      [2n, 1n, 4n, 0n],
    );
  });

  it('gives the uid that takes what nobody earned its own part too', () => {
    const parts = new Map([['ann', rational(1n, 4n)]]);
    assert.deepEqual(weightsOf({ parts, uids: [[0, 'ann'], [1, 'bob']], total: 4n, recycle: 0 }), [{ uid: 0, weight: 4n }, { uid: 1, weight: 0n }]); // prettier-ignore
  });

  it('adds up to the total, each weight less than one from the exact part, in whatever order the input comes', () => {
    fc.assert(
      fc.property(rounds, ({ uids, parts, recycle, total }) => {
        const vector = weightsOf({ parts: new Map(parts), uids, total, recycle });
        assert.equal(
          vector.reduce((sum, { weight }) => sum + weight, 0n),
          total,
        );
        assert.deepEqual(
          vector.map(({ uid }) => uid),
          uids.map(([uid]) => uid).sort((a, b) => a - b),
        );
        const earned = parts.reduce((sum, [, part]) => add(sum, part), zero);
        const exact = new Map(uids.map(([uid], i) => [uid, parts[i]![1]]));
        exact.set(recycle, add(exact.get(recycle)!, subtract(rational(1n), earned)));
        for (const weight of vector) assertNear(weight, exact.get(weight.uid)!, total);
        const backwards = { parts: new Map(parts.toReversed()), uids: uids.toReversed(), total, recycle };
        assert.deepEqual(weightsOf(backwards), vector);
      }),
    );
  });

  it('ends where the denominators of a long round have many bits, as there are few of them', () => {
    const denominators = [3n, 5n, 7n].map((base) => base ** 20_000n);
    const uids = Array.from({ length: 256 }, (_, uid) => [uid, `account-${uid}`] as const);
    const parts = new Map(
      uids.map(([uid, account]) => {
        const denominator = denominators[uid % 3]!;
        return [account, { numerator: denominator / (257n + BigInt(uid)), denominator }];
      }),
    );
    const before = process.cpuUsage();
    const vector = weightsOf({ parts, uids, total: 65_535n, recycle: 0 });
    assert.equal(
      vector.reduce((sum, { weight }) => sum + weight, 0n),
      65_535n,
    );
    assert.equal(vector[1]!.weight, 254n); // 65,535 / 258
    // About a second; multiplied one by one it was half a minute.
    assert.ok(process.cpuUsage(before).user < 10_000_000);
  });

  it('refuses a uid or an account twice, an account that earned without a uid, an unknown uid, and a total of none', () => {
    const parts = new Map([['ann', rational(1n)]]);
    const of = (change: Partial<Parameters<typeof weightsOf>[0]>) => () =>
      weightsOf({ parts, uids: [[0, 'ann']], total: 1n, recycle: 0, ...change });
    assert.throws(of({ uids: [[0, 'ann'], [0, 'bob']] }), refused('uid-duplicate')); // prettier-ignore
    assert.throws(of({ uids: [[0, 'ann'], [1, 'ann']] }), refused('uid-duplicate')); // prettier-ignore
    assert.throws(of({ uids: [[0, 'bob']] }), refused('uid-missing'));
    assert.throws(of({ recycle: 7 }), refused('uid-unknown'));
    assert.throws(of({ total: 0n }), refused('weights-total'));
  });
});

function assertNear({ uid, weight }: Weight, { numerator, denominator }: Rational, total: bigint): void {
  const away = weight * denominator - total * numerator;
  assert.ok(away < denominator && -away < denominator, `uid ${uid}: ${weight} for ${numerator}/${denominator}`);
}
