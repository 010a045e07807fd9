import { Badge } from '../../ui/Panel.tsx';
import { Time } from '../../ui/Time.tsx';
import type { CredPeriod } from './cred.ts';

/** Which period is shown, and the ones before and after it. */
export function PeriodChoice({
  period: { period, status, from, to },
  running,
  choose,
}: {
  period: CredPeriod;
  /** The newest one, which accrues. */
  running: number;
  choose: (period: number) => void;
}) {
  const tone = { settled: 'good', open: 'accent', running: 'accent' } as const;
  return (
    <div className="period-choice">
      <button type="button" disabled={period <= 1} onClick={() => choose(period - 1)} aria-label="The period before">
        ←
      </button>
      <label>
        <span className="unseen">Period</span>
        <select value={period} onChange={(event) => choose(Number(event.currentTarget.value))}>
          {periodsAround(period, running).map((one) => (
            <option key={one} value={one}>
              Period {one}
              {one === running ? ' (running)' : ''}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        disabled={period >= running}
        onClick={() => choose(period + 1)}
        aria-label="The period after"
      >
        →
      </button>
      <span>
        <Badge tone={tone[status]}>{status}</Badge>{' '}
        <span className="note">
          <Time at={from} dayOnly /> to <Time at={to} dayOnly />
          {status === 'running' && ', as if it ended with what is known now'}
        </span>
      </span>
    </div>
  );
}

/** Of a long list the ones near the chosen one. */
function periodsAround(period: number, running: number): number[] {
  const most = 100;
  const last = Math.min(running, Math.max(period + most / 2, most));
  const first = Math.max(1, last - most + 1);
  const near = Array.from({ length: last - first + 1 }, (_, nth) => last - nth);
  return last < running ? [running, ...near] : near;
}
