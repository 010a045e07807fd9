import type { IngestOptions, IngestSummary } from '../app/ingest.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import { asRefusal, type Refusal } from '../core/events/refusal.ts';
import type { EnsuredSession } from './ensure-program.ts';
import { exitCodes } from './exit-codes.ts';
import { newFile, readBytes, type NewFile } from './files.ts';
import { type FutureFlags, futureRefusal } from './future.ts';
import type { EventLine, Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, grouped, json, visible } from './print.ts';
import { breather, startProgress } from './progress.ts';
import { Interrupted } from './report.ts';

/** Refused lines that are printed one by one; the rest is counted. */
export const refusedShown = 20;

export interface IngestFlags extends GlobalOptions, FutureFlags {
  readonly format?: string;
  readonly partial?: boolean;
  readonly dryRun?: boolean;
  readonly at?: string;
  readonly heldSince?: string;
  readonly ongoing?: string;
  readonly backing?: string;
  readonly bookmark?: string;
  readonly compare?: boolean;
  readonly activate?: boolean;
  /** False with --no-people. */
  readonly people?: boolean;
  readonly complete?: readonly string[];
  readonly commits?: boolean;
  readonly whole?: boolean;
  readonly revision?: readonly string[];
  readonly path?: readonly string[];
  readonly shallow?: boolean;
  readonly name?: string;
  readonly pathWeight?: readonly string[];
  readonly keepReverts?: boolean;
}

/** A file on its way into the log: items for the engine, and where each came from. */
export interface Feed {
  readonly chunks: AsyncIterable<readonly (ProrataEvent | Refusal)[]>;
  /** Line and text of the item at a place among all items; only asked for those of the newest chunk. */
  readonly lineOf: (index: number) => { readonly line: number; readonly raw: string };
  readonly csv: () => { readonly header: string | null };
}

export async function ingestFiles(
  io: Io,
  session: EnsuredSession,
  options: IngestFlags & { readonly files: readonly string[] },
  feedOf: (file: string, block: Axis) => Feed,
  bookmark?: IngestOptions['bookmark'],
): Promise<number> {
  const { scoring } = (await session.engine.status(session.program)).rules;
  const block = scoring.model === 'crown' ? scoring.block : null;
  const summaries: (IngestSummary & { readonly file: string; readonly refusals: readonly Refused[] })[] = [];
  for (const file of options.files) {
    const summary = await ingestFile(io, session, file, feedOf(file, block), options, bookmark);
    summaries.push({ ...summary, file });
    if (!summary.committed) break;
  }
  const refused = summaries.reduce((sum, summary) => sum + summary.refused, 0);
  if (options.json === true) {
    await io.stdout.write(
      `${json({ program: session.program, created: session.created && summaries.some(({ committed }) => committed), dryRun: options.dryRun === true, files: summaries })}\n`,
    );
  }
  if (refused === 0) return exitCodes.ok;
  if (options.partial === true) return exitCodes.partly;
  const where = summaries.filter((summary) => summary.refused > 0).map(({ file }) => file);
  const nothing = options.dryRun === true ? 'Nothing would be taken' : 'Nothing was taken';
  const message = `${counted(refused, 'line')} of ${where.join(', ')} ${refused === 1 ? 'was' : 'were'} refused. ${nothing} of ${where.length === 1 ? 'it' : 'them'}.`;
  throw new InvalidInputError('lines-refused', message, { refused: String(refused) });
}

interface Refused extends Refusal {
  readonly line: number;
}

async function ingestFile(
  io: Io,
  { engine, program, created }: EnsuredSession,
  file: string,
  feed: Feed,
  options: IngestFlags,
  bookmark?: IngestOptions['bookmark'],
): Promise<IngestSummary & { readonly refusals: readonly Refused[] }> {
  const progress = startProgress(io, options);
  const shown: Refused[] = [];
  const aside = options.partial === true && options.dryRun !== true ? new Aside(io, file, feed) : null;
  let summary: IngestSummary;
  try {
    summary = await engine.ingest(program, interruptible(io, withoutFuture(io, feed.chunks, options)), {
      partial: options.partial === true,
      ...(bookmark === undefined ? {} : { bookmark }),
      onProgress: (seen) => progress.update(() => `${file}: ${grouped(seen)} events`),
      onRefused: (index, refusal) => {
        const { line, raw } = feed.lineOf(index);
        if (shown.length < refusedShown) shown.push({ line, ...refusal });
        aside?.add(line, raw, refusal);
      },
    });
  } finally {
    progress.end();
  }
  await aside?.finish();
  if (options.json !== true) {
    for (const refusal of shown) await io.stderr.write(`${refusalLine(file, refusal)}\n`);
    if (summary.refused > shown.length)
      await io.stderr.write(`... and ${grouped(summary.refused - shown.length)} more\n`);
    if (options.quiet !== true)
      await io.stdout.write(summaryText(file, summary, { created, dryRun: options.dryRun === true, program }));
    if (aside && aside.count > 0 && options.quiet !== true)
      await io.stdout.write(`  refused lines: ${aside.names.join(', why: ')}\n`);
  }
  return { ...summary, refusals: shown };
}

/** `FILE:LINE: [code] field: message`. */
export function refusalLine(file: string, { line, code, field, message }: Refused): string {
  // Messages about a field begin with it already.
  const named = field === undefined || message.startsWith('Field') ? '' : `${field}: `;
  return visible(`${file === '-' ? 'stdin' : file}:${line}: [${code}] ${named}${message}`);
}

function summaryText(
  file: string,
  { seen, recorded, duplicate, refused, committed, events }: IngestSummary,
  { created, dryRun, program }: { readonly created: boolean; readonly dryRun: boolean; readonly program: string },
): string {
  const parts = [
    `${grouped(committed ? recorded : 0)} ${dryRun ? 'would be recorded' : 'recorded'}`,
    `${grouped(duplicate)} known already`,
    `${grouped(refused)} refused`,
  ];
  const made = created && committed && !dryRun ? `program ${program} created\n` : '';
  const log = committed && !dryRun ? `; the log has ${counted(events, 'event')}` : '';
  return `${made}${file === '-' ? 'stdin' : file}: ${counted(seen, 'event')}: ${parts.join(', ')}${log}\n`;
}

async function* withoutFuture(
  io: Io,
  chunks: Feed['chunks'],
  flags: FutureFlags,
): AsyncGenerator<readonly (ProrataEvent | Refusal)[]> {
  const refusal = futureRefusal(io, flags);
  for await (const chunk of chunks) yield chunk.map((item) => ('time' in item ? (refusal(item) ?? item) : item));
}

/** Ctrl-C while a file is read takes nothing of it. */
async function* interruptible<T>(io: Io, chunks: AsyncIterable<T>): AsyncGenerator<T> {
  const breathe = breather(io);
  for await (const chunk of chunks) {
    yield chunk;
    await breathe();
    if (io.signal.aborted) throw new Interrupted('Stopped before the end of the file: nothing of it was taken.');
  }
}

export type Axis = { readonly zero: number; readonly seconds: number } | null;

export function fileFeed(io: Io, file: string, format: 'jsonl' | 'csv' | undefined, block: Axis): Feed {
  let [first, items]: [number, readonly EventLine[]] = [0, []];
  let header: string | null = null;
  const byName = format ?? formatOfName(file);
  async function* chunks(): AsyncGenerator<(ProrataEvent | Refusal)[]> {
    const options = {
      ...(byName === undefined ? {} : { format: byName }),
      onHeader: (raw: string) => void (header = raw),
      block,
    };
    for await (const lines of io.sources.events(readBytes(io, file), options)) {
      first += items.length;
      items = lines;
      yield lines.map(({ parsed }) => (parsed.ok ? parsed.event : asRefusal(parsed)));
    }
  }
  return {
    chunks: chunks(),
    lineOf: (index) => items[index - first]!,
    csv: () => ({ header: byName === 'csv' || header !== null ? (header ?? '') : null }),
  };
}

export function formatOfName(file: string): 'jsonl' | 'csv' | undefined {
  if (/\.csv$/i.test(file)) return 'csv';
  return /\.(jsonl|ndjson|json)$/i.test(file) ? 'jsonl' : undefined;
}

/** Events that have no lines of their own: they are counted, and named by their keys. */
export function eventsFeed(source: AsyncIterable<readonly ProrataEvent[]>): Feed {
  let [first, items]: [number, readonly ProrataEvent[]] = [0, []];
  async function* chunks(): AsyncGenerator<readonly ProrataEvent[]> {
    for await (const chunk of source) {
      first += items.length;
      items = chunk;
      yield chunk;
    }
  }
  const lineOf = (index: number) => ({ line: index + 1, raw: items[index - first]!.key });
  return { chunks: chunks(), lineOf, csv: () => ({ header: null }) };
}

/** The lines that --partial left out, as they were, and beside them why. Written only when there are any. */
class Aside {
  readonly #io: Io;
  readonly #file: string;
  readonly #feed: Feed;
  readonly #lines: string[] = [];
  readonly #reasons: string[] = [];
  names: readonly [lines: string, reasons: string] = ['', ''];

  constructor(io: Io, file: string, feed: Feed) {
    this.#io = io;
    this.#file = file;
    this.#feed = feed;
  }

  get count(): number {
    return this.#lines.length;
  }

  add(line: number, raw: string, refusal: Refusal): void {
    this.#lines.push(`${raw}\n`);
    this.#reasons.push(`${refusalLine(this.#file, { line, ...refusal })}\n`);
  }

  async finish(): Promise<void> {
    if (this.count === 0) return;
    const { header } = this.#feed.csv();
    const base = this.#file === '-' ? 'stdin' : this.#file;
    this.names = [`${base}.refused.${header === null ? 'jsonl' : 'csv'}`, `${base}.refused.txt`];
    const texts = [[...(header === null ? [] : [`${header}\n`]), ...this.#lines], this.#reasons];
    for (const [index, name] of this.names.entries()) {
      const file: NewFile = await newFile(this.#io, name, { overwrite: true });
      try {
        for (const text of texts[index]!) await file.write(text);
        await file.finish();
      } finally {
        await file.discard();
      }
    }
  }
}
