import type { CrownInterval, CrownRoundView } from '../app/crown/read.ts';
import { formatRational } from '../core/money/rational.ts';
import { InvalidInputError } from '../core/errors.ts';
import { type GridFlags, gridText } from './crown/grid-text.ts';
import { type RoundFlags, roundQuery } from './crown/options.ts';
import { brief, roundText } from './crown/show.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { wholeOption } from './options.ts';
import { grouped, iso, json, table, visible } from './print.ts';
import { limitOf, type PageFlags } from './rows.ts';
import { reading } from './session.ts';
import { type Block, blockFrom, blocksIn, intervalJson } from '../views/crown.ts';

interface CrownFlags extends PageFlags, RoundFlags, GridFlags {
  readonly grid?: boolean;
  readonly blocks?: boolean;
}

/** Holders named in a row of the table; JSON names all. */
const holdersShown = 4;

/** `prorata crown`: who held when, as a table, as a grid, or block by block. */
export async function crown(options: CrownFlags, io: Io): Promise<number> {
  const query = { ...roundQuery(options), ...(options.lane === undefined ? {} : { lane: options.lane }) };
  const skip = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program }) => {
    if (options.grid === true) {
      const view = await engine.crownGrid(program, query);
      assertLane(view, options.lane);
      await io.stdout.write(gridText(io, view, options));
    } else {
      const whole = options.blocks === true;
      const view = await engine.crownIntervals(program, whole ? query : { ...query, skip, limit: limit + 1 });
      assertLane(view, options.lane);
      const { scoring } = (await engine.status(program)).rules;
      const block = scoring.model === 'crown' ? scoring.block : null;
      if (options.blocks === true)
        await writeBlocks(io, view, block ?? { zero: 0, seconds: 1 }, { options, skip, limit });
      else await writeTable(io, view, block, { options, skip, limit });
    }
    return exitCodes.ok;
  });
}

function assertLane({ lanes }: CrownRoundView, lane: string | undefined): void {
  const known = lanes.map((one) => one.lane);
  if (lane === undefined || known.includes(lane)) return;
  throw new InvalidInputError('option-invalid', `--lane: found "${lane}"; accepted: ${known.join(', ')}.`, {
    option: '--lane',
    found: lane,
  });
}

type Intervals = CrownRoundView & { readonly intervals: readonly CrownInterval[] };
interface Page {
  readonly options: CrownFlags;
  readonly skip: number;
  readonly limit: number;
}

async function writeTable(io: Io, view: Intervals, block: Block | null, { options, skip, limit }: Page): Promise<void> {
  const shown = view.intervals.slice(0, limit);
  if (options.json === true) {
    for (const interval of shown) await io.stdout.write(`${json(intervalJson(view, interval, block))}\n`);
    return;
  }
  await io.stdout.write(`who held in ${roundText(view)}\n`);
  if (shown.length === 0) {
    await io.stdout.write('no time has passed in it\n');
    return;
  }
  const rows = shown.map(({ lane, start, end, best, holders }) => [
    lane,
    iso(start),
    iso(end),
    grouped(end - start),
    ...(block === null ? [] : blockCells(block, start, end)),
    best ?? '-',
    holdersText(holders),
  ]);
  const blocks = block === null ? [] : ['>first block', '>blocks'];
  await io.stdout.write(table(['lane', 'from', 'to', '>seconds', ...blocks, '>best rate', 'held by'], rows));
  if (view.intervals.length > limit) await io.stdout.write(`... more: --after ${skip + limit}, or --limit N\n`);
}

function holdersText(holders: CrownInterval['holders']): string {
  if (holders.length === 0) return 'nobody';
  const named = holders.slice(0, holdersShown).map(({ account, share }) => {
    const part = holders.length === 1 ? '' : ` ${brief(share)}`;
    return `${visible(account)}${part}`;
  });
  const more = holders.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}

function blockCells(block: Block, start: number, end: number): string[] {
  const { firstBlock, blocks } = blocksIn(block, start, end);
  return [firstBlock === null ? '-' : String(firstBlock), grouped(blocks)];
}

/** Each block that begins in the window, as whoever held when it began. */
async function writeBlocks(io: Io, view: Intervals, axis: Block, { options, skip, limit }: Page): Promise<void> {
  const { zero, seconds } = axis;
  let [seen, shown, more] = [0, 0, false];
  const rows: string[][] = [];
  for (const { lane, start, end, best, holders } of view.intervals) {
    for (let block = blockFrom(axis, start); zero + block * seconds < end; block += 1) {
      seen += 1;
      if (seen <= skip) continue;
      more = shown === limit;
      if (more || io.stdout.closed) break;
      shown += 1;
      if (options.json === true) {
        const held = holders.map(({ account, share }) => ({ account, share: formatRational(share) }));
        await io.stdout.write(`${json({ lane, block, at: iso(zero + block * seconds), best, holders: held })}\n`);
      } else rows.push([lane, String(block), iso(zero + block * seconds), best ?? '-', holdersText(holders)]);
    }
    if (more || io.stdout.closed) break;
  }
  if (options.json === true) return;
  await io.stdout.write(`who held in ${roundText(view)}, block by block\n`);
  await io.stdout.write(table(['lane', '>block', 'begins', '>best rate', 'held by'], rows));
  if (more) await io.stdout.write(`... more: --after ${skip + limit}, or --limit N\n`);
}
