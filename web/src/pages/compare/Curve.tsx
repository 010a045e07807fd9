import { useWidth } from '../../ui/width.ts';
import { Mark } from './Mark.tsx';
import { dashes, type Strategy, whole } from './measures.ts';

export interface Series {
  readonly strategy: Strategy;
  readonly points: readonly { readonly accounts: number; readonly value: number }[];
}

const height = 216;
const [left, right, top, bottom] = [58, 14, 14, 30];

/** A figure of each strategy over the number of accounts; both axes by powers of ten, since both span several. */
export function Curve({
  title,
  series,
  told,
  limit,
}: {
  title: string;
  series: readonly Series[];
  /** A value with its unit. */
  told: (value: number) => string;
  limit?: { readonly value: number; readonly name: string };
}) {
  const [ref, width] = useWidth();
  const points = series.flatMap((one) => one.points);
  const values = [...points.map(({ value }) => value), ...(limit ? [limit.value] : [])].filter((value) => value > 0);
  const [x, y] = [
    logScale(
      points.map(({ accounts }) => accounts),
      [left, width - right],
      1.15,
    ),
    logScale(values, [height - bottom, top], 1.4),
  ];
  const sizes = [...new Set(points.map(({ accounts }) => accounts))].sort((a, b) => a - b);
  const largest = sizes.at(-1);
  const says = series
    .map(({ strategy, points: of }) => {
      const last = of.find(({ accounts }) => accounts === largest);
      return last === undefined ? '' : `${strategy} ${told(last.value)}`;
    })
    .filter(Boolean)
    .join(', ');
  return (
    <figure className="curve" ref={ref}>
      <figcaption>
        {title}
        <span className="unseen">
          : at {whole(largest ?? 0)} accounts {says}
        </span>
      </figcaption>
      {width > 0 && values.length > 0 && (
        <svg width={width} height={height} aria-hidden>
          {powersIn(values, 1.4).map((value) => (
            <g key={value} className="grid-line">
              <line x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
              <text x={left - 7} y={y(value)} textAnchor="end">
                {told(value)}
              </text>
            </g>
          ))}
          {sizes.map((accounts) => (
            <text key={accounts} className="tick" x={x(accounts)} y={height - 10} textAnchor="middle">
              {short(accounts)}
            </text>
          ))}
          {limit && (
            <g className="limit">
              <line x1={left} x2={width - right} y1={y(limit.value)} y2={y(limit.value)} />
              <text x={left + 4} y={y(limit.value) - 6}>
                {limit.name}
              </text>
            </g>
          )}
          {series.map(({ strategy, points: of }) => (
            <g key={strategy}>
              <path
                className={`line ${strategy}`}
                strokeDasharray={dashes[strategy]}
                d={of.map(({ accounts, value }, nth) => `${nth === 0 ? 'M' : 'L'}${x(accounts)} ${y(value)}`).join('')}
              />
              {of.map(({ accounts, value }) => (
                <g key={accounts}>
                  <Mark strategy={strategy} x={x(accounts)} y={y(value)} />
                  <title>{`${strategy}, ${whole(accounts)} accounts: ${told(value)}`}</title>
                </g>
              ))}
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}

/** From values to pixels by their logarithms; `room`: by what factor the ends lie beyond the values. */
function logScale(
  values: readonly number[],
  [from, to]: readonly [number, number],
  room: number,
): (value: number) => number {
  const known = values.filter((value) => value > 0);
  const low = Math.log(Math.min(...known) / room);
  const high = Math.log(Math.max(...known) * room);
  return (value) => from + ((Math.log(Math.max(value, Math.exp(low))) - low) / (high - low)) * (to - from);
}

/** Round values between the ends: powers of ten, with 2 and 5 times them where there are few. */
function powersIn(values: readonly number[], room: number): number[] {
  const [low, high] = [Math.min(...values) / room, Math.max(...values) * room];
  const found = (factors: readonly number[]): number[] => {
    const list: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
      for (const factor of factors) {
        const value = Number(`${factor}e${power}`);
        if (value >= low && value <= high) list.push(value);
      }
    return list;
  };
  const tens = found([1]);
  if (tens.length >= 3) return tens;
  const more = found([1, 3]);
  return more.length >= 3 ? more : found([1, 2, 5]);
}

const short = (value: number): string =>
  value >= 1_000_000 ? `${value / 1_000_000}M` : value >= 1000 ? `${value / 1000}k` : String(value);
