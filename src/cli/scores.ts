import type { AccountView } from '../app/read.ts';
import { InvalidInputError } from '../core/errors.ts';
import { formatInstant } from '../core/time/instant.ts';
import { top } from './cred/top.ts';
import { assertOnlyFor, type RoundFlags, roundQuery } from './crown/options.ts';
import { writeCrownScores } from './crown/scores.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { instantOption } from './options.ts';
import { grouped } from './print.ts';
import { type PageFlags, printRows } from './rows.ts';
import { reading } from './session.ts';
import { stakedJson } from '../views/account.ts';

/** `prorata scores`: all accounts with what they hold and have earned, in the order of their names. */
export async function scores(options: PageFlags & RoundFlags & { closing?: boolean }, io: Io): Promise<number> {
  const at = options.at === undefined ? {} : { at: instantOption(options.at, '--at') };
  return reading(io, options, async ({ engine, program, money }) => {
    const { rules, period, window, clock } = await engine.status(program);
    if (rules.scoring.model === 'crown') {
      assertOnlyFor('stake-time', options, ['closing'], 'a round is read by --period, open or not');
      // Without a question about another one, the round that runs.
      const query = roundQuery(options);
      const asked = query.period !== undefined || query.from !== undefined || query.to !== undefined;
      await writeCrownScores(io, engine, program, options, asked ? query : { ...query, period });
      return exitCodes.ok;
    }
    if (rules.scoring.model === 'cred') {
      assertOnlyFor('crown', options, ['from', 'to', 'at', 'closing', 'after'], 'cred is read by --period');
      return top({ ...options, period: options.period ?? 'running' }, io);
    }
    assertOnlyFor('crown', options, ['period', 'from', 'to'], 'scores of stakes are those of now');
    const closing = options.closing === true;
    assertNotBefore(clock, options.at);
    if (closing && !window) {
      if (options.json !== true) await io.stdout.write('no window is open: no period is closing\n');
      return exitCodes.ok;
    }
    const scoreOf = (view: AccountView) => (closing ? view.closing! : { period: view.period, score: view.score });
    await printRows(io, options, options.after ?? null, {
      read: (after, limit) => engine.accounts(program, { after, limit, ...at }),
      cursorOf: ({ account }): string | null => account,
      view: stakedJson,
      headings: ['account', `>staked (${money.unit})`, '>period', '>score (unit-seconds)', ''],
      cells: (view) => [
        view.account,
        money.bare(view.staked),
        String(scoreOf(view).period),
        grouped(scoreOf(view).score),
        view.excluded ? 'excluded' : '',
      ],
      none: 'no accounts yet',
      next: '--after',
    });
    return exitCodes.ok;
  });
}

/** Scores are as of the newest event or later. Throws InvalidInputError `time-backwards` for an `--at` before it. */
export function assertNotBefore(clock: number, at: string | undefined): void {
  if (at === undefined || instantOption(at, '--at') >= clock) return;
  const message = `--at: ${at} lies before the newest event, ${formatInstant(clock)}; accepted: that instant or a later one.`;
  throw new InvalidInputError('time-backwards', message, { option: '--at' });
}
