import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { credGraphOf } from './graph.ts';
import { credDefaults } from './parameters.ts';
import { apportion, scaleCred } from './scale.ts';
import { type CredScores, solveCred } from './solve.ts';

const scoresOf = (totalMint: number, ...cred: number[]): CredScores =>
  ({ cred: Float64Array.from(cred), totalMint, reached: totalMint > 0 }) as unknown as CredScores;

describe('src/core/scoring/cred/scale', () => {
  it('gives what is left over to the largest remainders, to the first of equal ones, and nothing for nothing', () => {
    assert.deepEqual(scaleCred(scoresOf(10.5, 3.5, 0, 3.5, 3.5), 1n), {
      factor: 1n,
      total: 10n,
      scores: [4n, 0n, 3n, 3n],
    });
    assert.deepEqual(scaleCred(scoresOf(1, 0.3, 0.2, 0.5), 2n).scores, [1n, 0n, 1n]);
    assert.deepEqual(scaleCred(scoresOf(0, 0, 0), 10n).scores, [0n, 0n]);
    assert.deepEqual(scaleCred(scoresOf(2 ** 60, 2 ** 60, 2 ** -1074), 3n).scores, [3n << 60n, 0n]);
  });

  it('divides a whole number in proportion, and all of it', () => {
    assert.deepEqual(apportion(10n, [1, 1, 1]), [4n, 3n, 3n]);
    assert.deepEqual(apportion(7n, [0.1]), [7n]);
    assert.deepEqual(apportion(0n, [1, 2]), [0n, 0n]);
    assert.deepEqual(apportion(5n, []), []);
    const weights = fc.array(fc.double({ min: Number.MIN_VALUE, max: 1e300, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), weights, (total, parts) => {
        assert.equal(
          apportion(total, parts).reduce((sum, part) => sum + part, 0n),
          total,
        );
      }),
    );
  });

  it('adds up to the mint exactly, and is nowhere a unit from it', () => {
    fc.assert(
      fc.property(anyCredParts, fc.constantFrom(1n, 1000n, 10n ** 9n), (parts, factor) => {
        const scores = solveCred(inputOfParts(parts));
        const scaled = scaleCred(scores, factor);
        const sum = scaled.scores.reduce((sum, score) => sum + score, 0n);
        assert.equal(sum, scaled.total);
        assert.equal(sum, scores.reached ? BigInt(Math.floor(scores.totalMint * Number(factor))) : 0n);
        for (const [i, score] of scaled.scores.entries()) {
          const exact = scores.cred[i]! * Number(factor);
          assert.ok(Math.abs(Number(score) - exact) < 1.6, `${score} for ${exact}`);
        }
      }),
    );
  });

  it('gives nothing to who leaves all to others, also where the parts add up to more than 1 by rounding', () => {
    const people = ['a', 'b', 'c', 'd', 'e'];
    const parts = [0.1, 0.3, 0.4, 0.2];
    assert.ok(parts.reduceRight((sum, part) => sum + part, 0) > 1);
    const recipients = parts.map((value, i) => ({ to: people[i + 1]!, proportions: [{ timestampMs: 0, value }] }));
    const scores = solveCred({
      graph: credGraphOf(
        [
          { id: 'work', timestampMs: 5, mint: 1 },
          { id: 'node of a', timestampMs: null, mint: 0 },
        ],
        [{ id: 'e', src: 'work', dst: 'node of a', timestampMs: 5, forward: 1, backward: 0 }],
      ),
      participants: people.map((id) => ({ id, nodeId: `node of ${id}` })),
      intervals: [{ start: 0, end: 10 }],
      attributions: [{ from: 'a', recipients }],
      parameters: credDefaults,
    });
    assert.deepEqual(scaleCred(scores, 1000n).scores, [0n, 100n, 300n, 400n, 200n]);
  });

  it('refuses a factor below one', () => {
    assert.throws(() => scaleCred(scoresOf(1, 1), 0n), { code: 'cred-factor-invalid' });
  });
});
