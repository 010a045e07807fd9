import { statSync } from 'node:fs';
import { join } from 'node:path';
import { closeCred, finish, readCredRound } from '../src/app/cred/score.ts';
import { Engine } from '../src/app/engine.ts';
import { BooksCache } from '../src/app/load-books.ts';
import type { IntervalKind } from '../src/core/scoring/cred/intervals.ts';
import { credByParticipant } from '../src/core/scoring/cred/solve.ts';
import { openSqliteStore } from '../src/stores/sqlite/store.ts';
import { type CredResult, cpuSince, rounded } from './cred.ts';
import { credDefinition, credProgramName, graphEvents, intervalKindOf, peopleEvents, personId } from './cred-events.ts';
import { readHead } from './cred-file.ts';
import { type Child, type Job, peakRssMb } from './rpc.ts';

export interface CredStoreResult {
  /** Events of the graph taken a second, of the clock and of CPU of all threads, without reading the file. */
  readonly ingest_per_s: number;
  readonly ingest_per_cpu_s: number;
  readonly store_mb: number;
  /** CPU of all threads, of reading the log's people, rules and graph; in a process that has done nothing else. */
  readonly store_read_cpu_s: number;
  /** With it, on to whole scores. */
  readonly store_total_cpu_s: number;
  /** As a part of `total_cpu_s`. */
  readonly store_ratio: number;
  readonly store_peak_rss_mb: number;
  /** The largest difference from the scores in memory, as a part of a score. */
  readonly store_difference: number;
}

/** Scores may differ by what sums in another order do: the log's nodes come in the order of time and name. */
const differenceMax = 1e-9;

/**
 * The same graph from a store: written there as the events of a program, and scored in a process of its own as a window does.
 * `null` where no program has the file's intervals. Throws where scores differ.
 */
export async function benchCredStore(
  file: string,
  inMemory: CredResult,
  {
    dir,
    start,
    say,
  }: { readonly dir: string; readonly start: (job: string) => Child; readonly say: (text: string) => void },
): Promise<CredStoreResult | null> {
  const interval = intervalKindOf(readHead(file));
  if (interval === null) return null;
  const path = join(dir, 'cred.db');
  say('writing the store');
  const writer = start('cred-writer');
  const written = await writer.call<Written>('write', { file, path, interval });
  await writer.end();
  say('from the store');
  const reader = start('cred-reader');
  const { participants, ...figures } = await reader.call<Scored>('score', { path });
  const peak = await reader.end();
  const expected = new Map(inMemory.participants.map(([, cred], place) => [personId(place), cred]));
  let difference = 0;
  for (const [id, cred] of participants) {
    const other = expected.get(id)!;
    if (cred !== other) difference = Math.max(difference, Math.abs(cred - other) / Math.max(cred, other));
  }
  if (!(difference <= differenceMax) || participants.length !== expected.size)
    throw new Error(`scores from the store differ from those in memory by ${difference} of a score`);
  return {
    ...written,
    ...figures,
    store_ratio: rounded(figures.store_total_cpu_s / inMemory.total_cpu_s),
    store_peak_rss_mb: Math.round(peak),
    store_difference: difference,
  };
}

type Written = Pick<CredStoreResult, 'ingest_per_s' | 'ingest_per_cpu_s' | 'store_mb'>;
type Scored = Pick<CredStoreResult, 'store_read_cpu_s' | 'store_total_cpu_s'> & Pick<CredResult, 'participants'>;

export function credWriterJob(): Job {
  return {
    async write(argument: { file: string; path: string; interval: IntervalKind }): Promise<Written> {
      const { file, path, interval } = argument;
      const head = readHead(file);
      const store = openSqliteStore({ path });
      const engine = new Engine(store);
      await engine.createProgram(credDefinition(head, interval));
      await engine.ingest(credProgramName, peopleEvents(head), { onRefused: (_, { message }) => fail(message) });
      const watch = new Watch();
      // An edge that leads nowhere is left out in memory too.
      const { recorded } = await engine.ingest(credProgramName, watch.without(graphEvents(file, head)), {
        partial: true,
      });
      const { ms, cpu } = watch.stop();
      await engine.close();
      return {
        ingest_per_s: Math.round((recorded / ms) * 1000),
        ingest_per_cpu_s: Math.round(recorded / cpu),
        store_mb: Math.round(statSync(path).size / 1e6),
      };
    },
    end: peakRssMb,
  };
}

export function credReaderJob(): Job {
  return {
    async score({ path }: { path: string }): Promise<Scored> {
      const store = openSqliteStore({ path });
      const before = process.cpuUsage();
      const reading = await store.transact('read', async (tx) => {
        const books = await new BooksCache().load(tx, credProgramName);
        const until = books.schedule[0]!.at;
        const { events: seq, periodStart: start } = books.state;
        return readCredRound(tx, books, { seq, until, start, period: 1, excluded: [] });
      });
      const read = cpuSince(before);
      const { scores } = finish(closeCred(reading));
      const total = cpuSince(before);
      await store.close();
      const sums = credByParticipant(scores!);
      return {
        store_read_cpu_s: rounded(read),
        store_total_cpu_s: rounded(total),
        participants: reading.persons.map(({ id }, p) => [id, sums[p]!]),
      };
    },
    end: peakRssMb,
  };
}

/** Time and CPU, without what making up the chunks takes. */
class Watch {
  #ms = -performance.now();
  #outside = 0;
  readonly #begin = process.cpuUsage();

  *without<T>(chunks: Iterable<T>): Generator<T> {
    let [at, cpu] = [performance.now(), process.cpuUsage()];
    for (const chunk of chunks) {
      this.#ms -= performance.now() - at;
      this.#outside += cpuSince(cpu);
      yield chunk;
      [at, cpu] = [performance.now(), process.cpuUsage()];
    }
  }

  stop(): { readonly ms: number; readonly cpu: number } {
    return { ms: this.#ms + performance.now(), cpu: cpuSince(this.#begin) - this.#outside };
  }
}

function fail(message: string): never {
  throw new Error(message);
}
