import type { Place, Rows } from '../api/rows.ts';

/** Newer and older rows, and back to the newest. */
export function Pager({
  rows: { newer, older },
  atNewest,
  go,
}: {
  rows: Pick<Rows<unknown>, 'newer' | 'older'>;
  atNewest: boolean;
  go: (place: Place) => void;
}) {
  const to = (place: Place | null) => ({ disabled: place === null, onClick: () => place !== null && go(place) });
  return (
    <nav className="pager" aria-label="Pages">
      <button type="button" disabled={atNewest} onClick={() => go({})}>
        Newest
      </button>
      <button type="button" {...to(newer)}>
        ← Newer
      </button>
      <button type="button" {...to(older)}>
        Older →
      </button>
    </nav>
  );
}
