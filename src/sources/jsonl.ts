import { normalizeEvent } from '../core/events/normalize.ts';
import type { NormalizeOptions } from '../core/events/normalize.ts';
import type { Line } from './lines.ts';
import type { ReadEvent } from './read-events.ts';
import { faultRefused, refused } from './refused.ts';
import { repeatedKey } from './repeated-key.ts';

/** JSON Lines: one object per line, blank lines skipped. A line that is no JSON, or says a key twice, is refused as `line-malformed`. */
export function readJsonLine(line: Line, options: NormalizeOptions): ReadEvent | undefined {
  const { number, text, fault } = line;
  if (fault !== undefined) return { line: number, raw: text, parsed: faultRefused(fault) };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    const message = `Found a line that is no JSON: ${(error as Error).message}; accepted: one JSON object per line.`;
    return { line: number, raw: text, parsed: refused('line-malformed', message) };
  }
  const twice = repeatedKey(text);
  if (twice !== null) {
    const message = `Found "${twice}" twice in one object; accepted: every key once.`;
    return { line: number, raw: text, parsed: refused('line-malformed', message) };
  }
  return { line: number, raw: text, parsed: normalizeEvent(raw, options) };
}
