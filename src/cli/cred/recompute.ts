import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { GlobalOptions } from '../options.ts';
import { counted, grouped, iso, json, visible } from '../print.ts';
import { startProgress } from '../progress.ts';
import { writing } from '../session.ts';
import { watched } from './options.ts';

/** `prorata cred recompute`: scores of the period that runs, stored for whoever looks. */
export async function recompute(options: GlobalOptions, io: Io): Promise<number> {
  return writing(io, options, async ({ engine, program }) => {
    const progress = startProgress(io, options);
    const { did, estimate } = await engine.recompute(program, watched(io, progress)).finally(() => progress.end());
    const { period, seq, until, sweeps, persons } = estimate;
    if (options.json === true)
      await io.stdout.write(
        `${json({ program, did, period, events: seq, until: iso(until), sweeps, persons: persons.length })}\n`,
      );
    else if (did === 'known')
      await io.stdout.write(
        `nothing was logged in ${visible(program)} since event ${grouped(seq)}: the scores of period ${period} are as computed\n`,
      );
    else
      await io.stdout.write(
        `scores of ${counted(persons.length, 'person', 'people')} in period ${period} of ${visible(program)} until ${iso(until)}, of ${counted(seq, 'event')}, in ${counted(sweeps, 'sweep')}\n`,
      );
    return exitCodes.ok;
  });
}
