import { Books } from '../core/books.ts';
import { decodeEvent } from '../core/events/encode.ts';
import { isCredEvent, isCrownFact, type ProgramCreated, type ProrataEvent } from '../core/events/event.ts';
import type { Refusal } from '../core/events/refusal.ts';
import { payAccount, type PolicyAward } from '../core/payout/pay-account.ts';
import { newWindow } from '../core/payout/window.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { applyStakeEvent, type IsName } from '../core/scoring/stake-time/accrue.ts';
import { closingScore } from '../core/scoring/stake-time/book.ts';
import { applySettingsEvent } from '../core/settings.ts';
import type { Account, Payout, PeriodRecord, StepRecord, Window } from '../core/state.ts';
import { compareBytes } from '../core/bytes.ts';
import { emptyState } from './empty-state.ts';
import { movesClock } from './ingest.ts';
import type { EventRow, Pruning, Tx } from './ports.ts';
import { passedOverIn } from './sharing/verify-sharing.ts';
import { afterFirst } from '../core/program.ts';

/**
 * Making books anew from the log: events and steps in the order of their commits, applied by the code that booked and
 * paid at the time, to some of the accounts. Explanations replay one account (app/explain.ts), `verify` all of them.
 *
 * A replayed window freezes nothing: scores and payments are the same under every strategy, so entries stay where they
 * are and what they hold of the closing period is read when it is paid for, as `cut` does. Totals are those of the
 * accounts replayed, money does not move, and halts leave no trace.
 */

/** The program as its first event wrote it down, of its accounts only those that `concerns` names. */
export function booksAtCreation(stored: Books, created: ProgramCreated, concerns: (name: string) => boolean): Books {
  const { rules, schedule, excluded } = created.definition;
  const state = emptyState(created.definition);
  const books = new Books({ id: stored.id, name: stored.name, state, rules, schedule, validators: [] }, []);
  for (const name of excluded) if (concerns(name)) books.accountOf(name).excluded = true;
  return books;
}

/** Applies a recorded event at its time, as far as it concerns these accounts. A refusal says that the log is not what was recorded. */
export function applyRecorded(
  books: Books,
  event: ProrataEvent,
  isName: IsName,
  concerns: (name: string) => boolean,
): Refusal | null {
  if (movesClock(event)) books.state.clock = Math.max(books.state.clock, event.time);
  switch (event.kind) {
    case 'program':
    case 'window-taken-over': // the step recorded with it opens the window
    case 'fund':
      return null;
    case 'pause':
      books.state.paused = { reason: event.reason };
      return null;
    case 'resume':
      books.state.paused = null;
      return null;
    case 'exclusion': {
      const [add, remove] = [event.add.filter(concerns), event.remove.filter(concerns)];
      return add.length + remove.length === 0 ? null : applySettingsEvent(books, { ...event, add, remove }, isName);
    }
    case 'rules':
    case 'schedule':
      return applySettingsEvent(books, event, isName);
    default:
      if (isCrownFact(event) || isCredEvent(event)) return null; // counted when a window is scored
      return 'account' in event && !concerns(event.account) ? null : applyStakeEvent(books, event, isName);
  }
}

/** What an opening step did to the program, without its payments. */
export function openRecorded(books: Books, record: PeriodRecord): void {
  const { state, rules } = books;
  const scored = record.allocations.find(({ pool }) =>
    rules.pools.some(({ name, pays }) => name === pool && pays === 'score'),
  );
  const { period, start, boundary, settle } = record;
  const [pool, amount] = [scored?.pool ?? '', scored?.amount ?? 0n];
  state.window = newWindow({
    period,
    start,
    boundary,
    settle,
    strategy: 'copy',
    batchSize: 1,
    pool,
    amount,
    closingBucket: 0,
  });
  state.nextPeriod = period + 1;
  state.periodStart = boundary;
  books.setSchedule(afterFirst(books.schedule));
  books.windowChanged();
}

/** Pays an account what the payout's score is worth, by the period's total, or what policies gave it; returns what comes out. */
export function payRecorded(
  books: Books,
  window: Window,
  account: Account,
  { score, total, award }: { readonly score: bigint; readonly total: bigint; readonly award?: PolicyAward | undefined },
): Omit<Payout, 'id'> {
  window.phase = 'paying';
  window.total = total;
  window.cursor = { account: account.name, validator: null };
  return payAccount(books, window, account, score, award);
}

/** What policies gave for a payout, as the payout says: whether it is what they give is another question (app/sharing). */
export const awardIn = ({ carried }: PeriodRecord, { due, reason }: Payout): PolicyAward | undefined =>
  carried === undefined ? undefined : { due, waits: reason === 'carried' };

export function closeRecorded(books: Books): void {
  books.state.window = null;
  books.windowChanged();
}

/** A step, and the line of its period. An open period's total stands in the window, so it is given here. */
export interface RecordedStep {
  readonly step: StepRecord;
  readonly record: PeriodRecord;
  readonly total: bigint | null;
  /** The step that ended the scoring of a window shared by policies. */
  readonly shares: boolean;
}

/** What a replay of several accounts tells of on its way. */
export interface ReplayListener {
  /** An event that was applied, or the refusal that it never met when it was recorded. */
  onEvent(event: EventRow, refusal: Refusal | null): void;
  /** A payout by score as it is stored, the closing score at that moment, and the payout that comes out. */
  onPaid(stored: Payout, score: bigint, replayed: Omit<Payout, 'id'> | null): void;
  /** Who was not paid by score when a period was settled, with the closing score: zero, or somebody was missed. */
  onUnpaid(record: PeriodRecord, account: Account, score: bigint): void;
  /** Everybody when policies shared, with the closing score (the excluded have none). */
  onShared(record: PeriodRecord, account: Account, score: bigint): void;
  /** Whose award may have been passed over by a paying step: it is excluded, or its closing score is gone. */
  onForgotten(record: PeriodRecord, account: Account): void;
}

const PAGE = 2000;

/**
 * Replays the accounts of these names through the whole log and all `steps`. Memory grows with the accounts, not with the
 * log; of payouts only the steps are read that lie between the first and the last name.
 */
export async function replayAccounts(
  tx: Tx,
  stored: Books,
  steps: readonly RecordedStep[],
  names: readonly string[],
  listener: ReplayListener,
): Promise<Books | null> {
  const own = new Set(names);
  const concerns = (name: string): boolean => own.has(name);
  const [first] = await tx.events({ program: stored.id, after: 0, limit: 1 });
  const created = first === undefined ? null : decodeEvent(first.payload);
  if (created?.kind !== 'program') return null;
  const books = booksAtCreation(stored, created, concerns);
  const stepping = new Stepping(tx, stored, books, names, listener);

  let isName = accountMatcher(books.rules);
  let [next, seq] = [0, 1];
  const prunings = await tx.prunings(stored.id);
  const skipPruned = (until: number): void => {
    const pruning = prunings.findLast(({ last }) => last < until);
    if (pruning === undefined || pruning.last <= seq) return;
    next = goOnFrom(books, pruning, steps, own);
    isName = accountMatcher(books.rules);
  };
  for (let after = 1; ;) {
    const rows = await tx.events({ program: stored.id, after, limit: PAGE });
    for (const row of rows) {
      if (row.seq > seq + 1) skipPruned(row.seq);
      seq = row.seq;
      while (next < steps.length && steps[next]!.step.events < row.seq) await stepping.step(steps[next++]!);
      if (movesClock(row)) books.state.clock = Math.max(books.state.clock, row.time);
      if (row.account !== null && !concerns(row.account.name)) continue;
      const event = decodeEvent(row.payload);
      listener.onEvent(row, applyRecorded(books, event, isName, concerns));
      if (event.kind === 'rules') isName = accountMatcher(books.rules);
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)!.seq;
  }
  skipPruned(Infinity);
  for (const step of steps.slice(next)) await stepping.step(step);
  return books;
}

/** Takes up what the pruned part of the log made. Returns the place of the first step that it does not contain. */
export function goOnFrom(
  books: Books,
  pruning: Pruning,
  steps: readonly RecordedStep[],
  own: ReadonlySet<string>,
): number {
  const { state } = books;
  const opened = [...new Set(steps.map(({ record }) => record))][pruning.periods - 1];
  books.setRules(pruning.rules);
  books.setSchedule(pruning.schedule);
  state.paused = pruning.paused === null ? null : { reason: pruning.paused };
  state.clock = Math.max(state.clock, pruning.time);
  if (opened !== undefined) [state.nextPeriod, state.periodStart] = [opened.period + 1, opened.boundary];
  books.windowChanged();
  const excluded = new Set(pruning.excluded);
  for (const name of own) {
    const account = books.account(name);
    if (account !== undefined || excluded.has(name)) books.accountOf(name).excluded = excluded.has(name);
  }
  const next = steps.findIndex(({ record }) => opened === undefined || record.period > opened.period);
  return next < 0 ? steps.length : next;
}

class Stepping {
  readonly #tx: Tx;
  readonly #stored: Books;
  readonly #books: Books;
  readonly #names: readonly string[];
  readonly #own: ReadonlySet<string>;
  readonly #listener: ReplayListener;
  /** Who was paid by score in the window that is open. */
  readonly #paid = new Set<string>();

  constructor(tx: Tx, stored: Books, books: Books, names: readonly string[], listener: ReplayListener) {
    this.#tx = tx;
    this.#stored = stored;
    this.#books = books;
    this.#names = names;
    this.#own = new Set(names);
    this.#listener = listener;
  }

  async step({ step, record, total, shares }: RecordedStep): Promise<void> {
    const { state } = this.#books;
    state.clock = step.at;
    if (step.phase === 'opening') openRecorded(this.#books, record);
    const { window } = state;
    if (window === null) return;
    if (shares) this.#tellShared(window, record);
    if (step.phase === 'paying' && total !== null) {
      if (record.shared !== undefined) this.#tellForgotten(window, record);
      for (const payout of await this.#payoutsOf(step)) this.#pay(window, record, payout, total);
    }
    if (record.status !== 'settled' || step.step !== record.steps) return;
    if (record.total !== null) this.#tellUnpaid(window, record);
    closeRecorded(this.#books);
    this.#paid.clear();
  }

  /** The payouts of a step that are about these accounts. Its payouts ascend by name. */
  async #payoutsOf(step: StepRecord): Promise<readonly Payout[]> {
    const [least, most] = [this.#names[0], this.#names.at(-1)];
    if (step.payouts === 0 || least === undefined || most === undefined) return [];
    const read = (at: number, limit: number) =>
      this.#tx.payouts({ program: this.#books.id, after: step.firstPayout + at - 1, limit });
    const [lowest] = await read(0, 1);
    const [highest] = await read(step.payouts - 1, 1);
    if (!lowest || !highest) return [];
    if (compareBytes(highest.account.name, least) < 0 || compareBytes(lowest.account.name, most) > 0) return [];
    return (await read(0, step.payouts)).filter(({ account }) => this.#own.has(account.name));
  }

  #pay(window: Window, record: PeriodRecord, payout: Payout, total: bigint): void {
    const account = this.#books.account(payout.account.name);
    const award = awardIn(record, payout);
    if (!account || account.excluded || (total === 0n && award === undefined))
      return this.#listener.onPaid(payout, 0n, null);
    const score = closingScore(this.#books, window, account);
    this.#listener.onPaid(payout, score, payRecorded(this.#books, window, account, { score, total, award }));
    this.#paid.add(account.name);
  }

  #tellShared(window: Window, record: PeriodRecord): void {
    for (const name of this.#names) {
      const account = this.#books.account(name);
      if (account) this.#listener.onShared(record, account, closingScore(this.#books, window, account));
    }
  }

  #tellForgotten(window: Window, record: PeriodRecord): void {
    for (const name of passedOverIn(this.#stored, record)) {
      const account = this.#own.has(name) ? this.#books.account(name) : undefined;
      if (account && (account.excluded || closingScore(this.#books, window, account) === 0n))
        this.#listener.onForgotten(record, account);
    }
  }

  #tellUnpaid(window: Window, record: PeriodRecord): void {
    for (const name of this.#names) {
      const account = this.#books.account(name);
      if (!account || account.excluded || this.#paid.has(name)) continue;
      this.#listener.onUnpaid(record, account, closingScore(this.#books, window, account));
    }
  }
}
