import type { Engine, RowQuery } from '../app/engine.ts';
import { csvHeading, csvLine } from '../views/csv.ts';
import { boundariesOf, payoutColumns, payoutCsvRow } from '../views/tables.ts';

const pageRows = 2000;

/**
 * Payouts as CSV in the order in which they were made, amounts and scores as integers, the boundary in UTC, texts as they are:
 * `period,boundary,pool,account,score,due,restaked,liquid,reason`. Returns how many there were.
 */
export async function payoutsCsv(
  engine: Engine,
  program: string,
  query: RowQuery,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const boundaries = boundariesOf(await engine.periods(program));
  let count = 0;
  await write(csvHeading(payoutColumns));
  const limit = query.limit ?? Infinity;
  for (let after = query.after ?? 0; count < limit;) {
    const rows = await engine.payouts(program, { ...query, after, limit: Math.min(pageRows, limit - count) });
    if (rows.length === 0) break;
    const lines = rows.map((row) => csvLine(payoutCsvRow(row, boundaries), payoutColumns, { marked: false }));
    await write(lines.join(''));
    count += rows.length;
    after = rows.at(-1)!.id;
  }
  return count;
}
