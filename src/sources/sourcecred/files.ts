import { constants } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import { InvalidInputError } from '../../core/errors.ts';
import { readFailure } from '../file-input.ts';
import { repeatedKey } from '../repeated-key.ts';

/** A file of an instance: where it lies, and by what name it is called in messages. */
export interface InstanceFile {
  readonly path: string;
  /** As in the folder, with "/"; an explicit path as it was given. */
  readonly name: string;
}

/** The first of some places of a folder where there is a file, also with `.gz` behind its name. */
export function findFile(folder: string, places: readonly string[]): InstanceFile | null {
  for (const name of places.flatMap((place) => [place, `${place}.gz`])) {
    const path = join(folder, name);
    if (existsSync(path)) return { path, name };
  }
  return null;
}

/** All files of a folder that a pattern with `*` matches, by name. */
export const globFiles = (folder: string, pattern: string): InstanceFile[] =>
  globSync(pattern, { cwd: folder })
    .map((name) => ({ path: join(folder, name), name: name.replaceAll('\\', '/') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/**
 * The text of a file; packed (gzip, or zlib as SourceCred's own output) is told by its first bytes, whatever its name. Throws
 * `source-not-found`, `source-not-gzip`, `source-unreadable`; InvalidInputError `instance-file-too-large` above half a
 * gigabyte, unpacked, which is what one text can hold.
 */
export function textOfFile({ path, name }: InstanceFile): string {
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
    'instance-file-too-large',
    `${name} has ${bytes.length} bytes unpacked; accepted: up to ${constants.MAX_STRING_LENGTH}.`,
    { file: name },
  );
}

/** The content of a JSON file. Throws as `textOfFile`; InvalidInputError `instance-json-malformed`. */
export function jsonOfFile(file: InstanceFile, options: { readonly large?: boolean } = {}): unknown {
  const text = textOfFile(file);
  try {
    const value: unknown = JSON.parse(text);
    // Machines write graphs, people write settings: there a key that stands twice is a mistake worth the time to look for.
    const twice = options.large === true ? null : repeatedKey(text);
    if (twice === null) return value;
    throw new SyntaxError(`the key ${JSON.stringify(twice)} twice in one object`);
  } catch (error) {
    throw new InvalidInputError(
      'instance-json-malformed',
      `${file.name} is no JSON: ${(error as Error).message}.`,
      { file: file.name },
      error,
    );
  }
}
