import { passes, type Test, tests } from './lane-state.ts';
import { walk, type WalkOptions } from './walk.ts';

/** `[start, end)`: the first test that a participant failed; null while it held, with how many others. */
export interface Reason {
  readonly start: number;
  readonly end: number;
  readonly failed: Test | null;
  /** The participant's quote, null when it has none above 0; the best qualifying one; and how many held. */
  readonly quote: string | null;
  readonly best: string | null;
  readonly holders: number;
}

/** The reader of the walk that says why `who` (an index) held or did not. Tiles the window; neighbours differ. */
export function* reasons(options: WalkOptions, who: number): Generator<Reason, void, undefined> {
  let last = null as Reason | null;
  for (const { start, end, failing, quote, best, holders } of walk({ ...options, watched: who })) {
    const failed = failing === passes ? null : tests[failing]!;
    if (last?.failed === failed && last.quote === quote && last.best === best && last.holders === holders) {
      last = { ...last, end };
      continue;
    }
    if (last !== null) yield last;
    last = { start, end, failed, quote, best, holders };
  }
  if (last !== null) yield last;
}
