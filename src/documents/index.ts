import { NotFoundError } from '../core/errors.ts';
import { type Automerge, loadAutomerge, type SpaceDocument } from './automerge.ts';
import { loadDocument, reloaded } from './bytes.ts';
import type { SpaceContent } from './content.ts';
import { type DocumentRecords, recordsOf } from './contributions.ts';
import { type DocumentKind, kindOf, newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';
import { publish } from './publish.ts';
import { type DocumentSettings, settingsOf } from './settings.ts';
import {
  contentOfFolder,
  contentOfSpace,
  publishTo,
  readFolder,
  type Space,
  writeFolder,
  type WrittenDocument,
} from './space.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';

/**
 * Contributions and settings from documents that people edit offline and merge, and what the engine shows in one. Optional:
 * the library below it is installed by who wants it. See docs/reference/documents.md.
 */
export interface Documents {
  /** Throws `document-broken`, `document-too-large`. */
  load(bytes: Uint8Array): SpaceDocument;
  save(document: SpaceDocument): Uint8Array;
  create(kind: DocumentKind): SpaceDocument;
  /** Throws `document-unknown`. */
  kindOf(document: SpaceDocument): DocumentKind;
  recordsOf(document: SpaceDocument): DocumentRecords;
  settingsOf(document: SpaceDocument): DocumentSettings;
  publish(document: SpaceDocument, view: SpaceView, actor?: string): SpaceDocument;
  mergeInto(into: SpaceDocument, from: SpaceDocument): SpaceDocument;
  readFolder(dir: string): Promise<Space>;
  writeFolder(
    dir: string,
    documents: Iterable<{ readonly name: string; readonly document: SpaceDocument }>,
  ): Promise<WrittenDocument[]>;
  contentOf(space: Space): SpaceContent;
  /**
   * From a folder to what the engine reads. Throws NotFoundError `documents-none` where no document has contributions: a folder
   * that has not been filled yet is not one from which everything was removed.
   */
  pull(dir: string): Promise<SpaceContent>;
  /** From the engine to a folder: the view to the document `name`; by default `space.automerge`. */
  push(dir: string, view: SpaceView, name?: string): Promise<Pushed>;
}

export interface Pushed {
  readonly name: string;
  /** False: it showed the view already, and was not touched. */
  readonly changed: boolean;
  /** Hashes of the newest changes of the document. */
  readonly heads: readonly string[];
}

/** Name of the document that `push` writes to, unless told otherwise. */
export const spaceDocumentName = 'space.automerge';

/**
 * Loads the library and gives what works on documents. `load` stands for the import, in tests. Throws UnavailableError
 * `documents-adapter-missing`.
 */
export async function openDocuments(load?: () => Promise<Automerge>): Promise<Documents> {
  const automerge = await loadAutomerge(load);
  /** Somebody may have merged the document in memory. */
  const onCopy = <T>(document: SpaceDocument, read: (copy: SpaceDocument) => T): T => {
    const copy = reloaded(automerge, document);
    try {
      return read(copy);
    } finally {
      automerge.free(copy);
    }
  };
  return {
    load: (bytes) => loadDocument(automerge, bytes),
    save: (document) => automerge.save(document),
    create: (kind) => newDocument(automerge, kind),
    kindOf: (document) => kindOf(automerge, document),
    recordsOf: (document) => onCopy(document, (copy) => recordsOf(automerge, copy)),
    settingsOf: (document) => onCopy(document, (copy) => settingsOf(automerge, copy)),
    publish: (document, view, actor) => publish(automerge, document, view, actor),
    mergeInto: (into, from) => mergeInto(automerge, into, from),
    readFolder: (dir) => readFolder(automerge, dir),
    writeFolder: (dir, documents) => writeFolder(automerge, dir, documents),
    contentOf: (space) => contentOfSpace(automerge, space),
    pull: async (dir) => {
      const content = await contentOfFolder(automerge, dir);
      if (content.documents > 0 || content.refused.length > 0) return content;
      const message = `Found no document of contributions in ${dir}; accepted: at least one, which may be empty.`;
      throw new NotFoundError('documents-none', message, { dir });
    },
    push: async (dir, view, name = spaceDocumentName) => {
      const { document, changed } = await publishTo(automerge, dir, name, view);
      const heads = automerge.getHeads(document);
      automerge.free(document);
      return { name, changed, heads };
    },
  };
}

export type { Automerge, SpaceDocument } from './automerge.ts';
export type { Conflict } from './conflicts.ts';
export type { InFile, SpaceContent } from './content.ts';
export type { DocumentRecords, RefusedEntry } from './contributions.ts';
export { type DocumentKind, documentKinds } from './kinds.ts';
export type { Plain } from './plain.ts';
export type { DocumentSettings } from './settings.ts';
export type { Space, SpaceFile, WrittenDocument } from './space.ts';
export type {
  SpaceView,
  ViewAccount,
  ViewAlias,
  ViewIdentity,
  ViewPayout,
  ViewPeriod,
  ViewScore,
} from '../core/scoring/cred/space-view.ts';
export type { EdgeRecord, GraphRecord, NodeRecord, PersonRecord } from '../sources/graph/record.ts';
