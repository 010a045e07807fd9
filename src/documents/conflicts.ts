import type { Automerge, SpaceDocument } from './automerge.ts';
import { compareBytes } from '../core/bytes.ts';
import { isMap, plainOf, type Plain } from './plain.ts';

/** A place that several people wrote to without knowing of each other. All who merge the same see the same `shown`. */
export interface Conflict {
  /** Keys from the root on. */
  readonly path: readonly string[];
  readonly shown: Plain;
  /** What else was written there and differs; in the order of the bytes of their JSON. */
  readonly others: readonly Plain[];
}

const depthMax = 64;

/**
 * All conflicts that can be seen, by path. Two who wrote the same are in none. The document must be one that was loaded and not
 * merged since (`reloaded`), else some may be missing.
 */
export function conflictsOf(automerge: Automerge, document: SpaceDocument): Conflict[] {
  const plain = (value: unknown): Plain => plainOf(automerge, value, (what) => what);
  const conflicts: Conflict[] = [];
  const walk = (object: Readonly<Record<string, unknown>>, path: readonly string[]): void => {
    if (path.length > depthMax) return;
    for (const key of Object.keys(object).sort(compareBytes)) {
      const value = object[key];
      const at = [...path, key];
      const alternatives = automerge.getConflicts(object, Array.isArray(object) ? Number(key) : key);
      if (alternatives !== undefined) {
        const shown = plain(value);
        const texts = new Set(Object.values(alternatives).map((other) => JSON.stringify(plain(other))));
        texts.delete(JSON.stringify(shown));
        const others = [...texts].sort(compareBytes).map((text) => JSON.parse(text) as Plain);
        if (others.length > 0) conflicts.push({ path: at, shown, others });
      }
      if (isMap(automerge, value) || Array.isArray(value)) walk(value as Readonly<Record<string, unknown>>, at);
    }
  };
  walk(document, []);
  return conflicts;
}
