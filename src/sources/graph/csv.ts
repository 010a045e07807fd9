import { nearest } from '../../core/text.ts';
import { CsvRecords, unevenRefused, type CsvRecord } from '../csv-records.ts';
import type { Line } from '../lines.ts';
import { refused } from '../refused.ts';
import type { Refused } from '../refused.ts';
import {
  attemptRecord,
  graphFields,
  graphRecordKinds,
  type GraphRecordKind,
  type ReadGraphRecord,
} from './read-record.ts';

const columnNames: readonly string[] = [...new Set(Object.values(graphFields).flat())];

/** Columns without which no record of a kind could be read. */
const needed: Readonly<Record<GraphRecordKind, readonly string[]>> = {
  node: ['time'],
  edge: ['from', 'to', 'time'],
  person: ['name', 'time'],
};

/**
 * Records of a graph as CSV. The header says what a file holds: nodes, edges, persons, or several of them, each record then with
 * exactly one of these cells filled. An empty cell is an absent field; but an empty `time` of a node says that it has none, as
 * CSV knows no null: so a header of nodes must have that column.
 */
export class GraphCsvReader {
  readonly #records = new CsvRecords();
  #columns: readonly string[] | null = null;
  #dead = false;

  /** The header was refused, so that nothing after it has a meaning. */
  get dead(): boolean {
    return this.#dead;
  }

  read(line: Line): ReadGraphRecord | undefined {
    return this.#take(this.#records.read(line));
  }

  /** After the last line. */
  end(): ReadGraphRecord | undefined {
    return this.#take(this.#records.end());
  }

  #take(record: CsvRecord | undefined): ReadGraphRecord | undefined {
    if (record === undefined) return undefined;
    const { line, raw, cells } = record;
    if (this.#columns === null) {
      const problem = cells === undefined ? record.refused : this.#header(cells);
      if (problem === null) return undefined;
      this.#dead = true;
      return { line, raw, parsed: problem };
    }
    if (cells === undefined) return { line, raw, parsed: record.refused };
    return { line, raw, parsed: unevenRefused(this.#columns, cells) ?? attemptRecord(fieldsOf(this.#columns, cells)) };
  }

  #header(cells: readonly string[]): Refused | null {
    const columns = cells.map((cell) => cell.trim());
    const unknown = columns.find((name) => !columnNames.includes(name));
    if (unknown !== undefined) {
      const guess = nearest(unknown, columnNames);
      const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
      return headerRefused(`the column ${JSON.stringify(unknown.slice(0, 60))}`, unknown.slice(0, 60), hint);
    }
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    if (twice !== undefined) return headerRefused(`the column "${twice}" twice`, twice);
    const kinds = graphRecordKinds.filter((kind) => columns.includes(kind));
    if (kinds.length === 0) return headerRefused('no column "node", "edge" or "person"', 'node');
    for (const kind of kinds) {
      const missing = needed[kind].find((name) => !columns.includes(name));
      if (missing !== undefined) return headerRefused(`"${kind}" without the column "${missing}"`, missing);
    }
    this.#columns = columns;
    return null;
  }
}

function headerRefused(found: string, field: string, hint = ''): Refused {
  const message = `Header: found ${found}; accepted: node,time,weight,label,url or edge,from,to,time,forward,backward or person,name,description,type,time, in any order.${hint}`;
  return refused('graph-header-invalid', message, field);
}

/** What JSON would have said. */
function fieldsOf(columns: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [i, cell] of cells.entries()) {
    const column = columns[i]!;
    if (cell !== '') fields[column] = column === 'time' && /^\d{1,15}$/.test(cell) ? Number(cell) : cell;
  }
  if (fields['node'] !== undefined && fields['time'] === undefined) fields['time'] = null;
  return fields;
}
