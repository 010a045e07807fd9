import type { Allocation, ScheduleEntry, StrategyName, SettleMode, ProgramDefinition } from '../program.ts';
import type { Sharing } from '../payout/policies/sharing.ts';
import type { ReplaceableScoring } from '../scoring/parse.ts';
import type { Action } from '../token/event.ts';

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
  /** The whole scoring of a crown or cred program, for windows that open from here on. */
  readonly scoring?: ReplaceableScoring;
  /** How the pool that pays by score is shared, in windows that open from here on. */
  readonly sharing?: Sharing | null;
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

/**
 * Facts of crown time: each is in force from its second on, until a later one of its kind says otherwise. A fact may be logged
 * late; periods that were closed before stay as they were. Source: test/vectors/crown/README.md.
 */
/** Whether an account may earn at all. */
export interface Eligible extends EventBase {
  readonly kind: 'eligible';
  readonly account: string;
  readonly on: boolean;
}
export interface Active extends EventBase {
  readonly kind: 'active';
  readonly account: string;
  readonly on: boolean;
}
/** A swap opened (+1) or ended (-1). */
export interface Busy extends EventBase {
  readonly kind: 'busy';
  readonly account: string;
  readonly delta: 1 | -1;
}
/** What happened to a reservation or a swap: see `activityCodes` for the order. `hub` absent: on every hub. */
export interface ActivityHappened extends EventBase {
  readonly kind: 'activity';
  readonly account: string;
  readonly what: 'swap-ended' | 'reserved' | 'swap-started' | 'reservation-expired';
  readonly hub?: string;
}
/** A quote for one direction, `from-to`: a decimal; 0 or less withdraws it. */
export interface RateQuoted extends EventBase {
  readonly kind: 'rate';
  readonly account: string;
  readonly direction: string;
  /** The hub that backs it; only where the program's lanes have one. */
  readonly backing?: string;
  readonly rate: string;
}
/** The new total of one purse, in the smallest unit of the backing. */
export interface CollateralSet extends EventBase {
  readonly kind: 'collateral';
  readonly account: string;
  readonly backing: string;
  readonly amount: bigint;
}
/** Least and largest leg that a backing takes; 0 is none. */
export interface BoundsSet extends EventBase {
  readonly kind: 'bounds';
  readonly backing: string;
  readonly min: bigint;
  readonly max: bigint;
}
/** How a swap ended; a later one of the same swap replaces the earlier whole. */
export interface OutcomeKnown extends EventBase {
  readonly kind: 'outcome';
  readonly account: string;
  readonly swap: string;
  readonly completed: boolean;
}
/** What a swap moved: weighs the pools of directions. */
export interface SwapCleared extends EventBase {
  readonly kind: 'cleared';
  readonly account: string;
  readonly direction: string;
  readonly from: bigint;
  readonly to: bigint;
}
/** How an account has behaved so far, as far as being a candidate depends on it. `settling`: seconds, by backing. */
export interface StandingKnown extends EventBase {
  readonly kind: 'standing';
  readonly account: string;
  readonly ok: number;
  readonly failed: number;
  readonly settling: Readonly<Record<string, number>>;
}
/** The fact with the key `event` is not one: it counts for no window that opens from here on. */
export interface Retracted extends EventBase {
  readonly kind: 'retracted';
  readonly event: string;
}
/** In the order of the codes that the sources use, 0 to 3. */
export const activityCodes: readonly ActivityHappened['what'][] = [
  'swap-ended',
  'reserved',
  'swap-started',
  'reservation-expired',
];

export type CrownFact =
  | Eligible
  | Active
  | Busy
  | ActivityHappened
  | RateQuoted
  | CollateralSet
  | BoundsSet
  | OutcomeKnown
  | SwapCleared
  | StandingKnown
  | Retracted;
const crownKinds: ReadonlySet<string> = new Set<CrownFact['kind']>([
  'eligible',
  'active',
  'busy',
  'activity',
  'rate',
  'collateral',
  'bounds',
  'outcome',
  'cleared',
  'standing',
  'retracted',
]);
export const isCrownFact = (event: { readonly kind: string }): event is CrownFact => crownKinds.has(event.kind);

/**
 * Facts of contributions. `time` of a node or an edge is its own: when the contribution was made. What was logged last counts, of
 * it what lies before the boundary; periods that were closed before stay as they were.
 */
/** There is this node, and so it is from now on. `node` is its address (core/scoring/cred/address.ts). */
export interface NodeSet extends EventBase {
  readonly kind: 'node';
  readonly node: string;
  /** It has no time of its own; `time` is then when it was logged. */
  readonly timeless?: true;
  /** Canonical decimal that multiplies what the rules of weight give; absent: 1. */
  readonly weight?: string;
  /** For people. */
  readonly label?: string;
  readonly url?: string;
}
/** There is no such node any more. Edges to it lead nowhere, and count for nothing, until it is there again. */
export interface NodeRemoved extends EventBase {
  readonly kind: 'node-removed';
  readonly node: string;
}
/** Cred flows between two nodes that are there: by `forward` from `from` to `to`, by `backward` the other way. */
export interface EdgeSet extends EventBase {
  readonly kind: 'edge';
  readonly edge: string;
  readonly from: string;
  readonly to: string;
  /** Canonical decimals that multiply what the rules of weight give; absent: 1. */
  readonly forward?: string;
  readonly backward?: string;
}
export interface EdgeRemoved extends EventBase {
  readonly kind: 'edge-removed';
  readonly edge: string;
}
/** From this instant on `from` leaves `part` (a canonical decimal up to 1) of its cred to `to`. Ids of identities. */
export interface Attribution extends EventBase {
  readonly kind: 'attribution';
  readonly from: string;
  readonly to: string;
  readonly part: string;
}
/** An event of the token ledger: its key is the `uuid`, its time the `ledgerTimestamp` of core/token/event.ts. */
export interface TokenHappened extends EventBase {
  readonly kind: 'token';
  readonly action: Action;
}
export type GraphEvent = NodeSet | NodeRemoved | EdgeSet | EdgeRemoved;
export type CredEvent = GraphEvent | Attribution | TokenHappened;
const graphKinds: ReadonlySet<string> = new Set<GraphEvent['kind']>(['node', 'node-removed', 'edge', 'edge-removed']);
export const isGraphEvent = (event: { readonly kind: string }): event is GraphEvent => graphKinds.has(event.kind);
export const isPeopleEvent = (event: { readonly kind: string }): event is Attribution | TokenHappened =>
  event.kind === 'token' || event.kind === 'attribution';
export const isCredEvent = (event: { readonly kind: string }): event is CredEvent =>
  isGraphEvent(event) || isPeopleEvent(event);

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
const stakeKinds: ReadonlySet<string> = new Set<StakeEvent['kind']>([
  'validator-set',
  'validator-changed',
  'validator-slashed',
  'validator-jailed',
  'delegate',
  'undelegate',
  'redelegate',
  'cancel-unbonding',
  'held',
  'booked',
]);
/**
 * Whether it says only what happened: of stakes, of a market, of contributions. All other events decide: settings and money of a
 * program, who is who, who leaves what to whom.
 */
export const isFact = (event: { readonly kind: string }): boolean =>
  stakeKinds.has(event.kind) || isCrownFact(event) || isGraphEvent(event);
export type SettingsEvent =
  | Exclusion
  | Fund
  | RulesChanged
  | ScheduleChanged
  | Paused
  | Resumed
  | ProgramCreated
  | WindowTakenOver;
export type ProrataEvent = StakeEvent | CrownFact | CredEvent | SettingsEvent;
export type EventKind = ProrataEvent['kind'];

export type { Allocation };
