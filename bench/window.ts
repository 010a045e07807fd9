/** A window from opening to settlement, step by step, beside its floor; see docs/guides/benchmarks.md. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { measuredPopulation, quantile } from '../src/app/measure.ts';
import type { StrategyName } from '../src/core/program.ts';
import type { PeriodRecord } from '../src/core/state.ts';
import type { IngestProgress, StepTrace } from './engine.ts';
import type { FloorStep } from './floor.ts';
import type { Child } from './rpc.ts';

export interface WindowOptions {
  readonly accounts: number;
  readonly strategy: StrategyName;
  readonly batch: number;
  readonly names: 'ordered' | 'scattered';
  readonly seed: number;
}

interface Counts {
  readonly accounts: number;
  readonly positions: number;
  readonly scores: number;
}

/** Steps that the engine makes before the floor makes the same ones: noise of the machine meets both alike. */
const turn = 25;

export async function benchWindow(
  options: WindowOptions,
  dir: string,
  start: (job: string) => Child,
  say: (text: string) => void,
) {
  const { accounts, strategy, batch, names, seed } = options;
  mkdirSync(dir, { recursive: true });
  const [path, floorPath] = [join(dir, 'store.db'), join(dir, 'floor.db')];
  const population = { seed, accounts, names, ...measuredPopulation };

  const loader = start('engine');
  await loader.call('open', { path, create: { strategy, batchSize: batch } });
  let loaded: IngestProgress;
  do {
    loaded = await loader.call<IngestProgress>('ingestSome', { argument: { population, batch: 0 }, chunks: 50 });
    say(`loading: ${loaded.events} events`);
  } while (!loaded.ended);
  const loadPeak = await loader.end();

  const engine = start('engine');
  await engine.call('open', { path });
  const counted: Counts[] = [await engine.call<Counts>('counts')];
  const steps = await engine.call<StepTrace[]>('steps', { count: 1, phase: 'until-paying' });
  counted.push(await engine.call<Counts>('counts'));
  while (steps.at(-1)!.next === 'scoring') {
    steps.push(...(await engine.call<StepTrace[]>('steps', { count: 100, phase: 'until-paying' })));
    say(`scoring: step ${steps.length}`);
  }
  counted.push(await engine.call<Counts>('counts'));

  // No step is being made: the file and its log are one consistent state.
  copyFileSync(path, floorPath);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${floorPath}-wal`);
  const floor = start('window-floor');
  const { payoutsUntil: payouts, postingsUntil: postings } = steps.at(-1)!;
  await floor.call('open', { path: floorPath, from: path, payouts, postings });
  const floorSteps: FloorStep[] = [];
  while (steps.at(-1)!.next !== 'settled') {
    const before = steps.length;
    const traces = await engine.call<StepTrace[]>('steps', { count: turn, phase: 'paying' });
    // The step that settles has no window any more that would say its number.
    steps.push(...traces.map((trace, i) => ({ ...trace, step: before + i + 1 })));
    floorSteps.push(...(await floor.call<FloorStep[]>('steps', steps.slice(before))));
    say(`paying: ${steps.at(-1)!.payoutsUntil} of ${accounts}`);
  }
  counted.push(await engine.call<Counts>('counts'));
  const record = await engine.call<PeriodRecord>('record');
  const bytes = await engine.call<number>('bytes');
  const windowPeak = await engine.end();
  const floorPeak = await floor.end();

  const of = (phase: string): StepTrace[] => steps.filter((step) => step.phase === phase);
  const ms = (list: readonly { readonly ms: number }[]): number => list.reduce((sum, step) => sum + step.ms, 0);
  const rows = (list: readonly { readonly rowsWritten: number }[]): number =>
    list.reduce((sum, step) => sum + step.rowsWritten, 0);
  const times = (list: readonly { readonly ms: number }[]): number[] => list.map((step) => step.ms);
  const [opening, scoring, paying] = [of('opening'), of('scoring'), of('paying')];
  const bounded = [...scoring, ...paying];
  const paid = paying.reduce((sum, step) => sum + step.payouts, 0);
  const [payoutsPerS, floorPayoutsPerS] = [(paid / ms(paying)) * 1000, (paid / ms(floorSteps)) * 1000];
  const windowMs = ms(steps);
  return {
    workload: 'window' as const,
    ...options,
    open_ms: round(ms(opening)),
    open_rows_written: rows(opening),
    steps: steps.length,
    step_ms_p50: round(quantile(times(bounded), 0.5)),
    step_ms_p99: round(quantile(times(bounded), 0.99)),
    step_ms_max: round(quantile(times(bounded), 1)),
    scoring_steps: scoring.length,
    scoring_step_ms_p50: round(quantile(times(scoring), 0.5)),
    scoring_step_ms_p99: round(quantile(times(scoring), 0.99)),
    paying_steps: paying.length,
    paying_step_ms_p50: round(quantile(times(paying), 0.5)),
    paying_step_ms_p99: round(quantile(times(paying), 0.99)),
    floor_step_ms_p50: round(quantile(times(floorSteps), 0.5)),
    floor_step_ms_p99: round(quantile(times(floorSteps), 0.99)),
    floor_step_ms_max: round(quantile(times(floorSteps), 1)),
    payouts: paid,
    payouts_per_s: Math.round(payoutsPerS),
    floor_payouts_per_s: Math.round(floorPayoutsPerS),
    floor_ratio: round(payoutsPerS / floorPayoutsPerS, 3),
    floor_ratio_p50: round(quantile(times(floorSteps), 0.5) / quantile(times(paying), 0.5), 3),
    window_payouts_per_s: Math.round((paid / windowMs) * 1000),
    us_per_account: round((windowMs * 1000) / accounts),
    rows_written: rows(steps),
    paying_rows_written: rows(paying),
    floor_rows_written: rows(floorSteps),
    peak_rows: Math.max(...counted.map(({ positions, scores }) => positions + scores)),
    positions: counted[0]!.positions,
    peak_rss_mb: Math.max(loadPeak, windowPeak),
    load_peak_rss_mb: loadPeak,
    window_peak_rss_mb: windowPeak,
    floor_peak_rss_mb: floorPeak,
    load_events_per_s: Math.round((loaded.events / loaded.ms) * 1000),
    store_mb: round(bytes / 1e6, 1),
    root: record.root,
  };
}

export type WindowResult = Awaited<ReturnType<typeof benchWindow>>;

export function round(value: number, places = 2): number {
  return Number(value.toFixed(places));
}
