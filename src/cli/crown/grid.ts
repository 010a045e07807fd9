import { type CellAxis, cellEdge, type CellsHeld, type HeldRun } from '../../core/scoring/crown/cells.ts';

/** From none of a column's time to all of it. */
const shades = { blocks: ' ░▒▓█', ascii: ' .:+#' } as const;

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
 * nothing held is blank. For looking at only.
 */
export function gridOf({ participants, others, nobody }: CellsHeld, axis: CellAxis, ascii: boolean): Grid {
  const signs = ascii ? shades.ascii : shades.blocks;
  const empty = nobody.reduce((sum, [, count, held]) => sum + count * Number(held), 0);
  return {
    rows: [
      ...participants.map(({ account, held, runs }) => ({
        name: account,
        cells: cellsOf(runs, axis, signs),
        seconds: Math.floor(near(held)),
      })),
      { name: '(nobody)', cells: cellsOf(nobody, axis, signs), seconds: empty },
    ],
    more: others.count,
  };
}

function cellsOf(runs: readonly HeldRun[], axis: CellAxis, signs: string): string {
  const most = signs.length - 1;
  const cells = Array.from({ length: axis.count }, () => signs[0]!);
  for (const [first, count, held] of runs) {
    for (let cell = first; cell < first + count; cell += 1) {
      const part = near(held) / (cellEdge(axis, cell + 1) - cellEdge(axis, cell));
      cells[cell] = signs[Math.min(most, Math.max(1, Math.ceil(part * most - 1e-9)))]!;
    }
  }
  return cells.join('');
}

/** Seconds as `heldText` has them, about. */
function near(held: string): number {
  const [above, below = '1'] = held.replace('~', '').split('/');
  return Number(above) / Number(below);
}
