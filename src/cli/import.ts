import { removeStore } from './ensure-program.ts';
import { exitCodes } from './exit-codes.ts';
import { assertReadable, readLinesOf } from './files.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, json } from './print.ts';
import { isFresh, loadConfig, opened, rehearsal, storeOf } from './session.ts';
import { withStdin } from './stdin.ts';

interface ImportFlags extends GlobalOptions {
  readonly file: string;
  readonly dryRun?: boolean;
}

/** `prorata import`: an export into a store, all of it or nothing; a store file that it made and could not fill is removed. */
export async function importAll(options: ImportFlags, io: Io): Promise<number> {
  return withStdin(io, [options.file], (spooled) => importFile(options, spooled));
}

async function importFile(options: ImportFlags, io: Io): Promise<number> {
  await assertReadable(io, options.file);
  const config = options.store === undefined ? await loadConfig(io, options) : null;
  const store = storeOf(io, options, config);
  const fresh = await isFresh(io, store);
  const dryRun = options.dryRun === true;
  const { engine, close } = dryRun ? await rehearsal(io, store, fresh) : await opened(io, { store });
  let done = false;
  try {
    const found = await engine.import(readLinesOf(io, options.file));
    done = true;
    const facts = { ...found, dryRun };
    const would = dryRun ? 'would be ' : '';
    if (options.json === true) await io.stdout.write(`${json(facts)}\n`);
    else if (options.quiet !== true) {
      await io.stdout.write(`${counted(found.lines, 'line')} ${would}read: ${counted(found.programs, 'program')}\n`);
    }
    return exitCodes.ok;
  } finally {
    await close();
    if (fresh && !dryRun && !done) removeStore(store);
  }
}
