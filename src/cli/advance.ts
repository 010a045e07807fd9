import type { Io } from './io.ts';
import { type GlobalOptions, instantOption, wholeOption } from './options.ts';
import { counted, json } from './print.ts';
import { startProgress } from './progress.ts';
import { writing } from './session.ts';
import { afterSteps, blockedText, exitCodeOf, nothingSettled, periodTable, settle } from './settle.ts';
import { periodJson } from '../views/program.ts';

/** `prorata advance`: steps until nothing is due. `--dry-run` does it on a copy. */
export async function advance(
  options: GlobalOptions & { to?: string; step?: string | true; dryRun?: boolean },
  io: Io,
): Promise<number> {
  const steps =
    options.step === undefined ? {} : { steps: wholeOption(options.step === true ? '1' : options.step, '--step', 1) };
  const target = options.to === 'now' ? io.now() : options.to === undefined ? null : instantOption(options.to, '--to');
  return writing(io, options, async ({ engine, program, money }) => {
    const to = target ?? (await engine.status(program)).clock;
    const progress = startProgress(io, options);
    const count = nothingSettled();
    try {
      await engine.leading(program, () => settle(engine, program, { to, ...steps }, { io, progress, count }));
    } catch (error) {
      throw options.dryRun === true ? error : afterSteps(error, count.steps);
    } finally {
      progress.end();
    }
    const { halted, paused, window } = await engine.status(program);
    const records = (await engine.periods(program)).filter(({ period }) => count.settled.includes(period));
    if (options.json === true) {
      const facts = {
        program,
        ...count,
        settled: records.map(periodJson),
        halted,
        paused,
        dryRun: options.dryRun === true,
      };
      await io.stdout.write(`${json({ ...facts, open: window ? window.period : null })}\n`);
      return exitCodeOf(count);
    }
    const would = options.dryRun === true ? 'would be ' : '';
    if (records.length > 0) await io.stdout.write(periodTable(records, money));
    const stuck = count.steps === 0 && (count.ended === 'halted' || count.ended === 'paused');
    if (options.quiet !== true && !stuck) {
      const open = window
        ? `; period ${window.period} is ${window.phase}, ${counted(window.accountsPaid, 'account')} paid by score`
        : '';
      const periods = counted(count.settled.length, 'period');
      await io.stdout.write(
        count.steps === 0
          ? `nothing is due${open}\n`
          : `${would}${counted(count.steps, 'step')}, ${periods} settled, ${counted(count.payouts, 'payout')}${open}\n`,
      );
    }
    await io.stdout.write(blockedText(io, count, halted, paused));
    return exitCodeOf(count);
  });
}
