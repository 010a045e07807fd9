import type { Engine } from '../../app/engine.ts';
import type { RoundQuery } from '../../app/crown/rounds.ts';
import { compareBytes } from '../../core/bytes.ts';
import type { Io } from '../io.ts';
import { json, table } from '../print.ts';
import { scoreJson } from '../../views/crown.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { brief, decimal, percent, roundText } from './show.ts';

/** The scores of a round, in the order of names: a table, or one line of JSON each. */
export async function writeCrownScores(
  io: Io,
  engine: Engine,
  program: string,
  options: PageFlags,
  query: RoundQuery,
): Promise<void> {
  const view = await engine.crownScores(program, query);
  const { after } = options;
  const left =
    after === undefined ? view.scores : view.scores.filter(({ account }) => compareBytes(account, after) > 0);
  const shown = left.slice(0, limitOf(options));
  if (options.json === true) {
    for (const score of shown)
      await io.stdout.write(`${json({ period: view.period, status: view.status, ...scoreJson(score) })}\n`);
    return;
  }
  await io.stdout.write(`${roundText(view)}\n`);
  if (shown.length === 0) {
    await io.stdout.write('nobody has earned anything in it\n');
    return;
  }
  const rows = shown.map(({ account, part, lanes }) => [
    account,
    percent(part),
    brief(part),
    lanes.map(({ lane, held }) => `${lane} ${decimal(held, 1)} s`).join(', '),
  ]);
  await io.stdout.write(table(['account', '>part, rounded down', '>exact', 'held'], rows));
  if (left.length > shown.length) await io.stdout.write(`... more: --after ${shown.at(-1)!.account}, or --limit N\n`);
}
