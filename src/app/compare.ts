import { InvariantError } from '../core/errors.ts';
import { accountName, type PopulationOptions, populationEvents } from '../core/population/population.ts';
import { Prng } from '../core/population/prng.ts';
import { type StrategyName, strategyNames } from '../core/program.ts';
import type { Engine } from './engine.ts';
import {
  type MeasuredStep,
  measureStep,
  measuredDefinition,
  measuredPopulation,
  measuredProgram,
  quantile,
} from './measure.ts';

/** What one freeze strategy cost in one window. Times in milliseconds. */
export interface StrategyMeasures {
  readonly strategy: StrategyName;
  readonly accounts: number;
  readonly batchSize: number;
  /** Positions and booked scores stored at once, at most: what freezing keeps twice shows here. */
  readonly peakRows: number;
  /** Rows inserted, updated and deleted by the whole window, payouts and ledger included. */
  readonly rowsWritten: number;
  readonly openMs: number;
  readonly openRowsWritten: number;
  /** Steps after the opening one; how long each took, in order. */
  readonly stepsMs: readonly number[];
  readonly stepMsP50: number;
  readonly stepMsP99: number;
  readonly stepMsMax: number;
  /** Reading one account and its scores, between two paying steps. */
  readonly queryMsP50: number;
  readonly queryMsP99: number;
  readonly windowMs: number;
  /** Peak resident memory of the process that settled the window; `null` when it measured others too. */
  readonly peakMemoryMb: number | null;
  /** How often it was measured; these are the figures of the time with the lowest p99. */
  readonly attempts: number;
  readonly accountsPaid: number;
  /** Settlement root, hex: equal for all strategies. */
  readonly root: string;
}

export interface CompareOptions {
  readonly accounts: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Accounts that are read after each paying step. */
const queriesPerStep = 3;

const populationOf = ({ accounts, seed }: CompareOptions): PopulationOptions => ({
  seed,
  accounts,
  ...measuredPopulation,
});

/** Makes the population of all comparisons of one size in an empty store. */
export async function loadComparison(
  engine: Engine,
  options: CompareOptions,
  onProgress: (events: number) => void,
): Promise<void> {
  await engine.createProgram(measuredDefinition({ strategy: 'cut', batchSize: options.batchSize }));
  await engine.ingest(measuredProgram, populationEvents(populationOf(options)), { onProgress });
}

/**
 * Settles the window of a loaded store under one strategy, and measures it. `clock`: milliseconds from any origin, as
 * exact as there is. Calls `onStep` after each step; it may throw to stop.
 */
export async function measureStrategy(
  engine: Engine,
  strategy: StrategyName,
  options: CompareOptions,
  { clock, onStep }: { readonly clock: () => number; readonly onStep: (steps: number) => void | Promise<void> },
): Promise<StrategyMeasures> {
  const { accounts, batchSize } = options;
  const population = populationOf(options);
  await engine.ingest(measuredProgram, [{ kind: 'rules', key: 'strategy', time: population.until, strategy }]);
  const random = new Prng(options.seed);
  const steps: MeasuredStep[] = [];
  const queriesMs: number[] = [];
  let peakRows: number | null = null;
  for (let settled = false; !settled;) {
    const step = await measureStep(engine, clock);
    steps.push(step);
    settled = step.settled;
    if (step.phase !== 'paying') {
      // Nothing is kept that was not kept already when everything is scored and the first payment takes none of it away.
      peakRows ??= await rowsOnceScored(engine);
    } else if (!settled) {
      for (let query = 0; query < queriesPerStep; query += 1) {
        const name = accountName(population, 1 + random.below(accounts));
        const began = clock();
        await engine.account(measuredProgram, name);
        queriesMs.push(clock() - began);
      }
    }
    await onStep(steps.length);
  }
  const record = (await engine.periods(measuredProgram)).at(-1)!;
  const [opening, ...others] = steps;
  const stepsMs = others.map(({ ms }) => ms);
  return {
    strategy,
    accounts,
    batchSize,
    peakRows: peakRows ?? 0,
    rowsWritten: steps.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    openMs: opening!.ms,
    openRowsWritten: opening!.rowsWritten,
    stepsMs,
    stepMsP50: quantile(stepsMs, 0.5),
    stepMsP99: quantile(stepsMs, 0.99),
    stepMsMax: quantile(stepsMs, 1),
    queryMsP50: quantile(queriesMs, 0.5),
    queryMsP99: quantile(queriesMs, 0.99),
    windowMs: steps.reduce((sum, { ms }) => sum + ms, 0),
    peakMemoryMb: null,
    attempts: 1,
    accountsPaid: record.accountsPaid,
    root: record.root!,
  };
}

/** Positions and booked scores in the store, when all are scored; `null` before that. */
async function rowsOnceScored(engine: Engine): Promise<number | null> {
  return engine.read(async (tx) => {
    const [program] = await tx.programs();
    const { window } = await tx.state(program!.id);
    if (window?.phase !== 'paying') return null;
    const { positions, scores } = await tx.counts(program!.id);
    return positions + scores;
  });
}

export interface Limits {
  readonly maxStepMs: number;
  readonly maxMemoryMb: number;
}

/** How far a strategy stays within the limits, at its worst over all sizes measured. */
export interface Judgement {
  readonly strategy: StrategyName;
  readonly fits: boolean;
  /** The longest opening step, the highest p99 of the other steps, and the highest peak of memory (`null`: not measured). */
  readonly openMs: number;
  readonly stepMsP99: number;
  readonly peakMemoryMb: number | null;
  readonly rowsWritten: number;
  /** Which limits it breaks, in words. */
  readonly breaks: readonly string[];
}

export interface Recommendation {
  /** `null`: none stays within the limits. */
  readonly strategy: StrategyName | null;
  /** When none does: the one that breaks the fewest limits, and then writes the fewest rows. Else the recommended one. */
  readonly nearest: StrategyName | null;
  /** How it was found. */
  readonly rule: string;
  readonly judgements: readonly Judgement[];
  /** When none fits: the batch size with which the nearest one should, if the p99 of its steps is all that is wrong; else `null`. */
  readonly batchSize: number | null;
}

/**
 * Judges by figures and limits only. Among the strategies that stay within both limits at every size: the one that writes
 * the fewest rows, then the one with the lowest p99. Strategies that were not measured at the largest size do not count.
 */
export function recommend(measures: readonly StrategyMeasures[], limits: Limits): Recommendation {
  const largest = Math.max(...measures.map(({ accounts }) => accounts));
  const measured = strategyNames.filter((name) =>
    measures.some(({ strategy, accounts }) => strategy === name && accounts === largest),
  );
  const judgements = measured.map((strategy) =>
    judge(
      strategy,
      measures.filter((one) => one.strategy === strategy),
      limits,
    ),
  );
  const order = (a: Judgement, b: Judgement): number => a.rowsWritten - b.rowsWritten || a.stepMsP99 - b.stepMsP99;
  const [best] = judgements.filter(({ fits }) => fits).toSorted(order);
  const rule =
    `of the strategies whose opening step and whose p99 of the other steps take at most ${limits.maxStepMs} ms, and whose process takes at most ` +
    `${limits.maxMemoryMb} MB, at every size measured: the one that writes the fewest rows`;
  if (best) return { strategy: best.strategy, nearest: best.strategy, rule, judgements, batchSize: null };
  const [nearest] = judgements.toSorted((a, b) => a.breaks.length - b.breaks.length || order(a, b));
  const onlySteps = nearest?.breaks.join() === stepsBreak;
  const current = measures[0]?.batchSize ?? 1;
  const batchSize = onlySteps ? Math.max(1, Math.floor((current * limits.maxStepMs) / nearest.stepMsP99)) : null;
  return { strategy: null, nearest: nearest?.strategy ?? null, rule, judgements, batchSize };
}

const stepsBreak = 'p99 of steps';

function judge(
  strategy: StrategyName,
  measures: readonly StrategyMeasures[],
  { maxStepMs, maxMemoryMb }: Limits,
): Judgement {
  const most = (of: (one: StrategyMeasures) => number): number => Math.max(...measures.map(of));
  const [openMs, stepMsP99] = [most((one) => one.openMs), most((one) => one.stepMsP99)];
  const memories = measures.flatMap((one) => one.peakMemoryMb ?? []);
  const peakMemoryMb = memories.length > 0 ? Math.max(...memories) : null;
  const breaks = [
    ...(openMs > maxStepMs ? ['opening step'] : []),
    ...(stepMsP99 > maxStepMs ? [stepsBreak] : []),
    ...(peakMemoryMb !== null && peakMemoryMb > maxMemoryMb ? ['memory'] : []),
  ];
  const rowsWritten = measures.reduce((sum, one) => sum + one.rowsWritten, 0);
  return { strategy, fits: breaks.length === 0, openMs, stepMsP99, peakMemoryMb, rowsWritten, breaks };
}

/** All strategies pay the same, to the unit. Throws InvariantError `compare.roots-equal` when two of one size do not. */
export function checkRoots(measures: readonly StrategyMeasures[]): void {
  for (const [accounts, group] of Map.groupBy(measures, (one) => one.accounts)) {
    const roots = new Set(group.map(({ root }) => root));
    if (roots.size <= 1) continue;
    const facts = Object.fromEntries(group.map(({ strategy, root }) => [strategy, root]));
    throw new InvariantError('compare.roots-equal', `The strategies paid differently at ${accounts} accounts.`, facts);
  }
}
