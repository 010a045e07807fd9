import type { ProgramDefinition } from '../core/program.ts';
import type { ProgramState } from '../core/state.ts';

/** The head of an empty log. */
export const NO_HEAD = '0'.repeat(64);

/** A program before its first event. */
export function emptyState(definition: Pick<ProgramDefinition, 'schedule' | 'start'>): ProgramState {
  return {
    version: 0,
    rulesVersion: 0,
    validatorsVersion: 0,
    clock: 0,
    events: 0,
    head: NO_HEAD,
    accounts: 0,
    payouts: 0,
    postings: 0,
    positions: 0,
    nextPeriod: definition.schedule[0]?.id ?? 1,
    periodStart: definition.start ?? 0,
    bookedUntil: 0,
    totals: {},
    scores: {},
    bucket: 0,
    paused: null,
    halted: null,
    window: null,
  };
}
