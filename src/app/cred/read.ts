import { sum } from '../../core/money/sum.ts';
import { NotFoundError } from '../../core/errors.ts';
import { decodeEvent } from '../../core/events/encode.ts';
import { nearest } from '../../core/text.ts';
import {
  type CredEnd,
  type CredFlow,
  explainContribution,
  participantSources,
} from '../../core/scoring/cred/explain.ts';
import type { Person } from '../../core/scoring/cred/people.ts';
import type { CredScores } from '../../core/scoring/cred/solve.ts';
import type { Tx } from '../ports.ts';
import type { CredView } from './view.ts';

/*
 * Answers about a period of contributions, made of the scores that pay it. Cred in them is in units of a score, rounded down
 * where it is no score itself; what the rounding leaves is always said.
 */

export interface CredPerson {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Takes no part in the period: its cred is counted, and pays nothing. */
  readonly excluded: boolean;
  /** In the period; what it is paid by. */
  readonly score: bigint;
  /** Of all periods so far, as it is known now. */
  readonly lifetime: bigint;
  /** What was paid before the period, in smallest units. */
  readonly paid: bigint;
  /** The newest edge to or from it, milliseconds; `null`: none. */
  readonly lastActivity: number | null;
}

/** Everybody, the highest score first, then by id. */
export function credPersons(view: CredView): CredPerson[] {
  const { reading, closing } = view;
  const newest = lastActivities(view);
  const excluded = new Set(reading.excluded);
  return reading.persons
    .map(({ id, name, active, paid }, p) => ({
      id,
      name,
      active,
      excluded: excluded.has(id),
      score: closing.byPeriod[p]!.at(-1)!,
      lifetime: sum(closing.byPeriod[p]!),
      paid,
      lastActivity: newest[p]!,
    }))
    .toSorted((a, b) => (a.score === b.score ? 0 : a.score < b.score ? 1 : -1));
}

function lastActivities({ reading, closing }: CredView): (number | null)[] {
  const newest: (number | null)[] = reading.persons.map(() => null);
  if (closing.scores === null) return newest;
  const { chain, input } = closing.scores;
  const { source, target, edgeTime } = input.graph;
  for (let e = 0; e < source.length; e += 1) {
    for (const node of [source[e]!, target[e]!]) {
      const p = chain.participantOfNode[node]!;
      if (p >= 0 && (newest[p] === null || newest[p]! < edgeTime[e]!)) newest[p] = edgeTime[e]!;
    }
  }
  return newest;
}

export interface CredContribution {
  readonly address: string;
  /** Milliseconds; `null`: it has no time. */
  readonly time: number | null;
  readonly cred: bigint;
  /** What it minted itself. */
  readonly mint: bigint;
}

/**
 * Contributions, those with the most cred first, of all time until the end of the period; or (`ofPeriod`) of those made in it; of one
 * `source`, as `sourceOf` says; those whose address `having` takes.
 */
export function credContributions(
  view: CredView,
  {
    limit,
    ofPeriod,
    source,
    having,
  }: {
    readonly limit: number;
    readonly ofPeriod: boolean;
    readonly source?: string;
    readonly having?: (address: string) => boolean;
  },
): CredContribution[] {
  const { scores } = view.closing;
  if (scores === null) return [];
  const { nodeIds, nodeTime, mint } = scores.input.graph;
  const best: number[] = [];
  for (const node of byCredOf(scores)) {
    if (best.length === limit) break;
    const time = nodeTime[node]!;
    if (ofPeriod && !(time >= view.start * 1000 && time < view.until * 1000)) continue;
    if (source !== undefined && sourceOf(nodeIds[node]!) !== source) continue;
    if (having !== undefined && !having(nodeIds[node]!)) continue;
    best.push(node);
  }
  return best.map((node) => ({
    address: nodeIds[node]!,
    time: Number.isNaN(nodeTime[node]) ? null : nodeTime[node]!,
    cred: units(view, scores.contribution[node]!),
    mint: units(view, mint[node]!),
  }));
}

/** Sorting takes a while, and pages of one list are asked for one after the other. */
const orders = new WeakMap<CredScores, Uint32Array>();

function byCredOf(scores: CredScores): Uint32Array {
  let order = orders.get(scores);
  if (order === undefined) {
    const { contribution, chain } = scores;
    order = Uint32Array.from(chain.nodeOfRow).sort((a, b) => contribution[b]! - contribution[a]! || a - b);
    orders.set(scores, order);
  }
  return order;
}

export interface CredSourceShare {
  /** First part of the addresses; `people`: by personal attribution. */
  readonly source: string;
  readonly score: bigint;
  /** Ten-thousandths of what is explained; together 10,000. */
  readonly tenThousandths: number;
}

export interface CredFlowPart {
  /** `null`: by personal attribution. */
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
  /** An address, or the id of a person. */
  readonly from: string;
  /** In which interval it came in: where that begins, milliseconds. */
  readonly interval: number;
  readonly score: bigint;
}

/** Rows of a list that are not shown, and what they come to. */
export interface NotShown {
  readonly count: number;
  readonly sum: bigint;
}

const cut = <T>(
  rows: readonly T[],
  limit: number,
  of: (row: T) => bigint,
): { readonly shown: readonly T[]; readonly more: NotShown } => ({
  shown: rows.slice(0, limit),
  more: { count: Math.max(0, rows.length - limit), sum: sum(rows.slice(limit).map(of)) },
});

/** A contribution, or a person, that gave cred. */
export interface CredGiver {
  /** An address, or the id of a person. */
  readonly address: string;
  /** Of a person; `null`: it is a contribution. */
  readonly name: string | null;
  readonly score: bigint;
}

export interface CredPersonExplanation extends CredPerson {
  readonly aliases: readonly string[];
  /** Later insight into closed periods; `null`: the period cannot be shared as it stands. */
  readonly revision: bigint | null;
  /** Of the period, ascending. */
  readonly intervals: readonly { readonly start: number; readonly end: number; readonly score: bigint }[];
  readonly sources: readonly CredSourceShare[];
  readonly contributions: readonly CredGiver[];
  readonly edges: readonly CredFlowPart[];
  /** Of each list, which have the largest first. */
  readonly more: { readonly sources: NotShown; readonly contributions: NotShown; readonly edges: NotShown };
  /** score = edges + remainder: what rounding down left; a unit below 0 where the score was rounded down, too. */
  readonly remainder: bigint;
}

/** Why somebody has its cred of the period: by source, by contribution, by edge, `limit` of each. Needs the names of edges. Throws NotFoundError `account-unknown`. */
export function explainCredPerson(view: CredView, whom: string, limit = Infinity): CredPersonExplanation {
  const { closing, reading } = view;
  const person = personOf(reading.persons, whom);
  const p = reading.persons.indexOf(person);
  const base = credPersons(view).find(({ id }) => id === person.id)!;
  const { scores } = closing;
  const edges: CredFlowPart[] = [];
  const byContribution = new Map<string, bigint>();
  const byPerson = new Map<string, bigint>();
  const bySource = new Map<string, bigint>();
  const add = (sums: Map<string, bigint>, key: string, score: bigint): void =>
    void sums.set(key, (sums.get(key) ?? 0n) + score);
  if (scores !== null) {
    for (const { edge, direction, from, interval, part } of participantSources(scores, person.id, view.intervals)) {
      const score = units(view, part);
      const origin = endName(from);
      edges.push({ edge, direction, from: origin, interval: scores.input.intervals[interval]!.start, score });
      add(from.kind === 'participant' ? byPerson : byContribution, origin, score);
      add(bySource, from.kind === 'participant' ? 'people' : sourceOf(origin), score);
    }
  }
  const explained = sum(edges.map(({ score }) => score));
  const scoreOf = (row: { readonly score: bigint }): bigint => row.score;
  const sources = cut(shares(bySource), limit, scoreOf);
  const contributions = cut(
    descending([
      ...[...byContribution].map(([address, score]): CredGiver => ({ address, name: null, score })),
      ...[...byPerson].map(([id, score]): CredGiver => ({
        address: id,
        name: personOf(reading.persons, id).name,
        score,
      })),
    ]),
    limit,
    scoreOf,
  );
  const flows = cut(descending(edges), limit, scoreOf);
  return {
    ...base,
    aliases: person.nodes.slice(1),
    revision:
      view.round === null ? null : (view.round.lines.find(({ account }) => account === person.id)?.revision ?? 0n),
    intervals: view.intervals.map((k) => ({ ...scores!.input.intervals[k]!, score: closing.scaled[p]![k]! })),
    sources: sources.shown,
    contributions: contributions.shown,
    edges: flows.shown,
    more: { sources: sources.more, contributions: contributions.more, edges: flows.more },
    remainder: base.score - explained,
  };
}

/** In ten-thousandths that add up to 10,000, by the largest remainders; equal ones by the name. */
function shares(bySource: ReadonlyMap<string, bigint>): CredSourceShare[] {
  const all = descending([...bySource].map(([source, score]) => ({ source, score })));
  const total = sum(all.map(({ score }) => score));
  if (total === 0n) return all.map((one) => ({ ...one, tenThousandths: 0 }));
  const parts = all.map((one) => ({
    ...one,
    floor: (one.score * 10_000n) / total,
    rest: (one.score * 10_000n) % total,
  }));
  let left = 10_000n - sum(parts.map(({ floor }) => floor));
  const raised = new Set<string>();
  for (const { source } of parts.toSorted((a, b) =>
    a.rest === b.rest ? (a.source < b.source ? -1 : 1) : a.rest < b.rest ? 1 : -1,
  )) {
    if (left === 0n) break;
    raised.add(source);
    left -= 1n;
  }
  return parts.map(({ source, score, floor }) => ({
    source,
    score,
    tenThousandths: Number(floor) + (raised.has(source) ? 1 : 0),
  }));
}

export interface CredContributionExplanation {
  readonly address: string;
  readonly cred: bigint;
  /** From where cred is minted, with what went back there. */
  readonly minted: bigint;
  readonly incoming: readonly CredFlowOver[];
  readonly outgoing: readonly CredFlowOver[];
  /** Of each list, which have the largest first. */
  readonly more: { readonly incoming: NotShown; readonly outgoing: NotShown };
  /** Back to where cred is minted. */
  readonly returned: bigint;
  /** cred = minted + incoming + `inRemainder` = outgoing + returned + `outRemainder`: what rounding down left. */
  readonly inRemainder: bigint;
  readonly outRemainder: bigint;
}

export interface CredFlowOver {
  readonly edge: string;
  readonly direction: 'forward' | 'backward';
  /** The other end: an address, or the id of a person. */
  readonly other: string;
  readonly cred: bigint;
}

/** What gave a contribution its cred, and where that went, `limit` edges each. Needs the names of edges. Throws NotFoundError `cred-contribution-unknown`. */
export function explainCredContribution(
  view: CredView,
  address: string,
  limit = Infinity,
): CredContributionExplanation {
  const { scores } = view.closing;
  if (scores === null)
    throw new NotFoundError('cred-contribution-unknown', `${address} is no contribution of this graph.`, {
      id: address,
    });
  const found = explainContribution(scores, address);
  const over =
    (otherOf: (flow: CredFlow) => CredEnd) =>
    (flow: CredFlow): CredFlowOver => {
      return {
        edge: flow.edge,
        direction: flow.direction,
        other: endName(otherOf(flow)),
        cred: units(view, flow.cred),
      };
    };
  const incoming = found.incoming.map(over(({ from }) => from)).toSorted(byCred);
  const outgoing = found.outgoing.map(over(({ to }) => to)).toSorted(byCred);
  const [cred, minted, returned] = [found.cred, found.minted, found.returned].map((value) => units(view, value)) as [
    bigint,
    bigint,
    bigint,
  ];
  const [came, went] = [incoming, outgoing].map((flows) => cut(flows, limit, (flow) => flow.cred)) as [
    ReturnType<typeof cut<CredFlowOver>>,
    ReturnType<typeof cut<CredFlowOver>>,
  ];
  return {
    address,
    cred,
    minted,
    incoming: came.shown,
    outgoing: went.shown,
    more: { incoming: came.more, outgoing: went.more },
    returned,
    inRemainder: cred - minted - sum(incoming.map((flow) => flow.cred)),
    outRemainder: cred - returned - sum(outgoing.map((flow) => flow.cred)),
  };
}

export interface CredDifference {
  readonly id: string;
  readonly name: string;
  readonly before: bigint;
  readonly after: bigint;
}

/** Scores of everybody in two views, the largest change first. */
export function credDifferences(before: CredView, after: CredView): CredDifference[] {
  const earlier = new Map(credPersons(before).map((person) => [person.id, person]));
  const later = new Map(credPersons(after).map((person) => [person.id, person]));
  const size = ({ before: a, after: b }: CredDifference): bigint => (a < b ? b - a : a - b);
  return [...new Set([...earlier.keys(), ...later.keys()])]
    .map((id) => ({
      id,
      name: (later.get(id) ?? earlier.get(id)!).name,
      before: earlier.get(id)?.score ?? 0n,
      after: later.get(id)?.score ?? 0n,
    }))
    .toSorted((a, b) => (size(a) === size(b) ? (a.id < b.id ? -1 : 1) : size(a) < size(b) ? 1 : -1));
}

/** The person of an id, a name, or @name, whatever the capitals. Throws NotFoundError `account-unknown` with the nearest name. */
export function personOf<T extends Pick<Person, 'id' | 'ids' | 'name'>>(persons: readonly T[], whom: string): T {
  const name = whom.replace(/^@/, '').toLowerCase();
  const found = persons.find(({ ids, name: own }) => ids.includes(whom) || own.toLowerCase() === name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    persons.map((person) => person.name),
  );
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  throw new NotFoundError('account-unknown', `There is nobody with the id or name ${JSON.stringify(whom)}.${hint}`, {
    account: whom,
  });
}

/** What people call nodes: label and address of the web, by address, as the newest event about each said. */
export async function labelsOf(
  tx: Tx,
  program: number,
  addresses: readonly string[],
): Promise<Map<string, { readonly label?: string; readonly url?: string }>> {
  const labels = new Map<string, { readonly label?: string; readonly url?: string }>();
  for (const { node, since } of await tx.nodesNamed(program, [...new Set(addresses)])) {
    const [row] = await tx.events({ program, after: since - 1, limit: 1 });
    const event = row?.seq === since ? decodeEvent(row.payload) : null;
    if (event?.kind !== 'node') continue;
    const { label, url } = event;
    labels.set(node, { ...(label === undefined ? {} : { label }), ...(url === undefined ? {} : { url }) });
  }
  return labels;
}

/** Where a contribution comes from: the first part of its address; of addresses that SourceCred made, the first two. */
export function sourceOf(address: string): string {
  const [first = '', second] = address.split('/', 2);
  return first === 'sourcecred' && second !== undefined ? `${first}/${second}` : first;
}

const endName = (end: CredEnd): string => end.id;
const byCred = (a: { readonly cred: bigint }, b: { readonly cred: bigint }): number =>
  a.cred === b.cred ? 0 : a.cred < b.cred ? 1 : -1;
const descending = <T extends { readonly score: bigint }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (a.score === b.score ? 0 : a.score < b.score ? 1 : -1));

/** Cred as units of a score, rounded down. */
export const units = ({ reading }: CredView, cred: number): bigint =>
  BigInt(Math.floor(cred * Number(reading.scoring.factor)));
