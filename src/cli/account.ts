import { NotFoundError } from '../core/errors.ts';
import { formatDecimal18 } from '../core/money/amount.ts';
import type { Engine } from '../app/engine.ts';
import { writeCredAccount } from './cred/account.ts';
import { writeCrownAccount } from './crown/account.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, instantOption } from './options.ts';
import { counted, grouped, indented, iso, json, table, visible } from './print.ts';
import { accountView, assertNotBefore } from './scores.ts';
import { reading } from './session.ts';

/** `prorata account`: stakes, score so far, and the sum of what it got. */
export async function account(options: GlobalOptions & { name: string; at?: string }, io: Io): Promise<number> {
  const at = options.at === undefined ? undefined : instantOption(options.at, '--at');
  return reading(io, options, async ({ engine, program, money }) => {
    const { rules, period: running, clock } = await engine.status(program);
    assertNotBefore(clock, options.at);
    const about = { account: options.name, period: running, ...(at === undefined ? {} : { at }) };
    const { model } = rules.scoring;
    const found =
      model === 'crown'
        ? { crown: await engine.explainCrown(program, about) }
        : model === 'cred'
          ? { cred: await engine.explainCred(program, { account: options.name, period: 'running' }) }
          : { view: await engine.account(program, options.name, at) };
    const name = 'cred' in found ? found.cred.person.id : options.name;
    let [count, restaked, liquid] = [0, 0n, 0n];
    for (let after = 0; ;) {
      const rows = await payoutsTo(engine, program, name, after);
      for (const payout of rows) [restaked, liquid] = [restaked + payout.restaked, liquid + payout.liquid];
      count += rows.length;
      if (rows.length < 1000) break;
      after = rows.at(-1)!.id;
    }
    if ('crown' in found) {
      await writeCrownAccount(io, found.crown, { asJson: options.json === true, money, count, liquid });
      return exitCodes.ok;
    }
    if ('cred' in found) {
      await writeCredAccount(io, found.cred, { asJson: options.json === true, money, count, liquid });
      return exitCodes.ok;
    }
    const { view } = found;
    if (options.json === true) {
      await io.stdout.write(
        `${json({ program, ...(accountView(view) as object), paid: { payouts: count, restaked, liquid } })}\n`,
      );
      return exitCodes.ok;
    }
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

/** Somebody who has no account in the books yet was paid nothing. */
async function payoutsTo(engine: Engine, program: string, account: string, after: number) {
  try {
    return await engine.payouts(program, { account, after });
  } catch (error) {
    if (error instanceof NotFoundError && error.code === 'account-unknown') return [];
    throw error;
  }
}
