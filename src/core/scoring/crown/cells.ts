import { compareBytes } from '../../bytes.ts';
import { compare, formatRational, gcd, rational, type Rational, rationalOf } from '../../money/rational.ts';
import { none, walk, type WalkOptions } from './walk.ts';

/** `count` cells of `[from, to)`, whole seconds; no cell is shorter than a second. */
export interface CellAxis {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Where cell `index` begins, and the one before it ends: cells differ by a second where they do not come out even. */
export function cellEdge({ from, to, count }: CellAxis, index: number): number {
  const seconds = to - from;
  const whole = Math.floor(seconds / count);
  return from + index * whole + Math.floor((index * (seconds - whole * count)) / count);
}

/** The cell that second `at`, which lies on the axis, belongs to. */
function cellAt(axis: CellAxis, at: number): number {
  let index = Math.min(axis.count - 1, Math.floor(((at - axis.from) / (axis.to - axis.from)) * axis.count));
  while (cellEdge(axis, index) > at) index -= 1;
  while (cellEdge(axis, index + 1) <= at) index += 1;
  return index;
}

/** `count` cells from `first` on, each with the same `held` seconds: an exact number, or see `heldText`. */
export type HeldRun = readonly [first: number, count: number, held: string];

/**
 * `count` cells from `first` on: the best qualifying quote at their end (null: nobody held then), and the lowest and the highest
 * in them, as they were written.
 */
export type BestRun = readonly [first: number, count: number, last: string | null, low: string, high: string];

export interface CellsHeld {
  /** Whoever held longest first, of equal ones by the bytes of the names. */
  readonly participants: readonly {
    readonly account: string;
    readonly held: string;
    readonly runs: readonly HeldRun[];
  }[];
  /** Participants that held and are not among these, and what they held together by cell. */
  readonly others: { readonly count: number; readonly runs: readonly HeldRun[] };
  /** Time without a holder. */
  readonly nobody: readonly HeldRun[];
  readonly best: readonly BestRun[];
}

/** How much may be summed: runs in the end, and visits of a holder in a cell on the way. */
export interface CellLimits {
  readonly runs: number;
  readonly visits: number;
}

/** What `CellSums` throws beyond its limits. */
export class TooManyCells extends Error {}

/** Denominators of exact seconds have at most so many bits. */
const exactBits = 64;
const exactMost = 1n << BigInt(exactBits);
/** Parts of a second in which is counted what is not told exactly. */
const fine = 1n << 160n;
const micro = 1_000_000n;

/** Seconds: exact (null where the denominator grew too long), and in parts of `fine`, every term of it rounded down. */
interface Seconds {
  readonly exact: Rational | null;
  readonly rough: bigint;
}

const noSeconds: Seconds = { exact: { numerator: 0n, denominator: 1n }, rough: 0n };

const secondsOf = (numerator: bigint, denominator: bigint): Seconds => ({
  exact: short(rational(numerator, denominator)),
  rough: (numerator * fine) / denominator,
});

const short = (value: Rational): Rational | null => (value.denominator < exactMost ? value : null);

function plus(a: Seconds, b: Seconds): Seconds {
  const rough = a.rough + b.rough;
  if (a.exact === null || b.exact === null) return { exact: null, rough };
  const [x, y] = [a.exact, b.exact];
  if (x.denominator === y.denominator) {
    const numerator = x.numerator + y.numerator;
    if (x.denominator === 1n) return { exact: { numerator, denominator: 1n }, rough };
    return { exact: rational(numerator, x.denominator), rough };
  }
  const shared = gcd(x.denominator, y.denominator);
  const [left, right] = [x.denominator / shared, y.denominator / shared];
  return { exact: short(rational(x.numerator * right + y.numerator * left, x.denominator * right)), rough };
}

const minus = (a: Seconds, b: Seconds): Seconds =>
  plus(a, { exact: b.exact && { ...b.exact, numerator: -b.exact.numerator }, rough: -b.rough });

const times = ({ exact, rough }: Seconds, factor: bigint): Seconds => ({
  exact: exact && rational(exact.numerator * factor, exact.denominator),
  rough: rough * factor,
});

/**
 * `60`, `121/3`; `~12.345678` where the exact denominator has more than 64 bits: then cut off after the millionth of a second, and
 * at most two of them too low.
 */
export function heldText({ exact, rough }: Seconds): string {
  if (exact !== null) return formatRational(exact);
  const micros = (rough * micro) / fine;
  return `~${micros / micro}.${String(micros % micro).padStart(6, '0')}`;
}

/** Time over divisors: of stretches in which holders share evenly, and of those in which they share by depth. */
interface Integral {
  readonly even: Seconds;
  readonly byDepth: Seconds;
}

const nothingYet: Integral = { even: noSeconds, byDepth: noSeconds };

/** Runs of one participant, and what it has in the cell that is being summed. */
class Row {
  readonly runs: HeldRun[] = [];
  total = noSeconds;
  inCell = noSeconds;
  /** Holds since here in the cell, with this depth; `null`: does not. */
  since: Integral | null = null;
  depth = 0n;

  push(cell: number, held: Seconds, text = heldText(held)): void {
    this.total = plus(this.total, held);
    pushRun(this.runs, cell, text);
  }
}

function pushRun(runs: HeldRun[], cell: number, text: string): void {
  const last = runs.at(-1);
  if (last !== undefined && last[0] + last[1] === cell && last[2] === text) {
    runs[runs.length - 1] = [last[0], last[1] + 1, text];
  } else runs.push([cell, 1, text]);
}

/**
 * Sums who held how long in each cell, out of the walk over uniform-state intervals: pieces of one lane are added in the order of
 * time, each with a log of its own. Time over divisors is summed once for all, so that a stretch costs what changes in it.
 */
export class CellSums {
  readonly axis: CellAxis;
  readonly #rows = new Map<string, Row>();
  readonly #nobody: HeldRun[] = [];
  readonly #best: BestRun[] = [];
  readonly #rates = new Map<string, Rational>();
  readonly #limits: CellLimits;
  #cell = -1;
  #cellEnd = 0;
  #integral = nothingYet;
  #empty = 0;
  #last: string | null = null;
  #low: string | null = null;
  #high: string | null = null;
  /** Who holds, and who held earlier in the cell. */
  readonly #holding = new Set<Row>();
  readonly #touched = new Set<Row>();
  #runs = 0;
  #visits = 0;

  constructor(axis: CellAxis, limits: CellLimits = { runs: Infinity, visits: Infinity }) {
    this.axis = axis;
    this.#limits = limits;
  }

  /**
   * Adds a piece, which lies on the axis after those before it. Yields after each stretch, so that whoever asks can let others have
   * a turn. Throws TooManyCells.
   */
  *add(options: WalkOptions): Generator<void, void, undefined> {
    const rows = options.log.participants.map((name) => this.#rowOf(name));
    for (const stretch of walk(options)) {
      this.#reach(stretch.start);
      for (let i = 0; i < stretch.changes; i += 1) {
        const who = stretch.changed[i]!;
        const weight = stretch.weightOf[who]!;
        this.#change(rows[who]!, weight === none ? null : stretch.weights[weight]!.depth);
      }
      this.#pass(stretch.end, stretch);
      yield;
    }
    // The next piece says anew who holds.
    for (const row of this.#holding) this.#change(row, null);
  }

  #rowOf(name: string): Row {
    let row = this.#rows.get(name);
    if (row === undefined) this.#rows.set(name, (row = new Row()));
    return row;
  }

  /** Goes to the cell that `at` lies in; nothing is known of what is passed over. */
  #reach(at: number): void {
    if (this.#cell >= 0 && at < this.#cellEnd) return;
    this.#close();
    this.#enter(cellAt(this.axis, at));
  }

  #enter(cell: number): void {
    this.#cell = cell;
    this.#cellEnd = cellEdge(this.axis, cell + 1);
    this.#integral = nothingYet;
    for (const row of this.#holding) row.since = nothingYet;
  }

  #change(row: Row, depth: bigint | null): void {
    this.#settle(row);
    row.since = depth === null ? null : this.#integral;
    row.depth = depth ?? 0n;
    if (depth === null) this.#holding.delete(row);
    else this.#holding.add(row);
  }

  /** Takes into the cell what a row held since it was last looked at. */
  #settle(row: Row): void {
    if (row.since === null) return;
    row.inCell = plus(row.inCell, this.#since(row.since, row.depth));
    this.#touched.add(row);
  }

  #since({ even, byDepth }: Integral, depth: bigint): Seconds {
    const now = this.#integral;
    const evenly = even === now.even ? noSeconds : minus(now.even, even);
    if (depth === 0n || byDepth === now.byDepth) return evenly;
    return plus(evenly, times(minus(now.byDepth, byDepth), depth));
  }

  /** Time goes on to `end`, nothing changing. */
  #pass(
    end: number,
    {
      start,
      holders,
      depth,
      best,
    }: Readonly<Record<'start' | 'holders', number>> & { depth: bigint; best: string | null },
  ): void {
    for (let at = start; at < end;) {
      if (at === this.#cellEnd) {
        const next = this.#cell + 1;
        this.#close();
        this.#enter(next);
      }
      const until = Math.min(end, this.#cellEnd);
      const time = BigInt(until - at);
      const { even, byDepth } = this.#integral;
      if (holders === 0) this.#empty += until - at;
      else if (depth === 0n) this.#integral = { even: plus(even, secondsOf(time, BigInt(holders))), byDepth };
      else this.#integral = { even, byDepth: plus(byDepth, secondsOf(time, depth)) };
      this.#rate(best);
      at = until;
    }
  }

  #rate(best: string | null): void {
    this.#last = best;
    if (best === null) return;
    if (this.#low === null || this.#isBelow(best, this.#low)) this.#low = best;
    if (this.#high === null || this.#isBelow(this.#high, best)) this.#high = best;
  }

  #isBelow(a: string, b: string): boolean {
    return a !== b && compare(this.#valueOf(a), this.#valueOf(b)) < 0;
  }

  #valueOf(text: string): Rational {
    let value = this.#rates.get(text);
    if (value === undefined) this.#rates.set(text, (value = rationalOf(text)));
    return value;
  }

  /** Ends the cell: everybody's time in it becomes a run, or part of one. */
  #close(): void {
    const cell = this.#cell;
    if (cell < 0) return;
    // Whoever held the whole cell with one depth held the same.
    const whole = new Map<bigint, readonly [held: Seconds, text: string]>();
    for (const row of this.#holding) {
      if (row.since !== nothingYet || this.#touched.has(row)) {
        this.#settle(row);
        continue;
      }
      let known = whole.get(row.depth);
      if (known === undefined) {
        const held = this.#since(nothingYet, row.depth);
        whole.set(row.depth, (known = [held, heldText(held)]));
      }
      this.#push(row, cell, ...known);
    }
    for (const row of this.#touched) {
      this.#push(row, cell, row.inCell);
      row.inCell = noSeconds;
    }
    this.#touched.clear();
    if (this.#empty > 0) pushRun(this.#nobody, cell, String(this.#empty));
    if (this.#low !== null) this.#pushBest([cell, 1, this.#last, this.#low, this.#high!]);
    this.#empty = 0;
    [this.#low, this.#high] = [null, null];
    this.#visits += this.#holding.size;
    if (this.#runs > this.#limits.runs || this.#visits > this.#limits.visits) throw new TooManyCells();
  }

  /** Whoever holds without depth beside others that have some holds nothing. */
  #push(row: Row, cell: number, held: Seconds, text?: string): void {
    if (held.rough === 0n) return;
    const before = row.runs.length;
    row.push(cell, held, text);
    this.#runs += row.runs.length - before;
  }

  #pushBest(run: BestRun): void {
    const last = this.#best.at(-1);
    const same = last !== undefined && last[0] + last[1] === run[0] && [2, 3, 4].every((i) => last[i] === run[i]);
    if (same) this.#best[this.#best.length - 1] = [last[0], last[1] + 1, last[2], last[3], last[4]];
    else this.#best.push(run);
  }

  /** What was summed. At most `most` participants by name; those in `always` whatever they held. */
  done({ most, always = [] }: { readonly most: number; readonly always?: readonly string[] }): CellsHeld {
    this.#close();
    this.#cell = -1;
    const held = [...this.#rows]
      .filter(([, { runs }]) => runs.length > 0)
      .sort(([a, x], [b, y]) =>
        x.total.rough === y.total.rough ? compareBytes(a, b) : x.total.rough > y.total.rough ? -1 : 1,
      );
    const shown = held.slice(0, most);
    for (const name of always) {
      const at = held.findIndex(([other]) => other === name);
      if (at >= most) shown[most - 1] = held[at]!;
    }
    const left = held.filter((row) => !shown.includes(row)).map(([, { runs }]) => runs);
    return {
      participants: shown.map(([account, { total, runs }]) => ({ account, held: heldText(total), runs })),
      others: { count: left.length, runs: left.length === 0 ? [] : this.#together(left) },
      nobody: this.#nobody,
      best: this.#best,
    };
  }

  /** The sum of rows, which changes where one of their runs begins or ends. */
  #together(rows: readonly (readonly HeldRun[])[]): HeldRun[] {
    const changes = new Map<number, Sum>();
    const at = (cell: number): Sum => {
      let sum = changes.get(cell);
      if (sum === undefined) changes.set(cell, (sum = { held: noSeconds, rough: 0, runs: 0 }));
      return sum;
    };
    for (const [first, count, text] of rows.flat()) {
      const isRough = text.startsWith('~');
      const { numerator, denominator } = rationalOf(isRough ? text.slice(1) : text);
      const held = secondsOf(numerator, denominator);
      for (const [cell, sign] of [
        [first, 1],
        [first + count, -1],
      ] as const) {
        const sum = at(cell);
        sum.held = sign === 1 ? plus(sum.held, held) : minus(sum.held, held);
        sum.rough += isRough ? sign : 0;
        sum.runs += sign;
      }
    }
    const cells = [...changes.keys()].sort((a, b) => a - b);
    const now: Sum = { held: noSeconds, rough: 0, runs: 0 };
    const runs: HeldRun[] = [];
    for (const [i, cell] of cells.entries()) {
      const change = changes.get(cell)!;
      now.held = plus(now.held, change.held);
      now.rough += change.rough;
      now.runs += change.runs;
      if (now.runs === 0) continue;
      const text = heldText(now.rough > 0 ? { ...now.held, exact: null } : now.held);
      const last = runs.at(-1);
      const count = cells[i + 1]! - cell;
      if (last !== undefined && last[0] + last[1] === cell && last[2] === text) {
        runs[runs.length - 1] = [last[0], last[1] + count, text];
      } else runs.push([cell, count, text]);
    }
    return runs;
  }
}

/** What holds together: how many runs, and how many of them are not exact. */
interface Sum {
  held: Seconds;
  rough: number;
  runs: number;
}
