import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { Engine } from '../../src/app/engine.ts';
import { credGraphOf } from '../../src/core/scoring/cred/graph.ts';
import { contract } from '../../src/core/scoring/cred/identities.ts';
import { intervalsOfGraph } from '../../src/core/scoring/cred/intervals.ts';
import { applyBudgets, bonusGraph } from '../../src/core/scoring/cred/minting.ts';
import { type CredScores, solveCred } from '../../src/core/scoring/cred/solve.ts';
import { edgeWeights, nodeWeights } from '../../src/core/scoring/cred/weights.ts';
import { ledgerOf } from '../../src/core/token/log.ts';
import { identityAddress } from '../../src/core/token/names.ts';
import { fromNulAddress } from '../../src/core/token/nul-address.ts';
import { sourcecredItems, sourcecredProgram } from '../../src/sources/contributions.ts';
import { readInstance, type SourceCredInstance } from '../../src/sources/sourcecred.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { runCredRankVectors } from './cred-rank.ts';
import type { VectorResult } from './stake.ts';
import { readText } from './vector-file.ts';

/**
 * Real graphs (README of that folder): the prepared one as a vector; then the raw one with the ledger, as the instance that they
 * come from, read and prepared here, which must come to the same scores.
 */
export async function* runCredData(dir: string): AsyncGenerator<VectorResult> {
  yield* runCredRankVectors(dir);
  const instance = await withComposed(dir, (folder) => readInstance(folder));
  yield { name: 'weighted_graph.json.gz as an instance', failure: checkRead(instance) };
  yield { name: 'weighted_graph.json.gz prepared', failure: checkPrepared(dir, instance) };
  yield { name: 'weighted_graph.json.gz through log, store and window', failure: await checkWindow(dir) };
}

/** The files where SourceCred 0.11 has them, the graph packed as it packs it. */
async function withComposed<T>(dir: string, work: (folder: string) => Promise<T>): Promise<T> {
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
    return await work(folder);
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
  return differenceOf(expected, cred, input.intervals.length);
}

/** The instance in a program of its own: logged, settled at the end of the last week, verified; its scores are those of the reference. */
async function checkWindow(dir: string): Promise<string | null> {
  const { expected, intervals } = JSON.parse(readText(dir, 'credrank_real-forum.json.gz'));
  const engine = new Engine(openMemoryStore());
  await withComposed(dir, async (folder) => {
    const definition = await sourcecredProgram(folder, 'forum');
    const [start, at] = intervals.at(-1).map((time: number) => time / 1000);
    const allocations = [{ pool: 'community', amount: 1000n }];
    await engine.createProgram({ ...definition, start, schedule: [{ at, allocations }] });
    const items = sourcecredItems(folder, () => {});
    const records = (async function* () {
      for await (const { item } of items) yield item;
    })();
    await engine.sync('forum', records, { sync: { at: 0 } });
    await engine.ingest('forum', [
      { kind: 'fund', key: 'f', time: (at + 604_800) * 1000, pool: 'community', amount: 1000n },
    ]);
    await engine.advance('forum', { to: at * 1000 });
  });
  const { closing, status, reading } = await engine.credView('forum');
  const { holds } = await engine.verify('forum');
  // The reference has people in the order of their creation, by numbers of its own.
  const accounts = (await engine.people('forum')).ledger.accounts();
  await engine.close();
  if (status !== 'settled' || !holds) return `the period is ${status}, and verify says ${holds}`;
  const { cred, input } = closing.scores!;
  const place = new Map(reading.persons.map(({ id }, p) => [id, p]));
  const count = input.intervals.length;
  const ordered = new Float64Array(cred.length);
  for (const [p, { id }] of accounts.entries()) {
    const own = place.get(id)! * count;
    ordered.set(cred.subarray(own, own + count), p * count);
  }
  return differenceOf(expected, ordered, count);
}

/** The first score that is farther from the expected one than nine digits. */
function differenceOf(expected: any, cred: Float64Array, count: number): string | null {
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
