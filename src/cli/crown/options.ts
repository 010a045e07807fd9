import type { RoundQuery } from '../../app/crown/rounds.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { secondOf } from '../../core/time/instant.ts';
import { instantOption, wholeOption } from '../options.ts';

/** Which round a command is about. */
export interface RoundFlags {
  readonly period?: string;
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
}

/** The options that say it, as help shows them. */
export const roundOptions = [
  ['--period <n>', 'of this period (default: the newest settled one, else the one that runs)'],
  ['--from <instant>', 'a stretch of time of its own, by the rules of now'],
  ['--to <instant>', 'where that stretch ends (default: the newest event)'],
  ['--at <instant>', 'until when, for the running period'],
] as const;

/** Throws InvalidInputError `option-invalid` for a value, or for a period together with a stretch of its own. */
export function roundQuery({ period, from, to, at }: RoundFlags): RoundQuery {
  const stretch = from === undefined ? (to === undefined ? null : '--to') : '--from';
  if (period !== undefined && stretch !== null) {
    const message = `Found --period with ${stretch}; accepted: a period, or a stretch of time of its own.`;
    throw new InvalidInputError('option-invalid', message, { option: '--period' });
  }
  return {
    ...(period === undefined ? {} : { period: wholeOption(period, '--period', 1) }),
    ...(from === undefined ? {} : { from: secondOf(instantOption(from, '--from')) }),
    ...(to === undefined ? {} : { to: secondOf(instantOption(to, '--to')) }),
    ...(at === undefined ? {} : { at: instantOption(at, '--at') }),
  };
}

/**
 * Refuses options of a command that only programs of one scoring model have. `why` says what such a program has instead. Throws
 * InvalidInputError `option-invalid`.
 */
export function assertOnlyFor<const T extends string>(
  model: 'crown' | 'stake-time',
  options: { readonly [name in T]?: unknown },
  names: readonly T[],
  why: string,
): void {
  const name = names.find((one) => options[one] !== undefined);
  if (name === undefined) return;
  const option = `--${name}`;
  const message = `Found ${option}, but ${why}; accepted: ${option} in a program that scores by ${model}.`;
  throw new InvalidInputError('option-invalid', message, { option });
}
