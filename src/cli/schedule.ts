import type { Allocation, ScheduleEntry } from '../core/program.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { grouped, iso, json, table } from './print.ts';
import { reading } from './session.ts';
import { periodTable } from './settle.ts';
import { comingAfter, comingJson, periodJson } from '../views/program.ts';

/** `prorata schedule`: the periods that were, the open one, and those to come. */
export async function schedule(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const { schedule: left, window, clock } = await engine.status(program);
    const past = await engine.periods(program);
    const toCome = comingAfter(past, left);
    if (options.json === true) {
      const coming = toCome.map((entry) => comingJson(entry, clock));
      await io.stdout.write(
        `${json({ program, open: window?.period ?? null, past: past.map(periodJson), toCome: coming })}\n`,
      );
      return exitCodes.ok;
    }
    if (past.length > 0) await io.stdout.write(`${periodTable(past, money)}\n`);
    if (toCome.length === 0) {
      await io.stdout.write('nothing is to come: the schedule has ended\n');
      return exitCodes.ok;
    }
    const owed = (allocations: readonly Allocation[]): string =>
      allocations.map(({ pool, amount }) => `${pool} ${money.bare(amount)}`).join(', ');
    const rows = toCome.map(({ period, boundary, allocations, repeat }) => [
      String(period),
      iso(boundary),
      boundary * 1000 <= clock ? 'due' : '',
      `${owed(allocations)}${repeatText(repeat)}`,
    ]);
    await io.stdout.write(table(['>period', 'boundary', '', `owes (${money.unit})`], rows));
    return exitCodes.ok;
  });
}

/** `; again every 3,600 s, 22 times more`. */
function repeatText(repeat: ScheduleEntry['repeat'] | null): string {
  if (repeat === undefined || repeat === null) return '';
  return `; again every ${grouped(repeat.every)} s, ${repeat.left === null ? 'without end' : `${grouped(repeat.left)} times more`}`;
}
