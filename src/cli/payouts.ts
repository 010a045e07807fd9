import type { RowQuery } from '../app/engine.ts';
import { scoreUnits } from '../core/scoring/crown/awards.ts';
import { percent } from './crown/show.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { wholeOption } from './options.ts';
import { type AccountNames, accountNames } from '../views/account-names.ts';
import { payoutsCsv } from './payouts-csv.ts';
import { grouped } from './print.ts';
import { limitOf, type PageFlags, printRows } from './rows.ts';
import { reading } from './session.ts';
import { assertPeriod, payoutJson } from '../views/ledger.ts';

export interface RowFlags extends PageFlags {
  readonly period?: string;
  readonly account?: string;
}

/** The part of a query that --period and --account say, the account as `names` knows it. */
export function rowQuery(
  { period, account }: RowFlags,
  names: Pick<AccountNames, 'account'>,
): Pick<RowQuery, 'period' | 'account'> {
  return {
    ...(period === undefined ? {} : { period: wholeOption(period, '--period', 1) }),
    ...(account === undefined ? {} : { account: names.account(account) }),
  };
}

/** `prorata payouts`: what was paid to whom, in the order in which it was paid. */
export async function payouts(options: RowFlags & { csv?: boolean }, io: Io): Promise<number> {
  const from = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  return reading(io, options, async (session) => {
    const { engine, program, money } = session;
    const names = await accountNames(session);
    const query = rowQuery(options, names);
    await assertPeriod(engine, program, query.period);
    if (options.csv === true) {
      await payoutsCsv(engine, program, { ...query, after: from, limit: limitOf(options) }, (text) =>
        io.stdout.write(text),
      );
      return exitCodes.ok;
    }
    const { model } = (await engine.status(program)).rules.scoring;
    // A crown score is a part of the whole.
    const scoreText = (score: bigint): string =>
      model === 'crown' ? percent({ numerator: score, denominator: scoreUnits }) : grouped(score);
    await printRows(io, options, from, {
      read: (after, limit) => engine.payouts(program, { ...query, after, limit }),
      cursorOf: ({ id }) => id,
      view: (payout) => payoutJson(payout, names),
      headings: [
        '>id',
        '>period',
        'pool',
        'account',
        '>score',
        `>due (${money.unit})`,
        '>restaked',
        '>liquid',
        'reason',
      ],
      cells: ({ id, period, pool, account, score, due, restaked, liquid, reason }) => [
        String(id),
        String(period),
        pool,
        names.text(account.name),
        reason === 'direct' ? '-' : scoreText(score),
        money.bare(due),
        money.bare(restaked),
        money.bare(liquid),
        reason,
      ],
      none: 'nothing was paid yet',
      next: '--after',
    });
    return exitCodes.ok;
  });
}
