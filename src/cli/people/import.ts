import { InvalidInputError } from '../../core/errors.ts';
import type { ProrataEvent } from '../../core/events/event.ts';
import { normalizeEvent } from '../../core/events/normalize.ts';
import { asRefusal, type Refusal } from '../../core/events/refusal.ts';
import { readEvent } from '../../core/token/read-event.ts';
import { assertFile, readAll } from '../files.ts';
import { type Feed, ingestFiles, type IngestFlags } from '../ingest-files.ts';
import type { Io } from '../io.ts';
import { Hinted } from '../report.ts';
import { writing } from '../session.ts';
import { withStdin } from '../stdin.ts';

/**
 * `prorata people import`: a log of the token ledger into the log of a program, each line an event whose key is the line's `uuid`:
 * all of it, or nothing. Lines that are there already change nothing. The older form, one array, is read as well.
 */
export async function importLog(options: IngestFlags & { readonly file: string }, io: Io): Promise<number> {
  const { file } = options;
  return withStdin(io, [file], async (spooled) => {
    await assertFile(spooled, file);
    const text = await readAll(spooled, file);
    const asked = options.by === undefined ? {} : { by: options.by };
    return writing(spooled, options, async (session) => {
      await session.engine.people(session.program); // another model is refused as a whole, not line by line
      const flags = { ...options, files: [file] };
      try {
        return await ingestFiles(spooled, { ...session, created: false, keep: () => {} }, flags, () =>
          logFeed(text, asked),
        );
      } catch (error) {
        const refused = error instanceof InvalidInputError && error.code === 'lines-refused';
        throw refused ? new Hinted(error, 'mend the lines, and repeat.') : error;
      }
    });
  });
}

/** Who asks for the events: the lines of a log do not say. */
type Asked = { readonly by?: string };

interface Item {
  readonly line: number;
  readonly raw: string;
  readonly given: ProrataEvent | Refusal;
}

function logFeed(text: string, asked: Asked): Feed {
  const items = itemsOf(text.replace(/[\r\n]+$/, ''), asked);
  async function* chunks(): AsyncGenerator<readonly (ProrataEvent | Refusal)[]> {
    for (let at = 0; at < items.length; at += 2000) yield items.slice(at, at + 2000).map(({ given }) => given);
  }
  return { chunks: chunks(), lineOf: (index) => items[index]!, csv: () => ({ header: null }) };
}

/** One for each line; of the older form one for each event of the array, counted from 1. */
function itemsOf(text: string, asked: Asked): Item[] {
  if (text === '') return [];
  if (text.startsWith('[')) {
    const found = jsonOf(text);
    if ('value' in found && Array.isArray(found.value))
      return found.value.map((value, index) => ({
        line: index + 1,
        raw: JSON.stringify(value),
        given: givenOf({ value }, asked),
      }));
  }
  return text.split('\n').map((raw, index) => ({ line: index + 1, raw, given: givenOf(jsonOf(raw), asked) }));
}

type Parsed = { readonly value: unknown } | { readonly problem: string };

function jsonOf(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function givenOf(parsed: Parsed, asked: Asked): ProrataEvent | Refusal {
  if ('problem' in parsed)
    return {
      code: 'line-malformed',
      message: `Found a line that is no JSON: ${parsed.problem}; accepted: one event of the token ledger per line.`,
    };
  try {
    const { uuid: key, ledgerTimestamp: time, action } = readEvent(parsed.value);
    const found = normalizeEvent({ kind: 'token', key, time, action, ...asked });
    return found.ok ? found.event : asRefusal(found);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const { code, message, facts } = error;
    return { code, message, field: facts['field'] ?? 'event' };
  }
}
