import { statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError, NotFoundError } from '../core/errors.ts';
import { filesIn, textOfFile } from './file-input.ts';
import { GithubGraph, type GithubGraphOptions, type LeftOut } from './github/graph.ts';
import { readItem } from './github/item.ts';
import { jsonObjects } from './github/json-values.ts';
import type { GraphRecord } from './graph/record.ts';
import { refused } from './refused.ts';
import type { Refused } from './refused.ts';

export type { GithubGraphOptions, LeftOut } from './github/graph.ts';
export { githubWeights } from './github/weights.ts';

export interface GithubExport {
  /** By address: nodes, persons, edges. */
  readonly records: readonly GraphRecord[];
  /** Objects that could not be read, with their file and their number in it, from 1. */
  readonly refused: readonly GithubRefusal[];
  /** What gives nothing, by reason. */
  readonly leftOut: ReadonlyMap<LeftOut, number>;
  readonly files: readonly string[];
}

export interface GithubRefusal extends Refused {
  readonly file: string;
  readonly item: number;
}

/**
 * Exports of GitHub: issues, pull requests, reviews, comments, reactions and repositories, as JSON of its REST API or of `gh
 * --json`, told by the shape of each object. A path is a file, or a folder of which all .json, .jsonl and .ndjson files are read
 * (packed ones too) in the order of their names. Everything is held in memory.
 *
 * An object that is none of these, or lacks a field, is refused by number, and reading goes on. Throws NotFoundError
 * `source-not-found`; InvalidInputError `github-empty` (a folder without such files), `github-json-malformed`; and as
 * `textOfFile`.
 */
// eslint-disable-next-line typescript/require-await -- a promise by contract: reading piece by piece would need it
export async function readGithub(paths: readonly string[], options: GithubGraphOptions = {}): Promise<GithubExport> {
  const files = paths.flatMap(filesOf);
  const graph = new GithubGraph();
  const refusals: GithubRefusal[] = [];
  for (const file of files) {
    for (const [index, value] of jsonObjects(textOfFile(file), file).entries()) {
      const refusal = take(graph, value);
      if (refusal !== null) refusals.push({ ...refusal, file, item: index + 1 });
    }
  }
  return { records: graph.records(options), refused: refusals, leftOut: graph.leftOut, files };
}

function filesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new NotFoundError('source-not-found', `There is no ${path}.`, { source: path });
  if (!stat.isDirectory()) return [path];
  const found = filesIn(path, '*.{json,jsonl,ndjson}{,.gz}').map((name) => join(path, name));
  if (found.length > 0) return found;
  const message = `${path} has no .json, .jsonl or .ndjson file; accepted: a folder with what the API or gh --json gave.`;
  throw new InvalidInputError('github-empty', message, { source: path });
}

function take(graph: GithubGraph, value: unknown): Refused | null {
  try {
    const items = readItem(value);
    if (items === null) graph.leave('pending-review');
    else for (const item of items) graph.add(item);
    return null;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return refused(error.code, error.message, error.facts['field']);
  }
}
