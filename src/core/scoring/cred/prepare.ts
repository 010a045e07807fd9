import { InvalidInputError } from '../../errors.ts';
import { formatInstant } from '../../time/instant.ts';
import type { PersonalAttribution } from './attributions.ts';
import type { CredInput } from './chain.ts';
import type { GraphColumns } from './columns.ts';
import type { CredGraph } from './graph.ts';
import { coveringIntervals, type CredInterval, type IntervalKind } from './intervals.ts';
import { applyBudgets, bonusGraph } from './minting.ts';
import { type CredScoring, dependenciesOf, edgeRulesOf, mintBudgetsOf, nodeRulesOf, parametersOf } from './scoring.ts';
import { sortByTime } from './time-order.ts';
import { edgeWeights, nodeWeights } from './weights.ts';

/** Most intervals of persons, all together: two gigabytes. */
const placesMax = 50_000_000;

/** What a round of contributions is made of. */
export interface CredMaterial {
  readonly columns: GraphColumns;
  readonly scoring: CredScoring;
  /** By the bytes of their ids; the first of `nodes` is a person's own, and no two have one in common. */
  readonly persons: readonly { readonly id: string; readonly nodes: readonly string[] }[];
  /** The id of the person that an id is. */
  readonly rootOf: (id: string) => string | undefined;
  readonly attributions: readonly PersonalAttribution[];
  /** Boundaries of periods, ascending, milliseconds; time is cut there. The last one ends the last interval. */
  readonly cuts: readonly number[];
}

/**
 * Makes the input of the solver: names lead to persons, rules of weight, budgets and bonuses are applied. Nodes and edges
 * come in the order of time, then of names, or of all they have: so the order in which they were logged changes no bit of the result.
 * `null`: there is no time in it at all, or nothing mints, and so no cred. Names of edges are there where the columns have them.
 * Throws InvalidInputError `cred-intervals-invalid`.
 */
export function prepareCred({ columns, scoring, persons, rootOf, attributions, cuts }: CredMaterial): CredInput | null {
  const intervals = intervalsOf(columns, scoring.interval, cuts);
  if (intervals.length === 0) return null;
  checkExtent(intervals, persons.length);
  const { place, order, count: bases } = placesOf(columns, persons);
  const nodeIds: string[] = Array<string>(bases);
  const nodeTime = new Float64Array(bases + persons.length).fill(Number.NaN, bases);
  const mint = new Float64Array(bases + persons.length);
  const weightOf = scoring.nodes.length === 0 ? null : nodeWeights(nodeRulesOf(scoring));
  const { nodes } = columns;
  for (let at = 0; at < bases; at += 1) {
    const node = order[at]!;
    nodeIds[at] = nodes.name[node]!;
    nodeTime[at] = nodes.time[node]!;
    mint[at] = weightOf === null ? nodes.weight[node]! : weightOf(nodes.name[node]!) * nodes.weight[node]!;
  }
  for (const { nodes: own } of persons) nodeIds.push(own[0]!);
  if (scoring.budgets.length > 0) {
    const minting = mintingOf({ nodeIds, nodeTime, mint }, bases);
    for (const [at, value] of applyBudgets(minting, mintBudgetsOf(scoring), intervals).entries()) mint[at] = value;
  }
  let total = 0;
  for (let at = 0; at < bases; at += 1) total += mint[at]!;
  if (!(total > 0)) return null;
  const plain = { nodeIds, nodeTime, mint, ...edgesOf(columns, place, scoring) };
  const nodeById = new Map(persons.map(({ id, nodes: own }) => [id, own[0]!]));
  const graph = indexed(
    scoring.dependencies.length === 0
      ? plain
      : withBonuses(
          plain,
          mintingOf(plain, bases),
          dependenciesOf(scoring, (id) => nodeById.get(rootOf(id) ?? id) ?? id),
          intervals,
        ),
    persons,
    bases,
  );
  return {
    graph,
    participants: persons.map(({ id, nodes: own }) => ({ id, nodeId: own[0]! })),
    intervals,
    attributions,
    parameters: parametersOf(scoring),
    outside: 'nearest',
  };
}

type Columns = Omit<CredGraph, 'nodeIndex'>;

/** From the first time in the graph to the last cut. */
function intervalsOf(
  { nodes, edges }: GraphColumns,
  kind: IntervalKind | 'periods',
  cuts: readonly number[],
): CredInterval[] {
  let first = Infinity;
  for (const { time, there } of [nodes, edges]) {
    for (let i = 0; i < time.length; i += 1) if (there[i] === 1 && time[i]! < first) first = time[i]!;
  }
  const until = cuts.at(-1)!;
  if (!(first < until)) return [];
  const starts =
    kind === 'periods'
      ? [cuts.findLast((cut) => cut <= first) ?? coveringIntervals('days', first, first)[0]!.start]
      : coveringIntervals(kind, first, until - 1).map(({ start }) => start);
  const bounds = [...new Set([...starts, ...cuts.filter((cut) => cut > starts[0]!)])].sort((a, b) => a - b);
  return bounds.slice(1).map((end, k) => ({ start: bounds[k]!, end }));
}

/** All intervals of all persons have a place in memory. Times of centuries ago are mistakes, which a halt lets people mend. */
function checkExtent(intervals: readonly CredInterval[], persons: number): void {
  if (intervals.length * persons <= placesMax) return;
  const first = formatInstant(intervals[0]!.start);
  throw new InvalidInputError(
    'cred-intervals-invalid',
    `Found ${intervals.length} intervals of each of ${persons} people, from ${first} on; accepted: at most ${placesMax} together. Is that a time of a node or an edge by mistake?`,
    { intervals: String(intervals.length), persons: String(persons), first },
  );
}

/**
 * Where every node goes: nodes that are nobody's by time (those without first) and name, then one for each person. -1: it
 * is not there. `order`: the numbers of the former.
 */
function placesOf(
  { nodes }: GraphColumns,
  persons: CredMaterial['persons'],
): { readonly place: Int32Array; readonly order: Int32Array; readonly count: number } {
  const { name, time, there } = nodes;
  const owner = new Map<string, number>();
  for (const [p, { nodes: own }] of persons.entries()) for (const node of own) owner.set(node, p);
  const place = new Int32Array(name.length).fill(-1);
  const all = new Int32Array(name.length);
  let count = 0;
  for (let node = 0; node < name.length; node += 1) {
    if (there[node] === 0) continue;
    const p = owner.size === 0 ? undefined : owner.get(name[node]!);
    if (p === undefined) all[count++] = node;
    else place[node] = -2 - p;
  }
  const order = sortByTime(all.subarray(0, count), time, (a, b) => {
    const [s, t] = [time[a]!, time[b]!];
    if (s !== t && !(Number.isNaN(s) && Number.isNaN(t))) return Number.isNaN(s) || s < t ? -1 : 1;
    return name[a]! < name[b]! ? -1 : 1;
  });
  for (let at = 0; at < count; at += 1) place[order[at]!] = at;
  for (let node = 0; node < place.length; node += 1) if (place[node]! < -1) place[node] = count - 2 - place[node]!;
  return { place, order, count };
}

/** Edges between nodes that are there, by time and then by all they have: those that are alike in all of it are alike. */
function edgesOf(
  { edges, nodes }: GraphColumns,
  place: Int32Array,
  scoring: CredScoring,
): Pick<Columns, 'edgeIds' | 'source' | 'target' | 'edgeTime' | 'forward' | 'backward' | 'dropped'> {
  const { name, time, there } = edges;
  const weightOf = scoring.edges.length === 0 ? null : edgeWeights(edgeRulesOf(scoring));
  const kept = new Int32Array(time.length);
  let [count, dropped] = [0, 0];
  for (let edge = 0; edge < time.length; edge += 1) {
    if (there[edge] === 0) continue;
    const ends = nodes.there[edges.source[edge]!] === 1 && nodes.there[edges.target[edge]!] === 1;
    if (ends) kept[count++] = edge;
    else dropped += 1;
  }
  const from = (edge: number): number => place[edges.source[edge]!]!;
  const to = (edge: number): number => place[edges.target[edge]!]!;
  const order = sortByTime(
    kept.subarray(0, count),
    time,
    (a, b) =>
      time[a]! - time[b]! ||
      from(a) - from(b) ||
      to(a) - to(b) ||
      edges.forward[a]! - edges.forward[b]! ||
      edges.backward[a]! - edges.backward[b]! ||
      (name.length === 0 || name[a] === name[b] ? 0 : name[a]! < name[b]! ? -1 : 1),
  );
  const columns = {
    edgeIds: name.length === 0 ? [] : Array.from(order, (edge) => name[edge]!),
    source: new Int32Array(count),
    target: new Int32Array(count),
    edgeTime: new Float64Array(count),
    forward: new Float64Array(count),
    backward: new Float64Array(count),
    dropped,
  };
  for (let at = 0; at < count; at += 1) {
    const edge = order[at]!;
    columns.source[at] = from(edge);
    columns.target[at] = to(edge);
    columns.edgeTime[at] = time[edge]!;
    columns.forward[at] = edges.forward[edge]!;
    columns.backward[at] = edges.backward[edge]!;
    if (weightOf === null) continue;
    const weight = weightOf(name[edge]!);
    columns.forward[at]! *= weight.forward;
    columns.backward[at]! *= weight.backward;
  }
  return columns;
}

function mintingOf(
  { nodeIds, nodeTime, mint }: Pick<Columns, 'nodeIds' | 'nodeTime' | 'mint'>,
  bases: number,
): { readonly address: string; readonly timestampMs: number | null; readonly mint: number }[] {
  return Array.from({ length: bases }, (_, at) => ({
    address: nodeIds[at]!,
    timestampMs: Number.isNaN(nodeTime[at]) ? null : nodeTime[at]!,
    mint: mint[at]!,
  }));
}

/** With the nodes that mint bonuses, and their edges, at the end. A recipient that is nobody gets none. */
function withBonuses(
  columns: Columns,
  minting: Parameters<typeof bonusGraph>[0],
  dependencies: Parameters<typeof bonusGraph>[1],
  intervals: readonly CredInterval[],
): Columns {
  const placeOf = new Map(columns.nodeIds.slice(minting.length).map((id, p) => [id, minting.length + p]));
  const known = dependencies.filter(({ recipient }) => placeOf.has(recipient));
  const { nodes, edges } = bonusGraph(minting, known, intervals);
  const first = columns.nodeIds.length;
  const named = columns.edgeIds.length === columns.source.length;
  return {
    nodeIds: [...columns.nodeIds, ...nodes.map(({ id }) => id)],
    nodeTime: joined(
      columns.nodeTime,
      nodes.map(({ timestampMs }) => timestampMs!),
    ),
    mint: joined(
      columns.mint,
      nodes.map((node) => node.mint),
    ),
    edgeIds: named ? [...columns.edgeIds, ...edges.map(({ id }) => id)] : [],
    source: joined(
      columns.source,
      edges.map((_, i) => first + i),
    ),
    target: joined(
      columns.target,
      edges.map(({ dst }) => placeOf.get(dst)!),
    ),
    edgeTime: joined(
      columns.edgeTime,
      edges.map(({ timestampMs }) => timestampMs),
    ),
    forward: joined(
      columns.forward,
      edges.map(({ forward }) => forward),
    ),
    backward: joined(
      columns.backward,
      edges.map(({ backward }) => backward),
    ),
    dropped: columns.dropped,
  };
}

function joined<T extends Float64Array | Int32Array>(column: T, more: readonly number[]): T {
  const all = new (column.constructor as new (length: number) => T)(column.length + more.length);
  all.set(column);
  all.set(more, column.length);
  return all;
}

/**
 * With an index of names, that of persons at once (the solver asks for these), that of all when somebody asks for another: half
 * a million names take a tenth of a second.
 */
function indexed(columns: Columns, persons: CredMaterial['persons'], bases: number): CredGraph {
  const ofPersons = new Map(persons.map(({ nodes }, p) => [nodes[0]!, bases + p]));
  let index: Map<string, number> | null = null;
  const get = (id: string): number | undefined => {
    const known = ofPersons.get(id);
    if (known !== undefined) return known;
    index ??= new Map(columns.nodeIds.map((name, node) => [name, node]));
    return index.get(id);
  };
  return { ...columns, nodeIndex: { get } };
}
