import type { Books } from '../core/books.ts';
import type { WindowTakenOver } from '../core/events/event.ts';
import { type Refusal, refuse } from '../core/events/refusal.ts';
import { emptyFrontier, MerkleTree, payoutLeaf } from '../core/payout/merkle.ts';
import { newWindow } from '../core/payout/window.ts';
import type { PeriodRecord, StepRecord, Window } from '../core/state.ts';
import { treeHash } from './tree-hash.ts';
import { afterFirst } from '../core/program.ts';

/** The account that stands for all whom the other system had paid: whom, its state does not say. Sorts before addresses. */
export const PAID_BEFORE = '(paid before take-over)';

/** What a take-over writes beside the books: the period's line, and its opening step. */
export interface TakeOver {
  readonly period: PeriodRecord;
  readonly step: StepRecord;
}

/**
 * Goes on with a window that another system had open (single-buffer-with-copy state of the chain module): its scores are
 * booked already, what it has paid is gone. The window takes the place of the schedule's first entry - the same boundary,
 * the same amount owed by the pool that pays by score, nothing else (direct pools were paid when it opened) - and is paying,
 * under `copy`, whoever has a booked score left. Shares are computed with the original amount and total.
 *
 * What was delivered before is one payout, to PAID_BEFORE and from outside: it never passed through these books' pools, but
 * allocation = payouts + residual holds. So the pool needs to hold the leftover only, and what the other system had rounded
 * off or could not deliver comes out as rounding when the window settles.
 *
 * Before the first payment: the scores left never exceed the total, and equal it when nothing was processed. Entries must
 * begin at the boundary or later, as the copied scores hold everything before it.
 * Refusals: `distribution-in-progress`, `takeover-boundary`, `takeover-amount`, `takeover-leftover`, `takeover-entries`,
 * `total-score-not-positive`, `score-sum-differs`, `insufficient-funds`.
 */
export function takeOverWindow(books: Books, event: WindowTakenOver): Refusal | TakeOver {
  const { state, rules, schedule } = books;
  const { boundary, amount, total, leftover, totalEntries, processedEntries } = event;
  const pool = rules.pools.find(({ pays }) => pays === 'score')!.name;
  if (state.window) return refuse('distribution-in-progress', `Period ${state.window.period} is being settled.`);
  const entry = schedule[0];
  if (
    rules.window.settle !== 'multi_block' ||
    entry?.at !== boundary ||
    boundary > books.second ||
    boundary < state.periodStart
  ) {
    const due = entry
      ? `the schedule's next boundary, ${entry.at}, and not after ${books.second}`
      : 'a boundary of the schedule, which is empty';
    return refuse(
      'takeover-boundary',
      `Found ${boundary} as the boundary of the window taken over; accepted: ${due}, in steps (multi_block).`,
      'boundary',
    );
  }
  if (
    entry.allocations.length !== 1 ||
    entry.allocations[0]!.pool !== pool ||
    entry.allocations[0]!.amount !== amount
  ) {
    return refuse(
      'takeover-amount',
      `Found ${amount}; accepted: what the schedule says for ${boundary}, owed by ${pool} alone.`,
      'amount',
    );
  }
  if (leftover > amount || leftover < 0n) {
    return refuse(
      'takeover-leftover',
      `Found ${leftover} as not handed out yet; accepted: 0 to the amount, ${amount}.`,
      'leftover',
    );
  }
  if (processedEntries > totalEntries || (processedEntries === 0 && leftover !== amount)) {
    const message = `Found ${processedEntries} of ${totalEntries} entries processed and ${amount - leftover} handed out; accepted: at most all of them, and nothing before the first.`;
    return refuse('takeover-entries', message, 'processedEntries');
  }
  if (total <= 0n)
    return refuse('total-score-not-positive', `Found ${total} as the total score; accepted: a positive one.`, 'total');
  const left = books.total(state.nextPeriod);
  if (left > total || (processedEntries === 0 && left !== total)) {
    const message = `The scores of period ${state.nextPeriod} that are left add up to ${left}; accepted: ${processedEntries === 0 ? 'exactly' : 'at most'} the total, ${total}.`;
    return refuse('score-sum-differs', message, 'total');
  }
  if ((amount - leftover) * total > amount * (total - left)) {
    const message = `Found ${leftover} as not handed out yet, too little: the scores that are gone were worth at most ${(amount * (total - left)) / total} of ${amount}.`;
    return refuse('takeover-leftover', message, 'leftover');
  }
  const balance = books.balanceOf({ kind: 'pool', pool });
  if (balance < leftover) {
    return refuse(
      'insufficient-funds',
      `Pool ${pool} holds ${balance} and still owes ${leftover}: fund it first.`,
      'leftover',
    );
  }
  return open(books, event, pool, total - left);
}

function open(books: Books, event: WindowTakenOver, pool: string, scorePaid: bigint): TakeOver {
  const { state } = books;
  const { boundary, amount, total, leftover, totalEntries } = event;
  const [period, start, delivered] = [state.nextPeriod, state.periodStart, amount - leftover];
  const tree = new MerkleTree(emptyFrontier, treeHash);
  if (delivered > 0n) {
    const account = books.accountOf(PAID_BEFORE);
    const payout = {
      period,
      pool,
      account,
      score: 0n,
      due: delivered,
      restaked: 0n,
      liquid: delivered,
      reason: 'direct',
    } as const;
    books.addPayout(payout);
    tree.append(payoutLeaf(payout));
    const target = { kind: 'liquid', account } as const;
    books.post({ period, allocation: pool, source: { kind: 'outside' }, target, amount: delivered, reason: 'direct' });
  }
  const payouts = tree.take().size;
  const opening = { period, start, boundary, settle: 'multi_block', strategy: 'copy', pool, amount } as const;
  const window: Window = {
    ...newWindow({ ...opening, batchSize: books.rules.window.batchSize, closingBucket: state.bucket }),
    phase: 'paying',
    entriesScored: totalEntries,
    proven: total,
    total,
    scorePaid,
    delivered,
    frontier: tree.take(),
  };
  state.window = window;
  state.nextPeriod += 1;
  state.periodStart = boundary;
  books.setSchedule(afterFirst(books.schedule));
  books.windowChanged();
  // The event itself is the newest one when this is written.
  const events = state.events + 1;
  return {
    period: {
      period,
      start,
      boundary,
      status: 'open',
      settle: 'multi_block',
      strategy: 'copy',
      allocations: [{ pool, amount }],
      eventsAtOpening: events,
      total: null,
      delivered: 0n, // what was delivered before stands in the window, as what is delivered while it is open
      residual: { rounding: 0n, undelivered: 0n, directRemainder: 0n, zeroTotal: 0n },
      accountsPaid: payouts,
      entriesScored: 0,
      steps: 1,
      root: null,
    },
    step: {
      period,
      step: 1,
      phase: 'opening',
      events,
      at: state.clock,
      entries: 0,
      payouts,
      firstPayout: payouts === 0 ? 0 : state.payouts,
    },
  };
}
