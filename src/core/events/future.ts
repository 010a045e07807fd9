import { formatInstant } from '../time/instant.ts';
import type { ProrataEvent } from './event.ts';
import type { Refusal } from './refusal.ts';

/** Clocks differ a little; a year typed wrong does not. In milliseconds. */
export const aheadMaxMs = 86_400_000;

/**
 * Looks for events that lie more than a day after `now` (milliseconds), the clock of the machine that takes them. One of them in
 * the log would make every later event `time-backwards`. The engine has no clock, so that this is for the edge to say, and how
 * whoever means it can say so: `how`.
 */
export function refuseFuture(now: number, how: string): (event: ProrataEvent) => Refusal | null {
  return ({ time }) =>
    time <= now + aheadMaxMs
      ? null
      : { code: 'time-in-future', message: futureMessage({ at: time, now, how }), field: 'time' };
}

export const futureMessage = ({
  at,
  now,
  how,
}: {
  readonly at: number;
  readonly now: number;
  readonly how: string;
}): string =>
  `${formatInstant(at)} is more than a day after this machine's clock, ${formatInstant(now)}; accepted: an earlier instant, or any with ${how}.`;
