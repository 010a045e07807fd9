import { formatDecimal18 } from '../core/money/amount.ts';
import { writeCredAccount } from './cred/account.ts';
import { writeCrownAccount } from './crown/account.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, instantOption } from './options.ts';
import { counted, grouped, indented, iso, json, table, visible } from './print.ts';
import { assertNotBefore } from './scores.ts';
import { accountJson, findAccount } from '../views/account.ts';
import { reading } from './session.ts';

/** `prorata account`: stakes, score so far, and the sum of what it got. */
export async function account(options: GlobalOptions & { name: string; at?: string }, io: Io): Promise<number> {
  const at = options.at === undefined ? undefined : instantOption(options.at, '--at');
  return reading(io, options, async ({ engine, program, money }) => {
    const { rules, period: running, clock } = await engine.status(program);
    assertNotBefore(clock, options.at);
    const about = { name: options.name, period: running, model: rules.scoring.model };
    const found = await findAccount(engine, program, { ...about, ...(at === undefined ? {} : { at }) });
    if (options.json === true) {
      await io.stdout.write(`${json(accountJson(found))}\n`);
      return exitCodes.ok;
    }
    const { payouts: count, restaked, liquid } = found.paid;
    if ('crown' in found) {
      await writeCrownAccount(io, found.crown, { money, count, liquid });
      return exitCodes.ok;
    }
    if ('cred' in found) {
      await writeCredAccount(io, found.cred, { money, count, liquid });
      return exitCodes.ok;
    }
    const { view } = found;
    const { stakes, staked, score, booked, period, closing, excluded } = view;
    const rows = stakes.map(({ validator, shares, tokens, since }) => [
      validator,
      formatDecimal18(shares),
      money.bare(tokens),
      since === null ? 'does not score' : iso(since),
    ]);
    const lines = [
      `${visible(view.account)} in ${visible(program)}${excluded ? ': excluded' : ''}`,
      `staked   ${money.full(staked)} on ${counted(stakes.length, 'validator')}`,
      `score    ${grouped(score)} in period ${period} so far, ${grouped(booked)} of it booked`,
      ...(closing ? [`closing  ${grouped(closing.score)} in period ${closing.period}, which is being settled`] : []),
      `paid     ${money.full(restaked + liquid)} in ${counted(count, 'payout')}: ${money.full(restaked)} restaked, ${money.full(liquid)} liquid`,
    ];
    await io.stdout.write(`${lines.join('\n')}\n`);
    if (rows.length === 0) return exitCodes.ok;
    await io.stdout.write(
      `\n${indented(table(['validator', '>shares', `>worth (${money.unit})`, 'scores since'], rows))}`,
    );
    return exitCodes.ok;
  });
}
