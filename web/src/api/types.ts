/** Answers of the API that several pages read, as /openapi.json has them. A page keeps those that it alone reads. */

/** A whole number of smallest units, or a score: decimal digits. */
export type Amount = string;
/** ISO 8601 in UTC; `-`: the beginning of time. */
export type Instant = string;
export type Model = 'stake-time' | 'crown' | 'cred';

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

export interface Asset {
  readonly symbol: string;
  readonly decimals: number;
}

export interface Halt {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly period: number;
}

export interface Allocation {
  readonly pool: string;
  readonly amount: Amount;
}

export interface OpenWindow {
  readonly period: number;
  readonly start: Instant | null;
  readonly boundary: Instant;
  readonly settle: string;
  readonly strategy: string;
  readonly batch_size: number;
  readonly pool: string;
  readonly amount: Amount;
  readonly phase: 'scoring' | 'paying';
  readonly steps: number;
  readonly entries_scored: number;
  readonly accounts_paid: number;
  /** By score so far. */
  readonly delivered: Amount;
  /** Entries to score, accounts to pay; absent: not known. */
  readonly to_score?: number;
  readonly to_pay?: number;
}

export interface Pool {
  readonly pool: string;
  readonly pays: 'score' | 'recipients';
  readonly balance: Amount;
  readonly owed: Amount;
}

export interface ProgramLine {
  readonly program: string;
  readonly state: 'running' | 'paused' | 'halted';
  readonly clock: Instant;
  readonly events: number;
  readonly accounts: number;
  readonly payouts: number;
}

export interface Program {
  readonly program: string;
  readonly model: Model;
  readonly clock: Instant;
  /** The period that accrues. */
  readonly period: number;
  readonly events: number;
  readonly head: string;
  readonly paused: string | null;
  readonly halted: Halt | null;
  readonly window: OpenWindow | null;
  readonly next: {
    readonly at: Instant;
    readonly allocations: readonly Allocation[];
    readonly repeat: { readonly every: number; readonly left: number | null } | null;
  } | null;
  readonly boundaries_left: number | null;
  readonly asset: Asset;
  readonly pools: readonly Pool[];
  readonly residual: { readonly name: string; readonly balance: Amount };
  readonly counts: Readonly<Record<'accounts' | 'events' | 'positions' | 'scores' | 'payouts' | 'postings', number>>;
  readonly totals: Readonly<Record<string, Amount>>;
}

export interface Period {
  readonly period: number;
  readonly start: Instant | null;
  readonly boundary: Instant;
  readonly status: 'open' | 'settled';
  readonly settle: string;
  readonly strategy: string;
  readonly allocations: readonly Allocation[];
  readonly events_at_opening: number;
  readonly total: Amount | null;
  readonly delivered: Amount;
  readonly residual: Readonly<
    Record<'rounding' | 'undelivered' | 'direct_remainder' | 'zero_total', Amount> & { unearned?: Amount }
  >;
  readonly accounts_paid: number;
  readonly entries_scored: number;
  readonly steps: number;
  readonly root: string | null;
  readonly carried?: Readonly<Record<'before' | 'after' | 'rollover' | 'unclaimed', Amount>>;
}

export interface Coming {
  readonly period: number;
  readonly boundary: Instant;
  readonly allocations: readonly Allocation[];
  readonly repeat: { readonly every: number; readonly left: number | null } | null;
  readonly due: boolean;
}

/** Who asks. `role` null: a token is needed, and none was sent. */
export interface Session {
  readonly tokens_needed: boolean;
  readonly role: 'reader' | 'ingester' | 'operator' | null;
  readonly token: { readonly id: string; readonly name: string; readonly expires_at: string | null } | null;
}
