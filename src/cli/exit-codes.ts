import type { ErrorKind } from '../core/errors.ts';

/** What the process ends with, by kind of outcome; docs/reference/exit-codes.md is the same table for people. */
export const exitCodes = {
  ok: 0,
  usage: 2,
  'invalid-input': 3,
  'not-found': 4,
  conflict: 5,
  unavailable: 6,
  /** The program does not move: halted or paused. */
  halted: 7,
  /** `verify` found an invariant that does not hold. */
  'does-not-hold': 8,
  /** `ingest --partial` took some lines and refused others. */
  partly: 9,
  bug: 70,
  /** Ended by Ctrl-C, after the current step: 128 + SIGINT. */
  interrupted: 130,
} as const satisfies Record<ErrorKind, number> & Record<string, number>;
