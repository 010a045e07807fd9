import { grouped } from '../../lib/amount.ts';
import { useWidth } from '../../ui/width.ts';
import type { Step } from './Record.tsx';

const height = 128;
const [left, bottom, top] = [52, 18, 8];

/** A column for each step: how long it took where that is known, else how many rows it dealt with. */
export function StepChart({ steps: all }: { steps: readonly Step[] }) {
  const [ref, width] = useWidth();
  // Of those that another process made it is not known how long they took.
  const known = all.filter(({ ms }) => typeof ms === 'number');
  const timed = known.length > 0;
  const steps = timed ? known : all;
  const valueOf = ({ ms, entries, payouts }: Step): number => (timed ? (ms ?? 0) : entries + payouts);
  const unit = timed ? 'ms' : 'rows';
  const most = Math.max(1, ...steps.map(valueOf));
  const room = Math.max(0, width - left);
  const each = room / Math.max(40, steps.length);
  const tall = (value: number): number => ((height - bottom - top) * value) / most;
  const told = (value: number): string =>
    `${value < 100 && timed ? value.toFixed(1) : grouped(Math.round(value))} ${unit}`;
  const sorted = steps.map(valueOf).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const says = `${grouped(steps.length)} steps, half of them of at most ${told(middle)}, the largest ${told(most)}`;
  return (
    <figure className="step-chart" ref={ref}>
      {width > 0 && (
        <svg width={width} height={height} aria-hidden>
          {[most, most / 2].map((value) => (
            <g key={value} className="grid-line">
              <line x1={left} x2={width} y1={height - bottom - tall(value)} y2={height - bottom - tall(value)} />
              <text x={left - 6} y={height - bottom - tall(value)} textAnchor="end">
                {told(value)}
              </text>
            </g>
          ))}
          <line className="axis" x1={left} x2={width} y1={height - bottom} y2={height - bottom} />
          {steps.map((step, index) => (
            <rect
              key={`${step.period}.${step.step}`}
              className={step.phase}
              x={left + index * each}
              width={Math.max(1, each - 1)}
              y={height - bottom - Math.max(1, tall(valueOf(step)))}
              height={Math.max(1, tall(valueOf(step)))}
            >
              <title>{`step ${step.step}, ${step.phase}: ${told(valueOf(step))}, ${step.payouts} payouts`}</title>
            </rect>
          ))}
          {steps.map((step, index) => {
            const before = steps[index - 1]?.phase;
            const end = steps.findIndex(({ phase }, at) => at > index && phase !== step.phase);
            const wide = ((end < 0 ? steps.length : end) - index) * each;
            // Where a phase begins; where it is too short for its name, the title of its columns has it.
            return before !== step.phase && wide > 64 ? (
              <text key={step.step} x={left + index * each} y={height - 4} className="tick">
                {step.phase}
              </text>
            ) : null;
          })}
        </svg>
      )}
      <figcaption>
        {timed ? 'Time of each step' : 'Rows of each step'}
        {steps.length > 1 && ` from ${grouped(steps[0]!.step)} to ${grouped(steps.at(-1)!.step)}`}: {says}.
      </figcaption>
    </figure>
  );
}
