import { InvalidInputError } from '../../errors.ts';
import { addressOf, checkPrefix, isBelow } from './address.ts';
import type { CredEdge, CredNode } from './graph.ts';
import type { CredInterval } from './intervals.ts';

/** In force in the intervals that start at `startMs` or later, until the next. */
export interface Period {
  readonly startMs: number;
  readonly value: number;
}

/** At most so much is minted in an interval by nodes under `prefix`. Before the first period there is no limit. */
export interface MintBudget {
  readonly prefix: string;
  readonly periods: readonly Period[];
}

/** A node that gets a part of all that is minted in an interval, on top. Before the first period that is nothing. */
export interface Dependency {
  /** Id of its node. */
  readonly recipient: string;
  readonly periods: readonly Period[];
}

/**
 * What nodes mint within the budgets: those under a prefix, in an interval, all by the same part less. Nodes without time, or
 * with one in no interval, are not touched. Throws InvalidInputError `cred-periods-invalid` (out of order, negative),
 * `cred-budget-overlap` (a prefix of another prefix).
 */
export function applyBudgets(
  nodes: readonly { readonly address: string; readonly timestampMs: number | null; readonly mint: number }[],
  budgets: readonly MintBudget[],
  intervals: readonly CredInterval[],
): number[] {
  for (const [i, { prefix }] of budgets.entries()) {
    checkPrefix(prefix);
    const other = budgets.findIndex((one, j) => i !== j && isBelow(one.prefix, prefix));
    if (other < 0) continue;
    throw new InvalidInputError(
      'cred-budget-overlap',
      `Budgets of ${JSON.stringify(prefix)} and ${JSON.stringify(budgets[other]!.prefix)} hold for the same nodes; accepted: prefixes apart.`,
    );
  }
  const mints = nodes.map(({ mint }) => mint);
  const places = nodes.map(({ timestampMs }) => intervalOf(intervals, timestampMs));
  for (const { prefix, periods } of budgets) {
    checkPeriods(periods, `Budget of ${JSON.stringify(prefix)}`);
    const sums = new Float64Array(intervals.length);
    const inside = places.map((k, i) => (isBelow(nodes[i]!.address, prefix) ? k : -1));
    for (const [i, k] of inside.entries()) if (k >= 0) sums[k]! += mints[i]!;
    const limits = intervals.map(({ start }) => inForce(periods, start, Infinity));
    for (const [i, k] of inside.entries()) {
      if (k >= 0 && sums[k]! > limits[k]!) mints[i]! *= limits[k]! / sums[k]!;
    }
  }
  return mints;
}

/**
 * What each dependency mints in each interval: its weight times what all nodes with a time in it mint. Bonuses do not add to
 * each other. Throws InvalidInputError `cred-periods-invalid`.
 */
export function bonusMints(
  nodes: readonly { readonly timestampMs: number | null; readonly mint: number }[],
  dependencies: readonly Dependency[],
  intervals: readonly CredInterval[],
): number[][] {
  const sums = new Float64Array(intervals.length);
  for (const { timestampMs, mint } of nodes) {
    const k = intervalOf(intervals, timestampMs);
    if (k >= 0) sums[k]! += mint;
  }
  return dependencies.map(({ recipient, periods }) => {
    checkPeriods(periods, `Bonus of ${recipient}`);
    return intervals.map(({ start }, k) => inForce(periods, start, 0) * sums[k]!);
  });
}

/** How the addresses of nodes that mint bonuses begin. */
export const bonusPrefix = 'dependency-bonus';

/**
 * The nodes that mint these bonuses, each with an edge to its dependency. Both have the time of the interval's start: by the rule
 * for times on a boundary a participant gets the bonus in the interval before, as in the reference.
 */
export function bonusGraph(
  nodes: readonly { readonly timestampMs: number | null; readonly mint: number }[],
  dependencies: readonly Dependency[],
  intervals: readonly CredInterval[],
): { readonly nodes: CredNode[]; readonly edges: CredEdge[] } {
  const added: { nodes: CredNode[]; edges: CredEdge[] } = { nodes: [], edges: [] };
  for (const [d, mints] of bonusMints(nodes, dependencies, intervals).entries()) {
    const { recipient } = dependencies[d]!;
    for (const [k, mint] of mints.entries()) {
      if (mint === 0) continue;
      const { start } = intervals[k]!;
      const id = addressOf([bonusPrefix, String(start), recipient]);
      added.nodes.push({ id, timestampMs: start, mint });
      added.edges.push({ id, src: id, dst: recipient, timestampMs: start, forward: 1, backward: 0 });
    }
  }
  return added;
}

/** The interval that holds `time`; -1: none. */
function intervalOf(intervals: readonly CredInterval[], time: number | null): number {
  if (time === null) return -1;
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (intervals[middle]!.end <= time) low = middle + 1;
    else high = middle;
  }
  return low < intervals.length && intervals[low]!.start <= time ? low : -1;
}

function inForce(periods: readonly Period[], start: number, before: number): number {
  return periods.findLast(({ startMs }) => startMs <= start)?.value ?? before;
}

function checkPeriods(periods: readonly Period[], whose: string): void {
  for (const [i, { startMs, value }] of periods.entries()) {
    if (value >= 0 && value < Infinity && startMs > (periods[i - 1]?.startMs ?? -Infinity)) continue;
    throw new InvalidInputError(
      'cred-periods-invalid',
      `${whose}: found ${value} from ${startMs} on, as number ${i + 1}; accepted: 0 or more, each later than the one before.`,
    );
  }
}
