import { cellAt } from './cells.ts';
import { coloursOf } from './colours.ts';
import { type Layout, layoutOf, Painter, type Scene, type Spot } from './painter.ts';
import { lengthOf, moved, type Span, within, zoomed } from './span.ts';
import { ticksOf, type Tick, type WallClock } from './ticks.ts';

/** What the page hears from the grid. */
interface Heard {
  /** The stretch is another one; `resting`: nobody moves it any more. */
  readonly onSpan: (span: Span, resting: boolean) => void;
  readonly onHover: (spot: Spot | null, x: number, y: number) => void;
  readonly onCursor: (spot: Spot | null) => void;
  /** A row was chosen to stand out, or the one that did not to any more. */
  readonly onMark: (row: number) => void;
}

/** How long the last frames took to draw, milliseconds: of whoever asks, and of tests. */
interface Timed {
  frameTimes?: Float64Array;
  frames?: number;
}

const wheelStep = 0.0016;
const restMs = 220;
const glideMs = 160;
const timesKept = 1024;

/**
 * The grid under somebody's hands: pointer, wheel, touch and keys move it, and each change draws one frame. It lives beside React,
 * which is told where it is when it rests.
 */
export class CrownView {
  readonly scene: Scene;
  readonly #canvas: HTMLCanvasElement & Timed;
  readonly #painter: Painter;
  readonly #heard: Heard;
  readonly #gone = new AbortController();
  #clock: WallClock;
  #large = false;
  #theme = '';
  #ratio = 1;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #ticks: readonly Tick[] = [];
  #ticksOf = '';
  /** Fingers and buttons that are down. */
  readonly #down = new Map<number, { x: number; y: number }>();
  #dragged = 0;
  #glide: { readonly from: Span; readonly to: Span; readonly begun: number } | null = null;

  constructor(canvas: HTMLCanvasElement & Timed, start: { span: Span; known: Span; clock: WallClock }, heard: Heard) {
    this.#canvas = canvas;
    this.#heard = heard;
    this.#clock = start.clock;
    const font = `12px ${getComputedStyle(canvas).fontFamily}`;
    this.#painter = new Painter(canvas, coloursOf(canvas.parentElement!), font);
    this.scene = {
      grid: null,
      layout: layoutOf(canvas.clientWidth, 12, { large: false }),
      span: start.span,
      known: start.known,
      stages: [],
      scroll: 0,
      marked: -1,
      cursor: null,
      hover: null,
      focused: false,
    };
    // Keys are the grid's own while it has the focus.
    canvas.setAttribute('role', 'application');
    canvas.frameTimes = new Float64Array(timesKept);
    canvas.frames = 0;
    this.#listen();
    this.resize();
  }

  end(): void {
    this.#gone.abort();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
  }

  /** Changes what is shown, from outside. */
  show(change: Partial<Pick<Scene, 'grid' | 'known' | 'stages' | 'marked' | 'cursor'>>): void {
    const rows = this.scene.grid?.rows.length;
    Object.assign(this.scene, change);
    if (this.scene.grid?.rows.length !== rows) this.resize();
    else this.#soon();
  }

  setClock(clock: WallClock): void {
    this.#clock = clock;
    this.#ticksOf = '';
    this.#soon();
  }

  setLarge(large: boolean): void {
    this.#large = large;
    this.resize();
  }

  /** The theme is another one. */
  recolourFor(theme: string): void {
    if (theme !== this.#theme) this.recolour();
    this.#theme = theme;
  }

  recolour(): void {
    this.#painter.recolour(coloursOf(this.#canvas.parentElement!));
    this.#soon();
  }

  /** Goes to another stretch; `glide`: by way of those in between, where the reader does not mind motion. */
  go(span: Span, { glide = false, quiet = false }: { glide?: boolean; quiet?: boolean } = {}): void {
    const to = within(span, this.scene.known);
    if (glide && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#glide = { from: this.scene.span, to, begun: performance.now() };
      this.#soon();
    } else {
      this.#glide = null;
      this.scene.span = to;
      this.#soon();
    }
    if (!quiet) this.#moved();
  }

  /** Where the stretch is, or is about to be. */
  get span(): Span {
    return this.#glide?.to ?? this.scene.span;
  }

  zoom(factor: number, at?: number): void {
    const { span } = this;
    this.go(zoomed(span, factor, at ?? (span.from + span.to) / 2), { glide: true });
  }

  pan(part: number): void {
    this.go(moved(this.span, lengthOf(this.span) * part), { glide: true });
  }

  resize(): void {
    const { clientWidth } = this.#canvas;
    if (clientWidth === 0) return;
    const rows = (this.scene.grid?.rows.length ?? 11) + 1;
    const layout = layoutOf(clientWidth, rows, { large: this.#large });
    this.scene.layout = layout;
    this.#ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const [width, height] = [Math.round(layout.width * this.#ratio), Math.round(layout.height * this.#ratio)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#canvas.style.height = `${layout.height}px`;
    }
    this.#scrollTo(this.scene.scroll);
    this.#ticksOf = '';
    this.#soon();
  }

  #soon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now: number): void {
    this.#frame = 0;
    const begun = performance.now();
    if (this.#glide !== null) {
      const { from, to, begun: start } = this.#glide;
      const part = Math.min(1, Math.max(0, (now - start) / glideMs));
      const eased = 1 - (1 - part) ** 3;
      this.scene.span = {
        from: from.from + (to.from - from.from) * eased,
        to: from.to + (to.to - from.to) * eased,
      };
      if (part >= 1) this.#glide = null;
      else this.#soon();
    }
    const { layout, span } = this.scene;
    this.#painter.draw(this.scene, this.#ticksFor(span, layout), this.#ratio);
    const canvas = this.#canvas;
    canvas.frameTimes![canvas.frames! % timesKept] = performance.now() - begun;
    canvas.frames = canvas.frames! + 1;
  }

  /** Marks are made anew only when the stretch has moved on by a part of itself: some more than are seen are kept. */
  #ticksFor(span: Span, { left, right }: Layout): readonly Tick[] {
    const length = lengthOf(span);
    const most = Math.max(2, Math.floor((right - left) / 80));
    const slot = Math.floor(span.from / length);
    const key = `${slot} ${length.toPrecision(8)} ${most}`;
    if (key !== this.#ticksOf) {
      this.#ticksOf = key;
      this.#ticks = ticksOf({ from: slot * length, to: (slot + 2) * length }, this.#clock, most * 2);
    }
    return this.#ticks;
  }

  #moved(): void {
    this.#heard.onSpan(this.span, false);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#heard.onSpan(this.span, true), restMs);
  }

  get #scale(): number {
    const { layout, span } = this.scene;
    return (layout.right - layout.left) / lengthOf(span);
  }

  #timeAt(x: number): number {
    const { layout, span } = this.scene;
    return span.from + (x - layout.left) / this.#scale;
  }

  #rowAt(y: number): number {
    const { layout, scroll } = this.scene;
    if (y < layout.rowsTop || y >= layout.rowsBottom) return -1;
    return Math.floor((y - layout.rowsTop + scroll) / layout.rowHeight);
  }

  #spotAt(x: number, y: number): Spot | null {
    const { layout, grid, known } = this.scene;
    if (grid === null || x < layout.left || x > layout.right || y < layout.chartTop || y > layout.rowsBottom)
      return null;
    const at = this.#timeAt(x);
    if (at < known.from || at >= known.to || cellAt(grid, at) === null) return null;
    return { at, row: this.#rowAt(y) };
  }

  #scrollTo(scroll: number): void {
    const { layout, grid } = this.scene;
    const all = ((grid?.rows.length ?? 0) + 1) * layout.rowHeight;
    this.scene.scroll = Math.max(0, Math.min(all - (layout.rowsBottom - layout.rowsTop), scroll));
    this.#soon();
  }

  #listen(): void {
    const canvas = this.#canvas;
    const { signal } = this.#gone;
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      hear: (event: HTMLElementEventMap[K]) => void,
      passive = true,
    ): void => canvas.addEventListener(name, hear, { signal, passive });
    on('wheel', (event) => this.#wheel(event), false);
    on('pointerdown', (event) => this.#press(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#release(event));
    on('pointercancel', (event) => this.#release(event));
    on('pointerleave', () => this.#hover(null, 0, 0));
    on('keydown', (event) => this.#key(event), false);
    on('focus', () => this.#focus(true));
    on('blur', () => this.#focus(false));
  }

  #focus(focused: boolean): void {
    this.scene.focused = focused;
    this.#soon();
  }

  /** Down and up zooms where the pointer is, sideways pans; with Shift rows scroll. */
  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const [x, y] = [event.deltaX * unit, event.deltaY * unit];
    if (event.shiftKey && !event.ctrlKey) {
      this.#scrollTo(this.scene.scroll + (y || x));
      return;
    }
    if (Math.abs(x) > Math.abs(y)) this.go(moved(this.span, x / this.#scale));
    else this.go(zoomed(this.span, Math.exp(y * wheelStep * (event.ctrlKey ? 4 : 1)), this.#timeAt(event.offsetX)));
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.#down.size === 1) this.#dragged = 0;
  }

  #move(event: PointerEvent): void {
    const finger = this.#down.get(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    if (finger === undefined) {
      this.#hover(this.#spotAt(x, y), x, y);
      return;
    }
    const [dx, dy] = [x - finger.x, y - finger.y];
    this.#dragged += Math.abs(dx) + Math.abs(dy);
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      if (this.#dragged > 4) {
        this.#hover(null, 0, 0);
        this.go(moved(this.scene.span, -dx / this.#scale));
        if (event.pointerType === 'mouse') this.#scrollTo(this.scene.scroll - dy);
      }
    } else {
      const [before, after] = [Math.max(20, Math.abs(finger.x - other.x)), Math.max(20, Math.abs(x - other.x))];
      this.go(zoomed(moved(this.scene.span, -dx / 2 / this.#scale), before / after, this.#timeAt((x + other.x) / 2)));
    }
    finger.x = x;
    finger.y = y;
  }

  #release(event: PointerEvent): void {
    if (!this.#down.delete(event.pointerId)) return;
    if (event.type === 'pointercancel' || this.#dragged > 4 || this.#down.size > 0) return;
    const { offsetX: x, offsetY: y } = event;
    if (x < this.scene.layout.left) {
      const row = this.#rowAt(y);
      if (row >= 0 && row < (this.scene.grid?.rows.length ?? 0)) this.#heard.onMark(row);
      return;
    }
    const spot = this.#spotAt(x, y);
    if (spot !== null) this.#heard.onCursor(spot);
  }

  #hover(spot: Spot | null, x: number, y: number): void {
    if (spot === null && this.scene.hover === null) return;
    this.scene.hover = spot;
    this.#heard.onHover(spot, x, y);
    this.#soon();
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const { grid, cursor } = this.scene;
    const cells = event.shiftKey ? 10 : 1;
    const done: Record<string, () => void> = {
      ArrowLeft: () => this.#step(-cells, 0),
      ArrowRight: () => this.#step(cells, 0),
      ArrowUp: () => this.#step(0, -cells),
      ArrowDown: () => this.#step(0, cells),
      PageUp: () => this.pan(-0.8),
      PageDown: () => this.pan(0.8),
      '+': () => this.zoom(0.6, cursor?.at),
      '=': () => this.zoom(0.6, cursor?.at),
      '-': () => this.zoom(1 / 0.6, cursor?.at),
      Home: () => this.#jump(this.scene.known.from),
      End: () => this.#jump(this.scene.known.to - 1),
      Enter: () => {
        if (cursor !== null && cursor.row >= 0 && cursor.row < (grid?.rows.length ?? 0)) this.#heard.onMark(cursor.row);
      },
      Escape: () => (cursor === null ? this.#heard.onMark(-1) : this.#heard.onCursor(null)),
    };
    const work = done[event.key];
    if (work === undefined) return;
    event.preventDefault();
    work();
  }

  /** Moves the cursor by cells and rows; without one it begins in the middle. */
  #step(cells: number, rows: number): void {
    const { grid, cursor, span, known } = this.scene;
    if (grid === null) return;
    const from = Math.max(span.from, known.from);
    const to = Math.min(span.to, known.to);
    const now = cursor ?? { at: (from + to) / 2, row: 0 };
    const [byCells, byRows] = cursor === null ? [0, 0] : [cells, rows];
    const cell = Math.floor((now.at - grid.from) / grid.cellSeconds) + byCells;
    const at = Math.min(known.to - 1, Math.max(known.from, grid.from + cell * grid.cellSeconds));
    const row = Math.min(grid.rows.length, Math.max(0, now.row + byRows));
    this.#reveal(at, row, grid.cellSeconds);
    this.#heard.onCursor({ at, row });
  }

  #jump(at: number): void {
    const row = this.scene.cursor?.row ?? 0;
    this.#reveal(at, row, this.scene.grid?.cellSeconds ?? 1);
    this.#heard.onCursor({ at, row });
  }

  /** Moves what is shown no further than it must to show the cursor. */
  #reveal(at: number, row: number, seconds: number): void {
    const { span } = this;
    const room = lengthOf(span) * 0.1;
    if (at < span.from) this.go(moved(span, at - span.from - room), { glide: true });
    else if (at + seconds > span.to) this.go(moved(span, at + seconds - span.to + room), { glide: true });
    const { layout, scroll } = this.scene;
    const [top, seen] = [row * layout.rowHeight, layout.rowsBottom - layout.rowsTop];
    if (top < scroll) this.#scrollTo(top);
    else if (top + layout.rowHeight > scroll + seen) this.#scrollTo(top + layout.rowHeight - seen);
  }
}
