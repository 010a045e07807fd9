import { InvalidInputError } from '../errors.ts';
import type { Rules } from '../program.ts';
import { secondMax } from '../time/instant.ts';

/** A schedule entry before it is known to be good; `amount` undefined = none was given. */
export interface ScheduleEntryInput {
  readonly at: number;
  readonly id?: number | undefined;
  readonly allocations: readonly { readonly pool: string; readonly amount: bigint | undefined }[];
  readonly repeat?: { readonly every: number; readonly left: number | null } | undefined;
}

/**
 * Checks a whole schedule and reports the first broken rule, in this order. Per entry: `schedule-id-zero`,
 * `schedule-id-not-sequential` (both only with ids; the first may be any positive number), `schedule-timestamp-zero`,
 * `schedule-timestamp-out-of-range`, `schedule-timestamp-duplicate`, `schedule-not-sorted`, `schedule-no-allocations`; per
 * allocation `allocation-account-empty`, `allocation-account-unknown`, `allocation-account-duplicate`,
 * `allocation-amount-missing`, `allocation-amount-negative`, `allocation-amount-zero`; then, when every pool must be named,
 * `allocation-account-missing`. Then, over all entries, `schedule-gap-too-small`; at last
 * `schedule-repeat-not-last` and `schedule-repeat-model`: only the last entry of a crown or cred program may come again. Throws InvalidInputError with the entry's
 * path in `field`. An empty schedule is good.
 */
export function checkSchedule(
  entries: readonly ScheduleEntryInput[],
  rules: Pick<Rules, 'pools' | 'requireIds' | 'requireAllPools' | 'minGapSeconds'> & Partial<Pick<Rules, 'scoring'>>,
): void {
  const pools = new Set(rules.pools.map((pool) => pool.name));
  const seen = new Set<number>();
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    const field = `entries[${index}]`;
    if (rules.requireIds) checkId(entry, before, field);
    checkInstant(entry, before, seen, field);
    seen.add(entry.at);
    checkAllocations(entry, pools, field);
    if (rules.requireAllPools)
      checkComplete(
        entry,
        rules.pools.map((pool) => pool.name),
        field,
      );
  }
  for (const [index, entry] of entries.entries()) {
    const gap = index === 0 ? Number.POSITIVE_INFINITY : entry.at - entries[index - 1]!.at;
    if (gap < rules.minGapSeconds) {
      throw refusal(
        'schedule-gap-too-small',
        `entries[${index}].at`,
        `${gap} seconds after the entry before`,
        `at least ${rules.minGapSeconds} seconds after it`,
      );
    }
  }
  for (const [index, { repeat }] of entries.entries()) {
    if (repeat === undefined) continue;
    const field = `entries[${index}].repeat`;
    if (index < entries.length - 1)
      throw refusal('schedule-repeat-not-last', field, 'an entry after it', 'repeat in the last entry only');
    if ((rules.scoring?.model ?? 'stake-time') === 'stake-time')
      throw refusal('schedule-repeat-model', field, 'a repeated entry', 'entries that are written out, in this model');
    if (repeat.every < Math.max(1, rules.minGapSeconds))
      throw refusal(
        'schedule-gap-too-small',
        field,
        `every ${repeat.every} seconds`,
        `at least ${Math.max(1, rules.minGapSeconds)}`,
      );
  }
}

function checkId(entry: ScheduleEntryInput, before: ScheduleEntryInput | undefined, field: string): void {
  if (entry.id === undefined || entry.id === 0) {
    throw refusal('schedule-id-zero', `${field}.id`, entry.id === undefined ? 'none' : '0', 'a positive whole number');
  }
  if (before !== undefined && entry.id !== before.id! + 1) {
    throw refusal('schedule-id-not-sequential', `${field}.id`, `${entry.id} after ${before.id}`, `${before.id! + 1}`);
  }
}

function checkInstant(
  entry: ScheduleEntryInput,
  before: ScheduleEntryInput | undefined,
  seen: ReadonlySet<number>,
  field: string,
): void {
  if (entry.at === 0)
    throw refusal('schedule-timestamp-zero', `${field}.at`, '0', 'a second after 1970-01-01T00:00:00Z');
  if (!Number.isInteger(entry.at) || entry.at < 0 || entry.at > secondMax) {
    throw refusal('schedule-timestamp-out-of-range', `${field}.at`, `${entry.at}`, 'a whole second from 1970 to 9999');
  }
  if (seen.has(entry.at))
    throw refusal(
      'schedule-timestamp-duplicate',
      `${field}.at`,
      `${entry.at} a second time`,
      'every second at most once',
    );
  if (before !== undefined && entry.at < before.at) {
    throw refusal('schedule-not-sorted', `${field}.at`, `${entry.at} after ${before.at}`, 'entries in ascending order');
  }
}

function checkAllocations(entry: ScheduleEntryInput, pools: ReadonlySet<string>, field: string): void {
  if (entry.allocations.length === 0)
    throw refusal('schedule-no-allocations', `${field}.allocations`, 'none', 'at least one');
  const named = new Set<string>();
  for (const [index, { pool, amount }] of entry.allocations.entries()) {
    const path = `${field}.allocations[${index}]`;
    if (pool === '') throw refusal('allocation-account-empty', `${path}.pool`, '""', `one of ${[...pools].join(', ')}`);
    if (!pools.has(pool))
      throw refusal(
        'allocation-account-unknown',
        `${path}.pool`,
        JSON.stringify(pool),
        `one of ${[...pools].join(', ')}`,
      );
    if (named.has(pool))
      throw refusal(
        'allocation-account-duplicate',
        `${path}.pool`,
        `${JSON.stringify(pool)} a second time`,
        'every pool at most once',
      );
    named.add(pool);
    const accepted = 'a whole number of smallest units above 0';
    if (amount === undefined) throw refusal('allocation-amount-missing', `${path}.amount`, 'none', accepted);
    if (amount < 0n) throw refusal('allocation-amount-negative', `${path}.amount`, `${amount}`, accepted);
    if (amount === 0n) throw refusal('allocation-amount-zero', `${path}.amount`, '0', accepted);
  }
}

function checkComplete(entry: ScheduleEntryInput, pools: readonly string[], field: string): void {
  const missing = pools.filter((pool) => !entry.allocations.some((allocation) => allocation.pool === pool));
  if (missing.length > 0)
    throw refusal(
      'allocation-account-missing',
      `${field}.allocations`,
      `none for ${missing.join(', ')}`,
      'one for every pool',
    );
}

function refusal(code: string, field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Schedule, "${field}": found ${found}; accepted: ${accepted}.`, { field, found });
}
