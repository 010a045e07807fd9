import type { Chain } from './chain.ts';
import type { CredParameters } from './parameters.ts';

/**
 * What webbing does over stretches of intervals in which nothing but webbing reaches a participant: they are eliminated, so that
 * only intervals with edges cost anything. Index: how many intervals the stretch has.
 */
export interface Webbing {
  /** What goes from one interval through the stretch to the one after it, and the other way. */
  readonly onward: Float64Array;
  readonly back: Float64Array;
  /** What goes into the stretch and returns: to the interval before it, to the one after it. */
  readonly returnsBefore: Float64Array;
  readonly returnsAfter: Float64Array;
  /** The same where the stretch ends at the first or the last interval of all, and what would leave stays. */
  readonly returnsFromStart: Float64Array;
  readonly returnsFromEnd: Float64Array;
}

/** For stretches of 0 to `count - 1` intervals. Each is the one before with one more interval, which is eliminated in turn. */
export function webbingOf({ gammaForward, gammaBackward }: CredParameters, count: number): Webbing {
  const column = (first: number): Float64Array => new Float64Array(count).fill(first, 0, 1);
  const webbing: Webbing = {
    onward: column(gammaForward),
    back: column(gammaBackward),
    returnsBefore: column(0),
    returnsAfter: column(0),
    returnsFromStart: column(gammaBackward),
    returnsFromEnd: column(gammaForward),
  };
  const { onward, back, returnsBefore, returnsAfter, returnsFromStart, returnsFromEnd } = webbing;
  const both = gammaForward * gammaBackward;
  for (let n = 1; n < count; n += 1) {
    const visits = 1 / (1 - returnsAfter[n - 1]!);
    onward[n] = onward[n - 1]! * gammaForward * visits;
    back[n] = back[n - 1]! * gammaBackward * visits;
    returnsBefore[n] = returnsBefore[n - 1]! + onward[n - 1]! * back[n - 1]! * visits;
    returnsAfter[n] = both * visits;
    returnsFromStart[n] = both / (1 - returnsFromStart[n - 1]!);
    returnsFromEnd[n] = both / (1 - returnsFromEnd[n - 1]!);
  }
  return webbing;
}

/**
 * Solves one participant's intervals, into `scores`: `onward` and `back` is what an interval gives to the next and to the one
 * before, `self` what it gives to itself, `arrivals` what comes from elsewhere. Elimination forward, substitution backward; all
 * terms are positive, so nothing cancels.
 */
export function solveIntervals(
  onward: number,
  back: number,
  arrivals: Float64Array,
  self: Float64Array,
  scores: Float64Array,
): void {
  const last = arrivals.length - 1;
  const backs = new Float64Array(arrivals.length);
  for (let k = 0; k <= last; k += 1) {
    const pivot = 1 - self[k]! - (k === 0 ? 0 : onward * backs[k - 1]!);
    backs[k] = back / pivot;
    scores[k] = (arrivals[k]! + (k === 0 ? 0 : onward * scores[k - 1]!)) / pivot;
  }
  for (let k = last - 1; k >= 0; k -= 1) scores[k]! += backs[k]! * scores[k + 1]!;
}

/** What each of a participant's intervals gives to itself, by webbing at both ends and, where it has a row, otherwise. */
export function selfOf(
  { gammaForward, gammaBackward }: CredParameters,
  { bases, self, epochs, firstRow }: Pick<Chain, 'bases' | 'self' | 'epochs' | 'firstRow'>,
  participant: number,
  count: number,
): Float64Array {
  const given = new Float64Array(count);
  for (let row = firstRow[participant]!; row < firstRow[participant + 1]!; row += 1) {
    given[epochs[row - bases]! - participant * count] = self[row]!;
  }
  given[0]! += gammaBackward;
  given[count - 1]! += gammaForward;
  return given;
}
