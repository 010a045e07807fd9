import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import { aheadMaxMs, futureMessage, refuseFuture } from '../core/events/future.ts';
import type { Refusal } from '../core/events/refusal.ts';
import type { Io } from './io.ts';

export interface FutureFlags {
  readonly allowFuture?: boolean;
}

const how = '--allow-future';

/** Looks for events that lie more than a day after this machine's clock, which is read once, here; with --allow-future for none. */
export function futureRefusal(io: Io, { allowFuture }: FutureFlags): (event: ProrataEvent) => Refusal | null {
  return allowFuture === true ? () => null : refuseFuture(io.now(), how);
}

/** The same for an option's instant (milliseconds). Throws InvalidInputError `time-in-future`. */
export function assertNotInFuture(io: Io, flags: FutureFlags, at: number, option: string): void {
  const now = io.now();
  if (flags.allowFuture === true || at <= now + aheadMaxMs) return;
  throw new InvalidInputError('time-in-future', `${option}: ${futureMessage({ at, now, how })}`, { option });
}
