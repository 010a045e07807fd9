import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidInputError, NotFoundError, UnavailableError } from '../core/errors.ts';
import type { ProrataError } from '../core/errors.ts';

/**
 * The bytes of a file as they come, unpacked where it is a .gz. Throws, while it is read: NotFoundError `source-not-found`;
 * InvalidInputError `source-not-gzip`; UnavailableError `source-unreadable`.
 */
export async function* fileInput(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const bytes = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file; // a failure reaches the loop below
  try {
    for await (const chunk of bytes) yield chunk as Uint8Array;
  } catch (error) {
    throw readFailure(error as NodeJS.ErrnoException, path);
  }
}

/** What went wrong with a file, in our words: the codes of `fileInput`. */
export function readFailure(cause: NodeJS.ErrnoException, path: string): ProrataError {
  const facts = { source: path };
  if (cause.code === 'ENOENT') return new NotFoundError('source-not-found', `There is no ${path}.`, facts, cause);
  if (cause.code?.startsWith('Z_') === true) {
    const message = `${path} is no whole gzip file: ${cause.message}; accepted: a file that was packed and copied to its end.`;
    return new InvalidInputError('source-not-gzip', message, facts, cause);
  }
  return new UnavailableError('source-unreadable', `${path} cannot be read: ${cause.message}.`, facts, cause);
}
