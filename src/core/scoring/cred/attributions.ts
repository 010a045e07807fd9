import { InvalidInputError } from '../../errors.ts';
import { decimalOf, sumOf } from '../../money/rational.ts';
import type { CredInterval } from './intervals.ts';

export interface CredParticipant {
  readonly id: string;
  /** Its node; need not be one of the graph. */
  readonly nodeId: string;
}

/** Parts of its cred that a participant leaves to others. */
export interface PersonalAttribution {
  readonly from: string;
  readonly recipients: readonly {
    readonly to: string;
    /** In the order of time. The last one that starts at or before an interval's start is in force in it; before the first, 0. */
    readonly proportions: readonly { readonly timestampMs: number; readonly value: number }[];
  }[];
}

/** `part` of what `from` has in interval `interval` goes to `to`; above 0. */
export interface AttributedPart {
  readonly from: number;
  readonly to: number;
  readonly interval: number;
  readonly part: number;
}

/** Indexes of participants by id. Throws InvalidInputError `cred-participant-duplicate` for an id, or a node, of two. */
export function indexParticipants(participants: readonly CredParticipant[]): Map<string, number> {
  const index = new Map<string, number>();
  const nodes = new Set<string>();
  for (const { id, nodeId } of participants) {
    if (index.has(id) || nodes.has(nodeId)) {
      throw new InvalidInputError(
        'cred-participant-duplicate',
        `Participant ${id} with node ${nodeId}: found one of them before; accepted: ids and nodes that differ.`,
        { id, nodeId },
      );
    }
    index.set(id, index.size);
    nodes.add(nodeId);
  }
  return index;
}

/**
 * What is in force in each interval, in the order given. Throws InvalidInputError `cred-attribution-unknown` (no such
 * participant), `cred-attribution-duplicate` (two records from one, or two recipients equal), `cred-attribution-invalid` (a
 * proportion outside 0 to 1, times out of order, more than the whole in an interval: of the decimals as they are written, so that
 * 0.2, 0.4, 0.3 and 0.1 are the whole in any order).
 */
export function attributedParts(
  attributions: readonly PersonalAttribution[],
  participants: ReadonlyMap<string, number>,
  intervals: readonly CredInterval[],
): AttributedPart[] {
  const parts: AttributedPart[] = [];
  const givers = new Set<string>();
  const indexOf = (id: string): number => {
    const index = participants.get(id);
    if (index !== undefined) return index;
    throw new InvalidInputError(
      'cred-attribution-unknown',
      `Attribution: ${id} is no participant; accepted: ids of participants.`,
      { id },
    );
  };
  for (const { from, recipients } of attributions) {
    if (givers.has(from)) throw duplicateError(from, from);
    givers.add(from);
    const giver = indexOf(from);
    const takers = new Set<string>();
    const sums = new Float64Array(intervals.length);
    const begun = parts.length;
    for (const { to, proportions } of recipients) {
      if (takers.has(to)) throw duplicateError(from, to);
      takers.add(to);
      const taker = indexOf(to);
      for (const [i, { timestampMs, value }] of proportions.entries()) {
        if (!(value >= 0 && value <= 1)) throw invalidError(from, `a proportion of ${value}`);
        if (!Number.isSafeInteger(timestampMs) || timestampMs < (proportions[i - 1]?.timestampMs ?? -Infinity)) {
          throw invalidError(from, `time ${timestampMs} out of order`);
        }
      }
      let next = 0;
      for (const [k, { start }] of intervals.entries()) {
        while (next < proportions.length && proportions[next]!.timestampMs <= start) next += 1;
        const part = next === 0 ? 0 : proportions[next - 1]!.value;
        if (part === 0) continue;
        sums[k]! += part;
        parts.push({ from: giver, to: taker, interval: k, part });
      }
    }
    // Sums of doubles can be above 1 by rounding only.
    const isAbove = (interval: number): boolean => {
      const own = parts.slice(begun).filter((one) => one.interval === interval);
      const { numerator, denominator } = sumOf(own.map(({ part }) => decimalOf(part)));
      return numerator > denominator;
    };
    const above = sums.findIndex((sum, interval) => sum > 1 && isAbove(interval));
    if (above >= 0) throw invalidError(from, `proportions that add up to ${sums[above]} in interval ${above}`);
  }
  return parts;
}

const invalidError = (from: string, found: string): InvalidInputError =>
  new InvalidInputError(
    'cred-attribution-invalid',
    `Attribution from ${from}: found ${found}; accepted: proportions from 0 to 1 in the order of time, at most 1 together.`,
    { from },
  );

const duplicateError = (from: string, to: string): InvalidInputError =>
  new InvalidInputError(
    'cred-attribution-duplicate',
    `Attribution from ${from}: found ${to} twice; accepted: one record from each, one entry for each recipient.`,
    { from, to },
  );
