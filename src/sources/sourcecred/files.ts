import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError } from '../../core/errors.ts';
import { filesIn, textOfFile } from '../file-input.ts';
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
  filesIn(folder, pattern).map((name) => ({ path: join(folder, name), name }));

/** The content of a JSON file. Throws as `textOfFile`; InvalidInputError `instance-json-malformed`. */
export function jsonOfFile(file: InstanceFile, options: { readonly large?: boolean } = {}): unknown {
  const text = textOfFile(file.path);
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
