import { compareBytes } from '../core/bytes.ts';
import { refuse } from '../core/events/refusal.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import { type Conflict, conflictsOf } from './conflicts.ts';
import type { RefusedEntry } from './contributions.ts';
import { assertKind } from './kinds.ts';
import { plainOf, type Plain } from './plain.ts';

export interface DocumentSettings {
  /** All but `type` and `version`, as JSON, keys in order. The engine has yet to look at them. */
  readonly settings: { readonly [key: string]: Plain };
  readonly refused: readonly RefusedEntry[];
  readonly conflicts: readonly Conflict[];
}

/**
 * The settings of a space. What they may be is the engine's to say. Conflicts are those of a document as it was loaded. A setting with something in it that JSON does not have
 * (bytes, integers beyond 2^53) is left out and refused: `document-field-invalid`. Throws InvalidInputError `document-unknown`.
 */
export function settingsOf(automerge: Automerge, document: SpaceDocument): DocumentSettings {
  assertKind(automerge, document, 'settings');
  const refused: RefusedEntry[] = [];
  const settings: [string, Plain][] = [];
  for (const key of Object.keys(document).sort(compareBytes)) {
    if (key === 'type' || key === 'version') continue;
    let strange: string | null = null;
    const value = plainOf(automerge, document[key], (what) => {
      strange ??= what;
      return null;
    });
    if (strange === null) settings.push([key, value]);
    else {
      const message = `Found ${strange as string} in "${key}"; accepted: what JSON has; large numbers as text.`;
      refused.push({ ...refuse('document-field-invalid', message, key), path: [key] });
    }
  }
  return { settings: Object.fromEntries(settings), refused, conflicts: conflictsOf(automerge, document) };
}
