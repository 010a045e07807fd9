import type { StrategyName, SettleMode } from './program.ts';

/** The rate of a validator from second `since` on: a position is worth floor(shares x tokens / perShares) tokens. */
export interface Rate {
  readonly since: number;
  readonly tokens: bigint;
  /** Shares, scaled by 10^18, that `tokens` stand for. Never zero. */
  readonly perShares: bigint;
}

export interface Validator {
  readonly id: number;
  readonly name: string;
  jailed: boolean;
  /** Ascending by `since`; never empty; the first holds since the oldest open period began, or longer. Replaced when one changes. */
  rates: readonly Rate[];
}

/** One stake of one account on one validator. */
export interface Position {
  /** Id of the validator. */
  readonly validator: number;
  /** Scaled by 10^18; positive. */
  shares: bigint;
  /** Second from which on nothing is booked yet; `null` = scores nothing (its account is excluded). */
  since: number | null;
  /** Which set of collections the entry is in (freeze strategies `double-buffer` and `generations`; 0 otherwise). */
  bucket: number;
}

/** An account as one step or one batch of events sees it: what is stored of it for the periods not settled yet. */
export interface Account {
  /** Dense within the program, from 1, in order of first appearance. */
  readonly id: number;
  readonly name: string;
  excluded: boolean;
  readonly positions: Position[];
  /** Booked scores by period, only those that are not zero. Replaced when one changes: most accounts share `noScores`. */
  scores: ReadonlyMap<number, bigint>;
}

/** What an account without any booked score has. */
export const noScores: ReadonlyMap<number, bigint> = new Map();

export type WindowPhase = 'scoring' | 'paying';

/** The frontier of an append-only Merkle tree (RFC 6962): the roots of its full subtrees, largest first, as hex. */
export interface MerkleFrontier {
  readonly size: number;
  readonly roots: readonly string[];
}

/** The settling of a period in bounded steps. All seconds are Unix seconds, all amounts in the smallest unit. */
export interface Window {
  readonly period: number;
  /** The period is [start, boundary). */
  readonly start: number;
  readonly boundary: number;
  readonly settle: SettleMode;
  readonly strategy: StrategyName;
  batchSize: number;
  /** The pool that pays by score, and what it owes. */
  readonly pool: string;
  readonly amount: bigint;
  phase: WindowPhase;
  /** The bucket that entries of the closing period are in. */
  readonly closingBucket: number;
  /** The last account (and entry of it) that was dealt with, by name; `null` at the beginning of a phase. */
  cursor: { readonly account: string; readonly validator: string | null } | null;
  /** Steps made so far, the opening step included. */
  steps: number;
  entriesScored: number;
  /** Accounts paid by score so far. */
  accountsPaid: number;
  /** Sum of the closing scores of the accounts that scoring has passed: must equal the running total at the end. */
  proven: bigint;
  /** The total score by which shares are computed; `null` until scoring has ended. */
  total: bigint | null;
  /** Score that `cut` has counted by reading, without booking it. */
  counted: bigint;
  /** Sum of the scores of accounts paid so far. */
  scorePaid: bigint;
  /** Scores of accounts that were excluded while others were being paid: their shares go to the residual. */
  forgone: bigint;
  /** Delivered by score so far (restaked and liquid). */
  delivered: bigint;
  /** Computed but not deliverable: goes to the residual. */
  undelivered: bigint;
  /** The settlement root as it grows: over the period's payouts in order of (pool, account). */
  frontier: MerkleFrontier;
  /** Of windows that pay awards: whose awards were passed over, because they were excluded when their turn came. */
  passedOver?: readonly string[];
  /** Where policies share: what the window took over from the one before, and leaves to the next. */
  carried?: Carried;
  /** After a halt was mended: the facts up to this event are scored, instead of those at the opening. */
  countsTo?: number;
  /** For people, who want to see how far it is: entries that there were to score. Absent: not known, or scored in one step. */
  toScore?: number;
  /** The same of accounts to pay by score; grows while stakes are scored. Exclusions that come later take from what it says. */
  toPay?: number;
}

export interface Halt {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly period: number;
}

/** What changes with every step and every batch of events. Small on purpose: it is written each time. */
export interface ProgramState {
  /** +1 with every transaction that changed the program: who steps from an old one is refused. */
  version: number;
  /** +1 when rules or schedule changed: what is cached of them is read again. */
  rulesVersion: number;
  /** +1 when a validator or a rate changed. */
  validatorsVersion: number;
  /** The instant of the newest event or step, milliseconds. */
  clock: number;
  /** Number of events (the newest one's seq), and the head of their hash chain (hex). */
  events: number;
  head: string;
  /** Newest ids given out: the next account, payout and posting get the next number. */
  accounts: number;
  payouts: number;
  postings: number;
  /** Positions that are stored now. */
  positions: number;
  /** Id of the period that closes next (the one in the open window, if there is one, is `window.period`). */
  nextPeriod: number;
  /** Where that period starts: second; 0 = the beginning. */
  periodStart: number;
  /** No boundary may be put before this second any more: scores are booked up to here. */
  bookedUntil: number;
  /** Running totals of counted scores by period, of accounts that are not excluded. Absent = 0. */
  totals: Record<string, bigint>;
  /** Numbers of booked scores that are stored, by period; of periods that are not settled. Absent = 0. */
  scores: Record<string, number>;
  /** The bucket that new entries go to. */
  bucket: number;
  paused: { readonly reason: string } | null;
  halted: Halt | null;
  window: Window | null;
  /** Of crown programs, from their first fact or window on. */
  crown?: CrownCounters;
  /** Of programs that score contributions, from the first of them on: newest numbers of nodes and of edges. */
  cred?: { readonly nodes: number; readonly edges: number };
}

/** What a crown program counts; seconds. */
export interface CrownCounters {
  /** Instants of the newest flag and of the newest swap opened or ended. */
  readonly activeUntil: number;
  readonly busyUntil: number;
  /** Up to where facts were pruned; `null`: nowhere. */
  readonly checkpoint: number | null;
}

/** `carried`: a share that waits for a minimum or an activation, of which nothing was paid yet. */
export type PayoutReason = 'paid' | 'below-one-unit' | 'no-stake' | 'direct' | 'carried';

/** What one account gets from one allocation. due = restaked + liquid, or (reason `no-stake`) went to the residual. */
export interface Payout {
  /** Ascending within the program, from 1, in the order of commits. */
  readonly id: number;
  readonly period: number;
  readonly pool: string;
  readonly account: AccountRef;
  /** The closing score; 0 for a direct payment. */
  readonly score: bigint;
  /** floor(amount x score / total), what policies give, or the equal part. */
  readonly due: bigint;
  readonly restaked: bigint;
  readonly liquid: bigint;
  readonly reason: PayoutReason;
}

/** An earner, named. */
export interface AccountRef {
  readonly id: number;
  readonly name: string;
}

/** A ledger account. `stake` and `liquid` belong to an earner; `outside` is where funding comes from. `carried` holds what policies left for a later window. */
export type LedgerAccount =
  | { readonly kind: 'outside' }
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'residual' }
  | { readonly kind: 'carried' }
  | { readonly kind: 'liquid'; readonly account: AccountRef }
  | { readonly kind: 'stake'; readonly account: AccountRef };

export const postingReasons = [
  'funding',
  'payout',
  'direct',
  'direct-remainder',
  'rounding',
  'undelivered',
  'zero-total',
  'unearned',
  'carried',
  'reversal',
] as const;
export type PostingReason = (typeof postingReasons)[number];

/** One movement of the program's asset: `amount` (positive) from `source` to `target`. Balanced by construction. */
export interface Posting {
  /** Ascending within the program, from 1. */
  readonly id: number;
  /** The period it settles; 0 for funding. */
  readonly period: number;
  /** The pool whose allocation it belongs to (for funding: the pool funded). */
  readonly allocation: string;
  readonly source: LedgerAccount;
  readonly target: LedgerAccount;
  readonly amount: bigint;
  readonly reason: PostingReason;
}

/** One line per period whose window was opened; while it is open, what grows stands in the window. */
export interface PeriodRecord {
  readonly period: number;
  readonly start: number;
  readonly boundary: number;
  readonly status: 'open' | 'settled';
  readonly settle: SettleMode;
  readonly strategy: StrategyName;
  readonly allocations: readonly { readonly pool: string; readonly amount: bigint }[];
  /** Seq of the newest event when the window opened. */
  readonly eventsAtOpening: number;
  readonly total: bigint | null;
  /** Sum of what accounts got, of all pools. */
  readonly delivered: bigint;
  /** What went to the residual, by reason. */
  readonly residual: {
    readonly rounding: bigint;
    readonly undelivered: bigint;
    readonly directRemainder: bigint;
    readonly zeroTotal: bigint;
    /** Of crown programs: what nobody earned. */
    readonly unearned?: bigint;
  };
  /** Of crown programs, from the scoring of the period on. */
  readonly crown?: CrownRecord;
  /** Of contributions, from the scoring of the period on. */
  readonly cred?: CredRecord;
  /** Where policies shared, from the scoring on. */
  readonly carried?: Carried;
  /** The same of stake-time. */
  readonly shared?: SharedRecord;
  /** After a halt was mended: facts up to this event were scored, instead of those at the opening. */
  readonly countsTo?: number;
  readonly accountsPaid: number;
  readonly entriesScored: number;
  readonly steps: number;
  /** Settlement root, hex; `null` while open. */
  readonly root: string | null;
}

/** What is held back: shares that wait for a minimum or an activation, and what nobody may take because of a cap (`rollover`). */
export interface Carried {
  readonly before: bigint;
  readonly after: bigint;
  /** Part of `after`. */
  readonly rollover: bigint;
  /** What nobody had a score for; it goes to the residual. */
  readonly unclaimed: bigint;
}

/** Who took no part in a stake-time window that policies shared. */
export interface SharedRecord {
  /** Who was excluded when the shares were computed, by name. */
  readonly excluded: readonly string[];
  /** Who was excluded between that and the payment: what they were to get went to the residual. Absent: nobody. */
  readonly passedOver?: readonly string[];
}

/** What policies remember of an account's period. */
export interface Tally {
  readonly period: number;
  readonly account: AccountRef;
  /** What it was paid by; never changed again. */
  readonly score: bigint;
  /**
   * By how much all its earlier scores together differ, as they were known when this period was scored, from what was known
   * before: later insight into closed periods. Of contributions only, else 0. May be negative.
   */
  readonly revision: bigint;
  /** Shares that were not paid out yet, of all periods so far. */
  readonly owed: bigint;
}

/** What a period of contributions was scored by. */
export interface CredRecord {
  readonly excluded: readonly string[];
  readonly passedOver?: readonly string[];
  /** Numbers of what was scored. */
  readonly nodes: number;
  readonly edges: number;
  readonly participants: number;
  readonly intervals: number;
  /** All that was minted, in units of a score; 0: no cred reached anybody. */
  readonly minted: bigint;
}

/** What a crown period was scored by, and what its lanes left. */
export interface CrownRecord {
  /** Who was excluded when it was scored, by name. */
  readonly excluded: readonly string[];
  /** Who was excluded between that and the payment: what they were to get went to the residual. Absent: nobody. */
  readonly passedOver?: readonly string[];
  readonly lanes: readonly {
    readonly name: string;
    /** Its part of the allocation, in lowest terms. */
    readonly pool: string;
    /** Seconds with a holder. */
    readonly held: number;
    /** floor(amount x what nobody earned of its part). */
    readonly unearned: bigint;
  }[];
  /** floor(amount x what nobody earned) of all lanes together. */
  readonly unearned: bigint;
}

/** One line per step: which events it had seen, and which payouts it made. */
export interface StepRecord {
  readonly period: number;
  /** 1 = the opening step. */
  readonly step: number;
  readonly phase: 'opening' | WindowPhase;
  /** Seq of the newest event of the program's log that it had seen. */
  readonly events: number;
  /** The instant that the step computed with, milliseconds. */
  readonly at: number;
  /** Entries scored by it. */
  readonly entries: number;
  /** Payouts made by it, and the id of the first of them (0 when none). */
  readonly payouts: number;
  readonly firstPayout: number;
}
