import type { CrownInterval } from '../../app/crown/read.ts';
import { compareBytes } from '../../core/bytes.ts';

/** From none of a column's time to all of it. */
const shades = { blocks: ' ░▒▓█', ascii: ' .:+#' } as const;

export interface GridOptions {
  readonly start: number;
  readonly end: number;
  /** Columns of time. */
  readonly columns: number;
  /** Rows of holders; those who held longest. */
  readonly rows: number;
  readonly ascii: boolean;
}

export interface Grid {
  /** Who held longest, and last the time that nobody held. */
  readonly rows: readonly GridRow[];
  /** Holders that have no row. */
  readonly more: number;
}

export interface GridRow {
  readonly name: string;
  readonly cells: string;
  /** Seconds held, shares counted, rounded down. */
  readonly seconds: number;
}

/**
 * Who held when, as rows of cells: a cell is as dark as the part of its time that was held, shares counted, rounded up so that
 * nothing held is blank. For looking at only: cells and seconds are approximate.
 */
export function gridOf(intervals: Iterable<CrownInterval>, options: GridOptions): Grid {
  const { start, end, columns } = options;
  const held = new Map<string, Float64Array>();
  const empty = new Float64Array(columns);
  const width = (end - start) / columns;
  for (const interval of intervals) {
    const shares = interval.holders.map(
      ({ account, share }) => [account, Number(share.numerator) / Number(share.denominator)] as const,
    );
    const first = Math.floor((interval.start - start) / width);
    const last = Math.min(columns - 1, Math.ceil((interval.end - start) / width) - 1);
    for (let column = first; column <= last; column += 1) {
      const from = Math.max(interval.start, start + column * width);
      const time = Math.min(interval.end, start + (column + 1) * width) - from;
      if (time <= 0) continue;
      if (shares.length === 0) empty[column]! += time;
      for (const [account, share] of shares) {
        let cells = held.get(account);
        if (cells === undefined) held.set(account, (cells = new Float64Array(columns)));
        cells[column]! += time * (Number.isFinite(share) ? share : 0);
      }
    }
  }
  const rowOf = (name: string, cells: Float64Array): GridRow => ({
    name,
    cells: cellsOf(cells, width, options.ascii ? shades.ascii : shades.blocks),
    seconds: Math.floor(cells.reduce((sum, seconds) => sum + seconds, 0)),
  });
  const rows = [...held]
    .map(([name, cells]) => rowOf(name, cells))
    .sort((a, b) => b.seconds - a.seconds || compareBytes(a.name, b.name));
  const shown = rows.slice(0, options.rows);
  return { rows: [...shown, rowOf('(nobody)', empty)], more: rows.length - shown.length };
}

function cellsOf(cells: Float64Array, width: number, signs: string): string {
  const most = signs.length - 1;
  return Array.from(
    cells,
    (time) => signs[time <= 0 ? 0 : Math.min(most, Math.max(1, Math.ceil((time / width) * most - 1e-9)))]!,
  ).join('');
}
