import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GraphColumnsBuilder } from './columns.ts';
import { prepareCred } from './prepare.ts';
import { parseCredScoring } from './scoring.ts';
import { solveCred } from './solve.ts';

const week = 604_800_000;
const names = Array.from({ length: 8 }, (_, i) => `forum/post/${i}`);
const users = ['forum/user/ada', 'forum/user/bo'];

interface Node {
  readonly name: string;
  readonly time: number;
  readonly timeless: boolean;
  readonly weight: string;
}
interface Edge {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly time: number;
  readonly forward: string;
  readonly backward: string;
}

const weights = fc.constantFrom('0', '0.3', '1', '7');
const times = fc.oneof(fc.constantFrom(0, 1, week), fc.integer({ min: 0, max: 4 * week - 1 }));
const graphs = fc.record({
  nodes: fc.tuple(
    ...[...names, ...users].map((name) =>
      fc.record({ name: fc.constant(name), time: times, timeless: fc.boolean(), weight: weights }),
    ),
  ),
  edges: fc
    .array(
      fc.record({
        from: fc.constantFrom(...names, ...users),
        to: fc.constantFrom(...names, ...users),
        time: times,
        forward: weights,
        backward: weights,
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((all) => all.map((edge, i): Edge => ({ ...edge, name: `forum/edge/${i}` }))),
});

/** As they would be after a log in this order, with numbers by first appearance. */
function columnsOf(nodes: readonly Node[], edges: readonly Edge[], named: boolean) {
  const builder = new GraphColumnsBuilder({ nodes: nodes.length, edges: edges.length }, { until: Infinity, named });
  const numberOf = new Map(nodes.map(({ name }, i) => [name, i + 1]));
  for (const { name, time, timeless, weight } of nodes) {
    builder.node(numberOf.get(name)!, name, time, timeless, weight, false);
  }
  for (const [i, { name, from, to, time, forward, backward }] of edges.entries()) {
    const [source, target] = [numberOf.get(from)!, numberOf.get(to)!];
    builder.edge(i + 1, name, time, source, target, forward, backward, false);
  }
  return builder.columns;
}

/** Cred of everybody by interval, `null` where there is none. */
function credOf(nodes: readonly Node[], edges: readonly Edge[], scoring: Record<string, unknown>): number[] | null {
  const parsed = parseCredScoring({ model: 'cred', ...scoring }, 'scoring');
  const input = prepareCred({
    columns: columnsOf(nodes, edges, parsed.edges.length > 0),
    scoring: parsed,
    persons: users.map((name) => ({ id: name, nodes: [`identity/${name}`, name] })),
    rootOf: (id) => id,
    attributions: [],
    cuts: [4 * week],
  });
  return input === null ? null : [...solveCred(input).cred];
}

describe('src/core/scoring/cred/prepare', () => {
  const orders = graphs.chain(({ nodes, edges }) =>
    fc.record({
      nodes: fc.constant(nodes),
      edges: fc.constant(edges),
      otherNodes: fc.shuffledSubarray([...nodes], { minLength: nodes.length }),
      otherEdges: fc.shuffledSubarray(edges, { minLength: edges.length }),
    }),
  );

  for (const [what, scoring] of Object.entries({
    'without rules': {},
    'with rules of weight': {
      weights: {
        nodes: { 'forum/post/1': '3' },
        edges: { 'forum/edge/1': { forward: '2', backward: '0.7' } },
      },
    },
  })) {
    it(`gives the same to the last bit, in whatever order a graph was logged, ${what}`, () => {
      fc.assert(
        fc.property(orders, ({ nodes, edges, otherNodes, otherEdges }) => {
          assert.deepEqual(credOf(otherNodes, otherEdges, scoring), credOf(nodes, edges, scoring));
        }),
      );
    });
  }

  it('refuses more intervals of people than memory holds, as one time of centuries ago makes them', () => {
    const node = { name: 'forum/post/1', time: Date.parse('0001-01-01T00:00:00Z'), timeless: false, weight: '1' };
    const material = {
      columns: columnsOf([node], [], false),
      scoring: parseCredScoring({ model: 'cred' }, 'scoring'),
      persons: Array.from({ length: 500 }, (_, p) => ({ id: `p${p}`, nodes: [`identity/p${p}`] })),
      rootOf: (id: string) => id,
      attributions: [],
      cuts: [Date.parse('2025-01-05T00:00:00Z')],
    };
    assert.throws(() => prepareCred(material), { code: 'cred-intervals-invalid' });
    assert.equal(prepareCred({ ...material, persons: material.persons.slice(0, 2) })?.intervals.length, 105_608);
  });
});
