import { addressOf } from '../../src/core/scoring/cred/address.ts';
import { deepEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CredInput } from '../../src/core/scoring/cred/chain.ts';
import { credGraphOf } from '../../src/core/scoring/cred/graph.ts';
import { coveringIntervals } from '../../src/core/scoring/cred/intervals.ts';
import { applyBudgets, bonusMints } from '../../src/core/scoring/cred/minting.ts';
import { credByInterval, credByParticipant, type CredScores, solveCred } from '../../src/core/scoring/cred/solve.ts';
import { edgeWeights, nodeWeights } from '../../src/core/scoring/cred/weights.ts';
import type { VectorResult } from './stake.ts';

/**
 * Runs the CredRank vectors (README of that folder): one result per case of each `credrank_*` file. Real graphs have the same
 * form. Where the reference is wrong (`quirk`), what the README suggests is asked for instead.
 */
export async function* runCredRankVectors(dir: string): AsyncGenerator<VectorResult> {
  for (const file of readdirSync(dir)
    .filter((name) => /^credrank_.*\.json(\.gz)?$/.test(name))
    .toSorted()) {
    const bytes = readFileSync(join(dir, file));
    const content = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as Vector;
    const cases: Iterable<readonly [name: string, run: () => void]> =
      content['kind'] === 'credrank-preparation'
        ? preparations(content)
        : (content['cases'] ?? [content]).map((vector: Vector) => [vector['name'], () => checkVector(vector)]);
    for (const [name, run] of cases) yield { name: `${file} ${name}`, failure: failureOf(run) };
  }
}

type Vector = Readonly<Record<string, any>>;

function failureOf(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 1000);
  }
}

/** The code with which `run` is refused. */
function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code?.startsWith('cred-') === true) return code;
    throw error;
  }
  return 'nothing was refused';
}

// --- scores

/** What the vectors take for granted: dangling edges are dropped, times outside go to the nearest interval. */
function inputOf(vector: Vector): CredInput {
  return {
    graph: credGraphOf(vector['nodes'], vector['edges'], { dangling: 'drop' }),
    participants: vector['participants'],
    intervals: intervalsOf(vector['intervals']),
    attributions: vector['personalAttributions'],
    parameters: vector['parameters'],
    outside: 'nearest',
  };
}

const intervalsOf = (pairs: readonly [number, number][]): CredInput['intervals'] =>
  pairs.map(([start, end]) => ({ start, end }));

const refusals: Readonly<Record<string, string>> = {
  'error-param-sum': 'cred-parameters-invalid',
  'error-param-negative': 'cred-parameters-invalid',
  'error-no-mint': 'cred-mint-none',
  'error-negative-mint': 'cred-mint-invalid',
  'error-no-intervals': 'cred-intervals-invalid',
  'error-attribution-over-one': 'cred-attribution-invalid',
  'quirk-beta-zero': 'cred-parameters-invalid',
};

function checkVector(vector: Vector): void {
  const { name, expected } = vector;
  if (Object.hasOwn(refusals, name))
    deepEqual(
      refusalOf(() => solveCred(inputOf(vector))),
      refusals[name],
    );
  else if (vector['quirk'] === true) checkEarlyEdge(vector);
  else if (expected.error === null) checkScores(solveCred(inputOf(vector)), expected);
  else throw new Error(`no such refusal: ${name}`);
}

/** An edge at or before the first start counts in the first interval, as it would a millisecond later, and nothing leaks. */
function checkEarlyEdge(vector: Vector): void {
  const [first] = vector['intervals'][0];
  const later = vector['edges'].map((edge: any) => ({ ...edge, timestampMs: Math.max(edge.timestampMs, first + 1) }));
  deepEqual(
    later.every((edge: any, e: number) => edge.timestampMs === vector['edges'][e].timestampMs),
    false,
  );
  const scores = solveCred(inputOf(vector));
  deepEqual(scores.cred, solveCred(inputOf({ ...vector, edges: later })).cred);
  const sum = scores.cred.reduce((sum, cred) => sum + cred, 0);
  if (Math.abs(sum - scores.totalMint) > 1e-12 * sum) throw new Error(`cred adds up to ${sum}`);
}

/** The first figure that differs by more than 1e-9 of itself and 1e-12 of the total. */
function checkScores(scores: CredScores, { totalMint, converged }: Vector): void {
  const { graph, intervals } = scores.input;
  const count = intervals.length;
  const check = (got: number | undefined, wanted: number, what: string): void => {
    if (Math.abs(got! - wanted) <= 1e-9 * Math.abs(wanted) + 1e-12 * totalMint) return;
    throw new Error(`${what}: ${got}, expected ${wanted}`);
  };
  check(scores.totalMint, totalMint, 'total mint');
  const sums = credByParticipant(scores);
  for (const [p, { id, cred, credPerInterval }] of converged.participants.entries()) {
    check(sums[p], cred, id);
    for (const [k, wanted] of credPerInterval.entries()) check(scores.cred[p * count + k], wanted, `${id} in ${k}`);
  }
  for (const [node, wanted] of converged.nodeCred.entries()) {
    if (wanted !== null) check(scores.contribution[node], wanted, graph.nodeIds[node]!);
  }
  const byInterval = credByInterval(scores);
  for (const [k, wanted] of converged.accumulatorCred.entries()) check(byInterval[k], wanted, `interval ${k}`);
  for (const [p, row] of (converged.userEpochCred ?? []).entries()) {
    for (const [k, wanted] of row.entries()) check(scores.epoch[p * count + k], wanted, `epoch ${k} of ${p}`);
  }
  check(scores.scale * totalMint, converged.seedCred, 'seed');
}

// --- preparation

function* preparations(content: Vector): Generator<readonly [name: string, run: () => void]> {
  for (const [i, { rules, queries }] of content['nodeWeights'].entries()) {
    yield [
      `nodeWeights ${i}`,
      () => {
        const weightOf = nodeWeights(rules.map(([parts, weight]: any) => ({ address: addressOf(parts), weight })));
        for (const { address, expected } of queries) deepEqual(weightOf(addressOf(address)), expected);
      },
    ];
  }
  for (const [i, { rules, queries }] of content['edgeWeights'].entries()) {
    yield [
      `edgeWeights ${i}`,
      () => {
        const weightOf = edgeWeights(
          rules.map(([parts, forward, backward]: any) => ({ address: addressOf(parts), forward, backward })),
        );
        for (const { address, expected } of queries) {
          deepEqual(weightOf(addressOf(address)), { forward: expected.forwards, backward: expected.backwards });
        }
      },
    ];
  }
  for (const { start, end, expected } of content['weekIntervals']) {
    const run = () => coveringIntervals('weeks', Number(start), Number(end));
    yield [
      `weekIntervals ${start} ${end}`,
      () => {
        if (expected === undefined) deepEqual(refusalOf(run), 'cred-intervals-invalid');
        else deepEqual(run(), intervalsOf(expected));
      },
    ];
  }
  for (const vector of content['mintBudgets']) yield [`mintBudgets ${vector.name}`, () => checkBudgets(vector)];
  for (const vector of content['bonusMinting']) yield [`bonusMinting ${vector.name}`, () => checkBonus(vector)];
}

/** Nodes with what they mint, and the weeks that cover their times. */
function nodesOf({ nodes }: Vector): { readonly nodes: any[]; readonly weeks: CredInput['intervals'] } {
  const times = nodes.map(({ timestampMs }: any) => timestampMs).filter((time: number | null) => time !== null);
  return {
    nodes: nodes.map(({ address, timestampMs, weight }: any) => ({
      address: addressOf(address),
      timestampMs,
      mint: weight ?? 1,
    })),
    weeks: coveringIntervals('weeks', Math.min(...times), Math.max(...times)),
  };
}

function checkBudgets(vector: Vector): void {
  const { nodes, weeks } = nodesOf(vector);
  const budgets = vector['budget'].map(({ prefix, periods }: any) => ({
    prefix: addressOf(prefix),
    periods: periods.map(({ startTimeMs, budget }: any) => ({ startMs: startTimeMs, value: budget })),
  }));
  const run = () => applyBudgets(nodes, budgets, weeks);
  if (vector['expected'] === undefined) deepEqual(refusalOf(run), 'cred-periods-invalid');
  else deepEqual(run(), vector['expected']);
}

function checkBonus(vector: Vector): void {
  const { nodes, weeks } = nodesOf(vector);
  const dependencies = vector['policies'].map(({ recipient, periods }: any) => ({
    recipient: addressOf(recipient),
    periods: periods.map(({ startTimeMs, weight }: any) => ({ startMs: startTimeMs, value: weight })),
  }));
  const mints = bonusMints(nodes, dependencies, weeks);
  deepEqual(
    mints.map((row, d) => ({
      recipient: vector['policies'][d].recipient,
      intervals: row.map((mint, k) => [weeks[k]!.start, weeks[k]!.end, mint]),
    })),
    vector['expected'],
  );
}
