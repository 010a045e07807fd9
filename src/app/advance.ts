import { breathe } from './breathe.ts';
import type { BooksCache } from './load-books.ts';
import type { Store } from './ports.ts';
import { rehearse, step, type StepOutcome } from './step.ts';

export interface AdvanceOptions {
  /** The instant up to which entries are due, milliseconds since 1970 UTC. */
  readonly to: number;
  /** At most this many steps; default: until nothing is left to do. */
  readonly steps?: number;
  /** Do everything and write nothing. */
  readonly dryRun?: boolean;
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

/** Steps a program until nothing is due at `to`. Each step is a transaction of its own (a dry run is one, given up at its end). */
export async function advance(
  store: Store,
  cache: BooksCache,
  program: string,
  options: AdvanceOptions,
): Promise<AdvanceSummary> {
  const stepsMax = options.steps ?? Infinity;
  const count = { steps: 0, opened: 0, settled: 0, payouts: 0, rowsWritten: 0 };
  let ended: AdvanceSummary['ended'] = 'steps';
  const take = (outcome: StepOutcome): 'go on' | 'stop' => {
    if (outcome.did === 'idle') {
      ended = outcome.blocked ?? 'idle';
      return 'stop';
    }
    count.steps += 1;
    options.onStep?.(outcome);
    if (outcome.did === 'halted') {
      ended = 'halted';
      return 'stop';
    }
    if (outcome.did === 'opened') count.opened += 1;
    if (outcome.did === 'settled') count.settled += 1;
    count.payouts += outcome.payouts;
    count.rowsWritten += outcome.rowsWritten;
    return count.steps < stepsMax ? 'go on' : 'stop';
  };
  if (stepsMax > 0 && options.dryRun) await rehearse(store, program, options.to, take);
  else if (stepsMax > 0) while (take(await step(store, cache, program, options.to)) === 'go on') await breathe();
  return { ...count, ended };
}
