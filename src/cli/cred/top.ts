import { type CredContribution, type CredPerson, credContributions, credPersons } from '../../app/cred/read.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { json, table, visible } from '../print.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { reading } from '../session.ts';
import { credContributionJson, credRowJson } from '../../views/cred.ts';
import { type CredFlags, credText, periodText, timeText, viewOf } from './options.ts';

interface TopFlags extends CredFlags, PageFlags {
  readonly contributions?: boolean;
  readonly made?: boolean;
}

/** `prorata cred top`: people, or contributions, with the most cred. */
export async function top(options: TopFlags, io: Io): Promise<number> {
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program, money }) => {
    const view = await viewOf(io, options, { engine, program });
    const heading = `cred in ${visible(program)}, ${periodText(view)}\n`;
    if (options.contributions === true || options.made === true) {
      const rows = credContributions(view, {
        limit: limit === Infinity ? Number.MAX_SAFE_INTEGER : limit,
        ofPeriod: options.made === true,
      });
      const labels = await engine.labels(
        program,
        rows.map(({ address }) => address),
      );
      if (options.json === true) {
        for (const row of rows) await io.stdout.write(`${json(credContributionJson(row, labels.get(row.address)))}\n`);
        return exitCodes.ok;
      }
      await io.stdout.write(heading);
      if (rows.length === 0) await io.stdout.write('there is no contribution with cred\n');
      const cells = (row: CredContribution): string[] => [
        credText(view, row.cred),
        credText(view, row.mint),
        timeText(row.time),
        row.address,
        labels.get(row.address)?.label ?? '',
      ];
      if (rows.length > 0)
        await io.stdout.write(table(['>cred', '>minted', 'made', 'contribution', 'what'], rows.map(cells)));
      return exitCodes.ok;
    }
    const persons = credPersons(view).slice(0, limit);
    if (options.json === true) {
      for (const person of persons) await io.stdout.write(`${json(credRowJson(person))}\n`);
      return exitCodes.ok;
    }
    await io.stdout.write(heading);
    if (persons.length === 0)
      await io.stdout.write('there is nobody yet: prorata people create, or a source with people\n');
    const cells = ({ name, active, score, lifetime, paid, lastActivity }: CredPerson): string[] => [
      `@${name}`,
      credText(view, score),
      credText(view, lifetime),
      money.bare(paid),
      active ? 'active' : 'not active',
      timeText(lastActivity),
    ];
    if (persons.length > 0)
      await io.stdout.write(
        table(['person', '>cred', '>lifetime', `>paid before, ${money.unit}`, '', 'last activity'], persons.map(cells)),
      );
    return exitCodes.ok;
  });
}
