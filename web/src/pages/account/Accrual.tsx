import { usePreferences } from '../../lib/preferences.ts';
import { dateOnly, dateTime, zoneText } from '../../lib/time.ts';
import { useWidth } from '../../ui/width.ts';

/** A point of a course: at a second since 1970, how much. */
export interface Point {
  readonly at: number;
  readonly value: number;
}
export interface Course {
  readonly name: string;
  readonly color: string;
  readonly points: readonly Point[];
  /** From its last point on: where it goes if nothing happens. */
  readonly goesOn?: Point;
}

const height = 190;
const [left, right, top, bottom] = [70, 12, 12, 26];

/** How a score has grown, and will if nothing happens. Drawn to the pixel; the table beside it is exact. */
export function Accrual({
  courses,
  from,
  to,
  now,
  told,
  says,
  steps = niceStep,
}: {
  courses: readonly Course[];
  /** Seconds. */
  from: number;
  to: number;
  /** Marked; `null`: it lies behind. */
  now: number | null;
  /** A value in words. */
  told: (value: number) => string;
  /** What it shows, for those who do not see it. */
  says: string;
  /** How far apart the lines of a scale up to `most` are. */
  steps?: (most: number) => number;
}) {
  const [ref, width] = useWidth();
  const { zone } = usePreferences();
  const most = Math.max(
    0,
    ...courses.flatMap(({ points, goesOn }) => [...points, ...(goesOn ? [goesOn] : [])].map(({ value }) => value)),
  );
  const step = steps(most || 1);
  const roof = Math.max(1, Math.ceil(most / step - 1e-9)) * step;
  const x = (at: number): number => left + ((at - from) / Math.max(1, to - from)) * (width - left - right);
  const y = (value: number): number => height - bottom - (value / roof) * (height - top - bottom);
  const line = (points: readonly Point[]): string =>
    points.map(({ at, value }, nth) => `${nth === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  // Where there is no room for both ends whole: the days, or of a day or two the times.
  const end = (at: number): string => {
    const instant = new Date(at * 1000).toISOString();
    if (width >= 560) return dateTime(instant, zone);
    return to - from > 2 * 86_400 ? dateOnly(instant, zone) : dateTime(instant, zone).slice(11);
  };
  const lines = [];
  for (let value = 0; value <= roof + step / 2; value += step) lines.push(value);
  return (
    <figure className="accrual" ref={ref}>
      <figcaption>
        {courses.length > 1 && (
          <span className="legend">
            {courses.map(({ name, color }) => (
              <span key={name}>
                <span className="swatch" aria-hidden style={{ background: `var(${color})` }} /> {name}
              </span>
            ))}
          </span>
        )}
        <span className="unseen">{says}</span>
      </figcaption>
      {width > 0 && (
        <svg width={width} height={height} aria-hidden>
          {lines.map((value) => (
            <g key={value} className="grid-line">
              <line x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
              <text x={left - 8} y={y(value)} textAnchor="end">
                {told(value)}
              </text>
            </g>
          ))}
          {courses.map(({ name, color, points, goesOn }) => (
            <g key={name} style={{ color: `var(${color})` }}>
              {points.length > 1 && (
                <path
                  className="area"
                  d={`${line(points)}L${x(points.at(-1)!.at)} ${y(0)}L${x(points[0]!.at)} ${y(0)}Z`}
                />
              )}
              <path className="line" d={line(points)} />
              {goesOn && points.length > 0 && <path className="ahead" d={line([points.at(-1)!, goesOn])} />}
              {points.length > 0 && (
                <circle cx={x(points.at(-1)!.at)} cy={y(points.at(-1)!.value)} r={3.5} className="end" />
              )}
            </g>
          ))}
          {now !== null && now > from && now < to && (
            <g className="now">
              <line x1={x(now)} x2={x(now)} y1={top} y2={height - bottom} />
              <text x={x(now) + 5} y={top + 8}>
                now
              </text>
            </g>
          )}
          <text x={left} y={height - 7} className="tick">
            {end(from)}
          </text>
          <text x={width - right} y={height - 7} className="tick" textAnchor="end">
            {end(to)} {zoneText(zone, new Date(to * 1000).toISOString())}
          </text>
        </svg>
      )}
    </figure>
  );
}

/** Of seconds: round minutes, hours, days. */
export const timeStep = (most: number): number =>
  [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].find(
    (step) => most / step <= 4,
  ) ?? niceStep(most / 86_400) * 86_400;

/** The largest of 1, 2 and 5 times a power of ten of which there are at most four. */
function niceStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 4)!;
}
