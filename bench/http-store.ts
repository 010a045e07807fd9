/** A store of the size that is wanted, for the server to be measured on: stakers with a settled period, a market and a community. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demoPrograms, fillDemo } from '../src/app/demo/fill.ts';
import { measuredPeriod, measuredPopulation, measuredProgram } from '../src/app/measure.ts';
import type { ProrataEvent } from '../src/core/events/event.ts';
import { openProrata } from '../src/index.ts';
import type { IngestProgress } from './engine.ts';
import type { Child } from './rpc.ts';

export interface HttpStoreOptions {
  readonly accounts: number;
  readonly batch: number;
  readonly names: 'ordered' | 'scattered';
  readonly seed: number;
}

export const market = demoPrograms.crown;
export const community = demoPrograms.cred;

/** Where the period with this number ends, seconds. */
export const boundaryOf = (period: number): number => measuredPeriod.boundary + (period - 1) * 30 * 86_400;
/** Periods that are planned and funded. */
const periods = 40;

/** Returns where it is. The second period runs. */
export async function makeHttpStore(
  { accounts, batch, names, seed }: HttpStoreOptions,
  {
    dir,
    start,
    say,
  }: { readonly dir: string; readonly start: (job: string) => Child; readonly say: (text: string) => void },
): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const store = join(dir, 'store.db');
  const loader = start('engine');
  await loader.call('open', { path: store, create: { strategy: 'cut', batchSize: batch } });
  const population = { seed, accounts, names, ...measuredPopulation };
  let loaded: IngestProgress;
  do {
    loaded = await loader.call<IngestProgress>('ingestSome', { argument: { population, batch: 0 }, chunks: 50 });
    say(`loading: ${loaded.events} events`);
  } while (!loaded.ended);
  await loader.end();

  const engine = openProrata({ store });
  try {
    await engine.ingest(measuredProgram, await plans(engine));
    let steps = 0;
    await engine.advance(measuredProgram, {
      to: boundaryOf(1) * 1000,
      onStep: () => {
        steps += 1;
        if (steps % 50 === 0) say(`settling a period: step ${steps}`);
      },
    });
    say('a market, and a community');
    await fillDemo(engine, { seed, accounts: 60, models: ['crown', 'cred'] });
  } finally {
    await engine.close();
  }
  return store;
}

/** Further periods, and what they owe. */
async function plans(engine: ReturnType<typeof openProrata>): Promise<ProrataEvent[]> {
  const { schedule, clock: time } = await engine.status(measuredProgram);
  const [{ allocations }] = schedule as [(typeof schedule)[number]];
  const entries = Array.from({ length: periods }, (_, index) => ({ at: boundaryOf(index + 1), allocations }));
  return [
    ...allocations.map(({ pool, amount }): ProrataEvent => {
      return { kind: 'fund', key: `more for ${pool}`, time, pool, amount: amount * BigInt(periods) };
    }),
    { kind: 'schedule', key: 'more periods', time, entries },
  ];
}
