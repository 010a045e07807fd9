import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { distribute, eventOf, token, tokenId } from '../../../test/arbitrary/token.ts';
import { rational } from '../money/rational.ts';
import type { Action } from './event.ts';
import { readEvent, readPolicy, readUnits } from './read-event.ts';

const id = tokenId(1);

describe('src/core/token/read-event', () => {
  it('reads every kind as it was written', () => {
    const actions: readonly Action[] = [
      { type: 'RENAME_IDENTITY', identityId: id, newName: 'a' },
      { type: 'CHANGE_IDENTITY_TYPE', identityId: id, newType: 'BOT' },
      { type: 'MERGE_IDENTITIES', base: id, target: tokenId(2) },
      { type: 'UNMERGE_IDENTITIES', base: id, target: tokenId(2) },
      { type: 'TRANSFER_GRAIN', from: id, to: id, amount: '0', memo: null },
      { type: 'TRANSFER_GRAIN', from: id, to: id, amount: '12', memo: 'thanks' },
      { type: 'SET_PAYOUT_ADDRESS', id, currency: token, payoutAddress: null },
      { type: 'SET_EXTERNAL_CURRENCY', currency: { type: 'PROTOCOL', chainId: 'FIL' } },
      { type: 'REVERSE_DISTRIBUTION', distributionId: id, reason: 'mistaken' },
      { type: 'REVERSE_RECEIPT', allocationId: id, identityId: id, reason: 'mistaken' },
      { type: 'MARK_DISTRIBUTION_EXECUTED', id },
      { type: 'DISABLE_GRAIN_INTEGRATION' },
      distribute(1, [[id, '5']]),
    ];
    for (const action of actions) {
      const event = eventOf(1, action);
      assert.deepEqual(readEvent(JSON.parse(JSON.stringify(event))), event);
    }
  });

  const refused: readonly [field: string, action: unknown][] = [
    ['action.type', { type: 'MINT' }],
    ['identityId', { type: 'TOGGLE_ACTIVATION' }],
    ['newName', { type: 'RENAME_IDENTITY', identityId: id, newName: 'a b' }],
    ['newType', { type: 'CHANGE_IDENTITY_TYPE', identityId: id, newType: 'X' }],
    ['amount', { type: 'TRANSFER_GRAIN', from: id, to: id, amount: '1e3', memo: null }],
    ['memo', { type: 'TRANSFER_GRAIN', from: id, to: id, amount: '1' }],
    ['alias.address', { type: 'ADD_ALIAS', identityId: id, alias: { address: 'x', description: '' } }],
    ['currency', { type: 'SET_EXTERNAL_CURRENCY', currency: {} }],
    ['allocations', { type: 'DISTRIBUTE_GRAIN', distribution: { id, credTimestamp: 1 } }],
  ];
  for (const [field, action] of refused) {
    it(`names the field ${field}`, () => {
      const event = { ...eventOf(1, action as Action) };
      assert.throws(() => readEvent(event), { code: 'token-event-malformed', facts: { field } });
    });
  }

  it('reads units strictly', () => {
    assert.equal(readUnits('0'), 0n);
    assert.equal(readUnits('-12'), -12n);
    for (const text of ['', ' 5 ', '1e2', '0x10', '+5', '-0', '007', '1.0', 7, null])
      assert.equal(readUnits(text), null);
  });

  it('reads the four policies', () => {
    assert.deepEqual(readPolicy({ policyType: 'RECENT', budget: '5', discount: 0.5 }), {
      kind: 'recent',
      budget: 5n,
      discount: rational(1n, 2n),
      excluded: [],
    });
    assert.deepEqual(readPolicy({ policyType: 'SPECIAL', budget: '5', memo: 'm', recipient: id }), {
      kind: 'special',
      budget: 5n,
      memo: 'm',
      recipient: id,
    });
    assert.throws(() => readPolicy({ policyType: 'NOPE', budget: '5' }), { code: 'token-event-malformed' });
    assert.throws(() => readPolicy({ policyType: 'BALANCED', budget: '-5', numIntervalsLookback: 0 }), {
      code: 'budget-negative',
    });
  });
});
