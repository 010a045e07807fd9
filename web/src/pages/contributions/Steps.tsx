import { grouped } from '../../lib/amount.ts';

/** Which rows of a ranked list are shown, and the ones before and after them. `total` null: it is not known, but `more`. */
export function Steps({
  what,
  from,
  count,
  total,
  more = total !== null && from + count < total,
  step,
  go,
}: {
  what: string;
  from: number;
  count: number;
  total: number | null;
  more?: boolean;
  step: number;
  go: (from: number) => void;
}) {
  if (from === 0 && !more) return null;
  return (
    <nav className="pager" aria-label={`Pages of ${what}`}>
      <button type="button" disabled={from === 0} onClick={() => go(Math.max(0, from - step))}>
        ← Higher
      </button>
      <button type="button" disabled={!more} onClick={() => go(from + step)}>
        Lower →
      </button>
      <span className="note">
        {count === 0 ? 'none' : `${grouped(from + 1)} to ${grouped(from + count)}`}
        {total !== null && ` of ${grouped(total)}`}
      </span>
    </nav>
  );
}
