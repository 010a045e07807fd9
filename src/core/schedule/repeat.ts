import type { ScheduleEntry } from '../program.ts';

/** Whether the last entry repeats without end. */
export const endless = (schedule: readonly ScheduleEntry[]): boolean => schedule.at(-1)?.repeat?.left === null;

/** How many boundaries a schedule has; `null`: it has no end. */
export function boundaryCount(schedule: readonly ScheduleEntry[]): number | null {
  let count = 0;
  for (const { repeat } of schedule) {
    if (repeat?.left === null) return null;
    count += 1 + (repeat?.left ?? 0);
  }
  return count;
}

/** What a schedule takes from a pool; of one without an end, what its written entries take once. */
export function owedFrom(schedule: readonly ScheduleEntry[], pool: string): bigint {
  let owed = 0n;
  for (const { allocations, repeat } of schedule) {
    const times = BigInt(1 + (repeat?.left ?? 0));
    for (const allocation of allocations) if (allocation.pool === pool) owed += allocation.amount * times;
  }
  return owed;
}

/** A repeated entry from its first boundary after second `last` on; none when it has ended by then. */
export function repeatedAfter(entry: ScheduleEntry, last: number): ScheduleEntry | null {
  if (entry.at > last || entry.repeat === undefined) return entry.at > last ? entry : null;
  const { every, left } = entry.repeat;
  const passed = Math.floor((last - entry.at) / every) + 1;
  if (left !== null && passed > left) return null;
  const next = {
    ...entry,
    at: entry.at + passed * every,
    repeat: { every, left: left === null ? null : left - passed },
  };
  return entry.id === undefined ? next : { ...next, id: entry.id + passed };
}
