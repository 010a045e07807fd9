import type { Engine } from '../app/engine.ts';
import type { LoadedProgram } from '../config/load-program.ts';
import { InvalidInputError, NotFoundError } from '../core/errors.ts';
import { isServerUrl } from '../core/place.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { exists, readText } from './files.ts';
import type { Io, StoreOptions } from './io.ts';
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
  return placeOf(io, options.store ?? config?.store ?? storeDefault);
}

/** A store as whoever opens it wants it named. */
export function placeOf(io: Io, named: string): string {
  const store = named.replace(/^sqlite:/, '');
  return store === 'memory' || isServerUrl(store) ? store : resolve(io.cwd, store);
}

/** Whether there is no store there yet: no file, or no schema on the server. Throws what opening it for reading throws. */
export async function isFresh(io: Io, store: string): Promise<boolean> {
  if (!isServerUrl(store)) return store === 'memory' || !exists(io, store);
  try {
    await (await io.openEngine({ store, create: false, readOnly: true })).close();
    return false;
  } catch (error) {
    if (error instanceof NotFoundError && error.code === 'store-not-found') return true;
    throw error;
  }
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

/** Writes into a store that must be there; with `dryRun` into a copy of it, so that nothing is changed. */
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
  const { engine, close } =
    how.dryRun === true
      ? await rehearsal(io, store)
      : await opened(io, { store, create: false, readOnly: how.readOnly });
  try {
    const program = programIn(await engine.programs(), options, config);
    const { rules } = await engine.status(program);
    return await work({ engine, program, config, money: new Money(rules.asset, options) });
  } finally {
    await close();
  }
}

/** An engine that is closed by `close`, which also removes what was made for it alone. */
export interface Opened {
  readonly engine: Engine;
  readonly close: () => Promise<void>;
}

/**
 * A copy of the store, in a folder for temporary files: what is done to it is done to nobody else. Of a store that is not
 * there (`absent`), an empty one in memory. Throws what opening the store for reading throws.
 */
export async function rehearsal(io: Io, store: string, absent = store === 'memory'): Promise<Opened> {
  if (absent) {
    const engine = await io.openEngine({ store: 'memory' });
    return { engine, close: () => engine.close() };
  }
  await (await io.openEngine({ store, create: false, readOnly: true })).close();
  const folder = await mkdtemp(join(tmpdir(), 'prorata-dry-run-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'copy.db');
    await io.copyStore(store, copy);
    const engine = await io.openEngine({ store: copy, create: false });
    const close = async (): Promise<void> => {
      try {
        await engine.close();
      } finally {
        await remove();
      }
    };
    return { engine, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The store itself. */
export async function opened(io: Io, options: StoreOptions): Promise<Opened> {
  const engine = await io.openEngine(options);
  return { engine, close: () => engine.close() };
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
