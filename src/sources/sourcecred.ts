import { existsSync, statSync } from 'node:fs';
import { InvalidInputError, NotFoundError } from '../core/errors.ts';
import type { Refusal } from '../core/events/refusal.ts';
import type { PersonalAttribution } from '../core/scoring/cred/attributions.ts';
import type { MintBudget } from '../core/scoring/cred/minting.ts';
import { credDefaults, type CredParameters } from '../core/scoring/cred/parameters.ts';
import { type EdgeRule, type NodeRule, overrideRules } from '../core/scoring/cred/weights.ts';
import type { TokenEvent } from '../core/token/event.ts';
import { TokenLedger } from '../core/token/ledger.ts';
import { readLog } from '../core/token/log.ts';
import { foldName, identityAddress } from '../core/token/names.ts';
import { fromNulAddress } from '../core/token/nul-address.ts';
import { textOfFile } from './file-input.ts';
import type { EdgeRecord, GraphRecord, NodeRecord } from './graph/record.ts';
import type { Place } from './sourcecred/fields.ts';
import { findFile, globFiles, type InstanceFile, jsonOfFile } from './sourcecred/files.ts';
import { type InstanceGrain, readGrain } from './sourcecred/grain.ts';
import { mergeRecords, readGraph } from './sourcecred/graph.ts';
import {
  type Directory,
  type InstanceDependency,
  readAttributions,
  readBudgets,
  readDependencies,
  readPlugins,
} from './sourcecred/settings.ts';
import { mergeRules, readWeights } from './sourcecred/weights.ts';

export type { InstanceDependency } from './sourcecred/settings.ts';
export type { InstanceGrain } from './sourcecred/grain.ts';

/** Files that lie elsewhere than in an instance of SourceCred; paths as the process sees them. */
export interface InstanceOptions {
  readonly graphs?: readonly string[];
  readonly ledger?: string;
  readonly weights?: string;
  readonly dependencies?: string;
  readonly budgets?: string;
  readonly attributions?: string;
  readonly grain?: string;
}

/** All that a community has in an instance of SourceCred, in this program's words. */
export interface SourceCredInstance {
  /** Nodes, then edges, each in the order of the files. */
  readonly records: readonly GraphRecord[];
  /** Every event of the log, also those of `refused`. */
  readonly ledger: readonly TokenEvent[];
  /** Events that SourceCred took and this token ledger does not, with their number in the log, from 1. */
  readonly refused: readonly (Refusal & { readonly event: number })[];
  readonly settings: InstanceSettings;
  /** Edges left out because an end is no node, nor anybody's alias; the first ten by address. */
  readonly dangling: { readonly count: number; readonly edges: readonly string[] };
  /** Files that were read, and places where one may be and is not. */
  readonly found: readonly string[];
  readonly absent: readonly string[];
}

export interface InstanceSettings {
  /** Those of the graphs, overridden by `config/weights.json`. */
  readonly nodeRules: readonly NodeRule[];
  readonly edgeRules: readonly EdgeRule[];
  readonly budgets: readonly MintBudget[];
  readonly dependencies: readonly InstanceDependency[];
  readonly attributions: readonly PersonalAttribution[];
  /** Always the defaults: 0.11 has no file for them. */
  readonly parameters: CredParameters;
  /** Null: no such file. */
  readonly grain: InstanceGrain | null;
}

/** Where SourceCred 0.11 has its files; each may also be packed. */
const places = {
  plugins: ['sourcecred.json'],
  ledger: ['data/ledger.json'],
  weights: ['config/weights.json'],
  dependencies: ['config/dependencies.json'],
  budgets: ['config/pluginBudgets.json'],
  attributions: ['config/personalAttributions.json'],
  grain: ['config/grain.json'],
  merged: ['output/weightedGraph.json', 'output/weightedGraph'],
} as const;

/**
 * Reads a folder of SourceCred 0.11 (or the like: files may be packed, lie elsewhere, or not be there, which `found` and `absent`
 * say). Graphs: of each plugin in `sourcecred.json`, or of all that are there without it; the merged one only where there is none
 * of a plugin. Everything is held in memory, about five times the size of the graphs' JSON.
 *
 * No persons are among the records: who is who is what the log says, by aliases. Where an edge leads to somebody's alias
 * that is no node, as the reference allows, the node is added, without time or label.
 *
 * Throws: NotFoundError `source-not-found`; InvalidInputError `instance-unrecognized` (neither a graph nor a ledger),
 * `instance-json-malformed`, `instance-type-unknown`, `instance-version-unknown`, `instance-field-invalid`,
 * `instance-graph-index`, `instance-graph-conflict`, `instance-weight-conflict`, `instance-identity-unknown`,
 * `nul-address-malformed`, `token-log-malformed`, and as `textOfFile`.
 */
// eslint-disable-next-line typescript/require-await -- a promise by contract: reading piece by piece would need it
export async function readInstance(folder: string, options: InstanceOptions = {}): Promise<SourceCredInstance> {
  if (!existsSync(folder))
    throw new NotFoundError('source-not-found', `There is no folder ${folder}.`, { source: folder });
  const files = new Files(folder, options);
  const graphFiles = files.graphs();
  const ledgerFile = files.one('ledger');
  if (graphFiles.length === 0 && ledgerFile === null) throw unrecognized(folder);

  const events = ledgerFile === null ? [] : readLog(textOfFile(ledgerFile.path));
  const { ledger, refused } = replay(events);
  const directory = directoryOf(ledger);
  const graphs = graphFiles.map((file) => readGraph(wholeOf(file, true)));
  const nodes = mergeRecords(graphs.map((graph) => graph.nodes));
  const edges = mergeRecords(graphs.map((graph) => graph.edges));
  const { records, dangling } = connected(nodes, edges, addressesOf(ledger));
  const overrides = files.read('weights', readWeights) ?? { nodes: [], edges: [] };
  const settings: InstanceSettings = {
    nodeRules: overrideRules(mergeRules(graphs.map(({ weights }) => weights.nodes)), overrides.nodes),
    edgeRules: overrideRules(mergeRules(graphs.map(({ weights }) => weights.edges)), overrides.edges),
    budgets: files.read('budgets', readBudgets) ?? [],
    dependencies: files.read('dependencies', (place) => readDependencies(place, directory)) ?? [],
    attributions: files.read('attributions', (place) => readAttributions(place, directory)) ?? [],
    parameters: credDefaults,
    grain: files.read('grain', readGrain),
  };
  return { records, ledger: events, refused, settings, dangling, found: files.found, absent: files.absent };
}

const wholeOf = (file: InstanceFile, large = false): Place => ({
  file,
  value: jsonOfFile(file, { large }),
  within: null,
});

/** Finds files, and remembers which there were. */
class Files {
  readonly #folder: string;
  readonly #options: InstanceOptions;
  readonly found: string[] = [];
  readonly absent: string[] = [];

  constructor(folder: string, options: InstanceOptions) {
    [this.#folder, this.#options] = [folder, options];
  }

  /** One that was named, else the one in its place. */
  one(what: Exclude<keyof InstanceOptions, 'graphs'> | 'plugins'): InstanceFile | null {
    const named = what === 'plugins' ? undefined : this.#options[what];
    return named === undefined ? this.#find(places[what]) : this.#taken(explicit(named));
  }

  /** What one holds; null where it is not there. */
  read<T>(
    what: 'weights' | 'dependencies' | 'budgets' | 'attributions' | 'grain',
    read: (place: Place) => T,
  ): T | null {
    const file = this.one(what);
    return file === null ? null : read(wholeOf(file));
  }

  graphs(): InstanceFile[] {
    const named = this.#options.graphs;
    if (named !== undefined) return named.map((path) => this.#taken(explicit(path)));
    const config = this.one('plugins');
    const plugins = config === null ? null : readPlugins(wholeOf(config));
    const own = plugins === null ? this.#anyGraphs() : this.#graphsOf(plugins);
    if (own.length > 0) return own;
    const merged = this.#find(places.merged);
    return merged === null ? [] : [merged];
  }

  /** A plugin's graph as 0.11 packs it, else as JSON; the reference looks in this order too. */
  #graphsOf(plugins: readonly string[]): InstanceFile[] {
    const graphs = plugins.map((plugin) => {
      const place = `output/graphs/${plugin}/graph`;
      return this.#find([place, `${place}.json`, `output/graph/${plugin}/graph.json`]);
    });
    return graphs.filter((file) => file !== null);
  }

  #anyGraphs(): InstanceFile[] {
    const all = ['output/graphs/*/*/graph{,.json}{,.gz}', 'output/graph/{*,*/*}/graph.json{,.gz}'].map((pattern) =>
      globFiles(this.#folder, pattern),
    );
    const graphs = onePerFolder(all.find((files) => files.length > 0) ?? []);
    if (graphs.length === 0) this.absent.push('output/graphs/*/*/graph');
    return graphs.map((file) => this.#taken(file));
  }

  #find(candidates: readonly string[]): InstanceFile | null {
    const file = findFile(this.#folder, candidates);
    if (file !== null) return this.#taken(file);
    this.absent.push(candidates[0]!);
    return null;
  }

  #taken(file: InstanceFile): InstanceFile {
    this.found.push(file.name);
    return file;
  }
}

/** The same graph may lie there packed and as JSON: the packed one then, as the reference has it. */
function onePerFolder(files: readonly InstanceFile[]): InstanceFile[] {
  const byFolder = new Map<string, InstanceFile>();
  for (const file of files) {
    const folder = file.name.slice(0, file.name.lastIndexOf('/'));
    if (!byFolder.has(folder)) byFolder.set(folder, file);
  }
  return [...byFolder.values()];
}

function explicit(path: string): InstanceFile {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return { path, name: path };
  throw new NotFoundError('source-not-found', `There is no file ${path}.`, { source: path });
}

const unrecognized = (folder: string): InvalidInputError =>
  new InvalidInputError(
    'instance-unrecognized',
    `${folder} is no instance of SourceCred: found neither a graph (${places.merged[0]}, output/graphs/*/*/graph) nor ${places.ledger[0]}; accepted: the folder with sourcecred.json, or explicit paths.`,
    { source: folder },
  );

function replay(events: readonly TokenEvent[]): Pick<SourceCredInstance, 'refused'> & { ledger: TokenLedger } {
  const ledger = new TokenLedger();
  const refused = events.flatMap((event, index) => {
    const refusal = ledger.apply(event);
    return refusal === null ? [] : [{ ...refusal, event: index + 1 }];
  });
  return { ledger, refused };
}

function directoryOf(ledger: TokenLedger): Directory {
  const ids = new Map<string, string>();
  const names = new Map<string, string>();
  for (const { id, name, ids: all } of ledger.accounts()) {
    for (const one of all) ids.set(one, id);
    names.set(foldName(name), id);
  }
  return { byId: (id) => ids.get(id) ?? null, byName: (name) => names.get(foldName(name)) ?? null };
}

/** Of all nodes that are somebody. */
function addressesOf(ledger: TokenLedger): Set<string> {
  const accounts = ledger.accounts();
  const texts = accounts.flatMap(({ ids, aliases }) => [
    ...ids.map(identityAddress),
    ...aliases.map(({ address }) => address),
  ]);
  return new Set(texts.map((text) => fromNulAddress(text, 'N')));
}

/** Edges that have both ends, with the nodes of people that only an edge names. */
function connected(
  nodes: readonly NodeRecord[],
  edges: readonly EdgeRecord[],
  people: ReadonlySet<string>,
): Pick<SourceCredInstance, 'records' | 'dangling'> {
  const known = new Set(nodes.map(({ node }) => node));
  const kept = edges.filter(({ from, to }) => [from, to].every((end) => known.has(end) || people.has(end)));
  const added = new Set(kept.flatMap(({ from, to }) => [from, to]).filter((end) => !known.has(end)));
  const keptSet = new Set(kept);
  const left = edges.filter((edge) => !keptSet.has(edge)).map(({ edge }) => edge);
  const extra = [...added].map((node): NodeRecord => ({ what: 'node', node, at: null }));
  return {
    records: [...nodes, ...extra, ...kept],
    dangling: { count: left.length, edges: left.sort().slice(0, 10) },
  };
}
