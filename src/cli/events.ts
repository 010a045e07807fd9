import { decodeEvent } from '../core/events/encode.ts';
import { toFileForm } from '../core/events/normalize.ts';
import { formatInstant } from '../core/time/instant.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { wholeOption } from './options.ts';
import { eventRowJson } from '../views/ledger.ts';
import { type PageFlags, printRows } from './rows.ts';
import { reading } from './session.ts';

/** `prorata events`: the log from a place on. */
export async function events(options: PageFlags & { since?: string; account?: string }, io: Io): Promise<number> {
  const from = options.since === undefined ? 0 : wholeOption(options.since, '--since', 0);
  const query = options.account === undefined ? {} : { account: options.account };
  return reading(io, options, async ({ engine, program }) => {
    await printRows(io, options, from, {
      read: (after, limit) => engine.events(program, { ...query, after, limit }),
      cursorOf: ({ seq }) => seq,
      view: eventRowJson,
      headings: ['>seq', 'time', 'kind', 'key', 'what'],
      cells: ({ seq, time, kind, key, payload }) => [String(seq), formatInstant(time), kind, key, factsOf(payload)],
      none: 'no events',
      next: '--since',
    });
    return exitCodes.ok;
  });
}

/** `account=alice amount=5`: what the event says, cut where it is long. */
function factsOf(payload: string): string {
  const { kind: _kind, key: _key, time: _time, ...facts } = toFileForm(decodeEvent(payload));
  const text = Object.entries(facts)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}
