import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyBudgets, bonusGraph, bonusMints } from './minting.ts';

const intervals = [0, 10].map((start) => ({ start, end: start + 10 }));
const node = (timestampMs: number | null, mint: number, ...address: string[]) => ({
  address: address.join('/'),
  timestampMs,
  mint,
});
const nodes = [
  node(0, 6, 'a'),
  node(9, 2, 'a', 'x'),
  node(10, 5, 'a'),
  node(null, 9, 'a'),
  node(3, 7, 'b'),
  node(20, 4, 'a'),
];

describe('src/core/scoring/cred/minting', () => {
  it('takes the same part from all that mint above the budget of an interval', () => {
    const budget = (...periods: [number, number][]) => [
      { prefix: 'a', periods: periods.map(([startMs, value]) => ({ startMs, value })) },
    ];
    assert.deepEqual(applyBudgets(nodes, budget([0, 4]), intervals), [3, 1, 4, 9, 7, 4]);
    assert.deepEqual(applyBudgets(nodes, budget([1, 0]), intervals), [6, 2, 0, 9, 7, 4]);
    assert.deepEqual(applyBudgets(nodes, budget([-5, 0], [10, 9]), intervals), [0, 0, 5, 9, 7, 4]);
  });

  it('mints a part of what an interval mints for a dependency, with an edge to it', () => {
    const dependencies = [{ recipient: 'd', periods: [{ startMs: 5, value: 0.5 }] }];
    assert.deepEqual(bonusMints(nodes, dependencies, intervals), [[0, 2.5]]);
    const { nodes: added, edges } = bonusGraph(nodes, dependencies, intervals);
    assert.deepEqual(
      added.map(({ timestampMs, mint }) => [timestampMs, mint]),
      [[10, 2.5]],
    );
    const id = added[0]!.id;
    assert.deepEqual(edges, [{ id, src: id, dst: 'd', timestampMs: 10, forward: 1, backward: 0 }]);
  });

  it('refuses periods out of order or below zero, and budgets of the same nodes', () => {
    for (const periods of [
      [{ startMs: 0, value: -1 }],
      [
        { startMs: 5, value: 1 },
        { startMs: 5, value: 1 },
      ],
    ]) {
      assert.throws(() => applyBudgets(nodes, [{ prefix: '', periods }], intervals), { code: 'cred-periods-invalid' });
      assert.throws(() => bonusMints(nodes, [{ recipient: 'd', periods }], intervals), {
        code: 'cred-periods-invalid',
      });
    }
    const overlapping = ['a/b', 'a'].map((prefix) => ({ prefix, periods: [] }));
    assert.throws(() => applyBudgets(nodes, overlapping, intervals), { code: 'cred-budget-overlap' });
    const apart = ['a', 'ab'].map((prefix) => ({ prefix, periods: [] }));
    assert.deepEqual(applyBudgets(nodes, apart, intervals), [6, 2, 5, 9, 7, 4]);
  });
});
