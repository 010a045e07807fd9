import { invariant } from '../core/errors.ts';
import type { ProgramDefinition, StrategyName } from '../core/program.ts';
import type { Engine } from './engine.ts';

/** The program that windows are measured with: a pool that pays by score and one with fixed recipients, one boundary. */
export const measuredProgram = 'measured';
/** Its period in seconds: thirty days of January 2026. The population's events lie in the first twenty. */
export const measuredPeriod = { start: 1_767_225_600, boundary: 1_769_817_600 } as const;
export const measuredPopulation = {
  validators: 60,
  from: measuredPeriod.start * 1000,
  until: (measuredPeriod.start + 1_728_000) * 1000,
} as const;

export function measuredDefinition({
  strategy,
  batchSize,
}: {
  readonly strategy: StrategyName;
  readonly batchSize: number;
}): ProgramDefinition {
  const allocations = [
    { pool: 'community', amount: 476_190_476_190_476n },
    { pool: 'team', amount: 23_809_523_809_523n },
  ];
  const recipients = { community: [], team: ['team-a', 'team-b', 'team-c'] };
  return {
    name: measuredProgram,
    rules: {
      asset: { symbol: 'TOKEN', decimals: 6 },
      pools: [
        { name: 'community', pays: 'score', funding: allocations[0]!.amount, recipients: recipients.community },
        { name: 'team', pays: 'recipients', funding: allocations[1]!.amount, recipients: recipients.team },
      ],
      residual: 'residual',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy, batchSize },
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at: measuredPeriod.boundary, allocations }],
    excluded: [],
  };
}

export type MeasuredPhase = 'opening' | 'scoring' | 'paying';

export interface MeasuredStep {
  readonly phase: MeasuredPhase;
  readonly ms: number;
  readonly rowsWritten: number;
  readonly payouts: number;
}

/** Makes the next step of the window of `measuredProgram` and times it. `clock`: milliseconds from any origin, as exact as there is. */
export async function measureStep(
  engine: Engine,
  clock: () => number,
): Promise<MeasuredStep & { readonly settled: boolean }> {
  const now = (measuredPeriod.boundary + 60) * 1000;
  const began = clock();
  const outcome = await engine.step(measuredProgram, now);
  const ms = clock() - began;
  invariant('period' in outcome, 'measure.window-settles', { did: outcome.did });
  const { did, rowsWritten, payouts } = outcome;
  return { phase: phases[did], ms, rowsWritten, payouts, settled: did === 'settled' };
}

/** What a step did says what it was for; the one that settles pays the last accounts. */
const phases = { opened: 'opening', scored: 'scoring', paid: 'paying', settled: 'paying' } as const;

/** Classes of durations that double, in milliseconds. 0: below 1; n: from 2^(n-1) to 2^n. */
export function durationClass(ms: number): number {
  let number = 0;
  for (let limit = 1; ms >= limit; limit *= 2) number += 1;
  return number;
}

/** The value below which `part` (0 to 1) of the values lie: the nearest one that is there. 0 when there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;
}
