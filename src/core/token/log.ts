import { ConflictError, InvalidInputError } from '../errors.ts';
import type { TokenEvent } from './event.ts';
import { TokenLedger } from './ledger.ts';
import { readEvent } from './read-event.ts';

/**
 * The events of a log: one JSON object a line; a JSON array of them, the older form, is read as well. Blank lines are taken
 * at the end only. Throws InvalidInputError `token-log-malformed` with the line, or the number of the event in an array.
 */
export function readLog(text: string): TokenEvent[] {
  const trimmed = text.replace(/[\r\n]+$/, '');
  if (trimmed === '') return [];
  if (trimmed.startsWith('[')) {
    const values = parse(trimmed, 'the array');
    if (Array.isArray(values))
      return values.map((value, index) => located(`event ${index + 1}`, () => readEvent(value)));
  }
  return trimmed.split('\n').map((line, index) => {
    const place = `line ${index + 1}`;
    const value = parse(line, place);
    return located(place, () => readEvent(value));
  });
}

/** The ledger after all events of a log. Throws as `readLog`; ConflictError with the code of the first event that is refused. */
export function ledgerOf(events: Iterable<TokenEvent>): TokenLedger {
  const ledger = new TokenLedger();
  for (const event of events) {
    const refusal = ledger.apply(event);
    if (refusal === null) continue;
    const number = ledger.events.length + 1;
    throw new ConflictError(refusal.code, `Event ${number}: ${refusal.message}`, { event: String(number) });
  }
  return ledger;
}

/** One line an event, keys sorted, so that equal events are equal bytes. */
export function writeLog(events: Iterable<TokenEvent>): string {
  return [...events].map((event) => `${JSON.stringify(sortedKeys(event))}\n`).join('');
}

/** The same value with the keys of all objects in order of code units. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortedKeys(item)]),
  );
}

function parse(text: string, place: string): unknown {
  return located(place, () => {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new InvalidInputError('token-log-malformed', `no JSON: ${(error as Error).message}`);
    }
  });
}

function located<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(
      'token-log-malformed',
      `In ${place}: ${error.message}`,
      { place, ...error.facts },
      error,
    );
  }
}
