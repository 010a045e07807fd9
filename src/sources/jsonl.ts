import { normalizeEvent } from '../core/events/normalize.ts';
import type { NormalizeOptions } from '../core/events/normalize.ts';
import type { Line } from './lines.ts';
import type { ReadEvent } from './read-events.ts';
import { faultRefused, refused } from './refused.ts';
import type { Refused } from './refused.ts';
import { repeatedKey } from './repeated-key.ts';

/** JSON Lines: one object per line, blank lines skipped. A line that is no JSON, or says a key twice, is refused as `line-malformed`. */
export function readJsonLine(line: Line, options: NormalizeOptions): ReadEvent | undefined {
  const json = jsonOfLine(line);
  if (json === undefined) return undefined;
  const parsed = 'value' in json ? normalizeEvent(json.value, options) : json;
  return { line: line.number, raw: line.text, parsed };
}

/** What a line says as JSON; `undefined` for a blank one. Refusals: `line-malformed`, `line-too-long`, `line-not-text`. */
export function jsonOfLine({ text, fault }: Line): { readonly value: unknown } | Refused | undefined {
  if (fault !== undefined) return faultRefused(fault);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    const message = `Found a line that is no JSON: ${(error as Error).message}; accepted: one JSON object per line.`;
    return refused('line-malformed', message);
  }
  const twice = repeatedKey(text);
  if (twice === null) return { value };
  return refused('line-malformed', `Found "${twice}" twice in one object; accepted: every key once.`);
}
