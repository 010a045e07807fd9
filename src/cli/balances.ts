import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { balancesJson } from '../views/ledger.ts';
import type { GlobalOptions } from './options.ts';
import { json, table } from './print.ts';
import { reading } from './session.ts';

/** `prorata balances`: pools, residual and outside; what earners got is what is missing to zero. */
export async function balances(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const { rules } = await engine.status(program);
    const held = await engine.balances(program);
    const { balances: rows, earners } = balancesJson(held, rules.residual);
    if (options.json === true) {
      await io.stdout.write(`${json({ program, balances: rows, earners })}\n`);
      return exitCodes.ok;
    }
    const lines = [...rows, { account: 'all earners', balance: earners }];
    const cells = lines.map(({ account, balance }) => [account, money.bare(balance)]);
    await io.stdout.write(table(['account', `>holds (${money.unit})`], [...cells, ['together', money.bare(0n)]]));
    return exitCodes.ok;
  });
}
