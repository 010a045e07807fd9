import type { CredAbout, CredView, CredViewQuery } from '../../app/cred/view.ts';
import type { Engine } from '../../app/engine.ts';
import { formatUnits } from '../../core/money/amount.ts';
import { formatInstant } from '../../core/time/instant.ts';
import type { Io } from '../io.ts';
import { type GlobalOptions, wholeOption } from '../options.ts';
import { iso } from '../print.ts';
import { startProgress } from '../progress.ts';
import { Interrupted } from '../report.ts';

export interface CredFlags extends GlobalOptions {
  readonly period?: string;
}

/** A number, or `running`. */
export const periodOf = (text: string): number | 'running' =>
  text === 'running' ? text : wholeOption(text, '--period', 1);

/** Scores a period, with progress, until Ctrl-C. */
export async function viewOf(
  io: Io,
  options: CredFlags,
  {
    engine,
    program,
    query = {},
  }: { readonly engine: Engine; readonly program: string; readonly query?: CredViewQuery },
): Promise<CredView> {
  const progress = startProgress(io, options);
  try {
    return await engine.credView(program, {
      ...(options.period === undefined ? {} : { period: periodOf(options.period) }),
      ...query,
      ...watched(io, progress),
    });
  } finally {
    progress.end();
  }
}

/** What a computation tells of on its way, and how it is stopped. */
export function watched(
  io: Io,
  progress: ReturnType<typeof startProgress>,
): Pick<CredViewQuery, 'onProgress' | 'signal'> {
  const stop = new AbortController();
  const abort = (): void =>
    stop.abort(new Interrupted('Stopped before the scores were computed; nothing was changed.'));
  if (io.signal.aborted) abort();
  else io.signal.addEventListener('abort', abort, { once: true });
  return {
    signal: stop.signal,
    onProgress: ({ sweeps, bound }) =>
      progress.update(() => `sweep ${sweeps}: within ${bound.toExponential(0)} of all cred`),
  };
}

/** `period 3 (settled), 2025-01-05T00:00:00Z to 2025-01-12T00:00:00Z`. */
export function periodText({
  period,
  status,
  start,
  until,
}: Pick<CredAbout, 'period' | 'status' | 'start' | 'until'>): string {
  return `period ${period} (${status}), ${start === 0 ? 'from the beginning' : iso(start)} to ${iso(until)}`;
}

/** Units of a score as cred: with all places where the factor is a power of ten, else as units. */
export function credText(view: CredAbout, score: bigint): string {
  const { factor } = view.reading.scoring;
  const places = /^10*$/.test(factor) ? factor.length - 1 : null;
  return places === null ? `${score} units` : formatUnits(score, places, { group: true });
}

export const timeText = (time: number | null): string => (time === null ? '-' : formatInstant(time));

/** `33.40 %` of ten-thousandths. */
export const percentText = (tenThousandths: number): string =>
  `${Math.floor(tenThousandths / 100)}.${String(tenThousandths % 100).padStart(2, '0')} %`;

/** Who is who: the names of ids, as people see them. */
export function namesOf({ reading }: CredView): (id: string) => string {
  const names = new Map(reading.persons.flatMap(({ ids, name }) => ids.map((id) => [id, `@${name}`] as const)));
  return (id) => names.get(id) ?? id;
}
