import type { Amount, Instant } from '../../api/types.ts';

/** What `/accounts/:account` answers, by how the program scores. */
export interface StakedAccount {
  readonly account: string;
  readonly excluded: boolean;
  readonly stakes: readonly Stake[];
  readonly staked: Amount;
  readonly score: Amount;
  readonly booked: Amount;
  readonly period: number;
  readonly closing: { readonly period: number; readonly score: Amount } | null;
  readonly paid: { readonly payouts: number; readonly restaked: Amount; readonly liquid: Amount };
}
export interface Stake {
  readonly validator: string;
  readonly shares: Amount;
  readonly tokens: Amount;
  /** From when on it counts in the period; `null`: it does not. */
  readonly since: Instant | null;
}
export interface HoldingAccount {
  readonly account: string;
  readonly excluded: boolean;
  readonly period: number;
  readonly until: Instant;
  readonly part: string;
  readonly lanes: readonly {
    readonly lane: string;
    readonly failed: string | null;
    readonly holds: boolean;
    readonly quote: string | null;
    readonly best: string | null;
    readonly alone: number;
    readonly shared: number;
    readonly lost: number;
  }[];
  readonly paid: { readonly payouts: number; readonly liquid: Amount };
}
export interface CreditedAccount {
  readonly account: string;
  readonly name: string;
  readonly active: boolean;
  readonly aliases: readonly string[];
  readonly score: Amount;
  readonly lifetime: Amount;
  readonly excluded: boolean;
  readonly period: number;
  readonly last_activity: Instant | null;
  readonly owed: Amount;
  readonly paid: { readonly payouts: number; readonly liquid: Amount; readonly all: Amount };
}
export type Account = StakedAccount | HoldingAccount | CreditedAccount;

export interface Payout {
  readonly id: number;
  readonly period: number;
  readonly pool: string;
  readonly account: string;
  readonly score: Amount;
  readonly due: Amount;
  readonly restaked: Amount;
  readonly liquid: Amount;
  readonly reason: string;
}
export interface Posting {
  readonly id: number;
  readonly allocation: string;
  readonly source: string;
  readonly target: string;
  readonly amount: Amount;
  readonly reason: string;
}

export interface Sharing {
  readonly policies: readonly PolicyLine[];
  readonly share: Amount;
  readonly owed_before: Amount;
  readonly paid: Amount;
  readonly owed: Amount;
  readonly waits_for: 'activation' | 'minimum' | null;
}
export interface PolicyLine {
  readonly policy: string;
  readonly budget: Amount;
  /** Fractions. */
  readonly earned: string;
  readonly entitled: string | null;
  readonly due: string;
  readonly rounding: string;
  readonly paid_before: Amount;
  readonly amount: Amount;
  readonly capped: boolean;
  readonly lookback?: number;
  readonly memo?: string;
}

interface Explained {
  readonly period: number;
  readonly sharing: Sharing | null;
  readonly payouts: readonly Payout[];
  readonly postings: readonly Posting[];
}
export interface StakeExplanation extends Explained {
  readonly start: Instant | null;
  readonly end: Instant | null;
  readonly until: Instant;
  readonly status: 'running' | 'due' | 'open' | 'settled';
  readonly intervals: readonly StakeInterval[];
  readonly score: Amount;
  readonly notes: readonly { readonly at: Instant; readonly event: number | null; readonly text: string }[];
  readonly zero: { readonly code: string; readonly text: string } | null;
  readonly division: {
    readonly pool: string;
    readonly amount: Amount;
    readonly total: Amount;
    readonly due: Amount;
    readonly remainder: Amount;
  } | null;
  readonly split: readonly { readonly validator: string; readonly tokens: Amount; readonly restaked: Amount }[];
}
export interface StakeInterval {
  readonly validator: string | null;
  readonly from: Instant | null;
  readonly until: Instant;
  readonly tokens: Amount;
  readonly score: Amount;
  readonly source: 'held' | 'taken-over' | 'reward';
  readonly event: number | null;
  readonly seconds: number;
}
export interface CrownExplanation extends Explained {
  readonly status: 'settled' | 'open' | 'running' | 'stretch';
  readonly start: Instant | null;
  readonly end: Instant | null;
  readonly excluded: boolean;
  readonly explained: readonly LaneExplained[];
  readonly conduct: string;
  readonly part: string;
  readonly division: {
    readonly pool: string;
    readonly amount: Amount;
    readonly due: Amount;
    readonly remainder: string;
  } | null;
  readonly zero: readonly { readonly reason: string; readonly seconds: number }[];
}
export interface LaneExplained {
  readonly lane: string;
  readonly pool: string;
  readonly alone: number;
  readonly shared: number;
  readonly lost: number;
  readonly held: string;
  readonly paid: string;
  readonly covered: number;
  readonly part: string;
  readonly stretches: readonly Stretch[];
}
export interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
  readonly seconds: number;
  readonly failed: string | null;
  readonly quote: string | null;
  readonly best: string | null;
  readonly share: string;
  readonly others: readonly string[];
  readonly event: number | null;
}
export interface CredExplanation extends Explained {
  readonly status: 'settled' | 'open' | 'running';
  readonly from: Instant | null;
  readonly to: Instant;
  readonly factor: Amount;
  readonly account: string;
  readonly name: string;
  readonly score: Amount;
  readonly lifetime: Amount;
  readonly revision: Amount | null;
  readonly contributions: readonly {
    readonly address: string;
    readonly score: Amount;
    readonly event: number | null;
    readonly label?: string;
  }[];
  readonly edges: readonly {
    readonly edge: string | null;
    readonly direction: 'forward' | 'backward';
    readonly from: string;
    readonly interval: Instant;
    readonly score: Amount;
    readonly event: number | null;
  }[];
  readonly more: Readonly<Record<'contributions' | 'edges', { readonly count: number; readonly sum: Amount }>>;
  readonly remainder: Amount;
  readonly zero: { readonly code: string; readonly text: string } | null;
}
export type Explanation = StakeExplanation | CrownExplanation | CredExplanation;
