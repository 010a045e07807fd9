import { useMemo, useState } from 'react';
import type { Asset } from '../../api/types.ts';
import { partOf, percent, tokensRough, tokensShort } from '../../lib/amount.ts';
import { usePreferences } from '../../lib/preferences.ts';
import { dateOnly, zoneText } from '../../lib/time.ts';
import { Amount } from '../../ui/Amount.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { useWidth } from '../../ui/width.ts';
import { Cred } from './Cred.tsx';
import { type Bar, barsOf, type Moment, type Series } from './cred.ts';

const height = 270;
const [left, bottom, top] = [58, 22, 10];
/** A column with its gap is at least so wide, and at most. */
const [leastPx, mostPx] = [5, 110];

/**
 * Cred over time, stacked by series, drawn to the pixel; under the cursor, of the mouse or of the arrow keys, exact. A column leads to its
 * period.
 */
export function OverTime({
  moments,
  series,
  asset,
  period,
  choose,
}: {
  moments: readonly Moment[];
  series: readonly Series[];
  asset: Asset;
  /** The one that is marked. */
  period: number;
  choose: (period: number) => void;
}) {
  const [ref, width] = useWidth();
  const { zone } = usePreferences();
  const [cursor, setCursor] = useState<number | null>(null);
  const [tabled, setTabled] = useState(false);
  const room = Math.max(0, width - left - 4);
  const columns = Math.max(1, Math.floor(room / leastPx));
  // Not for every move of the cursor: there may be a thousand moments.
  const bars = useMemo(() => barsOf(moments, series, columns), [moments, series, columns]);
  const each = bars.length === 0 ? 0 : Math.min(mostPx, room / bars.length);
  const most = bars.reduce((largest, { score }) => (score > largest ? score : largest), 1n);
  const step = niceStep(most);
  const roof = ((most + step - 1n) / step) * step;
  const tall = (score: bigint): number => (height - bottom - top) * partOf(score, roof);
  const newest = bars.findLastIndex((bar) => bar.period === period);
  const oldest = bars.findIndex((bar) => bar.period === period);
  const column = { y: top, height: height - bottom - top };
  const at = Math.min(cursor ?? (newest < 0 ? Infinity : newest), bars.length - 1);
  const shown = bars[at];
  const dates = ({ from, to }: Bar): string => `${dateOnly(from, zone)} to ${dateOnly(to, zone)}`;
  const go = (index: number): void => setCursor(Math.max(0, Math.min(bars.length - 1, index)));
  const pick = (index: number): void => {
    const found = bars[index]?.period;
    if (found !== null && found !== undefined) choose(found);
  };
  const grid = [];
  for (let line = step; line <= roof; line += step) grid.push(line);
  return (
    <figure className="over-time" ref={ref}>
      {width > 0 && shown !== undefined && (
        <>
          <svg
            width={width}
            height={height}
            aria-hidden
            onPointerMove={(event) => {
              const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
              go(Math.floor(x / each));
            }}
            onPointerLeave={() => setCursor(null)}
            onClick={() => pick(at)}
          >
            {grid.map((line) => (
              <g key={String(line)} className="grid-line">
                <line x1={left} x2={width} y1={height - bottom - tall(line)} y2={height - bottom - tall(line)} />
                <text x={left - 8} y={height - bottom - tall(line)} textAnchor="end">
                  {tokensRough(line, asset)}
                </text>
              </g>
            ))}
            {newest >= 0 && (
              <rect className="band" x={left + oldest * each} width={(newest - oldest + 1) * each} {...column} />
            )}
            {bars.map((bar, index) => (
              <g key={bar.from} className={bar.period === period ? 'chosen' : ''}>
                {index === at && <rect className="cursor" x={left + index * each} width={each} {...column} />}
                {stacked(bar).map(({ part, below }, nth) => (
                  <rect
                    key={series[nth]!.key}
                    style={{ fill: series[nth]!.color }}
                    x={left + index * each + Math.min(2, each / 6)}
                    width={Math.max(1, each - Math.min(4, each / 3))}
                    y={height - bottom - tall(below + part)}
                    height={tall(part)}
                  />
                ))}
              </g>
            ))}
            <line className="axis" x1={left} x2={width} y1={height - bottom} y2={height - bottom} />
            {ticksOf(bars, each, room).map((index) => (
              <text key={bars[index]!.from} className="tick" x={left + index * each} y={height - 6}>
                {dateOnly(bars[index]!.from, zone)}
              </text>
            ))}
          </svg>
          <input
            type="range"
            aria-label="Cred over time: which column is read out; Enter shows its period"
            aria-valuetext={`${dates(shown)}: ${told(shown, series, asset)}`}
            style={{ marginLeft: left, width: bars.length * each }}
            min={0}
            max={bars.length - 1}
            value={at}
            onChange={(event) => setCursor(Number(event.currentTarget.value))}
            onKeyDown={(event) => event.key === 'Enter' && pick(at)}
          />
          <div className="readout">
            <p>
              <strong>
                {dates(shown)} <span className="unit">{zoneText(zone, shown.from)}</span>
              </strong>{' '}
              <span className="note">
                {shown.period === null ? 'before the first period' : `period ${shown.period}`}
                {shown.stretches > 1 && `, ${shown.stretches} intervals in a column`}
              </span>
            </p>
            <ul className="cred-legend">
              {series.map(({ key, name, color }, nth) => (
                <li key={key}>
                  <Swatch color={color} /> {name} <Amount units={String(shown.parts[nth])} asset={asset} />{' '}
                  <span className="unit">{percent(shown.parts[nth]!, shown.score)}</span>
                </li>
              ))}
              <li className="total">
                together <Amount units={String(shown.score)} asset={asset} />
              </li>
            </ul>
          </div>
        </>
      )}
      <details onToggle={(event) => setTabled(event.currentTarget.open)}>
        <summary>The same as a table, to the unit</summary>
        {tabled && (
          <div className="tall">
            <Table
              caption="Cred over time"
              columns={columnsOf(series, asset, dates)}
              rows={barsOf(moments, series, moments.length).toReversed()}
              keyOf={({ from }) => from}
            />
          </div>
        )}
      </details>
    </figure>
  );
}

/** A patch of a colour; what it stands for is said beside it. */
export const Swatch = ({ color }: { color: string }) => (
  <span className="swatch" aria-hidden style={{ background: color }} />
);

const told = ({ score, parts }: Bar, series: readonly Series[], asset: Asset): string =>
  `${tokensShort(score, asset)} ${asset.symbol}; ${series
    .map(({ name }, nth) => `${name} ${tokensShort(parts[nth]!, asset)}`)
    .join(', ')}`;

function stacked({ parts }: Bar): { readonly part: bigint; readonly below: bigint }[] {
  let below = 0n;
  return parts.map((part) => {
    const placed = { part, below };
    below += part;
    return placed;
  });
}

/** The largest of 1, 2 and 5 times a power of ten that `most` has at most five of. */
function niceStep(most: bigint): bigint {
  for (let power = 1n; ; power *= 10n) {
    for (const factor of [1n, 2n, 5n]) if (most <= 4n * factor * power) return factor * power;
  }
}

/** Columns with their date below: far enough from each other, and from the edge, to be read. */
function ticksOf(bars: readonly Bar[], each: number, room: number): number[] {
  const apart = Math.max(1, Math.ceil(110 / Math.max(each, 1)));
  return [...bars.keys()].filter((index) => index % apart === 0 && index * each + 66 <= room);
}

const columnsOf = (series: readonly Series[], asset: Asset, dates: (bar: Bar) => string): Column<Bar>[] => [
  { name: 'When', cell: dates },
  { name: 'Period', right: true, wide: true, cell: ({ period }) => period ?? '-' },
  { name: 'Cred', right: true, cell: ({ score }) => <Cred units={String(score)} asset={asset} /> },
  ...series.map(({ name }, nth): Column<Bar> => ({
    name,
    right: true,
    wide: nth > 1,
    cell: ({ parts }) => <Cred units={String(parts[nth])} asset={asset} />,
  })),
];
