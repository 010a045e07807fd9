import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';
import { contentOf } from './view.ts';

const nothing: SpaceView = {
  ...{ about: { program: 'tea', symbol: 'TEA', decimals: 2 }, heads: {} },
  ...{ nodes: [], edges: [], identities: [], aliases: [], periods: [], scores: [], accounts: [], payouts: [] },
};
const account = { id: 'ada', balance: '-5', paid: '0' };

describe('src/documents/view', () => {
  it('lies by the ids of the engine; a score by period and account', () => {
    const content = contentOf({
      ...nothing,
      nodes: [{ what: 'node', node: 'talk/1', at: null }],
      scores: [{ period: '7', account: 'a/b', score: '0.25' }],
      accounts: [account],
    });
    assert.deepEqual(content['nodes'], { 'talk/1': { at: null } });
    assert.deepEqual(content['scores'], { '7/a/b': '0.25' });
    assert.deepEqual(content['accounts'], { ada: { balance: '-5', paid: '0' } });
  });

  const refused: readonly (readonly [string, Partial<SpaceView>, RegExp])[] = [
    ['an id twice', { accounts: [account, account] }, /"ada" twice/],
    ['an id that no document can have', { accounts: [{ ...account, id: '__proto__' }] }, /"__proto__"/],
    ['an empty id', { accounts: [{ ...account, id: '' }] }, /Found ""/],
    ['an amount with a point', { accounts: [{ ...account, paid: '1.5' }] }, /Found "1\.5" .*whole number/],
    ['an amount that is no text', { accounts: [{ ...account, paid: 5 as unknown as string }] }, /Found a number/],
    ['a score below zero', { scores: [{ period: '1', account: 'ada', score: '-1' }] }, /Found "-1"/],
    // "1/2" and account "x" would be the score of account "2/x" in period "1".
    ['a period that is no number', { scores: [{ period: '1/2', account: 'x', score: '1' }] }, /Found "1\/2"/],
  ];
  for (const [what, part, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => contentOf({ ...nothing, ...part }), { code: 'document-view-invalid', message });
    });
  }
});
