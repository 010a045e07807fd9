import { randomUUID } from 'node:crypto';
import { type BigIntStats, renameSync, statSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError, NotFoundError, ProrataError, UnavailableError } from '../core/errors.ts';
import { documentBytesMax } from './bytes.ts';

/** How files of a space end. */
export const documentSuffix = '.automerge';

/** How often a file is read anew because somebody saved it meanwhile. */
const attemptsMax = 20;

export interface DocumentBytes {
  /** Of the file, without its folder. */
  readonly name: string;
  /** Or why it could not be read. */
  readonly bytes: Uint8Array | ProrataError;
}

/**
 * The documents of a folder, by the bytes of their names; not of folders below it, nor hidden files. Throws NotFoundError
 * `file-not-found` without the folder, UnavailableError `file-unreadable`.
 */
export async function* readDocumentFiles(dir: string): AsyncGenerator<DocumentBytes> {
  const names = await readdir(dir).catch((error: unknown) => {
    throw readError(error, dir);
  });
  for (const name of names.filter(isDocumentName).sort(compareBytes)) {
    const bytes = await readBytes(join(dir, name)).catch((error: unknown) => {
      if (error instanceof ProrataError) return error;
      throw error;
    });
    yield { name, bytes };
  }
}

/** Throws InvalidInputError `document-name-invalid` for what could not be a file of a space, or would lie outside of its folder. */
export function assertDocumentName(name: string): void {
  if (isDocumentName(name)) return;
  throw new InvalidInputError(
    'document-name-invalid',
    `Found the name ${JSON.stringify(name)}; accepted: the name of a file that ends in "${documentSuffix}", such as "space${documentSuffix}".`,
  );
}

const isDocumentName = (name: string): boolean =>
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  name.endsWith(documentSuffix) && !/^\.|[/\\\u0000-\u001f]/.test(name) && name.length > documentSuffix.length;

/**
 * Replaces a file by what `next` makes of it (null: there is none), at once: others see the old bytes or the new ones. Null from
 * `next` leaves it alone. Where somebody saved the file meanwhile, `next` is asked again with what they saved; only between
 * that look and the rename, which nothing comes between within one process, could another one save in vain.
 *
 * Throws: UnavailableError `file-unreadable`, `file-unwritable`, `document-busy`; what `next` throws. The file is as it was then.
 */
export async function replaceFile(
  path: string,
  next: (present: Uint8Array | null) => Uint8Array | null,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const before = lookAt(path);
    const present = before === null ? null : await readBytes(path);
    const bytes = next(present);
    if (bytes === null) return;
    const done = await writing(path, async () => {
      const temporary = `${path.replace(/[^/\\]+$/, '.$&')}.${randomUUID()}.tmp`;
      try {
        await mkdir(join(path, '..'), { recursive: true });
        const file = await open(temporary, 'wx');
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        if (!isSameFile(lookAt(path), before)) return false;
        renameSync(temporary, path);
        return true;
      } finally {
        await rm(temporary, { force: true });
      }
    });
    if (done) return;
  }
  const message = `The file ${path} was saved by others ${attemptsMax} times while it was to be written; try again later.`;
  throw new UnavailableError('document-busy', message, { file: path });
}

const lookAt = (path: string): BigIntStats | null => statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;

const isSameFile = (a: BigIntStats | null, b: BigIntStats | null): boolean =>
  a?.ino === b?.ino && a?.size === b?.size && a?.mtimeNs === b?.mtimeNs && a?.ctimeNs === b?.ctimeNs;

async function readBytes(path: string): Promise<Uint8Array> {
  const size = lookAt(path)?.size ?? 0n;
  if (size > documentBytesMax) {
    const message = `Found ${path}, of ${size} bytes; accepted: documents of up to ${documentBytesMax}.`;
    throw new InvalidInputError('document-too-large', message, { file: path });
  }
  return readFile(path).catch((error: unknown) => {
    throw readError(error, path);
  });
}

function readError(error: unknown, path: string): ProrataError {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new NotFoundError('file-not-found', `There is no ${path}.`, { file: path }, error);
  }
  const message = `${path} cannot be read: ${(error as Error).message}.`;
  return new UnavailableError('file-unreadable', message, { file: path }, error);
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = `The file ${path} cannot be written: ${(error as Error).message}.`;
    throw new UnavailableError('file-unwritable', message, { file: path }, error);
  }
}
