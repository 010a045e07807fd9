import { type CredEnd, edgeFlow, intervalOfRow, participantOf, rowOfContribution, scoreOfRow } from './explain.ts';
import type { CredScores } from './solve.ts';

/** All that goes between a contribution or a participant and another one, one way. */
export interface NeighbourFlow {
  readonly end: Pick<CredEnd, 'kind' | 'id'>;
  readonly cred: number;
  /** How many edges, each way of an edge counted; 0: by personal attribution alone. */
  readonly edges: number;
  /** The one that carries most; `null`: by personal attribution alone. */
  readonly edge: string | null;
  readonly direction: 'forward' | 'backward';
}

/**
 * What goes through a contribution, or a participant in all intervals together (webbing only moves it between them, and cancels):
 * passed = minted + incoming = kept + outgoing + returned, but for rounding.
 */
export interface Passing {
  readonly passed: number;
  readonly minted: number;
  readonly incoming: readonly NeighbourFlow[];
  /** What a participant keeps, its cred. */
  readonly kept: number;
  readonly outgoing: readonly NeighbourFlow[];
  readonly returned: number;
}

/** Throws NotFoundError `cred-contribution-unknown`. */
export function throughContribution(scores: CredScores, id: string): Passing {
  const { chain, input } = scores;
  const row = rowOfContribution(scores, id);
  const passed = scoreOfRow(scores, row);
  return {
    passed,
    minted: chain.minted[row]! * scores.scale,
    ...sides(scores, row, row + 1),
    kept: 0,
    returned: chain.outWeight[row] === 0 ? passed : passed * input.parameters.alpha,
  };
}

/** Throws NotFoundError `cred-participant-unknown`. */
export function throughParticipant(scores: CredScores, id: string): Passing {
  const { chain, input } = scores;
  const { alpha, beta, gammaForward, gammaBackward } = input.parameters;
  const count = input.intervals.length;
  const p = participantOf(scores, id);
  const [first, end] = [chain.firstRow[p]!, chain.firstRow[p + 1]!];
  const spreading = new Set<number>();
  for (let row = first; row < end; row += 1) if (chain.outWeight[row]! > 0) spreading.add(intervalOfRow(scores, row));
  let [kept, returned] = [0, 0];
  for (let k = 0; k < count; k += 1) {
    kept += scores.cred[p * count + k]!;
    returned += scores.epoch[p * count + k]! * (spreading.has(k) ? alpha : 1 - beta - gammaForward - gammaBackward);
  }
  const { incoming, outgoing } = sides(scores, first, end);
  return { passed: incoming.reduce((sum, { cred }) => sum + cred, 0), minted: 0, incoming, kept, outgoing, returned };
}

/** Flows into the rows `first` to before `end`, and out of them, by neighbour; what a participant gives to itself is none. */
function sides(
  scores: CredScores,
  first: number,
  end: number,
): { readonly incoming: NeighbourFlow[]; readonly outgoing: NeighbourFlow[] } {
  const { chain, input } = scores;
  const { bases, sourceRow, targetRow, parts } = chain;
  const { forward, backward, edgeIds } = input.graph;
  const count = input.intervals.length;
  type Sum = { cred: number; edges: number; most: number; edge: number; direction: 'forward' | 'backward' };
  const [incoming, outgoing] = [new Map<number, Sum>(), new Map<number, Sum>()];
  /** A contribution by its row, a participant by what follows them. */
  const placeOf = (row: number): number => (row < bases ? row : bases + Math.floor(chain.epochs[row - bases]! / count));
  const add = (
    sums: Map<number, Sum>,
    place: number,
    cred: number,
    edge: number,
    direction: Sum['direction'],
  ): void => {
    let sum = sums.get(place);
    if (sum === undefined) sums.set(place, (sum = { cred: 0, edges: 0, most: -1, edge: -1, direction: 'forward' }));
    sum.cred += cred;
    if (edge < 0) return;
    sum.edges += 1;
    if (cred <= sum.most) return;
    [sum.most, sum.edge, sum.direction] = [cred, edge, direction];
  };
  const within = (row: number): boolean => row >= first && row < end;
  for (let e = 0; e < forward.length; e += 1) {
    const [source, target] = [sourceRow[e]!, targetRow[e]!];
    if (within(source) ? within(target) && source >= bases : !within(target)) continue;
    const flow = edgeFlow(scores, e);
    for (const [from, to, weight, direction] of [
      [source, target, forward[e]!, 'forward'],
      [target, source, backward[e]!, 'backward'],
    ] as const) {
      if (weight === 0) continue;
      if (within(to)) add(incoming, placeOf(from), flow[direction], e, direction);
      if (within(from)) add(outgoing, placeOf(to), flow[direction], e, direction);
    }
  }
  const own = first < bases || first === end ? -1 : placeOf(first) - bases;
  for (const { from, to, interval, part } of own < 0 ? [] : parts) {
    if (from === to) continue;
    const cred = scores.epoch[from * count + interval]! * input.parameters.beta * part;
    if (to === own) add(incoming, bases + from, cred, -1, 'forward');
    if (from === own) add(outgoing, bases + to, cred, -1, 'forward');
  }
  const listOf = (sums: ReadonlyMap<number, Sum>): NeighbourFlow[] =>
    [...sums].map(([place, { cred, edges, edge, direction }]) => ({
      end:
        place < bases
          ? { kind: 'contribution', id: input.graph.nodeIds[chain.nodeOfRow[place]!]! }
          : { kind: 'participant', id: input.participants[place - bases]!.id },
      cred,
      edges,
      edge: edge < 0 ? null : edgeIds[edge]!,
      direction,
    }));
  return { incoming: listOf(incoming), outgoing: listOf(outgoing) };
}
