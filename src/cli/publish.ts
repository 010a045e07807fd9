import { resolve } from 'node:path';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { counted, json, visible } from './print.ts';
import { reading } from './session.ts';

/** `prorata publish`: shows a program of contributions in a document of a folder, for whoever works offline. */
export async function publish(options: GlobalOptions & { dir: string; name?: string }, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program }) => {
    const documents = await io.documents();
    const space = await engine.space(program);
    const { name, changed } = await documents.push(resolve(io.cwd, options.dir), space, options.name);
    if (options.json === true) await io.stdout.write(`${json({ program, name, changed })}\n`);
    else {
      const what = `${counted(space.nodes.length, 'node')}, ${counted(space.identities.length, 'person', 'people')}, ${counted(space.payouts.length, 'payout')}`;
      await io.stdout.write(
        `${visible(program)} in ${visible(name)}: ${changed ? what : 'it showed all of it already'}\n`,
      );
    }
    return exitCodes.ok;
  });
}
