import { ConflictError } from '../core/errors.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { reloaded } from './bytes.ts';
import { documentVersion, newDocument } from './kinds.ts';
import { isMap } from './plain.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';
import { contentOf, type Wanted, type WantedMap } from './view.ts';

/**
 * The document, showing exactly the view: what differs is written, what does not belong is removed, the rest is not touched. The
 * same view twice makes no change, and gives the same document again.
 *
 * Nothing is read back: the store decides what was paid, the document shows it, and what somebody else wrote there is gone with the
 * next publication. Values that a merge has hidden are mended too. So of two documents to which the same view was published,
 * however each came about, every merge shows the view: what is alive in the merge is alive in one of them, and right there.
 *
 * `actor`, in hexadecimal, is under whose name the change is made, once only; by default a random one. Nothing shown depends on it.
 *
 * Throws: ConflictError `document-unrelated` for one that does not begin like a document of this kind; InvalidInputError
 * `document-view-invalid`.
 */
export function publish(automerge: Automerge, document: SpaceDocument, view: SpaceView, actor?: string): SpaceDocument {
  const wanted = { type: 'prorata/space', version: documentVersion, ...contentOf(view) };
  const beginning = newDocument(automerge, 'space');
  const related = automerge.hasHeads(document, automerge.getHeads(beginning));
  automerge.free(beginning);
  if (!related) {
    throw new ConflictError(
      'document-unrelated',
      'Found a document that was begun elsewhere; accepted: a new one, or one that was published before.',
    );
  }
  const before = reloaded(automerge, document, actor);
  const after = automerge.change(before, { time: 0 }, (draft) => mendMap(automerge, draft, before, wanted));
  if (after !== before) return after;
  automerge.free(before);
  return document;
}

type Draft = Record<string, unknown>;

/**
 * Makes a map of the document what it must be. Keys are those of the draft, which has all, also `__proto__`; values are looked
 * at in `seen`, the same map before any change, which is faster.
 */
function mendMap(automerge: Automerge, draft: Draft, seen: Readonly<Draft>, wanted: WantedMap): void {
  const there = new Set(Object.keys(draft));
  for (const key of there) if (!Object.hasOwn(wanted, key)) delete draft[key];
  for (const [key, value] of Object.entries(wanted)) {
    if (!there.has(key)) draft[key] = written(automerge, value);
    else if (automerge.getConflicts(seen, key) !== undefined) mendConflict(automerge, draft, key, value);
    else if (!isWantedMap(value)) {
      if (!isSame(automerge, seen[key], value)) draft[key] = written(automerge, value);
    } else if (isMap(automerge, seen[key])) mendMap(automerge, draft[key] as Draft, seen[key], value);
    else draft[key] = written(automerge, value);
  }
}

/** Two who published the same need no change; otherwise one value takes the place of all. */
function mendConflict(automerge: Automerge, draft: Draft, key: string, wanted: Wanted): void {
  if (Object.values(automerge.getConflicts(draft, key)!).every((other) => shows(automerge, other, wanted))) return;
  // Version 3.5.0 goes on showing the others where what is written equals the one it shows: it is removed first.
  delete draft[key];
  draft[key] = written(automerge, wanted);
}

/** Whether a place, with all that a merge has hidden below it, is what it must be. Of texts in conflict only the letters are known. */
function shows(automerge: Automerge, found: unknown, wanted: Wanted): boolean {
  if (!isWantedMap(wanted)) return found === wanted || isSame(automerge, found, wanted);
  if (!isMap(automerge, found)) return false;
  const keys = Object.keys(found);
  if (keys.length !== Object.keys(wanted).length) return false;
  return keys.every((key) => {
    if (!Object.hasOwn(wanted, key)) return false;
    const alternatives = automerge.getConflicts(found, key);
    if (alternatives === undefined) return shows(automerge, found[key], wanted[key]!);
    return Object.values(alternatives).every((other) => shows(automerge, other, wanted[key]!));
  });
}

/** A text that can be edited letter by letter is not the same as one that is whole. */
const isSame = (automerge: Automerge, found: unknown, wanted: unknown): boolean =>
  typeof wanted === 'string' ? automerge.isImmutableString(found) && String(found) === wanted : found === wanted;

const isWantedMap = (wanted: Wanted): wanted is WantedMap => typeof wanted === 'object' && wanted !== null;

function written(automerge: Automerge, wanted: Wanted): unknown {
  if (typeof wanted === 'string') return new automerge.ImmutableString(wanted);
  if (!isWantedMap(wanted)) return wanted;
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, written(automerge, value)]));
}
