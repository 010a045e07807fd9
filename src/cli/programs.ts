import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { grouped, json, table } from './print.ts';
import { loadConfig, storeOf } from './session.ts';
import { programJson } from '../views/program.ts';

/** `prorata programs`: what is in the store. */
export async function programs(options: GlobalOptions, io: Io): Promise<number> {
  const config = options.store === undefined ? await loadConfig(io, options) : null;
  const engine = await io.openEngine({ store: storeOf(io, options, config), create: false, readOnly: true });
  try {
    const names = await engine.programs();
    const rows = await Promise.all(names.map(async (name) => programJson(await engine.status(name))));
    if (options.json === true) await io.stdout.write(`${json({ programs: rows })}\n`);
    else if (rows.length === 0) await io.stdout.write('no programs yet\n');
    else {
      const cells = rows.map((row) => [
        row.program,
        row.state,
        row.clock,
        ...[row.events, row.accounts, row.payouts].map(grouped),
      ]);
      await io.stdout.write(table(['program', 'state', 'clock', '>events', '>accounts', '>payouts'], cells));
    }
    return exitCodes.ok;
  } finally {
    await engine.close();
  }
}
