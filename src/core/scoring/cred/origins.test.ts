import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { explainParticipant } from './explain.ts';
import { credByOrigin } from './origins.ts';
import { solveCred } from './solve.ts';

describe('src/core/scoring/cred/origins', () => {
  it('divides cred as the explanation of every interval does', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        const { chain, input } = scores;
        const count = input.intervals.length;
        const total = scores.totalMint + scores.contribution.reduce((sum, cred) => sum + cred, 0);
        const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-11 * total;
        // Each contribution a group of its own, and one for people.
        const people = chain.bases;
        const by = { groups: people + 1, groupOf: (row: number) => Math.min(row, people) };
        for (const [p, { id }] of input.participants.entries()) {
          const cred = credByOrigin(scores, p, by);
          for (let k = 0; k < count; k += 1) {
            const { sources } = explainParticipant(scores, id, k);
            const expected = Array<number>(people + 1).fill(0);
            for (const { from, part } of sources) {
              const row = from.kind === 'participant' ? people : chain.rowOfNode[input.graph.nodeIndex.get(from.id)!]!;
              expected[row]! += part;
            }
            for (const [group, sum] of expected.entries()) assert.ok(near(cred[group]?.[k] ?? 0, sum));
            const all = cred.reduce((sum, of) => sum + (of?.[k] ?? 0), 0);
            assert.ok(near(all, scores.cred[p * count + k]!));
          }
        }
      }),
    );
  });
});
