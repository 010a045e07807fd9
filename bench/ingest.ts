/** Events into a new store beside their floor; see docs/guides/benchmarks.md. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { measuredPopulation } from '../src/app/measure.ts';
import { positionsPerAccount } from '../src/core/population/population.ts';
import type { IngestProgress } from './engine.ts';
import type { Child } from './rpc.ts';
import { round } from './window.ts';

export interface IngestOptions {
  /** About so many: accounts come whole. */
  readonly events: number;
  /** Events of one transaction; 0 (default): all of them, as one file is ingested. */
  readonly batch: number;
  readonly names: 'ordered' | 'scattered';
  readonly seed: number;
}

/** Chunks of events that one side takes before it is the other's turn. */
const turn = 25;

export async function benchIngest(
  options: IngestOptions,
  dir: string,
  start: (job: string) => Child,
  say: (text: string) => void,
) {
  const { batch, names, seed } = options;
  mkdirSync(dir, { recursive: true });
  const accounts = Math.max(1, Math.round((options.events - measuredPopulation.validators) / positionsPerAccount));
  const argument = { population: { seed, accounts, names, ...measuredPopulation }, batch };
  const [engine, floor] = [start('engine'), start('ingest-floor')];
  await engine.call('open', { path: join(dir, 'store.db'), create: { strategy: 'cut', batchSize: 1000 } });
  await floor.call('open', { path: join(dir, 'floor.db'), argument, batchSize: 1000 });
  let [ours, theirs]: (IngestProgress | null)[] = [null, null];
  while (!ours?.ended || !theirs?.ended) {
    if (!ours?.ended) ours = await engine.call<IngestProgress>('ingestSome', { argument, chunks: turn });
    if (!theirs?.ended) theirs = await floor.call<IngestProgress>('ingestSome', { chunks: turn });
    say(`ingesting: ${ours.events} events`);
  }
  if (ours.head !== theirs.head || ours.events !== theirs.events)
    throw new Error('the floor has written other events than the engine');
  const bytes = await engine.call<number>('bytes');
  const [peak, floorPeak] = [await engine.end(), await floor.end()];
  const [perS, floorPerS] = [(ours.events / ours.ms) * 1000, (theirs.events / theirs.ms) * 1000];
  return {
    workload: 'ingest' as const,
    ...options,
    events: ours.events,
    accounts,
    ms: round(ours.ms),
    events_per_s: Math.round(perS),
    floor_events_per_s: Math.round(floorPerS),
    floor_ratio: round(perS / floorPerS, 3),
    us_per_event: round((ours.ms * 1000) / ours.events),
    rows_written: ours.rowsWritten,
    floor_rows_written: theirs.rowsWritten,
    peak_rss_mb: peak,
    floor_peak_rss_mb: floorPeak,
    store_mb: round(bytes / 1e6, 1),
  };
}

export type IngestResult = Awaited<ReturnType<typeof benchIngest>>;
