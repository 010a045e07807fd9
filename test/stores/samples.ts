import type { EventRow } from '../../src/app/ports.ts';
import type { Rules, ScheduleEntry } from '../../src/core/program.ts';
import type {
  Account,
  AccountRef,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Posting,
  ProgramState,
  StepRecord,
} from '../../src/core/state.ts';

/** Rows to try a store with: complete, and telling apart wherever two fields could be mixed up. */

/** More than 64, and more than 128 bits. */
export const huge = 2n ** 200n + 12_345_678_901_234_567_890n;

export const account = (id: number, name: string, excluded = false): Account => ({
  id,
  name,
  excluded,
  positions: [],
  scores: new Map(),
});

export const event = (seq: number, about: AccountRef | null = null, kind = 'delegate'): EventRow => ({
  seq,
  key: `key-${seq}`,
  kind,
  time: 1_700_000_000_000 + seq,
  account: about && { id: about.id, name: about.name },
  payload: `{"seq":${seq}}`,
  at: null,
  hash: seq.toString(16).padStart(64, '0'),
});

export const payout = (id: number, to: AccountRef, period = 1, pool = 'community'): Payout => ({
  id,
  period,
  pool,
  account: { id: to.id, name: to.name },
  score: huge + BigInt(id),
  due: 10n,
  restaked: 7n,
  liquid: 3n,
  reason: 'paid',
});

export const poolSide: LedgerAccount = { kind: 'pool', pool: 'community' };
export const stakeOf = (to: AccountRef): LedgerAccount => ({ kind: 'stake', account: { id: to.id, name: to.name } });
export const liquidOf = (to: AccountRef): LedgerAccount => ({ kind: 'liquid', account: { id: to.id, name: to.name } });

export const posting = (
  id: number,
  target: LedgerAccount,
  period = 1,
  amount = 7n,
  source: LedgerAccount = poolSide,
): Posting => ({
  id,
  period,
  allocation: 'community',
  source,
  target,
  amount,
  reason: 'payout',
});

export const step = (number: number, period = 1): StepRecord => ({
  period,
  step: number,
  phase: number === 1 ? 'opening' : 'paying',
  events: 9,
  at: 1_700_000_000_123,
  entries: 4,
  payouts: 5,
  firstPayout: 6,
});

export const entry = (at: number, amount = 5n, id?: number): ScheduleEntry => ({
  at,
  allocations: [{ pool: 'community', amount }],
  ...(id === undefined ? {} : { id }),
});

export const rules = (residual = '#1 residual'): Rules => ({
  asset: { symbol: 'PRO', decimals: 6 },
  pools: [{ name: 'community', pays: 'score', funding: huge, recipients: [] }],
  residual,
  scoring: { model: 'stake-time', rate: 'floor' },
  window: { settle: 'multi_block', strategy: 'cut', batchSize: 1000 },
  onZeroTotal: 'halt',
  requireAllPools: false,
  requireIds: false,
  minGapSeconds: 0,
});

export const period = (number: number, status: 'open' | 'settled' = 'open'): PeriodRecord => ({
  period: number,
  start: 0,
  boundary: 100,
  status,
  settle: 'multi_block',
  strategy: 'cut',
  allocations: [{ pool: 'community', amount: huge }],
  eventsAtOpening: 3,
  total: null,
  delivered: 1n,
  residual: { rounding: 1n, undelivered: 2n, directRemainder: 3n, zeroTotal: 4n },
  accountsPaid: 5,
  entriesScored: 6,
  steps: 7,
  root: null,
});

/** With a window, a halt and a total: all the places where a bigint can be. */
export const state = (version = 1): ProgramState =>
  ({
    version,
    rulesVersion: 1,
    validatorsVersion: 1,
    lastEventTime: 5,
    events: 3,
    head: '##ab',
    accounts: 1,
    payouts: 0,
    postings: 0,
    nextPeriod: 2,
    periodStart: 0,
    bookedUntil: 0,
    totals: { '1': huge, '2': -1n },
    bucket: 1,
    paused: { reason: '#100' },
    halted: { code: 'total-zero', message: 'm', facts: { a: '12n' }, period: 1 },
    window: {
      period: 1,
      amount: huge,
      total: null,
      cursor: { account: 'a', validator: null },
      frontier: { size: 1, roots: ['ff'] },
    },
  }) as unknown as ProgramState;
