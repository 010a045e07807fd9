import { jsonOfLine } from '../jsonl.ts';
import { readLines } from '../lines.ts';
import type { Input, Line } from '../lines.ts';
import { GraphCsvReader } from './csv.ts';
import { attemptRecord, type ReadGraphRecord } from './read-record.ts';

export type { ReadGraphRecord } from './read-record.ts';

export interface GraphReadOptions {
  /** Absent: by the first character that is no blank; `{` is JSON Lines. */
  readonly format?: 'jsonl' | 'csv';
  /** Items per chunk; 2,000 if absent. */
  readonly chunkLines?: number;
}

/**
 * The nodes, edges and persons of a file, in chunks, in its order: whether an edge has its ends is for who takes them to say, as
 * nodes may have come before, or from another file. Every line that is not blank gives one item; a bad line is an item that says
 * why, and reading goes on. Only a CSV header that is refused ends it. Codes, besides those of `readGraphRecord`:
 * `line-malformed`, `line-too-long`, `line-not-text`, `graph-header-invalid`.
 */
export async function* graphRecords(input: Input, options: GraphReadOptions = {}): AsyncGenerator<ReadGraphRecord[]> {
  const { format, chunkLines = 2000 } = options;
  let reader: GraphCsvReader | 'jsonl' | null = null;
  let chunk: ReadGraphRecord[] = [];
  for await (const lines of readLines(input)) {
    for (const line of lines) {
      if (reader === null) {
        if (format === undefined && line.text.trim() === '') continue;
        reader = (format ?? formatOf(line.text)) === 'csv' ? new GraphCsvReader() : 'jsonl';
      }
      const item = reader === 'jsonl' ? readJson(line) : reader.read(line);
      if (item === undefined) continue;
      chunk.push(item);
      if (chunk.length >= chunkLines) {
        yield chunk;
        chunk = [];
      }
      if (reader !== 'jsonl' && reader.dead) {
        if (chunk.length > 0) yield chunk;
        return;
      }
    }
  }
  const last = reader instanceof GraphCsvReader ? reader.end() : undefined;
  if (last !== undefined) chunk.push(last);
  if (chunk.length > 0) yield chunk;
}

function readJson(line: Line): ReadGraphRecord | undefined {
  const json = jsonOfLine(line);
  if (json === undefined) return undefined;
  return { line: line.number, raw: line.text, parsed: 'value' in json ? attemptRecord(json.value) : json };
}

const formatOf = (text: string): 'jsonl' | 'csv' => (/^\s*[[{]/.test(text) ? 'jsonl' : 'csv');
