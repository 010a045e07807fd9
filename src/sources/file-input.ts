import { constants } from 'node:buffer';
import { createReadStream, globSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, gunzipSync, inflateSync } from 'node:zlib';
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

/**
 * The whole text of a file; packed (gzip, or zlib as SourceCred's own output) is told by its first bytes, whatever its name. Throws
 * as `fileInput`; InvalidInputError `source-too-large` above half a gigabyte, unpacked, which is what one text can hold.
 */
export function textOfFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
    else if (bytes[0] === 0x78 && bytes.length > 1 && bytes.readUInt16BE(0) % 31 === 0) bytes = inflateSync(bytes);
  } catch (error) {
    throw readFailure(error as NodeJS.ErrnoException, path);
  }
  if (bytes.length <= constants.MAX_STRING_LENGTH) return bytes.toString('utf8');
  throw new InvalidInputError(
    'source-too-large',
    `${path} has ${bytes.length} bytes unpacked; accepted: up to ${constants.MAX_STRING_LENGTH}.`,
    { source: path },
  );
}

/** Names, with "/", of the files of a folder that a pattern with `*` matches, in order. */
export const filesIn = (folder: string, pattern: string): string[] =>
  globSync(pattern, { cwd: folder })
    .map((name) => name.replaceAll('\\', '/'))
    .sort();

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
