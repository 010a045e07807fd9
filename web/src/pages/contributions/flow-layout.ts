/** Something that cred comes from, or goes to. */
interface Stream {
  readonly key: string;
  readonly flow: bigint;
}

/** Where a stream is drawn, in pixels from the top. */
export interface Laid {
  readonly key: string;
  /** Its label's box. */
  readonly top: number;
  readonly height: number;
  /** Its end at the outside, in the middle of the box, and at the place itself; both as thick as its flow. */
  readonly outer: number;
  readonly inner: number;
  readonly thick: number;
}

interface FlowLayout {
  readonly height: number;
  /** The place itself. */
  readonly bar: { readonly top: number; readonly height: number };
  readonly left: readonly Laid[];
  readonly right: readonly Laid[];
}

/** So that a stream is seen however little it carries. */
const leastPx = 1;

/**
 * Streams from the left into a bar and out of it to the right, all by one measure: `passed` is as tall as the bar. Labels of at least
 * `row` pixels stand below each other, `gap` apart, and the bar in the middle of the taller side.
 */
export function flowLayout(
  left: readonly Stream[],
  right: readonly Stream[],
  {
    passed,
    bar,
    row,
    gap,
  }: { readonly passed: bigint; readonly bar: number; readonly row: number; readonly gap: number },
): FlowLayout {
  const pixels = (flow: bigint): number =>
    passed === 0n ? leastPx : Math.max(leastPx, (Number((flow * 1_000_000n) / passed) / 1_000_000) * bar);
  const tall = (streams: readonly Stream[]): number =>
    streams.reduce((sum, { flow }) => sum + Math.max(row, pixels(flow)) + gap, -gap);
  const height = Math.max(bar, tall(left), tall(right), row);
  const top = (height - bar) / 2;
  const side = (streams: readonly Stream[]): Laid[] => {
    let at = (height - tall(streams)) / 2;
    let inner = top;
    return streams.map(({ key, flow }) => {
      const thick = pixels(flow);
      const box = Math.max(row, thick);
      const laid = { key, top: at, height: box, outer: at + (box - thick) / 2, inner, thick };
      at += box + gap;
      inner += thick;
      return laid;
    });
  };
  return { height, bar: { top, height: bar }, left: side(left), right: side(right) };
}

/** A ribbon between two heights at `x0` and `x1`, as a path. */
export function ribbon({
  x0,
  y0,
  x1,
  y1,
  thick,
}: {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  thick: number;
}): string {
  const middle = (x0 + x1) / 2;
  return [
    `M${x0},${y0}`,
    `C${middle},${y0} ${middle},${y1} ${x1},${y1}`,
    `L${x1},${y1 + thick}`,
    `C${middle},${y1 + thick} ${middle},${y0 + thick} ${x0},${y0 + thick}`,
    'Z',
  ].join(' ');
}
