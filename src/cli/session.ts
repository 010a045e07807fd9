import type { Engine } from '../app/engine.ts';
import type { LoadedProgram } from '../config/load-program.ts';
import { InvalidInputError, NotFoundError } from '../core/errors.ts';
import { resolve } from 'node:path';
import { exists, readText } from './files.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { Money } from './print.ts';

export const configDefault = 'prorata.yaml';
export const storeDefault = 'prorata.db';

/** prorata.yaml, read when it is needed. `null`: no --config was given, and there is none in the folder. */
export async function loadConfig(io: Io, { config }: GlobalOptions): Promise<LoadedProgram | null> {
  const path = config ?? configDefault;
  if (config === undefined && !exists(io, path)) return null;
  const text = await readText(io, path);
  const { loadProgram } = await import('../config/load-program.ts');
  return loadProgram(text, { path });
}

/** As loadConfig, where there must be one. Throws NotFoundError `config-not-found`. */
export async function requireConfig(io: Io, options: GlobalOptions): Promise<LoadedProgram> {
  const loaded = await loadConfig(io, options);
  if (loaded) return loaded;
  throw new NotFoundError('config-not-found', `There is no ${configDefault} in this folder.`, { file: configDefault });
}

/** Where the store is: --store, else what prorata.yaml says, else prorata.db. */
export function storeOf(io: Io, options: GlobalOptions, config: LoadedProgram | null): string {
  const store = (options.store ?? config?.store ?? storeDefault).replace(/^sqlite:/, '');
  return store === 'memory' ? store : resolve(io.cwd, store);
}

/** An open engine and the program that a command is about. */
export interface Session {
  readonly engine: Engine;
  readonly program: string;
  readonly config: LoadedProgram | null;
  readonly money: Money;
}

/** Reads beside whoever writes: opens the store read-only and closes it afterwards. */
export async function reading(
  io: Io,
  options: GlobalOptions,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  return withStore(io, options, { readOnly: true }, work);
}

/** Writes into a store that must be there; with `dryRun` into a copy of it in memory, so that nothing is changed. */
export async function writing(
  io: Io,
  options: GlobalOptions & { readonly dryRun?: boolean },
  work: (session: Session) => Promise<number>,
): Promise<number> {
  return withStore(io, options, { readOnly: false, dryRun: options.dryRun === true }, work);
}

async function withStore(
  io: Io,
  options: GlobalOptions,
  how: { readonly readOnly: boolean; readonly dryRun?: boolean },
  work: (session: Session) => Promise<number>,
): Promise<number> {
  // A configuration that cannot be read stands in nobody's way who says where the store is and which program is meant.
  const config = options.store !== undefined && options.program !== undefined ? null : await loadConfig(io, options);
  const store = storeOf(io, options, config);
  const engine =
    how.dryRun === true
      ? await rehearsal(io, store)
      : await io.openEngine({ store, create: false, readOnly: how.readOnly });
  try {
    const program = programIn(await engine.programs(), options, config);
    const { rules } = await engine.status(program);
    return await work({ engine, program, config, money: new Money(rules.asset, options) });
  } finally {
    await engine.close();
  }
}

/** A copy in memory of the store at `path`: what is done to it is done to nobody else. An absent store gives an empty copy. */
export async function rehearsal(
  io: Io,
  store: string,
  { absent = false }: { readonly absent?: boolean } = {},
): Promise<Engine> {
  const copy = await io.openEngine({ store: 'memory' });
  if (absent) return copy;
  const engine = await io.openEngine({ store, create: false, readOnly: true });
  try {
    await pipe(
      (write) => engine.export(write),
      (lines) => copy.import(lines),
    );
    return copy;
  } finally {
    await engine.close();
  }
}

/** Hands the lines that one writes to one who reads, a text at a time, so that they are never all in memory. */
async function pipe(
  from: (write: (text: string) => Promise<void>) => Promise<unknown>,
  to: (lines: AsyncIterable<string>) => Promise<unknown>,
): Promise<void> {
  const waiting: { text: string | null; taken: () => void }[] = [];
  let arrived = (): void => {};
  const send = (text: string | null): Promise<void> =>
    new Promise((taken) => {
      waiting.push({ text, taken });
      arrived();
    });
  async function* lines(): AsyncGenerator<string> {
    for (let rest = ''; ;) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      const { text, taken } = waiting.shift()!;
      const parts = (rest + (text ?? '')).split('\n');
      rest = parts.pop()!;
      yield* parts;
      taken();
      if (text !== null) continue;
      if (rest !== '') yield rest;
      return;
    }
  }
  const reading = to(lines());
  await Promise.race([from(send).then(() => send(null)), reading]); // a reader that fails ends it
  await reading;
}

/** --program, else the configuration's, else the only one there is. */
function programIn(names: readonly string[], options: GlobalOptions, config: LoadedProgram | null): string {
  const wanted = options.program ?? config?.definition.name;
  if (wanted !== undefined) return wanted; // whether it exists is the engine's to say
  if (names.length === 1) return names[0]!;
  if (names.length === 0) throw new NotFoundError('store-empty', 'There is no program in this store yet.');
  const message = `There are ${names.length} programs in this store: ${names.join(', ')}. Say which: --program NAME.`;
  throw new InvalidInputError('program-ambiguous', message, { programs: names.join(' ') });
}
