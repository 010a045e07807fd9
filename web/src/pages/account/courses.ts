import type { Asset } from '../../api/types.ts';
import { fractionOf } from '../../lib/score.ts';
import type { Point } from './Accrual.tsx';
import type { LaneExplained, StakeInterval } from './types.ts';

/*
 * Courses for drawings, in doubles: exact numbers stand in the tables beside them.
 */

export const secondOf = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

/** How a score of stakes has grown, in tokens x days, up to a second. */
export function stakeCourse(intervals: readonly StakeInterval[], { decimals }: Asset, until: number): Point[] {
  const unit = 86_400 * 10 ** decimals;
  const spans = intervals.map(({ from, until: end, tokens, score, seconds }) => ({
    from: from === null ? 0 : secondOf(from),
    to: secondOf(end),
    rate: Number(tokens) / unit,
    // What another system had booked came at once.
    given: seconds === 0 ? Number(score) / unit : 0,
  }));
  const cuts = [...new Set([...spans.flatMap(({ from, to }) => [from, to]), until])].sort((a, b) => a - b);
  return cuts.map((at) => ({
    at,
    value: spans.reduce(
      (sum, { from, to, rate, given }) => sum + (at >= to ? given : 0) + Math.max(0, Math.min(at, to) - from) * rate,
      0,
    ),
  }));
}

/** How many seconds of a lane somebody has held, shared, up to the end of each stretch. */
export function laneCourse({ stretches }: LaneExplained): Point[] {
  let held = 0;
  const points = stretches.map(({ to, seconds, share }) => {
    const { above, below } = fractionOf(share);
    held += (seconds * Number(above)) / Number(below);
    return { at: secondOf(to), value: held };
  });
  const [first] = stretches;
  return first === undefined ? [] : [{ at: secondOf(first.from), value: 0 }, ...points];
}
