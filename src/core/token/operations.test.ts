import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { token, tokenId } from '../../../test/arbitrary/token.ts';
import { TokenLedger } from './ledger.ts';
import { operate, type Operation } from './operations.ts';

describe('src/core/token/operations', () => {
  it('emits what changes something, and what that entails', () => {
    const ledger = new TokenLedger();
    let count = 0;
    const emitted = (operation: Operation): string => {
      const { events, refusal } = operate(ledger, operation, { at: 1, nextId: () => `event ${(count += 1)}` });
      return refusal?.code ?? events.map(({ action }) => action.type).join(' ');
    };
    const id = tokenId(1);
    assert.equal(emitted({ op: 'activate', id }), 'unknown-identity');
    assert.equal(emitted({ op: 'create-identity', id, type: 'USER', name: 'a b' }), 'invalid-name');
    assert.equal(emitted({ op: 'create-identity', id, type: 'USER', name: 'a' }), 'CREATE_IDENTITY');
    assert.equal(emitted({ op: 'deactivate', id }), '');
    assert.equal(emitted({ op: 'activate', id }), 'TOGGLE_ACTIVATION');
    assert.equal(emitted({ op: 'disable-accounting' }), 'no-currency');
    assert.equal(emitted({ op: 'set-currency', currency: token }), 'SET_EXTERNAL_CURRENCY');
    assert.equal(emitted({ op: 'set-currency', currency: { ...token } }), '');
    assert.equal(emitted({ op: 'disable-accounting' }), 'DISABLE_ACCOUNTING TOGGLE_ACTIVATION');
    assert.equal(ledger.account(id)!.active, false);
    assert.equal(emitted({ op: 'remove-currency' }), 'accounting-disabled');
    assert.equal(emitted({ op: 'enable-accounting' }), 'ENABLE_ACCOUNTING');
    assert.equal(emitted({ op: 'remove-currency' }), 'REMOVE_EXTERNAL_CURRENCY');
    assert.equal(emitted({ op: 'remove-currency' }), '');
    assert.equal(ledger.events.length, 7);
  });
});
