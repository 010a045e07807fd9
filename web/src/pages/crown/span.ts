/** Zoom and pan: arithmetic of a stretch of time that is looked at. Times are seconds since 1970 and need not be whole. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Nothing is looked at more closely than this, nor from further away; seconds. */
export const spanLeast = 30;
const spanMost = 400 * 86_400;

export const lengthOf = ({ from, to }: Span): number => to - from;

/** The stretch, `factor` times as long, so that `at` stays where it is. */
export function zoomed(span: Span, factor: number, at: number): Span {
  const length = Math.min(spanMost, Math.max(spanLeast, lengthOf(span) * factor));
  const part = (at - span.from) / lengthOf(span);
  const from = at - part * length;
  return { from, to: from + length };
}

export const moved = ({ from, to }: Span, seconds: number): Span => ({ from: from + seconds, to: to + seconds });

/** The stretch, moved so that at least a fifth of it shows something known. */
export function within(span: Span, known: Span): Span {
  const slack = Math.min(lengthOf(span), lengthOf(known)) / 5;
  if (span.to < known.from + slack) return moved(span, known.from + slack - span.to);
  if (span.from > known.to - slack) return moved(span, known.to - slack - span.from);
  return span;
}

/** A stretch of this length that shows the newest that is known, with a little room after it. */
export const newest = (known: Span, length: number): Span => {
  const to = known.to + length * 0.02;
  return { from: to - length, to };
};

/** All that is known, or its newest part, so that it does not begin too far away. */
export function firstLook(known: Span, most = 7 * 86_400): Span {
  return newest(known, Math.min(most, Math.max(600, lengthOf(known) * 1.04)));
}

const widths = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800],
] as const;

/** How long a cell is so that it is at least `pixels` wide where `width` pixels show the stretch; seconds. */
export function cellSeconds(span: Span, width: number, pixels = 2): number {
  const least = (lengthOf(span) / Math.max(1, width)) * pixels;
  return widths.find((seconds) => seconds >= least) ?? widths.at(-1)!;
}

/** What is asked for: whole cells, so that neighbours share their edges. */
export interface Asked extends Span {
  readonly cells: number;
}

const block = 128;
const cellsMost = 10_000;

/** The stretch with as much again on both sides, as far as anything is known, in blocks of cells: small moves ask the same. */
export function askedFor(span: Span, known: Span, seconds: number): Asked {
  const step = block * seconds;
  const length = lengthOf(span);
  const from = Math.floor(Math.max(known.from, span.from - length) / step) * step;
  const to = Math.max(from + step, Math.ceil(Math.min(known.to, span.to + length) / step) * step);
  const cells = Math.min(cellsMost, (to - from) / seconds);
  return { from, to: from + cells * seconds, cells };
}

/** Whether what was asked for shows the stretch, as far as anything is known. */
export const covers = (asked: Span, span: Span, known: Span): boolean =>
  asked.from <= Math.max(span.from, known.from) && asked.to >= Math.min(span.to, known.to);
