import { compareBytes } from '../../bytes.ts';
import { one, rational, type Rational } from '../../money/rational.ts';
import type { CrownFold, LoggedFact } from './fold.ts';
import { crownEventOf } from './fold.ts';
import { CrownLogBuilder, type CrownLog } from './log.ts';
import { isCandidate, recordsOf, successFactor } from './rounds.ts';
import { type CrownModel, crownModelOf, type CrownScoring, poolsOf } from './scoring.ts';
import type { Window, WalkOptions } from './walk.ts';

/** A scoring round, ready to be walked: everything that its answers are made of. */
export interface CrownRound {
  readonly scoring: CrownScoring;
  readonly model: CrownModel;
  readonly window: Window;
  readonly log: CrownLog;
  /** In the order of the directions: what the walk of each lane needs, and its part of the allocation. */
  readonly lanes: readonly RoundLane[];
  /** What conduct leaves of a reward, by the name of an account: 1 is all of it. */
  readonly factor: (name: string) => Rational;
}

export interface RoundLane {
  readonly name: string;
  readonly direction: string;
  readonly pool: Rational;
  readonly walk: WalkOptions;
}

/**
 * Makes a round of what is known: `fold`, the state at or before the window's start (second `at`), and the facts after it in
 * canonical order, at least up to the window's end. Facts at the end belong to the next round, but for outcomes, volumes
 * and standings, which are read as of the end.
 */
export function makeRound({
  scoring,
  window,
  fold,
  at,
  facts,
  excluded,
}: {
  readonly scoring: CrownScoring;
  readonly window: Window;
  readonly fold: CrownFold;
  readonly at: number;
  readonly facts: readonly LoggedFact[];
  readonly excluded: readonly string[];
}): CrownRound {
  const model = crownModelOf(scoring);
  const hubs = scoring.band?.hubs ?? [];
  const builder = new CrownLogBuilder();
  for (const event of fold.events(at, hubs)) builder.add(event);
  for (const fact of facts) {
    const event = fact.at < window.end ? crownEventOf(fact) : null;
    if (event !== null) builder.add(event);
    if (fact.at <= window.end) fold.apply(fact);
  }
  const log = builder.build();
  const pools = poolsOf(scoring, volumesFor(scoring, fold, window.end));
  const notAmong = new Set(excluded);
  const standings = fold.standings();
  const candidates = scoring.band?.candidates ?? null;
  const lanes = model.lanes.map(({ name, direction, lane }): RoundLane => {
    const may = (account: string): boolean =>
      !notAmong.has(account) &&
      (candidates === null ||
        isCandidate(standings.get(account), { backing: lane.backing ?? '', now: window.end, ...candidates }));
    const among = Uint8Array.from(log.participants, (account) => (may(account) ? 1 : 0));
    return { name, direction, pool: pools.get(name)!, walk: { log, lane, rules: model.rules, window, among } };
  });
  return { scoring, model, window, log, lanes, factor: factorOf(scoring, fold, window.end) };
}

function volumesFor({ band }: CrownScoring, fold: CrownFold, end: number) {
  const since = end - (band?.volume?.seconds ?? 0);
  return fold.volumes().filter(({ at }) => at >= since && at <= end);
}

function factorOf({ success }: CrownScoring, fold: CrownFold, end: number): CrownRound['factor'] {
  if (success === null) return () => one;
  const known = fold.outcomes().filter(({ at }) => at <= end);
  return successFactor(recordsOf(known, Math.max(0, end - success.seconds)), success.exponent);
}

/** What rounds from `end` on still count of the past. */
export const memoryOf = ({ success, band }: CrownScoring, end: number) => ({
  outcomesSince: end - (success?.seconds ?? 0),
  volumesSince: end - (band?.volume?.seconds ?? 0),
});

/** Names in the order of their bytes, of whoever is in a log. */
export const namesOf = ({ participants }: CrownLog): string[] => [...participants].sort(compareBytes);

/** An exact part, not reduced: the denominators of long rounds have thousands of bits, and nobody needs them small. */
export interface Part {
  readonly above: bigint;
  readonly below: bigint;
}

export const nothing: Part = { above: 0n, below: 1n };
export const plus = (a: Part, b: Part): Part => {
  if (a.above === 0n) return b;
  if (a.below === b.below) return { above: a.above + b.above, below: a.below };
  return { above: a.above * b.below + b.above * a.below, below: a.below * b.below };
};
/** floor(amount x part). */
export const floorOf = (amount: bigint, { above, below }: Part): bigint => (amount * above) / below;
export const reduced = ({ above, below }: Part): Rational => rational(above, below);
