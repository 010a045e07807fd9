import { isDeepStrictEqual } from 'node:util';
import { compareBytes } from '../core/bytes.ts';
import { refuse } from '../core/events/refusal.ts';
import type { GraphRecord } from '../sources/graph/record.ts';
import type { Automerge, SpaceDocument } from './automerge.ts';
import type { Conflict } from './conflicts.ts';
import { recordsOf, type RefusedEntry } from './contributions.ts';
import type { DocumentKind } from './kinds.ts';
import type { Plain } from './plain.ts';
import { settingsOf } from './settings.ts';

export type InFile<T> = T & { readonly file: string };

/** What the engine gets of a space. */
export interface SpaceContent {
  /** Nodes, then people, then edges; each by the bytes of their addresses, each address once. */
  readonly records: readonly GraphRecord[];
  /** Of all documents of settings together; null where there is none. */
  readonly settings: { readonly [key: string]: Plain } | null;
  /** How many documents of contributions there were. */
  readonly documents: number;
  /** Files, entries and settings that were not taken, by file. While there are any, a record that is absent may not be gone. */
  readonly refused: readonly InFile<RefusedEntry>[];
  readonly conflicts: readonly InFile<Conflict>[];
}

/**
 * Puts together the records and settings of documents; published ones are not looked at. What two documents say alike counts once.
 * Where they differ about an address or a setting, the one that was added first counts, and the other is refused:
 * `document-repeated`.
 */
export class ContentBuilder {
  readonly #automerge: Automerge;
  readonly #records = new Map<string, { readonly record: GraphRecord; readonly file: string }>();
  readonly #settings = new Map<string, { readonly value: Plain; readonly file: string }>();
  readonly #refused: InFile<RefusedEntry>[] = [];
  readonly #conflicts: InFile<Conflict>[] = [];
  readonly #count = { contributions: 0, settings: 0, space: 0 };

  constructor(automerge: Automerge) {
    this.#automerge = automerge;
  }

  add(from: { readonly name: string; readonly kind: DocumentKind; readonly document: SpaceDocument }): void {
    const { name: file, kind, document } = from;
    this.#count[kind] += 1;
    if (kind === 'space') return;
    const { refused, conflicts } =
      kind === 'contributions' ? this.#addRecords(file, document) : this.#addSettings(file, document);
    for (const entry of refused) this.refuse({ ...entry, file });
    for (const conflict of conflicts) this.#conflicts.push({ ...conflict, file });
  }

  refuse(entry: InFile<RefusedEntry>): void {
    this.#refused.push(entry);
  }

  build(): SpaceContent {
    const records = [...this.#records.values()].map(({ record }) => ({ record, place: placeOf(record) }));
    records.sort((a, b) => order[a.place[0]] - order[b.place[0]] || compareBytes(a.place[1], b.place[1]));
    const keys = [...this.#settings.keys()].sort(compareBytes);
    return {
      records: records.map(({ record }) => record),
      settings:
        this.#count.settings === 0
          ? null
          : Object.fromEntries(keys.map((key) => [key, this.#settings.get(key)!.value])),
      documents: this.#count.contributions,
      refused: this.#refused.toSorted((a, b) => compareBytes(a.file, b.file)),
      conflicts: this.#conflicts.toSorted((a, b) => compareBytes(a.file, b.file)),
    };
  }

  #addRecords(file: string, document: SpaceDocument): Found {
    const read = recordsOf(this.#automerge, document);
    for (const record of read.records) {
      const place = placeOf(record);
      const key = place.join(' ');
      const before = this.#records.get(key);
      if (before === undefined) this.#records.set(key, { record, file });
      else if (!isDeepStrictEqual(before.record, record)) this.#repeated(file, place, before.file);
    }
    return read;
  }

  #addSettings(file: string, document: SpaceDocument): Found {
    const read = settingsOf(this.#automerge, document);
    for (const [key, value] of Object.entries(read.settings)) {
      const before = this.#settings.get(key);
      if (before === undefined) this.#settings.set(key, { value, file });
      else if (!isDeepStrictEqual(before.value, value)) this.#repeated(file, [key], before.file);
    }
    return read;
  }

  #repeated(file: string, path: readonly string[], before: string): void {
    const message = `Found other content than in ${before}; accepted: one document that has it, or the same in all.`;
    this.refuse({ ...refuse('document-repeated', message), path, file });
  }
}

interface Found {
  readonly refused: readonly RefusedEntry[];
  readonly conflicts: readonly Conflict[];
}

const order = { nodes: 0, people: 1, edges: 2 } as const;

function placeOf(record: GraphRecord): readonly [keyof typeof order, string] {
  if (record.what === 'edge') return ['edges', record.edge];
  return [record.what === 'node' ? 'nodes' : 'people', record.node];
}
