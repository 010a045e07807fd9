import type { AsOf } from '../app/read.ts';
import { formatInstant } from '../core/time/instant.ts';

/** How many rows match, and which event their order was made of. */
export const orderJson = (total: number, { seq, time: at }: AsOf) => ({
  total,
  asOf: { seq, time: formatInstant(at) },
});

/** `rows` were read one more than `limit`, to see whether there are more. */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  {
    cursorOf,
    view,
  }: { readonly cursorOf: (row: Row, index: number) => string | number; readonly view: (row: Row) => unknown },
): { readonly items: readonly unknown[]; readonly next: string | null } {
  const items = rows.slice(0, limit);
  const next = rows.length > limit ? String(cursorOf(items.at(-1)!, items.length - 1)) : null;
  return { items: items.map(view), next };
}
