import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { compareBytes } from '../core/bytes.ts';
import { ProrataError } from '../core/errors.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { loadDocument, reloaded } from './bytes.ts';
import { ContentBuilder, type InFile, type SpaceContent } from './content.ts';
import type { RefusedEntry } from './contributions.ts';
import { assertDocumentName, readDocumentFiles, replaceFile } from './folder.ts';
import { type DocumentKind, kindOf, newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';
import { publish } from './publish.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';

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

/** Reads the documents of a folder. Throws NotFoundError `file-not-found`, UnavailableError `file-unreadable`: of the folder itself. */
export async function readFolder(automerge: Automerge, dir: string): Promise<Space> {
  const files: SpaceFile[] = [];
  const refused: InFile<RefusedEntry>[] = [];
  for await (const read of filesOf(automerge, dir)) {
    if ('document' in read) files.push(read);
    else refused.push(read);
  }
  return { files, refused };
}

/** What the engine gets of the documents of a folder; one of them is in memory at a time. Errors as readFolder. */
export async function contentOfFolder(automerge: Automerge, dir: string): Promise<SpaceContent> {
  const content = new ContentBuilder(automerge);
  for await (const read of filesOf(automerge, dir)) {
    if ('document' in read) {
      content.add(read);
      automerge.free(read.document);
    } else content.refuse(read);
  }
  return content.build();
}

/** What the engine gets of documents at hand. */
export function contentOfSpace(automerge: Automerge, { files, refused }: Space): SpaceContent {
  const content = new ContentBuilder(automerge);
  for (const entry of refused) content.refuse(entry);
  for (const file of files.toSorted((a, b) => compareBytes(a.name, b.name))) {
    // Somebody may have merged it in memory.
    const document = reloaded(automerge, file.document);
    content.add({ ...file, document });
    automerge.free(document);
  }
  return content.build();
}

async function* filesOf(automerge: Automerge, dir: string): AsyncGenerator<SpaceFile | InFile<RefusedEntry>> {
  for await (const { name, bytes } of readDocumentFiles(dir)) {
    try {
      if (bytes instanceof ProrataError) throw bytes;
      const document = loadDocument(automerge, bytes);
      yield { name, kind: kindOf(automerge, document), document };
    } catch (error) {
      if (!(error instanceof ProrataError)) throw error;
      yield { code: error.code, message: error.message, path: [], file: name };
    }
  }
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
    if (present !== null && present !== document) automerge.free(present);
    return changed ? automerge.save(document) : null;
  });
  return written!;
}
