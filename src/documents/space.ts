import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { compareBytes } from '../core/bytes.ts';
import { ProrataError } from '../core/errors.ts';
import { refuse } from '../core/events/refusal.ts';
import type { GraphRecord } from '../sources/graph/record.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { loadDocument } from './bytes.ts';
import type { Conflict } from './conflicts.ts';
import { recordsOf, type RefusedEntry } from './contributions.ts';
import { assertDocumentName, readDocumentFiles, replaceFile } from './folder.ts';
import { type DocumentKind, kindOf, newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';
import type { Plain } from './plain.ts';
import { publish } from './publish.ts';
import { settingsOf } from './settings.ts';
import type { SpaceView } from './view.ts';

/** A folder of documents, as it was read. */
export interface Space {
  /** By the bytes of their names. */
  readonly files: readonly SpaceFile[];
  /** Files that are no documents, or unknown ones; the others can be used. */
  readonly refused: readonly InFile<RefusedEntry>[];
}

export interface SpaceFile {
  /** Name of the file; of a document that never was in one, any name. */
  readonly name: string;
  readonly kind: DocumentKind;
  readonly document: SpaceDocument;
}

export type InFile<T> = T & { readonly file: string };

/** What the engine gets of a space. */
export interface SpaceContent {
  /** Nodes, then people, then edges; each by the bytes of their addresses, each address once. */
  readonly records: readonly GraphRecord[];
  /** Of all documents of settings together; null where there is none. */
  readonly settings: { readonly [key: string]: Plain } | null;
  /** Files, entries and settings that were not taken. */
  readonly refused: readonly InFile<RefusedEntry>[];
  readonly conflicts: readonly InFile<Conflict>[];
}

/** Reads the documents of a folder. Throws NotFoundError `file-not-found`, UnavailableError `file-unreadable`: of the folder itself. */
export async function readFolder(automerge: Automerge, dir: string): Promise<Space> {
  const files: SpaceFile[] = [];
  const refused: InFile<RefusedEntry>[] = [];
  for (const { name, bytes } of await readDocumentFiles(dir)) {
    try {
      if (bytes instanceof ProrataError) throw bytes;
      const document = loadDocument(automerge, bytes);
      files.push({ name, kind: kindOf(automerge, document), document });
    } catch (error) {
      if (!(error instanceof ProrataError)) throw error;
      refused.push({ code: error.code, message: error.message, path: [], file: name });
    }
  }
  return { files, refused };
}

/**
 * The records and settings of a space; published documents are not looked at. What two documents say alike counts once. Where they
 * differ about an address or a setting, the document whose name comes first counts, and the other is refused: `document-repeated`.
 */
export function contentOfSpace(automerge: Automerge, space: Space): SpaceContent {
  const refused: InFile<RefusedEntry>[] = [...space.refused];
  const conflicts: InFile<Conflict>[] = [];
  const records = new Map<string, { readonly record: GraphRecord; readonly file: string }>();
  const settings = new Map<string, { readonly value: Plain; readonly file: string }>();
  const repeated = (file: string, path: readonly string[], before: string): void => {
    const message = `Found other content than in ${before}; accepted: one document that has it, or the same in all.`;
    refused.push({ ...refuse('document-repeated', message), path, file });
  };
  for (const { name: file, kind, document } of space.files.toSorted((a, b) => compareBytes(a.name, b.name))) {
    if (kind === 'contributions') {
      const read = recordsOf(automerge, document);
      for (const record of read.records) {
        const [section, address] = placeOf(record);
        const key = `${section} ${address}`;
        const before = records.get(key);
        if (before === undefined) records.set(key, { record, file });
        else if (!isDeepStrictEqual(before.record, record)) repeated(file, [section, address], before.file);
      }
      refused.push(...read.refused.map((entry) => ({ ...entry, file })));
      conflicts.push(...read.conflicts.map((conflict) => ({ ...conflict, file })));
    } else if (kind === 'settings') {
      const read = settingsOf(automerge, document);
      for (const [key, value] of Object.entries(read.settings)) {
        const before = settings.get(key);
        if (before === undefined) settings.set(key, { value, file });
        else if (!isDeepStrictEqual(before.value, value)) repeated(file, [key], before.file);
      }
      refused.push(...read.refused.map((entry) => ({ ...entry, file })));
      conflicts.push(...read.conflicts.map((conflict) => ({ ...conflict, file })));
    }
  }
  const inOrder = [...records.values()]
    .map(({ record }) => ({ record, place: placeOf(record) }))
    .sort((a, b) => order[a.place[0]] - order[b.place[0]] || compareBytes(a.place[1], b.place[1]));
  const keys = [...settings.keys()].sort(compareBytes);
  return {
    records: inOrder.map(({ record }) => record),
    settings: space.files.some(({ kind }) => kind === 'settings')
      ? Object.fromEntries(keys.map((key) => [key, settings.get(key)!.value]))
      : null,
    refused,
    conflicts,
  };
}

const order = { nodes: 0, people: 1, edges: 2 } as const;

function placeOf(record: GraphRecord): readonly [keyof typeof order, string] {
  if (record.what === 'edge') return ['edges', record.edge];
  return [record.what === 'node' ? 'nodes' : 'people', record.node];
}

/** What became of a file, and the document that is in it now. */
export interface WrittenDocument {
  readonly name: string;
  readonly document: SpaceDocument;
  /** False: the file had all of it, and was not touched. */
  readonly changed: boolean;
}

/**
 * Saves documents into a folder, each merged with what is there, so that nobody's changes are lost. One after the other; each
 * file is replaced at once.
 *
 * Throws: InvalidInputError `document-name-invalid`; `document-broken` for a file that is there and cannot be read, which is never
 * replaced; ConflictError `document-unrelated`; UnavailableError `file-unreadable`, `file-unwritable`, `document-busy`.
 */
export async function writeFolder(
  automerge: Automerge,
  dir: string,
  documents: Iterable<{ readonly name: string; readonly document: SpaceDocument }>,
): Promise<WrittenDocument[]> {
  const written: WrittenDocument[] = [];
  for (const { name, document } of documents) {
    const merge = (present: SpaceDocument | null): SpaceDocument =>
      present === null ? document : mergeInto(automerge, present, document);
    written.push(await replaceDocument(automerge, dir, name, merge));
  }
  return written;
}

/**
 * Publishes a view to a document of a folder, made anew where there is none: afterwards the file shows exactly the view. Errors as
 * writeFolder and publish.
 */
export function publishTo(automerge: Automerge, dir: string, name: string, view: SpaceView): Promise<WrittenDocument> {
  return replaceDocument(automerge, dir, name, (present) =>
    publish(automerge, present ?? newDocument(automerge, 'space'), view),
  );
}

async function replaceDocument(
  automerge: Automerge,
  dir: string,
  name: string,
  next: (present: SpaceDocument | null) => SpaceDocument,
): Promise<WrittenDocument> {
  assertDocumentName(name);
  let written: WrittenDocument | undefined;
  await replaceFile(join(dir, name), (bytes) => {
    const present = bytes === null ? null : loadDocument(automerge, bytes);
    const document = next(present);
    const changed = present === null || !isDeepStrictEqual(automerge.getHeads(present), automerge.getHeads(document));
    written = { name, document, changed };
    return changed ? automerge.save(document) : null;
  });
  return written!;
}
