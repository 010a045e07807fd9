import type { RoundQuery } from '../../app/crown/rounds.ts';
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

export function roundQuery({ period, from, to, at }: RoundFlags): RoundQuery {
  return {
    ...(period === undefined ? {} : { period: wholeOption(period, '--period', 1) }),
    ...(from === undefined ? {} : { from: secondOf(instantOption(from, '--from')) }),
    ...(to === undefined ? {} : { to: secondOf(instantOption(to, '--to')) }),
    ...(at === undefined ? {} : { at: instantOption(at, '--at') }),
  };
}
