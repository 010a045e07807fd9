import { resolve } from 'node:path';
import type { SourceItem, SyncCounts, SyncOptions } from '../app/cred/sync.ts';
import type { ProgramStatus } from '../app/status.ts';
import type { Rules } from '../core/program.ts';
import { parseScoring, scoringToFile } from '../core/scoring/parse.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { ProrataEvent } from '../core/events/event.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { ensuring, type EnsuredSession } from './ensure-program.ts';
import { readBytes } from './files.ts';
import { type Feed, formatOfName, ingestFiles, type IngestFlags } from './ingest-files.ts';
import type { Io, SourceLine } from './io.ts';
import { instantOption } from './options.ts';
import { loadConfig } from './session.ts';
import { counted, grouped, json, visible } from './print.ts';

export const graphFormats = ['graph', 'sourcecred', 'github', 'git', 'documents'] as const;
export type GraphFormat = (typeof graphFormats)[number];

type GraphFlags = IngestFlags & { readonly files: readonly string[] };

/** What is said of a source when it was read. */
interface Notes {
  readonly lines: string[];
}

/** `prorata ingest --format graph`, `sourcecred`, `github`, `git` or `documents`: what the source gives and the log does not have yet. */
export async function ingestGraph(io: Io, options: GraphFlags, format: GraphFormat): Promise<number> {
  const sync: SyncOptions = {
    at: options.at === undefined ? io.now() : instantOption(options.at, '--at'),
    complete: options.complete ?? [],
    people: options.activate === true ? 'activate' : options.people === false ? 'leave' : 'create',
    ...(options.by === undefined ? {} : { by: options.by }),
  };
  // A program that could not take it must not even be made.
  const config = await loadConfig(io, options);
  if (config !== null) assertCred(config.definition.name, config.definition.rules);
  return ensuring(io, options, async (session) => {
    const { engine, program } = session;
    assertCred(program, (await engine.status(program)).rules);
    if (format !== 'graph' && options.files.length > 1 && format !== 'github') {
      const message = `Found ${options.files.length} files; accepted: one, each source by itself.`;
      throw new InvalidInputError('option-invalid', message, { files: options.files.join(' ') });
    }
    // Exports of GitHub belong together: one file has the reviews of what is in another.
    const groups = format === 'github' ? [options.files] : options.files.map((file) => [file]);
    let code = 0;
    for (const files of groups) {
      code = Math.max(
        code,
        await ingestSource(io, session, { ...options, files: [files.join(', ')] }, { format, files, sync }),
      );
    }
    return code;
  });
}

function assertCred(program: string, { scoring }: Rules): void {
  if (scoring.model === 'cred') return;
  const message = `Program ${program} scores by ${scoring.model}; accepted: a program that scores by cred.`;
  throw new InvalidInputError('model-differs', message, { program });
}

async function ingestSource(
  io: Io,
  session: EnsuredSession,
  options: GraphFlags,
  {
    format,
    files,
    sync,
  }: { readonly format: GraphFormat; readonly files: readonly string[]; readonly sync: SyncOptions },
): Promise<number> {
  const { engine, program } = session;
  const notes: Notes = { lines: [] };
  const opened = await openSource(io, session, options, { format, files, at: sync.at, notes });
  // Where the item that was taken last came from: what is made of it comes before the next one is taken.
  let place = { line: 0, raw: '' };
  async function* items(): AsyncGenerator<SourceItem> {
    for await (const { item, line, raw } of opened.items) {
      place = { line, raw };
      yield item;
    }
  }
  const complete = [...(sync.complete ?? []), ...opened.complete];
  const { events, counts } = await engine.syncing(program, items(), { ...sync, complete });
  const code = await ingestFiles(io, session, options, () => feedOf(events, () => place), opened.bookmark);
  if (options.quiet === true) return code;
  if (options.json === true)
    await io.stdout.write(`${json({ source: files.join(', '), counts, notes: notes.lines })}\n`);
  else
    await io.stdout.write(countsText(counts, sync.people) + notes.lines.map((line) => `  ${visible(line)}\n`).join(''));
  return code;
}

interface OpenedSource {
  readonly items: AsyncIterable<SourceLine>;
  /** Prefixes under which the source gives all there is. */
  readonly complete: readonly string[];
  readonly bookmark?: { readonly source: string; readonly value: () => string };
}

async function openSource(
  io: Io,
  { engine, program }: EnsuredSession,
  options: GraphFlags,
  {
    format,
    files,
    at,
    notes,
  }: { readonly format: GraphFormat; readonly files: readonly string[]; readonly at: number; readonly notes: Notes },
): Promise<OpenedSource> {
  const paths = files.map((file) => resolve(io.cwd, file));
  const note = (text: string): void => void notes.lines.push(text);
  if (format === 'graph') {
    const [file = ''] = files;
    return { items: io.sources.graph(readBytes(io, file), formatOfName(file)), complete: [] };
  }
  if (format === 'github')
    return { items: io.sources.github(paths, { commits: options.commits === true, note }), complete: [] };
  if (format === 'sourcecred') return { items: io.sources.sourcecred(paths[0]!, note), complete: [] };
  if (format === 'documents')
    return { items: documentItems(io, paths[0]!, { status: await engine.status(program), at, note }), complete: [] };
  const name = `git:${options.bookmark ?? 'default'}`;
  const since = options.whole === true ? null : await engine.bookmark(program, name);
  const source = await io.sources.git(paths[0]!, {
    ...(since === null ? {} : { since }),
    ...(options.revision === undefined ? {} : { revisions: options.revision }),
    ...(options.path === undefined ? {} : { paths: options.path }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.pathWeight === undefined ? {} : { weights: pathWeightsIn(options.pathWeight) }),
    keepReverts: options.keepReverts === true,
    shallow: options.shallow === true,
    note,
  });
  return { items: source.items, complete: source.complete, bookmark: { source: name, value: () => source.tips() } };
}

/** `PATH=WEIGHT`, each. */
function pathWeightsIn(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.lastIndexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      const message = `--path-weight: found ${JSON.stringify(text)}; accepted: PATH=WEIGHT, such as docs=0.5.`;
      throw new InvalidInputError('option-invalid', message, { option: '--path-weight' });
    }),
  );
}

/** What people wrote into documents; settings that differ from those of the program become new rules. */
async function* documentItems(
  io: Io,
  dir: string,
  {
    status,
    at,
    note,
  }: {
    readonly status: Pick<ProgramStatus, 'rules' | 'events' | 'clock'>;
    readonly at: number;
    readonly note: (text: string) => void;
  },
): AsyncGenerator<SourceLine> {
  const { records, settings, refused, conflicts } = await (await io.documents()).pull(dir);
  for (const { file, path, code, message } of refused) {
    yield { line: 0, raw: `${file} ${path.join('/')}`, item: { code, message } };
  }
  for (const { file, path, shown } of conflicts)
    note(`${file}: two wrote ${path.join('/')} at once; what counts is ${String(shown)}`);
  const wanted = (settings as { readonly scoring?: unknown } | null)?.scoring;
  if (wanted !== undefined) {
    const scoring = parseScoring(wanted, 'scoring');
    const now = JSON.stringify(scoringToFile(scoring));
    const { rules, events, clock } = status;
    if (rules.scoring.model === 'cred' && now !== JSON.stringify(scoringToFile(rules.scoring))) {
      const key = `documents: settings after event ${events}`;
      yield { line: 0, raw: key, item: { kind: 'rules', key, time: Math.max(clock, at), scoring } };
    }
  }
  for (const [index, record] of records.entries()) {
    yield { line: index + 1, raw: record.what === 'edge' ? record.edge : record.node, item: record };
  }
}

/** Items as they come, a chunk at a time, each with the place in the source that it came from. */
function feedOf(events: AsyncIterable<ProrataEvent | Refusal>, placeNow: () => { line: number; raw: string }): Feed {
  let [first, places]: [number, { line: number; raw: string }[]] = [0, []];
  async function* chunks(): AsyncGenerator<(ProrataEvent | Refusal)[]> {
    let chunk: (ProrataEvent | Refusal)[] = [];
    let next: { line: number; raw: string }[] = [];
    const flush = (): (ProrataEvent | Refusal)[] => {
      first += places.length;
      const full = chunk;
      [places, next, chunk] = [next, [], []];
      return full;
    };
    for await (const event of events) {
      chunk.push(event);
      next.push(placeNow());
      if (chunk.length === 2000) yield flush();
    }
    if (chunk.length > 0) yield flush();
  }
  return { chunks: chunks(), lineOf: (index) => places[index - first]!, csv: () => ({ header: null }) };
}

function countsText(
  { nodes, edges, people, added, changed, removed, unchanged, identities, dangling }: SyncCounts,
  made: SyncOptions['people'],
): string {
  const lines = [
    `${counted(nodes, 'node')}, ${counted(edges, 'edge')} and ${counted(people, 'person', 'people')} in it: ${grouped(added)} new, ${grouped(changed)} changed, ${grouped(removed)} gone, ${grouped(unchanged)} as they were`,
    ...(identities === 0
      ? []
      : [
          `${counted(identities, 'identity', 'identities')} made of people whom nobody knew${made === 'activate' ? '' : ': not active, so not paid yet (prorata people activate)'}`,
        ]),
    ...(dangling === 0 ? [] : [`${counted(dangling, 'edge')} left out: an end is no node`]),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}
