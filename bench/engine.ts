/** The engine's side of the measurements, run in a process of its own by bench/run.ts. */
import { Engine } from '../src/app/engine.ts';
import type { Store } from '../src/app/ports.ts';
import { type MeasuredStep, measureStep, measuredDefinition, measuredProgram } from '../src/app/measure.ts';
import type { ProrataEvent } from '../src/core/events/event.ts';
import type { StrategyName } from '../src/core/program.ts';
import { inChunks, type PopulationOptions, populationEvents } from '../src/core/population/population.ts';
import { toJson } from '../src/core/json.ts';
import { openSqliteStore } from '../src/stores/sqlite/store.ts';
import { type Job, peakRssMb } from './rpc.ts';

export interface OpenArgument {
  readonly path: string;
  /** Given: a new store with this program. */
  readonly create?: { readonly strategy: StrategyName; readonly batchSize: number };
}

export interface IngestArgument {
  readonly population: PopulationOptions;
  /** Events of one transaction; 0: all in one. */
  readonly batch: number;
}

/** What one step wrote, for the floor to write the same. */
export interface StepTrace extends MeasuredStep {
  /** The row of `states` after the step. */
  readonly state: string;
  /** Newest ids after the step. */
  readonly payoutsUntil: number;
  readonly postingsUntil: number;
  readonly step: number;
  readonly next: 'scoring' | 'paying' | 'settled';
}

const clock = (): number => performance.now();

export function engineJob(): Job {
  let store: Store;
  let engine: Engine;
  let ingesting: Ingesting | null = null;
  return {
    async open({ path, create }: OpenArgument) {
      store = openSqliteStore({ path });
      engine = new Engine(store);
      if (create) await engine.createProgram(measuredDefinition(create));
    },
    /** Ingests so many chunks and waits in the middle of it; returns what it took so far, or all when it has ended. */
    async ingestSome({ argument, chunks }: { argument: IngestArgument; chunks: number }): Promise<IngestProgress> {
      ingesting ??= new Ingesting(engine, argument);
      return ingesting.go(chunks);
    },
    /** Makes up to so many steps; stops where paying begins. */
    async steps({ count, phase }: { count: number; phase: 'until-paying' | 'paying' }): Promise<StepTrace[]> {
      const made: StepTrace[] = [];
      while (made.length < count) {
        const measured = await measureStep(engine, clock);
        const state = await store.transact('read', (tx) => tx.state(1));
        const { window } = state;
        const next = window?.phase ?? 'settled';
        const { payouts: payoutsUntil, postings: postingsUntil } = state;
        const step = (made.at(-1)?.step ?? 0) + 1;
        made.push({
          ...measured,
          state: toJson(state),
          payoutsUntil,
          postingsUntil,
          step: window?.steps ?? step,
          next,
        });
        if (next === 'settled' || (next === 'paying' && phase === 'until-paying')) break;
      }
      return made;
    },
    counts: () => store.transact('read', (tx) => tx.counts(1)),
    record: async () => (await engine.periods(measuredProgram)).at(-1),
    bytes: async () => (await store.describe()).bytes,
    async end() {
      await engine.close();
      return peakRssMb();
    },
  };
}

export interface IngestProgress {
  readonly ms: number;
  readonly events: number;
  readonly rowsWritten: number;
  readonly head: string;
  readonly ended: boolean;
}

/** An ingest that pauses between its chunks, and counts only the time in which it works, not that in which events are made up. */
class Ingesting {
  #left = 0;
  #ms = 0;
  #events = 0;
  #startedAt: number | null = null;
  #rowsWritten = 0;
  #head = '';
  #ended = false;
  #failure: unknown = null;
  #goOn = (): void => {};
  #pause = (): void => {};

  constructor(engine: Engine, { population, batch }: IngestArgument) {
    void this.#run(engine, population, batch).catch((error: unknown) => {
      this.#failure = error;
      this.#pause();
    });
  }

  async go(chunks: number): Promise<IngestProgress> {
    this.#left = chunks;
    const paused = new Promise<void>((resolve) => (this.#pause = resolve));
    this.#goOn();
    await paused;
    if (this.#failure !== null) throw this.#failure;
    return { ms: this.#ms, events: this.#events, rowsWritten: this.#rowsWritten, head: this.#head, ended: this.#ended };
  }

  async #run(engine: Engine, population: PopulationOptions, batch: number): Promise<void> {
    await new Promise<void>((resolve) => (this.#goOn = resolve));
    const size = batch === 0 ? 2000 : batch;
    const chunks = inChunks(populationEvents(population), size);
    if (batch === 0) await this.#ingest(engine, this.#paced(chunks));
    else for await (const chunk of this.#paced(chunks)) await this.#ingest(engine, onlyOne(chunk));
    this.#ended = true;
    this.#pause();
  }

  async #ingest(engine: Engine, chunks: AsyncIterable<readonly ProrataEvent[]>): Promise<void> {
    this.#start();
    const { rowsWritten, head, refused } = await engine.ingest(measuredProgram, chunks);
    this.#stop();
    if (refused > 0) throw new Error(`${refused} events were refused`);
    this.#rowsWritten += rowsWritten;
    this.#head = head;
  }

  async *#paced(chunks: Iterable<readonly ProrataEvent[]>): AsyncGenerator<readonly ProrataEvent[]> {
    for (const chunk of chunks) {
      this.#stop();
      if (this.#left === 0) {
        this.#pause();
        await new Promise<void>((resolve) => (this.#goOn = resolve));
      }
      this.#left -= 1;
      this.#events += chunk.length;
      this.#start();
      yield chunk;
    }
  }

  #start(): void {
    this.#startedAt = clock();
  }

  #stop(): void {
    if (this.#startedAt !== null) this.#ms += clock() - this.#startedAt;
    this.#startedAt = null;
  }
}

async function* onlyOne<T>(item: T): AsyncGenerator<T> {
  yield item;
}
