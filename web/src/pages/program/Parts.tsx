import type { Period } from '../../api/types.ts';
import { partOf } from '../../lib/amount.ts';
import { allocated, residualsOf, sumOf } from './periods.ts';

/** What became of a period's allocations, as parts of a bar; the least part is still seen. */
export function Parts({ record }: { record: Period }) {
  const all = allocated(record);
  const residual = sumOf(residualsOf(record).map(({ amount }) => amount));
  const held = record.carried === undefined ? 0n : BigInt(record.carried.after) - BigInt(record.carried.before);
  const parts = [
    ['held', held > 0n ? held : 0n],
    ['residual', residual],
    ['paid', BigInt(record.delivered)],
  ] as const;
  return parts.map(([name, amount]) =>
    amount === 0n ? null : <span key={name} className={name} style={{ flex: `${partOf(amount, all)} 0 2px` }} />,
  );
}
