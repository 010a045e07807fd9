import type { Allocation, Coming, Instant, OpenWindow, Period, Program } from '../../api/types.ts';

/** A period as the timeline has it: what was, what runs, what is to come. */
export interface Span {
  readonly period: number;
  readonly state: 'settled' | 'open' | 'running' | 'coming';
  /** `null`: the beginning of time. */
  readonly start: Instant | null;
  /** `null`: no end is planned. */
  readonly end: Instant | null;
  readonly allocations: readonly Allocation[];
  readonly due: boolean;
  /** Of periods whose window was opened. */
  readonly record: Period | null;
}

/** How many periods to come are shown at most: a schedule may repeat without an end. */
const comingMost = 24;

/**
 * Periods that were opened, in their order; up to the newest also the one that runs, and those to come, and how many more there are
 * (`null`: without an end). Without a `schedule` there are newer ones than `past`.
 */
export function spansOf(
  program: Pick<Program, 'period' | 'boundaries_left' | 'window'>,
  past: readonly Period[],
  schedule: readonly Coming[] | null,
): { readonly spans: readonly Span[]; readonly more: number | null } {
  const spans: Span[] = past.map((record) => ({
    period: record.period,
    state: record.status,
    start: record.start,
    end: record.boundary,
    allocations: record.allocations,
    due: false,
    record: asItGoes(record, program.window),
  }));
  if (schedule === null) return { spans, more: 0 };
  const coming = repeated(schedule).slice(0, comingMost);
  let start = past.at(-1)?.boundary ?? null;
  let period = (past.at(-1)?.period ?? program.period - 1) + 1;
  const ahead = coming.length > 0 ? coming : [{ boundary: null, allocations: [], due: false }];
  for (const { boundary, allocations, due } of ahead) {
    const state = period <= program.period ? 'running' : 'coming';
    spans.push({ period, state, start, end: boundary, allocations, due, record: null });
    start = boundary;
    period += 1;
  }
  const left = program.boundaries_left;
  return { spans, more: left === null ? null : Math.max(0, left - coming.length) };
}

/** A record with what its open window has done so far, which is written into it at the end. */
function asItGoes(record: Period, window: OpenWindow | null): Period {
  if (record.period !== window?.period) return record;
  return {
    ...record,
    delivered: String(BigInt(record.delivered) + BigInt(window.delivered)),
    accounts_paid: record.accounts_paid + window.accounts_paid,
    entries_scored: window.entries_scored,
    steps: window.steps,
  };
}

/** A schedule with its repetitions written out, as far as they are shown. */
function repeated(schedule: readonly Coming[]): readonly Pick<Coming, 'boundary' | 'allocations' | 'due'>[] {
  return schedule.flatMap(({ boundary, allocations, repeat, due }) => {
    const times = repeat === null ? 1 : 1 + Math.min(repeat.left ?? comingMost, comingMost);
    return Array.from({ length: times }, (_, nth) => ({
      boundary: new Date(Date.parse(boundary) + nth * (repeat?.every ?? 0) * 1000).toISOString().replace('.000Z', 'Z'),
      allocations,
      due: due && nth === 0,
    }));
  });
}

export const sumOf = (amounts: Iterable<string>): bigint => {
  let sum = 0n;
  for (const amount of amounts) sum += BigInt(amount);
  return sum;
};

export const allocated = ({ allocations }: Pick<Span, 'allocations'>): bigint =>
  sumOf(allocations.map(({ amount }) => amount));

/** What of a period went to the residual, by reason, in the order in which it is told; zeros included. */
export function residualsOf({ residual }: Period): readonly { readonly reason: string; readonly amount: string }[] {
  return Object.entries(residual).map(([reason, amount]) => ({ reason, amount: amount ?? '0' }));
}

/** The reasons of the residual in words. */
export const residualWords: Readonly<Record<string, string>> = {
  rounding: 'Rounding',
  undelivered: 'No stake to deliver to',
  direct_remainder: 'Remainder of equal parts',
  zero_total: 'Nobody had a score',
  unearned: 'Not earned by anybody',
};
