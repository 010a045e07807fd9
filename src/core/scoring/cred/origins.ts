import { scoreOfRow } from './explain.ts';
import type { CredScores } from './solve.ts';
import { selfOf, solveIntervals } from './webbing.ts';

/**
 * A participant's cred of every interval, divided by where it came from: `groupOf` gives the group of a row that gave, 0 to before
 * `groups`. Index: group, then interval; `null` for a group that gave nothing. Together they are `scores.cred` of the participant, but for
 * rounding. As in `explainParticipant` webbing is resolved, and what the participant gave to itself is no origin.
 */
export function credByOrigin(
  scores: CredScores,
  participant: number,
  { groups, groupOf }: { readonly groups: number; readonly groupOf: (row: number) => number },
): readonly (Float64Array | null)[] {
  const { chain, input } = scores;
  const { bases, start, from, probability, firstRow, epochs, attributed } = chain;
  const { gammaForward, gammaBackward, beta } = input.parameters;
  const count = input.intervals.length;
  const [first, end] = [firstRow[participant]!, firstRow[participant + 1]!];
  const arrivals = Array<Float64Array | null>(groups).fill(null);
  const kept = new Float64Array(count).fill(beta);
  for (let row = first; row < end; row += 1) {
    const k = epochs[row - bases]! - participant * count;
    kept[k] = beta * (1 - attributed[row - bases]!);
    for (let at = start[row]!; at < start[row + 1]!; at += 1) {
      const giver = from[at]!;
      if (giver >= first && giver < end) continue;
      const came = (arrivals[groupOf(giver)] ??= new Float64Array(count));
      came[k]! += scoreOfRow(scores, giver) * probability[at]!;
    }
  }
  const self = selfOf(input.parameters, chain, participant, count);
  return arrivals.map((came) => {
    if (came === null) return null;
    const cred = new Float64Array(count);
    solveIntervals(gammaForward, gammaBackward, came, self, cred);
    for (let k = 0; k < count; k += 1) cred[k]! *= kept[k]!;
    return cred;
  });
}
