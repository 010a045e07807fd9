import type { ProrataEvent } from '../../src/core/events/event.ts';
import { parseSharing } from '../../src/core/payout/policies/sharing.ts';
import type { ProgramDefinition, Rules } from '../../src/core/program.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';

export const PROGRAM = 'shared';
/** Seconds of a period; the first one begins at 0. */
export const EVERY = 100;
export const direction = 'btc-tao';

export interface SmallOptions {
  readonly model?: 'stake-time' | 'crown';
  readonly amount?: bigint;
  readonly sharing?: Record<string, unknown>;
  readonly window?: Partial<Rules['window']>;
  readonly onZeroTotal?: Rules['onZeroTotal'];
}

/** A program whose one pool owes `amount` every hundred seconds. */
export function sharedProgram({
  model = 'stake-time',
  amount = 1000n,
  sharing,
  window,
  onZeroTotal = 'residual',
}: SmallOptions = {}): ProgramDefinition {
  const crown = { model: 'crown', rules: 'best-rate-tie', directions: { [direction]: '1/2' } };
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 0 },
      pools: [
        {
          name: 'rewards',
          pays: 'score',
          funding: amount * 100n,
          recipients: [],
          ...(sharing === undefined ? {} : { sharing: parseSharing(sharing, 'sharing') }),
        },
      ],
      residual: 'rest',
      scoring: model === 'crown' ? parseCrownScoring(crown, 'scoring') : { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 1000, ...window },
      onZeroTotal,
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: Array.from({ length: 10 }, (_, index) => ({
      at: (index + 1) * EVERY,
      allocations: [{ pool: 'rewards', amount }],
    })),
    start: 0,
    excluded: [],
  };
}

export const validator: ProrataEvent = {
  kind: 'validator-set',
  key: 'v',
  time: 0,
  validator: 'v',
  tokens: 0n,
  shares: 0n,
  jailed: false,
};

export const stake = (account: string, second: number, amount: bigint): ProrataEvent => {
  const kind = amount > 0n ? 'delegate' : 'undelegate';
  const worth = amount > 0n ? amount : -amount;
  return { kind, key: `${kind} ${account} ${second}`, time: second * 1000, account, validator: 'v', amount: worth };
};

/** Somebody who may hold a crown from second 0 on. */
export const miner = (account: string): readonly ProrataEvent[] => [
  { kind: 'eligible', key: `e ${account}`, time: 0, account, on: true },
  { kind: 'active', key: `a ${account}`, time: 0, account, on: true },
];

export const rate = (account: string, second: number, quote: string): ProrataEvent => ({
  kind: 'rate',
  key: `r ${account} ${second}`,
  time: second * 1000,
  account,
  direction,
  rate: quote,
});

export const exclusion = (second: number, add: readonly string[], remove: readonly string[] = []): ProrataEvent => ({
  kind: 'exclusion',
  key: `x ${second} ${add.join(' ')} ${remove.join(' ')}`,
  time: second * 1000,
  add,
  remove,
});

export const rules = (second: number, sharing: Record<string, unknown> | null): ProrataEvent => ({
  kind: 'rules',
  key: `rules ${second}`,
  time: second * 1000,
  sharing: sharing && parseSharing(sharing, 'sharing'),
});
