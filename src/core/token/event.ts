import type { Currency } from './currency.ts';

/**
 * One line of the token ledger's log, in the form in which logs are kept: amounts are texts of whole smallest units, times
 * milliseconds since 1970. Fields may be anything until `readEvent` or the ledger has looked at them.
 */
export interface TokenEvent {
  readonly action: Action;
  readonly ledgerTimestamp: number;
  /** What makes it this event and no other. */
  readonly uuid: string;
  readonly version: '1';
}

export type Action =
  | { readonly type: 'CREATE_IDENTITY'; readonly identity: IdentityRecord }
  | { readonly type: 'RENAME_IDENTITY'; readonly identityId: string; readonly newName: string }
  | { readonly type: 'CHANGE_IDENTITY_TYPE'; readonly identityId: string; readonly newType: string }
  | { readonly type: 'ADD_ALIAS'; readonly identityId: string; readonly alias: Alias }
  | { readonly type: 'MERGE_IDENTITIES'; readonly base: string; readonly target: string }
  | { readonly type: 'UNMERGE_IDENTITIES'; readonly base: string; readonly target: string }
  | { readonly type: 'TOGGLE_ACTIVATION'; readonly identityId: string }
  | { readonly type: 'DISTRIBUTE_GRAIN'; readonly distribution: DistributionRecord }
  | { readonly type: 'REVERSE_DISTRIBUTION'; readonly distributionId: string; readonly reason: string }
  | {
      readonly type: 'REVERSE_RECEIPT';
      readonly allocationId: string;
      readonly identityId: string;
      readonly reason: string;
    }
  | {
      readonly type: 'TRANSFER_GRAIN';
      readonly from: string;
      readonly to: string;
      readonly amount: string;
      readonly memo: string | null;
    }
  | {
      readonly type: 'SET_PAYOUT_ADDRESS';
      readonly id: string;
      readonly currency: Currency;
      readonly payoutAddress: string | null;
    }
  | { readonly type: 'SET_EXTERNAL_CURRENCY'; readonly currency: Currency }
  | { readonly type: 'MARK_DISTRIBUTION_EXECUTED'; readonly id: string }
  | { readonly type: PlainType };

export type PlainType =
  | 'REMOVE_EXTERNAL_CURRENCY'
  | 'DISABLE_ACCOUNTING'
  | 'ENABLE_ACCOUNTING'
  | 'ENABLE_GRAIN_INTEGRATION'
  | 'DISABLE_GRAIN_INTEGRATION';

export interface Alias {
  readonly address: string;
  readonly description: string;
}

export interface IdentityRecord {
  readonly id: string;
  readonly name: string;
  readonly subtype: string;
  readonly address: string;
  /** None: aliases are added afterwards. */
  readonly aliases: readonly Alias[];
}

export interface DistributionRecord {
  readonly id: string;
  /** The end of the period that is distributed. */
  readonly credTimestamp: number;
  readonly allocations: readonly AllocationRecord[];
}

export interface AllocationRecord {
  readonly id: string;
  readonly policy: PolicyRecord;
  readonly receipts: readonly { readonly id: string; readonly amount: string }[];
}

/** A policy as logs have it; `readPolicy` makes it one of the engine's. */
export interface PolicyRecord {
  readonly policyType: string;
  readonly budget: string;
  readonly numIntervalsLookback?: number;
  readonly discount?: number;
  readonly exclusions?: readonly string[];
  readonly memo?: string;
  readonly recipient?: string;
}
