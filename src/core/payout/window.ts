import type { PeriodRecord, Window } from '../state.ts';
import { emptyFrontier } from './merkle.ts';

/** What is known of a window before its first step. */
export type WindowOpening = Pick<
  Window,
  'period' | 'start' | 'boundary' | 'settle' | 'strategy' | 'batchSize' | 'pool' | 'amount' | 'closingBucket'
>;

/** A window in which nothing is scored and nobody is paid. Fields in one order, as they are stored. */
export function newWindow(opening: WindowOpening): Window {
  const { period, start, boundary, settle, strategy, batchSize, pool, amount, closingBucket } = opening;
  return {
    period,
    start,
    boundary,
    settle,
    strategy,
    batchSize,
    pool,
    amount,
    phase: 'scoring',
    closingBucket,
    cursor: null,
    steps: 1,
    entriesScored: 0,
    accountsPaid: 0,
    proven: 0n,
    counted: 0n,
    total: null,
    scorePaid: 0n,
    forgone: 0n,
    delivered: 0n,
    undelivered: 0n,
    frontier: emptyFrontier,
  };
}

/** All that went to the residual of a period's allocations. */
export function residualOf(residual: PeriodRecord['residual']): bigint {
  const { rounding, undelivered, directRemainder, zeroTotal, unearned = 0n } = residual;
  return rounding + undelivered + directRemainder + zeroTotal + unearned;
}
