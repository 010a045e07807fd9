import { useWidth } from '../../ui/width.ts';
import { Named } from './Mark.tsx';
import { type Measures, ms, whole } from './measures.ts';

/** Steps of a window by how long they took, a strategy beside the other over the same classes. */
export function Histogram({ measures, limit }: { measures: readonly Measures[]; limit: number }) {
  const classes = [...new Set(measures.flatMap(({ histogram }) => histogram.map(({ to_ms: to }) => to)))].sort(
    (a, b) => a - b,
  );
  const most = Math.max(1, ...measures.flatMap(({ histogram }) => histogram.map(({ steps }) => steps)));
  return (
    <section className="scroll" tabIndex={0} aria-label="Steps by their duration">
      <table className="histogram">
        <caption className="unseen">Steps by their duration, the opening one included</caption>
        <thead>
          <tr>
            <th scope="col" className="right">
              Milliseconds
            </th>
            {measures.map(({ strategy }) => (
              <th key={strategy} scope="col">
                <Named strategy={strategy} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((to) => (
            <tr key={to} className={to > limit ? 'over' : ''}>
              <th scope="row" className="right">
                {to === 1 ? 'below 1' : `${whole(to / 2)} to ${whole(to)}`}
              </th>
              {measures.map(({ strategy, histogram }) => {
                const steps = histogram.find(({ to_ms: end }) => end === to)?.steps ?? 0;
                return (
                  <td key={strategy}>
                    {steps > 0 && (
                      <span className="bar-cell">
                        <span className={`bar ${strategy}`} style={{ width: `${(100 * steps) / most}%` }} />
                        {whole(steps)}
                      </span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const height = 96;
const [left, bottom] = [46, 16];

/** How long the steps took in the course of the window, a strategy below the other on one scale. */
export function Course({ measures, limit }: { measures: readonly Measures[]; limit: number }) {
  const most = Math.max(limit, ...measures.flatMap(({ course }) => course.longest_ms));
  return (
    <div className="courses">
      {measures.map((one) => (
        <OneCourse key={one.strategy} one={one} most={most} limit={limit} />
      ))}
    </div>
  );
}

function OneCourse({ one, most, limit }: { one: Measures; most: number; limit: number }) {
  const [ref, width] = useWidth();
  const { each, longest_ms: longest } = one.course;
  const y = (value: number): number => (height - bottom) * (1 - value / most);
  const wide = Math.max(0, width - left) / Math.max(30, longest.length);
  return (
    <figure ref={ref}>
      <figcaption>
        <Named strategy={one.strategy} />: opening {ms(one.open_ms)} ms, then {whole(one.steps)} steps, the longest{' '}
        {ms(one.step_ms_max)} ms
        {each > 1 && `; each column is the longest of ${whole(each)}`}
      </figcaption>
      {width > 0 && (
        <svg width={width} height={height} aria-hidden>
          {[0, most].map((value) => (
            <text key={value} className="tick" x={left - 6} y={y(value) + (value === 0 ? 0 : 9)} textAnchor="end">
              {value === 0 ? '0 ms' : `${ms(value)} ms`}
            </text>
          ))}
          <line className="axis" x1={left} x2={width} y1={height - bottom} y2={height - bottom} />
          {longest.map((value, nth) => (
            <rect
              // A column has no other name than its place.
              // oxlint-disable-next-line react/no-array-index-key
              key={nth}
              className={`bar ${one.strategy}`}
              x={left + nth * wide}
              width={Math.max(0.8, wide - 0.6)}
              y={y(value)}
              height={height - bottom - y(value)}
            />
          ))}
          <line className="limit-line" x1={left} x2={width} y1={y(limit)} y2={y(limit)} />
        </svg>
      )}
    </figure>
  );
}
