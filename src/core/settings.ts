import type { Books } from './books.ts';
import { InvalidInputError } from './errors.ts';
import type {
  Exclusion,
  Fund,
  ProrataEvent,
  Resumed,
  RulesChanged,
  ScheduleChanged,
  SettingsEvent,
} from './events/event.ts';
import { type Refusal, refuse } from './events/refusal.ts';
import { isBatchSize, type ScheduleEntry, withSharing } from './program.ts';
import type { CrownScoring } from './scoring/crown/scoring.ts';
import type { IsName } from './scoring/stake-time/accrue.ts';
import { closingScore, isCounted, isEntry, isPaid, isPassed, entryScore } from './scoring/stake-time/book.ts';
import { checkExclusions } from './schedule/check-exclusions.ts';
import { checkMappings } from './schedule/check-mappings.ts';
import { checkSchedule } from './schedule/check-schedule.ts';
import type { Account } from './state.ts';

type HandledHere = Exclude<SettingsEvent, { kind: 'program' | 'window-taken-over' }>;

/** Applies one event about the program itself: all of it, or a refusal and nothing is changed. */
export function applySettingsEvent(books: Books, event: HandledHere, isName: IsName): Refusal | null {
  const unasked = event.kind === 'fund' ? null : refuseUnlessAsked(books, event);
  if (unasked !== null) return unasked;
  switch (event.kind) {
    case 'fund':
      return fund(books, event);
    case 'exclusion':
      return exclude(books, event, isName);
    case 'rules':
      return changeRules(books, event, isName);
    case 'schedule':
      return changeSchedule(books, event);
    case 'pause':
      books.state.paused = { reason: event.reason };
      return null;
    case 'resume':
      return resume(books, event);
  }
}

/** `invalid-authority` unless the program's authority, where it has one, asks for it. */
export function refuseUnlessAsked({ rules }: Books, { by }: Pick<ProrataEvent, 'by'>): Refusal | null {
  const { authority } = rules;
  if (authority === undefined || by === authority) return null;
  return refuse('invalid-authority', `Only ${authority} may ask for this, not ${by ?? 'nobody named'}.`, 'by');
}

function fund(books: Books, event: Fund): Refusal | null {
  if (!books.rules.pools.some((pool) => pool.name === event.pool)) {
    const names = books.rules.pools.map((pool) => pool.name).join(', ');
    return refuse('pool-unknown', `There is no pool "${event.pool}"; there are ${names}.`, 'pool');
  }
  if (event.amount <= 0n) return refuse('amount-zero', `Found ${event.amount}; accepted: an amount above 0.`, 'amount');
  books.post({
    period: 0,
    allocation: event.pool,
    source: { kind: 'outside' },
    target: { kind: 'pool', pool: event.pool },
    amount: event.amount,
    reason: 'funding',
  });
  return null;
}

// --- exclusion: the score and the entries are forgotten, the stake stays

function exclude(books: Books, event: Exclusion, isName: IsName): Refusal | null {
  const refusal = refusalOf(() => checkExclusions(event, isName));
  if (refusal) return refusal;
  for (const name of event.add) {
    const account = books.accountOf(name);
    if (!account.excluded) shutOut(books, account);
  }
  for (const name of event.remove) {
    const account = books.account(name);
    if (account?.excluded) letIn(books, account);
  }
  return null;
}

function shutOut(books: Books, account: Account): void {
  const { window } = books.state;
  if (window && !isPaid(window, account)) forgetClosing(books, account);
  for (const [period, score] of [...account.scores]) {
    if (period !== window?.period) books.addTotal(period, -score);
    books.addScore(account, period, -score);
  }
  for (const position of account.positions) {
    position.since = null;
    books.positionChanged(account, position);
  }
  account.excluded = true;
  books.accountChanged(account);
}

/** Takes an account out of the closing period: while scoring its score leaves the total, while paying it stays there. */
function forgetClosing(books: Books, account: Account): void {
  const window = books.state.window!;
  const closing = closingScore(books, window, account);
  if (window.phase === 'paying') {
    window.forgone += closing;
    return;
  }
  let counted = account.scores.get(window.period) ?? 0n;
  for (const position of account.positions) {
    if (!isEntry(position) || !isCounted(books, window, account, position)) continue;
    const read = entryScore(books, position, window.start, window.boundary);
    window.counted -= read;
    counted += read;
  }
  if (isPassed(window, account)) window.proven -= closing;
  books.addTotal(window.period, -counted);
}

function letIn(books: Books, account: Account): void {
  account.excluded = false;
  books.accountChanged(account);
  for (const position of account.positions) {
    position.since = books.second;
    books.positionChanged(account, position);
  }
  for (const [period, score] of [...account.scores]) books.addScore(account, period, -score);
}

// --- rules and schedule

function changeRules(books: Books, event: RulesChanged, isName: IsName): Refusal | null {
  const { rules, state } = books;
  if (event.recipients) {
    const mappings = event.recipients;
    const refusal = refusalOf(() => checkMappings(mappings, rules, isName));
    if (refusal) return refusal;
    const unknown = mappings.find((mapping) => !rules.pools.some((pool) => pool.name === mapping.pool));
    if (unknown) return refuse('pool-unknown', `There is no pool "${unknown.pool}".`, 'recipients');
  }
  if (event.batchSize !== undefined && !isBatchSize(event.batchSize)) {
    return refuse(
      'batch-size-range',
      `Found ${event.batchSize}; accepted: a whole number from 1 to 100000.`,
      'batchSize',
    );
  }
  if (event.settle !== undefined && event.settle !== rules.window.settle && (state.window || isDue(books))) {
    return refuse('distribution-in-progress', 'How windows settle cannot change while one is open or due.', 'settle');
  }
  if (event.scoring !== undefined && rules.scoring.model !== event.scoring.model) {
    const message = `The program scores by ${rules.scoring.model}, and goes on so; found ${event.scoring.model}.`;
    return refuse('scoring-model-fixed', message, 'scoring');
  }
  if (rules.scoring.model === 'crown' && event.scoring?.model === 'crown') {
    const refusal = checkMemory(rules.scoring, event.scoring);
    if (refusal) return refusal;
  }
  if (rules.scoring.model === 'cred' && event.scoring?.model === 'cred') {
    const [now, next] = [rules.scoring.factor, event.scoring.factor];
    // Stored scores are in its units: later windows add them up, and compare them with new ones.
    const message = `A cred is ${now} units of a score, and stays so; found ${next}.`;
    if (now !== next) return refuse('scoring-factor-fixed', message, 'scoring.factor');
  }
  const pools = rules.pools.map((pool) => {
    const change = event.recipients?.find((mapping) => mapping.pool === pool.name);
    return change ? { ...pool, recipients: [...change.recipients] } : pool;
  });
  const shared = event.sharing === undefined ? pools : withSharing(pools, event.sharing);
  const window = {
    settle: event.settle ?? rules.window.settle,
    strategy: event.strategy ?? rules.window.strategy,
    batchSize: event.batchSize ?? rules.window.batchSize,
  };
  if (state.window) state.window.batchSize = window.batchSize;
  const scoring = event.scoring ?? rules.scoring;
  books.setRules({ ...rules, pools: shared, scoring, window, onZeroTotal: event.onZeroTotal ?? rules.onZeroTotal });
  return null;
}

/** What rounds no longer count is forgotten at every boundary; a longer memory would find some of it gone. */
function checkMemory(now: CrownScoring, next: CrownScoring): Refusal | null {
  const memories = [
    ['success.seconds', now.success?.seconds ?? 0, next.success?.seconds ?? 0],
    ['volume_seconds', now.band?.volume?.seconds ?? 0, next.band?.volume?.seconds ?? 0],
  ] as const;
  for (const [key, known, wanted] of memories) {
    if (wanted <= known) continue;
    return refuse(
      'memory-lengthened',
      `Found ${key} ${wanted}; accepted: at most ${known}, what is remembered.`,
      `scoring.${key}`,
    );
  }
  return null;
}

function isDue(books: Books): boolean {
  const next = books.schedule[0];
  return next !== undefined && next.at <= books.second;
}

function changeSchedule(books: Books, event: ScheduleChanged): Refusal | null {
  const refusal = refusalOf(() => checkSchedule(event.entries, books.rules));
  if (refusal) return refusal;
  if (books.state.window) {
    return refuse('distribution-in-progress', `Period ${books.state.window.period} is being settled.`, 'entries');
  }
  if (books.rules.window.settle === 'multi_block') {
    const passed = (entries: readonly ScheduleEntry[]): string =>
      entries.flatMap((entry) => (entry.at < books.state.bookedUntil ? [entry.at] : [])).join(' ');
    if (passed(event.entries) !== passed(books.schedule)) {
      const message = `Scores are booked up to second ${books.state.bookedUntil}: boundaries before it stay as they are.`;
      return refuse('schedule-boundary-passed', message, 'entries');
    }
    const late = event.entries.find((entry) => entry.at < books.state.periodStart);
    if (late) return refuse('period-closed', `Second ${late.at} lies in a closed period.`, 'entries');
  }
  books.setSchedule(event.entries);
  return null;
}

/** After mending: a window that had halted scores again from its beginning (nothing was paid), one that paid goes on. */
function resume(books: Books, event: Resumed): Refusal | null {
  const { state } = books;
  if (!state.paused && !state.halted) return refuse('nothing-to-resume', 'The program is neither paused nor halted.');
  if (event.reason.trim() === '') return refuse('reason-missing', 'A resume needs a written reason.', 'reason');
  const { window } = state;
  if (state.halted && window?.phase === 'scoring') {
    books.addTotal(window.period, -window.counted);
    window.counted = 0n;
    window.proven = 0n;
    window.entriesScored = 0;
    window.cursor = null;
    // What was mended counts: the facts up to this event, instead of those at the opening.
    window.countsTo = state.events + 1;
  }
  state.paused = null;
  state.halted = null;
  return null;
}

/** Turns what a check throws about the caller's input into a refusal; anything else goes on. */
function refusalOf(check: () => void): Refusal | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return refuse(error.code, error.message, error.facts['field']);
  }
}
