import { type CredFlowOver, explainCredContribution } from '../../app/cred/read.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { indented, json, table, visible } from '../print.ts';
import { limitOf, type PageFlags } from '../rows.ts';
import { reading } from '../session.ts';
import { credPeriodJson } from '../../views/cred.ts';
import { type CredFlags, credText, namesOf, periodText, viewOf } from './options.ts';

/** `prorata cred contribution`: what gave a contribution its cred, and where that went. */
export async function contribution(
  options: CredFlags & PageFlags & { readonly address: string },
  io: Io,
): Promise<number> {
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program }) => {
    const view = await viewOf(io, options, { engine, program, query: { named: true } });
    const why = explainCredContribution(view, options.address);
    const label = (await engine.labels(program, [why.address])).get(why.address);
    if (options.json === true) {
      await io.stdout.write(`${json({ ...credPeriodJson(view), ...label, ...why })}\n`);
      return exitCodes.ok;
    }
    const cred = (score: bigint): string => credText(view, score);
    const nameOf = namesOf(view);
    await io.stdout.write(`${visible(why.address)}${label?.label === undefined ? '' : `: ${visible(label.label)}`}\n`);
    if (label?.url !== undefined) await io.stdout.write(`${visible(label.url)}\n`);
    await io.stdout.write(`cred ${cred(why.cred)} at the end of ${periodText(view)}\n`);
    const flows = async (heading: string, first: readonly string[][], list: readonly CredFlowOver[]): Promise<void> => {
      const rows = list
        .slice(0, limit)
        .map(({ cred: flow, other, edge, direction }) => [
          cred(flow),
          nameOf(other),
          `${edge}${direction === 'backward' ? ' (backward)' : ''}`,
        ]);
      await io.stdout.write(`\n${heading}\n${indented(table(['>cred', 'by way of', 'over'], [...first, ...rows]))}`);
      if (list.length > limit) await io.stdout.write(`  ... and ${list.length - limit} more: --limit N\n`);
    };
    await flows('what gave it', [[cred(why.minted), 'the mint', '']], why.incoming);
    await flows('where it went', [[cred(why.returned), 'back to the mint', '']], why.outgoing);
    await io.stdout.write(
      `\nrounding down left ${cred(why.inRemainder)} of what came, ${cred(why.outRemainder)} of what went\n`,
    );
    return exitCodes.ok;
  });
}
