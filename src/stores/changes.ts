import { invariant } from '../core/errors.ts';
import type { ScheduleEntry } from '../core/program.ts';
import type { LedgerAccount, Posting, Rate } from '../core/state.ts';

/** A schedule entry under its key: entries of the same second are told apart by `nth`, from 0. */
export interface ScheduleRow {
  readonly at: number;
  readonly nth: number;
  readonly entry: ScheduleEntry;
}

/** Ascending by `at`; entries of one second stay in the order given. */
export function scheduleRows(entries: readonly ScheduleEntry[]): ScheduleRow[] {
  const rows: ScheduleRow[] = [];
  for (const entry of entries.toSorted((a, b) => a.at - b.at)) {
    const above = rows.at(-1);
    rows.push({ at: entry.at, nth: above?.at === entry.at ? above.nth + 1 : 0, entry });
  }
  return rows;
}

/** What has to change so that `before` becomes `after`: a boundary that was dealt with costs one row, not the whole list. */
export function scheduleChanges(before: readonly ScheduleRow[], after: readonly ScheduleRow[]) {
  const keyOf = (row: ScheduleRow): string => `${row.at} ${row.nth}`;
  const old = new Map(before.map((row) => [keyOf(row), row]));
  const kept = new Set(after.map(keyOf));
  return {
    removed: before.filter((row) => !kept.has(keyOf(row))),
    put: after.filter((row) => !sameEntry(old.get(keyOf(row))?.entry, row.entry)),
  };
}

function sameEntry(a: ScheduleEntry | undefined, b: ScheduleEntry): boolean {
  if (
    a === undefined ||
    a.id !== b.id ||
    a.repeat?.left !== b.repeat?.left ||
    a.repeat?.every !== b.repeat?.every ||
    a.allocations.length !== b.allocations.length
  )
    return false;
  return a.allocations.every(
    (one, i) => one.pool === b.allocations[i]!.pool && one.amount === b.allocations[i]!.amount,
  );
}

/** Places of `after` that differ from `before`: a validator's rates mostly grow by one at the end. */
export function changedRates(before: readonly Rate[], after: readonly Rate[]): number[] {
  return [...after.keys()].filter((i) => {
    const [a, b] = [before[i], after[i]!];
    return a === undefined || a.since !== b.since || a.tokens !== b.tokens || a.perShares !== b.perShares;
  });
}

/** Of several versions of one thing the newest. */
export function newestOf<T extends { readonly number: number; readonly since: number }>(versions: readonly T[]): T[] {
  const newest = new Map<number, T>();
  for (const version of versions) {
    const known = newest.get(version.number);
    if (known === undefined || known.since < version.since) newest.set(version.number, version);
  }
  return [...newest.values()];
}

/** The earner on one side of a posting, or `null`. A posting between two different earners is not a thing: InvariantError. */
export function earnerOf(posting: Posting): number | null {
  const source = earnerId(posting.source);
  const target = earnerId(posting.target);
  invariant(source === null || target === null || source === target, 'store.posting-of-two-earners');
  return target ?? source;
}

export function earnerId(account: LedgerAccount): number | null {
  return account.kind === 'liquid' || account.kind === 'stake' ? account.account.id : null;
}
