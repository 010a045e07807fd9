import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { ledgerName } from './ledger-name.ts';
import { wholeOption } from './options.ts';
import { assertPeriod, rowQuery, type RowFlags } from './payouts.ts';
import { printRows } from './rows.ts';
import { reading } from './session.ts';

/** `prorata postings`: the ledger, movement by movement. */
export async function postings(options: RowFlags, io: Io): Promise<number> {
  const query = rowQuery(options);
  const from = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  return reading(io, options, async (session) => {
    const { engine, program, money } = session;
    await assertPeriod(session, query);
    await printRows(io, options, from, {
      read: (after, limit) => engine.postings(program, { ...query, after, limit }),
      cursorOf: ({ id }) => id,
      view: ({ source, target, ...posting }) => ({
        ...posting,
        source: ledgerName(source),
        target: ledgerName(target),
      }),
      headings: ['>id', '>period', 'allocation', 'from', 'to', `>amount (${money.unit})`, 'reason'],
      cells: ({ id, period, allocation, source, target, amount, reason }) => [
        String(id),
        period === 0 ? '-' : String(period),
        allocation,
        ledgerName(source),
        ledgerName(target),
        money.bare(amount),
        reason,
      ],
      none: 'nothing was posted yet',
      next: '--after',
    });
    return exitCodes.ok;
  });
}
