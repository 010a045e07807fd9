import { rmSync } from 'node:fs';
import type { Engine } from '../app/engine.ts';
import { NotFoundError } from '../core/errors.ts';
import { isServerUrl, withoutPassword } from '../core/place.ts';
import type { ProgramDefinition } from '../core/program.ts';
import type { Io } from './io.ts';
import type { GlobalOptions } from './options.ts';
import { Money } from './print.ts';
import { isFresh, loadConfig, opened, rehearsal, type Session, storeOf } from './session.ts';

/** A session whose program was made from prorata.yaml if it was not there. */
export interface EnsuredSession extends Session {
  readonly created: boolean;
  /** The new program is what was wanted: it stays, although nothing else is recorded. */
  readonly keep: () => void;
}

/**
 * As `writing`, for commands that begin a program by themselves. A store file that this very call made, and in which it
 * then recorded nothing but the program (its input was refused), is removed again: a refusal leaves nothing behind.
 * `given` is the program to make instead of that of prorata.yaml.
 */
export async function ensuring(
  io: Io,
  options: GlobalOptions & { readonly dryRun?: boolean },
  work: (session: EnsuredSession) => Promise<number>,
  given?: ProgramDefinition,
): Promise<number> {
  const config = await loadConfig(io, options);
  const store = storeOf(io, options, config);
  const fresh = await isFresh(io, store);
  const dryRun = options.dryRun === true;
  const definition = given ?? config?.definition;
  if (fresh && definition === undefined) {
    throw new NotFoundError(
      'store-not-found',
      `There is no store at ${withoutPassword(store)}, and no prorata.yaml to make one from.`,
      {
        store: withoutPassword(store),
      },
    );
  }
  const { engine, close } = dryRun ? await rehearsal(io, store, fresh) : await opened(io, { store });
  let kept = false;
  const keep = (): void => void (kept = true);
  try {
    const names = await engine.programs();
    const program = programOf(names, options, definition);
    const created = !names.includes(program);
    if (created) await create(engine, program, definition);
    const { rules } = await engine.status(program);
    return await work({ engine, program, config, created, keep, money: new Money(rules.asset, options) });
  } finally {
    const remove = fresh && !dryRun && !kept && (await isUntouched(engine));
    await close();
    if (remove) removeStore(store);
  }
}

/** Removes the files of a store that was made a moment ago. A schema of a server stays, as somebody may be in it by now. */
export function removeStore(store: string): void {
  if (store === 'memory' || isServerUrl(store)) return;
  for (const end of ['', '-wal', '-shm']) rmSync(`${store}${end}`, { force: true });
}

/** At most one program, and nothing in it but its definition. A store that does not answer is left as it is. */
async function isUntouched(engine: Engine): Promise<boolean> {
  try {
    const names = await engine.programs();
    if (names.length !== 1) return names.length === 0;
    const { counts, window, halted } = await engine.status(names[0]!);
    return counts.events === 1 && counts.payouts === 0 && window === null && halted === null;
  } catch {
    return false;
  }
}

function programOf(
  names: readonly string[],
  options: GlobalOptions,
  definition: ProgramDefinition | undefined,
): string {
  const wanted = options.program ?? definition?.name ?? (names.length === 1 ? names[0] : undefined);
  if (wanted !== undefined) return wanted;
  throw new NotFoundError('store-empty', 'It is not clear which program is meant: name it with --program.');
}

async function create(engine: Engine, program: string, definition: ProgramDefinition | undefined): Promise<void> {
  if (definition?.name === program) return engine.createProgram(definition);
  const found = definition ? `prorata.yaml describes ${definition.name}` : 'there is no prorata.yaml to make it from';
  throw new NotFoundError('program-unknown', `There is no program "${program}" in this store, and ${found}.`);
}
