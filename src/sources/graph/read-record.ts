import { isObject, missingOrInvalid, type Raw, show, timeOf } from '../../core/events/read-field.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { addressBytesMax, addressOf, isAddress } from '../../core/scoring/cred/address.ts';
import { weightText } from '../../core/scoring/cred/weight-text.ts';
import { isName, nearest } from '../../core/text.ts';
import { identityTypes } from '../../core/token/names.ts';
import { refused } from '../refused.ts';
import type { Refused } from '../refused.ts';
import type { GraphRecord } from './record.ts';

/** One line of a file (a CSV record may span several: then its first), with its record or why there is none. */
export interface ReadGraphRecord {
  /** From 1. */
  readonly line: number;
  /** The line as it was, without its line end; cut at 1 MiB. */
  readonly raw: string;
  readonly parsed: { readonly ok: true; readonly record: GraphRecord } | Refused;
}

/** The field that says what a record is, with all that may stand beside it. */
export const graphFields = {
  node: ['node', 'time', 'weight', 'label', 'url'],
  edge: ['edge', 'from', 'to', 'time', 'forward', 'backward'],
  person: ['person', 'name', 'description', 'type', 'time'],
} as const;
export type GraphRecordKind = keyof typeof graphFields;
export const graphRecordKinds = Object.keys(graphFields) as readonly GraphRecordKind[];

/**
 * A record from the plain form of a graph. A node must have a time, or null; absent is refused.
 *
 * Throws InvalidInputError with the field in its facts: `graph-record-malformed` (no object, or not exactly one of node, edge and
 * person), `graph-field-unknown`, `graph-address-malformed`, `graph-weight-...`, `event-field-missing`, `event-field-invalid`,
 * `time-...`.
 */
export function readGraphRecord(value: unknown): GraphRecord {
  if (!isObject(value)) throw recordError(show(value));
  const kinds = graphRecordKinds.filter((kind) => value[kind] !== undefined);
  const kind = kinds[0];
  if (kind === undefined || kinds.length > 1) {
    throw recordError(kind === undefined ? 'none of them' : kinds.map((one) => `"${one}"`).join(' and '));
  }
  onlyKnown(value, kind);
  return readers[kind](value);
}

/** The record of a value, or its refusal. */
export function attemptRecord(value: unknown): ReadGraphRecord['parsed'] {
  try {
    return { ok: true, record: readGraphRecord(value) };
  } catch (error) {
    if (error instanceof InvalidInputError) return refusedBy(error);
    throw error;
  }
}

const refusedBy = ({ code, message, facts }: InvalidInputError): Refused => refused(code, message, facts['field']);

const readers: Readonly<Record<GraphRecordKind, (raw: Raw) => GraphRecord>> = {
  node: (raw) => ({
    what: 'node',
    node: addressIn(raw, 'node'),
    at: raw['time'] === null ? null : timeIn(raw),
    ...given(raw, 'weight', weightText),
    ...given(raw, 'label', lineOf),
    ...given(raw, 'url', urlOf),
  }),
  edge: (raw) => ({
    what: 'edge',
    edge: addressIn(raw, 'edge'),
    from: addressIn(raw, 'from'),
    to: addressIn(raw, 'to'),
    at: timeIn(raw),
    ...given(raw, 'forward', weightText),
    ...given(raw, 'backward', weightText),
  }),
  person: (raw) => {
    const node = addressIn(raw, 'person');
    const name = lineOf(raw['name'], 'name');
    return {
      what: 'person',
      node,
      name,
      description: raw['description'] === undefined ? `${name} (${node})` : textOf(raw['description'], 'description'),
      type: identityTypes.find((type) => type === (raw['type'] ?? 'USER')) ?? invalid(raw['type'], 'type'),
      at: timeIn(raw),
    };
  },
};

function onlyKnown(raw: Raw, kind: GraphRecordKind): void {
  const known: readonly string[] = graphFields[kind];
  const unknown = Object.keys(raw).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownField(unknown, kind, known);
}

/** `graph-field-unknown`, with what was most likely meant. */
function unknownField(name: string, kind: GraphRecordKind, known: readonly string[]): InvalidInputError {
  const field = name.slice(0, 60);
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  return new InvalidInputError(
    'graph-field-unknown',
    `Field ${JSON.stringify(field)}: found in a record with "${kind}"; accepted there: ${known.join(', ')}.${hint}`,
    { field },
  );
}

function recordError(found: string): InvalidInputError {
  return new InvalidInputError(
    'graph-record-malformed',
    `Found ${found}; accepted: an object with exactly one of "node", "edge" and "person", each with an address.`,
    { found },
  );
}

/** Where the field is absent, so is the property. */
function given<K extends string>(
  raw: Raw,
  name: K,
  read: (value: unknown, field: string) => string,
): { readonly [name in K]?: string } {
  return raw[name] === undefined ? {} : ({ [name]: read(raw[name], name) } as { readonly [name in K]: string });
}

const timeIn = (raw: Raw): number => timeOf(raw['time'], 'time');

/** As one text, or as a list of its parts. */
function addressIn(raw: Raw, field: string): string {
  const value = raw[field];
  if (value === undefined) throw missingOrInvalid(value, field, 'an address, such as "forum/post/17"');
  const parts = Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string');
  const text = parts ? addressOf(value as string[]) : value;
  if (typeof text === 'string' && isAddress(text)) return text;
  throw new InvalidInputError(
    'graph-address-malformed',
    `Field "${field}": found ${show(value)}; accepted: parts joined by "/", such as "forum/post/17", with %2F for a "/" and %25 for a "%" inside a part, or a list of the parts as they are; up to ${addressBytesMax} bytes.`,
    { field, found: show(value) },
  );
}

/** One line of up to 256 bytes. */
function lineOf(value: unknown, field: string): string {
  if (typeof value === 'string' && isName(value)) return value;
  throw missingOrInvalid(value, field, 'a text of 1 to 256 bytes without line ends');
}

function textOf(value: unknown, field: string): string {
  if (typeof value === 'string' && value.length <= 1024 && value.isWellFormed()) return value;
  throw missingOrInvalid(value, field, 'a text of up to 1,024 characters');
}

/** Only what a browser may be sent to: `javascript:` and the like are no places. */
function urlOf(value: unknown, field: string): string {
  if (typeof value === 'string' && value.length <= 2048 && /^https?:\/\//i.test(value) && URL.canParse(value)) {
    return value;
  }
  throw missingOrInvalid(value, field, 'an address that begins with https:// or http://, up to 2,048 characters');
}

function invalid(value: unknown, field: string): never {
  throw missingOrInvalid(value, field, `one of ${identityTypes.join(', ')}`);
}
