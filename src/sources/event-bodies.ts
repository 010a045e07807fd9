import type { NormalizeOptions } from '../core/events/normalize.ts';
import { readEventArray } from './json-array.ts';
import { type ReadEvent, readEvents } from './read-events.ts';

type Block = NonNullable<NormalizeOptions['block']> | null;

/** The events of a body that a server was sent, by the readers of files. */
export const eventBodies = {
  readLines: (body: Uint8Array, block: Block): AsyncIterable<ReadEvent[]> =>
    readEvents([body], { format: 'jsonl', block }),
  readArray: (text: string, block: Block): Iterable<ReadEvent[]> => readEventArray(text, { block }),
};
