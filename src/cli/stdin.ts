import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { Interrupted } from './report.ts';

/** Bytes of standard input that are kept in memory; more of them go to a temporary file. */
export const spoolBytesMax = 1 << 26;

/**
 * Reads standard input to its end before `work` begins, when one of `files` is `-`: a slow pipe would otherwise hold the
 * store's write transaction, and with it everybody else. `work` may then read `stdin` as often as it likes.
 * Throws UnavailableError `file-unwritable` when there is no room for it, and Interrupted.
 */
export async function withStdin<T>(
  io: Io,
  files: readonly string[],
  work: (io: Io) => Promise<T>,
  { bytesMax = spoolBytesMax, folder = tmpdir() }: { readonly bytesMax?: number; readonly folder?: string } = {},
): Promise<T> {
  if (!files.includes('-')) return work(io);
  const spool = new Spool(bytesMax, folder);
  try {
    await spool.fill(io);
    return await work({ ...io, stdin: spool });
  } finally {
    await spool.remove();
  }
}

class Spool implements AsyncIterable<Uint8Array> {
  readonly #bytesMax: number;
  /** Where the folder of the file is made. */
  readonly #place: string;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #folder: string | null = null;
  #file: FileHandle | null = null;

  constructor(bytesMax: number, place: string) {
    this.#bytesMax = bytesMax;
    this.#place = place;
  }

  async fill({ stdin, signal }: Io): Promise<void> {
    let stop = (): void => {};
    const stopped = new Promise<'stopped'>((resolve) => (stop = () => resolve('stopped')));
    signal.addEventListener('abort', stop, { once: true });
    try {
      const chunks = stdin[Symbol.asyncIterator]();
      for (;;) {
        const next = signal.aborted ? 'stopped' : await Promise.race([chunks.next(), stopped]);
        if (next === 'stopped') throw new Interrupted('Stopped before the end of standard input: nothing was done.');
        if (next.done === true) break;
        await this.#add(next.value);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    await this.#file?.close();
    this.#file = null;
  }

  async #add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#bytesMax) return;
    try {
      this.#folder ??= await mkdtemp(join(this.#place, 'prorata-stdin-'));
      this.#file ??= await open(join(this.#folder, 'stdin'), 'wx', 0o600);
      for (const one of this.#chunks) await this.#file.writeFile(one);
      this.#chunks = [];
    } catch (error) {
      const message = `Standard input cannot be kept in a temporary file: ${(error as Error).message}.`;
      throw new UnavailableError('file-unwritable', message, { folder: this.#place }, error);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#folder !== null) {
      for await (const chunk of createReadStream(join(this.#folder, 'stdin'))) yield chunk as Uint8Array;
    }
    yield* this.#chunks;
  }

  async remove(): Promise<void> {
    await this.#file?.close();
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }
}
