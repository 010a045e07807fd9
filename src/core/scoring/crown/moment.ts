import { intervals, type Share } from './intervals.ts';
import { LaneState, outbid, passes, type Test, tests } from './lane-state.ts';
import type { WalkOptions } from './walk.ts';

/** A participant at an instant. */
export interface Stand {
  readonly who: number;
  /** The first test that it fails; null: it holds. */
  readonly failed: Test | null;
  /** Its quote as it was written, null when it has none above 0. */
  readonly quote: string | null;
  /** Rank of a quote that passes every test before `outbid`, higher is better; 0: it does not. */
  readonly rank: number;
}

/** A lane at an instant. */
export interface Moment {
  readonly best: string | null;
  /** By index, ascending. */
  readonly holders: readonly Share[];
  /** Of everybody in the log, by index. */
  readonly stands: readonly Stand[];
}

/**
 * A lane at second `at`, facts of that second included: holders and shares by the walk, and of everybody else the first test of
 * the lane that fails.
 */
export function momentOf(options: WalkOptions, at: number): Moment {
  const { log, lane, rules, among = null } = options;
  const { value } = intervals({ ...options, window: { start: at, end: at + 1 } }).next();
  const { best, holders } = value!;
  const state = new LaneState(log, lane, rules, among);
  for (let index = 0; index < log.length && log.at[index]! <= at; index += 1) state.apply(index);
  state.enterWindow();
  const holding = new Set(holders.map(({ who }) => who));
  const stands = log.participants.map((_, who): Stand => {
    const failing = state.firstFailing(who);
    const place = failing === passes && !holding.has(who) ? outbid : failing;
    const failed = place === passes ? null : tests[place]!;
    return { who, failed, quote: state.quoteText(who), rank: state.qualifiedRank(who) };
  });
  return { best, holders, stands };
}
