import type { Io } from './io.ts';
import { type GlobalOptions, wholeOption } from './options.ts';
import { json, table } from './print.ts';

export interface PageFlags extends GlobalOptions {
  readonly limit?: string;
  readonly after?: string;
}

/** Rows that people see at once; scripts (--json) get all. */
const shownDefault = 100;
const pageRows = 2000;

/** --limit, or how many are shown without it. */
export function limitOf(options: PageFlags & { readonly csv?: boolean }): number {
  if (options.limit !== undefined) return wholeOption(options.limit, '--limit', 1);
  return options.json === true || options.csv === true ? Infinity : shownDefault;
}

/**
 * Rows with a cursor, as one table or as JSON Lines a page at a time. `read` gives up to `limit` rows after `cursor`;
 * `cursorOf` says where to go on. Below a table that is not complete stands how to see the rest.
 */
export async function printRows<Row, Cursor>(
  io: Io,
  options: PageFlags,
  from: Cursor,
  how: {
    readonly read: (after: Cursor, limit: number) => Promise<readonly Row[]>;
    readonly cursorOf: (row: Row) => Cursor;
    readonly view: (row: Row) => unknown;
    readonly headings: readonly string[];
    readonly cells: (row: Row) => readonly string[];
    /** `nothing was paid yet`. */
    readonly none: string;
    /** Name of the option that goes on. */
    readonly next: string;
  },
): Promise<void> {
  const limit = limitOf(options);
  let cursor = from;
  const shown: Row[] = [];
  for (let count = 0; count < limit && !io.stdout.closed && !io.signal.aborted;) {
    const room = Math.min(pageRows, limit - count);
    const rows = await how.read(cursor, room);
    if (options.json === true) await io.stdout.write(rows.map((row) => `${json(how.view(row))}\n`).join(''));
    else shown.push(...rows);
    count += rows.length;
    if (rows.length > 0) cursor = how.cursorOf(rows.at(-1)!);
    if (rows.length < room) break;
  }
  if (options.json === true) return;
  if (shown.length === 0) {
    await io.stdout.write(`${how.none}\n`);
    return;
  }
  await io.stdout.write(table(how.headings, shown.map(how.cells)));
  const more = shown.length === limit && (await how.read(cursor, 1)).length > 0;
  if (more && options.quiet !== true) await io.stdout.write(`... more: ${how.next} ${String(cursor)}, or --limit N\n`);
}
