import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { ledgerName } from '../views/ledger-name.ts';
import { wholeOption } from './options.ts';
import { accountNames } from '../views/account-names.ts';
import { rowQuery, type RowFlags } from './payouts.ts';
import { printRows } from './rows.ts';
import { reading } from './session.ts';
import { assertPeriod, postingJson } from '../views/ledger.ts';

/** `prorata postings`: the ledger, movement by movement. */
export async function postings(options: RowFlags, io: Io): Promise<number> {
  const from = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  return reading(io, options, async (session) => {
    const { engine, program, money } = session;
    const names = await accountNames(session);
    const query = rowQuery(options, names);
    await assertPeriod(engine, program, query.period);
    await printRows(io, options, from, {
      read: (after, limit) => engine.postings(program, { ...query, after, limit }),
      cursorOf: ({ id }) => id,
      view: (posting) => postingJson(posting, names),
      headings: ['>id', '>period', 'allocation', 'from', 'to', `>amount (${money.unit})`, 'reason'],
      cells: ({ id, period, allocation, source, target, amount, reason }) => [
        String(id),
        period === 0 ? '-' : String(period),
        allocation,
        ledgerName(source, names.text),
        ledgerName(target, names.text),
        money.bare(amount),
        reason,
      ],
      none: 'nothing was posted yet',
      next: '--after',
    });
    return exitCodes.ok;
  });
}
