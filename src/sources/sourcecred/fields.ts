import { isObject, type Raw, show } from '../../core/events/read-field.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { parseInstant } from '../../core/time/instant.ts';
import type { InstanceFile } from './files.ts';

/** A value of a file, and where it stands. Its path is put together only when it is asked for: graphs have millions of values. */
export interface Place {
  readonly file: InstanceFile;
  readonly value: unknown;
  /** What it stands in, and under which key or number; null: it is the whole. */
  readonly within: { readonly place: Place; readonly key: string | number } | null;
}

/** Such as `[0].periods[1].weight`; '' for the whole. */
export function pathOf({ within }: Place): string {
  if (within === null) return '';
  const [before, { key }] = [pathOf(within.place), within];
  if (typeof key === 'number') return `${before}[${key}]`;
  return before === '' ? key : `${before}.${key}`;
}

/** For messages: the file, and the place in it. */
const nameOf = (place: Place): string =>
  place.within === null ? place.file.name : `${place.file.name}, ${pathOf(place)}`;

/** `instance-field-invalid`: file, path, what was found, what is accepted. */
export function fieldError(place: Place, accepted: string): InvalidInputError {
  const { file, value } = place;
  return new InvalidInputError(
    'instance-field-invalid',
    `${nameOf(place)}: found ${show(value)}; accepted: ${accepted}.`,
    { file: file.name, field: pathOf(place) },
  );
}

// Readers of one value. Each throws `instance-field-invalid`.

export function objectAt(place: Place): Raw {
  if (isObject(place.value)) return place.value;
  throw fieldError(place, 'an object');
}

/** What `read` makes of each item of a list. */
export function mapAt<T>(place: Place, read: (item: Place) => T): T[] {
  const { file, value } = place;
  if (!Array.isArray(value)) throw fieldError(place, 'a list');
  return value.map((item: unknown, key) => read({ file, value: item, within: { place, key } }));
}

export const itemsAt = (place: Place): Place[] => mapAt(place, (item) => item);

export const entriesAt = (place: Place): [key: string, value: Place][] =>
  Object.keys(objectAt(place)).map((key) => [key, fieldAt(place, key)]);

export const fieldAt = (place: Place, key: string): Place => ({
  file: place.file,
  value: objectAt(place)[key],
  within: { place, key },
});

export function textAt(place: Place): string {
  if (typeof place.value === 'string') return place.value;
  throw fieldError(place, 'a text');
}

/** A finite number, 0 or more. */
export function weightAt(place: Place): number {
  if (typeof place.value === 'number' && place.value >= 0 && place.value < Infinity) return place.value;
  throw fieldError(place, 'a number, 0 or more');
}

/** What `read` makes of a field that is there; else `absent`. */
export function optional<T, A>(place: Place, read: (place: Place) => T, absent: A): T | A {
  return place.value === undefined ? absent : read(place);
}

export function flagAt(place: Place): boolean {
  if (typeof place.value === 'boolean') return place.value;
  throw fieldError(place, 'true or false');
}

/**
 * The instant of a date: ISO 8601 with a zone; a date alone, also as month/day/year, is its midnight in UTC. SourceCred reads
 * the latter in the zone of the machine; its instances are computed on machines whose zone is UTC.
 */
export function dateAt(place: Place): number {
  const text = textAt(place);
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const [, month = '', day = '', year = ''] = american ?? [];
  const date = american === null ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  try {
    return parseInstant(/^\d{4}-\d\d-\d\d$/.test(date) ? `${date}T00:00:00Z` : date, pathOf(place));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw fieldError(place, 'a date such as "2021-01-30" or "1/30/2021", or ISO 8601 with a zone, from 1970 on');
  }
}

/**
 * The content behind SourceCred's label of type and version, `[{type, version}, content]`. Throws InvalidInputError
 * `instance-type-unknown`, `instance-version-unknown`.
 */
export function unwrap(place: Place, known: Readonly<Record<string, string>>): { type: string; content: Place } {
  const [label, content] = itemsAt(place);
  if (label === undefined || content === undefined)
    throw fieldError(place, 'a type with its version, then the content');
  const type = textAt(fieldAt(label, 'type'));
  const version = textAt(fieldAt(label, 'version'));
  const facts = { file: place.file.name, type, version };
  const wanted = Object.hasOwn(known, type) ? known[type] : undefined;
  if (wanted === undefined) {
    const message = `${nameOf(place)}: found the type ${JSON.stringify(type.slice(0, 60))}; accepted: ${Object.keys(known).join(', ')}.`;
    throw new InvalidInputError('instance-type-unknown', message, facts);
  }
  if (version !== wanted) {
    const message = `${nameOf(place)}: found ${type} in version ${JSON.stringify(version.slice(0, 60))}; accepted: ${wanted}, as SourceCred 0.11 writes it.`;
    throw new InvalidInputError('instance-version-unknown', message, facts);
  }
  return { type, content };
}
