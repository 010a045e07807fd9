import { InvalidInputError } from '../core/errors.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';

/**
 * Largest file that is read. The library has at most 4 GB; a saved byte took it some 100 bytes where texts are whole, 400 where
 * they can be edited by letters (3.5.0, 100,000 and 20,000 contributions).
 */
export const documentBytesMax = 8 << 20;

/**
 * A document from what the library's `save` wrote.
 *
 * Throws: InvalidInputError `document-too-large`; `document-broken` for no bytes, bytes of something else, cut or damaged ones
 * (chunks have a checksum).
 */
export function loadDocument(automerge: Automerge, bytes: Uint8Array): SpaceDocument {
  if (bytes.length > documentBytesMax) {
    const message = `Found a document of ${bytes.length} bytes; accepted: up to ${documentBytesMax}.`;
    throw new InvalidInputError('document-too-large', message);
  }
  if (bytes.length === 0) throw broken('an empty file');
  try {
    return automerge.load(bytes);
  } catch (error) {
    throw broken((error as Error).message, error);
  }
}

/**
 * The document as it is once it was saved and loaded. Of one that was merged in memory version 3.5.0 does not know all values in
 * conflict, depending on the order of merging; of a loaded one it does. Whatever asks for conflicts asks such a copy.
 */
export const reloaded = (automerge: Automerge, document: SpaceDocument, actor?: string): SpaceDocument =>
  automerge.load(automerge.save(document), actor === undefined ? {} : { actor });

const broken = (why: string, cause?: unknown): InvalidInputError =>
  new InvalidInputError('document-broken', `Found no document: ${why}; accepted: one saved whole.`, {}, cause);
