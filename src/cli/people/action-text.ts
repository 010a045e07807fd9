import { nodeOf, type People } from '../../core/scoring/cred/people.ts';
import type { Action } from '../../core/token/event.ts';
import type { Money } from '../print.ts';
import { currencyText } from './currency-text.ts';

/**
 * What an event of the token ledger says, for people, by what is known before it (`done`: after it). An id that nobody knows is said
 * as it is.
 */
export function actionText(action: Action, { ledger }: People, money: Money, { done = false } = {}): string {
  const own = (id: string): string => nameText(ledger.nameOf(id) ?? id);
  const person = (id: string): string => own(ledger.rootOf(id) ?? id);
  switch (action.type) {
    case 'CREATE_IDENTITY':
      return `new ${action.identity.subtype} ${nameText(action.identity.name)} with id ${action.identity.id}`;
    case 'RENAME_IDENTITY':
      return `${person(action.identityId)} is ${nameText(action.newName)} from now on`;
    case 'CHANGE_IDENTITY_TYPE':
      return `${person(action.identityId)} is of type ${action.newType}`;
    case 'ADD_ALIAS':
      return `${nodeOf(action.alias.address)} is ${person(action.identityId)}`;
    case 'MERGE_IDENTITIES':
      return `${person(action.target)} is ${person(action.base)}`;
    case 'UNMERGE_IDENTITIES':
      return `${own(action.target)} is not ${person(action.base)} any more`;
    case 'TOGGLE_ACTIVATION': {
      const active = ledger.account(action.identityId)?.active === true;
      return `${person(action.identityId)} is ${active === done ? 'active' : 'not active any more'}`;
    }
    case 'DISTRIBUTE_GRAIN':
      return `distribution ${action.distribution.id}`;
    case 'REVERSE_DISTRIBUTION':
      return `what ${action.distributionId} paid is taken back: ${action.reason}`;
    case 'REVERSE_RECEIPT':
      return `what ${action.allocationId} paid to ${person(action.identityId)} is taken back: ${action.reason}`;
    case 'TRANSFER_GRAIN': {
      const memo = action.memo === null ? '' : `: ${action.memo}`;
      return `${money.full(BigInt(action.amount))} from ${person(action.from)} to ${person(action.to)}${memo}`;
    }
    case 'SET_PAYOUT_ADDRESS': {
      const { id, currency, payoutAddress } = action;
      const address = payoutAddress === null ? 'no address' : `the address ${payoutAddress}`;
      return `${person(id)} has ${address} for ${currencyText(currency)}`;
    }
    case 'SET_EXTERNAL_CURRENCY':
      return `people are paid in ${currencyText(action.currency)}`;
    case 'REMOVE_EXTERNAL_CURRENCY':
      return 'people are paid in no currency outside';
    case 'DISABLE_ACCOUNTING':
      return 'there are no balances here any more';
    case 'ENABLE_ACCOUNTING':
      return 'there are balances here';
    case 'ENABLE_GRAIN_INTEGRATION':
      return 'what is executed outside is tracked';
    case 'DISABLE_GRAIN_INTEGRATION':
      return 'what is executed outside is not tracked any more';
    case 'MARK_DISTRIBUTION_EXECUTED':
      return `${action.id} was executed outside`;
  }
}

const nameText = (name: string): string => `@${name}`;
