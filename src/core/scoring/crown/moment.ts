import { intervals, type Share } from './intervals.ts';
import { LaneState, outbid, passes, type Test, tests } from './lane-state.ts';
import { kinds } from './log.ts';
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
  /** Place in the log of the newest fact about what failed, or of the quote; -1: there is none. */
  readonly since: number;
}

/** A lane at an instant. */
export interface Moment {
  readonly best: string | null;
  /** By index, ascending. */
  readonly holders: readonly Share[];
  /** Of everybody in the log, by index. */
  readonly stands: readonly Stand[];
}

/** What decides a test: place in `facts` below. */
const [flags, presence, work, quotes, purse] = [0, 1, 2, 3, 4];
const decidedBy: Readonly<Record<Test, number>> = {
  'not-eligible': flags!,
  'not-active': presence!,
  busy: work!,
  'no-quote': quotes!,
  'not-routable': quotes!,
  'not-fundable': purse!,
  outbid: quotes!,
};

/**
 * A lane at second `at`, facts of that second included: holders and shares by the walk, and of everybody else the first test of
 * the lane that fails.
 */
export function momentOf(options: WalkOptions, at: number): Moment {
  const { log, lane, rules, among = null } = options;
  const { value } = intervals({ ...options, window: { start: at, end: at + 1 } }).next();
  const { best, holders } = value!;
  const state = new LaneState(log, lane, rules, among);
  const facts = Array.from({ length: 5 }, () => new Int32Array(log.participants.length).fill(-1));
  for (let index = 0; index < log.length && log.at[index]! <= at; index += 1) {
    state.apply(index);
    const decides = decidedAt(log.kind[index]!);
    if (decides < 0) continue;
    const scope = log.scope[index]! < 0 ? null : log.scopes[log.scope[index]!]!;
    const isOurs = scope === null || scope === (decides === quotes ? lane.quotes : lane.backing);
    if (isOurs) facts[decides]![log.who[index]!] = index;
  }
  state.enterWindow();
  const holding = new Set(holders.map(({ who }) => who));
  const stands = log.participants.map((_, who): Stand => {
    const failing = state.firstFailing(who);
    const place = failing === passes && !holding.has(who) ? outbid : failing;
    const failed = place === passes ? null : tests[place]!;
    const since = facts[failed === null ? quotes! : decidedBy[failed]]![who]!;
    return { who, failed, quote: state.quoteText(who), rank: state.qualifiedRank(who), since };
  });
  return { best, holders, stands };
}

function decidedAt(kind: number): number {
  switch (kind) {
    case kinds.eligible:
      return flags!;
    case kinds.active:
      return presence!;
    case kinds.rate:
      return quotes!;
    case kinds.collateral:
      return purse!;
    case kinds.bounds:
      return -1;
    default:
      return work!;
  }
}
