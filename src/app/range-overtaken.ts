import { ConflictError } from '../core/errors.ts';
import type { RangeOfWindow } from './ports.ts';

/** What a step on a range ends with that is not, or no more, what it was begun as. */
export function rangeOvertaken({ period, step }: Omit<RangeOfWindow, 'program'>): ConflictError {
  const message = `Step ${step} of period ${period} does not begin as it was told: another made it, or something came in between. Nothing was written.`;
  return new ConflictError('range-overtaken', message, { period: String(period), step: String(step) });
}
