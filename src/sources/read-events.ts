import type { Normalized, NormalizeOptions } from '../core/events/normalize.ts';
import { CsvReader } from './csv.ts';
import { readJsonLine } from './jsonl.ts';
import { readLines } from './lines.ts';
import type { Input, Line } from './lines.ts';
import type { Refused } from './refused.ts';

export type { Refused } from './refused.ts';

export const eventFormats = ['jsonl', 'csv'] as const;
export type EventFormat = (typeof eventFormats)[number];

/** One line of a file (a CSV record may span several: then its first), with its event or why there is none. */
export interface ReadEvent {
  /** From 1. */
  readonly line: number;
  /** The line as it was, without its line end; cut at 1 MiB. */
  readonly raw: string;
  readonly parsed: Extract<Normalized, { ok: true }> | Refused;
}

export interface ReadOptions extends NormalizeOptions {
  /** Absent: by the first character that is no blank; `{` is JSON Lines. */
  readonly format?: EventFormat;
  /** Lines per chunk; 2,000 if absent. */
  readonly chunkLines?: number;
  /** Called with the header of a CSV file, so that refused records can be written to a file of their own. */
  readonly onHeader?: (raw: string) => void;
}

/**
 * The events of a file, in chunks. Every line that is not blank gives one item, in order; a bad line is an item that says why,
 * and reading goes on. Only a CSV header that is refused ends it. Codes, besides those of normalizeEvent: `line-malformed`,
 * `line-too-long`, `line-not-text`, `csv-header-invalid`, `csv-kind-nested`.
 */
export async function* readEvents(input: Input, options: ReadOptions = {}): AsyncGenerator<ReadEvent[]> {
  const chunkLines = options.chunkLines ?? 2000;
  let read: ((line: Line) => ReadEvent | undefined) | null = null;
  let csv: CsvReader | null = null;
  let chunk: ReadEvent[] = [];
  for await (const lines of readLines(input)) {
    for (const line of lines) {
      if (read === null) {
        if (options.format === undefined && line.text.trim() === '') continue;
        if ((options.format ?? formatOfText(line.text)) === 'csv') csv = new CsvReader(options, options.onHeader);
        read = csv === null ? (one) => readJsonLine(one, options) : csv.read.bind(csv);
      }
      const item = read(line);
      if (item === undefined) continue;
      chunk.push(item);
      if (chunk.length >= chunkLines) {
        yield chunk;
        chunk = [];
      }
      if (csv?.dead === true) {
        yield chunk;
        return;
      }
    }
  }
  const last = csv?.end();
  if (last !== undefined) chunk.push(last);
  if (chunk.length > 0) yield chunk;
}

/** By the extension of a file's name; `undefined` when it says nothing. */
export function formatOfPath(path: string): EventFormat | undefined {
  if (/\.csv$/i.test(path)) return 'csv';
  return /\.(jsonl|ndjson|json)$/i.test(path) ? 'jsonl' : undefined;
}

/** By the first character of the first line that is not blank. */
function formatOfText(text: string): EventFormat {
  return /^\s*[[{"]/.test(text) && !/^\s*"[a-z_]+",/.test(text) ? 'jsonl' : 'csv';
}
