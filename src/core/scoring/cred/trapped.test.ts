import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { credByElimination } from '../../../../test/arbitrary/cred-oracle.ts';
import type { ProrataError } from '../../errors.ts';
import { type CredScores, solveCred } from './solve.ts';

describe('src/core/scoring/cred/trapped', () => {
  it('refuses what never comes out, and nothing else is too slow to be solved, when alpha is 0', () => {
    let solved = 0;
    let refused = 0;
    const rest = fc.constantFrom(
      { beta: 0.3, gammaForward: 0.1, gammaBackward: 0.1 },
      { beta: 1, gammaForward: 0, gammaBackward: 0 },
      { beta: 0.5, gammaForward: 0.25, gammaBackward: 0.25 },
    );
    fc.assert(
      fc.property(anyCredParts, rest, (parts, parameters) => {
        let scores: CredScores;
        try {
          scores = solveCred(inputOfParts({ ...parts, parameters: { alpha: 0, ...parameters } }));
        } catch (error) {
          assert.equal((error as ProrataError).code, 'cred-trapped');
          refused += 1;
          return;
        }
        if (!scores.reached) return;
        solved += 1;
        const wanted = credByElimination(scores.input).flat();
        for (const [i, cred] of scores.cred.entries()) {
          assert.ok(Math.abs(cred - wanted[i]!) <= 1e-10 * scores.totalMint, `${cred}, not ${wanted[i]}`);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(solved > 50 && refused > 50, `${solved} solved, ${refused} refused`);
  });
});
