import { compareBytes, utf8Length } from '../core/bytes.ts';
import { ProrataError } from '../core/errors.ts';
import { refuse, type Refusal } from '../core/events/refusal.ts';
import { parseDecimal18 } from '../core/money/amount.ts';
import { addressBytesMax, isAddress } from '../core/scoring/cred/address.ts';
import { nearest } from '../core/text.ts';
import { identityTypes, isIdentityType } from '../core/token/names.ts';
import type { EdgeRecord, GraphRecord, NodeRecord, PersonRecord } from '../sources/graph/record.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { type Conflict, conflictsOf } from './conflicts.ts';
import { assertKind } from './kinds.ts';
import { foundText, isMap, own, textOf } from './plain.ts';

/** Why something in a document was not taken. The rest of the document is. */
export interface RefusedEntry extends Refusal {
  /** Keys from the root on. */
  readonly path: readonly string[];
}

export interface DocumentRecords {
  /** Nodes, then people, then edges; each by the bytes of their addresses. */
  readonly records: readonly GraphRecord[];
  readonly refused: readonly RefusedEntry[];
  readonly conflicts: readonly Conflict[];
}

/** Longest label and description, in UTF-8 bytes: one line that people read. */
export const lineBytesMax = 1024;
/** Longest link, in UTF-8 bytes. */
export const urlBytesMax = 2048;
/** What a date can be, milliseconds. */
const instantMax = 8.64e15;

/**
 * The records of a document of contributions. An entry with a mistake is left out and named, with one code a mistake; an edge
 * may lead to what other documents or sources have, so nothing is said of its ends.
 *
 * Conflicts are those of a document as it was loaded (`conflictsOf`).
 *
 * Refusals: `document-malformed` (no map where one belongs), `document-address-malformed`, `document-field-missing`,
 * `document-field-invalid`, `document-field-unknown`. Throws InvalidInputError `document-unknown`.
 */
export function recordsOf(automerge: Automerge, document: SpaceDocument): DocumentRecords {
  assertKind(automerge, document, 'contributions');
  const records: GraphRecord[] = [];
  const refused: RefusedEntry[] = [];
  for (const section of Object.keys(document).sort(compareBytes)) {
    if (section in sections || section === 'type' || section === 'version') continue;
    refused.push({ ...unknownField(section, [...Object.keys(sections), 'type', 'version']), path: [section] });
  }
  for (const [section, read] of Object.entries(sections)) {
    const entries = own(document, section) ?? {}; // whoever begins a document elsewhere may have no use for one
    if (!isMap(automerge, entries)) {
      refused.push({ ...noMap(automerge, entries, 'a map of addresses'), path: [section] });
      continue;
    }
    for (const address of Object.keys(entries).sort(compareBytes)) {
      const entry = new EntryReader(automerge, [section, address], entries[address]);
      const record = entry.read(address, read);
      if (record !== null) records.push(record);
      refused.push(...entry.refused);
    }
  }
  return { records, refused, conflicts: conflictsOf(automerge, document) };
}

/** In the order in which their records are given. */
const sections: Readonly<Record<string, (entry: EntryReader, address: string) => GraphRecord>> = {
  nodes: (entry, node): NodeRecord => ({
    what: 'node',
    node,
    at: entry.field('at', (value) => (value === null ? null : instant(value))),
    ...entry.optional('weight', decimal),
    ...entry.optional('label', line),
    ...entry.optional('url', url),
  }),
  people: (entry, node): PersonRecord => ({
    what: 'person',
    node,
    name: entry.field('name', line),
    description: entry.field('description', line),
    type: entry.field('type', (value) => {
      if (typeof value === 'string' && isIdentityType(value)) return value;
      throw new Wrong(identityTypes.join(', '));
    }),
    at: entry.field('at', instant),
  }),
  edges: (entry, edge): EdgeRecord => ({
    what: 'edge',
    edge,
    from: entry.field('from', address),
    to: entry.field('to', address),
    at: entry.field('at', instant),
    ...entry.optional('forward', decimal),
    ...entry.optional('backward', decimal),
  }),
};

/** What a field would have to be. */
class Wrong extends Error {}

/** Reads the fields of one entry; remembers every mistake, and which fields there can be. */
class EntryReader {
  readonly #automerge: Automerge;
  readonly #path: readonly string[];
  readonly #entry: unknown;
  readonly #known: string[] = [];
  readonly refused: RefusedEntry[] = [];

  constructor(automerge: Automerge, path: readonly string[], entry: unknown) {
    [this.#automerge, this.#path, this.#entry] = [automerge, path, entry];
  }

  /** The record, or null when something was refused. */
  read(key: string, make: (entry: EntryReader, address: string) => GraphRecord): GraphRecord | null {
    if (!isAddress(key))
      this.#refuse(refuse('document-address-malformed', `Found the key ${shorten(key)}; ${addressed}.`));
    if (!isMap(this.#automerge, this.#entry)) {
      this.#refuse(noMap(this.#automerge, this.#entry, 'a map of fields'));
      return null;
    }
    const record = make(this, key);
    for (const name of Object.keys(this.#entry).sort(compareBytes)) {
      if (!this.#known.includes(name)) this.#refuse(unknownField(name, this.#known), name);
    }
    return this.refused.length === 0 ? record : null;
  }

  /** A field that must be there. After a mistake what it gives is not used. */
  field<T>(name: string, read: (value: unknown) => T): T {
    const found = this.optional(name, read) as Record<string, T>;
    if (!Object.hasOwn(found, name) && !this.refused.some(({ field }) => field === name)) {
      this.#refuse(refuse('document-field-missing', `Found no "${name}"; accepted: an entry that has it.`, name), name);
    }
    return found[name]!;
  }

  optional<N extends string, T>(name: N, read: (value: unknown) => T): { readonly [K in N]?: T } {
    this.#known.push(name);
    const value = own(this.#entry as Readonly<Record<string, unknown>>, name);
    if (value === undefined) return {};
    try {
      return { [name]: read(textOf(this.#automerge, value) ?? value) } as { readonly [K in N]?: T };
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      const message = `Found "${name}" to be ${foundText(this.#automerge, value)}; accepted: ${error.message}.`;
      this.#refuse(refuse('document-field-invalid', message, name), name);
      return {};
    }
  }

  #refuse(refusal: Refusal, ...below: string[]): void {
    this.refused.push({ ...refusal, path: [...this.#path, ...below] });
  }
}

const addressed = `accepted: parts joined by "/", such as "forum/post/17", up to ${addressBytesMax} bytes`;
const shorten = (text: string): string => JSON.stringify(text.slice(0, 80));

const noMap = (automerge: Automerge, value: unknown, accepted: string): Refusal =>
  refuse('document-malformed', `Found ${foundText(automerge, value)}; accepted: ${accepted}.`);

function unknownField(name: string, known: readonly string[]): Refusal {
  const near = nearest(name, known);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  const message = `Found the field ${shorten(name)}; accepted: ${known.join(', ')}.${hint}`;
  return refuse('document-field-unknown', message, name);
}

function instant(value: unknown): number {
  const at = value instanceof Date ? value.getTime() : value;
  if (typeof at === 'number' && Number.isSafeInteger(at) && Math.abs(at) <= instantMax) return at;
  throw new Wrong('whole milliseconds since 1970 UTC');
}

function decimal(value: unknown): string {
  try {
    if (typeof value === 'string') {
      parseDecimal18(value, 'weight');
      return value;
    }
  } catch (error) {
    if (!(error instanceof ProrataError)) throw error;
  }
  throw new Wrong('a decimal of 0 or more as text, such as "0.5"');
}

function line(value: unknown): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
  if (typeof value === 'string' && value !== '' && utf8Length(value) <= lineBytesMax && !control.test(value))
    return value;
  throw new Wrong(`one line of text, up to ${lineBytesMax} bytes`);
}

function url(value: unknown): string {
  // Only what a page may link to: a link is shown to people, who click on it.
  if (typeof value === 'string' && utf8Length(value) <= urlBytesMax && /^https?:\/\/[^\s<>"]+$/i.test(value)) {
    if (URL.canParse(value)) return value;
  }
  throw new Wrong(`a link that begins with https:// or http://, up to ${urlBytesMax} bytes`);
}

function address(value: unknown): string {
  if (typeof value === 'string' && isAddress(value)) return value;
  throw new Wrong('an address, such as "forum/post/17"');
}
