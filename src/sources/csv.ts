import { fileFieldsOf, fileKinds } from '../core/events/file-kinds.ts';
import { normalizeEvent } from '../core/events/normalize.ts';
import type { NormalizeOptions } from '../core/events/normalize.ts';
import { nearest } from '../core/text.ts';
import { CsvRecords, unevenRefused, type CsvRecord } from './csv-records.ts';
import type { Line } from './lines.ts';
import type { ReadEvent } from './read-events.ts';
import { refused } from './refused.ts';
import type { Refused } from './refused.ts';

/** Fields that hold objects or lists of them: only JSON Lines can say them. */
const nested = new Set(['entries', 'recipients', 'settling', 'scoring', 'sharing', 'action']);
/** Kinds that need one of them. */
const nestedKinds: ReadonlyMap<string, string> = new Map([
  ['schedule', 'list of entries'],
  ['token', 'action'],
]);
const lists = new Set(['accounts', 'add', 'remove']);
const numbers = new Set([
  'time',
  'since',
  'until',
  'period',
  'batch_size',
  'boundary',
  'total_entries',
  'processed_entries',
  'block',
  'ok',
  'failed',
]);
const flags = new Set(['jailed', 'on', 'completed', 'timeless']);
const columnNames = [
  ...new Set([...fileKinds, 'window-taken-over'].flatMap((kind) => [...(fileFieldsOf(kind) ?? [])])),
].filter((name) => !nested.has(name));

/**
 * Events as CSV records. The first record names the fields of the file form; an empty cell is an absent field; lists are
 * separated by `;` or blanks; numbers and booleans are written plainly. Feed it line by line; it answers with a record's event
 * once the record is complete.
 */
export class CsvReader {
  readonly #options: NormalizeOptions;
  readonly #onHeader: ((raw: string) => void) | undefined;
  readonly #records = new CsvRecords();
  #columns: readonly string[] | null = null;
  #dead = false;

  constructor(options: NormalizeOptions, onHeader?: (raw: string) => void) {
    this.#options = options;
    this.#onHeader = onHeader;
  }

  /** The header was refused, so that nothing after it has a meaning. */
  get dead(): boolean {
    return this.#dead;
  }

  read(line: Line): ReadEvent | undefined {
    return this.#event(this.#records.read(line));
  }

  /** After the last line. */
  end(): ReadEvent | undefined {
    return this.#event(this.#records.end());
  }

  #event(record: CsvRecord | undefined): ReadEvent | undefined {
    if (record === undefined) return undefined;
    const { line, raw, cells } = record;
    if (cells === undefined) return this.#refuse(line, raw, record.refused);
    const columns = this.#columns;
    if (columns === null) return this.#header(line, raw, cells);
    const uneven = unevenRefused(columns, cells);
    return { line, raw, parsed: uneven ?? this.#parse(columns, cells) };
  }

  #parse(columns: readonly string[], cells: readonly string[]): ReadEvent['parsed'] {
    const kind = cells[columns.indexOf('kind')] ?? '';
    const inner = nestedKinds.get(kind);
    if (inner !== undefined) {
      const message = `Field "kind": found "${kind}", whose ${inner} does not fit into cells; accepted: this kind in JSON Lines.`;
      return refused('csv-kind-nested', message, 'kind');
    }
    const event: Record<string, unknown> = {};
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i]!;
      if (cell !== '') event[columns[i]!] = valueOf(columns[i]!, cell, kind);
    }
    return normalizeEvent(event, this.#options);
  }

  #header(number: number, raw: string, cells: readonly string[]): ReadEvent | undefined {
    const columns = cells.map((cell) => cell.trim());
    const unknown = columns.find((name) => !columnNames.includes(name));
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    if (unknown !== undefined) {
      const guess = nearest(unknown, columnNames);
      const hint = nested.has(unknown)
        ? ' It holds an object, or a list of them: use JSON Lines.'
        : guess === undefined
          ? ''
          : ` Did you mean "${guess}"?`;
      return this.#headerRefused(number, raw, `the column ${JSON.stringify(unknown.slice(0, 60))}`, unknown, hint);
    }
    if (twice !== undefined) return this.#headerRefused(number, raw, `the column "${twice}" twice`, twice, '');
    if (!columns.includes('kind')) return this.#headerRefused(number, raw, 'no column "kind"', 'kind', '');
    this.#columns = columns;
    this.#onHeader?.(raw);
    return undefined;
  }

  #headerRefused(number: number, raw: string, found: string, field: string, hint: string): ReadEvent {
    this.#dead = true;
    const message = `Header: found ${found}; accepted: ${columnNames.join(', ')}, separated by commas.${hint}`;
    return { line: number, raw, parsed: refused('csv-header-invalid', message, field.slice(0, 60)) };
  }

  #refuse(line: number, raw: string, parsed: Refused): ReadEvent {
    // Without a header nothing below has a meaning.
    if (this.#columns === null) this.#dead = true;
    return { line, raw, parsed };
  }
}

/** A cell as JSON would have it. What is no number or boolean stays text, for normalizeEvent to refuse. */
function valueOf(column: string, cell: string, kind: string): unknown {
  if (lists.has(column)) return cell.split(/[;\s]+/).filter((name) => name !== '');
  if (column === 'delta' && /^[+-]?1$/.test(cell)) return Number(cell);
  if (flags.has(column)) return cell === 'true' ? true : cell === 'false' ? false : cell;
  if ((numbers.has(column) || (column === 'from' && kind === 'held')) && /^\d{1,15}$/.test(cell)) return Number(cell);
  return cell;
}
