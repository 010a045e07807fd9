import type { GraphColumns } from '../../core/scoring/cred/columns.ts';
import type { CredScores, WarmStart } from '../../core/scoring/cred/solve.ts';

/** A solution as it is stored, for the next one to begin from: of the same graph with more in it. */
export interface StoredSolution {
  readonly scale: number;
  /** Cred of contributions by number of node, less 1; NaN: none. */
  readonly contributions: Float64Array;
  readonly persons: readonly string[];
  /** Starts of intervals, milliseconds. */
  readonly intervals: readonly number[];
  /** By person, then by interval. */
  readonly epochs: Float64Array;
}

export function storedSolution(
  { input, contribution, epoch, scale }: CredScores,
  { nodes }: GraphColumns,
): StoredSolution {
  const contributions = new Float64Array(nodes.name.length).fill(Number.NaN);
  for (const [number, name] of nodes.name.entries()) {
    const node = nodes.there[number] === 1 ? input.graph.nodeIndex.get(name) : undefined;
    if (node !== undefined) contributions[number] = contribution[node]!;
  }
  return {
    scale,
    contributions,
    persons: input.participants.map(({ id }) => id),
    intervals: input.intervals.map(({ start }) => start),
    epochs: epoch,
  };
}

/** What a solver needs of it to begin there. Numbers of nodes stay, so names come from the graph as it is now. */
export function warmStart(
  { scale, contributions, persons, intervals, epochs }: StoredSolution,
  { nodes }: GraphColumns,
): WarmStart {
  const index = new Map<string, number>();
  for (const [number, name] of nodes.name.entries()) {
    if (number < contributions.length && !Number.isNaN(contributions[number])) index.set(name, number);
  }
  return {
    reached: true,
    scale,
    contribution: contributions,
    epoch: epochs,
    input: {
      graph: { nodeIndex: index },
      participants: persons.map((id) => ({ id })),
      intervals: intervals.map((start) => ({ start })),
    },
  };
}
