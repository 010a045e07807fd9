import { type Grid, type Level, levelFor, runFrom, type Runs } from './cells.ts';
import { type Colours, css, palette, steps, stepsOf } from './colours.ts';
import type { Span } from './span.ts';
import { roundTicks, type Tick } from './ticks.ts';

/** Where everything stands, CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Names and figures stand left of this. */
  readonly left: number;
  readonly right: number;
  readonly chartTop: number;
  readonly chartBottom: number;
  readonly rowsTop: number;
  readonly rowsBottom: number;
  readonly rowHeight: number;
}

export interface Spot {
  readonly at: number;
  readonly row: number;
}

/** A period with its name, seconds. */
export interface Stage {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** What a frame shows. One object is kept and changed, so that frames make nothing. */
export interface Scene {
  grid: Grid | null;
  layout: Layout;
  span: Span;
  /** What is known at all. */
  known: Span;
  /** Periods in their order. */
  stages: readonly Stage[];
  /** How far the rows are scrolled, pixels. */
  scroll: number;
  /** Row that stands out; -1: all alike. */
  marked: number;
  /** Where the keyboard is, and the pointer. */
  cursor: Spot | null;
  hover: Spot | null;
  focused: boolean;
}

const dashes: number[] = [2, 4];
const noDashes: number[] = [];
const axisHeight = 26;
const chartHeight = 96;
const gap = 18;

/** `rows` includes the one of the time that nobody held. */
export function layoutOf(width: number, rows: number, { large }: { readonly large: boolean }): Layout {
  const narrow = width < 560;
  const most = narrow ? 420 : 560;
  const fitting = Math.min(30, Math.max(most / Math.max(1, rows), 1.5));
  const rowHeight = large ? Math.max(24, fitting) : fitting;
  const rowsTop = chartHeight + gap + 8;
  const rowsBottom = rowsTop + Math.min(most, Math.max(1, rows) * rowHeight);
  return {
    width,
    height: rowsBottom + axisHeight,
    left: narrow ? 88 : 156,
    right: width - (narrow ? 4 : 10),
    chartTop: 8,
    chartBottom: chartHeight,
    rowsTop,
    rowsBottom,
    rowHeight,
  };
}

/** A level as a picture: a pixel a cell and row. `strip`: one row of it alone, in the colours of whoever is marked. */
interface Picture {
  readonly level: Level;
  readonly image: OffscreenCanvas;
}

/**
 * Draws the grid. Cells are painted once, as pictures of a pixel each, at every fineness that is looked at; a frame lays one of
 * them under the stretch that it shows. Where cells are wide enough they are drawn as bars instead, run by run.
 */
export class Painter {
  readonly #context: CanvasRenderingContext2D;
  #colours: Colours;
  readonly #font: string;
  readonly #boldFont: string;
  #all!: Uint32Array;
  #mark!: Uint32Array;
  #allSteps!: readonly string[];
  #markSteps!: readonly string[];
  #names: Record<
    'surface' | 'raised' | 'line' | 'text' | 'quiet' | 'mark' | 'rate' | 'rateBand' | 'veil' | 'band' | 'cross',
    string
  >;
  #pictures: Picture[] = [];
  #strip: (Picture & { readonly row: number }) | null = null;
  #nobodyStrip: Picture | null = null;
  #grid: Grid | null = null;
  #hatch: CanvasPattern | null = null;
  readonly #cut = new Map<string, string>();
  #rateTicks: { low: number; high: number; values: readonly number[]; texts: readonly string[] } | null = null;

  constructor(canvas: HTMLCanvasElement, colours: Colours, font: string) {
    this.#context = canvas.getContext('2d', { alpha: false })!;
    this.#font = font;
    this.#boldFont = `bold ${font}`;
    this.#names = {} as never;
    this.#colours = colours;
    this.recolour(colours);
  }

  recolour(colours: Colours): void {
    this.#colours = colours;
    this.#all = palette(colours.little, colours.all);
    this.#mark = palette(colours.markLittle, colours.mark);
    this.#allSteps = stepsOf(colours.little, colours.all);
    this.#markSteps = stepsOf(colours.markLittle, colours.mark);
    this.#names = {
      surface: css(colours.surface),
      raised: css(colours.raised),
      line: css(colours.line),
      text: css(colours.text),
      quiet: css(colours.quiet),
      mark: css(colours.mark),
      rate: css(colours.rate),
      rateBand: css(colours.rate, 0.22),
      veil: css(colours.surface, 0.62),
      band: css(colours.quiet, 0.07),
      cross: css(colours.text, 0.55),
    };
    this.#hatch = this.#hatching();
    this.#forget();
  }

  #forget(): void {
    this.#pictures = [];
    this.#strip = null;
    this.#nobodyStrip = null;
  }

  #hatching(): CanvasPattern | null {
    const tile = new OffscreenCanvas(8, 8);
    const pen = tile.getContext('2d')!;
    pen.strokeStyle = css(this.#colours.quiet, 0.35);
    pen.lineWidth = 1.2;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    return this.#context.createPattern(tile, 'repeat');
  }

  /** One frame. */
  draw(scene: Scene, ticks: readonly Tick[], ratio: number): void {
    const pen = this.#context;
    const { layout, span, grid } = scene;
    if (grid !== this.#grid) {
      this.#grid = grid;
      this.#forget();
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = this.#names.surface;
    pen.fillRect(0, 0, layout.width, layout.height);
    pen.font = this.#font;
    const scale = (layout.right - layout.left) / (span.to - span.from);
    this.#drawBands(scene);
    this.#drawTicks(ticks, scene, scale);
    if (grid !== null) {
      pen.save();
      pen.beginPath();
      pen.rect(layout.left, layout.rowsTop, layout.right - layout.left, layout.rowsBottom - layout.rowsTop);
      pen.clip();
      const cell = grid.cellSeconds * scale;
      if (cell >= 3 && layout.rowHeight >= 9) this.#drawBars(grid, scene, scale);
      else this.#drawPicture(grid, scene, scale);
      pen.restore();
      this.#drawRates(grid, scene, scale);
    }
    this.#drawUnknown(scene, scale);
    this.#drawStages(scene, scale);
    this.#drawSpots(scene, scale);
    if (grid !== null) this.#drawNames(grid, scene);
  }

  /** Every other row lightly, so that eyes stay in theirs. */
  #drawBands({ layout, scroll, grid }: Scene): void {
    const pen = this.#context;
    const { left, right, rowsTop, rowsBottom, rowHeight } = layout;
    pen.fillStyle = this.#names.raised;
    if (rowHeight < 9) {
      pen.globalAlpha = 0.6;
      pen.fillRect(left, rowsTop, right - left, rowsBottom - rowsTop);
      pen.globalAlpha = 1;
      return;
    }
    const rows = (grid?.rows.length ?? 0) + 1;
    for (let row = Math.floor(scroll / rowHeight); row < rows; row += 1) {
      const top = rowsTop + row * rowHeight - scroll;
      if (top >= rowsBottom) break;
      if (row % 2 === 1) continue;
      const y = Math.max(rowsTop, top);
      pen.globalAlpha = 0.75;
      pen.fillRect(left, y, right - left, Math.min(rowsBottom, top + rowHeight) - y);
    }
    pen.globalAlpha = 1;
  }

  #drawTicks(ticks: readonly Tick[], { layout, span }: Scene, scale: number): void {
    const pen = this.#context;
    pen.textAlign = 'center';
    pen.textBaseline = 'alphabetic';
    for (let i = 0; i < ticks.length; i += 1) {
      const { at, text, major } = ticks[i]!;
      const x = Math.round(layout.left + (at - span.from) * scale) + 0.5;
      if (x < layout.left || x > layout.right) continue;
      pen.fillStyle = this.#names.line;
      pen.fillRect(x - 0.5, layout.chartTop, 1, layout.rowsBottom - layout.chartTop + 5);
      if (x > layout.right - 18) continue;
      pen.fillStyle = major ? this.#names.text : this.#names.quiet;
      pen.fillText(text, x, layout.rowsBottom + 19);
    }
  }

  #drawPicture(grid: Grid, { layout, span, scroll, marked }: Scene, scale: number): void {
    const pen = this.#context;
    const { left, rowsTop, rowHeight } = layout;
    const level = levelFor(grid, grid.cellSeconds * scale);
    const rows = grid.rows.length;
    const cell = grid.cellSeconds * level.cells * scale;
    const x = left + (grid.from - span.from) * scale;
    // Only the cells that are seen.
    const first = Math.max(0, Math.floor((left - x) / cell));
    const last = Math.min(level.columns, Math.ceil((layout.right - x) / cell));
    if (last <= first) return;
    pen.imageSmoothingEnabled = false;
    const wide = (last - first) * cell;
    const at = x + first * cell;
    const top = rowsTop - scroll;
    if (rows > 0) {
      pen.globalAlpha = marked >= 0 ? 0.4 : 1;
      const image = this.#picture(grid, level);
      pen.drawImage(image, first, 0, last - first, rows, at, top, wide, rows * rowHeight);
      pen.globalAlpha = 1;
    }
    if (marked >= 0 && marked < rows) {
      const image = this.#markedStrip(level, marked);
      const height = Math.max(rowHeight, 5);
      const y = top + marked * rowHeight - (height - rowHeight) / 2;
      pen.fillStyle = this.#names.surface;
      pen.fillRect(left, y - 1, layout.right - left, height + 2);
      pen.drawImage(image, first, 0, last - first, 1, at, y, wide, height);
    }
    this.#drawNobody(grid, level, { first, last, at, wide, y: top + rows * rowHeight, height: rowHeight });
  }

  #drawNobody(
    grid: Grid,
    level: Level,
    where: Readonly<Record<'first' | 'last' | 'at' | 'wide' | 'y' | 'height', number>>,
  ): void {
    if (grid.nobody.length === 0) return;
    const pen = this.#context;
    if (this.#nobodyStrip?.level !== level) {
      const start = grid.rows.length * level.columns;
      const grey = palette(this.#colours.line, this.#colours.quiet);
      this.#nobodyStrip = { level, image: painted(level.shade.subarray(start), level.columns, 1, grey) };
    }
    const { first, last, at, wide, y, height } = where;
    pen.drawImage(this.#nobodyStrip.image, first, 0, last - first, 1, at, y, wide, height);
  }

  #picture(grid: Grid, level: Level): OffscreenCanvas {
    let found = this.#pictures.find((one) => one.level === level);
    if (found === undefined) {
      found = { level, image: painted(level.shade, level.columns, grid.rows.length, this.#all) };
      this.#pictures.push(found);
    }
    return found.image;
  }

  #markedStrip(level: Level, row: number): OffscreenCanvas {
    if (this.#strip?.level !== level || this.#strip.row !== row) {
      const shade = level.shade.subarray(row * level.columns, (row + 1) * level.columns);
      this.#strip = { level, row, image: painted(shade, level.columns, 1, this.#mark) };
    }
    return this.#strip.image;
  }

  /** A share as the height of a bar, and as its lightness. */
  #drawBars(grid: Grid, { layout, span, scroll, marked }: Scene, scale: number): void {
    const { left, right, rowsTop, rowsBottom, rowHeight } = layout;
    const cell = grid.cellSeconds * scale;
    const x = left + (grid.from - span.from) * scale;
    const first = Math.max(0, Math.floor((left - x) / cell));
    const last = Math.min(grid.columns, Math.ceil((right - x) / cell));
    const pen = this.#context;
    for (let row = Math.floor(scroll / rowHeight); row <= grid.rows.length; row += 1) {
      const top = rowsTop + row * rowHeight - scroll;
      if (top >= rowsBottom) break;
      const isNobody = row === grid.rows.length;
      const runs = isNobody ? grid.nobody : grid.rows[row]!.runs;
      const room = rowHeight - Math.min(4, rowHeight / 5);
      const bottom = top + rowHeight - (rowHeight - room) / 2;
      pen.globalAlpha = marked >= 0 && row !== marked ? 0.4 : 1;
      const colours = isNobody ? null : row === marked ? this.#markSteps : this.#allSteps;
      this.#drawRuns(runs, { x, cell, first, last, bottom, room }, colours);
    }
    pen.globalAlpha = 1;
  }

  #drawRuns(
    runs: Runs,
    {
      x,
      cell,
      first,
      last,
      bottom,
      room,
    }: Readonly<Record<'x' | 'cell' | 'first' | 'last' | 'bottom' | 'room', number>>,
    colours: readonly string[] | null,
  ): void {
    const pen = this.#context;
    for (let i = runFrom(runs, first); i < runs.length; i += 1) {
      const begins = Math.max(first, runs.first[i]!);
      if (begins >= last) break;
      const ends = Math.min(last, runs.first[i]! + runs.count[i]!);
      const part = runs.part[i]!;
      const height = Math.max(2, part * room);
      const from = Math.round(x + begins * cell);
      const to = Math.max(from + 1, Math.round(x + ends * cell));
      pen.fillStyle =
        colours === null ? (this.#hatch ?? this.#names.quiet) : colours[Math.max(0, Math.ceil(part * steps) - 1)]!;
      pen.fillRect(from, bottom - height, to - from, height);
    }
  }

  #drawRates(grid: Grid, { layout, span }: Scene, scale: number): void {
    const pen = this.#context;
    const { left, right, chartTop, chartBottom } = layout;
    const level = levelFor(grid, grid.cellSeconds * scale);
    const { last, low, high } = level.rates;
    const cell = grid.cellSeconds * level.cells * scale;
    const x = left + (grid.from - span.from) * scale;
    const first = Math.max(0, Math.floor((left - x) / cell));
    const end = Math.min(level.columns, Math.ceil((right - x) / cell));
    let [least, most] = [Infinity, -Infinity];
    for (let i = first; i < end; i += 1) {
      if (low[i]! < least) least = low[i]!;
      if (high[i]! > most) most = high[i]!;
    }
    if (least > most) return;
    const room = (most - least || Math.abs(most) * 0.01 || 1) * 0.12;
    const [floor, top] = [least - room, most + room];
    const tall = (chartBottom - chartTop) / (top - floor);
    this.#drawRateTicks(layout, floor, top, tall);
    pen.save();
    pen.beginPath();
    pen.rect(left, chartTop, right - left, chartBottom - chartTop);
    pen.clip();
    pen.fillStyle = this.#names.rateBand;
    for (let i = first; i < end; i += 1) {
      if (!(high[i]! > low[i]!)) continue;
      const y = chartBottom - (high[i]! - floor) * tall;
      pen.fillRect(x + i * cell, y, Math.max(1, cell), (high[i]! - low[i]!) * tall);
    }
    pen.strokeStyle = this.#names.rate;
    pen.lineWidth = 1.6;
    pen.lineJoin = 'round';
    pen.beginPath();
    let isDown = false;
    let before = Number.NaN;
    for (let i = first; i < end; i += 1) {
      const value = last[i]!;
      if (Number.isNaN(value)) isDown = false;
      else {
        const y = chartBottom - (value - floor) * tall;
        if (!isDown) pen.moveTo(x + i * cell, y);
        else if (value !== before) pen.lineTo(x + i * cell, y);
        // A level stretch is one line.
        if (i + 1 === end || last[i + 1]! !== value) pen.lineTo(x + (i + 1) * cell, y);
        isDown = true;
      }
      before = value;
    }
    pen.stroke();
    pen.restore();
  }

  #drawRateTicks({ left, right, chartBottom, chartTop }: Layout, low: number, high: number, tall: number): void {
    if (this.#rateTicks?.low !== low || this.#rateTicks.high !== high) {
      const values = roundTicks(low, high, 3);
      const places = values.length > 1 ? Math.max(0, -Math.floor(Math.log10(values[1]! - values[0]!) + 1e-9)) : 2;
      this.#rateTicks = { low, high, values, texts: values.map((value) => value.toFixed(Math.min(20, places))) };
    }
    const { values, texts } = this.#rateTicks;
    const pen = this.#context;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (let i = 0; i < values.length; i += 1) {
      const y = Math.round(chartBottom - (values[i]! - low) * tall);
      if (y < chartTop + 2) continue;
      pen.fillStyle = this.#names.line;
      pen.fillRect(left, y, right - left, 1);
      pen.fillStyle = this.#names.quiet;
      pen.fillText(texts[i]!, left - 8, y);
    }
  }

  /** Before the first fact, and after the newest one. */
  #drawUnknown({ layout, span, known }: Scene, scale: number): void {
    const pen = this.#context;
    const { left, right, chartTop, rowsBottom } = layout;
    const from = Math.min(right, left + (known.from - span.from) * scale);
    const to = Math.max(left, left + (known.to - span.from) * scale);
    pen.fillStyle = this.#hatch ?? this.#names.line;
    pen.globalAlpha = 0.5;
    if (from > left) pen.fillRect(left, chartTop, from - left, rowsBottom - chartTop);
    if (to < right) pen.fillRect(to, chartTop, right - to, rowsBottom - chartTop);
    pen.globalAlpha = 1;
    if (to > left && to < right) {
      pen.fillStyle = this.#names.quiet;
      pen.fillRect(Math.round(to), chartTop, 1, rowsBottom - chartTop);
    }
  }

  /** Where a period ends, and which one it is, between the rates and the rows. */
  #drawStages({ layout, span, stages }: Scene, scale: number): void {
    const pen = this.#context;
    const { left, right, chartTop, rowsTop, rowsBottom } = layout;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.strokeStyle = this.#names.quiet;
    pen.fillStyle = this.#names.quiet;
    pen.lineWidth = 1;
    pen.setLineDash(dashes);
    for (let i = 0; i < stages.length; i += 1) {
      const { from, to, name } = stages[i]!;
      if (to <= span.from || from >= span.to) continue;
      const begins = Math.max(left, left + (from - span.from) * scale);
      const ends = Math.min(right, left + (to - span.from) * scale);
      if (ends < right && (to - from) * scale > 6) {
        pen.beginPath();
        pen.moveTo(Math.round(ends) + 0.5, chartTop);
        pen.lineTo(Math.round(ends) + 0.5, rowsBottom);
        pen.stroke();
      }
      if (ends - begins > 64) pen.fillText(name, (begins + ends) / 2, rowsTop - 13);
    }
    pen.setLineDash(noDashes);
  }

  #drawSpots(scene: Scene, scale: number): void {
    const { hover, cursor, focused } = scene;
    if (hover !== null) this.#drawSpot(hover, scene, scale, false);
    if (cursor !== null) this.#drawSpot(cursor, scene, scale, focused || hover === null);
  }

  #drawSpot({ at, row }: Spot, { layout, span, grid, scroll }: Scene, scale: number, strong: boolean): void {
    const pen = this.#context;
    const { left, right, chartTop, rowsTop, rowsBottom, rowHeight } = layout;
    const seconds = grid?.cellSeconds ?? 1;
    const start = grid === null ? at : grid.from + Math.floor((at - grid.from) / seconds) * seconds;
    const from = left + (start - span.from) * scale;
    const wide = Math.max(2, seconds * scale);
    if (from + wide < left || from > right) return;
    pen.fillStyle = this.#names.cross;
    const middle = Math.min(right, Math.max(left, from + wide / 2));
    pen.fillRect(Math.round(middle), chartTop, 1, rowsBottom - chartTop);
    const y = rowsTop + row * rowHeight - scroll;
    if (row < 0 || y + rowHeight <= rowsTop || y >= rowsBottom) return;
    if (rowHeight >= 5) pen.fillRect(left, Math.round(y + rowHeight) - 1, right - left, 1);
    pen.strokeStyle = strong ? this.#names.text : this.#names.cross;
    pen.lineWidth = strong ? 2 : 1.5;
    const pad = rowHeight < 6 ? 2 : 0;
    pen.strokeRect(
      Math.max(left, from) - 1,
      y - pad,
      Math.min(right, from + wide) - Math.max(left, from) + 2,
      rowHeight + pad * 2,
    );
  }

  #drawNames(grid: Grid, { layout, scroll, marked, cursor, hover }: Scene): void {
    const pen = this.#context;
    const { left, rowsTop, rowsBottom, rowHeight } = layout;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    const rows = grid.rows.length;
    const all = rowHeight >= 12;
    pen.save();
    pen.beginPath();
    pen.rect(0, rowsTop - 6, left, rowsBottom - rowsTop + 12);
    pen.clip();
    let free = -Infinity;
    for (let row = Math.floor(scroll / rowHeight); row <= rows; row += 1) {
      const y = rowsTop + (row + 0.5) * rowHeight - scroll;
      if (y - rowHeight / 2 >= rowsBottom) break;
      // Where not all names have room, those that do.
      if (!all && y - free < 14 && row !== rows) continue;
      if (!all && row !== rows && rowsTop + (rows + 0.5) * rowHeight - scroll - y < 14) continue;
      free = y;
      pen.fillStyle = row === marked ? this.#names.mark : row === rows ? this.#names.quiet : this.#names.text;
      pen.globalAlpha = marked >= 0 && row !== marked ? 0.6 : 1;
      // Who stands out does so by weight too, not by colour alone.
      pen.font = row === marked ? this.#boldFont : this.#font;
      pen.fillText(this.#cutName(row === rows ? 'nobody' : grid.rows[row]!.name, left - 18), left - 8, y);
    }
    pen.globalAlpha = 1;
    pen.font = this.#font;
    if (!all) {
      this.#drawNameOver(grid, layout, scroll, marked, this.#names.mark);
      this.#drawNameOver(grid, layout, scroll, (hover ?? cursor)?.row ?? -1, this.#names.text);
    } else if (marked >= 0 && marked < rows) {
      const y = rowsTop + (marked + 0.5) * rowHeight - scroll;
      pen.fillStyle = this.#names.mark;
      pen.fillRect(left - 4, y - rowHeight / 2 + 1, 3, rowHeight - 2);
    }
    pen.restore();
  }

  #drawNameOver(grid: Grid, { left, rowsTop, rowHeight }: Layout, scroll: number, row: number, colour: string): void {
    if (row < 0 || row > grid.rows.length) return;
    const pen = this.#context;
    const y = rowsTop + (row + 0.5) * rowHeight - scroll;
    const text = this.#cutName(row === grid.rows.length ? 'nobody' : grid.rows[row]!.name, left - 18);
    pen.fillStyle = this.#names.surface;
    pen.fillRect(0, y - 9, left - 2, 18);
    pen.fillStyle = colour;
    pen.fillText(text, left - 8, y);
    pen.fillRect(left - 5, y - 1, 4, 2);
  }

  /** A name that has room; what is cut off is shown by an ellipsis. */
  #cutName(name: string, room: number): string {
    const key = `${room} ${name}`;
    let text = this.#cut.get(key);
    if (text === undefined) {
      text = name;
      while (text.length > 1 && this.#context.measureText(text).width > room)
        text = `${text.replace(/…$/, '').slice(0, -1)}…`;
      this.#cut.set(key, text);
    }
    return text;
  }
}

/** Shades as a picture, a pixel each. */
function painted(shade: Uint8Array, columns: number, rows: number, colours: Uint32Array): OffscreenCanvas {
  const image = new OffscreenCanvas(Math.max(1, columns), Math.max(1, rows));
  const data = new ImageData(image.width, image.height);
  const pixels = new Uint32Array(data.data.buffer);
  const count = columns * rows;
  for (let i = 0; i < count; i += 1) pixels[i] = colours[shade[i]!]!;
  image.getContext('2d')!.putImageData(data, 0, 0);
  return image;
}
