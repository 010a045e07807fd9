import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CredGraphBuilder, credGraphOf } from './graph.ts';

const node = (id: string) => ({ id, timestampMs: 1, mint: 1 });
const edge = (id: string, dst = 'b') => ({ id, src: 'a', dst, timestampMs: 1, forward: 1, backward: 0 });

describe('src/core/scoring/cred/graph', () => {
  it('keeps nodes and edges in the order in which they came, however many', () => {
    const ids = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const graph = credGraphOf(
      [...ids.map(node), { id: 'a', timestampMs: null, mint: 0 }],
      ids.map((id) => edge(`e ${id}`, id)),
    );
    assert.deepEqual(graph.nodeIds.slice(0, 200), ids);
    assert.deepEqual([...graph.target], [...ids.keys()]);
    assert.deepEqual([graph.nodeTime[200], graph.mint[200], graph.mint[199]], [Number.NaN, 0, 1]);
  });

  it('refuses what is no node and no edge, and is left as it was', () => {
    const builder = new CredGraphBuilder();
    builder.addNode(node('a'));
    builder.addNode(node('b'));
    builder.addEdge(edge('e2'));
    const refused = (code: string, run: () => void): void => assert.throws(run, { code });
    refused('cred-node-duplicate', () => builder.addNode(node('a')));
    for (const mint of [-1, Number.NaN, Infinity]) {
      refused('cred-mint-invalid', () => builder.addNode({ ...node('c'), mint }));
    }
    for (const timestampMs of [0.5, Number.NaN, 8.7e15, -8.7e15]) {
      refused('cred-time-invalid', () => builder.addNode({ ...node('c'), timestampMs }));
      refused('cred-time-invalid', () => builder.addEdge({ ...edge('e3'), timestampMs }));
    }
    for (const weight of [-1, Number.NaN, Infinity]) {
      refused('cred-weight-invalid', () => builder.addEdge({ ...edge('e3'), forward: weight }));
      refused('cred-weight-invalid', () => builder.addEdge({ ...edge('e3'), backward: weight }));
    }
    refused('cred-edge-dangling', () => builder.addEdge(edge('e3', 'nowhere')));
    refused('cred-edge-duplicate', () => builder.addEdge(edge('e2')));
    const { nodeIds, edgeIds } = builder.build();
    assert.deepEqual([nodeIds, edgeIds], [['a', 'b'], ['e2']]);
  });

  it('sees an id twice whether ids ascend or not, also of an edge that was dropped', () => {
    for (const ids of [
      ['e1', 'e2', 'e1'],
      ['e3', 'e1', 'e2', 'e3'],
      ['e1', 'e1'],
      ['e2', 'e1', 'e1'],
    ]) {
      const edges = ids.map((id, i) => edge(id, i === 0 ? 'nowhere' : 'b'));
      const build = () => credGraphOf([node('a'), node('b')], edges, { dangling: 'drop' });
      assert.throws(build, { code: 'cred-edge-duplicate' }, ids.join());
    }
  });

  it('drops an edge to nowhere where that is asked for, and counts it', () => {
    const graph = credGraphOf([node('a'), node('b')], [edge('e1', 'nowhere'), edge('e0')], { dangling: 'drop' });
    assert.deepEqual([graph.edgeIds, graph.dropped], [['e0'], 1]);
  });
});
