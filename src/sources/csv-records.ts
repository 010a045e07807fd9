import { parse } from 'csv-parse/sync';
import { lineBytesMax } from './lines.ts';
import type { Line } from './lines.ts';
import { faultRefused, refused } from './refused.ts';
import type { Refused } from './refused.ts';

/** One record, or why there is none. */
export type CsvRecord = CsvPlace &
  (
    | { readonly cells: readonly string[]; readonly refused?: undefined }
    | { readonly refused: Refused; readonly cells?: undefined }
  );

interface CsvPlace {
  /** Its first line, from 1. */
  readonly line: number;
  /** Its lines as they were. */
  readonly raw: string;
}

/**
 * CSV as RFC 4180 has it: comma, quotes doubled within quotes, a quoted cell may hold line ends. Blank lines are skipped. Feed
 * it line by line; it answers with a record once that is complete. Codes: `line-malformed`, `line-too-long`, `line-not-text`.
 */
export class CsvRecords {
  /** Lines of a record whose quoted cell is still open. */
  #open: { readonly line: number; readonly lines: string[]; bytes: number } | null = null;

  read(line: Line): CsvRecord | undefined {
    const open = this.#open;
    if (line.fault !== undefined) {
      this.#open = null;
      const raw = open === null ? line.text : [...open.lines, line.text].join('\n');
      return { line: open?.line ?? line.number, raw, refused: faultRefused(line.fault) };
    }
    if (open === null && line.text.trim() === '') return undefined;
    if (open === null && !line.text.includes('"')) {
      return { line: line.number, raw: line.text, cells: line.text.split(',') };
    }
    const stillOpen = endsInsideQuotes(line.text, open !== null);
    if (!stillOpen && open === null) return quoted(line.number, line.text);
    const record = open ?? { line: line.number, lines: [], bytes: 0 };
    record.lines.push(line.text);
    record.bytes += Buffer.byteLength(line.text) + 1;
    this.#open = stillOpen ? record : null;
    if (record.bytes > lineBytesMax) {
      this.#open = null;
      return { line: record.line, raw: record.lines.join('\n'), refused: faultRefused('line-too-long') };
    }
    return stillOpen ? undefined : quoted(record.line, record.lines.join('\n'));
  }

  /** After the last line. */
  end(): CsvRecord | undefined {
    const open = this.#open;
    this.#open = null;
    if (open === null) return undefined;
    return { line: open.line, raw: open.lines.join('\n'), refused: malformed('a quote that is never closed') };
  }
}

/** Of a record with more or fewer cells than there are columns: `line-malformed`. */
export const unevenRefused = (columns: readonly string[], cells: readonly string[]): Refused | null =>
  cells.length === columns.length ? null : malformed(`${cells.length} cells under ${columns.length} columns`);

function quoted(line: number, raw: string): CsvRecord {
  try {
    const records: string[][] = parse(raw, { relax_column_count: true, record_delimiter: '\u0000' });
    return { line, raw, cells: records[0] ?? [] };
  } catch (error) {
    return { line, raw, refused: malformed((error as Error).message) };
  }
}

/** Whether a quoted cell is open at the end of `text`; `inside`: whether one was at its beginning. */
function endsInsideQuotes(text: string, inside: boolean): boolean {
  let open = inside;
  let cellStart = !inside;
  for (let i = 0; i < text.length; i += 1) {
    const quote = text.charCodeAt(i) === 34;
    if (open) {
      if (quote && text.charCodeAt(i + 1) === 34) i += 1;
      else if (quote) open = false;
    } else if (quote && cellStart) open = true;
    cellStart = !open && text.charCodeAt(i) === 44;
  }
  return open;
}

function malformed(found: string): Refused {
  return refused(
    'line-malformed',
    `Found a line that is no CSV record: ${found}; accepted: as many cells as there are columns, quotes doubled within quotes.`,
  );
}
