import type { PeopleCounts } from '../app/cred/people-counts.ts';
import type { Engine } from '../app/engine.ts';
import { progressOf, type StepTimes } from '../app/scheduler/step-watch.ts';
import type { ProgramStatus } from '../app/status.ts';
import type { ScheduleEntry } from '../core/program.ts';
import { boundaryCount, owedFrom } from '../core/schedule/repeat.ts';
import type { PeriodRecord, StepRecord, Window } from '../core/state.ts';
import { formatInstant } from '../core/time/instant.ts';
import { iso, isoOrNull } from './json.ts';

export interface PoolLine {
  readonly pool: string;
  readonly pays: string;
  readonly balance: bigint;
  /** By what is left of the schedule; of one without an end, once. */
  readonly owed: bigint;
}

export function poolLines({ rules, schedule, balances }: ProgramStatus): PoolLine[] {
  return rules.pools.map(({ name, pays }) => {
    const balance = balances.find(({ account }) => account.kind === 'pool' && account.pool === name)?.balance ?? 0n;
    return { pool: name, pays, balance, owed: owedFrom(schedule, name) };
  });
}

export const residualOf = ({ balances }: ProgramStatus): bigint =>
  balances.find(({ account }) => account.kind === 'residual')?.balance ?? 0n;

/** `null`: the program scores no contributions. */
export async function peopleCounts(engine: Engine, { program, rules }: ProgramStatus): Promise<PeopleCounts | null> {
  if (rules.scoring.model !== 'cred') return null;
  return engine.peopleCounts(program);
}

/** A program at a glance, for JSON. */
export function statusJson(found: ProgramStatus, people: PeopleCounts | null): Record<string, unknown> {
  const { program, clock, period, events, head, paused, halted, window, schedule, counts, totals, rules } = found;
  const next = schedule[0];
  return {
    program,
    clock: formatInstant(clock),
    period,
    events,
    head,
    paused,
    halted,
    window: window && {
      ...window,
      start: isoOrNull(window.start),
      boundary: iso(window.boundary),
      frontier: undefined,
    },
    next: next ? { at: iso(next.at), allocations: next.allocations, repeat: next.repeat ?? null } : null,
    boundariesLeft: boundaryCount(schedule),
    asset: rules.asset,
    pools: poolLines(found),
    residual: { name: rules.residual, balance: residualOf(found) },
    counts,
    ...(found.graph === null ? {} : { graph: found.graph }),
    totals,
    ...(people === null ? {} : { people }),
  };
}

/** A line of a list of programs. */
export function programJson({ program, events, counts, clock, halted, paused }: ProgramStatus) {
  const state = halted ? 'halted' : paused === null ? 'running' : 'paused';
  return {
    program,
    state,
    clock: formatInstant(clock),
    events,
    accounts: counts.accounts,
    payouts: counts.payouts,
  };
}

/** A period for JSON. */
export function periodJson(record: PeriodRecord) {
  return { ...record, start: isoOrNull(record.start), boundary: iso(record.boundary) };
}

/** A period to come, its boundary in seconds. */
export interface ComingPeriod extends Pick<ScheduleEntry, 'allocations'> {
  readonly period: number;
  readonly boundary: number;
  readonly repeat: NonNullable<ScheduleEntry['repeat']> | null;
}

/** What is left of a schedule, numbered after the periods that were opened. */
export function comingAfter(past: readonly PeriodRecord[], left: readonly ScheduleEntry[]): ComingPeriod[] {
  const first = (past.at(-1)?.period ?? 0) + 1;
  return left.map(({ at, allocations, repeat }, index) => ({
    period: first + index,
    boundary: at,
    allocations,
    repeat: repeat ?? null,
  }));
}

/** The same for JSON, with whether it is due at the newest event's instant, milliseconds. */
export function comingJson(entry: ComingPeriod, clock: number) {
  return { ...entry, boundary: iso(entry.boundary), due: entry.boundary * 1000 <= clock };
}

/** A step of a window for JSON, and how long it took, milliseconds; `null`: not known. */
export function stepJson(step: StepRecord, ms: number | null) {
  return { ...step, at: formatInstant(step.at), ms: ms === null ? null : hundredths(ms) };
}

/** How far an open window is, for JSON; `timeLeft` in milliseconds. */
export function progressJson(window: Window | null, timeLeft: number | null | undefined) {
  return {
    progress: window && progressOf(window),
    timeLeftMs: typeof timeLeft === 'number' ? Math.round(timeLeft) : null,
  };
}

/** Durations of steps for JSON: hundredths of a millisecond say all that is worth saying. */
export function stepTimesJson(times: StepTimes | null) {
  if (times === null) return null;
  const { last, median, p99, count } = times;
  return { last: hundredths(last), median: hundredths(median), p99: hundredths(p99), count };
}

const hundredths = (ms: number): number => Math.round(ms * 100) / 100;
