import type { Engine, RowQuery } from '../app/engine.ts';
import { csvCell, iso } from './print.ts';

const pageRows = 2000;

/**
 * Payouts as CSV in the order in which they were made, amounts and scores as integers, the boundary in UTC:
 * `period,boundary,pool,account,score,due,restaked,liquid,reason`. Returns how many there were.
 */
export async function payoutsCsv(
  engine: Engine,
  program: string,
  query: RowQuery,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const boundaries = new Map((await engine.periods(program)).map(({ period, boundary }) => [period, iso(boundary)]));
  let count = 0;
  await write('period,boundary,pool,account,score,due,restaked,liquid,reason\n');
  const limit = query.limit ?? Infinity;
  for (let after = query.after ?? 0; count < limit;) {
    const rows = await engine.payouts(program, { ...query, after, limit: Math.min(pageRows, limit - count) });
    if (rows.length === 0) break;
    const text = rows.map(({ period, pool, account, score, due, restaked, liquid, reason }) =>
      [period, boundaries.get(period), csvCell(pool), csvCell(account.name), score, due, restaked, liquid, reason].join(
        ',',
      ),
    );
    await write(`${text.join('\n')}\n`);
    count += rows.length;
    after = rows.at(-1)!.id;
  }
  return count;
}
