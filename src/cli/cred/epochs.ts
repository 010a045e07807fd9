import { personOf } from '../../app/cred/read.ts';
import { formatInstant } from '../../core/time/instant.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { json, table, visible } from '../print.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { reading } from '../session.ts';
import { type CredFlags, credText, periodText, viewOf } from './options.ts';

/** `prorata cred epochs`: cred of everybody, or of one, by interval of time. */
export async function epochs(options: CredFlags & PageFlags & { readonly account?: string }, io: Io): Promise<number> {
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program }) => {
    const view = await viewOf(io, options, { engine, program });
    const { persons } = view.reading;
    const intervals = view.closing.scores?.input.intervals ?? [];
    const asked = options.account === undefined ? persons : [personOf(persons, options.account)];
    const rows = intervals.map(({ start, end }, k) => ({
      start,
      end,
      scores: asked.map((person) => ({ person, score: view.closing.scaled[persons.indexOf(person)]![k]! })),
    }));
    if (options.json === true) {
      for (const { start, end, scores } of rows) {
        const ofPersons = scores.flatMap(({ person: { id, name }, score }) =>
          score === 0n ? [] : [{ id, name, score }],
        );
        await io.stdout.write(`${json({ from: formatInstant(start), to: formatInstant(end), scores: ofPersons })}\n`);
      }
      return exitCodes.ok;
    }
    await io.stdout.write(
      `cred by ${view.reading.scoring.interval} in ${visible(program)} until the end of ${periodText(view)}\n`,
    );
    const cells = rows.flatMap(({ start, scores }) =>
      scores
        .filter(({ score }) => score > 0n)
        .map(({ person, score }) => [formatInstant(start), `@${person.name}`, credText(view, score)]),
    );
    const shown = limit === Infinity ? cells : cells.slice(-limit);
    if (shown.length === 0) await io.stdout.write('there is no cred yet\n');
    else await io.stdout.write(table(['from', 'person', '>cred'], shown));
    if (cells.length > shown.length)
      await io.stdout.write(`... and ${cells.length - shown.length} earlier ones: --limit N\n`);
    return exitCodes.ok;
  });
}
