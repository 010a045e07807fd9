import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { Io } from './io.ts';

export interface FutureFlags {
  readonly allowFuture?: boolean;
}

/** Clocks differ a little; a year typed wrong does not. In milliseconds. */
const aheadMaxMs = 86_400_000;

/**
 * Looks for events that lie more than a day after this machine's clock, which is read once, here. One of them in the log
 * would make every later event `time-backwards`. The engine has no clock, so that this is for the edge to say; with
 * --allow-future nothing is refused.
 */
export function futureRefusal(io: Io, { allowFuture }: FutureFlags): (event: ProrataEvent) => Refusal | null {
  const now = io.now();
  return ({ time }) =>
    allowFuture === true || time <= now + aheadMaxMs
      ? null
      : { code: 'time-in-future', message: messageOf(time, now), field: 'time' };
}

/** The same for an option's instant (milliseconds). Throws InvalidInputError `time-in-future`. */
export function assertNotInFuture(io: Io, flags: FutureFlags, at: number, option: string): void {
  const now = io.now();
  if (flags.allowFuture === true || at <= now + aheadMaxMs) return;
  throw new InvalidInputError('time-in-future', `${option}: ${messageOf(at, now)}`, { option });
}

const messageOf = (time: number, now: number): string =>
  `${formatInstant(time)} is more than a day after this machine's clock, ${formatInstant(now)}; accepted: an earlier instant, or any with --allow-future.`;
