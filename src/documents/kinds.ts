import { InvalidInputError } from '../core/errors.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { foundText, own, textOf } from './plain.ts';

/** `contributions` by many, `settings` by whoever runs the space, `space` by the engine alone: what it publishes. */
export const documentKinds = ['contributions', 'settings', 'space'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** The only version so far. */
export const documentVersion = 1;

/** Maps at the root of each kind. They are made once, by the first change. */
const roots: Readonly<Record<DocumentKind, readonly string[]>> = {
  contributions: ['nodes', 'people', 'edges'],
  settings: [],
  space: ['about', 'heads', 'nodes', 'edges', 'identities', 'aliases', 'periods', 'scores', 'accounts', 'payouts'],
};

/**
 * A new document. Its first change is the same wherever it is made, to the byte: two people who begin one each, or two
 * processes that publish, have written to the same maps, and what they merge is the sum. A change of what is written here
 * would end that; the hashes are in the tests.
 */
export function newDocument(automerge: Automerge, kind: DocumentKind): SpaceDocument {
  const beginning = automerge.init<Record<string, unknown>>({ actor: '70726f72617461' }); // "prorata"
  const first = automerge.change(beginning, { time: 0 }, (draft) => {
    draft['type'] = new automerge.ImmutableString(`prorata/${kind}`);
    draft['version'] = documentVersion;
    for (const root of roots[kind]) draft[root] = {};
  });
  return automerge.clone(first); // under an actor of its own
}

/** Throws InvalidInputError `document-unknown`: it is something else, or of a version to come. */
export function kindOf(automerge: Automerge, document: SpaceDocument): DocumentKind {
  const type = textOf(automerge, own(document, 'type'));
  const kind = documentKinds.find((name) => type === `prorata/${name}`);
  const version = own(document, 'version');
  if (kind !== undefined && version === documentVersion) return kind;
  const found =
    kind === undefined
      ? `the type ${foundText(automerge, own(document, 'type') ?? null)}`
      : `version ${foundText(automerge, version ?? null)}`;
  const known = documentKinds.map((name) => `"prorata/${name}"`).join(', ');
  throw new InvalidInputError('document-unknown', `Found ${found}; accepted: ${known}, version ${documentVersion}.`);
}

/** Throws InvalidInputError `document-unknown` unless it is of this kind. */
export function assertKind(automerge: Automerge, document: SpaceDocument, wanted: DocumentKind): void {
  const kind = kindOf(automerge, document);
  if (kind === wanted) return;
  throw new InvalidInputError(
    'document-unknown',
    `Found the type "prorata/${kind}"; accepted: "prorata/${wanted}", version ${documentVersion}.`,
  );
}
