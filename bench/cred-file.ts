import { closeSync, openSync, readSync } from 'node:fs';
import type { CredParticipant, PersonalAttribution } from '../src/core/scoring/cred/attributions.ts';
import type { CredEdge, CredNode } from '../src/core/scoring/cred/graph.ts';
import type { CredParameters } from '../src/core/scoring/cred/parameters.ts';

/** The first line of a file of a graph; the others are records. */
export interface CredHead {
  readonly parameters: CredParameters;
  /** Start and end, milliseconds. */
  readonly intervals: readonly (readonly [start: number, end: number])[];
  readonly participants: readonly CredParticipant[];
  readonly personalAttributions: readonly PersonalAttribution[];
}

export type CredFileRecord = { readonly node: CredNode } | { readonly edge: CredEdge };

export function readHead(file: string): CredHead {
  for (const [line] of linesOf(file)) return JSON.parse(line!) as CredHead;
  throw new Error(`--graph: found nothing in ${file}; accepted: the file of a graph.`);
}

/** Nodes, then edges, some thousands at a time. */
export function* recordsOf(file: string): Generator<CredFileRecord[]> {
  let first = 1;
  for (const lines of linesOf(file)) {
    yield lines.slice(first).map((line) => JSON.parse(line) as CredFileRecord);
    first = 0;
  }
}

/** Lines of a file by the quarter of a megabyte: it never lies in memory whole, and what is parsed dies young. */
function* linesOf(file: string): Generator<string[]> {
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1 << 18);
    const decoder = new TextDecoder();
    let rest = '';
    for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer)) {
      const lines = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split('\n');
      rest = lines.pop()!;
      if (lines.length > 0) yield lines;
    }
    if (rest !== '') yield [rest];
  } finally {
    closeSync(fd);
  }
}
