import type { Books } from '../core/books.ts';
import { ledgerKey } from '../core/books.ts';
import { compareBytes } from '../core/bytes.ts';
import { decodeEvent, rulesToJson, scheduleToJson } from '../core/events/encode.ts';
import { isCrownFact, type ProgramCreated, type ProrataEvent } from '../core/events/event.ts';
import { MerkleTree, emptyFrontier, payoutLeaf } from '../core/payout/merkle.ts';
import { residualOf } from '../core/payout/window.ts';
import { isCred, isCrown } from '../core/program.ts';
import { scoreUnits } from '../core/scoring/crown/awards.ts';
import { closingScore, isPaid, isPassed } from '../core/scoring/stake-time/book.ts';
import { noScores } from '../core/state.ts';
import type { Account, Payout, PeriodRecord, Posting, StepRecord, Validator } from '../core/state.ts';
import { NO_HEAD } from './empty-state.ts';
import { onlyOne } from './ingest.ts';
import type { BooksCache } from './load-books.ts';
import { checkCred, type ExpectCred } from './cred/verify-cred.ts';
import { checkCrown, type Expect } from './crown/verify-crown.ts';
import { awardsOf } from './what-is-paid.ts';
import type { EventRow, Pruning, Store, Tx } from './ports.ts';
import { scoreAt } from './read.ts';
import { readHistory } from './sharing/share-window.ts';
import { checkCarried, checkShares, type ExpectShares, passedOverIn } from './sharing/verify-sharing.ts';
import { type RecordedStep, replayAccounts } from './replay.ts';
import { PAID_BEFORE } from './take-over.ts';
import { chainHash, treeHash } from './tree-hash.ts';

/** What became of one invariant: it holds, over so many rows, or what contradicts it (the first few findings). */
export interface Finding {
  readonly invariant: string;
  readonly statement: string;
  readonly holds: boolean;
  readonly checked: number;
  readonly contradictions: readonly string[];
}

export interface VerifyReport {
  readonly program: string;
  readonly holds: boolean;
  readonly findings: readonly Finding[];
}

/** Statements about the books of a program. Each is a row of docs/invariants.md. */
const statements = {
  'log.chain-unbroken':
    'every event follows the one before it: seq without a gap, hash over the previous hash and the payload, head as stored',
  'log.columns-match': 'key, kind, time, account and second of every event are those of its payload',
  'log.replayable': 'the log begins with the program, and every event in it still applies when it is replayed',
  'ledger.balances-are-sums': 'every balance is the sum of its postings',
  'ledger.zero-sum': 'all balances, outside and earners included, add up to zero',
  'ledger.no-overdraft': 'no pool and no residual is below zero',
  'ledger.funded-by-log': 'money comes from outside only as the program, its fund events and a take-over say',
  'ledger.source-is-pool':
    'what else moves goes from the pool of its allocation to an earner, the residual or what is carried over, or comes back from there',
  'payout.posted-once': 'every payout is posted with exactly its amounts, and once',
  'payout.delivered':
    'what is due is restaked and liquid together, or, without a stake to deliver it to, went to the residual',
  'payout.matches-log':
    'every payout by score is what a replay of the log pays: score, due, restaked, liquid and reason',
  'period.allocation-accounted':
    'allocation = payouts + residual, and what is carried over more than before, for every settled period',
  'period.residual-posted': 'what went to the residual is posted to it, by period and reason',
  'period.scores-add-up':
    'due is floor(amount x score / total) for every payout by score that policies do not share, and the scores paid never exceed the total',
  'period.nobody-missed': 'whoever had a score when a period was settled was paid for it',
  'period.root': 'the settlement root of every settled period is that of its payouts, in order of (pool, account)',
  'period.cred-matches-log':
    'what every period of contributions was scored by, its tallies and what it carries over is what the log gives, solved and shared anew',
  'period.shares-match-log':
    'the tallies of every period of stake-time or crown that policies shared, and what it carries over, are what the scores by the log give, shared anew',
  'graph.matches-log': 'every version of a node and an edge is what its event made of it',
  'ledger.carried-is-owed': 'what is carried over is owed to somebody, or waits to be shared',
  'ledger.reversals-match-log': 'what was posted back to a pool is what reversals in the log took back',
  'period.tiled': 'periods follow each other without a gap or an overlap, up to the one that runs',
  'period.payouts-by-steps': "the payouts of a period are those of its steps, one step's after the other's",
  'score.total-matches': 'the running totals are the sums of what is counted, for every open period',
  'score.matches-log':
    'the score of every account in every open period is what a replay of the log gives, and goes on growing alike',
  'period.round-matches-log':
    'what every lane held and left of its pool is what a replay of the facts gives, for every crown period that was not pruned',
  'checkpoint.matches-log': 'every checkpoint is what the facts up to it leave, and none of them came after it',
  'position.positive': 'every position has shares',
  'position.matches-log':
    'the shares of every account on every validator are what a replay of the log gives, rewards included',
  'exclusion.matches-log': 'exactly those accounts are excluded that the log excludes',
  'validator.matches-log': "every validator's rates are what the log says",
  'settings.match-log': 'rules, schedule and place in it are what the log and the steps made of them',
  'state.counters-match':
    'the counters of the state are the numbers of rows stored, and no row lies where nothing looks for it',
} as const;
export type InvariantName = keyof typeof statements;
export const invariantNames = Object.keys(statements) as InvariantName[];

/** Rows that `rows` asks for at once. */
export const PAGE = 2000;
const FINDINGS_MAX = 5;

class Checks {
  readonly #found = new Map<InvariantName, { checked: number; contradictions: string[] }>(
    invariantNames.map((name) => [name, { checked: 0, contradictions: [] }]),
  );

  /** Counts one check of `name`; `what` is asked only when it does not hold. */
  expect(name: InvariantName, holds: boolean, what: () => string): void {
    const found = this.#found.get(name)!;
    found.checked += 1;
    if (!holds && found.contradictions.length < FINDINGS_MAX) found.contradictions.push(what());
  }

  report(program: string): VerifyReport {
    const findings = [...this.#found].map(([invariant, { checked, contradictions }]): Finding => {
      return {
        invariant,
        statement: statements[invariant],
        holds: contradictions.length === 0,
        checked,
        contradictions,
      };
    });
    return { program, holds: findings.every(({ holds }) => holds), findings };
  }
}

/** Runs every named invariant over the stored books of a program, in one transaction, a page at a time. */
export async function verify(
  store: Store,
  cache: BooksCache,
  program: string,
  onProgress: (what: string) => void = () => {},
): Promise<VerifyReport> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const checks = new Checks();
    onProgress('the event log');
    const prunings = await tx.prunings(books.id);
    const { funding, readable, start } = await checkLog(tx, books, checks, prunings);
    onProgress('the ledger');
    const { residuals, reversals } = await checkLedger(tx, books, checks, funding);
    onProgress('payouts and periods');
    const steps = await checkPeriods(tx, books, checks, { residuals, start });
    onProgress('scores and positions');
    await checkAccounts(tx, books, checks, prunings);
    onProgress('the replay of the log');
    if (readable) {
      await checkReplay(tx, books, checks, steps, onProgress);
      const expect: Expect & ExpectCred & ExpectShares = (name, holds, what) => checks.expect(name, holds, what);
      if (isCrown(books)) await checkCrown(tx, books, expect);
      if (isCred(books)) await checkCred(tx, books, expect, { reversals, onProgress });
    } else checks.expect('log.replayable', false, () => 'what is no event cannot be replayed');
    return checks.report(program);
  });
}

/** All rows with ascending ids, page by page: `load` gives at most PAGE of them. */
export async function* rows<T>(
  load: (after: number) => Promise<readonly T[]>,
  idOf: (row: T) => number,
): AsyncGenerator<T> {
  for (let after = 0; ;) {
    const page = await load(after);
    yield* page;
    if (page.length < PAGE) return;
    after = idOf(page.at(-1)!);
  }
}

/** Amounts by some key; what is absent is zero. */
type Sums = Map<string, bigint>;

function add(sums: Sums, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}

/**
 * Returns what the log says came from outside, by ledger account, whether all of its payloads can be read, and where the
 * first period begins. Where the log was pruned it goes on from what the pruning says.
 */
async function checkLog(
  tx: Tx,
  books: Books,
  checks: Checks,
  prunings: readonly Pruning[],
): Promise<{ funding: Sums; readable: boolean; start: number }> {
  let [head, seq, start] = [NO_HEAD, 0, 0];
  let funding: Sums = new Map();
  let readable = true;
  const skipPruned = (next: number): void => {
    const pruning = prunings.findLast(({ last }) => last < next);
    if (pruning === undefined || pruning.last <= seq) return;
    [seq, head, funding] = [pruning.last, pruning.head, new Map(pruning.funding)];
  };
  for await (const event of rows(
    (after) => tx.events({ program: books.id, after, limit: PAGE }),
    (row) => row.seq,
  )) {
    if (event.seq > seq + 1) skipPruned(event.seq);
    seq += 1;
    head = chainHash(head, event.payload);
    checks.expect(
      'log.chain-unbroken',
      event.seq === seq && event.hash === head,
      () => `event ${event.seq} (${event.key})`,
    );
    if (event.hash !== head) head = event.hash;
    const decoded = decodedOrNull(event);
    checks.expect(
      'log.columns-match',
      decoded !== null && columnsMatch(event, decoded, books.name),
      () => `event ${event.seq} (${event.key})`,
    );
    if (decoded === null) {
      readable = false;
      continue;
    }
    if (decoded.kind === 'program') start = decoded.definition.start ?? 0;
    for (const [to, amount] of fundedBy(decoded)) add(funding, to, amount);
  }
  const { state } = books;
  skipPruned(Infinity);
  const complete = state.events === seq && state.head === head;
  checks.expect(
    'log.chain-unbroken',
    complete,
    () => `the log ends at ${seq} ${head}, the state says ${state.events} ${state.head}`,
  );
  return { funding, readable, start };
}

/** `null`: somebody has made what is no event of it. */
function decodedOrNull({ payload }: EventRow): ProgramCreated | ProrataEvent | null {
  try {
    return decodeEvent(payload);
  } catch {
    return null;
  }
}

/** What an event brings from outside, by ledger account. */
export function fundedBy(event: ProgramCreated | ProrataEvent): readonly (readonly [to: string, amount: bigint])[] {
  switch (event.kind) {
    case 'program':
      return event.definition.rules.pools.map(({ name, funding }) => [`pool:${name}`, funding]);
    case 'fund':
      return [[`pool:${event.pool}`, event.amount]];
    case 'window-taken-over':
      return [[`liquid:${PAID_BEFORE}`, event.amount - event.leftover]];
    default:
      return [];
  }
}

function columnsMatch(
  { key, kind, time, account, at }: EventRow,
  event: ProgramCreated | ProrataEvent,
  program: string,
): boolean {
  if (event.key !== key || event.kind !== kind || event.time !== time) return false;
  // A retraction lies where the fact lies that it takes back.
  const second = isCrownFact(event) ? (event.kind === 'retracted' ? at : Math.floor(time / 1000)) : null;
  if (at !== second) return false;
  if (event.kind === 'program' && event.definition.name !== program) return false;
  // One about an account that has nothing yet (a booked score of zero, an exclusion) may be about nobody.
  if (account === null) return !('account' in event) || (event.kind === 'booked' && event.score === 0n);
  return 'account' in event
    ? event.account === account.name
    : event.kind === 'exclusion' && onlyOne(event) === account.name;
}

/** What was posted to the residual, by period and reason. */
type Residuals = ReadonlyMap<string, bigint>;

/**
 * Sums of postings by ledger account, and payouts against postings: both are written in the same order, a payout's restaked
 * part before its liquid one, so that one walk over both is enough.
 */
async function checkLedger(
  tx: Tx,
  books: Books,
  checks: Checks,
  funding: Sums,
): Promise<{ readonly residuals: Residuals; readonly reversals: Sums }> {
  const [sums, residuals, funded, reversals]: [Sums, Sums, Sums, Sums] = [new Map(), new Map(), new Map(), new Map()];
  let earned = 0n;
  const deliveries = deliveriesOf(tx, books);
  let due = await deliveries.next();
  for await (const posting of rows(
    (after) => tx.postings({ program: books.id, after, limit: PAGE }),
    (row) => row.id,
  )) {
    const { id, period, allocation, source, target, amount, reason } = posting;
    if (source.kind === 'liquid' || source.kind === 'stake') {
      earned -= amount;
      add(reversals, `${period} ${source.account.name}`, amount);
    } else add(sums, ledgerKey(source), -amount);
    if (source.kind === 'outside') add(funded, ledgerKey(target), amount);
    else {
      const fromPool = isRightWay(posting);
      checks.expect(
        'ledger.source-is-pool',
        fromPool,
        () => `posting ${id} of ${allocation} is from ${ledgerKey(source)}`,
      );
    }
    if (target.kind !== 'stake' && target.kind !== 'liquid') {
      add(sums, ledgerKey(target), amount);
      if (target.kind === 'residual') add(residuals, `${period} ${reason}`, amount);
      continue;
    }
    earned += amount;
    const found = `${period} ${allocation} ${reason} ${ledgerKey(target)} ${amount}`;
    const expected = due.done === true ? 'nothing' : due.value;
    checks.expect(
      'payout.posted-once',
      found === expected,
      () => `posting ${id} is "${found}", by the payouts "${expected}" comes next`,
    );
    due = await deliveries.next();
  }
  if (due.done !== true) {
    const missing = due.value;
    checks.expect('payout.posted-once', false, () => `"${missing}" and what comes after it is not posted`);
  }
  await deliveries.return(undefined);
  for (const to of new Set([...funding.keys(), ...funded.keys()])) {
    const [said, posted] = [funding.get(to) ?? 0n, funded.get(to) ?? 0n];
    checks.expect(
      'ledger.funded-by-log',
      said === posted,
      () => `${to} got ${said} from outside by the log, ${posted} by the postings`,
    );
  }
  const balances = await tx.balances(books.id);
  let all = earned;
  for (const { account, balance } of balances) {
    const key = ledgerKey(account);
    const sum = sums.get(key) ?? 0n;
    checks.expect(
      'ledger.balances-are-sums',
      sum === balance,
      () => `${key} holds ${balance}, its postings add up to ${sum}`,
    );
    if (account.kind !== 'outside')
      checks.expect('ledger.no-overdraft', balance >= 0n, () => `${key} holds ${balance}`);
    sums.delete(key);
    all += balance;
  }
  for (const [key, sum] of sums)
    checks.expect('ledger.balances-are-sums', sum === 0n, () => `${key} has no balance, its postings add up to ${sum}`);
  checks.expect('ledger.zero-sum', all === 0n, () => `the sum is ${all}`);
  return { residuals, reversals };
}

/** From the pool of its allocation to anything but a pool; what comes back to it comes from what was carried over, or by a reversal. */
function isRightWay({ allocation, source, target, reason }: Posting): boolean {
  if (source.kind === 'pool') return source.pool === allocation && target.kind !== 'pool';
  const back = target.kind === 'pool' && target.pool === allocation;
  return back && (source.kind === 'carried' ? reason === 'carried' : source.kind === 'liquid' && reason === 'reversal');
}

/** What the payouts say must have been posted to earners, in order. */
async function* deliveriesOf(tx: Tx, books: Books): AsyncGenerator<string, undefined, undefined> {
  for await (const payout of rows(
    (after) => tx.payouts({ program: books.id, after, limit: PAGE }),
    (row) => row.id,
  )) {
    const { period, pool, account, restaked, liquid } = payout;
    const allocation = `${period} ${pool} ${payout.reason === 'direct' ? 'direct' : 'payout'}`;
    if (restaked !== 0n) yield `${allocation} ${ledgerKey({ kind: 'stake', account })} ${restaked}`;
    if (liquid !== 0n) yield `${allocation} ${ledgerKey({ kind: 'liquid', account })} ${liquid}`;
  }
  return undefined;
}

/** Returns the steps of all periods, in order. */
async function checkPeriods(
  tx: Tx,
  books: Books,
  checks: Checks,
  { residuals, start }: { readonly residuals: Residuals; readonly start: number },
): Promise<RecordedStep[]> {
  const { state } = books;
  const all: RecordedStep[] = [];
  let [end, last, payouts] = [start, 0, 0];
  for (const record of await tx.periods(books.id)) {
    const { period } = record;
    const follows = record.start === end && record.boundary >= record.start && (last === 0 || period === last + 1);
    checks.expect(
      'period.tiled',
      follows,
      () => `period ${period} begins at ${record.start}, the one before (${last}) ends at ${end}`,
    );
    [end, last] = [record.boundary, period];
    const steps = await tx.steps(books.id, period);
    const window = record.status === 'open' ? state.window : null;
    payouts += await checkPeriod(tx, books, checks, record, steps);
    checkResidual(checks, record, residuals);
    const made = window?.steps ?? record.steps;
    checks.expect(
      'period.payouts-by-steps',
      steps.length === made && steps.at(-1)?.step === made,
      () => `period ${period}: ${steps.length} steps stored, ${made} made`,
    );
    const scored = record.carried === undefined ? undefined : steps.findLast(({ phase }) => phase === 'scoring');
    for (const step of steps) all.push({ step, record, total: window?.total ?? record.total, shares: step === scored });
  }
  const running = state.periodStart === end && (last === 0 || state.nextPeriod === last + 1);
  checks.expect(
    'period.tiled',
    running,
    () => `period ${state.nextPeriod} begins at ${state.periodStart}, the one before (${last}) ends at ${end}`,
  );
  checks.expect(
    'period.payouts-by-steps',
    payouts === state.payouts,
    () => `${payouts} payouts in all periods, ${state.payouts} in the state`,
  );
  return all;
}

async function checkPeriod(
  tx: Tx,
  books: Books,
  checks: Checks,
  record: PeriodRecord,
  steps: readonly StepRecord[],
): Promise<number> {
  const { period } = record;
  const tree = new MerkleTree(emptyFrontier, treeHash);
  const paying = steps.filter(({ payouts }) => payouts > 0);
  let [delivered, undelivered, scores, count] = [0n, 0n, 0n, 0];
  let [step, ofStep] = [0, 0];
  const total = record.total ?? books.state.window?.total ?? 0n;
  for await (const payout of rows(
    (after) => tx.payouts({ program: books.id, after, limit: PAGE, period }),
    (row) => row.id,
  )) {
    count += 1;
    tree.append(payoutLeaf(payout));
    delivered += payout.restaked + payout.liquid;
    if (payout.reason === 'no-stake') undelivered += payout.due;
    const made = paying[step];
    checks.expect(
      'period.payouts-by-steps',
      made !== undefined && payout.id === made.firstPayout + ofStep,
      () => `payout ${payout.id} of period ${period}`,
    );
    ofStep += 1;
    if (made && ofStep === made.payouts) [step, ofStep] = [step + 1, 0];
    checks.expect(
      'payout.delivered',
      isDelivered(payout, record.carried !== undefined),
      () =>
        `payout ${payout.id} of ${payout.account.name}: ${payout.due} due, ${payout.restaked} restaked, ${payout.liquid} liquid (${payout.reason})`,
    );
    if (payout.reason === 'direct') continue;
    scores += payout.score;
    const amount = record.allocations.find(({ pool }) => pool === payout.pool)?.amount ?? 0n;
    const fair =
      record.carried !== undefined || isCred(books)
        ? payout.due <= amount + (record.carried?.before ?? 0n)
        : isCrown(books)
          ? isWithin(payout, amount)
          : total > 0n && payout.due === (amount * payout.score) / total;
    checks.expect(
      'period.scores-add-up',
      fair,
      () => `payout ${payout.id} of ${payout.account.name}: ${payout.due} due for ${payout.score} of ${total}`,
    );
  }
  checks.expect(
    'period.payouts-by-steps',
    step === paying.length,
    () => `period ${period}: ${count} payouts, fewer than its steps made`,
  );
  checks.expect(
    'period.scores-add-up',
    scores <= total,
    () => `period ${period}: ${scores} paid for, the total is ${total}`,
  );
  if (record.status !== 'settled') return count;
  const owed = record.allocations.reduce((sum, { amount }) => sum + amount, 0n);
  const { residual } = record;
  const { before, after } = record.carried ?? { before: 0n, after: 0n };
  const accounted = delivered + residualOf(residual) + after - before;
  const agrees =
    owed === accounted &&
    delivered === record.delivered &&
    // What could not be paid under policies is held against the log (checkCred, checkShares).
    (record.carried !== undefined || undelivered === residual.undelivered) &&
    count === record.accountsPaid;
  checks.expect(
    'period.allocation-accounted',
    agrees,
    () => `period ${period}: ${owed} owed, ${delivered} delivered to ${count}, ${accounted} accounted for`,
  );
  checks.expect(
    'period.root',
    tree.root() === record.root,
    () => `period ${period}: ${tree.root()} computed, ${record.root} stored`,
  );
  return count;
}

/** The score of a crown payout is its part, cut to so many places (or the least of them): what is due lies between it and the next. */
function isWithin({ score, due }: Payout, amount: bigint): boolean {
  const least = score === 1n ? 0n : (amount * score) / scoreUnits;
  return due >= least && due <= (amount * (score + 1n)) / scoreUnits;
}

function isDelivered({ reason, score, due, restaked, liquid }: Payout, isShared: boolean): boolean {
  if (restaked < 0n || liquid < 0n) return false;
  if (reason === 'no-stake') return due > 0n && restaked + liquid === 0n;
  if (restaked + liquid !== due) return false;
  if (isShared && reason !== 'direct') return due > 0n === (reason === 'paid');
  return reason === 'direct' ? score === 0n && restaked === 0n : score > 0n && due > 0n === (reason === 'paid');
}

function checkResidual(checks: Checks, { period, residual }: PeriodRecord, residuals: Residuals): void {
  const { rounding, undelivered, directRemainder, zeroTotal, unearned = 0n } = residual;
  const kept = { rounding, undelivered, 'direct-remainder': directRemainder, 'zero-total': zeroTotal, unearned };
  for (const [reason, amount] of Object.entries(kept)) {
    const posted = residuals.get(`${period} ${reason}`) ?? 0n;
    checks.expect(
      'period.residual-posted',
      posted === amount,
      () => `period ${period}, ${reason}: ${amount} recorded, ${posted} posted`,
    );
  }
}

async function checkAccounts(tx: Tx, books: Books, checks: Checks, prunings: readonly Pruning[]): Promise<void> {
  const { window, totals } = books.state;
  const buckets = books.buckets;
  const spans = books.spans;
  const sums = new Map<number, bigint>();
  const scores = new Map<number, number>();
  let [proven, accounts, positions] = [0n, 0, 0];
  const add = (period: number, score: bigint): void => void sums.set(period, (sums.get(period) ?? 0n) + score);
  const check = (account: Account): void => {
    accounts += 1;
    positions += account.positions.length;
    for (const { validator, shares } of account.positions) {
      checks.expect(
        'position.positive',
        shares > 0n,
        () => `${account.name} on validator ${validator}: ${shares} shares`,
      );
    }
    for (const period of account.scores.keys()) scores.set(period, (scores.get(period) ?? 0) + 1);
    if (account.excluded) return;
    for (const [period, score] of account.scores)
      if (period !== window?.period || !isPaid(window, account)) add(period, score);
    if (window?.phase === 'scoring' && isPassed(window, account)) proven += closingScore(books, window, account);
    if (window?.phase === 'paying' && !isPaid(window, account)) proven += closingScore(books, window, account);
  };
  const periods = spans.map(({ period }) => period);
  for (let after: string | null = null; ;) {
    const page: readonly Account[] = await tx.accountsPage({ program: books.id, after, limit: PAGE, buckets, periods });
    for (const account of page) check(account);
    if (page.length < PAGE) break;
    after = page.at(-1)!.name;
  }
  if (books.rules.scoring.model !== 'stake-time' && window?.phase === 'paying') {
    for (const { score } of (await awardsOf(tx, books, window.period)).values()) proven += score;
  }
  const counts = await tx.counts(books.id);
  const pruned = prunings.reduce((sum, { events }) => sum + events, 0);
  const counted: [what: string, said: number, stored: number][] = [
    ['events', books.state.events - pruned, counts.events],
    ['accounts', books.state.accounts, counts.accounts],
    ['accounts by name', accounts, counts.accounts],
    ['positions', books.state.positions, counts.positions],
    ['positions in the buckets in use', positions, counts.positions],
    ['payouts', books.state.payouts, counts.payouts],
    ['postings', books.state.postings, counts.postings],
  ];
  for (const period of new Set([...periods, ...Object.keys(books.state.scores).map(Number)]))
    counted.push([`scores of period ${period}`, books.state.scores[period] ?? 0, scores.get(period) ?? 0]);
  for (const [what, said, stored] of counted) {
    checks.expect('state.counters-match', said === stored, () => `${said} ${what}, ${stored} rows stored`);
  }
  for (const period of new Set([...periods, ...Object.keys(totals).map(Number)])) {
    const total = totals[period] ?? 0n;
    if (period !== window?.period) {
      const sum = sums.get(period) ?? 0n;
      checks.expect(
        'score.total-matches',
        total === sum,
        () => `period ${period}: the total is ${total}, booked scores add up to ${sum}`,
      );
    } else if (window.phase === 'scoring') {
      const booked = (sums.get(period) ?? 0n) + window.counted;
      checks.expect(
        'score.total-matches',
        total === booked,
        () => `period ${period}: the total is ${total}, counted ${booked}`,
      );
      checks.expect(
        'score.total-matches',
        window.proven === proven,
        () => `period ${period}: ${window.proven} proven, ${proven} found`,
      );
    } else {
      const left = window.total! - window.scorePaid - window.forgone;
      checks.expect(
        'score.total-matches',
        left === proven,
        () => `period ${period}: ${left} still to pay for, ${proven} found`,
      );
    }
  }
}

/** Accounts replayed at a time: what memory allows, as each time the whole log is read. */
const REPLAYED = 50_000;

async function checkReplay(
  tx: Tx,
  stored: Books,
  checks: Checks,
  steps: readonly RecordedStep[],
  onProgress: (what: string) => void,
): Promise<void> {
  const periods = stored.spans.map(({ period }) => period);
  const isStakes = stored.rules.scoring.model === 'stake-time';
  const shared = new SharedReplay();
  let [after, done]: [string | null, number] = [null, 0];
  for (;;) {
    const accounts: Account[] = await tx.accountsPage({
      program: stored.id,
      after,
      limit: REPLAYED,
      buckets: stored.buckets,
      periods,
    });
    const names = accounts.map(({ name }) => name);
    const replayed = await replayAccounts(tx, stored, steps, names, {
      onEvent: ({ seq, key }, refusal) =>
        checks.expect('log.replayable', refusal === null, () => `event ${seq} (${key}) is refused: ${refusal?.code}`),
      onPaid: (payout, score, again) =>
        !isStakes ||
        checks.expect('payout.matches-log', samePayout(payout, score, again), () => {
          return `payout ${payout.id} of ${payout.account.name}: ${payout.due} for ${payout.score}, by the log ${again?.due ?? 'nothing'} for ${score}`;
        }),
      onUnpaid: ({ period }, { name }, score) =>
        checks.expect('period.nobody-missed', score === 0n, () => `${name} had ${score} in period ${period}`),
      onShared: (record, account, score) => isStakes && shared.add(record, account, score),
      onForgotten: (record, account) => shared.forget(record, account),
    });
    checks.expect('log.replayable', replayed !== null, () => 'the first event is no program');
    if (replayed === null) return;
    if (after === null) compareSettings(stored, replayed, checks);
    for (const account of accounts) compareAccount(stored, replayed, account, checks);
    done += accounts.length;
    if (accounts.length < REPLAYED) break;
    onProgress(`the replay of the log: ${done} accounts`);
    after = names.at(-1)!;
  }
  if (isStakes) await checkStakeShares(tx, stored, checks, shared);
}

/** What a replay of stakes finds of the windows that policies shared, by period: scores of everybody. Grows with both. */
class SharedReplay {
  readonly #periods = new Map<number, { scores: Map<string, bigint>; excluded: Set<string>; forgotten: Set<string> }>();

  of(period: number): { scores: Map<string, bigint>; excluded: Set<string>; forgotten: Set<string> } {
    const found = this.#periods.get(period) ?? { scores: new Map(), excluded: new Set(), forgotten: new Set() };
    this.#periods.set(period, found);
    return found;
  }

  add({ period }: PeriodRecord, { name, excluded }: Account, score: bigint): void {
    if (excluded) this.of(period).excluded.add(name);
    else if (score > 0n) this.of(period).scores.set(name, score);
  }

  /** Who has no score to lose is forgotten only while it is excluded. */
  forget({ period }: PeriodRecord, { name, excluded }: Account): void {
    const { scores, forgotten } = this.of(period);
    if (excluded || scores.has(name)) forgotten.add(name);
  }
}

async function checkStakeShares(tx: Tx, books: Books, checks: Checks, replayed: SharedReplay): Promise<void> {
  const expect: ExpectShares = (name, holds, what) => checks.expect(name, holds, what);
  const periods = await tx.periods(books.id);
  await checkCarried(tx, books, expect);
  if (periods.every(({ carried }) => carried === undefined)) return;
  const history = await readHistory(tx, books);
  for (const record of periods) {
    if (record.carried === undefined) continue;
    const { period } = record;
    const { scores, excluded, forgotten } = replayed.of(period);
    const out = [...excluded].toSorted(compareBytes).join(', ');
    const stored = (record.shared?.excluded ?? []).toSorted(compareBytes).join(', ');
    checks.expect(
      'exclusion.matches-log',
      stored === out,
      () => `period ${period} was shared without ${stored || 'nobody'}, by the log without ${out || 'nobody'}`,
    );
    for (const name of passedOverIn(books, record)) {
      checks.expect('period.nobody-missed', forgotten.has(name), () => `${name} was passed over in period ${period}`);
    }
    await checkShares(tx, books, record, { scores, excluded, unearned: 0n, history }, expect);
  }
}

function samePayout(stored: Payout, score: bigint, replayed: Omit<Payout, 'id'> | null): boolean {
  if (replayed === null || stored.score !== score || stored.pool !== replayed.pool || stored.reason !== replayed.reason)
    return false;
  return stored.due === replayed.due && stored.restaked === replayed.restaked && stored.liquid === replayed.liquid;
}

function compareSettings(stored: Books, replayed: Books, checks: Checks): void {
  const settingsOf = ({ rules, schedule, state }: Books): Record<string, string> => ({
    rules: JSON.stringify(rulesToJson(rules)),
    schedule: JSON.stringify(scheduleToJson(schedule)),
    period: `${state.nextPeriod} from ${state.periodStart}`,
    window: state.window ? `${state.window.period} until ${state.window.boundary}` : 'none',
    clock: String(state.clock),
    paused: state.paused?.reason ?? 'not paused',
  });
  const expected = settingsOf(replayed);
  for (const [name, found] of Object.entries(settingsOf(stored))) {
    checks.expect(
      'settings.match-log',
      found === expected[name],
      () => `${name}: ${found} stored, by the log ${expected[name]}`,
    );
  }
  const ratesOf = ({ id, jailed, rates }: Validator): string =>
    `${id} ${jailed} ${rates.map(({ since, tokens, perShares }) => `${since}:${tokens}/${perShares}`).join(' ')}`;
  for (const name of new Set([...stored.validators.keys(), ...replayed.validators.keys()])) {
    const [found, expected] = [stored.validators.get(name), replayed.validators.get(name)];
    checks.expect(
      'validator.matches-log',
      !!found && !!expected && ratesOf(found) === ratesOf(expected),
      () => `validator ${name}`,
    );
  }
}

/** An account as it is stored and as it was replayed. Validators have the same ids in both, or that is told apart. */
function compareAccount(stored: Books, replayed: Books, account: Account, checks: Checks): void {
  const { name } = account;
  const again = replayed.account(name) ?? { id: 0, name, excluded: false, positions: [], scores: noScores };
  checks.expect(
    'exclusion.matches-log',
    account.excluded === again.excluded,
    () => `${name} is ${account.excluded ? '' : 'not '}excluded`,
  );
  const sharesOf = ({ positions }: Account): string =>
    positions
      .map(({ validator, shares }) => `${validator}:${shares}`)
      .toSorted()
      .join(' ');
  checks.expect(
    'position.matches-log',
    sharesOf(account) === sharesOf(again),
    () => `${name} has ${sharesOf(account) || 'none'}, by the log ${sharesOf(again) || 'none'} (validator:shares)`,
  );
  // One second beyond the clock: an entry that begins later than it should, or not at all, is seen before it is missed.
  const until = stored.second + 1;
  const { window } = stored.state;
  for (const span of stored.spans) {
    if (span.start >= until) break;
    if (window?.period === span.period && isPaid(window, account)) continue; // its score is used up
    const [found, expected] = [stored, replayed].map((books) =>
      scoreAt(books, books === stored ? account : again, span, until),
    );
    checks.expect(
      'score.matches-log',
      found === expected,
      () => `${name} has ${found} in period ${span.period}, by the log ${expected}`,
    );
  }
}
