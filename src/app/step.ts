import type { Books } from '../core/books.ts';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError, invariant } from '../core/errors.ts';
import { freezeBy } from '../core/payout/freeze/freeze.ts';
import { MerkleTree, payoutLeaf } from '../core/payout/merkle.ts';
import { payAccount } from '../core/payout/pay-account.ts';
import type { SharedWindow } from '../core/payout/policies/window-round.ts';
import { newWindow, residualOf } from '../core/payout/window.ts';
import { afterFirst, type Allocation, isCred, type ScheduleEntry } from '../core/program.ts';
import { closingScore, isEntry } from '../core/scoring/stake-time/book.ts';
import type { Account, Halt, Payout, PeriodRecord, StepRecord, Window, WindowPhase } from '../core/state.ts';
import { BooksCache } from './load-books.ts';
import { type CrownScored, scoreCrownWindow } from './crown/score-window.ts';
import {
  closingScores,
  type Scored,
  shareScoredWindow,
  type SharedOutcome,
  sharingAt,
  type WindowSharing,
} from './sharing/share-window.ts';
import { computeRound, computeRoundInside, type CredOutcome, credTask, RoundNeeded } from './cred/window.ts';
import type { Changes, Lease, RangeLease, RangeOfWindow, Store, StoredAward, TransactOptions, Tx } from './ports.ts';
import { rangeOvertaken } from './ports.ts';
import { treeHash } from './tree-hash.ts';

/** What one step did. `idle`: nothing was due, or the program is paused or halted (then `blocked` says which). */
export type StepOutcome =
  | { readonly did: 'idle'; readonly blocked: 'paused' | 'halted' | null }
  | { readonly did: 'halted'; readonly halt: Halt }
  | {
      readonly did: 'opened' | 'scored' | 'paid' | 'settled';
      readonly period: number;
      /** Within the window, from 1. */
      readonly step: number;
      readonly entries: number;
      readonly payouts: number;
      readonly rowsWritten: number;
      /** Of the window, after this step. */
      readonly entriesScored: number;
      readonly accountsPaid: number;
    };

/**
 * A step visits at most this many accounts per account (or entry) of its batch: accounts that do not count - excluded,
 * without stake or score - are passed over, but not without end.
 */
const VISITS_PER_ITEM = 8;

/** Accounts of one page within a step that takes everything (single_block, and the opening of `copy`). */
const PAGE_ACCOUNTS = 1000;

/**
 * Makes one step of a program: opens the due window, or takes the open one further by one batch. One transaction; after a
 * crash the next call does exactly what the lost one would have done.
 *
 * Under a `lease` only while that is the program's newest (ConflictError `lease-lost`). On a `range` only that step of the window; another one
 * made it, or something else came in between: ConflictError `range-overtaken`.
 *
 * `now` (milliseconds) decides only whether an entry is due; the step computes with the instant of the newest event or
 * the boundary, whichever is later, so that a late step computes the scores and dues of a punctual one (restaking looks at
 * the stakes of the moment: docs/reference/windows.md). In `single_block` mode the period ends at `now`. Throws
 * InvalidInputError `time-backwards` when `now` lies before the newest event there.
 */
export async function step(
  store: Store,
  cache: BooksCache,
  program: string,
  now: number,
  by: { readonly lease?: Pick<Lease, 'program' | 'fence'>; readonly range?: RangeLease } = {},
): Promise<StepOutcome> {
  const { range } = by;
  const ahead = range?.ahead === true;
  const under = { repeatable: !ahead, ...by };
  for (;;) {
    let version = -1;
    const work = async (tx: Tx): Promise<StepOutcome> => {
      if (version >= 0) cache.forget(); // begun again: what was read may have been its own unwritten work
      const books = await cache.load(tx, program);
      version = books.state.version;
      if (range !== undefined && !isNext(books, range)) throw rangeOvertaken(range);
      return stepBooks(tx, books, now, { cache, inside: false, ahead });
    };
    try {
      return await store.transact('write', work, under);
    } catch (error) {
      cache.forget();
      if (error instanceof RoundNeeded) {
        await computeRound(store, cache, program, error.task);
        continue;
      }
      if (!(error instanceof HaltSignal)) throw error;
      if (ahead) throw rangeOvertaken(range);
      const halted = await recordHalt(store, cache, program, version, error.halt, under);
      if (halted) return halted;
    }
  }
}

/** Writes down the halt of a step that was given up. Whoever changed the program meanwhile may have mended it: null, try again. */
async function recordHalt(
  store: Store,
  cache: BooksCache,
  program: string,
  version: number,
  halt: Halt,
  under: TransactOptions,
): Promise<StepOutcome | null> {
  const work = async (tx: Tx): Promise<StepOutcome | null> => {
    const books = await cache.load(tx, program);
    if (books.state.version !== version) return null;
    books.state.halted = halt;
    await write(tx, books);
    return { did: 'halted', halt };
  };
  return store.transact('write', work, under);
}

/**
 * The same steps without a trace: all in one transaction, which is then given up. Yields what each would do; whoever
 * stops asking ends it.
 */
export async function rehearse(
  store: Store,
  program: string,
  now: number,
  onStep: (outcome: StepOutcome) => 'go on' | 'stop',
): Promise<void> {
  const over = new Error('The rehearsal is over.');
  const cache = new BooksCache();
  const work = store.transact('write', async (tx) => {
    for (;;) {
      const books = await cache.load(tx, program);
      const outcome = await stepBooks(tx, books, now, { cache, inside: true, ahead: false }).catch(
        (error: unknown): StepOutcome => {
          if (error instanceof HaltSignal) return { did: 'halted', halt: error.halt };
          throw error;
        },
      );
      if (onStep(outcome) === 'stop' || outcome.did === 'idle' || outcome.did === 'halted') throw over;
    }
  });
  await work.catch((error: unknown) => {
    if (error !== over) throw error;
  });
}

/** Ends a step that must leave nothing behind but the halt itself. */
class HaltSignal extends Error {
  readonly halt: Halt;
  constructor(halt: Halt) {
    super(halt.message);
    this.halt = halt;
  }
}

/**
 * The next step of a window whose steps may be worked on before those in front of them are committed: each takes the next accounts, and depends
 * on nothing but these and what is counted. `null`: there is no window, or its next step looks at all that were scored.
 */
export function rangeOf(books: Books): RangeOfWindow | null {
  const { window, halted, paused } = books.state;
  if (!window || halted || paused || window.settle !== 'multi_block') return null;
  if (window.phase === 'scoring' && books.rules.scoring.model !== 'stake-time') return null;
  return { program: books.id, period: window.period, step: window.steps + 1 };
}

/** Whether there is something to step at `now`, milliseconds. */
export function isDue({ state, schedule }: Books, now: number): boolean {
  if (state.halted || state.paused) return false;
  return state.window !== null || (schedule[0]?.at ?? Infinity) <= Math.floor(now / 1000);
}

function isNext(books: Books, { period, step }: RangeOfWindow): boolean {
  const next = rangeOf(books);
  return next?.period === period && next.step === step;
}

/**
 * Where computed rounds of contributions are kept; `inside`: they are computed in the transaction itself. `ahead`: the steps before this one
 * are not committed yet.
 */
interface Rounds {
  readonly cache: BooksCache;
  readonly inside: boolean;
  readonly ahead: boolean;
}

async function stepBooks(tx: Tx, books: Books, now: number, rounds: Rounds): Promise<StepOutcome> {
  const { state, rules } = books;
  if (state.halted) return { did: 'idle', blocked: 'halted' };
  if (state.paused) return { did: 'idle', blocked: 'paused' };
  if (state.window) return stepWindow(tx, books, state.window, rounds);

  const entry = books.schedule[0];
  if (!entry || !isDue(books, now)) return { did: 'idle', blocked: null };
  if (rules.window.settle === 'multi_block') return open(tx, books, entry, entry.at);

  if (now < state.clock) {
    throw new InvalidInputError(
      'time-backwards',
      `The step's instant ${now} lies before the newest event, ${state.clock}.`,
    );
  }
  state.clock = now;
  let outcome = await open(tx, books, entry, Math.floor(now / 1000));
  const inside = { cache: new BooksCache(), inside: true, ahead: false };
  while (state.window) {
    outcome = await stepWindow(tx, books, state.window, inside);
    if (outcome.did === 'halted') throw new HaltSignal(outcome.halt);
  }
  return outcome;
}

// --- opening

/** Checks what is owed, pays the direct pools, draws the boundary and opens the window. Rows written do not grow with n. */
async function open(tx: Tx, books: Books, entry: ScheduleEntry, boundary: number): Promise<StepOutcome> {
  const { state, rules } = books;
  const scored = entry.allocations.find(({ pool }) => poolOf(books, pool)?.pays === 'score');
  const direct = entry.allocations.filter((allocation) => allocation !== scored);
  const halt = checkOpening(books, state.nextPeriod, scored, direct);
  if (halt) throw new HaltSignal(halt);

  const period = state.nextPeriod;
  const freeze = freezeBy(rules.window.strategy);
  const window = newWindow({
    period,
    start: state.periodStart,
    boundary,
    settle: rules.window.settle,
    strategy: rules.window.strategy,
    batchSize: rules.window.batchSize,
    pool: scored?.pool ?? '',
    amount: scored?.amount ?? 0n,
    closingBucket: state.bucket,
  });
  if (rules.scoring.model === 'stake-time') [window.toScore, window.toPay] = [state.positions, 0];
  state.window = window;
  state.nextPeriod += 1;
  state.periodStart = boundary;
  state.clock = Math.max(state.clock, boundary * 1000);
  // Without anything to score there are no steps that would carry the entries over to another bucket.
  if (scored) state.bucket = freeze.bucketAfter(state.bucket, period);
  books.setSchedule(afterFirst(books.schedule));
  books.windowChanged();

  await fetchAccounts(
    tx,
    books,
    direct.flatMap(({ pool }) => poolOf(books, pool)!.recipients),
  );
  const firstPayout = state.payouts + 1;
  const paid = payDirect(books, window, direct);
  const record: PeriodRecord = {
    period,
    start: window.start,
    boundary,
    status: 'open',
    settle: window.settle,
    strategy: window.strategy,
    allocations: entry.allocations,
    eventsAtOpening: state.events,
    total: null,
    delivered: paid.delivered,
    residual: { rounding: 0n, undelivered: 0n, directRemainder: paid.remainder, zeroTotal: 0n },
    accountsPaid: paid.count,
    entriesScored: 0,
    steps: 1,
    root: null,
  };
  const step: StepRecord = {
    period,
    step: 1,
    phase: 'opening',
    events: state.events,
    at: state.clock,
    entries: 0,
    payouts: paid.count,
    firstPayout: paid.count === 0 ? 0 : firstPayout,
  };
  let rowsWritten = 0;
  if (!scored) {
    rowsWritten += await settle(tx, books, window, record, step);
    return outcomeOf('settled', window, { entries: 0, payouts: paid.count, rowsWritten });
  }
  rowsWritten += await write(tx, books, { step, period: record });
  if (freeze.scoresAtOpening && rules.scoring.model === 'stake-time') {
    // A scoring step ends it, as with the others: until then an exclusion takes its score out of the total.
    const scoring = await score(tx, books, window, Infinity);
    rowsWritten += scoring.rowsWritten + (await write(tx, books));
  }
  return outcomeOf('opened', window, { entries: window.entriesScored, payouts: paid.count, rowsWritten });
}

function poolOf(books: Books, name: string) {
  return books.rules.pools.find((pool) => pool.name === name);
}

/** The pools hold what is owed, and everybody who is owed is named: else the window does not open, and nothing is paid. */
function checkOpening(
  books: Books,
  period: number,
  scored: Allocation | undefined,
  direct: readonly Allocation[],
): Halt | null {
  if (scored && scored.amount <= 0n) {
    return haltFor(
      period,
      'community-amount-not-positive',
      `${scored.pool} owes ${scored.amount}, which cannot be shared.`,
      {},
    );
  }
  for (const { pool } of direct) {
    if (poolOf(books, pool)!.recipients.length === 0) {
      return haltFor(period, 'no-recipients', `Pool ${pool} pays nobody: give it recipients, then resume.`, { pool });
    }
  }
  for (const { pool, amount } of scored ? [scored, ...direct] : direct) {
    const balance = books.balanceOf({ kind: 'pool', pool });
    if (balance < amount) {
      const message = `Pool ${pool} holds ${balance} and owes ${amount}: fund it with ${amount - balance} or more, then resume.`;
      return haltFor(period, 'insufficient-funds', message, { pool, balance: String(balance), amount: String(amount) });
    }
  }
  return null;
}

function haltFor(period: number, code: string, message: string, facts: Record<string, string>): Halt {
  return { period, code, message, facts };
}

/** Equal parts to the fixed recipients, in the order of (pool as configured, account); the remainder to the residual. */
function payDirect(
  books: Books,
  window: Window,
  allocations: readonly Allocation[],
): { delivered: bigint; remainder: bigint; count: number } {
  const tree = new MerkleTree(window.frontier, treeHash);
  let [delivered, remainder, count] = [0n, 0n, 0];
  for (const { name: pool, recipients } of books.rules.pools) {
    const allocation = allocations.find((candidate) => candidate.pool === pool);
    if (!allocation) continue;
    const source = { kind: 'pool', pool } as const;
    const part = allocation.amount / BigInt(recipients.length);
    for (const name of recipients.toSorted(compareBytes)) {
      const account = books.accountOf(name);
      const base = { period: window.period, pool, account, score: 0n, due: part, restaked: 0n, liquid: part };
      const payout = { ...base, reason: 'direct' } as const;
      books.addPayout(payout);
      tree.append(payoutLeaf(payout));
      count += 1;
      if (part === 0n) continue;
      const target = { kind: 'liquid', account } as const;
      books.post({ period: window.period, allocation: pool, source, target, amount: part, reason: 'direct' });
    }
    const rest = allocation.amount - part * BigInt(recipients.length);
    toResidual(books, window.period, pool, rest, 'direct-remainder');
    delivered += allocation.amount - rest;
    remainder += rest;
  }
  window.frontier = tree.take();
  return { delivered, remainder, count };
}

function toResidual(
  books: Books,
  period: number,
  pool: string,
  amount: bigint,
  reason: 'rounding' | 'undelivered' | 'direct-remainder' | 'zero-total' | 'unearned',
): void {
  if (amount === 0n) return;
  const source = { kind: 'pool', pool } as const;
  books.post({ period, allocation: pool, source, target: { kind: 'residual' }, amount, reason });
}

// --- scoring and paying

async function stepWindow(tx: Tx, books: Books, window: Window, rounds: Rounds): Promise<StepOutcome> {
  return window.phase === 'scoring' ? scoringStep(tx, books, window, rounds) : payingStep(tx, books, window);
}

async function scoringStep(tx: Tx, books: Books, window: Window, rounds: Rounds): Promise<StepOutcome> {
  if (isCred(books)) return credScoringStep(tx, books, window, rounds);
  if (books.rules.scoring.model === 'crown') return crownScoringStep(tx, books, window);
  const scoring = await score(tx, books, window, window.batchSize);
  const by = scoring.ended ? await sharingAt(tx, books, await seqOf(tx, books, window)) : null;
  // Shares depend on all scores: those of others must be committed.
  if (by !== null && rounds.ahead) throw rangeOvertaken({ period: window.period, step: window.steps + 1 });
  if (by !== null) return endBySharing(tx, books, window, by, scoring);
  const halt = scoring.ended ? endScoring(books, window) : null;
  if (halt) {
    if (window.settle === 'single_block') throw new HaltSignal(halt);
    books.state.halted = halt;
  }
  const step = nextStep(books, window, { phase: 'scoring', entries: scoring.entries, payouts: 0, firstPayout: 0 });
  if (window.total === 0n) {
    const rowsWritten = await settle(tx, books, window, await recordOf(tx, books, window), step);
    return outcomeOf('settled', window, { entries: scoring.entries, payouts: 0, rowsWritten });
  }
  const rowsWritten = scoring.rowsWritten + (await write(tx, books, { step }));
  if (halt) return { did: 'halted', halt };
  return outcomeOf('scored', window, { entries: scoring.entries, payouts: 0, rowsWritten });
}

/** Up to which event the log decides a window. */
async function seqOf(tx: Tx, books: Books, window: Window): Promise<number> {
  return window.countsTo ?? (await recordOf(tx, books, window)).eventsAtOpening;
}

/**
 * Ends the scoring of stakes by sharing what everybody is to get, in the same transaction: not bounded by the batch, as every
 * share depends on all scores. The payment is.
 */
async function endBySharing(
  tx: Tx,
  books: Books,
  window: Window,
  by: WindowSharing,
  scoring: { readonly entries: number; readonly rowsWritten: number },
): Promise<StepOutcome> {
  const { countsTo, period } = window;
  const made = { entries: scoring.entries, payouts: 0, firstPayout: 0 };
  // What this step has scored is read again with all the rest.
  let rowsWritten = scoring.rowsWritten + (await write(tx, books));
  const { scores, excluded } = await closingScores(tx, books, window);
  const shared = await shareScoredWindow(tx, books, window, { by, scored: { scores, excluded, unearned: 0n } });
  const halt = proofHalt(books, window) ?? haltOfSharing(window, shared);
  if (halt !== null || 'halt' in shared) {
    if (window.settle === 'single_block') throw new HaltSignal(halt!);
    books.state.halted = halt;
    await write(tx, books, { step: nextStep(books, window, { phase: 'scoring', ...made }) });
    return { did: 'halted', halt: halt! };
  }
  payShares(books, window, shared, books.total(period));
  const { tallies, awards } = shared;
  window.toPay = awards.length;
  const step = nextStep(books, window, { phase: 'scoring', ...made });
  const record: PeriodRecord = {
    ...(await recordOf(tx, books, window)),
    ...(countsTo === undefined ? {} : { countsTo }),
    shared: { excluded },
    carried: shared.shared.carried,
  };
  rowsWritten += await write(tx, books, { step, period: record, tallies, awards });
  return outcomeOf('scored', window, { ...made, rowsWritten });
}

function haltOfSharing({ period }: Window, shared: SharedOutcome): Halt | null {
  if (!('halt' in shared)) return null;
  const { code, message } = shared.halt;
  return haltFor(period, code, `${message} Mend it, then resume.`, {});
}

/** The window turns to paying what policies gave; what earlier windows carried over comes back to the pool. */
function payShares(books: Books, window: Window, { shared }: { readonly shared: SharedWindow }, total: bigint): void {
  turnToPaying(window, total);
  window.carried = shared.carried;
  window.undelivered += shared.released;
  takeFromCarried(books, window);
}

/**
 * Scores a crown period. There is nothing to prove against: awards come from one replay, and the sum of what they and the
 * residual get is checked where they are computed and where the window is settled.
 */
async function crownScoringStep(tx: Tx, books: Books, window: Window): Promise<StepOutcome> {
  const before = await recordOf(tx, books, window);
  const { countsTo } = window;
  const seq = countsTo ?? before.eventsAtOpening;
  const scored = await scoreCrownWindow(tx, books, window, seq);
  books.addTotal(window.period, scored.total);
  window.proven = scored.total;
  const by = await sharingAt(tx, books, seq);
  const shared = by === null ? null : await shareScoredWindow(tx, books, window, { by, scored: crownScored(scored) });
  const halt = shared === null ? endScoring(books, window) : haltOfSharing(window, shared);
  if (halt) {
    // Nothing stays of a scoring that must not be paid: after mending it is made anew.
    books.addTotal(window.period, -scored.total);
    window.proven = 0n;
    if (window.settle === 'single_block') throw new HaltSignal(halt);
    books.state.halted = halt;
    const step = nextStep(books, window, { phase: 'scoring', entries: 0, payouts: 0, firstPayout: 0 });
    await write(tx, books, { step });
    return { did: 'halted', halt };
  }
  const made = { entries: scored.accounts, payouts: 0, firstPayout: 0 };
  window.entriesScored = scored.accounts;
  const step = nextStep(books, window, { phase: 'scoring', ...made });
  const record = { ...before, ...(countsTo === undefined ? {} : { countsTo }), crown: scored.record };
  const { awards, checkpoint } = scored.changes;
  window.toPay = awards?.length ?? 0;
  const checkpoints = checkpoint === undefined ? {} : { checkpoint };
  if (shared !== null && !('halt' in shared)) {
    payShares(books, window, shared, scored.total);
    const period = { ...record, carried: shared.shared.carried };
    const { tallies } = shared;
    window.toPay = shared.awards.length;
    const rowsWritten = await write(tx, books, { step, period, ...checkpoints, tallies, awards: shared.awards });
    return outcomeOf('scored', window, { ...made, rowsWritten });
  }
  if (window.total === 0n) {
    const rowsWritten = await settle(tx, books, window, record, step, checkpoints);
    return outcomeOf('settled', window, { ...made, rowsWritten });
  }
  const rowsWritten = await write(tx, books, { step, period: record, ...checkpoints, ...(awards ? { awards } : {}) });
  return outcomeOf('scored', window, { ...made, rowsWritten });
}

/** Policies share by the whole scores that are stored, so that later windows and whoever looks have the same to go by. */
const crownScored = ({ record: { excluded, unearned }, changes }: CrownScored): Scored => ({
  scores: changes.awards ?? [],
  excluded,
  unearned,
});

/**
 * Writes down the scores of the next accounts of a period of contributions, and what they are to get. The round is computed
 * before, outside of any transaction, of the log as it was at the opening; after a crash it is computed again, and is the same.
 */
async function credScoringStep(tx: Tx, books: Books, window: Window, rounds: Rounds): Promise<StepOutcome> {
  const before = await recordOf(tx, books, window);
  const task = await credTask(tx, books, window, before);
  let outcome: CredOutcome | undefined = rounds.cache.round(books.id, task.key);
  if (outcome === undefined) {
    if (!rounds.inside) throw new RoundNeeded(task);
    outcome = await computeRoundInside(tx, books, task);
    rounds.cache.roundIs(books.id, task.key, outcome);
  }
  if ('halt' in outcome) {
    const { code, message } = outcome.halt;
    const halt = haltFor(window.period, code, `${message} Mend it, then resume.`, {});
    if (window.settle === 'single_block') throw new HaltSignal(halt);
    books.state.halted = halt;
    await write(tx, books, {
      step: nextStep(books, window, { phase: 'scoring', entries: 0, payouts: 0, firstPayout: 0 }),
    });
    return { did: 'halted', halt };
  }
  const { lines, shared, record: scored, total } = outcome;
  const { period, batchSize } = window;
  const from = window.entriesScored;
  const batch = lines.slice(from, from + batchSize);
  await fetchAccounts(
    tx,
    books,
    batch.map(({ account }) => account),
  );
  const refs = batch.map((line) => {
    const { id, name } = books.accountOf(line.account);
    return { line, account: { id, name } };
  });
  const tallies = refs.map(({ account, line: { score, revision, owed } }) => ({
    period,
    account,
    score,
    revision,
    owed,
  }));
  const awards = refs
    .filter(({ line: { score, due, owed } }) => score > 0n || due > 0n || owed > 0n)
    .map(({ account, line: { score, due, owed } }) => ({ account, period, score, due, waits: owed > 0n }));
  window.toScore = lines.length;
  window.toPay = (window.toPay ?? 0) + awards.length;
  window.entriesScored += batch.length;
  const made = { entries: batch.length, payouts: 0, firstPayout: 0 };
  const step = nextStep(books, window, { phase: 'scoring', ...made });
  const countsTo = window.countsTo === undefined ? {} : { countsTo: window.countsTo };
  const record: PeriodRecord = { ...before, ...countsTo, cred: scored };
  const last = batch.at(-1);
  if (from + batch.length < lines.length) {
    window.cursor = { account: last!.account, validator: null };
    const rowsWritten = await write(tx, books, { step, period: record, tallies, awards });
    return outcomeOf('scored', window, { ...made, rowsWritten });
  }
  books.addTotal(period, total);
  window.proven = total;
  payShares(books, window, outcome, total);
  const rowsWritten = await write(tx, books, { step, period: { ...record, carried: shared.carried }, tallies, awards });
  return outcomeOf('scored', window, { ...made, rowsWritten });
}

/** What the window before carried over comes back to the pool that pays. */
function takeFromCarried(books: Books, { period, pool, carried }: Window): void {
  if (carried === undefined || carried.before === 0n) return;
  const [source, target] = [{ kind: 'carried' } as const, { kind: 'pool', pool } as const];
  books.post({ period, allocation: pool, source, target, amount: carried.before, reason: 'carried' });
}

/** Pays the next awards; one of an account that was excluded after the scoring goes to the residual. */
async function awardPayingStep(tx: Tx, books: Books, window: Window): Promise<StepOutcome> {
  const { period, pool, batchSize: limit } = window;
  const tree = new MerkleTree(window.frontier, treeHash);
  const source = { kind: 'pool', pool } as const;
  const firstPayout = books.state.payouts + 1;
  const after = window.cursor?.account ?? null;
  const page = await tx.awards({ program: books.id, period, after, limit });
  const stakes = books.rules.scoring.model === 'stake-time';
  if (stakes)
    await fetchAccounts(
      tx,
      books,
      page.map(({ account }) => account.name),
    );
  let payouts = 0;
  for (const award of page) {
    const { account, score, due } = award;
    window.cursor = { account: account.name, validator: null };
    if (stakes ? isForgotten(books, window, award) : award.excluded) {
      // An exclusion has forgone the score of stakes already.
      if (!stakes) window.forgone += score;
      if (window.carried !== undefined) window.undelivered += due;
      window.passedOver = [...(window.passedOver ?? []), account.name];
      continue;
    }
    const payout = stakes
      ? payAccount(books, window, books.accountOf(account.name), score, award)
      : liquidPayout(window, award);
    books.pay(payout, source);
    tree.append(payoutLeaf(payout));
    window.scorePaid += score;
    window.delivered += payout.restaked + payout.liquid;
    if (payout.reason === 'no-stake') window.undelivered += due;
    payouts += 1;
  }
  window.frontier = tree.take();
  window.accountsPaid += payouts;
  const most = window.amount + (window.carried?.before ?? 0n);
  invariant(window.delivered <= most, 'window.within-allocation', { period: String(period) });
  const made = { entries: 0, payouts, firstPayout: payouts === 0 ? 0 : firstPayout };
  const step = nextStep(books, window, { phase: 'paying', ...made });
  const last = page.at(-1);
  const done = last === undefined ? {} : { awardsDone: { period, after, upTo: last.account.name } };
  if (page.length < limit) {
    const rowsWritten = await settle(tx, books, window, await recordOf(tx, books, window), step, done);
    return outcomeOf('settled', window, { ...made, rowsWritten });
  }
  return outcomeOf('paid', window, { ...made, rowsWritten: await write(tx, books, { step, ...done }) });
}

/** Whoever was excluded since the shares were computed has lost its score, and does not get it back when let in again. */
function isForgotten(books: Books, window: Window, { account, score, excluded }: StoredAward): boolean {
  return excluded || (score > 0n && closingScore(books, window, books.accountOf(account.name)) === 0n);
}

function liquidPayout({ period, pool }: Window, { account, score, due, waits }: StoredAward): Omit<Payout, 'id'> {
  const reason = due > 0n ? 'paid' : waits ? 'carried' : 'below-one-unit';
  return { period, pool, account, score, due, restaked: 0n, liquid: due, reason };
}

/**
 * Scores up to `limit` waiting entries in ascending order of (account, validator) by bytes, and proves on the way that
 * what is stored adds up to the running total. `ended`: nothing is left to score.
 */
async function score(
  tx: Tx,
  books: Books,
  window: Window,
  limit: number,
): Promise<{ entries: number; rowsWritten: number; ended: boolean }> {
  const freeze = freezeBy(window.strategy);
  let [entries, visits, rowsWritten] = [0, 0, 0];
  while (entries < limit && visits < limit * VISITS_PER_ITEM) {
    if (limit === Infinity && visits > 0) rowsWritten += await write(tx, books);
    const pageSize = Math.min(PAGE_ACCOUNTS, limit - entries);
    const page = await nextPage(tx, books, window, pageSize);
    let passed = 0;
    for (const account of page) {
      if (entries === limit) break;
      visits += 1;
      const done = scoreAccount(books, window, account, limit - entries);
      entries += done.entries;
      window.cursor = { account: account.name, validator: done.stoppedAt };
      if (done.stoppedAt !== null) break;
      passed += 1;
      const closing = account.excluded ? 0n : closingScore(books, window, account);
      window.proven += closing;
      if (closing > 0n && window.toPay !== undefined) window.toPay += 1;
    }
    if (page.length < pageSize && passed === page.length) return { entries, rowsWritten, ended: true };
  }
  return { entries, rowsWritten, ended: false };

  function scoreAccount(
    books: Books,
    window: Window,
    account: Account,
    room: number,
  ): { entries: number; stoppedAt: string | null } {
    let entries = 0;
    const from = window.cursor?.account === account.name ? window.cursor.validator : null;
    let last: string | null = null;
    for (const position of books.ordered(account)) {
      if (!freeze.isWaiting(window, position)) continue;
      const validator = books.validatorById(position.validator).name;
      if (from !== null && compareBytes(validator, from) <= 0) continue;
      if (account.excluded || !isEntry(position)) {
        freeze.pass(books, window, account, position);
        continue;
      }
      if (entries === room) return { entries, stoppedAt: last };
      freeze.score(books, window, account, position);
      window.entriesScored += 1;
      entries += 1;
      last = validator;
    }
    return { entries, stoppedAt: null };
  }
}

/**
 * The checks before the first payment: sum of scores = running total, and the total is positive. The window turns to
 * paying, or says why it must not.
 */
function endScoring(books: Books, window: Window): Halt | null {
  const total = books.total(window.period);
  const differs = proofHalt(books, window);
  if (differs) return differs;
  if (total === 0n && books.rules.onZeroTotal === 'halt') {
    // A period that was closed at its boundary takes no scores any more; in single_block it goes on until it is settled.
    const mend =
      window.settle === 'single_block'
        ? 'add stake, or set on_zero_total to residual'
        : 'set on_zero_total to residual';
    const message = `Nobody has a score in period ${window.period}: ${mend}, then resume.`;
    return haltFor(window.period, 'total-score-not-positive', message, {});
  }
  turnToPaying(window, total);
  return null;
}

function proofHalt(books: Books, { period, proven }: Window): Halt | null {
  const total = books.total(period);
  if (proven === total) return null;
  const message = `The scores of period ${period} add up to ${proven}, the running total says ${total}.`;
  return haltFor(period, 'score-sum-differs', message, { total: String(total), sum: String(proven) });
}

function turnToPaying(window: Window, total: bigint): void {
  window.phase = 'paying';
  window.total = total;
  window.cursor = null;
}

async function payingStep(tx: Tx, books: Books, window: Window): Promise<StepOutcome> {
  if (books.rules.scoring.model !== 'stake-time' || window.carried !== undefined)
    return awardPayingStep(tx, books, window);
  const tree = new MerkleTree(window.frontier, treeHash);
  const source = { kind: 'pool', pool: window.pool } as const;
  const limit = window.batchSize;
  const firstPayout = books.state.payouts + 1;
  let [payouts, visits, ended, delivered] = [0, 0, false, 0n];
  while (!ended && payouts < limit && visits < limit * VISITS_PER_ITEM) {
    const page = await nextPage(tx, books, window, limit - payouts);
    ended = page.length < limit - payouts;
    for (const account of page) {
      visits += 1;
      window.cursor = { account: account.name, validator: null };
      if (account.excluded) continue;
      const score = closingScore(books, window, account);
      if (score === 0n) continue;
      const payout = payAccount(books, window, account, score);
      books.pay(payout, source);
      tree.append(payoutLeaf(payout));
      const { restaked, liquid, due } = payout;
      window.scorePaid += score;
      delivered += restaked + liquid;
      if (payout.reason === 'no-stake') window.undelivered += due;
      payouts += 1;
    }
  }
  window.frontier = tree.take();
  window.delivered += delivered;
  window.accountsPaid += payouts;
  invariant(window.delivered + window.undelivered <= window.amount, 'window.within-allocation', {
    period: String(window.period),
  });
  const made = { phase: 'paying', entries: 0, payouts, firstPayout: payouts === 0 ? 0 : firstPayout } as const;
  const step = nextStep(books, window, made);
  if (ended) {
    const rowsWritten = await settle(tx, books, window, await recordOf(tx, books, window), step);
    return outcomeOf('settled', window, { entries: 0, payouts, rowsWritten });
  }
  return outcomeOf('paid', window, { entries: 0, payouts, rowsWritten: await write(tx, books, { step }) });
}

/**
 * Ends a window: what was not handed out goes to the residual, by reason, and the books of the period are closed.
 * Invariants: `window.scores-accounted` (scores paid and forgone = total), `window.allocation-accounted`.
 */
async function settle(
  tx: Tx,
  books: Books,
  window: Window,
  record: PeriodRecord,
  step: StepRecord,
  extra: Extra = {},
): Promise<number> {
  const { period, amount, delivered, undelivered, carried } = window;
  const { state } = books;
  let [rounding, zeroTotal, unearned] = [0n, 0n, 0n];
  if (window.total === 0n && carried === undefined) {
    zeroTotal = amount;
    toResidual(books, period, window.pool, zeroTotal, 'zero-total');
  } else if (window.total !== null) {
    invariant(window.scorePaid + window.forgone === window.total, 'window.scores-accounted', {
      period: String(period),
      paid: String(window.scorePaid),
      forgone: String(window.forgone),
      total: String(window.total),
    });
    unearned = record.crown?.unearned ?? 0n;
    zeroTotal = carried?.unclaimed ?? 0n;
    const { before, after } = carried ?? { before: 0n, after: 0n };
    rounding = amount + before - after - delivered - undelivered - unearned - zeroTotal;
    leaveCarried(books, window);
    toResidual(books, period, window.pool, zeroTotal, 'zero-total');
    toResidual(books, period, window.pool, unearned, 'unearned');
    toResidual(books, period, window.pool, rounding, 'rounding');
    toResidual(books, period, window.pool, undelivered, 'undelivered');
  }
  delete state.totals[period];
  delete state.scores[period];
  state.window = null;
  books.windowChanged();
  const { passedOver } = window;
  const settled: PeriodRecord = {
    ...record,
    ...(record.crown && passedOver ? { crown: { ...record.crown, passedOver } } : {}),
    ...(record.shared && passedOver ? { shared: { ...record.shared, passedOver } } : {}),
    ...(record.cred && passedOver ? { cred: { ...record.cred, passedOver } } : {}),
    status: 'settled',
    total: window.total,
    delivered: record.delivered + delivered,
    residual: {
      ...record.residual,
      rounding,
      undelivered,
      zeroTotal,
      ...(record.crown === undefined ? {} : { unearned }),
    },
    accountsPaid: record.accountsPaid + window.accountsPaid,
    entriesScored: window.entriesScored,
    steps: window.steps,
    root: new MerkleTree(window.frontier, treeHash).root(),
  };
  const owed = settled.allocations.reduce((sum, allocation) => sum + allocation.amount, 0n);
  const { residual } = settled;
  const left = residualOf(residual);
  const moved = (carried?.after ?? 0n) - (carried?.before ?? 0n);
  invariant(owed === settled.delivered + left + moved, 'window.allocation-accounted', { period: String(period) });
  return write(tx, books, { step, period: settled, ...extra });
}

/** What waits, or nobody may take because of a cap, is held for the next window. */
function leaveCarried(books: Books, { period, pool, carried }: Window): void {
  if (carried === undefined || carried.after === 0n) return;
  const [source, target] = [{ kind: 'pool', pool } as const, { kind: 'carried' } as const];
  books.post({ period, allocation: pool, source, target, amount: carried.after, reason: 'carried' });
}

/** The next whole accounts after the cursor; the cursor's own again when it was left in the middle. */
async function nextPage(tx: Tx, books: Books, window: Window, limit: number): Promise<readonly Account[]> {
  const page = await tx.accountsPage({
    program: books.id,
    after: window.cursor?.account ?? null,
    inclusive: window.cursor !== null && window.cursor.validator !== null,
    limit,
    buckets: books.buckets,
    periods: books.periodsUntil(books.second),
  });
  books.put(page);
  return page;
}

async function fetchAccounts(tx: Tx, books: Books, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { buckets } = books;
  books.put(await tx.accountsNamed({ program: books.id, names, buckets, periods: books.periodsUntil(books.second) }));
}

/** The line that the opening step wrote about the window's period. */
async function recordOf(tx: Tx, books: Books, window: Window): Promise<PeriodRecord> {
  const record = (await tx.periods(books.id)).find(({ period }) => period === window.period);
  invariant(record !== undefined, 'window.period-recorded', { period: String(window.period) });
  return record;
}

function nextStep(
  books: Books,
  window: Window,
  made: { phase: WindowPhase; entries: number; payouts: number; firstPayout: number },
): StepRecord {
  window.steps += 1;
  return { period: window.period, step: window.steps, events: books.state.events, at: books.state.clock, ...made };
}

function outcomeOf(
  did: 'opened' | 'scored' | 'paid' | 'settled',
  window: Window,
  made: { entries: number; payouts: number; rowsWritten: number },
): StepOutcome {
  const { period, steps, entriesScored, accountsPaid } = window;
  return { did, period, step: steps, entriesScored, accountsPaid, ...made };
}

/** What is written beside the books. */
type Extra = Pick<Changes, 'step' | 'period' | 'awards' | 'awardsDone' | 'checkpoint' | 'tallies'>;

async function write(tx: Tx, books: Books, { step, period, ...extra }: Extra = {}): Promise<number> {
  books.state.version += 1;
  const about = { ...(step === undefined ? {} : { step }), ...(period === undefined ? {} : { period }) };
  return tx.write(books.id, { ...books.takeChanges(about), ...extra });
}
