/** A program for tests that look at one thing: stakers share 1000 by score at each boundary, one validator at par. */
import type { ProgramDefinition, StrategyName } from '../../src/core/program.ts';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';

export const PROGRAM = 'small';

export const entriesAt = (...seconds: number[]): ProgramDefinition['schedule'] =>
  seconds.map((at) => ({ at, allocations: [{ pool: 'stakers', amount: 1000n }] }));

/** Boundaries at 100 and 200. */
export function definition({
  funding = 5000n,
  batchSize = 1,
  strategy = 'cut' as StrategyName,
} = {}): ProgramDefinition {
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [{ name: 'stakers', pays: 'score', funding, recipients: [] }],
      residual: 'rest',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy, batchSize },
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: entriesAt(100, 200),
    excluded: [],
  };
}

/** A validator at par, and 5 units of stake from second 2 on for each of `accounts`. */
export const stakes = (accounts: readonly string[]): ProrataEvent[] => [
  { kind: 'validator-set', key: 'v', time: 1000, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
  ...accounts.map((account): ProrataEvent => ({
    kind: 'delegate',
    key: account,
    time: 2000,
    account,
    validator: 'v',
    amount: 5n,
  })),
];

/** In memory, with 5 units of stake from second 2 on for each of `accounts`. */
export async function smallEngine(
  accounts: readonly string[],
  options: Parameters<typeof definition>[0] = {},
): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(definition(options));
  await engine.ingest(PROGRAM, stakes(accounts));
  return engine;
}
