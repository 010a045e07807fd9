import type { ProrataEvent } from '../../core/events/event.ts';
import type { ProgramDefinition } from '../../core/program.ts';

/** A made-up program whose events do not depend on what was paid: they can all be written down beforehand. */
export interface ToldProgram {
  /** What it is, in a line. */
  readonly about: string;
  readonly definition: ProgramDefinition;
  /** In the order of time. */
  readonly chapters: readonly Chapter[];
  /** Somebody paid in `period`, whom one may ask about; and somebody who gets nothing, for a reason. */
  readonly ask: { readonly period: number; readonly paid: string; readonly unpaid: string };
}

/** What happens in one period, and the boundary at which it is settled (seconds); `null`: it goes on running. */
export interface Chapter {
  readonly events: readonly ProrataEvent[];
  readonly settleAt: number | null;
  /** What is out of the ordinary in it, for people. */
  readonly notes: readonly string[];
}
