import { ConflictError } from '../core/errors.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';

/**
 * Both documents in one. In whichever order many are merged, the same comes out.
 *
 * Throws: ConflictError `document-unrelated` for two that were begun apart: their maps are not the same maps, so of everything
 * one has the other's would hide it. `newDocument` begins alike everywhere.
 */
export function mergeInto(automerge: Automerge, into: SpaceDocument, from: SpaceDocument): SpaceDocument {
  const known = firstChanges(automerge, into);
  const first = firstChanges(automerge, from);
  if (known.length > 0 && first.length > 0 && !first.some((hash) => known.includes(hash))) {
    throw new ConflictError(
      'document-unrelated',
      'Found two documents that were begun apart; accepted: copies of one, whichever way they went on.',
    );
  }
  return automerge.merge(automerge.clone(into), from);
}

const firstChanges = (automerge: Automerge, document: SpaceDocument): string[] =>
  automerge
    .getChangesMetaSince(document, [])
    .filter(({ deps }) => deps.length === 0)
    .map(({ hash }) => hash);
