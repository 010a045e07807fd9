import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProrataEvent } from '../core/events/event.ts';
import { strategyNames, type ProgramDefinition, type StrategyName } from '../core/program.ts';
import { openMemoryStore } from '../stores/memory/store.ts';
import { Engine } from './engine.ts';

/** One pool by score, one with a fixed recipient; at second 100 only the latter pays, at 200 only the former. */
function definition(strategy: StrategyName): ProgramDefinition {
  return {
    name: 'two pools',
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [
        { name: 'stakers', pays: 'score', funding: 1000n, recipients: [] },
        { name: 'team', pays: 'recipients', funding: 10n, recipients: ['lead'] },
      ],
      residual: 'rest',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy, batchSize: 10 },
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [
      { at: 100, allocations: [{ pool: 'team', amount: 10n }] },
      { at: 200, allocations: [{ pool: 'stakers', amount: 1000n }] },
    ],
    excluded: [],
  };
}

const staking: readonly ProrataEvent[] = [
  { kind: 'validator-set', key: 'v', time: 1000, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
  { kind: 'delegate', key: 'a', time: 2000, account: 'a', validator: 'v', amount: 100n },
];

describe('src/app/step', () => {
  for (const strategy of strategyNames) {
    it(`keeps everybody's stake over a boundary at which only direct pools pay, under ${strategy}`, async () => {
      const engine = new Engine(openMemoryStore());
      await engine.createProgram(definition(strategy));
      await engine.ingest('two pools', staking);
      assert.equal((await engine.advance('two pools', { to: 200_000 })).ended, 'idle');
      assert.equal((await engine.account('two pools', 'a')).staked, 1100n);
      assert.equal((await engine.verify('two pools')).holds, true);
    });
  }
});
