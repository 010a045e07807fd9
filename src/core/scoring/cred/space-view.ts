import type { IdentityType } from '../../token/names.ts';
import type { EdgeRecord, NodeRecord } from './record.ts';

/**
 * What the engine shows of a program in a document. Plain data, filled from the store; lists in any order. Amounts are whole
 * smallest units as text, scores decimals as text, instants milliseconds since 1970 UTC.
 */
export interface SpaceView {
  readonly about: {
    readonly program: string;
    readonly symbol: string;
    readonly decimals: number;
  };
  /**
   * How far what is shown goes, by name, such as `log`: "954:9f86d0...". One text each, so that what two processes published
   * never mixes within one.
   */
  readonly heads: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeRecord[];
  readonly edges: readonly EdgeRecord[];
  readonly identities: readonly ViewIdentity[];
  readonly aliases: readonly ViewAlias[];
  readonly periods: readonly ViewPeriod[];
  readonly scores: readonly ViewScore[];
  readonly accounts: readonly ViewAccount[];
  readonly payouts: readonly ViewPayout[];
}

export interface ViewIdentity {
  readonly id: string;
  readonly name: string;
  readonly type: IdentityType;
  readonly active: boolean;
}

export interface ViewAlias {
  readonly address: string;
  /** Id of the identity that it leads to. */
  readonly identity: string;
  readonly description: string;
}

export interface ViewPeriod {
  /** Digits. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** Sum of the scores. */
  readonly total: string;
}

export interface ViewScore {
  /** Digits. */
  readonly period: string;
  readonly account: string;
  readonly score: string;
}

export interface ViewAccount {
  readonly id: string;
  /** May be below zero, after a reversal. */
  readonly balance: string;
  readonly paid: string;
}

export interface ViewPayout {
  /** As the store has it: what makes it this payout and no other. */
  readonly id: string;
  /** Digits. */
  readonly period: string;
  readonly account: string;
  readonly amount: string;
  /** Id of the posting, or of the event, that booked it. */
  readonly posting: string;
  /** Why it was taken back; null while it stands. */
  readonly reversed: string | null;
}
