import type { Allocation, ScheduleEntry, StrategyName, SettleMode, ProgramDefinition } from '../program.ts';

/**
 * Facts from outside. `key` is the natural key: within a program it names one fact for ever, so that the same file
 * ingested twice changes nothing. `time` is in milliseconds since 1970 UTC and never goes backwards within a program.
 *
 * Amounts are whole tokens of the asset's smallest unit; `shares` are integers scaled by 10^18 (18 decimal places).
 */
export interface EventBase {
  readonly key: string;
  readonly time: number;
  /** Who asked for it; needed for settings when the program names an authority. */
  readonly by?: string;
}

/** The exchange rate of a validator from this instant on: `tokens` for `shares`. Both zero: nobody delegates to it, 1:1. */
export interface ValidatorSet extends EventBase {
  readonly kind: 'validator-set';
  readonly validator: string;
  readonly tokens: bigint;
  readonly shares: bigint;
  readonly jailed: boolean;
}
/** New tokens and shares of a known validator (its rate from now on). */
export interface ValidatorChanged extends EventBase {
  readonly kind: 'validator-changed';
  readonly validator: string;
  readonly tokens: bigint;
  readonly shares: bigint;
}
/** The rate falls by `fraction` (scaled by 10^18, 0 < fraction <= 1), exactly. */
export interface ValidatorSlashed extends EventBase {
  readonly kind: 'validator-slashed';
  readonly validator: string;
  readonly fraction: bigint;
}
/** Recorded and shown; a jailed validator's delegations go on scoring. */
export interface ValidatorJailed extends EventBase {
  readonly kind: 'validator-jailed';
  readonly validator: string;
  readonly jailed: boolean;
}
/** Adds stake: `amount` tokens at the present rate, or exactly `shares`. `since` (seconds) backdates an imported entry. */
export interface Delegate extends EventBase {
  readonly kind: 'delegate';
  readonly account: string;
  readonly validator: string;
  readonly amount?: bigint;
  readonly shares?: bigint;
  readonly since?: number;
}
/** Takes stake away: `amount` tokens, or exactly `shares`. */
export interface Undelegate extends EventBase {
  readonly kind: 'undelegate';
  readonly account: string;
  readonly validator: string;
  readonly amount?: bigint;
  readonly shares?: bigint;
}
/** A decrease at `from` and an increase at `to` in the same instant. */
export interface Redelegate extends EventBase {
  readonly kind: 'redelegate';
  readonly account: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}
/** Unbonding tokens become stake again. */
export interface CancelUnbonding extends EventBase {
  readonly kind: 'cancel-unbonding';
  readonly account: string;
  readonly validator: string;
  readonly amount: bigint;
}
/** Stake of the past that is gone by now: `amount` tokens from second `from` to second `until`, at most the event's own second. */
export interface Held extends EventBase {
  readonly kind: 'held';
  readonly account: string;
  readonly validator: string;
  readonly amount: bigint;
  readonly from: number;
  readonly until: number;
}
/** A score that another system has booked: token-seconds of the period `period`, or of the running one. */
export interface Booked extends EventBase {
  readonly kind: 'booked';
  readonly account: string;
  readonly score: bigint;
  readonly period?: number;
}
/** Changes the list of excluded accounts; written `exclude` and `include` in files. */
export interface Exclusion extends EventBase {
  readonly kind: 'exclusion';
  readonly add: readonly string[];
  readonly remove: readonly string[];
}
/** Money from outside into a pool. */
export interface Fund extends EventBase {
  readonly kind: 'fund';
  readonly pool: string;
  readonly amount: bigint;
}
/** New parameters from this instant on; what is absent stays. */
export interface RulesChanged extends EventBase {
  readonly kind: 'rules';
  readonly recipients?: readonly { readonly pool: string; readonly recipients: readonly string[] }[];
  readonly strategy?: StrategyName;
  readonly settle?: SettleMode;
  readonly batchSize?: number;
  readonly onZeroTotal?: 'halt' | 'residual';
}
/** Replaces what is left of the schedule. */
export interface ScheduleChanged extends EventBase {
  readonly kind: 'schedule';
  readonly entries: readonly ScheduleEntry[];
}
export interface Paused extends EventBase {
  readonly kind: 'pause';
  readonly reason: string;
}
/** Ends a pause or a halt. The reason stays in the log. */
export interface Resumed extends EventBase {
  readonly kind: 'resume';
  readonly reason: string;
}
/** The first event of every program: its definition. */
export interface ProgramCreated extends EventBase {
  readonly kind: 'program';
  readonly definition: ProgramDefinition;
}
/**
 * A window that another system had open when its state was taken over: the boundary, what it owes, what it still has to
 * pay and where it stands. The scores it copied come as `booked` events of the same period, before this one.
 */
export interface WindowTakenOver extends EventBase {
  readonly kind: 'window-taken-over';
  readonly boundary: number;
  readonly amount: bigint;
  readonly total: bigint;
  /** What was not yet handed out, in the asset's smallest unit. */
  readonly leftover: bigint;
  /** The next account to pay; absent = the first. */
  readonly next?: string;
  readonly totalEntries: number;
  readonly processedEntries: number;
}

export type StakeEvent =
  | ValidatorSet
  | ValidatorChanged
  | ValidatorSlashed
  | ValidatorJailed
  | Delegate
  | Undelegate
  | Redelegate
  | CancelUnbonding
  | Held
  | Booked;
export type SettingsEvent =
  | Exclusion
  | Fund
  | RulesChanged
  | ScheduleChanged
  | Paused
  | Resumed
  | ProgramCreated
  | WindowTakenOver;
export type ProrataEvent = StakeEvent | SettingsEvent;
export type EventKind = ProrataEvent['kind'];

export type { Allocation };

/** What became of one event of a batch. Expected outcomes are values, not exceptions. */
export type IngestOutcome =
  | { readonly status: 'recorded' | 'duplicate'; readonly seq: number }
  | { readonly status: 'refused'; readonly code: string; readonly message: string; readonly field?: string };
