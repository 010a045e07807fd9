import { type Sharing, usualSharing } from './payout/policies/sharing.ts';
import type { CredScoring } from './scoring/cred/scoring.ts';
import type { CrownScoring } from './scoring/crown/scoring.ts';

/**
 * What a program is, once parsed: every amount a bigint in the asset's smallest unit, every instant a number of
 * milliseconds (events) or whole seconds (schedule) since 1970 UTC. `src/config` turns prorata.yaml into this.
 */

/** How a pool's allocation is shared: by score, or in equal parts among fixed recipients. */
export type PoolPays = 'score' | 'recipients';

export interface Pool {
  readonly name: string;
  readonly pays: PoolPays;
  /** What the pool holds from the first instant on, in the asset's smallest unit. */
  readonly funding: bigint;
  /** Fixed recipients; empty for a pool that pays by score. */
  readonly recipients: readonly string[];
  /** How what is paid by score is shared; absent: in proportion, rounded down (of contributions: the usual mix). */
  readonly sharing?: Sharing;
}

/** `multi_block`: bounded steps, boundary at the scheduled second. `single_block`: one step, boundary at its instant. */
export const settleModes = ['multi_block', 'single_block'] as const;
export type SettleMode = (typeof settleModes)[number];

/** How a closing period is frozen while the next one accrues; all four give the same payouts. */
export const strategyNames = ['cut', 'copy', 'double-buffer', 'generations'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** How a position's tokens are rounded: `floor` once, or `sdk` = half-even at 18 places and then floor. */
export const rateRules = ['floor', 'sdk'] as const;
export type RateRule = (typeof rateRules)[number];

export interface WindowRules {
  readonly settle: SettleMode;
  readonly strategy: StrategyName;
  /** Entries scored, or accounts paid, by one step. 1 to 100,000. */
  readonly batchSize: number;
}

/** What a batch size may be: a step of none would never end a window. */
export function isBatchSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= 100_000;
}

/** How scores accrue: the model of a program never changes, its parameters may. */
export type Scoring = { readonly model: 'stake-time'; readonly rate: RateRule } | CrownScoring | CredScoring;

/** The parameters of a program, from an instant on. Changed by events of kind `rules` only. */
export interface Rules {
  readonly asset: { readonly symbol: string; readonly decimals: number };
  /** In the order of the configuration; exactly one of them pays by score. */
  readonly pools: readonly Pool[];
  /** Name of the account that takes what is left. Never one of the pools. */
  readonly residual: string;
  readonly scoring: Scoring;
  readonly window: WindowRules;
  /** What a total score of zero means: the window halts, or the residual takes the whole allocation. */
  readonly onZeroTotal: 'halt' | 'residual';
  /** A regular expression that a whole account or validator name must match; absent = any text of 1 to 256 bytes. */
  readonly accountPattern?: string;
  /** The only `by` that may change settings; absent = nobody is asked. */
  readonly authority?: string;
  /** Every schedule entry must name every pool (as the real chain's does). */
  readonly requireAllPools: boolean;
  /** Schedule entries carry sequential ids. */
  readonly requireIds: boolean;
  /** Least distance of neighbouring schedule entries, seconds; 0 = any. */
  readonly minGapSeconds: number;
}

export interface Allocation {
  readonly pool: string;
  readonly amount: bigint;
}

/** One boundary of the schedule: at `at` (whole seconds since 1970 UTC) a period ends and its allocations are owed. */
export interface ScheduleEntry {
  readonly at: number;
  readonly allocations: readonly Allocation[];
  /** Only where ids are required. */
  readonly id?: number;
  /** The entry comes again every so many seconds, so many times more (`null`: without end). Only in the last entry. */
  readonly repeat?: { readonly every: number; readonly left: number | null };
}

/** The schedule once its first entry has been dealt with: a repeated entry is followed by its next one. */
export function afterFirst([first, ...rest]: readonly ScheduleEntry[]): readonly ScheduleEntry[] {
  if (first?.repeat === undefined || first.repeat.left === 0) return rest;
  const { every, left } = first.repeat;
  const next = { ...first, at: first.at + every, repeat: { every, left: left === null ? null : left - 1 } };
  return [first.id === undefined ? next : { ...next, id: first.id + 1 }, ...rest];
}

/** The rules of a program that scores crown time. */
export const isCrown = ({ rules }: { readonly rules: Rules }): boolean => rules.scoring.model === 'crown';

/** The rules of a program that scores contributions. */
export const isCred = ({ rules }: { readonly rules: Rules }): boolean => rules.scoring.model === 'cred';

/** How the pool that pays by score is shared; `null`: in proportion, rounded down. */
export function sharingOf({ pools, scoring }: Pick<Rules, 'pools' | 'scoring'>): Sharing | null {
  const sharing = pools.find(({ pays }) => pays === 'score')?.sharing;
  return sharing ?? (scoring.model === 'cred' ? usualSharing : null);
}

/** The pools with another sharing of the one that pays by score; `null`: with none. */
export const withSharing = (pools: readonly Pool[], sharing: Sharing | null): readonly Pool[] =>
  pools.map((pool) => {
    if (pool.pays !== 'score') return pool;
    const { sharing: _, ...bare } = pool;
    return sharing === null ? bare : { ...bare, sharing };
  });

/** The rounding of positions in a program that scores stakes. */
export function rateRuleOf({ scoring }: Rules): RateRule {
  return scoring.model === 'stake-time' ? scoring.rate : 'floor';
}

/** A program as it is first written down: its rules, its schedule and who is excluded from the start. */
export interface ProgramDefinition {
  readonly name: string;
  readonly rules: Rules;
  readonly schedule: readonly ScheduleEntry[];
  readonly excluded: readonly string[];
  /** Where the first period begins, second; absent = at the beginning of time. */
  readonly start?: number;
}
