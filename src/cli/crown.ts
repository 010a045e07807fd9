import type { CrownInterval, CrownRoundView } from '../app/crown/read.ts';
import { formatRational } from '../core/money/rational.ts';
import { InvalidInputError } from '../core/errors.ts';
import { gridOf } from './crown/grid.ts';
import { type RoundFlags, roundQuery } from './crown/options.ts';
import { brief, roundJson, roundText } from './crown/show.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { wholeOption } from './options.ts';
import { counted, grouped, iso, json, table, visible } from './print.ts';
import { limitOf, type PageFlags } from './rows.ts';
import { reading } from './session.ts';

interface CrownFlags extends PageFlags, RoundFlags {
  readonly lane?: string;
  readonly grid?: boolean;
  readonly blocks?: boolean;
  readonly ascii?: boolean;
  readonly width?: string;
  readonly rows?: string;
}

/** Holders named in a row of the table; JSON names all. */
const holdersShown = 4;

/** `prorata crown`: who held when, as a table, as a grid, or block by block. */
export async function crown(options: CrownFlags, io: Io): Promise<number> {
  const query = { ...roundQuery(options), ...(options.lane === undefined ? {} : { lane: options.lane }) };
  const skip = options.after === undefined ? 0 : wholeOption(options.after, '--after', 0);
  const limit = limitOf(options);
  return reading(io, options, async ({ engine, program }) => {
    const whole = options.grid === true || options.blocks === true;
    const view = await engine.crownIntervals(program, whole ? query : { ...query, skip, limit: limit + 1 });
    assertLane(view, options.lane);
    if (options.grid === true) await io.stdout.write(gridText(view, options));
    else if (options.blocks === true) await writeBlocks(io, view, await blockOf(), { options, skip, limit });
    else await writeTable(io, view, { options, skip, limit });
    return exitCodes.ok;

    async function blockOf(): Promise<Block> {
      const { scoring } = (await engine.status(program)).rules;
      return (scoring.model === 'crown' ? scoring.block : null) ?? { zero: 0, seconds: 1 };
    }
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

async function writeTable(io: Io, view: Intervals, { options, skip, limit }: Page): Promise<void> {
  const shown = view.intervals.slice(0, limit);
  if (options.json === true) {
    for (const interval of shown) await io.stdout.write(`${json(intervalJson(view, interval))}\n`);
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
    best ?? '-',
    holdersText(holders),
  ]);
  await io.stdout.write(table(['lane', 'from', 'to', '>seconds', '>best rate', 'held by'], rows));
  if (view.intervals.length > limit) await io.stdout.write(`... more: --after ${skip + limit}, or --limit N\n`);
}

function intervalJson({ period }: CrownRoundView, { lane, start, end, best, holders }: CrownInterval): unknown {
  return {
    period,
    lane,
    from: iso(start),
    to: iso(end),
    seconds: end - start,
    best,
    holders: holders.map(({ account, share }) => ({ account, share: formatRational(share) })),
  };
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

type Block = { readonly zero: number; readonly seconds: number };

/** Each block that begins in the window, as whoever held when it began. */
async function writeBlocks(
  io: Io,
  view: Intervals,
  { zero, seconds }: Block,
  { options, skip, limit }: Page,
): Promise<void> {
  let [seen, shown] = [0, 0];
  const rows: string[][] = [];
  for (const { lane, start, end, best, holders } of view.intervals) {
    const first = Math.ceil((start - zero) / seconds);
    for (let block = first; zero + block * seconds < end; block += 1) {
      seen += 1;
      if (seen <= skip) continue;
      if (shown === limit || io.stdout.closed) break;
      shown += 1;
      if (options.json === true) {
        const held = holders.map(({ account, share }) => ({ account, share: formatRational(share) }));
        await io.stdout.write(`${json({ lane, block, at: iso(zero + block * seconds), best, holders: held })}\n`);
      } else rows.push([lane, String(block), iso(zero + block * seconds), best ?? '-', holdersText(holders)]);
    }
    if (shown === limit || io.stdout.closed) break;
  }
  if (options.json === true) return;
  await io.stdout.write(`who held in ${roundText(view)}, block by block\n`);
  await io.stdout.write(table(['lane', '>block', 'begins', '>best rate', 'held by'], rows));
  if (shown === limit) await io.stdout.write(`... more: --after ${skip + limit}, or --limit N\n`);
}

/** Columns of a grid without --width. */
const columnsDefault = 72;

function gridText(view: Intervals, options: CrownFlags): string {
  const columns = options.width === undefined ? columnsDefault : wholeOption(options.width, '--width', 10, 10_000);
  const rows = options.rows === undefined ? 20 : wholeOption(options.rows, '--rows', 1, 10_000);
  const { start, end } = view;
  if (options.json === true) {
    const grids = view.lanes.map(({ lane }) => ({ lane, rows: gridFor(lane, Math.min(columns, end - start)) }));
    return `${json({ ...roundJson(view), columns: Math.min(columns, end - start), grids })}\n`;
  }
  if (end <= start) return `who held in ${roundText(view)}\nno time has passed in it\n`;
  const width = Math.min(columns, end - start);
  const parts = view.lanes
    .filter(({ lane }) => options.lane === undefined || options.lane === lane)
    .map(({ lane }) => laneText(lane, gridFor(lane, width), { start, end, width }));
  const key = options.ascii === true ? '. : + #' : '░ ▒ ▓ █';
  const column = (end - start) / width;
  return `who held in ${roundText(view)}; a column is ${Number.isInteger(column) ? column : `about ${Math.round(column)}`} s, ${key} up to 1/4, 1/2, 3/4 and all of it\n\n${parts.join('\n')}`;

  function gridFor(lane: string, width: number) {
    const own = view.intervals.filter((interval) => interval.lane === lane);
    return gridOf(own, { start, end, columns: Math.max(1, width), rows, ascii: options.ascii === true });
  }
}

function laneText(
  lane: string,
  rows: readonly { readonly name: string; readonly cells: string; readonly seconds: number }[],
  { start, end, width }: { readonly start: number; readonly end: number; readonly width: number },
): string {
  const names = rows.map(({ name }) => (visible(name).length > 24 ? `${visible(name).slice(0, 23)}…` : visible(name)));
  const nameWidth = Math.max(...names.map((name) => name.length));
  const secondsWidth = Math.max(...rows.map(({ seconds }) => grouped(seconds).length));
  const lines = rows.map(
    ({ cells, seconds }, index) =>
      `${names[index]!.padEnd(nameWidth)} |${cells}| ${grouped(seconds).padStart(secondsWidth)} s`,
  );
  const [from, to] = [iso(start), iso(end)];
  const axis = width >= from.length + to.length + 2 ? from + to.padStart(width - from.length) : from;
  return `${lane}: ${counted(rows.length - 1, 'holder')} shown\n${lines.join('\n')}\n${' '.repeat(nameWidth + 2)}${axis}\n`;
}
