import fc from 'fast-check';
import type { CredInput } from '../../src/core/scoring/cred/chain.ts';
import { type CredEdge, credGraphOf, type CredNode } from '../../src/core/scoring/cred/graph.ts';
import type { PersonalAttribution } from '../../src/core/scoring/cred/attributions.ts';

/** What a graph is made of, so that a test can change it first. */
export interface CredParts extends Omit<CredInput, 'graph'> {
  readonly nodes: readonly CredNode[];
  readonly edges: readonly CredEdge[];
}

export const inputOfParts = ({ nodes, edges, ...rest }: CredParts): CredInput => ({
  ...rest,
  graph: credGraphOf(nodes, edges),
});

/** Intervals of ten milliseconds from 0; contributions `c0`..., participants `p0`... with nodes `u0`... */
export const anyCredParts: fc.Arbitrary<CredParts> = fc
  .record({
    contributions: fc.array(fc.constantFrom(0, 1, 4, 0.5), { maxLength: 6 }),
    people: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 5 }),
    links: fc.array(
      fc.record({
        src: fc.nat(),
        dst: fc.nat(),
        time: fc.nat(),
        forward: fc.constantFrom(1, 0, 2, 0.5),
        backward: fc.constantFrom(0, 0.0625, 1),
      }),
      { maxLength: 14 },
    ),
    gifts: fc.array(
      fc.record({ from: fc.nat(), to: fc.nat(), value: fc.constantFrom(0.5, 1, 0.25), time: fc.nat(40) }),
      {
        maxLength: 2,
      },
    ),
    parameters: fc.record({
      alpha: fc.constantFrom(0.1, 0.05, 0.5),
      beta: fc.constantFrom(0.3, 0.02),
      gammaForward: fc.constantFrom(0.1, 0),
      gammaBackward: fc.constantFrom(0.1, 0, 0.02),
    }),
  })
  .map(({ contributions, people, count, links, gifts, parameters }) => {
    const nodes: CredNode[] = [2, ...contributions].map((mint, i) => ({ id: `c${i}`, timestampMs: 7 * i, mint }));
    const participants = Array.from({ length: people }, (_, p) => ({ id: `p${p}`, nodeId: `u${p}` }));
    nodes.push(...participants.map(({ nodeId }) => ({ id: nodeId, timestampMs: null, mint: 3 })));
    const nodeAt = (index: number): string => nodes[index % nodes.length]!.id;
    const attributions = new Map<string, PersonalAttribution>();
    for (const { from, to, value, time } of gifts) {
      const giver = `p${from % people}`;
      const proportions = [{ timestampMs: time, value }];
      attributions.set(giver, { from: giver, recipients: [{ to: `p${to % people}`, proportions }] });
    }
    return {
      nodes,
      edges: links.map(({ src, dst, time, forward, backward }, e) => ({
        id: `e${e}`,
        src: nodeAt(src),
        dst: nodeAt(dst),
        timestampMs: time % (count * 10 + 1),
        forward,
        backward,
      })),
      participants,
      intervals: Array.from({ length: count }, (_, k) => ({ start: 10 * k, end: 10 * k + 10 })),
      attributions: [...attributions.values()],
      parameters,
    };
  });
