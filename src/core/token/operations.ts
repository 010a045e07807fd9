import type { Refusal } from '../events/refusal.ts';
import { type Currency, currencyKey, normalCurrency } from './currency.ts';
import type { Action, TokenEvent } from './event.ts';
import { unknownIdentity } from './identities.ts';
import type { Account, TokenLedger } from './ledger.ts';
import { identityAddress } from './names.ts';

/** What people ask for. Each becomes no event (it is so already), one, or one with others that it entails. */
export type Operation =
  | { readonly op: 'create-identity'; readonly id: string; readonly type: string; readonly name: string }
  | { readonly op: 'activate' | 'deactivate'; readonly id: string }
  | {
      readonly op: 'set-payout-address';
      readonly id: string;
      readonly currency: Currency;
      readonly payoutAddress: string | null;
    }
  | { readonly op: 'set-currency'; readonly currency: Currency }
  | { readonly op: 'remove-currency' | 'enable-accounting' | 'disable-accounting' };

/** Where time and ids come from. */
export interface OperationContext {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A new event id each time it is asked. */
  readonly nextId: () => string;
}

/** What came of it: the events that were applied, or the refusal, and nothing was changed. */
export type OperationOutcome =
  | { readonly events: readonly TokenEvent[]; readonly refusal: null }
  | { readonly events: readonly []; readonly refusal: Refusal };

/** Applies what an operation comes to. */
export function operate(ledger: TokenLedger, operation: Operation, context: OperationContext): OperationOutcome {
  const { op } = operation;
  if ((op === 'activate' || op === 'deactivate') && ledger.account(operation.id) === undefined) {
    return { events: [], refusal: unknownIdentity(operation.id) };
  }
  const action = actionOf(ledger, operation);
  if (action === null) return { events: [], refusal: null };
  const before = ledger.events.length;
  const apply = (next: Action): Refusal | null =>
    ledger.apply({ action: next, ledgerTimestamp: context.at, uuid: context.nextId(), version: '1' });
  const refusal = apply(action);
  if (refusal !== null) return { events: [], refusal };
  if (op === 'set-currency' || op === 'disable-accounting') {
    for (const account of unpayable(ledger)) apply(toggle(account.id));
  }
  return { events: ledger.events.slice(before), refusal: null };
}

/** Without balances, whoever cannot be paid outside cannot be active. */
function unpayable(ledger: TokenLedger): Account[] {
  const { currency, accountingEnabled } = ledger;
  if (accountingEnabled || currency === null) return [];
  const key = currencyKey(currency);
  return ledger.accounts().filter(({ active, payoutAddresses }) => active && !payoutAddresses.has(key));
}

/** Null where it is so already. */
function actionOf(ledger: TokenLedger, operation: Operation): Action | null {
  switch (operation.op) {
    case 'create-identity': {
      const { id, name, type: subtype } = operation;
      return {
        type: 'CREATE_IDENTITY',
        identity: { id, name, subtype, address: identityAddress(id), aliases: [] },
      };
    }
    case 'activate':
    case 'deactivate':
      return ledger.account(operation.id)?.active === (operation.op === 'activate') ? null : toggle(operation.id);
    case 'set-payout-address': {
      const { id, currency, payoutAddress } = operation;
      return { type: 'SET_PAYOUT_ADDRESS', id, currency, payoutAddress };
    }
    case 'set-currency': {
      const wanted = normalCurrency(operation.currency);
      const isSet = wanted !== null && ledger.currency !== null && currencyKey(wanted) === currencyKey(ledger.currency);
      return isSet ? null : { type: 'SET_EXTERNAL_CURRENCY', currency: operation.currency };
    }
    case 'remove-currency':
      return ledger.currency === null ? null : { type: 'REMOVE_EXTERNAL_CURRENCY' };
    case 'enable-accounting':
      return ledger.accountingEnabled ? null : { type: 'ENABLE_ACCOUNTING' };
    case 'disable-accounting':
      return ledger.accountingEnabled ? { type: 'DISABLE_ACCOUNTING' } : null;
  }
}

const toggle = (identityId: string): Action => ({ type: 'TOGGLE_ACTIVATION', identityId });
