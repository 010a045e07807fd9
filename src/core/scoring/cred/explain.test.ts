import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { edgeFlow, explainContribution, explainParticipant, participantSources } from './explain.ts';
import { credGraphOf } from './graph.ts';
import { credDefaults } from './parameters.ts';
import { solveCred } from './solve.ts';

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const near = (a: number, b: number, total: number): boolean => Math.abs(a - b) <= 1e-11 * total;

describe('src/core/scoring/cred/explain', () => {
  const scores = solveCred({
    graph: credGraphOf(
      [
        { id: 'c', timestampMs: 1, mint: 3 },
        { id: 'u', timestampMs: null, mint: 0 },
        { id: 'v', timestampMs: null, mint: 0 },
      ],
      [
        { id: 'e', src: 'c', dst: 'u', timestampMs: 1, forward: 1, backward: 0 },
        { id: 'f', src: 'c', dst: 'v', timestampMs: 11, forward: 2, backward: 0 },
      ],
    ),
    participants: [
      { id: 'p', nodeId: 'u' },
      { id: 'q', nodeId: 'v' },
    ],
    intervals: [0, 10].map((start) => ({ start, end: start + 10 })),
    attributions: [],
    parameters: credDefaults,
  });

  it('names the edge and the interval in which cred came, also where webbing brought it', () => {
    const { cred, sources, byOrigin } = explainParticipant(scores, 'q', 0);
    // q has 2 in all, 9 : 1 in the interval with the edge and the other.
    assert.ok(near(cred, 0.2, 3));
    const [source] = sources;
    assert.deepEqual(
      sources.map(({ edge, from, interval }) => [edge, from, interval]),
      [['f', { kind: 'contribution', id: 'c' }, 1]],
    );
    assert.ok(near(source!.part, cred, 3) && source!.flow > cred);
    assert.deepEqual(byOrigin, [{ id: 'c', part: source!.part }]);
    const { outgoing } = explainContribution(scores, 'c');
    assert.deepEqual(
      outgoing.map(({ edge }) => edge),
      ['e', 'f'],
    );
    assert.equal(outgoing[1]!.cred, edgeFlow(scores, 1).forward);
    assert.ok(near(outgoing[1]!.cred, 2 * outgoing[0]!.cred, 3));
  });

  it('has no source for what was left to others whole, in whatever order the parts are added up', () => {
    for (const values of [
      [0.4, 0.3, 0.2, 0.1],
      [0.2, 0.4, 0.3, 0.1],
    ]) {
      const people = ['p', 'q', 'r', 's', 't'];
      const recipients = values.map((value, i) => ({ to: people[i + 1]!, proportions: [{ timestampMs: 0, value }] }));
      const given = solveCred({
        ...scores.input,
        participants: people.map((id) => ({ id, nodeId: id === 'p' ? 'u' : `node of ${id}` })),
        attributions: [{ from: 'p', recipients }],
      });
      const { cred, sources, outgoing } = explainParticipant(given, 'p', 0);
      assert.deepEqual([cred, sources, outgoing.cred], [0, [], 0]);
    }
  });

  it('accounts for all that comes and goes, for every contribution and every interval of every participant', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        const total = scores.totalMint + sumOf([...scores.contribution]);
        for (const { id } of parts.nodes.filter(({ id }) => id.startsWith('c'))) {
          const { cred, minted, incoming, outgoing, returned } = explainContribution(scores, id);
          assert.ok(near(minted + sumOf(incoming.map(({ cred }) => cred)), cred, total));
          assert.ok(near(returned + sumOf(outgoing.map(({ cred }) => cred)), cred, total));
        }
        for (const [p, { id }] of parts.participants.entries()) {
          for (const k of parts.intervals.keys()) {
            const { cred, sources, byOrigin, outgoing } = explainParticipant(scores, id, k);
            const at = p * parts.intervals.length + k;
            assert.equal(cred, scores.cred[at]);
            assert.ok(near(sumOf(sources.map(({ part }) => part)), cred, total));
            assert.ok(near(sumOf(byOrigin.map(({ part }) => part)), cred, total));
            const { edges, attributed, onward, back, returned } = outgoing;
            const gone = cred + attributed + onward + back + returned + sumOf(edges.map(({ cred }) => cred));
            assert.ok(near(gone, scores.epoch[at]!, total));
          }
        }
      }),
    );
  });

  it('names what gave cred of several intervals together', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solveCred(inputOfParts(parts));
        const total = scores.totalMint + sumOf([...scores.contribution]);
        for (const { id } of parts.participants) {
          const intervals = [...parts.intervals.keys()];
          const one = intervals.flatMap((k) => explainParticipant(scores, id, k).sources);
          const all = participantSources(scores, id, intervals);
          const keyOf = ({ edge, direction, from, interval }: (typeof all)[number]): string =>
            JSON.stringify([edge, direction, from, interval]);
          assert.equal(new Set(all.map(keyOf)).size, all.length);
          for (const source of all) {
            const same = one.filter((other) => keyOf(other) === keyOf(source));
            assert.ok(near(source.part, sumOf(same.map(({ part }) => part)), total));
          }
          assert.ok(near(sumOf(all.map(({ part }) => part)), sumOf(one.map(({ part }) => part)), total));
        }
      }),
    );
  });

  it('knows no contribution, participant or interval that is not there', () => {
    assert.throws(() => explainContribution(scores, 'u'), { code: 'cred-contribution-unknown' });
    assert.throws(() => explainContribution(scores, 'x'), { code: 'cred-contribution-unknown' });
    assert.throws(() => participantSources(scores, 'x', []), { code: 'cred-participant-unknown' });
    assert.throws(() => explainParticipant(scores, 'x', 0), { code: 'cred-participant-unknown' });
    for (const interval of [-1, 2, 0.5]) {
      assert.throws(() => explainParticipant(scores, 'p', interval), { code: 'cred-interval-unknown' });
    }
  });
});
