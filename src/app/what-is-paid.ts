import type { Books } from '../core/books.ts';
import type { Payout } from '../core/state.ts';
import type { Tx } from './ports.ts';

const PAGE = 2000;

/** The payouts of a period by score, ascending by id. */
export async function* payoutsByScore(tx: Tx, books: Books, period: number): AsyncGenerator<Payout> {
  for (let after = 0; ;) {
    const rows = await tx.payouts({ program: books.id, after, limit: PAGE, period });
    for (const row of rows) if (row.reason !== 'direct') yield row;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** What waits to be paid, by name. */
export async function awardsOf(
  tx: Tx,
  books: Books,
  period: number,
): Promise<Map<string, { score: bigint; due: bigint }>> {
  const found = new Map<string, { score: bigint; due: bigint }>();
  for (let after: string | null = null; ;) {
    const rows = await tx.awards({ program: books.id, period, after, limit: PAGE });
    for (const { account, score, due } of rows) found.set(account.name, { score, due });
    if (rows.length < PAGE) return found;
    after = rows.at(-1)!.account.name;
  }
}
