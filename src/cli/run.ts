import type { Engine } from '../app/engine.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Refusal } from '../core/events/refusal.ts';
import type { ScheduleEntry } from '../core/program.ts';
import { endless } from '../core/schedule/repeat.ts';
import { formatInstant, secondOf } from '../core/time/instant.ts';
import { ensuring } from './ensure-program.ts';
import { assertFile, assertOwnFile, newFile, readBytes } from './files.ts';
import { type FutureFlags, futureRefusal } from './future.ts';
import { asRefusal } from '../core/events/refusal.ts';
import { formatOfName, refusalLine, refusedShown } from './ingest-files.ts';
import type { EventLine, Io } from './io.ts';
import { choiceOption, type GlobalOptions } from './options.ts';
import { payoutsCsv } from './payouts-csv.ts';
import { counted, grouped, json, type Money } from './print.ts';
import { breather, type Progress, startProgress } from './progress.ts';
import { Hinted, Interrupted } from './report.ts';
import { configDefault, loadConfig, type Session, storeOf } from './session.ts';
import {
  afterSteps,
  blockedText,
  exitCodeOf,
  nothingSettled,
  periodTable,
  settle,
  type Settling,
  toResidual,
} from './settle.ts';
import { periodJson } from '../views/program.ts';
import { withStdin } from './stdin.ts';

interface RunFlags extends GlobalOptions, FutureFlags {
  readonly events: string;
  readonly payouts?: string;
  readonly format?: string;
  readonly dryRun?: boolean;
}

/** `prorata run`: a program's whole life from its event file. A function of the two files, however often it is interrupted. */
export async function run(options: RunFlags, io: Io): Promise<number> {
  return withStdin(io, [options.events], (spooled) => runAll(options, spooled));
}

async function runAll(options: RunFlags, io: Io): Promise<number> {
  const format =
    options.format === undefined
      ? formatOfName(options.events)
      : choiceOption(options.format, '--format', ['jsonl', 'csv'] as const);
  await assertFile(io, options.events);
  const file = options.payouts ?? 'payouts.csv';
  const config = await loadConfig(io, options);
  assertOwnFile(io, '--payouts', file, {
    'the store': storeOf(io, options, config),
    'the event file': options.events,
    'the program file': options.config ?? configDefault,
  });
  const scoring = config?.definition.rules.scoring;
  const block = scoring?.model === 'crown' ? scoring.block : null;
  const how = { ...(format === undefined ? {} : { format }), block };
  await checkLines(io, options, how);
  return ensuring(io, options, async (session) => {
    const { engine, program, money } = session;
    const progress = startProgress(io, options);
    const feed = new Feed(linesOf(io, options, how));
    const replay = new Replay(session, { feed, file: options.events }, io, progress);
    try {
      await engine.leading(program, () => replay.run());
    } catch (error) {
      const { recorded, settling } = replay;
      throw options.dryRun === true ? error : afterSteps(error, recorded + settling.steps);
    } finally {
      progress.end();
    }
    const { settling } = replay;
    const stopped = options.dryRun === true || settling.ended === 'interrupted';
    const written = stopped ? 0 : await writePayouts(io, engine, program, file);
    const { halted, paused, window, schedule, clock } = await engine.status(program);
    // Where a schedule without an end was left, milliseconds.
    const stoppedAt = endless(schedule) && settling.ended === 'idle' ? clock : null;
    const records = await engine.periods(program);
    if (options.json === true) {
      const { recorded, duplicate } = replay;
      const facts = {
        program,
        recorded,
        duplicate,
        ...settling,
        payouts: settling.payouts,
        settled: records.map(periodJson),
        stoppedAt: stoppedAt === null ? null : formatInstant(stoppedAt),
      };
      await io.stdout.write(
        `${json({ ...facts, open: window?.period ?? null, halted, paused, payoutsFile: stopped ? null : file, dryRun: options.dryRun === true })}\n`,
      );
      return exitCodeOf(settling);
    }
    if (records.length > 0) await io.stdout.write(`${periodTable(records, money)}\n`);
    if (options.quiet !== true)
      await io.stdout.write(await summary(engine, program, { money, replay, dryRun: options.dryRun === true }));
    if (stoppedAt !== null && options.quiet !== true)
      await io.stdout.write(`the schedule has no end: followed to the newest event, ${formatInstant(stoppedAt)}\n`);
    if (!stopped && options.quiet !== true) await io.stdout.write(`${counted(written, 'payout')} in ${file}\n`);
    await io.stdout.write(blockedText(io, settling, halted, paused));
    return exitCodeOf(settling);
  });
}

/** How the lines of the file are read. */
interface Reading {
  readonly format?: 'jsonl' | 'csv';
  readonly block: { readonly zero: number; readonly seconds: number } | null;
}

/** A file with a line that cannot be read is refused before anything is done. */
async function checkLines(io: Io, options: RunFlags, how: Reading): Promise<void> {
  const file = options.events;
  let refused = 0;
  for await (const lines of linesOf(io, options, how)) {
    for (const { line, parsed } of lines) {
      if (parsed.ok) continue;
      refused += 1;
      if (refused <= refusedShown) await io.stderr.write(`${refusalLine(file, { line, ...asRefusal(parsed) })}\n`);
    }
  }
  if (refused > 0) throw linesRefused(file, refused, 'Nothing was done.');
}

/** The lines of the event file; one whose time lies in the future is one that cannot be read. */
async function* linesOf(io: Io, options: RunFlags, how: Reading): AsyncGenerator<readonly EventLine[]> {
  const refusal = futureRefusal(io, options);
  for await (const lines of io.sources.events(readBytes(io, options.events), how)) {
    yield lines.map((line) => {
      const found = line.parsed.ok ? refusal(line.parsed.event) : null;
      return found ? { ...line, parsed: { ok: false as const, ...found } } : line;
    });
  }
}

function linesRefused(file: string, refused: number, what: string): Hinted {
  const name = file === '-' ? 'stdin' : file;
  const message = `${counted(refused, 'line')} of ${name} ${refused === 1 ? 'was' : 'were'} refused. ${what}`;
  const error = new InvalidInputError('lines-refused', message, { refused: String(refused) });
  return new Hinted(error, 'mend the lines, and repeat.');
}

async function writePayouts(io: Io, engine: Engine, program: string, path: string): Promise<number> {
  const file = await newFile(io, path, { overwrite: true });
  try {
    const count = await payoutsCsv(engine, program, {}, (text) => file.write(text));
    await file.finish();
    return count;
  } finally {
    await file.discard();
  }
}

async function summary(
  engine: Engine,
  program: string,
  { money, replay, dryRun }: { readonly money: Money; readonly replay: Replay; readonly dryRun: boolean },
): Promise<string> {
  const records = await engine.periods(program);
  const { rules } = await engine.status(program);
  const paid = records.reduce((sum, { delivered }) => sum + delivered, 0n);
  const kept = records.reduce((sum, record) => sum + toResidual(record), 0n);
  const { recorded, duplicate, settling } = replay;
  const would = dryRun ? 'would be ' : '';
  return (
    `events: ${grouped(recorded)} ${would}recorded, ${grouped(duplicate)} known already; ` +
    `${counted(settling.steps, 'step')}${dryRun ? ' would be made' : ''}, ` +
    `${counted(settling.settled.length, 'period')} ${would}settled now\n` +
    `${would}paid ${money.full(paid)} in ${counted(records.length, 'period')}; ${money.full(kept)} to ${rules.residual}\n`
  );
}

/** The lines of an event file, one at a time, with a look at the next one. */
class Feed {
  readonly #chunks: AsyncIterator<readonly EventLine[]>;
  #chunk: readonly EventLine[] = [];
  #next = 0;

  constructor(chunks: AsyncIterable<readonly EventLine[]>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async peek(): Promise<EventLine | null> {
    while (this.#next >= this.#chunk.length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return null;
      [this.#chunk, this.#next] = [value, 0];
    }
    return this.#chunk[this.#next]!;
  }

  take(): void {
    this.#next += 1;
  }
}

/** After one of these the schedule may be another, or what was blocked may move: look again before the next event. */
const turningPoints = new Set(['schedule', 'pause', 'resume', 'rules']);

/**
 * Settles and ingests in the order of time: a window that is due is settled before an event at or after its boundary is
 * taken. While the program is halted or paused events go on being taken, since one of them may be what mends it.
 */
class Replay {
  readonly settling: Settling = nothingSettled();
  recorded = 0;
  duplicate = 0;
  readonly #engine: Engine;
  readonly #program: string;
  readonly #feed: Feed;
  readonly #file: string;
  readonly #io: Io;
  readonly #progress: Progress;

  constructor(
    { engine, program }: Session,
    { feed, file }: { readonly feed: Feed; readonly file: string },
    io: Io,
    progress: Progress,
  ) {
    this.#engine = engine;
    this.#program = program;
    this.#feed = feed;
    this.#file = file;
    this.#io = io;
    this.#progress = progress;
  }

  async run(): Promise<void> {
    for (;;) {
      const next = await this.#feed.peek();
      // Events without a readable time stop the run when they are ingested, and decide nothing here.
      const until = next === null ? Infinity : next.parsed.ok ? secondOf(next.parsed.event.time) : -Infinity;
      const boundary = await this.#settleDue(until);
      if (this.settling.ended === 'interrupted' || next === null) return;
      await this.#ingestUntil(boundary);
      if (this.#io.signal.aborted) {
        this.settling.ended = 'interrupted';
        return;
      }
    }
  }

  /**
   * Finishes the open window, and settles every period that ends at or before second `until`, each at its own boundary.
   * Returns the boundary that comes next: Infinity when there is none, or when the program does not move.
   */
  async #settleDue(asked: number): Promise<number> {
    const begun = await this.#engine.status(this.#program);
    // A schedule without an end is followed as far as the log goes.
    const until = endless(begun.schedule) && asked === Infinity ? secondOf(begun.clock) : asked;
    for (;;) {
      const { window, schedule, clock } = await this.#engine.status(this.#program);
      const next: ScheduleEntry | undefined = schedule[0];
      const boundary = window ? window.boundary : (next?.at ?? Infinity);
      if (!window && (boundary > until || boundary === Infinity)) return boundary;
      const steps = this.settling.settled.length;
      const to = Math.max(boundary * 1000, clock);
      await this.#settleOne(to);
      if (this.settling.ended !== 'idle') return Infinity;
      if (this.settling.settled.length === steps) return Infinity;
    }
  }

  async #settleOne(to: number): Promise<void> {
    await settle(this.#engine, this.#program, { to }, { io: this.#io, progress: this.#progress, count: this.settling });
  }

  /** Takes events up to second `boundary`, or to the next turning point, in one transaction. */
  async #ingestUntil(boundary: number): Promise<void> {
    const shown: string[] = [];
    let [offset, first]: [readonly EventLine[], number] = [[], 0];
    const chunks = this.#segment(boundary, (lines, index) => ([offset, first] = [lines, index]));
    const summary = await this.#engine.ingest(this.#program, chunks, {
      onProgress: (seen) => this.#progress.update(() => `${grouped(this.recorded + this.duplicate + seen)} events`),
      onRefused: (index, refusal) => {
        if (shown.length < refusedShown)
          shown.push(refusalLine(this.#file, { line: offset[index - first]!.line, ...refusal }));
      },
    });
    if (summary.refused > 0) {
      this.#progress.end();
      for (const line of shown) await this.#io.stderr.write(`${line}\n`);
      const settled = this.settling.settled.length;
      throw linesRefused(
        this.#file,
        summary.refused,
        `${counted(settled, 'period')} settled before; of the events since the last boundary nothing was taken.`,
      );
    }
    this.recorded += summary.recorded;
    this.duplicate += summary.duplicate;
  }

  async *#segment(
    boundary: number,
    onChunk: (lines: readonly EventLine[], first: number) => void,
  ): AsyncGenerator<(ProrataEvent | Refusal)[]> {
    const breathe = breather(this.#io);
    let [first, lines]: [number, EventLine[]] = [0, []];
    const flush = (): (ProrataEvent | Refusal)[] => {
      onChunk(lines, first);
      first += lines.length;
      const chunk = lines.map(({ parsed }) => (parsed.ok ? parsed.event : asRefusal(parsed)));
      lines = [];
      return chunk;
    };
    for (;;) {
      const next = await this.#feed.peek();
      if (next === null || (next.parsed.ok && secondOf(next.parsed.event.time) >= boundary)) break;
      this.#feed.take();
      lines.push(next);
      if (next.parsed.ok && turningPoints.has(next.parsed.event.kind)) break;
      if (lines.length < 2000) continue;
      yield flush();
      await breathe();
      if (this.#io.signal.aborted) throw new Interrupted('Stopped: the events since the last boundary were not taken.');
    }
    if (lines.length > 0) yield flush();
  }
}
