import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { credGraphOf } from '../../src/core/scoring/cred/graph.ts';
import { contract } from '../../src/core/scoring/cred/identities.ts';
import { intervalsOfGraph } from '../../src/core/scoring/cred/intervals.ts';
import { applyBudgets, bonusGraph } from '../../src/core/scoring/cred/minting.ts';
import { type CredScores, solveCred } from '../../src/core/scoring/cred/solve.ts';
import { edgeWeights, nodeWeights } from '../../src/core/scoring/cred/weights.ts';
import { ledgerOf } from '../../src/core/token/log.ts';
import { identityAddress } from '../../src/core/token/names.ts';
import { fromNulAddress } from '../../src/core/token/nul-address.ts';
import { readInstance, type SourceCredInstance } from '../../src/sources/sourcecred.ts';
import { runCredRankVectors } from './cred-rank.ts';
import type { VectorResult } from './stake.ts';
import { readText } from './vector-file.ts';

/**
 * Real graphs (README of that folder): the prepared one as a vector; then the raw one with the ledger, as the instance that they
 * come from, read and prepared here, which must come to the same scores.
 */
export async function* runCredData(dir: string): AsyncGenerator<VectorResult> {
  yield* runCredRankVectors(dir);
  const instance = await readComposed(dir);
  yield { name: 'weighted_graph.json.gz as an instance', failure: checkRead(instance) };
  yield { name: 'weighted_graph.json.gz prepared', failure: checkPrepared(dir, instance) };
}

/** The files where SourceCred 0.11 has them, the graph packed as it packs it. */
async function readComposed(dir: string): Promise<SourceCredInstance> {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-instance-'));
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  try {
    put('sourcecred.json', '{"bundledPlugins": ["sourcecred/discourse"], "credEquatePlugins": []}');
    put('data/ledger.json', readText(dir, 'ledger.ndjson.gz'));
    put('output/graphs/sourcecred/discourse/graph', deflateSync(readText(dir, 'weighted_graph.json.gz')));
    put('config/dependencies.json', readText(dir, 'dependencies.json'));
    return await readInstance(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Figures of the README; edges to 14 addresses that are no nodes of the graph. */
function checkRead({ records, ledger, refused, dangling, settings, absent }: SourceCredInstance): string | null {
  const count = (what: string): number => records.filter((record) => record.what === what).length;
  const got = {
    nodes: count('node'),
    edges: count('edge') + dangling.count,
    events: ledger.length,
    refused: refused.length,
    rules: settings.nodeRules.length + settings.edgeRules.length,
    absent: absent.join(' '),
  };
  const wanted = {
    nodes: 3856,
    edges: 8955,
    events: 954,
    refused: 0,
    rules: 1796 + 704,
    absent: 'config/weights.json config/pluginBudgets.json config/personalAttributions.json config/grain.json',
  };
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  return a === b ? null : `${a}, expected ${b}`;
}

function checkPrepared(dir: string, instance: SourceCredInstance): string | null {
  const { expected } = JSON.parse(readText(dir, 'credrank_real-forum.json.gz'));
  const { cred, input } = scoresOf(instance);
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

/** Prepared in the reference's order: weights, identities, budgets, bonuses. */
function scoresOf({ records, ledger, settings }: SourceCredInstance): CredScores {
  const mintOf = nodeWeights(settings.nodeRules);
  const weightOf = edgeWeights(settings.edgeRules);
  const nodes = records
    .filter((record) => record.what === 'node')
    .map(({ node, at }) => ({ id: node, timestampMs: at, mint: mintOf(node) }));
  const edges = records
    .filter((record) => record.what === 'edge')
    .map(({ edge, from, to, at }) => ({ id: edge, src: from, dst: to, timestampMs: at, ...weightOf(edge) }));
  const participants = ledgerOf(ledger)
    .accounts()
    .map(({ id, ids, aliases }) => ({
      id,
      nodeId: fromNulAddress(identityAddress(id), 'N'),
      aliases: [...ids.slice(1).map(identityAddress), ...aliases.map(({ address }) => address)].map((address) =>
        fromNulAddress(address, 'N'),
      ),
    }));
  const merged = contract(
    { nodes, edges },
    participants.map(({ nodeId, aliases }) => ({ id: nodeId, aliases })),
  );
  const intervals = intervalsOfGraph('weeks', credGraphOf(merged.nodes, merged.edges));
  const addressed = merged.nodes.map((node) => ({ ...node, address: node.id }));
  const mints = applyBudgets(addressed, settings.budgets, intervals);
  const minting = merged.nodes.map((node, i) => ({ ...node, mint: mints[i]! }));
  const dependencies = settings.dependencies.map(({ identity, periods }) => ({
    recipient: fromNulAddress(identityAddress(identity!), 'N'),
    periods,
  }));
  const bonus = bonusGraph(minting, dependencies, intervals);
  return solveCred({
    graph: credGraphOf([...minting, ...bonus.nodes], [...merged.edges, ...bonus.edges]),
    participants,
    intervals,
    attributions: settings.attributions,
    parameters: settings.parameters,
  });
}
