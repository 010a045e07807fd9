import { Link } from '@tanstack/react-router';
import type { Asset } from '../../api/types.ts';
import { grouped, percent, tokensRough } from '../../lib/amount.ts';
import { useWidth } from '../../ui/width.ts';
import {
  colorOf,
  colors,
  edgeKind,
  nameOf,
  type Neighbour,
  type Neighbourhood,
  plain,
  type Side,
  type Source,
} from './cred.ts';
import { flowLayout, type Laid, ribbon } from './flow-layout.ts';

/** One stream of the drawing: a neighbour, the mint, what stays, or all the others. */
interface Shown {
  readonly key: string;
  readonly flow: bigint;
  readonly color: string;
  readonly name: React.ReactNode;
  readonly about: string;
  /** What kind of edge leads there. */
  readonly over?: string;
}

/** From so wide on there is room beside the streams for their names; else they stand over them. */
const roomyPx = 640;
const row = 42;
const gap = 8;

/** What came from where through a place, and where it went: drawn to the pixel, by one measure at both sides; neighbours lead on. */
export function FlowDrawing({
  data,
  program,
  asset,
  sources,
  more,
}: {
  data: Neighbourhood;
  program: string;
  asset: Asset;
  sources: readonly Source[];
  /** Asks for more neighbours; `null`: no more can be shown. */
  more: (() => void) | null;
}) {
  const [ref, width] = useWidth();
  const { place, passed, minted, kept, returned, incoming, outgoing, period } = data;
  const through = { program, period };
  const left = [
    ...neighbours(incoming, sources, through),
    ...ownStream('mint', minted, 'the mint', 'what it mints itself, with its part of what went back'),
    ...rest(incoming, more),
  ];
  const right = [
    ...ownStream('kept', kept, 'kept as cred', 'what it is paid by', colors.person),
    ...neighbours(outgoing, sources, through),
    ...ownStream('returned', returned, 'back to the mint', 'minted anew for all'),
    ...rest(outgoing, more),
  ];
  const layout = flowLayout(left, right, {
    passed: BigInt(passed),
    bar: Math.min(420, Math.max(200, 44 * Math.max(left.length, right.length) * 0.7)),
    row,
    gap,
  });
  const roomy = width >= roomyPx;
  // Names beside the streams, or over them.
  const label = roomy ? Math.min(260, Math.floor(width * 0.27)) : Math.floor((width - 26) / 2);
  const outer = roomy ? label + 8 : 0;
  const bar = { x: width / 2 - 7, width: 14 };
  const ribbons = (laid: readonly Laid[], streams: readonly Shown[], atLeft: boolean) =>
    laid.map((one, nth) => (
      <path
        key={one.key}
        d={
          atLeft
            ? ribbon({ x0: outer, y0: one.outer, x1: bar.x, y1: one.inner, thick: one.thick })
            : ribbon({ x0: bar.x + bar.width, y0: one.inner, x1: width - outer, y1: one.outer, thick: one.thick })
        }
        style={{ fill: streams[nth]!.color }}
      />
    ));
  const list = (laid: readonly Laid[], streams: readonly Shown[], says: string, side: 'left' | 'right') => (
    <ul className={side} aria-label={says} style={{ width: label }}>
      {laid.map((one, nth) => {
        const { name, flow, about, over } = streams[nth]!;
        return (
          <li key={one.key} style={{ top: one.top, height: one.height }} title={about}>
            <span className="name">{name}</span>
            <span className="amount">
              {tokensRough(flow, asset)} <span className="unit">{percent(flow, passed)}</span>
              {roomy && over !== undefined && <span className="unit"> · {over}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
  return (
    <div className={`flow-drawing ${roomy ? 'roomy' : ''}`} ref={ref}>
      {width > 0 && (
        <>
          <p className="heads">
            <span style={{ width: label }}>What gave it cred</span>
            {roomy && <strong>{nameOf(place)}</strong>}
            <span style={{ width: label }}>Where it went</span>
          </p>
          <div className="streams" style={{ height: layout.height }}>
            <svg width={width} height={layout.height} aria-hidden>
              <g className="ribbons">
                {ribbons(layout.left, left, true)}
                {ribbons(layout.right, right, false)}
              </g>
              <rect
                className="bar"
                x={bar.x}
                width={bar.width}
                y={layout.bar.top}
                height={layout.bar.height}
                rx={3}
                style={{ fill: colorOfPlace(place, sources) }}
              />
            </svg>
            {list(layout.left, left, 'What gave it cred', 'left')}
            {list(layout.right, right, 'Where its cred went', 'right')}
          </div>
        </>
      )}
    </div>
  );
}

const colorOfPlace = ({ is, source }: Pick<Neighbour, 'is' | 'source'>, sources: readonly Source[]): string =>
  is === 'person' ? colors.person : colorOf(sources, source);

const neighbours = (
  { items }: Side,
  sources: readonly Source[],
  { program, period }: { readonly program: string; readonly period: number },
): Shown[] =>
  items.map((one) => ({
    key: `${one.is} ${one.id}`,
    flow: BigInt(one.flow),
    color: colorOfPlace(one, sources),
    name: (
      <Link
        to="/programs/$program/contributions/around"
        params={{ program }}
        search={{ ...(one.is === 'person' ? { person: one.id } : { address: one.id }), period }}
      >
        {nameOf(one)}
      </Link>
    ),
    about: aboutOf(one),
    over: edgeKind(one.edge),
  }));

/** What connects a neighbour with the place, in words. */
const aboutOf = ({ edge, edges, is, source, kind }: Neighbour): string =>
  [
    is === 'person'
      ? 'a person'
      : [source, kind]
          .filter((part) => part !== null)
          .map(plain)
          .join(' '),
    edges > 1 ? `${grouped(edges)} edges, most over ${edgeKind(edge)}` : edgeKind(edge),
  ].join(', ');

const ownStream = (key: string, flow: string, name: string, about: string, color: string = colors.rest): Shown[] =>
  flow === '0' ? [] : [{ key, flow: BigInt(flow), color, name, about }];

const rest = ({ more: { count, flow } }: Side, more: (() => void) | null): Shown[] =>
  count === 0
    ? []
    : [
        {
          key: 'rest',
          flow: BigInt(flow),
          color: colors.rest,
          name:
            more === null ? (
              `${grouped(count)} more`
            ) : (
              <button type="button" className="choose" onClick={more}>
                {grouped(count)} more
              </button>
            ),
          about: `${grouped(count)} others with less, together`,
        },
      ];
