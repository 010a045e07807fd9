import { constants, createReadStream, existsSync, realpathSync } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConflictError, InvalidInputError, NotFoundError, UnavailableError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** Whether there is something at `path`. */
export function exists(io: Io, path: string): boolean {
  return existsSync(resolve(io.cwd, path));
}

/** A whole text file. Throws NotFoundError `file-not-found`, UnavailableError `file-unreadable`. */
export async function readText(io: Io, path: string): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw readError(error, path);
  }
}

/** The bytes of a file, or of standard input for `-`. Errors as readText, the first of them before any byte. */
export async function* readBytes(io: Io, path: string): AsyncGenerator<Uint8Array> {
  if (path === '-') return yield* io.stdin;
  try {
    if ((await stat(resolve(io.cwd, path))).isDirectory()) throw new Error('it is a folder');
    for await (const chunk of createReadStream(resolve(io.cwd, path), { highWaterMark: 1 << 18 })) {
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw readError(error, path);
  }
}

/** All text of a file or of standard input, to the byte. */
export async function readAll(io: Io, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBytes(io, path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws what readBytes would throw at its first byte. */
export async function assertReadable(io: Io, path: string): Promise<void> {
  if (path === '-') return;
  try {
    await access(resolve(io.cwd, path), constants.R_OK);
  } catch (error) {
    throw readError(error, path);
  }
}

/** The same where a folder would not do. Throws InvalidInputError `file-is-folder` for one. */
export async function assertFile(io: Io, path: string): Promise<void> {
  await assertReadable(io, path);
  if (path === '-' || !(await stat(resolve(io.cwd, path))).isDirectory()) return;
  throw new InvalidInputError('file-is-folder', `${path} is a folder; accepted: a file of events.`, { file: path });
}

/**
 * Throws InvalidInputError `option-invalid` when what is to be written to `path` would take the place of a file that the
 * command works with: the store, above all. `others`: what they are, and where.
 */
export function assertOwnFile(
  io: Io,
  option: string,
  path: string,
  others: Readonly<Record<string, string | undefined>>,
): void {
  const real = (file: string): string =>
    exists(io, file) ? realpathSync(resolve(io.cwd, file)) : resolve(io.cwd, file);
  for (const [what, other] of Object.entries(others)) {
    if (other === undefined || real(other) !== real(path)) continue;
    throw new InvalidInputError(
      'option-invalid',
      `${option}: found "${path}", which is ${what}; accepted: a file of its own.`,
      { file: path },
    );
  }
}

/** The lines of a file or of standard input, without their ends; a last line without an end counts. */
export async function* readLinesOf(io: Io, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of readBytes(io, path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

function readError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') return new NotFoundError('file-not-found', `There is no file ${path}.`, { file: path }, error);
  if (code.startsWith('E') || (error as Error).message === 'it is a folder') {
    const message = `The file ${path} cannot be read: ${(error as Error).message}.`;
    return new UnavailableError('file-unreadable', message, { file: path }, error);
  }
  return error;
}

/** A file that appears, whole, when it is finished: until then it is `PATH.tmp` beside it. */
export interface NewFile {
  write(text: string): Promise<void>;
  /** Puts it in its place. */
  finish(): Promise<void>;
  /** Leaves nothing behind; does nothing once finished. */
  discard(): Promise<void>;
}

/**
 * Begins a file. What is at `path` stays until it is finished, and for ever without `overwrite`: then ConflictError
 * `file-exists`. What cannot be written is an UnavailableError `file-unwritable`.
 */
export async function newFile(io: Io, path: string, { overwrite }: { readonly overwrite: boolean }): Promise<NewFile> {
  const target = resolve(io.cwd, path);
  if (!overwrite && existsSync(target)) {
    throw new ConflictError('file-exists', `There is a file ${path} already; --force replaces it.`, { file: path });
  }
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const message = `The file ${path} cannot be written: ${(error as Error).message}.`;
      throw new UnavailableError('file-unwritable', message, { file: path }, error);
    }
  };
  const temporary = `${target}.tmp`;
  const flags = constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY;
  const file = await guard(async () => {
    await mkdir(dirname(target), { recursive: true });
    return open(temporary, flags);
  });
  let parts: string[] = [];
  let size = 0;
  let open_ = true;
  const flush = async (): Promise<void> => {
    const text = parts.join('');
    [parts, size] = [[], 0];
    await file.writeFile(text);
  };
  return {
    write: async (text) => {
      parts.push(text);
      size += text.length;
      if (size > 1 << 16) await guard(flush);
    },
    finish: () =>
      guard(async () => {
        await flush();
        await file.sync();
        open_ = false;
        await file.close();
        await rename(temporary, target);
      }),
    discard: async () => {
      if (!open_) return;
      open_ = false;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

/** Writes a whole text; errors as newFile. */
export async function writeText(
  io: Io,
  path: string,
  text: string,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<void> {
  const file = await newFile(io, path, { overwrite });
  try {
    await file.write(text);
    await file.finish();
  } finally {
    await file.discard();
  }
}
