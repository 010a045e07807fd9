import { isServerUrl, withoutPassword } from '../core/place.ts';
import { removeStore } from './ensure-program.ts';
import { exitCodes } from './exit-codes.ts';
import { exists } from './files.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, grouped, json } from './print.ts';
import { startProgress } from './progress.ts';
import { Interrupted } from './report.ts';
import { placeOf } from './session.ts';

interface CopyFlags extends GlobalOptions {
  readonly from: string;
  readonly to: string;
}

/** `prorata copy`: a store into an empty one, all of it or nothing; a file that it made and could not fill is removed. */
export async function copy(options: CopyFlags, io: Io): Promise<number> {
  const [from, to] = [placeOf(io, options.from), placeOf(io, options.to)];
  const fresh = !isServerUrl(to) && to !== 'memory' && !exists(io, to);
  const progress = startProgress(io, options);
  let done = false;
  try {
    const summary = await io.copyAll(from, to, {
      onProgress: (doing, rows) => {
        if (io.signal.aborted) throw new Interrupted('Stopped before the end: nothing was copied.');
        progress.update(() => `${grouped(rows)} rows ${doing}`);
      },
    });
    done = true;
    progress.end();
    if (options.json === true) {
      await io.stdout.write(`${json({ from: withoutPassword(from), to: withoutPassword(to), ...summary })}\n`);
    } else if (options.quiet !== true) {
      const { programs, tokens, rows, events, roots } = summary;
      const told = [counted(programs, 'program'), counted(tokens, 'API token'), counted(rows, 'row')].join(', ');
      await io.stdout.write(
        `copied: ${told}\nchecked: ${counted(events, 'hash of the log', 'hashes of the log')}, ${counted(roots, 'settlement root')}\n`,
      );
    }
    return exitCodes.ok;
  } finally {
    progress.end();
    if (fresh && !done) removeStore(to);
  }
}
