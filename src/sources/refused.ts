import { lineBytesMax } from './lines.ts';
import type { Line } from './lines.ts';

/** Why a line has no event. */
export interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  /** Path of the field, where one is to blame. */
  readonly field?: string;
}

export function refused(code: string, message: string, field?: string): Refused {
  return field === undefined ? { ok: false, code, message } : { ok: false, code, message, field };
}

/** Of a line that could not even be read. */
export function faultRefused(fault: NonNullable<Line['fault']>): Refused {
  return fault === 'line-too-long'
    ? refused('line-too-long', `Found a line of more than ${lineBytesMax} bytes; accepted: lines up to 1 MiB.`)
    : refused('line-not-text', 'Found bytes that are no UTF-8; accepted: text in UTF-8.');
}
