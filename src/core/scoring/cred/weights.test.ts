import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { edgeWeights, nodeWeights, overrideRules } from './weights.ts';

describe('src/core/scoring/cred/weights', () => {
  it('multiplies what holds for the parts of an address, each direction of an edge by itself', () => {
    const weightOf = nodeWeights([
      { address: 'forum', weight: 2 },
      { address: 'forum/post', weight: 3 },
      { address: 'for', weight: 5 },
    ]);
    assert.deepEqual(['forum/post/1', 'forum', 'f'].map(weightOf), [6, 2, 1]);
    const edgeOf = edgeWeights([{ address: '', forward: 1, backward: 0.5 }]);
    assert.deepEqual(edgeOf('x'), { forward: 1, backward: 0.5 });
  });

  it('lets an override take the place of the rule for the same address', () => {
    const rules = [
      { address: 'a', weight: 2 },
      { address: 'b', weight: 3 },
    ];
    const overridden = overrideRules(rules, [
      { address: 'a', weight: 7 },
      { address: 'c', weight: 1 },
    ]);
    assert.deepEqual(
      overridden.map(({ weight }) => weight),
      [7, 3, 1],
    );
  });

  it('refuses rules that contradict each other, weights below zero and what is no address', () => {
    const rule = (weight: number, address = '') => ({ address, weight });
    assert.throws(() => nodeWeights([rule(1, 'a'), rule(2, 'a')]), { code: 'cred-rule-duplicate' });
    assert.throws(() => nodeWeights([rule(-1)]), { code: 'cred-weight-invalid' });
    assert.throws(() => edgeWeights([{ address: '', forward: 1, backward: Number.NaN }]), {
      code: 'cred-weight-invalid',
    });
    assert.throws(() => nodeWeights([rule(1, 'a%')]), { code: 'cred-address-malformed' });
  });
});
