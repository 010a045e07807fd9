import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { credGraphOf } from '../../src/core/scoring/cred/graph.ts';
import type { CredInput } from '../../src/core/scoring/cred/chain.ts';
import { credByInterval, credByParticipant, type CredScores, solveCred } from '../../src/core/scoring/cred/solve.ts';
import type { VectorResult } from './stake.ts';

/** Runs the CredRank vectors (README of that folder): one result per case of each `credrank_*` file. */
export async function* runCredRankVectors(dir: string): AsyncGenerator<VectorResult> {
  for (const file of readdirSync(dir)
    .filter((name) => /^credrank_.*\.json(\.gz)?$/.test(name))
    .toSorted()) {
    const bytes = readFileSync(join(dir, file));
    const content = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as any;
    if (content.kind === 'credrank-preparation') continue;
    for (const vector of (content.cases ?? [content]) as Vector[]) {
      yield { name: `${file} ${vector['name']}`, failure: failureOf(() => check(vector)) };
    }
  }
}

type Vector = Readonly<Record<string, any>>;

function failureOf(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 1000);
  }
}

/** What the vectors take for granted: dangling edges are dropped, times outside go to the nearest interval. */
function inputOf(vector: Vector): CredInput {
  return {
    graph: credGraphOf(vector['nodes'], vector['edges'], { dangling: 'drop' }),
    participants: vector['participants'],
    intervals: vector['intervals'].map(([start, end]: [number, number]) => ({ start, end })),
    attributions: vector['personalAttributions'],
    parameters: vector['parameters'],
    outside: 'nearest',
  };
}

function check(vector: Vector): string | null {
  const { expected } = vector;
  if (expected.error !== null) {
    try {
      solveCred(inputOf(vector));
    } catch (error) {
      return (error as { code?: string }).code === undefined ? String(error) : null;
    }
    return `was not refused: ${expected.error}`;
  }
  return compare(solveCred(inputOf(vector)), expected);
}

/** The first figure that differs by more than 1e-9 of itself and 1e-12 of the total. */
function compare(scores: CredScores, { totalMint, converged }: Vector): string | null {
  const count = scores.input.intervals.length;
  const differs = (got: number, wanted: number, what: string): string | null =>
    Math.abs(got - wanted) <= 1e-9 * Math.abs(wanted) + 1e-12 * totalMint
      ? null
      : `${what}: ${got}, expected ${wanted}`;
  const sums = credByParticipant(scores);
  const figures: [number, number, string][] = [[scores.totalMint, totalMint, 'total mint']];
  for (const [p, { id, cred, credPerInterval }] of converged.participants.entries()) {
    figures.push([sums[p]!, cred, id]);
    for (const [k, wanted] of credPerInterval.entries())
      figures.push([scores.cred[p * count + k]!, wanted, `${id} ${k}`]);
  }
  for (const [node, wanted] of converged.nodeCred.entries()) {
    if (wanted !== null) figures.push([scores.contribution[node]!, wanted, scores.input.graph.nodeIds[node]!]);
  }
  for (const [k, wanted] of converged.accumulatorCred.entries())
    figures.push([credByInterval(scores)[k]!, wanted, `accumulator ${k}`]);
  figures.push([scores.scale * totalMint, converged.seedCred, 'seed']);
  for (const [p, row] of (converged.userEpochCred ?? []).entries())
    for (const [k, wanted] of row.entries()) figures.push([scores.epoch[p * count + k]!, wanted, `epoch ${p} ${k}`]);
  for (const [got, wanted, what] of figures) {
    const failure = differs(got, wanted, what);
    if (failure !== null) return failure;
  }
  return null;
}
