import type { ScheduleEntry, SettleMode } from '../../program.ts';
import type { ProgramState } from '../../state.ts';

/** A period that is not settled: seconds [start, end), `end` Infinity for the newest. */
export interface Span {
  readonly period: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The periods that a score can still belong to, ascending: that of the open window, then one per boundary of the
 * schedule, then the one without an end. In `single_block` a boundary is drawn when it is reached, not by the schedule.
 */
export function openSpans(
  state: Pick<ProgramState, 'window' | 'nextPeriod' | 'periodStart'>,
  schedule: readonly ScheduleEntry[],
  settle: SettleMode,
): Span[] {
  const spans: Span[] = [];
  if (state.window) spans.push({ period: state.window.period, start: state.window.start, end: state.window.boundary });
  let { nextPeriod: period, periodStart: start } = state;
  if (settle === 'multi_block') {
    for (const entry of schedule) {
      spans.push({ period, start, end: entry.at });
      start = Math.max(start, entry.at);
      period += 1;
    }
  }
  spans.push({ period, start, end: Infinity });
  return spans;
}

/** The span that second `at` falls into (the first one, for what lies before all of them). */
export function spanAt(spans: readonly Span[], at: number): Span {
  return spans.find((span) => at < span.end) ?? spans[spans.length - 1]!;
}
