import { credDifferences } from '../../app/cred/read.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { wholeOption } from '../options.ts';
import { json, table, visible } from '../print.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { reading, requireConfig } from '../session.ts';
import { type CredFlags, credText, periodText, viewOf } from './options.ts';

interface DiffFlags extends CredFlags, PageFlags {
  readonly from?: string;
  readonly to?: string;
  readonly with?: string;
}

/** `prorata cred diff`: scores in two periods, or in one period by other settings. */
export async function diff(options: DiffFlags, io: Io): Promise<number> {
  const limit = limitOf(options);
  const { from, to, with: other, period } = options;
  const byPeriods = from !== undefined && to !== undefined;
  if (byPeriods === (other !== undefined) || (byPeriods && period !== undefined)) {
    const message = 'Accepted: --from N --to N, or --with FILE (and --period N).';
    throw new InvalidInputError(
      'option-invalid',
      `Found ${from === undefined && to === undefined && other === undefined ? 'neither' : 'both, or half'}. ${message}`,
    );
  }
  return reading(io, options, async ({ engine, program }) => {
    const at = (name: string, value: string) =>
      viewOf(io, options, { engine, program, query: { period: wholeOption(value, name, 1) } });
    const before = byPeriods ? await at('--from', from) : await viewOf(io, options, { engine, program });
    const after = byPeriods
      ? await at('--to', to)
      : await viewOf(io, options, { engine, program, query: { scoring: await scoringIn(io, options, other!) } });
    const rows = credDifferences(before, after).slice(0, limit);
    if (options.json === true) {
      for (const row of rows) await io.stdout.write(`${json({ ...row, difference: row.after - row.before })}\n`);
      return exitCodes.ok;
    }
    const what = byPeriods
      ? `${periodText(before)}, and ${periodText(after)}`
      : `${periodText(before)}, as it was scored and by ${visible(other!)}`;
    await io.stdout.write(`cred in ${visible(program)}: ${what}\n`);
    const [old, next] = byPeriods
      ? [`>period ${before.period}`, `>period ${after.period}`]
      : ['>as scored', '>what if'];
    await io.stdout.write(
      table(
        ['person', old, next, '>difference'],
        rows.map((row) => [
          `@${row.name}`,
          credText(before, row.before),
          credText(after, row.after),
          `${row.after > row.before ? '+' : ''}${credText(after, row.after - row.before)}`,
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** The scoring of another program file. */
async function scoringIn(io: Io, options: DiffFlags, config: string) {
  const { scoring } = (await requireConfig(io, { ...options, config })).definition.rules;
  if (scoring.model === 'cred') return scoring;
  throw new InvalidInputError(
    'model-differs',
    `${config} scores by ${scoring.model}; accepted: a program file that scores by cred.`,
    { config },
  );
}
