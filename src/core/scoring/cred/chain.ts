import { InvalidInputError } from '../../errors.ts';
import { type AttributedPart, attributedParts, indexParticipants } from './attributions.ts';
import type { CredParticipant, PersonalAttribution } from './attributions.ts';
import type { CredGraph } from './graph.ts';
import { checkIntervals, type CredInterval, lastBefore } from './intervals.ts';
import { checkParameters, type CredParameters, spreadOf } from './parameters.ts';

export interface CredInput {
  readonly graph: CredGraph;
  readonly participants: readonly CredParticipant[];
  readonly intervals: readonly CredInterval[];
  readonly attributions: readonly PersonalAttribution[];
  readonly parameters: CredParameters;
  /**
   * What becomes of an edge to or from a participant whose time lies before the first interval or after the last: it is refused
   * (unless told otherwise), or goes to the nearest.
   */
  readonly outside?: 'refuse' | 'nearest';
}

/**
 * What is left of the Markov chain when the seed and the accumulators are eliminated, and the intervals of participants that
 * no edge and no attribution touches: `x = mint + P x + webbing`. A row is a contribution (0 to `bases`, newest first, so that
 * one sweep follows replies back in time), or a participant's interval (by participant, then by interval).
 */
export interface Chain {
  readonly bases: number;
  readonly nodeOfRow: Int32Array;
  /** By node; -1 for participants' nodes. */
  readonly rowOfNode: Int32Array;
  /** Participant of a node; -1: none. */
  readonly participantOfNode: Int32Array;
  /** By row from `bases` on, less `bases`: participant x number of intervals + interval. */
  readonly epochs: Int32Array;
  /** First row of each participant, and the end. */
  readonly firstRow: Int32Array;
  /** What comes in, by row: entries `start[row]` to `start[row + 1]`; without what a row gives to itself, which is in `self`. */
  readonly start: Int32Array;
  readonly from: Int32Array;
  readonly probability: Float64Array;
  readonly self: Float64Array;
  readonly minted: Float64Array;
  readonly totalMint: number;
  /** By row: sum of the weights of edges that go out. */
  readonly outWeight: Float64Array;
  /** By row from `bases` on, less `bases`: part attributed to others. */
  readonly attributed: Float64Array;
  readonly parts: readonly AttributedPart[];
  /** By edge: rows of its ends. */
  readonly sourceRow: Int32Array;
  readonly targetRow: Int32Array;
}

/**
 * Checks everything and makes the rows. Throws InvalidInputError: what the checks of parameters, intervals, participants and
 * attributions throw; `cred-mint-none` when no contribution mints; `cred-edge-outside`; `cred-weight-invalid` for edges that weigh more
 * than a double can hold.
 */
export function chainOf(input: CredInput): Chain {
  const { graph, participants, intervals, parameters } = input;
  checkParameters(parameters);
  checkIntervals(intervals);
  const indexOf = indexParticipants(participants);
  const parts = attributedParts(input.attributions, indexOf, intervals);
  const participantOfNode = new Int32Array(graph.nodeIds.length).fill(-1);
  for (const [p, { nodeId }] of participants.entries()) {
    const node = graph.nodeIndex.get(nodeId);
    if (node !== undefined) participantOfNode[node] = p;
  }
  const nodeOfRow = newestFirst(graph, participantOfNode);
  const bases = nodeOfRow.length;
  const rowOfNode = new Int32Array(graph.nodeIds.length).fill(-1);
  const minted = new Float64Array(bases);
  for (let row = 0; row < bases; row += 1) {
    rowOfNode[nodeOfRow[row]!] = row;
    minted[row] = graph.mint[nodeOfRow[row]!]!;
  }
  const totalMint = sumOf(minted);
  if (!(totalMint > 0 && totalMint < Infinity)) {
    throw new InvalidInputError(
      'cred-mint-none',
      `Contributions mint ${totalMint} together; accepted: above 0, and what a double can hold.`,
    );
  }
  const { sourceRow, targetRow, epochs, firstRow, rowOfEpoch } = rowsOfEdges(
    input,
    { bases, rowOfNode, participantOfNode },
    parts,
  );
  const rows = bases + epochs.length;

  const outWeight = new Float64Array(rows);
  const { forward, backward } = graph;
  const edges = forward.length;
  const start = new Int32Array(rows + 1);
  for (let e = 0; e < edges; e += 1) {
    const a = sourceRow[e]!;
    const b = targetRow[e]!;
    if (forward[e]! > 0) outWeight[a]! += forward[e]!;
    if (backward[e]! > 0) outWeight[b]! += backward[e]!;
    if (a === b) continue;
    if (forward[e]! > 0) start[b]! += 1;
    if (backward[e]! > 0) start[a]! += 1;
  }
  // Of a weight that no double holds every part is nothing: cred would be lost, and nobody told.
  const beyond = outWeight.findIndex((weight) => !(weight < Infinity));
  if (beyond >= 0) throw weightBeyond(outWeight[beyond]!);
  const rowOf = (p: number, k: number): number => rowOfEpoch[p * intervals.length + k]!;
  for (const { from, to, interval } of parts) if (from !== to) start[rowOf(to, interval)]! += 1;
  // `start` holds counts; now ends, from which each entry steps back, so that starts are left.
  for (let row = 1; row <= rows; row += 1) start[row]! += start[row - 1]!;
  const from = new Int32Array(start[rows]!);
  const probability = new Float64Array(start[rows]!);
  const self = new Float64Array(rows);
  const attributed = new Float64Array(epochs.length);
  for (let i = parts.length - 1; i >= 0; i -= 1) {
    const part = parts[i]!;
    const [a, b] = [rowOf(part.from, part.interval), rowOf(part.to, part.interval)];
    // Parts that are the whole can add up to a little more, and nobody keeps less than nothing.
    attributed[a - bases] = Math.min(1, attributed[a - bases]! + part.part);
    if (a === b) self[a]! += parameters.beta * part.part;
    else {
      const at = (start[b]! -= 1);
      from[at] = a;
      probability[at] = parameters.beta * part.part;
    }
  }
  const baseSpread = 1 - parameters.alpha;
  const epochSpread = spreadOf(parameters);
  for (let e = edges - 1; e >= 0; e -= 1) {
    const a = sourceRow[e]!;
    const b = targetRow[e]!;
    if (forward[e]! > 0) {
      const share = (forward[e]! / outWeight[a]!) * (a < bases ? baseSpread : epochSpread);
      if (a === b) self[a]! += share;
      else {
        const at = (start[b]! -= 1);
        from[at] = a;
        probability[at] = share;
      }
    }
    if (backward[e]! > 0) {
      const share = (backward[e]! / outWeight[b]!) * (b < bases ? baseSpread : epochSpread);
      if (a === b) self[b]! += share;
      else {
        const at = (start[a]! -= 1);
        from[at] = b;
        probability[at] = share;
      }
    }
  }
  return {
    bases,
    nodeOfRow,
    rowOfNode,
    participantOfNode,
    epochs,
    firstRow,
    start,
    from,
    probability,
    self,
    minted,
    totalMint,
    outWeight,
    attributed,
    parts,
    sourceRow,
    targetRow,
  };
}

const weightBeyond = (found: number): InvalidInputError =>
  new InvalidInputError(
    'cred-weight-invalid',
    `Edges with rules of weight: found ${found} for all that lead away from one node; accepted: weights that a double can add up.`,
    { found: String(found) },
  );

export function sumOf(column: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < column.length; i += 1) sum += column[i]!;
  return sum;
}

/** Nodes that are no participant's: without time first, then the latest; of one time the later in the graph first. */
function newestFirst({ nodeTime }: CredGraph, participantOfNode: Int32Array): Int32Array {
  const nodes = new Int32Array(nodeTime.length);
  let count = 0;
  let sorted = true;
  let last = Infinity;
  for (let node = nodeTime.length - 1; node >= 0; node -= 1) {
    if (participantOfNode[node]! >= 0) continue;
    nodes[count++] = node;
    const time = nodeTime[node]!;
    const key = Number.isNaN(time) ? Infinity : time;
    if (key > last) sorted = false;
    last = key;
  }
  const rows = nodes.subarray(0, count);
  if (sorted) return rows;
  const keyOf = (node: number): number => (Number.isNaN(nodeTime[node]) ? Infinity : nodeTime[node]!);
  return rows.sort((a, b) => (keyOf(b) === keyOf(a) ? b - a : keyOf(b) > keyOf(a) ? 1 : -1));
}

interface Ends {
  readonly bases: number;
  readonly rowOfNode: Int32Array;
  readonly participantOfNode: Int32Array;
}

/** Rows of the ends of all edges, and which intervals of which participants have a row at all. */
function rowsOfEdges(
  { graph, participants, intervals, outside = 'refuse' }: CredInput,
  { bases, rowOfNode, participantOfNode }: Ends,
  parts: readonly AttributedPart[],
): {
  readonly sourceRow: Int32Array;
  readonly targetRow: Int32Array;
  readonly epochs: Int32Array;
  readonly firstRow: Int32Array;
  readonly rowOfEpoch: Int32Array;
} {
  const { source, target, edgeTime, forward, backward } = graph;
  const count = intervals.length;
  const starts = Float64Array.from(intervals, ({ start }) => start);
  const end = intervals[count - 1]!.end;
  const rowOfEpoch = new Int32Array(participants.length * count).fill(-1);
  const sourceRow = new Int32Array(source.length);
  const targetRow = new Int32Array(source.length);
  // First -2 - epoch for a participant's end; the row when it is known which epochs have one.
  let interval = -1;
  for (let e = 0; e < source.length; e += 1) {
    const p = participantOfNode[source[e]!]!;
    const q = participantOfNode[target[e]!]!;
    if (p < 0 && q < 0) {
      sourceRow[e] = rowOfNode[source[e]!]!;
      targetRow[e] = rowOfNode[target[e]!]!;
      continue;
    }
    const time = edgeTime[e]!;
    if (outside === 'refuse' && (time < starts[0]! || time > end)) {
      throw new InvalidInputError(
        'cred-edge-outside',
        `Edge ${graph.edgeIds[e]}: found time ${time}; accepted: ${starts[0]} to ${end}, or \`outside: 'nearest'\`.`,
        { id: graph.edgeIds[e]! },
      );
    }
    interval = lastBefore(starts, time, interval);
    const k = interval < 0 ? 0 : interval; // a time on the very first start
    const touched = forward[e]! > 0 || backward[e]! > 0;
    if (touched && p >= 0) rowOfEpoch[p * count + k] = 0;
    if (touched && q >= 0) rowOfEpoch[q * count + k] = 0;
    sourceRow[e] = p < 0 ? rowOfNode[source[e]!]! : -2 - (p * count + k);
    targetRow[e] = q < 0 ? rowOfNode[target[e]!]! : -2 - (q * count + k);
  }
  for (const { from, to, interval: k } of parts) {
    rowOfEpoch[from * count + k] = 0;
    rowOfEpoch[to * count + k] = 0;
  }
  const firstRow = new Int32Array(participants.length + 1);
  let rows = bases;
  for (let p = 0; p < participants.length; p += 1) {
    firstRow[p] = rows;
    for (let epoch = p * count; epoch < (p + 1) * count; epoch += 1) {
      if (rowOfEpoch[epoch] === 0) rowOfEpoch[epoch] = rows++;
    }
  }
  firstRow[participants.length] = rows;
  const epochs = new Int32Array(rows - bases);
  for (let epoch = 0; epoch < rowOfEpoch.length; epoch += 1) {
    if (rowOfEpoch[epoch]! >= 0) epochs[rowOfEpoch[epoch]! - bases] = epoch;
  }
  for (let e = 0; e < source.length; e += 1) {
    if (sourceRow[e]! < -1) sourceRow[e] = rowOfEpoch[-2 - sourceRow[e]!]!;
    if (targetRow[e]! < -1) targetRow[e] = rowOfEpoch[-2 - targetRow[e]!]!;
  }
  return { sourceRow, targetRow, epochs, firstRow, rowOfEpoch };
}
