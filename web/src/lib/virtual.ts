import { useLayoutEffect, useState, useSyncExternalStore } from 'react';

/*
 * Rows of a list of any length, of which those that are seen are drawn. All rows have one height, so where a row stands is a
 * multiplication: nothing is kept for rows that are not seen. A browser makes no element taller than some 17 to 33 million pixels,
 * and a million rows are taller: beyond `tallest` the scroll bar stands for the whole list in proportion, while a wheel, a finger and
 * keys move it by as many pixels as they say.
 */

const tallest = 6_000_000;
/** Drawn above and below what is seen. */
const spare = 4;
/** After so many milliseconds without scrolling the bar is put where it belongs. */
const restMs = 120;

interface VirtualRows {
  /** For `ref` of the element that scrolls. */
  readonly attach: (element: HTMLElement | null) => (() => void) | undefined;
  /** Height of what is scrolled, without the head. */
  readonly height: number;
  /** The rows that are drawn: from `first`, below `end`. */
  readonly first: number;
  readonly end: number;
  /** The first row that is seen whole, and how many are. */
  readonly top: number;
  readonly seen: number;
  /** Where a row is drawn, in pixels from the beginning of what is scrolled. */
  readonly placeOf: (row: number) => number;
  /** Scrolls so that a row is the first that is seen; or (`nearest`) no further than it takes to see it. */
  readonly show: (row: number, how?: 'first' | 'nearest') => void;
}

interface View {
  /** Pixels of the whole list above what is seen. */
  readonly top: number;
  /** Where the scroll bar is. */
  readonly bar: number;
  /** Of the part in which rows are seen. */
  readonly height: number;
}

interface VirtualOptions {
  readonly rowHeight: number;
  /** Pixels at the top that stay. */
  readonly head: number;
  /** The row that is first seen first. */
  readonly start: number;
}

/** What scrolls: it says what is seen, and is told where to go. */
class Scroller {
  readonly #rowHeight: number;
  readonly #head: number;
  readonly #watchers = new Set<() => void>();
  #element: HTMLElement | null = null;
  #count = 0;
  view: View;

  constructor({ rowHeight, head, start }: VirtualOptions) {
    this.#rowHeight = rowHeight;
    this.#head = head;
    this.view = { top: start * rowHeight, bar: 0, height: 0 };
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** For `ref`. */
  readonly attach = (element: HTMLElement | null): (() => void) | undefined => {
    this.#element = element;
    if (element === null) return undefined;
    let resting: ReturnType<typeof setTimeout> | undefined;
    const scrolled = (): void => {
      this.#scrolled(element.scrollTop);
      clearTimeout(resting);
      resting = setTimeout(() => this.#settle(), restMs);
    };
    const sized = new ResizeObserver(() => {
      this.#look({ height: Math.max(0, element.clientHeight - this.#head) });
      this.goTo(this.view.top);
    });
    element.addEventListener('scroll', scrolled, { passive: true });
    sized.observe(element);
    return () => {
      clearTimeout(resting);
      element.removeEventListener('scroll', scrolled);
      sized.disconnect();
      this.#element = null;
    };
  };

  /** A list that has become shorter, or longer, is seen where it was as far as it reaches. */
  resize(count: number): void {
    this.#count = count;
    if (count > 0) this.goTo(this.view.top);
  }

  goTo(top: number): void {
    if (this.#count === 0) return;
    this.#look({ top: Math.min(Math.max(0, top), this.#reach.list) });
    this.#settle();
  }

  /** How far the list can be scrolled, and how far the bar. */
  get #reach(): { readonly list: number; readonly bar: number } {
    const whole = this.#count * this.#rowHeight;
    const { height } = this.view;
    return { list: Math.max(0, whole - height), bar: Math.max(0, Math.min(whole, tallest) - height) };
  }

  #look(change: Partial<View>): void {
    const view = { ...this.view, ...change };
    const { top, bar, height } = this.view;
    if (view.top === top && view.bar === bar && view.height === height) return;
    this.view = view;
    for (const watcher of this.#watchers) watcher();
  }

  #scrolled(bar: number): void {
    const { bar: before, top, height } = this.view;
    const moved = bar - before;
    if (moved === 0) return;
    const { list, bar: most } = this.#reach;
    // Somebody drags the bar, or it has come to an end; else what is seen moves by as much as was asked for.
    const jumped = list === most || Math.abs(moved) > height * 2 || bar <= 0 || bar >= most - 1;
    const next = jumped ? (most === 0 ? 0 : (bar / most) * list) : top + moved;
    this.#look({ bar, top: Math.min(Math.max(0, next), list) });
  }

  /** The bar where it belongs for what is seen. */
  #settle(): void {
    const element = this.#element;
    if (element === null) return;
    const { list, bar } = this.#reach;
    const place = list === 0 ? 0 : Math.round((this.view.top / list) * bar);
    if (Math.abs(element.scrollTop - place) >= 1) element.scrollTop = place;
    this.#look({ bar: element.scrollTop });
  }
}

export function useVirtualRows(count: number, options: VirtualOptions): VirtualRows {
  const { rowHeight } = options;
  const [scroller] = useState(() => new Scroller(options));
  const view = useSyncExternalStore(scroller.watch, () => scroller.view);
  useLayoutEffect(() => scroller.resize(count), [scroller, count]);
  // What is seen of a row's last tenth of a pixel is not seen.
  const top = Math.ceil(view.top / rowHeight - 0.01);
  const seen = Math.max(1, Math.floor(view.height / rowHeight));
  return {
    attach: scroller.attach,
    height: Math.min(count * rowHeight, tallest),
    first: Math.max(0, Math.floor(view.top / rowHeight) - spare),
    end: Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + spare),
    top,
    seen,
    placeOf: (row) => row * rowHeight - view.top + view.bar,
    show: (row, how = 'first') => {
      if (how === 'first' || row < top) scroller.goTo(row * rowHeight);
      else if (row >= top + seen) scroller.goTo((row - seen + 1) * rowHeight);
    },
  };
}
