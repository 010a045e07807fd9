import { InvalidInputError } from '../errors.ts';
import type { Fraction } from '../money/fraction.ts';
import type { ScheduleEntry } from '../program.ts';
import { addMonths, capDay, secondMax, secondOf } from '../time/instant.ts';

/** Most months of a plan: a hundred years. */
export const monthsMax = 1200;
/** The day of the month on which no month fails to have one. */
export const dayCapDefault = 28;

export interface PlanInput {
  /** First second, before its day is capped. */
  readonly start: number;
  readonly months: number;
  /** 1 to 28, so that every month has that day. */
  readonly dayCap?: number;
  /** In the asset's smallest unit. */
  readonly total: bigint;
  readonly shares: readonly { readonly pool: string; readonly share: Fraction }[];
}

export interface Plan {
  readonly entries: readonly ScheduleEntry[];
  /** floor(share x total) by pool: what the pool must hold. */
  readonly funded: ReadonlyMap<string, bigint>;
  /** floor(funded / months) by pool: what it pays every month. */
  readonly amounts: ReadonlyMap<string, bigint>;
  /** funded - months x amount, by pool: never scheduled, less than `months` units. */
  readonly residue: ReadonlyMap<string, bigint>;
}

/**
 * Equal monthly allocations: entry i lies i calendar months after the start with its day capped, at the same time of day, UTC.
 * Rounds down twice (share, month); what is left is stated as residue and stays in the pool.
 * Throws InvalidInputError `plan-no-allocations`, `plan-amount-too-small` (a pool would pay nothing in a month),
 * `plan-pool-duplicate`, `plan-shares-above-whole`, `plan-months-out-of-range`, `plan-day-cap-out-of-range`, `plan-out-of-range`.
 */
export function makePlan({ start, months, dayCap = dayCapDefault, total, shares }: PlanInput): Plan {
  if (shares.length === 0)
    throw new InvalidInputError('plan-no-allocations', 'Plan, "shares": found none; accepted: at least one pool.', {
      field: 'shares',
    });
  if (!Number.isInteger(months) || months < 1 || months > monthsMax)
    throw refusal('plan-months-out-of-range', 'months', `${months}`, `a whole number from 1 to ${monthsMax}`);
  if (!Number.isInteger(dayCap) || dayCap < 1 || dayCap > 28)
    throw refusal('plan-day-cap-out-of-range', 'day_cap', `${dayCap}`, 'a day from 1 to 28');
  checkWhole(shares);

  const [funded, amounts, residue] = [new Map<string, bigint>(), new Map<string, bigint>(), new Map<string, bigint>()];
  for (const { pool, share } of shares) {
    if (funded.has(pool))
      throw refusal('plan-pool-duplicate', `shares.${pool}`, 'a second share', 'every pool at most once');
    const whole = (total * share.numerator) / share.denominator;
    const amount = whole / BigInt(months);
    if (amount === 0n)
      throw refusal(
        'plan-amount-too-small',
        `shares.${pool}`,
        `${whole} units for ${months} months`,
        'at least one unit a month',
      );
    funded.set(pool, whole);
    amounts.set(pool, amount);
    residue.set(pool, whole - amount * BigInt(months));
  }

  const first = capDay(start, dayCap);
  const allocations = [...amounts].map(([pool, amount]) => ({ pool, amount }));
  const entries = Array.from({ length: months }, (_, month) => ({ at: addMonths(first, month), allocations }));
  if (first <= 0 || entries.at(-1)!.at > secondMax)
    throw refusal('plan-out-of-range', 'start', `${start}`, 'a plan that lies between 1970 and 9999');
  return { entries, funded, amounts, residue };
}

function checkWhole(shares: PlanInput['shares']): void {
  const common = shares.reduce((product, { share }) => product * share.denominator, 1n);
  const sum = shares.reduce((total, { share }) => total + share.numerator * (common / share.denominator), 0n);
  if (sum > common)
    throw refusal(
      'plan-shares-above-whole',
      'shares',
      'shares that add up to more than 1',
      'shares that add up to 1 at most',
    );
}

function refusal(code: string, field: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(code, `Plan, "${field}": found ${found}; accepted: ${accepted}.`, { field, found });
}

/**
 * The first boundary of a plan that is set up now: 12:00:00 UTC, one calendar month after the clock's date with its day capped.
 * `clockMs` in milliseconds since 1970 UTC; the result in seconds.
 */
export function bootstrapStart(clockMs: number, dayCap: number = dayCapDefault): number {
  const second = secondOf(clockMs);
  const noon = second - (second % 86_400) + 43_200;
  return addMonths(capDay(noon, dayCap), 1);
}
