import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { explainContribution } from './explain.ts';
import { type NeighbourFlow, type Passing, throughContribution, throughParticipant } from './neighbours.ts';
import { solveCred } from './solve.ts';

const sumOf = (values: readonly { readonly cred: number }[]): number => values.reduce((sum, { cred }) => sum + cred, 0);
const keyOf = ({ end }: NeighbourFlow): string => `${end.kind} ${end.id}`;

describe('src/core/scoring/cred/neighbours', () => {
  it('accounts for all that comes to a place and goes from it, as its neighbours do', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        const total = scores.totalMint + scores.contribution.reduce((sum, cred) => sum + cred, 0);
        const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-11 * total;
        const count = parts.intervals.length;
        const through = new Map<string, Passing>();
        for (const { id } of parts.nodes.filter((node) => node.id.startsWith('c')))
          through.set(`contribution ${id}`, throughContribution(scores, id));
        for (const { id } of parts.participants) through.set(`participant ${id}`, throughParticipant(scores, id));
        for (const [key, { passed, minted, incoming, kept, outgoing, returned }] of through) {
          assert.ok(near(passed, minted + sumOf(incoming)), key);
          assert.ok(near(passed, kept + sumOf(outgoing) + returned), key);
          for (const list of [incoming, outgoing]) assert.equal(new Set(list.map(keyOf)).size, list.length);
          for (const one of outgoing) {
            const back = through.get(keyOf(one))!.incoming.find((other) => keyOf(other) === key)!;
            assert.deepEqual([back.cred, back.edges, back.edge], [one.cred, one.edges, one.edge]);
          }
        }
        for (const [p, { id }] of parts.participants.entries()) {
          const { kept, incoming, outgoing } = through.get(`participant ${id}`)!;
          const own = scores.cred.subarray(p * count, (p + 1) * count).reduce((sum, cred) => sum + cred, 0);
          assert.ok(near(kept, own));
          assert.ok([...incoming, ...outgoing].every((one) => keyOf(one) !== `participant ${id}`));
        }
      }),
    );
  });

  it('sums the edges to a neighbour, and names the one that carries most', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        for (const { id } of parts.nodes.filter((node) => node.id.startsWith('c'))) {
          const { incoming, outgoing } = throughContribution(scores, id);
          const why = explainContribution(scores, id);
          for (const [sums, flows, other] of [
            [incoming, why.incoming, 'from'],
            [outgoing, why.outgoing, 'to'],
          ] as const) {
            for (const { end, cred, edges, edge } of sums) {
              const own = flows.filter((flow) => flow[other].kind === end.kind && flow[other].id === end.id);
              assert.deepEqual([edges, cred], [own.length, sumOf(own)]);
              assert.equal(own.find((flow) => flow.cred === Math.max(...own.map((one) => one.cred)))!.edge, edge);
            }
            assert.equal(
              sums.reduce((sum, { edges }) => sum + edges, 0),
              flows.length,
            );
          }
        }
      }),
    );
  });

  it('knows no contribution and no participant that is not there', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        assert.throws(() => throughContribution(scores, 'x'), { code: 'cred-contribution-unknown' });
        assert.throws(() => throughParticipant(scores, 'x'), { code: 'cred-participant-unknown' });
      }),
      { numRuns: 5 },
    );
  });
});
