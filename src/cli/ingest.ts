import { resolve } from 'node:path';
import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import { parseAmount } from '../core/money/amount.ts';
import { secondOf } from '../core/time/instant.ts';
import { ensuring, type EnsuredSession } from './ensure-program.ts';
import { assertFile, assertReadable, readAll } from './files.ts';
import { assertNotInFuture } from './future.ts';
import { type Axis, eventsFeed, type Feed, fileFeed, ingestFiles, type IngestFlags } from './ingest-files.ts';
import { graphFormats, ingestGraph } from './ingest-graph.ts';
import type { Io } from './io.ts';
import { choiceOption, instantOption } from './options.ts';
import { grouped } from './print.ts';
import { loadConfig } from './session.ts';
import { withStdin } from './stdin.ts';

const formats = ['jsonl', 'csv', 'snapshot', 'module-state', 'crown-store', ...graphFormats] as const;

/** What is, or may be, a folder. */
const foldersToo: ReadonlySet<string> = new Set(['snapshot', 'sourcecred', 'github', 'git', 'documents']);

/** `prorata ingest`: appends the events of files to the log, each file all or nothing (unless --partial). */
export async function ingest(options: IngestFlags & { files: readonly string[] }, io: Io): Promise<number> {
  return withStdin(io, options.files, (spooled) => ingestAll(options, spooled));
}

async function ingestAll(options: IngestFlags & { readonly files: readonly string[] }, io: Io): Promise<number> {
  const format = options.format === undefined ? undefined : choiceOption(options.format, '--format', formats);
  const at = options.at === undefined ? undefined : instantOption(options.at, '--at');
  if (at !== undefined) assertNotInFuture(io, options, at, '--at');
  const heldSince =
    options.heldSince === undefined ? undefined : secondOf(instantOption(options.heldSince, '--held-since'));
  const mayBeFolder = format !== undefined && foldersToo.has(format);
  for (const file of options.files) await (mayBeFolder ? assertReadable : assertFile)(io, file);
  if (format === 'module-state') return ingestModuleState(io, options, at);
  if (format === 'crown-store') return ingestCrownStore(io, options);
  const graph = graphFormats.find((one) => one === format);
  if (graph !== undefined) return ingestGraph(io, options, graph);
  const lines = format === 'jsonl' || format === 'csv' ? format : undefined;
  const feedOf = (file: string, block: Axis): Feed =>
    format === 'snapshot'
      ? eventsFeed(
          io.sources.snapshot(resolve(io.cwd, file), {
            ...(at === undefined ? {} : { at }),
            ...(heldSince === undefined ? {} : { heldSince }),
          }),
        )
      : fileFeed(io, file, lines, block);
  return ensuring(io, options, (session) => ingestFiles(io, session, options, feedOf));
}

/** A module state brings its own program: --program names it, else prorata.yaml, else it is `module-state`. */
async function ingestModuleState(
  io: Io,
  options: IngestFlags & { readonly files: readonly string[] },
  at: number | undefined,
): Promise<number> {
  const [file, ...others] = options.files;
  if (others.length > 0) {
    const message = `Found ${options.files.length} files; accepted: one, since a module state is a whole program.`;
    throw new InvalidInputError('option-invalid', message, { files: options.files.join(' ') });
  }
  const name = options.program ?? (await loadConfig(io, options))?.definition.name ?? 'module-state';
  const state = await io.sources.moduleState(await readAll(io, file!), {
    name,
    ...(at === undefined ? {} : { at }),
    ...(options.ongoing === undefined ? {} : { ongoing: ongoingOption(options.ongoing) }),
  });
  const feedOf = (): Feed => eventsFeed(chunksOf(state.events));
  const work = (session: EnsuredSession): Promise<number> => ingestFiles(io, session, options, feedOf);
  return ensuring(io, { ...options, program: name }, work, state.definition);
}

/**
 * A validator's store: what came since the last time (the bookmark says up to where), and with --compare also the rows that
 * came late, or say something else than when they were logged.
 */
async function ingestCrownStore(io: Io, options: IngestFlags & { readonly files: readonly string[] }): Promise<number> {
  const [file = '', ...others] = options.files;
  if (others.length > 0) {
    const message = `Found ${options.files.length} files; accepted: one store, each with a --bookmark of its own.`;
    throw new InvalidInputError('option-invalid', message, { files: options.files.join(' ') });
  }
  const source = `crown-store:${options.bookmark ?? 'default'}`;
  return ensuring(io, options, async (session) => {
    const { engine, program } = session;
    const { scoring } = (await engine.status(program)).rules;
    if (scoring.model !== 'crown') {
      const message = `Program ${program} scores by ${scoring.model}; accepted: a program that scores by crown.`;
      throw new InvalidInputError('model-differs', message, { program });
    }
    const store = await io.sources.crownStore(resolve(io.cwd, file));
    try {
      const known = await engine.bookmark(program, source);
      const after = known === null ? {} : { after: JSON.parse(known) as unknown };
      const of = { scoring, ...(options.backing === undefined ? {} : { backing: options.backing }) };
      async function* chunks(): AsyncGenerator<readonly ProrataEvent[]> {
        yield* store.facts({ ...of, ...after });
      }
      const bookmark = { source, value: () => JSON.stringify(store.bookmark) };
      const code = await ingestFiles(io, session, options, () => eventsFeed(chunks()), bookmark);
      if (options.quiet !== true && options.json !== true) {
        for (const [reason, count] of store.leftOut) await io.stdout.write(`  left out: ${grouped(count)} ${reason}\n`);
      }
      if (options.compare !== true) return code;
      const since = await engine.prunedUntil(program);
      const lookup = (keys: readonly string[]) => engine.eventsByKey(program, keys);
      // Gathered first: looking into the log waits for a transaction that takes events into it. There are few.
      const moved: ProrataEvent[] = [];
      for await (const chunk of store.moved({ ...of, ...(since === null ? {} : { since: since + 1 }) }, lookup))
        moved.push(...chunk);
      const compared = await ingestFiles(io, session, { ...options, files: [`${file} (rows that moved)`] }, () =>
        eventsFeed(chunksOf(moved)),
      );
      return Math.max(code, compared);
    } finally {
      store.close();
    }
  });
}

/** `INSTANT,AMOUNT`: when the distribution that was being worked off was due, and what it owed. */
function ongoingOption(text: string): { readonly at: number; readonly amount: bigint } {
  const [at = '', amount = ''] = text.split(',');
  return { at: secondOf(instantOption(at, '--ongoing')), amount: parseAmount(amount, '--ongoing') };
}

async function* chunksOf(events: readonly ProrataEvent[]): AsyncGenerator<readonly ProrataEvent[]> {
  for (let at = 0; at < events.length; at += 2000) yield events.slice(at, at + 2000);
}
