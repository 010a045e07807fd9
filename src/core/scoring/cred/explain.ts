import { NotFoundError } from '../../errors.ts';
import type { CredScores } from './solve.ts';
import { selfOf, solveIntervals } from './webbing.ts';
import { spreadOf } from './parameters.ts';

/** Where a flow begins or ends; `interval` is an index. */
export type CredEnd =
  | { readonly kind: 'contribution'; readonly id: string }
  | { readonly kind: 'participant'; readonly id: string; readonly interval: number };

/** Cred that goes over an edge. `forward`: from its source to its target. */
export interface CredFlow {
  readonly edge: string;
  readonly direction: 'forward' | 'backward';
  readonly from: CredEnd;
  readonly to: CredEnd;
  readonly cred: number;
}

/** Cred over an edge, by its index, in both directions. */
export function edgeFlow(scores: CredScores, edge: number): { readonly forward: number; readonly backward: number } {
  const { chain, input } = scores;
  const over = (row: number, weight: number): number =>
    weight > 0 ? scoreOfRow(scores, row) * ((weight / chain.outWeight[row]!) * spreadOfRow(scores, row)) : 0;
  return {
    forward: over(chain.sourceRow[edge]!, input.graph.forward[edge]!),
    backward: over(chain.targetRow[edge]!, input.graph.backward[edge]!),
  };
}

/** A contribution's cred: what it minted and what came in; what went out and what went back to the mint. Both add up to `cred`. */
export interface ContributionExplanation {
  readonly id: string;
  readonly cred: number;
  readonly minted: number;
  readonly incoming: readonly CredFlow[];
  readonly outgoing: readonly CredFlow[];
  readonly returned: number;
}

/** Throws NotFoundError `cred-contribution-unknown`. */
export function rowOfContribution({ chain, input }: CredScores, id: string): number {
  const node = input.graph.nodeIndex.get(id);
  const row = node === undefined ? -1 : chain.rowOfNode[node]!;
  if (row < 0) throw new NotFoundError('cred-contribution-unknown', `${id} is no contribution of this graph.`, { id });
  return row;
}

/** Throws NotFoundError `cred-participant-unknown`. */
export function participantOf({ input }: CredScores, id: string): number {
  const p = input.participants.findIndex((participant) => participant.id === id);
  if (p < 0) throw new NotFoundError('cred-participant-unknown', `${id} is no participant.`, { id });
  return p;
}

/** Throws NotFoundError `cred-contribution-unknown`. */
export function explainContribution(scores: CredScores, id: string): ContributionExplanation {
  const { chain, input } = scores;
  const row = rowOfContribution(scores, id);
  const flows = flowsOf(scores, (other) => other === row);
  const cred = scoreOfRow(scores, row);
  return {
    id,
    cred,
    minted: chain.minted[row]! * scores.scale,
    incoming: flows.filter(({ to }) => to === row).map(({ flow }) => flow),
    outgoing: flows.filter(({ from }) => from === row).map(({ flow }) => flow),
    returned: chain.outWeight[row] === 0 ? cred : cred * input.parameters.alpha,
  };
}

/** A flow that made cred of one interval; it may have come in another one, and by webbing from there. `part`: of `cred`. */
export interface CredSource {
  /** Null: by personal attribution. */
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
  readonly from: CredEnd;
  /** In which interval it came in. */
  readonly interval: number;
  readonly flow: number;
  readonly part: number;
}

export interface ParticipantExplanation {
  readonly id: string;
  readonly interval: number;
  readonly cred: number;
  /** By edge and attribution. Their parts add up to `cred`. */
  readonly sources: readonly CredSource[];
  /** The same by who or what it came from, the largest first; a participant under its node's id. */
  readonly byOrigin: readonly { readonly id: string; readonly part: number }[];
  /** What became of all it had in this interval: cred, attributed to others, other intervals, edges, back to the mint. */
  readonly outgoing: {
    readonly cred: number;
    readonly attributed: number;
    readonly onward: number;
    readonly back: number;
    readonly edges: readonly CredFlow[];
    readonly returned: number;
  };
}

/**
 * Why a participant has its cred of an interval. Webbing is resolved: what came in another interval is named there, with the part
 * of it that counts here. What an interval gives to itself is no source.
 * Throws NotFoundError `cred-participant-unknown`, `cred-interval-unknown`.
 */
export function explainParticipant(scores: CredScores, id: string, interval: number): ParticipantExplanation {
  const { chain, input } = scores;
  const { alpha, beta, gammaForward, gammaBackward } = input.parameters;
  const count = input.intervals.length;
  const p = participantOf(scores, id);
  const sources = participantSources(scores, id, [interval]);
  const [first, end] = [chain.firstRow[p]!, chain.firstRow[p + 1]!];
  const score = scores.epoch[p * count + interval]!;
  const cred = scores.cred[p * count + interval]!;
  const outgoing = flowsOf(scores, (row) => row >= first && row < end).filter(
    ({ from }) => from >= first && from < end && intervalOfRow(scores, from) === interval,
  );
  const spread = outgoing.length === 0 ? 1 - beta - gammaForward - gammaBackward : alpha;
  return {
    id,
    interval,
    cred,
    sources,
    byOrigin: originsOf(sources),
    outgoing: {
      cred,
      attributed: score * beta * attributedIn(scores, p, interval),
      onward: score * gammaForward,
      back: score * gammaBackward,
      edges: outgoing.map(({ flow }) => flow),
      returned: score * spread,
    },
  };
}

/**
 * What gave a participant its cred of some intervals together, by edge, attribution and the interval in which it came.
 * Throws NotFoundError `cred-participant-unknown`, `cred-interval-unknown`.
 */
export function participantSources(scores: CredScores, id: string, intervals: readonly number[]): CredSource[] {
  const { chain, input } = scores;
  const { parameters, participants } = input;
  const count = input.intervals.length;
  const p = participantOf(scores, id);
  const [first, end] = [chain.firstRow[p]!, chain.firstRow[p + 1]!];
  const counted = new Float64Array(count);
  for (const interval of intervals) {
    const reaching = reachingOf(scores, p, interval);
    const kept = parameters.beta * (1 - attributedIn(scores, p, interval));
    for (let j = 0; j < count; j += 1) counted[j]! += reaching[j]! * kept;
  }
  const sources: CredSource[] = [];
  const addSource = (source: Omit<CredSource, 'part'>): void => {
    const part = source.flow * counted[source.interval]!;
    if (part > 0) sources.push({ ...source, part });
  };
  for (const { from, to, flow } of flowsOf(scores, (row) => row >= first && row < end)) {
    if (from === to || to < first || to >= end) continue;
    addSource({
      edge: flow.edge,
      direction: flow.direction,
      from: flow.from,
      interval: intervalOfRow(scores, to),
      flow: flow.cred,
    });
  }
  for (const { from, to, interval: k, part } of chain.parts) {
    if (to !== p || from === p) continue;
    const giver: CredEnd = { kind: 'participant', id: participants[from]!.id, interval: k };
    const flow = scores.epoch[from * count + k]! * parameters.beta * part;
    addSource({ edge: null, direction: 'forward', from: giver, interval: k, flow });
  }
  return sources;
}

/** What one unit that comes in during interval j adds to `interval`: a row of the inverse, by the system turned over. */
function reachingOf({ chain, input }: CredScores, p: number, interval: number): Float64Array {
  const { parameters } = input;
  const count = input.intervals.length;
  if (!Number.isInteger(interval) || interval < 0 || interval >= count) {
    throw new NotFoundError('cred-interval-unknown', `There is no interval ${interval}; there are ${count}, from 0.`);
  }
  const reaching = new Float64Array(count);
  const unit = new Float64Array(count).fill(1, interval, interval + 1);
  const self = selfOf(parameters, chain, p, count);
  solveIntervals(parameters.gammaBackward, parameters.gammaForward, unit, self, reaching);
  return reaching;
}

/** The part of what a participant pays out in an interval that it leaves to others. */
function attributedIn({ chain, input }: CredScores, p: number, interval: number): number {
  const epoch = p * input.intervals.length + interval;
  for (let row = chain.firstRow[p]!; row < chain.firstRow[p + 1]!; row += 1) {
    if (chain.epochs[row - chain.bases] === epoch) return chain.attributed[row - chain.bases]!;
  }
  return 0;
}

export const intervalOfRow = ({ chain, input }: CredScores, row: number): number =>
  chain.epochs[row - chain.bases]! % input.intervals.length;

function originsOf(sources: readonly CredSource[]): { readonly id: string; readonly part: number }[] {
  const parts = new Map<string, { readonly id: string; part: number }>();
  for (const { from, part } of sources) {
    const key = `${from.kind} ${from.id}`;
    const origin = parts.get(key) ?? { id: from.id, part: 0 };
    origin.part += part;
    parts.set(key, origin);
  }
  return [...parts.values()].sort((a, b) => b.part - a.part);
}

/** Flows over all edges with an end that is asked for, in the order of the edges, forward first. */
function flowsOf(
  scores: CredScores,
  asked: (row: number) => boolean,
): { readonly from: number; readonly to: number; readonly flow: CredFlow }[] {
  const { chain, input } = scores;
  const { edgeIds, forward, backward } = input.graph;
  const found: { from: number; to: number; flow: CredFlow }[] = [];
  for (let e = 0; e < edgeIds.length; e += 1) {
    const [source, target] = [chain.sourceRow[e]!, chain.targetRow[e]!];
    if ((!asked(source) && !asked(target)) || (forward[e] === 0 && backward[e] === 0)) continue;
    const [a, b] = [endOf(scores, source), endOf(scores, target)];
    const cred = edgeFlow(scores, e);
    const edge = edgeIds[e]!;
    if (forward[e]! > 0) {
      const flow: CredFlow = { edge, direction: 'forward', from: a, to: b, cred: cred.forward };
      found.push({ from: source, to: target, flow });
    }
    if (backward[e]! > 0) {
      const flow: CredFlow = { edge, direction: 'backward', from: b, to: a, cred: cred.backward };
      found.push({ from: target, to: source, flow });
    }
  }
  return found;
}

function endOf({ chain, input }: CredScores, row: number): CredEnd {
  if (row < chain.bases) return { kind: 'contribution', id: input.graph.nodeIds[chain.nodeOfRow[row]!]! };
  const count = input.intervals.length;
  const epoch = chain.epochs[row - chain.bases]!;
  const interval = epoch % count;
  return { kind: 'participant', id: input.participants[(epoch - interval) / count]!.id, interval };
}

/** What a row has: a contribution's cred, or what a participant has in an interval before it is divided. */
export function scoreOfRow({ chain, contribution, epoch }: CredScores, row: number): number {
  return row < chain.bases ? contribution[chain.nodeOfRow[row]!]! : epoch[chain.epochs[row - chain.bases]!]!;
}

function spreadOfRow({ chain, input }: CredScores, row: number): number {
  return row < chain.bases ? 1 - input.parameters.alpha : spreadOf(input.parameters);
}
