import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { GlobalOptions } from '../options.ts';
import { grouped, iso, json, table } from '../print.ts';
import { opened, loadConfig, storeOf } from '../session.ts';
import { timeText } from './options.ts';

/** `prorata cred spaces`: the communities of a store, each a program of its own. */
export async function spaces(options: GlobalOptions, io: Io): Promise<number> {
  const store = storeOf(io, options, options.store === undefined ? await loadConfig(io, options) : null);
  const { engine, close } = await opened(io, { store, create: false, readOnly: true });
  try {
    const rows = [];
    for (const space of await engine.programs()) {
      const { rules, events } = await engine.status(space);
      if (rules.scoring.model !== 'cred') continue;
      const accounts = (await engine.people(space)).ledger.accounts();
      const estimate = await engine.estimate(space);
      const lastActivity =
        estimate?.persons.reduce<number | null>(
          (last, person) =>
            person.lastActivity !== null && (last === null || person.lastActivity > last) ? person.lastActivity : last,
          null,
        ) ?? null;
      const settled = (await engine.periods(space)).findLast(({ status }) => status === 'settled');
      rows.push({
        space,
        events,
        people: accounts.length,
        active: accounts.filter(({ active }) => active).length,
        settledUntil: settled === undefined ? null : iso(settled.boundary),
        lastActivity,
        computedAt: estimate?.seq ?? null,
      });
    }
    if (options.json === true)
      for (const row of rows)
        await io.stdout.write(
          `${json({ ...row, lastActivity: row.lastActivity === null ? null : timeText(row.lastActivity) })}\n`,
        );
    else if (rows.length === 0) await io.stdout.write('there is no space in this store: no program scores by cred\n');
    else
      await io.stdout.write(
        table(
          ['space', '>events', '>people', '>active', 'settled until', 'last activity', '>computed at event'],
          rows.map((row) => [
            row.space,
            grouped(row.events),
            grouped(row.people),
            grouped(row.active),
            row.settledUntil ?? '-',
            timeText(row.lastActivity),
            row.computedAt === null ? '-' : grouped(row.computedAt),
          ]),
        ),
      );
    return exitCodes.ok;
  } finally {
    await close();
  }
}
