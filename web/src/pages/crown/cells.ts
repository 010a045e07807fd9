/** What `/crown/cells` answers, and the same made ready to be drawn: numbers for pixels, texts for whoever asks. */

type HeldRun = readonly [first: number, count: number, held: string];
type BestRun = readonly [first: number, count: number, last: string | null, low: string, high: string];

export interface CellsAnswer {
  readonly lane: string;
  readonly lanes: readonly { readonly lane: string; readonly higher_wins: boolean }[];
  readonly from: string;
  readonly to: string;
  readonly cells: number;
  readonly known: { readonly from: string; readonly to: string } | null;
  readonly as_of: number;
  readonly participants: readonly {
    readonly account: string;
    readonly held: string;
    readonly runs: readonly HeldRun[];
  }[];
  readonly others: { readonly count: number; readonly runs: readonly HeldRun[] };
  readonly nobody: readonly HeldRun[];
  readonly best: readonly BestRun[];
}

/** Seconds of a text (`60`, `121/3`, `~12.345678`) as a number: for drawing only. */
export function secondsOf(held: string): number {
  const text = held.startsWith('~') ? held.slice(1) : held;
  const slash = text.indexOf('/');
  if (slash < 0) return Number(text);
  return Number(text.slice(0, slash)) / Number(text.slice(slash + 1));
}

/** Runs as columns, to be found in and drawn without making anything. */
export interface Runs {
  readonly length: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Part of a cell, 0 to 1, for drawing. */
  readonly part: Float32Array;
  /** As they were answered: places in the texts of the grid. */
  readonly text: Int32Array;
}

/** Distinct texts, each once: there are few of them, however many runs there are. */
export class Texts {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  placeOf(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) this.#places.set(text, (place = this.all.push(text) - 1));
    return place;
  }
}

export function runsOf(runs: readonly HeldRun[], cellSeconds: number, texts: Texts): Runs {
  const [first, count, text] = [0, 1, 2].map(() => new Int32Array(runs.length)) as [Int32Array, Int32Array, Int32Array];
  const part = new Float32Array(runs.length);
  for (const [i, [at, cells, held]] of runs.entries()) {
    first[i] = at;
    count[i] = cells;
    part[i] = Math.min(1, secondsOf(held) / cellSeconds);
    text[i] = texts.placeOf(held);
  }
  return { length: runs.length, first, count, part, text };
}

/** Index of the first run that ends after `cell`; `length` where there is none. */
export function runFrom({ length, first, count }: Pick<Runs, 'length' | 'first' | 'count'>, cell: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (first[middle]! + count[middle]! > cell) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What was held in a cell, as it was answered; `null`: nothing. */
export function heldIn({ texts }: Pick<Grid, 'texts'>, runs: Runs, cell: number): string | null {
  const index = runFrom(runs, cell);
  return index < runs.length && runs.first[index]! <= cell ? texts[runs.text[index]!]! : null;
}

/** Of the best rate, by cell: for drawing, `NaN` where nobody held. */
export interface Rates {
  readonly last: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Who held how long, by row and cell, as drawn: 0 nothing, 255 the whole cell; more than nothing is never drawn as nothing. */
export interface Level {
  /** Cells of the finest level that are one here. */
  readonly cells: number;
  readonly columns: number;
  /** Row by row. */
  readonly shade: Uint8Array;
  readonly rates: Rates;
}

/** Best rates as columns; `last`, `low` and `high` are places in the texts of the grid, -1 where nobody held at the end. */
interface BestRuns {
  readonly length: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly last: Int32Array;
  readonly low: Int32Array;
  readonly high: Int32Array;
}

export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  readonly cellSeconds: number;
  readonly rows: readonly { readonly name: string; readonly held: string; readonly runs: Runs }[];
  /** How many held and have no row. */
  readonly others: number;
  readonly nobody: Runs;
  readonly best: BestRuns;
  readonly texts: readonly string[];
  /** Each half as fine as the one before, down to few columns. */
  readonly levels: readonly Level[];
}

const instant = (text: string): number => (text === '-' ? 0 : Date.parse(text) / 1000);

/** Rows in the order of `names`; whoever is not among them stands behind, as answered. The time that nobody held is the last row. */
export function gridOf(answer: CellsAnswer, names: readonly string[] = []): Grid {
  const [from, to] = [instant(answer.from), instant(answer.to)];
  const cellSeconds = (to - from) / answer.cells;
  const texts = new Texts();
  const byName = new Map(answer.participants.map((one) => [one.account, one]));
  const order = [...new Set([...names, ...answer.participants.map(({ account }) => account)])];
  const rows = order.map((name) => {
    const found = byName.get(name);
    return { name, held: found?.held ?? '0', runs: runsOf(found?.runs ?? [], cellSeconds, texts) };
  });
  const nobody = runsOf(answer.nobody, cellSeconds, texts);
  const best = bestRunsOf(answer.best, texts);
  const columns = answer.cells;
  const shade = new Uint8Array((rows.length + 1) * columns);
  for (const [row, runs] of [...rows.map((one) => one.runs), nobody].entries()) {
    for (let i = 0; i < runs.length; i += 1) {
      const start = row * columns + runs.first[i]!;
      shade.fill(Math.ceil(runs.part[i]! * 255), start, start + runs.count[i]!);
    }
  }
  const levels: Level[] = [{ cells: 1, columns, shade, rates: ratesOf(answer.best, columns) }];
  while (levels.at(-1)!.columns > 256) levels.push(coarser(levels.at(-1)!, rows.length + 1));
  const others = answer.others.count;
  return { from, to, columns, cellSeconds, rows, others, nobody, best, texts: texts.all, levels };
}

function bestRunsOf(runs: readonly BestRun[], texts: Texts): BestRuns {
  const column = (of: (run: BestRun) => number): Int32Array => Int32Array.from(runs, of);
  return {
    length: runs.length,
    first: column(([first]) => first),
    count: column(([, count]) => count),
    last: column(([, , last]) => (last === null ? -1 : texts.placeOf(last))),
    low: column(([, , , low]) => texts.placeOf(low)),
    high: column(([, , , , high]) => texts.placeOf(high)),
  };
}

function ratesOf(best: readonly BestRun[], columns: number): Rates {
  const [last, low, high] = [0, 1, 2].map(() => new Float64Array(columns).fill(Number.NaN)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [first, count, end, least, most] of best) {
    last.fill(end === null ? Number.NaN : Number(end), first, first + count);
    low.fill(Number(least), first, first + count);
    high.fill(Number(most), first, first + count);
  }
  return { last, low, high };
}

/** Pairs of cells as one: the mean of what was held (rounded up), the lowest and highest rate, the last one at the end. */
function coarser({ cells, columns, shade, rates }: Level, rows: number): Level {
  const half = Math.ceil(columns / 2);
  const next = new Uint8Array(rows * half);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < half; column += 1) {
      const at = row * columns + column * 2;
      const right = column * 2 + 1 < columns ? shade[at + 1]! : shade[at]!;
      next[row * half + column] = (shade[at]! + right + 1) >>> 1;
    }
  }
  const [last, low, high] = [new Float64Array(half), new Float64Array(half), new Float64Array(half)];
  for (let column = 0; column < half; column += 1) {
    const [a, b] = [column * 2, Math.min(columns - 1, column * 2 + 1)];
    last[column] = rates.last[b]!;
    low[column] = least(rates.low[a]!, rates.low[b]!);
    high[column] = -least(-rates.high[a]!, -rates.high[b]!);
  }
  return { cells: cells * 2, columns: half, shade: next, rates: { last, low, high } };
}

const least = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b));

/** The coarsest level whose cells are still at most `pixels` wide, where a cell of the finest is `width` pixels. */
export function levelFor({ levels }: Grid, width: number, pixels = 1): Level {
  let found = levels[0]!;
  for (const level of levels) if (level.cells * width <= pixels) found = level;
  return found;
}

export const cellAt = ({ from, cellSeconds, columns }: Grid, at: number): number | null => {
  const cell = Math.floor((at - from) / cellSeconds);
  return cell >= 0 && cell < columns ? cell : null;
};

/** The best rate in a cell, as it was answered; `null`: nobody held. */
export function bestIn(
  { best, texts }: Pick<Grid, 'best' | 'texts'>,
  cell: number,
): { readonly last: string | null; readonly low: string; readonly high: string } | null {
  const index = runFrom(best, cell);
  if (index >= best.length || best.first[index]! > cell) return null;
  return { last: texts[best.last[index]!] ?? null, low: texts[best.low[index]!]!, high: texts[best.high[index]!]! };
}

/** The memory of a grid, to be handed to another thread without copying. */
export const buffersOf = ({ rows, nobody, best, levels }: Grid): ArrayBuffer[] =>
  [
    ...[...rows.map(({ runs }) => runs), nobody].flatMap(({ first, count, part, text }) => [first, count, part, text]),
    ...[best.first, best.count, best.last, best.low, best.high],
    ...levels.flatMap(({ shade, rates: { last, low, high } }) => [shade, last, low, high]),
  ].map(({ buffer }) => buffer as ArrayBuffer);

/** Names in an order that stays while somebody looks around: whoever was there keeps the place, others come behind. */
export function orderKept(before: readonly string[], answer: CellsAnswer, most = 256): string[] {
  const now = answer.participants.map(({ account }) => account);
  const all = [...new Set([...before, ...now])];
  return all.length <= most ? all : now;
}
