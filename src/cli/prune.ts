import { secondOf } from '../core/time/instant.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { type GlobalOptions, instantOption } from './options.ts';
import { counted, grouped, iso, json, visible } from './print.ts';
import { writing } from './session.ts';

/** `prorata prune`: takes old events of a crown program out of the log, behind a checkpoint. */
export async function prune(options: GlobalOptions & { before: string; dryRun?: boolean }, io: Io): Promise<number> {
  const before = secondOf(instantOption(options.before, '--before'));
  return writing(io, options, async ({ engine, program }) => {
    const { pruned, reason } = await engine.prune(program, { before });
    const dryRun = options.dryRun === true;
    if (options.json === true) {
      const view = pruned === null ? null : { ...pruned, at: iso(pruned.at) };
      await io.stdout.write(`${json({ program, dryRun, pruned: view, reason })}\n`);
    } else if (pruned === null) await io.stdout.write(`nothing to prune in ${visible(program)}: ${reason}\n`);
    else {
      const { events, first, last, at } = pruned;
      await io.stdout.write(
        `${counted(events, 'event')} ${dryRun ? 'would be ' : ''}taken out of ${visible(program)}: ${grouped(first)} to ${grouped(last)}, behind the checkpoint of ${iso(at)}\n`,
      );
    }
    return exitCodes.ok;
  });
}
