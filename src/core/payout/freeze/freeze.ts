import type { Books } from '../../books.ts';
import type { StrategyName } from '../../program.ts';
import type { Account, Position, Window } from '../../state.ts';
import { copy } from './copy.ts';
import { cut } from './cut.ts';
import { doubleBuffer } from './double-buffer.ts';
import { generations } from './generations.ts';

/**
 * How a closing period is frozen while the next one accrues. A strategy decides where entries lie and what is written
 * when scoring reaches one; scores, shares and payments are computed by the same code for all of them, from what they
 * leave: the booked score plus the part of each entry that lies before the boundary.
 */
export interface Freeze {
  readonly name: StrategyName;
  /** Everything is scored in the opening step, so that the window begins by paying. */
  readonly scoresAtOpening: boolean;
  /** The bucket that entries of the next period go to, when those of the closing one are in `closing`. */
  bucketAfter(closing: number, closingPeriod: number): number;
  /** Does this entry still wait to be scored in the window? */
  isWaiting(window: Window, position: Position): boolean;
  /** Scoring reaches a waiting entry of an account that is not excluded. Its closing part must be counted once. */
  score(books: Books, window: Window, account: Account, entry: Position & { since: number }): void;
  /** Scoring reaches a waiting position that does not score (its account is excluded). */
  pass(books: Books, window: Window, account: Account, position: Position): void;
}

const strategies: Record<StrategyName, Freeze> = { cut, copy, 'double-buffer': doubleBuffer, generations };

export function freezeBy(name: StrategyName): Freeze {
  return strategies[name];
}
