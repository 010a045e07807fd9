import { InvalidInputError } from '../../errors.ts';
import type { Chain, CredInput } from './chain.ts';

/**
 * With alpha 0, cred leaves a circle of contributions (or of participants who attribute all they have to each other) only by
 * an edge out of it; where there is none it goes round for ever, and no scores exist - also where
 * nothing mints into it. Throws InvalidInputError `cred-trapped`.
 */
export function checkTrapped({ graph, parameters, intervals }: CredInput, chain: Chain): void {
  if (parameters.alpha > 0) return;
  const { bases, start, from, outWeight, attributed, epochs, firstRow } = chain;
  const rows = outWeight.length;
  const count = intervals.length;
  const escapes = new Uint8Array(rows);
  const queue: number[] = [];
  const mark = (row: number): void => {
    if (escapes[row] === 1) return;
    escapes[row] = 1;
    queue.push(row);
  };
  const { gammaForward, gammaBackward } = parameters;
  // An interval without a row pays out, so who can reach one escapes.
  const isRow = (row: number, k: number, p: number): boolean =>
    k < 0 || k >= count || (row >= bases && row < rows && epochs[row - bases] === p * count + k);
  for (let row = 0; row < rows; row += 1) {
    if (row < bases) {
      if (outWeight[row] === 0) mark(row);
      continue;
    }
    const epoch = epochs[row - bases]!;
    const k = epoch % count;
    const p = (epoch - k) / count;
    if (attributed[row - bases]! < 1) mark(row);
    else if (gammaForward > 0 && !isRow(row + 1, k + 1, p)) mark(row);
    else if (gammaBackward > 0 && !isRow(row - 1, k - 1, p)) mark(row);
    else if (outWeight[row] === 0 && parameters.beta + gammaForward + gammaBackward < 1) mark(row);
  }
  const participantOfRow = new Int32Array(rows).fill(-1);
  for (let p = 0; p + 1 < firstRow.length; p += 1) participantOfRow.fill(p, firstRow[p], firstRow[p + 1]);
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    for (let at = start[row]!; at < start[row + 1]!; at += 1) if (chain.probability[at]! > 0) mark(from[at]!);
    if (row < bases) continue;
    if (gammaForward > 0 && participantOfRow[row - 1] === participantOfRow[row]) mark(row - 1);
    if (gammaBackward > 0 && participantOfRow[row + 1] === participantOfRow[row]) mark(row + 1);
  }
  const trapped = escapes.indexOf(0);
  if (trapped < 0) return;
  const where = trapped < bases ? `contribution ${graph.nodeIds[chain.nodeOfRow[trapped]!]}` : 'an attribution';
  throw trappedError(where);
}

export const trappedError = (where: string): InvalidInputError =>
  new InvalidInputError(
    'cred-trapped',
    `Cred goes round for ever and never comes out, at ${where}; accepted: alpha above 0, or a way out.`,
    { where },
  );
