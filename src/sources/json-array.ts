import { InvalidInputError } from '../core/errors.ts';
import { normalizeEvent } from '../core/events/normalize.ts';
import type { NormalizeOptions } from '../core/events/normalize.ts';
import type { ReadEvent } from './read-events.ts';
import { repeatedKey } from './repeated-key.ts';

/** Elements of a chunk, as many as lines of a file have. */
const chunkElements = 2000;

/**
 * The events of a JSON array in chunks, each in the form that a line of a file has; its place, from 1, is its line. An element that is no
 * event is an item that says why. Throws InvalidInputError `events-malformed` for a text that is no JSON array, or says a key twice.
 */
export function* readEventArray(text: string, options: NormalizeOptions = {}): Generator<ReadEvent[]> {
  const values = arrayIn(text);
  const twice = repeatedKey(text);
  if (twice !== null) throw malformed(`Found "${twice}" twice in one object; accepted: every key once.`);
  for (let from = 0; from < values.length; from += chunkElements)
    yield values
      .slice(from, from + chunkElements)
      .map((value, index) => ({ line: from + index + 1, raw: '', parsed: normalizeEvent(value, options) }));
}

function arrayIn(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`Found a text that is no JSON: ${(error as Error).message}; accepted: a JSON array of events.`);
  }
  if (Array.isArray(value)) return value;
  throw malformed('Found JSON that is no array; accepted: a JSON array of events.');
}

const malformed = (message: string): InvalidInputError => new InvalidInputError('events-malformed', message);
