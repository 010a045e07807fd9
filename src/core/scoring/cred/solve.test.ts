import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts, type CredParts, inputOfParts } from '../../../../test/arbitrary/cred.ts';
import { credByElimination } from '../../../../test/arbitrary/cred-oracle.ts';
import { chainOf } from './chain.ts';
import { credDefaults } from './parameters.ts';
import { credByInterval, credByParticipant, type CredScores, solveCred } from './solve.ts';

/** One contribution by u in the first of three intervals; v is there and has nothing. */
const single: CredParts = {
  nodes: [
    { id: 'c', timestampMs: 1, mint: 3 },
    { id: 'u', timestampMs: null, mint: 0 },
  ],
  edges: [{ id: 'e', src: 'c', dst: 'u', timestampMs: 1, forward: 1, backward: 0 }],
  participants: [
    { id: 'p', nodeId: 'u' },
    { id: 'q', nodeId: 'v' },
  ],
  intervals: [0, 10, 20].map((start) => ({ start, end: start + 10 })),
  attributions: [],
  parameters: credDefaults,
};
const solve = (parts: CredParts): CredScores => solveCred(inputOfParts(parts));

function assertNear(got: ArrayLike<number>, wanted: ArrayLike<number>, total: number): void {
  assert.equal(got.length, wanted.length);
  for (let i = 0; i < got.length; i += 1) {
    const off = Math.abs(got[i]! - wanted[i]!);
    assert.ok(off <= 1e-9 * Math.abs(wanted[i]!) + 1e-12 * total, `${i}: ${got[i]}, not ${wanted[i]}`);
  }
}

describe('src/core/scoring/cred/solve', () => {
  it('gives all that was minted to the one who is credited, a tenth of it an interval further on', () => {
    // With both gammas 1/10 the intervals hold a : 10 a / 99 : a / 99 of what comes into the first.
    const scores = solve(single);
    assertNear(scores.cred, [89 / 33, 3 / 11, 1 / 33, 0, 0, 0], 3);
    assert.deepEqual([...credByParticipant(scores)].slice(1), [0]);
    assertNear(credByInterval(scores), [89 / 33, 3 / 11, 1 / 33], 3);
    assert.equal(scores.chain.epochs.length, 1, 'an interval that no edge touches costs nothing');
    assert.equal(scores.sweeps, 2);
  });

  it('agrees with elimination over all intervals of all participants, and adds up to what was minted', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const scores = solve(parts);
        const { totalMint } = scores;
        const sum = scores.cred.reduce((sum, cred) => sum + cred, 0);
        assert.ok(scores.cred.every((cred) => cred >= 0));
        if (scores.reached) {
          assertNear(scores.cred, credByElimination(scores.input).flat(), totalMint);
          assertNear([sum], [totalMint], totalMint);
        } else assert.equal(sum, 0);
      }),
    );
  });

  it('does not depend on names, nor on the order of anything', () => {
    fc.assert(
      fc.property(anyCredParts, fc.integer(), (parts, salt) => {
        const name = (id: string): string => `${(id.charCodeAt(1) * 7 + salt) % 5} ${id}`;
        const turned: CredParts = {
          ...parts,
          nodes: parts.nodes.map((node) => ({ ...node, id: name(node.id) })).toReversed(),
          edges: parts.edges
            .map((edge) => ({ ...edge, id: name(edge.id), src: name(edge.src), dst: name(edge.dst) }))
            .toReversed(),
          participants: parts.participants.map(({ id, nodeId }) => ({ id, nodeId: name(nodeId) })).toReversed(),
          attributions: parts.attributions.toReversed(),
        };
        const [scores, other] = [solve(parts), solve(turned)];
        assertNear(credByParticipant(other).toReversed(), credByParticipant(scores), scores.totalMint);
        assertNear(other.contribution.toReversed(), scores.contribution, scores.totalMint);
      }),
    );
  });

  it('takes two edges of half the weight for one', () => {
    fc.assert(
      fc.property(anyCredParts, (parts) => {
        const halves = parts.edges.flatMap((edge) =>
          ['a', 'b'].map((half) => ({
            ...edge,
            id: `${edge.id}${half}`,
            forward: edge.forward / 2,
            backward: edge.backward / 2,
          })),
        );
        const scores = solve(parts);
        assertNear(solve({ ...parts, edges: halves }).cred, scores.cred, scores.totalMint);
      }),
    );
  });

  it('gives the same bits for the same input, and from an earlier solution nearly the same', () => {
    fc.assert(
      fc.property(anyCredParts, fc.constantFrom(1, 3), (parts, mint) => {
        const scores = solve(parts);
        assert.deepEqual(solve(parts).cred, scores.cred);
        const again = solveCred(scores.input, { warm: scores });
        assertNear(again.cred, scores.cred, scores.totalMint);
        const nodes = [{ id: 'new', timestampMs: 3, mint }, ...parts.nodes];
        const grown = inputOfParts({ ...parts, nodes, participants: parts.participants.toReversed() });
        assertNear(solveCred(grown, { warm: scores }).cred, solveCred(grown).cred, scores.totalMint + mint);
      }),
    );
  });

  it('comes to an end sooner from an earlier solution', () => {
    let [cold, warm] = [0, 0];
    for (const parts of fc.sample(anyCredParts, { seed: 1, numRuns: 200 })) {
      const scores = solve(parts);
      if (!scores.reached) continue;
      cold += scores.sweeps;
      warm += solveCred(scores.input, { warm: scores }).sweeps;
    }
    assert.ok(4 * warm < cold, `${warm} sweeps, not ${cold}`);
  });

  it('gives nobody anything, and says so, when no cred reaches a participant', () => {
    const scores = solve({ ...single, edges: [] });
    assert.equal(scores.reached, false);
    assert.deepEqual([...scores.cred, ...scores.contribution], [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(solveCred(scores.input, { warm: scores }).reached, false);
  });

  it('follows cred to the end of a long way, where hardly any of it is left', () => {
    const names = Array.from({ length: 400 }, (_, i) => `n${i}`);
    const edges = names.map((src, i) => ({ ...single.edges[0]!, id: `e${i}`, src, dst: names[i + 1] ?? 'u' }));
    // From old to new: each sweep takes it only one further. 0.9^400 is 5e-19.
    const nodes = names.map((id, i) => ({ id, timestampMs: i, mint: i === 0 ? 3 : 0 }));
    const scores = solve({ ...single, nodes: [...nodes, single.nodes[1]!], edges });
    assertNear(scores.cred, [89 / 33, 3 / 11, 1 / 33, 0, 0, 0], 3);
    assert.ok(scores.sweeps > 400 && scores.bound < 1e-9);
  });

  it('refuses rather than gives scores that are not there yet', () => {
    assert.throws(() => solveCred(inputOfParts(single), { maxSweeps: 1 }), { code: 'cred-not-converged' });
    const circle = [
      { id: 'e1', src: 'c', dst: 'd', timestampMs: 1, forward: 1, backward: 1 },
      { id: 'e2', src: 'd', dst: 'd', timestampMs: 1, forward: 1, backward: 0 },
    ];
    const parts = {
      ...single,
      nodes: [...single.nodes, { id: 'd', timestampMs: 2, mint: 1 }],
      edges: circle,
      parameters: { ...credDefaults, alpha: 0 },
    };
    assert.throws(() => solve(parts), { code: 'cred-trapped' });
    assert.equal(solve({ ...parts, edges: [...circle, ...single.edges] }).reached, true);
  });

  it('lets go what two attribute to each other by alpha or another interval only', () => {
    const all = [{ timestampMs: 0, value: 1 }];
    const parts: CredParts = {
      ...single,
      intervals: single.intervals.slice(0, 1),
      attributions: [
        { from: 'p', recipients: [{ to: 'q', proportions: all }] },
        { from: 'q', recipients: [{ to: 'p', proportions: all }] },
      ],
      parameters: { alpha: 0, beta: 0.8, gammaForward: 0.1, gammaBackward: 0.1 },
    };
    assert.throws(() => solve(parts), { code: 'cred-trapped' });
    assert.equal(solve({ ...parts, parameters: { ...parts.parameters, beta: 0.7 } }).reached, false);
    const later = parts.attributions.map(({ from, recipients: [recipient] }) => ({
      from,
      recipients: [{ to: recipient!.to, proportions: [...all, { timestampMs: 10, value: 0 }] }],
    }));
    assertNear(
      [...credByInterval(solve({ ...parts, intervals: single.intervals, attributions: later }))],
      [0, 2.7, 0.3],
      3,
    );
  });

  it('puts a time on a boundary into the interval that ends there, on the first start into the first', () => {
    const rowAt = (timestampMs: number, outside: 'nearest' | 'refuse' = 'refuse'): number[] => [
      ...chainOf({ ...inputOfParts({ ...single, edges: [{ ...single.edges[0]!, timestampMs }] }), outside }).epochs,
    ];
    assert.deepEqual(
      [0, 10, 11, 30].map((time) => rowAt(time)),
      [[0], [0], [1], [2]],
    );
    assert.throws(() => rowAt(-1), { code: 'cred-edge-outside' });
    assert.throws(() => rowAt(31), { code: 'cred-edge-outside' });
    assert.deepEqual([rowAt(-1, 'nearest'), rowAt(31, 'nearest')], [[0], [2]]);
  });
});
