import { utf8Length } from './bytes.ts';

/** Longest key, account, validator and pool name, in UTF-8 bytes. */
export const nameBytesMax = 256;

/** Whether `text` can be a name or a key at all: 1 to 256 bytes of well-formed Unicode without control characters. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > nameBytesMax) return false;
  let ascii = true;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return false;
    if (unit >= 0x80) ascii = false;
  }
  return ascii || (text.isWellFormed() && utf8Length(text) <= nameBytesMax);
}

/** The one of `known` that `text` was most likely meant to be, by edit distance; `undefined` when none is near. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  if (text.length > 60) return undefined;
  const plain = text.toLowerCase().replace(/[-_ ]/g, '');
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(plain.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(plain, candidate.toLowerCase().replace(/[-_ ]/g, ''));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    above = row;
  }
  return above[b.length]!;
}
