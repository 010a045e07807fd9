import type { Books } from '../core/books.ts';
import type { WindowTakenOver } from '../core/events/event.ts';
import { type Refusal, refuse } from '../core/events/refusal.ts';
import { emptyFrontier } from '../core/payout/merkle.ts';

/**
 * Goes on with a window that another system had open (single-buffer-with-copy state of the chain module): its scores are
 * booked already, what it has paid is gone. It continues under `copy`, from the account that it would have paid next.
 */
export function takeOverWindow(books: Books, event: WindowTakenOver): Refusal | null {
  const { state, rules } = books;
  const pool = rules.pools.find(({ pays }) => pays === 'score')!;
  if (state.window) return refuse('distribution-in-progress', `Period ${state.window.period} is being settled.`);
  if (event.boundary < state.periodStart || event.boundary > books.second) {
    return refuse('takeover-boundary', `A window taken over must have begun between ${state.periodStart} and now.`, 'boundary');
  }
  const period = state.nextPeriod;
  const delivered = event.amount - event.leftover;
  if (delivered < 0n) return refuse('takeover-leftover', 'The leftover is larger than the amount.', 'leftover');
  const owed = books.balanceOf({ kind: 'pool', pool: pool.name });
  if (owed < event.leftover) {
    return refuse('insufficient-funds', `Pool ${pool.name} holds ${owed} and still owes ${event.leftover}.`, 'leftover');
  }
  void emptyFrontier;
  void period;
  return refuse('takeover-unsupported', 'Taking over an open window is not possible yet.');
}
