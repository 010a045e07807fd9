import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyCredParts } from '../../../../test/arbitrary/cred.ts';
import { contract, separate } from './identities.ts';

describe('src/core/scoring/cred/identities', () => {
  const node = (id: string) => ({ id, timestampMs: 1, mint: 2 });
  const edge = (id: string, src: string, dst: string) => ({ id, src, dst, timestampMs: 1, forward: 1, backward: 0 });

  it('leads all edges of the aliases to one node, which has no time and mints nothing', () => {
    const edges = [edge('e', 'c', 'a'), edge('f', 'a', 'b'), edge('g', 'gone', 'c')];
    const merged = contract({ nodes: ['a', 'b', 'c'].map(node), edges }, [{ id: 'i', aliases: ['a', 'b', 'gone'] }]);
    assert.deepEqual(merged.nodes, [node('c'), { id: 'i', timestampMs: null, mint: 0 }]);
    assert.deepEqual(merged.edges, [edge('e', 'c', 'i'), edge('f', 'i', 'i'), edge('g', 'i', 'c')]);
  });

  it('refuses a node that two claim', () => {
    const conflict = { code: 'cred-identity-conflict' };
    for (const aliases of [['a'], ['i'], ['j', 'a']]) {
      const identities = [
        { id: 'i', aliases: ['a'] },
        { id: 'j', aliases },
      ];
      assert.throws(() => contract({ nodes: [], edges: [] }, identities), conflict);
    }
  });

  it('is as if a merge had never been made when it is taken back', () => {
    fc.assert(
      fc.property(anyCredParts, ({ nodes, edges }) => {
        const [first, second] = [
          { id: 'one', aliases: ['c0', 'u0'] },
          { id: 'two', aliases: ['c1', 'u1'] },
        ];
        const both = contract({ nodes, edges }, [first, second]);
        const back = separate(both, [first, second], 'one');
        assert.deepEqual(back, contract({ nodes, edges }, [second]));
        const none = separate(back, [second], 'two');
        assert.deepEqual([none.nodes, none.edges], [nodes, edges]);
      }),
    );
  });
});
