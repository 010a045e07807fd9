import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { addressOf } from '../../src/core/scoring/cred/address.ts';
import { credGraphOf } from '../../src/core/scoring/cred/graph.ts';
import { contract } from '../../src/core/scoring/cred/identities.ts';
import { intervalsOfGraph } from '../../src/core/scoring/cred/intervals.ts';
import { bonusGraph } from '../../src/core/scoring/cred/minting.ts';
import { credDefaults } from '../../src/core/scoring/cred/parameters.ts';
import { type CredScores, solveCred } from '../../src/core/scoring/cred/solve.ts';
import { edgeWeights, nodeWeights } from '../../src/core/scoring/cred/weights.ts';
import { runCredRankVectors } from './cred-rank.ts';
import type { VectorResult } from './stake.ts';

/**
 * Real graphs (README of that folder): the prepared one as a vector; then the raw one, with identities from the ledger, prepared
 * here, which must come to the same scores.
 */
export async function* runCredData(dir: string): AsyncGenerator<VectorResult> {
  yield* runCredRankVectors(dir);
  yield { name: 'weighted_graph.json.gz prepared', failure: checkPrepared(dir) };
}

function checkPrepared(dir: string): string | null {
  const { expected } = JSON.parse(read(dir, 'credrank_real-forum.json.gz'));
  const { cred, input } = scoresOf(dir);
  const count = input.intervals.length;
  for (const [p, { id, credPerInterval }] of expected.converged.participants.entries()) {
    for (const [k, wanted] of credPerInterval.entries()) {
      const got = cred[p * count + k]!;
      if (Math.abs(got - wanted) > 1e-9 * wanted + 1e-12 * expected.totalMint) {
        return `${id} in ${k}: ${got}, expected ${wanted}`;
      }
    }
  }
  return null;
}

function scoresOf(dir: string): CredScores {
  const [, { graphJSON, weightsJSON }] = JSON.parse(read(dir, 'weighted_graph.json.gz'));
  const [, graph] = graphJSON;
  const [, weights] = weightsJSON;
  const addresses: readonly string[] = graph.sortedNodeAddresses.map(addressOf);
  const mintOf = nodeWeights(
    Object.entries<number>(weights.nodeWeights).map(([text, weight]) => ({
      address: addressOf(partsOf(text)),
      weight,
    })),
  );
  const weightOf = edgeWeights(
    Object.entries<any>(weights.edgeWeights).map(([text, { forwards, backwards }]) => ({
      address: addressOf(partsOf(text)),
      forward: forwards,
      backward: backwards,
    })),
  );
  const raw = {
    nodes: graph.nodes.map(({ index, timestampMs }: any) => ({
      id: addresses[index]!,
      timestampMs,
      mint: mintOf(addresses[index]!),
    })),
    edges: graph.edges.map(({ address, srcIndex, dstIndex, timestampMs }: any) => ({
      id: addressOf(address),
      src: addresses[srcIndex]!,
      dst: addresses[dstIndex]!,
      timestampMs,
      ...weightOf(addressOf(address)),
    })),
  };
  const identities = identitiesOf(dir);
  const merged = contract(raw, [...identities.values()]);
  const dangling = { dangling: 'drop' } as const;
  const intervals = intervalsOfGraph('weeks', credGraphOf(merged.nodes, merged.edges, dangling));
  const dependencies = JSON.parse(readFileSync(join(dir, 'dependencies.json'), 'utf8')).map(({ id, periods }: any) => ({
    recipient: identities.get(id)!.id,
    periods: periods.map(({ startTime, weight }: any) => ({ startMs: Date.parse(startTime), value: weight })),
  }));
  const bonus = bonusGraph(merged.nodes, dependencies, intervals);
  return solveCred({
    graph: credGraphOf([...merged.nodes, ...bonus.nodes], [...merged.edges, ...bonus.edges], dangling),
    participants: [...identities].map(([id, { id: nodeId }]) => ({ id, nodeId })),
    intervals,
    attributions: [],
    parameters: credDefaults,
  });
}

/** By the ledger's id, in the order in which they were created. */
function identitiesOf(dir: string): Map<string, { readonly id: string; readonly aliases: string[] }> {
  const identities = new Map<string, { id: string; aliases: string[] }>();
  for (const line of read(dir, 'ledger.ndjson.gz').split('\n').filter(Boolean)) {
    const { action } = JSON.parse(line);
    if (action.type === 'CREATE_IDENTITY') {
      identities.set(action.identity.id, { id: addressOf(partsOf(action.identity.address)), aliases: [] });
    } else if (action.type === 'ADD_ALIAS') {
      identities.get(action.identityId)!.aliases.push(addressOf(partsOf(action.alias.address)));
    }
  }
  return identities;
}

/** Of `N` or `E`, NUL, then each part with a NUL after it. */
const partsOf = (text: string): string[] => text.split('\0').slice(1, -1);

const read = (dir: string, file: string): string => gunzipSync(readFileSync(join(dir, file))).toString('utf8');
