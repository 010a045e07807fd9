import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { ledgerName } from './ledger-name.ts';
import type { LedgerAccount } from '../core/state.ts';
import { wholeOption } from './options.ts';
import { type AccountNames, accountNames } from './account-names.ts';
import { assertPeriod, rowQuery, type RowFlags } from './payouts.ts';
import { printRows } from './rows.ts';
import { reading } from './session.ts';

/** `prorata postings`: the ledger, movement by movement. */
export async function postings(options: RowFlags, io: Io): Promise<number> {
  const from = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  return reading(io, options, async (session) => {
    const { engine, program, money } = session;
    const names = await accountNames(session);
    const query = rowQuery(options, names);
    await assertPeriod(session, query);
    await printRows(io, options, from, {
      read: (after, limit) => engine.postings(program, { ...query, after, limit }),
      cursorOf: ({ id }) => id,
      view: ({ source, target, ...posting }) => ({
        ...posting,
        source: ledgerName(source),
        target: ledgerName(target),
        ...earnerIn(source, names),
        ...earnerIn(target, names),
      }),
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

/** The name of the earner that one side of a posting is. */
function earnerIn(side: LedgerAccount, { json }: AccountNames): { readonly name?: string } {
  return 'account' in side ? json(side.account.name) : {};
}
