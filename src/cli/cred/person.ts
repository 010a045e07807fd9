import { explainCredPerson } from '../../app/cred/read.ts';
import { formatInstant } from '../../core/time/instant.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { indented, json, table, visible } from '../print.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { reading } from '../session.ts';
import { credPersonJson } from '../../views/cred.ts';
import { type CredFlags, credText, namesOf, percentText, periodText, timeText, viewOf } from './options.ts';

/** `prorata cred person`: why somebody has its cred of a period. */
export async function person(options: CredFlags & PageFlags & { readonly name: string }, io: Io): Promise<number> {
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program }) => {
    const view = await viewOf(io, options, { engine, program, query: { named: true } });
    const why = explainCredPerson(view, options.name);
    if (options.json === true) {
      await io.stdout.write(`${json(credPersonJson(view, why))}\n`);
      return exitCodes.ok;
    }
    const cred = (score: bigint): string => credText(view, score);
    const nameOf = namesOf(view);
    const write = (text: string): Promise<void> => io.stdout.write(text);
    await write(
      `@${visible(why.name)} (${why.id}${why.active ? '' : ', not active'}) in ${visible(program)}, ${periodText(view)}\n`,
    );
    await write(`cred ${cred(why.score)}; of a lifetime ${cred(why.lifetime)}, as it is known now\n`);
    if (why.revision !== null && why.revision !== 0n) {
      await write(
        `later insight into closed periods: ${why.revision > 0n ? '+' : ''}${cred(why.revision)}; the balanced policy evens it out\n`,
      );
    }
    if (why.lastActivity !== null) await write(`last activity ${timeText(why.lastActivity)}\n`);
    if (why.score === 0n && why.edges.length === 0) {
      await write('no edge to this person brought cred into the period\n');
      return exitCodes.ok;
    }
    await write('\nby source\n');
    await write(
      indented(
        table(
          ['source', '>cred', '>part'],
          why.sources.map(({ source, score, tenThousandths }) => [source, cred(score), percentText(tenThousandths)]),
        ),
      ),
    );
    if (why.intervals.length > 1) {
      await write('\nby interval\n');
      await write(
        indented(
          table(
            ['from', '>cred'],
            why.intervals.map(({ start, score }) => [formatInstant(start), cred(score)]),
          ),
        ),
      );
    }
    const shown = why.contributions.slice(0, limit);
    const labels = await engine.labels(
      program,
      shown.map(({ address }) => address),
    );
    await write('\nby contribution\n');
    await write(
      indented(
        table(
          ['>cred', 'contribution', 'what'],
          shown.map(({ address, score }) => [cred(score), nameOf(address), labels.get(address)?.label ?? '']),
        ),
      ),
    );
    await more(io, why.contributions.length - shown.length);
    await write('\nover edges\n');
    const edges = why.edges.slice(0, limit);
    await write(
      indented(
        table(
          ['>cred', 'came in', 'from', 'over'],
          edges.map(({ score, interval, from, edge, direction }) => [
            cred(score),
            formatInstant(interval),
            nameOf(from),
            edge === null ? 'attribution' : `${edge}${direction === 'backward' ? ' (backward)' : ''}`,
          ]),
        ),
      ),
    );
    await more(io, why.edges.length - edges.length);
    await write(
      `\n${cred(why.score - why.remainder)} over edges and ${cred(why.remainder)} that rounding down left: ${cred(why.score)}\n`,
    );
    return exitCodes.ok;
  });
}

async function more(io: Io, count: number): Promise<void> {
  if (count > 0) await io.stdout.write(`  ... and ${count} more: --limit N\n`);
}
