import type { BooksCache } from './load-books.ts';
import type { Store } from './ports.ts';
import { step, type StepOutcome } from './step.ts';

export interface AdvanceOptions {
  /** The instant up to which entries are due, milliseconds since 1970 UTC. */
  readonly to: number;
  /** At most this many steps; default: until nothing is left to do. */
  readonly steps?: number;
  readonly onStep?: (outcome: StepOutcome) => void;
}

export interface AdvanceSummary {
  readonly steps: number;
  readonly opened: number;
  readonly settled: number;
  readonly payouts: number;
  readonly rowsWritten: number;
  /** Why it ended: nothing is due any more, the steps allowed are used up, or the program does not move. */
  readonly ended: 'idle' | 'steps' | 'paused' | 'halted';
}

/** Steps a program until nothing is due at `to`. Each step is a transaction of its own. */
export async function advance(store: Store, cache: BooksCache, program: string, options: AdvanceOptions): Promise<AdvanceSummary> {
  const count = { steps: 0, opened: 0, settled: 0, payouts: 0, rowsWritten: 0 };
  const stepsMax = options.steps ?? Infinity;
  while (count.steps < stepsMax) {
    const outcome = await step(store, cache, program, options.to);
    if (outcome.did === 'idle') return { ...count, ended: outcome.blocked ?? 'idle' };
    count.steps += 1;
    options.onStep?.(outcome);
    if (outcome.did === 'halted') return { ...count, ended: 'halted' };
    if (outcome.did === 'opened') count.opened += 1;
    if (outcome.did === 'settled') count.settled += 1;
    count.payouts += outcome.payouts;
    count.rowsWritten += outcome.rowsWritten;
  }
  return { ...count, ended: 'steps' };
}
