import { writeLog } from '../../core/token/log.ts';
import { exitCodes } from '../exit-codes.ts';
import { assertOwnFile, writeText } from '../files.ts';
import type { Io } from '../io.ts';
import { type GlobalOptions, wholeOption } from '../options.ts';
import { idOf, namesOf } from '../../views/account-names.ts';
import { counted, json, table } from '../print.ts';
import { type PageFlags, printRows } from '../rows.ts';
import { reading, storeOf } from '../session.ts';
import { currencyText } from './currency-text.ts';
import { byName } from './list.ts';

/** `prorata people balances`: who was paid how much, and can spend how much. */
export async function balances(options: GlobalOptions, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const people = await engine.people(program);
    const { currency, accountingEnabled, trackingEnabled } = people.ledger;
    const rows = byName(people).map(({ id, name, active, paid, balance }) => ({ id, name, active, paid, balance }));
    const all = {
      paid: rows.reduce((sum, { paid }) => sum + paid, 0n),
      balance: rows.reduce((sum, { balance }) => sum + balance, 0n),
    };
    if (options.json === true) {
      const settings = { accounting: accountingEnabled, tracking: trackingEnabled, currency };
      await io.stdout.write(`${json({ program, ...settings, people: rows, ...all })}\n`);
      return exitCodes.ok;
    }
    if (rows.length === 0) {
      await io.stdout.write('there is nobody yet\n');
      return exitCodes.ok;
    }
    const cells = [...rows.map((row) => ({ ...row, name: `@${row.name}` })), { name: 'together', ...all }];
    await io.stdout.write(
      table(
        ['person', `>paid (${money.unit})`, '>balance'],
        cells.map(({ name, paid, balance }) => [name, money.bare(paid), money.bare(balance)]),
      ),
    );
    if (options.quiet !== true)
      await io.stdout.write(
        `accounting ${accountingEnabled ? 'on' : 'off'}; tracking ${trackingEnabled ? 'on' : 'off'}; currency ${currency === null ? 'none' : currencyText(currency)}\n`,
      );
    return exitCodes.ok;
  });
}

/** `prorata people postings`: every movement of the token ledger. */
export async function postings(options: PageFlags & { account?: string }, io: Io): Promise<number> {
  const from = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  return reading(io, options, async ({ engine, program, money }) => {
    const people = await engine.people(program);
    const { text, json: nameOf } = namesOf(people);
    const numbered = people.ledger.postings.map((posting, index) => ({ id: index + 1, ...posting }));
    const ids =
      options.account === undefined ? null : new Set(people.ledger.account(idOf(people, options.account))!.ids);
    const rows = ids === null ? numbered : numbered.filter((row) => ids.has(row.from) || ids.has(row.to));
    await printRows(io, options, from, {
      read: async (after, limit) => rows.filter(({ id }) => id > after).slice(0, limit),
      cursorOf: ({ id }) => id,
      view: (row) => ({ ...row, fromName: nameOf(row.from).name ?? null, toName: nameOf(row.to).name ?? null }),
      headings: ['>id', 'event', 'book', 'from', 'to', `>amount (${money.unit})`, 'note'],
      cells: (row) => [
        String(row.id),
        row.event,
        row.book,
        text(row.from),
        text(row.to),
        money.bare(row.amount),
        row.note ?? '',
      ],
      none: 'nothing was posted yet',
      next: '--after',
    });
    return exitCodes.ok;
  });
}

/** `prorata people log`: the events of the token ledger, as its own logs have them. */
export async function log(options: GlobalOptions & { out?: string; force?: boolean }, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, config }) => {
    const { events } = (await engine.people(program)).ledger;
    const text = writeLog(events);
    const { out } = options;
    if (out === undefined) {
      await io.stdout.write(text);
      return exitCodes.ok;
    }
    assertOwnFile(io, '--out', out, { 'the store': storeOf(io, options, config) });
    await writeText(io, out, text, { overwrite: options.force === true });
    if (options.json === true) await io.stdout.write(`${json({ program, file: out, events: events.length })}\n`);
    else if (options.quiet !== true) await io.stdout.write(`${out}: ${counted(events.length, 'event')}\n`);
    return exitCodes.ok;
  });
}
