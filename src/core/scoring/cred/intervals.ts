import { InvalidInputError } from '../../errors.ts';
import { civilFromDays, daysFromCivil } from '../../time/instant.ts';
import type { CredGraph } from './graph.ts';

/** From `start` to before `end`, in milliseconds since 1970 UTC. */
export interface CredInterval {
  readonly start: number;
  readonly end: number;
}

export const intervalKinds = ['days', 'weeks', 'months'] as const;
export type IntervalKind = (typeof intervalKinds)[number];

const day = 86_400_000;
/** 1970-01-04 was a Sunday. */
const firstSunday = 3 * day;
/** More intervals than days in a thousand years are a mistake in a time stamp. */
const countMax = 366_000;

/**
 * The days, weeks (from Sunday 00:00) or calendar months, all UTC, that cover both instants. An instant on a boundary opens
 * an interval. Throws InvalidInputError `cred-intervals-invalid` for what is no time, backwards, or above 366,000 intervals.
 */
export function coveringIntervals(kind: IntervalKind, first: number, last: number): CredInterval[] {
  if (!Number.isFinite(first) || !Number.isFinite(last) || last < first) {
    throw intervalsError(`instants ${first} and ${last}`, 'two instants, the later one last');
  }
  const intervals: CredInterval[] = [];
  for (let start = floorTo(kind, first); start <= last;) {
    if (intervals.length === countMax) throw intervalsError(`more than ${countMax} ${kind}`, `at most ${countMax}`);
    const end = nextOf(kind, start);
    intervals.push({ start, end });
    start = end;
  }
  return intervals;
}

/** The intervals that cover all times of nodes and edges. Throws InvalidInputError `cred-intervals-invalid`, also when there is none. */
export function intervalsOfGraph(kind: IntervalKind, { nodeTime, edgeTime }: CredGraph): CredInterval[] {
  let [first, last] = [Infinity, -Infinity];
  for (const times of [nodeTime, edgeTime]) {
    for (let i = 0; i < times.length; i += 1) {
      const time = times[i]!;
      if (time < first) first = time; // both are false for NaN, which is no time
      if (time > last) last = time;
    }
  }
  return coveringIntervals(kind, first, last);
}

function floorTo(kind: IntervalKind, instant: number): number {
  if (kind === 'weeks') return Math.floor((instant - firstSunday) / (7 * day)) * 7 * day + firstSunday;
  const days = Math.floor(instant / day);
  return (kind === 'days' ? days : days - civilFromDays(days).day + 1) * day;
}

function nextOf(kind: IntervalKind, start: number): number {
  if (kind !== 'months') return start + (kind === 'days' ? day : 7 * day);
  const { year, month } = civilFromDays(start / day);
  return daysFromCivil(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) * day;
}

/** A given list: at least one, each longer than nothing, each beginning where the one before ends. Throws InvalidInputError `cred-intervals-invalid`. */
export function checkIntervals(intervals: readonly CredInterval[]): void {
  if (intervals.length === 0) throw intervalsError('no interval', 'at least one');
  for (const [k, { start, end }] of intervals.entries()) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || end <= start) {
      throw intervalsError(`[${start}, ${end})`, 'whole milliseconds, the end after the start');
    }
    if (k > 0 && intervals[k - 1]!.end !== start) {
      throw intervalsError(`[${start}, ${end}) after the end ${intervals[k - 1]!.end}`, 'neighbours that meet');
    }
  }
}

const intervalsError = (found: string, accepted: string): InvalidInputError =>
  new InvalidInputError('cred-intervals-invalid', `Intervals of cred: found ${found}; accepted: ${accepted}.`, {
    found,
  });

/** The last interval that starts before `time`; -1 where none does. `hint`, say the last answer, is tried first. */
export function lastBefore(starts: Float64Array, time: number, hint: number): number {
  if (hint >= 0 && starts[hint]! < time && (hint + 1 === starts.length || starts[hint + 1]! >= time)) return hint;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
