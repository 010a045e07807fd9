import { InvalidInputError } from '../../errors.ts';
import { type Chain, chainOf, type CredInput, sumOf } from './chain.ts';
import { Extrapolation } from './extrapolation.ts';
import { checkTrapped, trappedError } from './trapped.ts';
import { selfOf, solveIntervals, type Webbing, webbingOf } from './webbing.ts';

export interface CredScores {
  readonly input: CredInput;
  readonly chain: Chain;
  /** Cred of participant p in interval k, at `p x number of intervals + k`. All of them add up to `totalMint`. */
  readonly cred: Float64Array;
  /** Cred of a contribution, by node; 0 for participants' nodes. */
  readonly contribution: Float64Array;
  /** What a participant has in an interval before it is divided between cred and what goes on; index as in `cred`. */
  readonly epoch: Float64Array;
  readonly totalMint: number;
  /** False: no cred reaches any participant; then every score is 0. */
  readonly reached: boolean;
  /** What a unit of the chain is in cred. */
  readonly scale: number;
  readonly sweeps: number;
  /** How far any cred may be from the exact one before rounding, as a part of `totalMint`. */
  readonly bound: number;
}

export interface SolveOptions {
  /** An earlier solution, of a graph that may differ: sweeps begin there. Nodes are found by id, intervals by their start. */
  readonly warm?: WarmStart;
  readonly maxSweeps?: number;
}

/** What of an earlier solution a new one begins with; all of it is one. */
export interface WarmStart extends Pick<CredScores, 'reached' | 'scale' | 'contribution' | 'epoch'> {
  readonly input: {
    readonly graph: Pick<CredInput['graph'], 'nodeIndex'>;
    readonly participants: readonly { readonly id: string }[];
    readonly intervals: readonly { readonly start: number }[];
  };
}

/** As a part of `totalMint`: well below what is lost in comparing scores to 9 digits. */
const boundWanted = 2e-13;
/** Where rounding lets sweeps come no nearer than this, scores are refused. */
const boundAccepted = 1e-9;
/** What rounding leaves uncertain, as a part of all that is in the chain: a few units in the last place. */
const roundingFloor = 4 * Number.EPSILON;
/** After so many, cred goes round among contributions, and they are guessed as well, though that costs more a sweep. */
const slowSweeps = 60;

/**
 * Solves the chain, exactly but for rounding: sweeps over the rows, each with what the others are now (Gauss-Seidel), where a
 * participant's intervals are solved together; between sweeps, a guess where they lead. Only `+ - * /` in a fixed order, so the
 * same input gives the same bits.
 *
 * When to stop is no guess. What a sweep changes is all that is still on its way, so no cred is farther from its place than the
 * sum of changes: together with what that does to the scale, it ends below 2e-13 of the total.
 *
 * Throws InvalidInputError: what `chainOf` throws, `cred-trapped`, and `cred-not-converged` after `maxSweeps` (10,000).
 */
export function solveCred(input: CredInput, options: SolveOptions = {}): CredScores {
  return solveChain(input, chainOf(input), options);
}

/** `solveCred` where the chain of `input` has been made. */
export function solveChain(input: CredInput, chain: Chain, options: SolveOptions = {}): CredScores {
  const steps = sweepsOf(input, chain, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** How far a solver is: `bound` is a part of `totalMint`. */
export interface SolveProgress {
  readonly sweeps: number;
  readonly bound: number;
}

/** `solveCred`, sweep by sweep, for whoever shows how far it is or may want to stop. */
export function* solveSteps(
  input: CredInput,
  options: SolveOptions = {},
): Generator<SolveProgress, CredScores, undefined> {
  return yield* sweepsOf(input, chainOf(input), options);
}

function* sweepsOf(
  input: CredInput,
  chain: Chain,
  { warm, maxSweeps = 10_000 }: SolveOptions,
): Generator<SolveProgress, CredScores, undefined> {
  checkTrapped(input, chain);
  const system = systemOf(input, chain);
  const x = new Float64Array(chain.outWeight.length);
  if (warm !== undefined) startFrom(warm, input, chain, x);
  let guessed = x.subarray(chain.bases);
  let before = new Float64Array(guessed.length);
  let extrapolation = new Extrapolation(guessed.length);
  let bound = Infinity;
  let last = Infinity;
  let [plain, failures] = [0, 0];
  let support = -1;
  let sweeps = 0;
  for (;;) {
    if (sweeps === maxSweeps) {
      throw new InvalidInputError(
        'cred-not-converged',
        `After ${sweeps} sweeps scores may still be wrong by ${bound} of the total; accepted: larger alpha or beta, or more sweeps.`,
        { sweeps: String(sweeps), bound: String(bound) },
      );
    }
    if (sweeps === slowSweeps) {
      guessed = x;
      before = new Float64Array(x.length);
      extrapolation = new Extrapolation(x.length);
    }
    before.set(guessed);
    const { changed, paid, held } = sweep(chain, system, x);
    sweeps += 1;
    // Once for what is still on its way, once for what all are scaled by.
    bound = paid > 0 ? (2 * changed) / paid : Infinity;
    if (bound <= boundWanted) return { ...scoresOf(input, chain, x), sweeps, bound };
    yield { sweeps, bound };
    const settled = changed <= roundingFloor * held;
    if (settled) {
      // Now also with what is paid out in intervals without a row.
      const scores = scoresOf(input, chain, x);
      bound = scores.reached ? (2 * changed * scores.scale) / chain.totalMint : Infinity;
      if (bound <= boundAccepted) return { ...scores, sweeps, bound };
      const positive = countPositive(x);
      if (!scores.reached && positive === support) return { ...scores, sweeps, bound: 0 };
      support = positive;
    }
    // Plain sweeps always come nearer in the end; a guess may not, and then there is none for a while, each time longer.
    if (settled) plain = 1;
    else if (plain > 0) plain -= 1;
    else if (changed > last) {
      extrapolation.forget();
      plain = failures = 2 * failures + 1;
    } else extrapolation.guess(before, guessed);
    last = changed;
  }
}

/** Where it does not grow any more, cred has come as far as it can. */
function countPositive(x: Float64Array): number {
  let count = 0;
  for (let row = 0; row < x.length; row += 1) if (x[row]! > 0) count += 1;
  return count;
}

/** What a sweep reads beside the chain. `pivots` are inverse. */
interface System {
  readonly pivots: Float64Array;
  /** By row less `bases`: what elimination takes over from the row before, what substitution takes from the row after. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly kept: Float64Array;
  /** Room for what elimination has come to: arrivals are read before any interval of the participant is written. */
  readonly arrived: Float64Array;
}

function systemOf({ parameters, intervals }: CredInput, chain: Chain): System {
  const { bases, self, epochs, firstRow, attributed } = chain;
  const webbing = webbingOf(parameters, intervals.length);
  const pivots = new Float64Array(self.length);
  for (let row = 0; row < bases; row += 1) pivots[row] = 1 / (1 - self[row]!);
  const lower = new Float64Array(epochs.length);
  const upper = new Float64Array(epochs.length);
  for (let p = 0; p + 1 < firstRow.length; p += 1) {
    eliminate(chain, webbing, firstRow[p]!, firstRow[p + 1]!, { pivots, lower, upper });
  }
  if (!pivots.every((pivot) => pivot > 0 && pivot < Infinity)) throw trappedError('an end that a double cannot see');
  const kept = attributed.map((part) => parameters.beta * (1 - part));
  return { pivots, lower, upper, kept, arrived: new Float64Array(kept.length) };
}

/** One participant's rows, `first` to before `end`: each takes what reaches it from the row before, over the gap between them. */
function eliminate(
  { bases, epochs, self }: Chain,
  { onward, back, returnsBefore, returnsAfter, returnsFromStart, returnsFromEnd }: Webbing,
  first: number,
  end: number,
  { pivots, lower, upper }: Pick<System, 'pivots' | 'lower' | 'upper'>,
): void {
  const count = onward.length;
  for (let row = first; row < end; row += 1) {
    const i = row - bases;
    const k = epochs[i]! % count;
    let pivot = 1 - self[row]!;
    if (row === first) pivot -= returnsFromStart[k]!;
    else {
      const gap = epochs[i]! - epochs[i - 1]! - 1;
      lower[i] = onward[gap]! * pivots[row - 1]!;
      pivot -= returnsAfter[gap]! + onward[gap]! * upper[i - 1]!;
    }
    const gap = row === end - 1 ? -1 : epochs[i + 1]! - epochs[i]! - 1;
    pivot -= gap < 0 ? returnsFromEnd[count - 1 - k]! : returnsBefore[gap]!;
    pivots[row] = 1 / pivot;
    if (gap >= 0) upper[i] = back[gap]! * pivots[row]!;
  }
}

/** Sums of a sweep: of all changes, of what is paid out, of what all rows hold. */
interface Tally {
  changed: number;
  paid: number;
  held: number;
}

/** So few rows at a time that the first sweep is already compiled for the most part. */
const blockRows = 4096;

function sweep(chain: Chain, system: System, x: Float64Array): Tally {
  const tally: Tally = { changed: 0, paid: 0, held: 0 };
  for (let row = 0; row < chain.bases; row += blockRows) {
    sweepContributions(chain, system, x, row, Math.min(row + blockRows, chain.bases), tally);
  }
  for (let p = 0; p + 1 < chain.firstRow.length; p += 1) {
    sweepParticipant(chain, system, x, chain.firstRow[p]!, chain.firstRow[p + 1]!, tally);
  }
  return tally;
}

function sweepContributions(
  { start, from, probability, minted }: Chain,
  { pivots }: System,
  x: Float64Array,
  first: number,
  end: number,
  tally: Tally,
): void {
  let { changed, held } = tally;
  let at = start[first]!;
  for (let row = first; row < end; row += 1) {
    let sum = minted[row]!;
    for (const until = start[row + 1]!; at < until; at += 1) sum += probability[at]! * x[from[at]!]!;
    sum *= pivots[row]!;
    const change = sum - x[row]!;
    changed += change < 0 ? -change : change;
    held += sum;
    x[row] = sum;
  }
  tally.changed = changed;
  tally.held = held;
}

function sweepParticipant(
  { bases, start, from, probability }: Chain,
  { pivots, lower, upper, kept, arrived }: System,
  x: Float64Array,
  first: number,
  end: number,
  tally: Tally,
): void {
  let { changed, paid, held } = tally;
  let at = start[first]!;
  let before = 0;
  for (let row = first; row < end; row += 1) {
    let sum = lower[row - bases]! * before;
    for (const until = start[row + 1]!; at < until; at += 1) sum += probability[at]! * x[from[at]!]!;
    arrived[row - bases] = sum;
    before = sum;
  }
  let after = 0;
  for (let row = end - 1; row >= first; row -= 1) {
    const i = row - bases;
    after = arrived[i]! * pivots[row]! + upper[i]! * after;
    const change = after - x[row]!;
    changed += change < 0 ? -change : change;
    held += after;
    paid += kept[i]! * after;
    x[row] = after;
  }
  tally.changed = changed;
  tally.paid = paid;
  tally.held = held;
}

/** Gives the intervals without a row what webbing brings them, and scales all so that what is paid out is what was minted. */
function scoresOf(input: CredInput, chain: Chain, x: Float64Array): Omit<CredScores, 'sweeps' | 'bound'> {
  const { parameters, intervals, participants } = input;
  const { bases, start, from, probability, firstRow, epochs, attributed, totalMint } = chain;
  const count = intervals.length;
  const epoch = new Float64Array(participants.length * count);
  const cred = new Float64Array(epoch.length);
  const arrivals = new Float64Array(count);
  const kept = new Float64Array(count);
  for (let p = 0; p < participants.length; p += 1) {
    if (firstRow[p] === firstRow[p + 1]) continue;
    arrivals.fill(0);
    kept.fill(parameters.beta);
    for (let row = firstRow[p]!; row < firstRow[p + 1]!; row += 1) {
      const k = epochs[row - bases]! - p * count;
      for (let at = start[row]!; at < start[row + 1]!; at += 1) arrivals[k]! += probability[at]! * x[from[at]!]!;
      kept[k] = parameters.beta * (1 - attributed[row - bases]!);
    }
    const scores = epoch.subarray(p * count, (p + 1) * count);
    solveIntervals(
      parameters.gammaForward,
      parameters.gammaBackward,
      arrivals,
      selfOf(parameters, chain, p, count),
      scores,
    );
    for (let k = 0; k < count; k += 1) cred[p * count + k] = kept[k]! * scores[k]!;
  }
  const paid = sumOf(cred);
  const scale = paid > 0 ? totalMint / paid : 0;
  const contribution = new Float64Array(chain.rowOfNode.length);
  for (let row = 0; row < bases; row += 1) contribution[chain.nodeOfRow[row]!] = x[row]! * scale;
  for (let i = 0; i < cred.length; i += 1) {
    cred[i]! *= scale;
    epoch[i]! *= scale;
  }
  return { input, chain, cred, contribution, epoch, totalMint, reached: paid > 0, scale };
}

function startFrom(
  warm: WarmStart,
  { graph, participants, intervals }: CredInput,
  chain: Chain,
  x: Float64Array,
): void {
  if (!warm.reached) return;
  const before = warm.input;
  for (let row = 0; row < chain.bases; row += 1) {
    const node = before.graph.nodeIndex.get(graph.nodeIds[chain.nodeOfRow[row]!]!);
    if (node !== undefined) x[row] = warm.contribution[node]! / warm.scale;
  }
  const participantsBefore = new Map(before.participants.map(({ id }, p) => [id, p]));
  const intervalsBefore = new Map(before.intervals.map(({ start }, k) => [start, k]));
  for (const [i, epoch] of chain.epochs.entries()) {
    const k = epoch % intervals.length;
    const p = participantsBefore.get(participants[(epoch - k) / intervals.length]!.id);
    const j = intervalsBefore.get(intervals[k]!.start);
    if (p === undefined || j === undefined) continue;
    x[chain.bases + i] = warm.epoch[p * before.intervals.length + j]! / warm.scale;
  }
}

/** Cred of each participant over all intervals, in their order. */
export function credByParticipant({ input, cred }: CredScores): Float64Array {
  const count = input.intervals.length;
  return Float64Array.from(input.participants, (_, p) => sumOf(cred.subarray(p * count, (p + 1) * count)));
}

/** Cred of all participants in each interval. */
export function credByInterval({ input, cred }: CredScores): Float64Array {
  const count = input.intervals.length;
  const sums = new Float64Array(count);
  for (let i = 0; i < cred.length; i += 1) sums[i % count]! += cred[i]!;
  return sums;
}
