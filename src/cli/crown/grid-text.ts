import type { CrownGridView } from '../../app/crown/read.ts';
import type { CellsHeld } from '../../core/scoring/crown/cells.ts';
import type { Io } from '../io.ts';
import { wholeOption } from '../options.ts';
import { counted, grouped, iso, json, visible } from '../print.ts';
import { type Grid, gridOf } from './grid.ts';
import { roundText } from './show.ts';
import { roundJson } from '../../views/crown.ts';

export interface GridFlags {
  readonly json?: boolean;
  readonly lane?: string;
  readonly ascii?: boolean;
  readonly width?: string;
  readonly rows?: string;
}

/** Columns of a grid without --width: what the terminal leaves, or so many where there is none. */
const columnsDefault = 72;
const columnsLeast = 10;

const noneHeld: CellsHeld = { participants: [], others: { count: 0, runs: [] }, nobody: [], best: [] };

/** Longer names are cut in a grid. */
const nameMost = 24;

/** Who held when, drawn: a grid a lane, all of the same columns; or as one JSON text. Throws InvalidInputError `option-invalid`. */
export function gridText(io: Io, view: CrownGridView, options: GridFlags): string {
  const rows = options.rows === undefined ? 20 : wholeOption(options.rows, '--rows', 1, 10_000);
  const { start, end } = view;
  const lanes = view.lanes
    .map(({ lane }) => lane)
    .filter((lane) => options.lane === undefined || options.lane === lane);
  // No column is shorter than a second.
  const columns = Math.max(1, Math.min(end - start, columnsOf()));
  const grids = lanes.map((lane) => ({ lane, ...gridFor(lane, columns) }));
  if (options.json === true) return `${json({ ...roundJson(view), columns, grids })}\n`;
  if (end <= start) return `who held in ${roundText(view)}\nno time has passed in it\n`;
  const key = options.ascii === true ? '. : + #' : '░ ▒ ▓ █';
  const column = (end - start) / columns;
  const head = `who held in ${roundText(view)}; a column is ${Number.isInteger(column) ? column : `about ${Math.round(column)}`} s, ${key} up to 1/4, 1/2, 3/4 and all of it`;
  return `${head}\n\n${grids.map((grid) => laneText(grid, { start, end, columns })).join('\n')}`;

  function gridFor(lane: string, count: number): Grid {
    const held = end > start ? view.cells(lane, { count, most: rows }) : noneHeld;
    return gridOf(held, { from: start, to: end, count }, options.ascii === true);
  }

  function columnsOf(): number {
    if (options.width !== undefined) return wholeOption(options.width, '--width', columnsLeast, 10_000);
    const terminal = io.stdout.columns;
    if (terminal === undefined || end <= start) return columnsDefault;
    const beside = Math.max(...lanes.map((lane) => marginsOf(gridFor(lane, 1)).beside));
    return Math.max(columnsLeast, terminal - beside);
  }
}

/** How wide names and seconds are, and all that stands beside the cells. */
function marginsOf({ rows }: Grid): {
  readonly names: readonly string[];
  readonly widths: readonly [number, number];
  readonly beside: number;
} {
  const names = rows.map(({ name }) => {
    const shown = visible(name);
    return shown.length > nameMost ? `${shown.slice(0, nameMost - 1)}…` : shown;
  });
  const nameWidth = Math.max(...names.map((name) => name.length));
  const secondsWidth = Math.max(...rows.map(({ seconds }) => grouped(seconds).length));
  return {
    names,
    widths: [nameWidth, secondsWidth],
    beside: nameWidth + ' |'.length + '| '.length + secondsWidth + ' s'.length,
  };
}

function laneText(
  grid: Grid & { readonly lane: string },
  { start, end, columns }: { readonly start: number; readonly end: number; readonly columns: number },
): string {
  const {
    names,
    widths: [nameWidth, secondsWidth],
  } = marginsOf(grid);
  const lines = grid.rows.map(
    ({ cells, seconds }, index) =>
      `${names[index]!.padEnd(nameWidth)} |${cells}| ${grouped(seconds).padStart(secondsWidth)} s`,
  );
  const [from, to] = [iso(start), iso(end)];
  const axis = columns >= from.length + to.length + 2 ? from + to.padStart(columns - from.length) : from;
  const more = grid.more === 0 ? '' : ` and ${grouped(grid.more)} more: --rows N`;
  return `${grid.lane}: ${counted(grid.rows.length - 1, 'holder')} shown${more}\n${lines.join('\n')}\n${' '.repeat(nameWidth + 2)}${axis}\n`;
}
