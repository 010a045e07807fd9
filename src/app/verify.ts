import type { Books } from '../core/books.ts';
import { ledgerKey } from '../core/books.ts';
import { MerkleTree, emptyFrontier, payoutLeaf } from '../core/payout/merkle.ts';
import { closingScore, isPaid, isPassed } from '../core/scoring/stake-time/book.ts';
import type { Account, PeriodRecord } from '../core/state.ts';
import { NO_HEAD } from './empty-state.ts';
import type { BooksCache } from './load-books.ts';
import type { Store, Tx } from './ports.ts';
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
  'log.chain-unbroken': 'every event follows the one before it: seq without a gap, hash over the previous hash and the payload, head as stored',
  'ledger.balances-are-sums': 'every balance is the sum of its postings',
  'ledger.zero-sum': 'all balances, outside and earners included, add up to zero',
  'ledger.no-overdraft': 'no pool and no residual is below zero',
  'payout.posted-once': 'every payout is posted with exactly its amounts, and once',
  'period.allocation-accounted': 'allocation = payouts + residual, for every settled period',
  'period.scores-add-up': 'due is floor(amount x score / total) for every payout by score, and the scores paid never exceed the total',
  'period.root': 'the settlement root of every settled period is that of its payouts, in order of (pool, account)',
  'period.tiled': 'periods follow each other without a gap or an overlap',
  'score.total-matches': 'the running totals are the sums of what is counted, for every open period',
  'position.positive': 'every position has shares, and lies in a bucket that is in use',
} as const;
export type InvariantName = keyof typeof statements;
export const invariantNames = Object.keys(statements) as InvariantName[];

const PAGE = 2000;
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
      return { invariant, statement: statements[invariant], holds: contradictions.length === 0, checked, contradictions };
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
    await checkLog(tx, books, checks);
    onProgress('the ledger');
    const posted = await checkLedger(tx, books, checks);
    onProgress('payouts and periods');
    await checkPeriods(tx, books, checks, posted);
    onProgress('scores and positions');
    await checkAccounts(tx, books, checks);
    return checks.report(program);
  });
}

async function* rows<T>(load: (after: number) => Promise<readonly T[]>, idOf: (row: T) => number): AsyncGenerator<T> {
  for (let after = 0; ; ) {
    const page = await load(after);
    yield* page;
    if (page.length < PAGE) return;
    after = idOf(page.at(-1)!);
  }
}

async function checkLog(tx: Tx, books: Books, checks: Checks): Promise<void> {
  let [head, seq] = [NO_HEAD, 0];
  for await (const event of rows((after) => tx.events({ program: books.id, after, limit: PAGE }), (row) => row.seq)) {
    seq += 1;
    head = chainHash(head, event.payload);
    checks.expect('log.chain-unbroken', event.seq === seq && event.hash === head, () => `event ${event.seq} (${event.key})`);
    if (event.hash !== head) head = event.hash;
  }
  const { state } = books;
  const complete = state.events === seq && state.head === head;
  checks.expect('log.chain-unbroken', complete, () => `the log ends at ${seq} ${head}, the state says ${state.events} ${state.head}`);
}

/** Sums of postings by ledger account; returns what was posted for payouts, by (period, pool, account). */
async function checkLedger(tx: Tx, books: Books, checks: Checks): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>();
  const posted = new Map<string, bigint>();
  let earned = 0n;
  const add = (map: Map<string, bigint>, key: string, amount: bigint): void => void map.set(key, (map.get(key) ?? 0n) + amount);
  for await (const posting of rows((after) => tx.postings({ program: books.id, after, limit: PAGE }), (row) => row.id)) {
    const { source, target, amount } = posting;
    add(sums, ledgerKey(source), -amount);
    if (target.kind === 'stake' || target.kind === 'liquid') {
      earned += amount;
      add(posted, `${posting.period} ${posting.allocation} ${target.kind} ${target.account.id}`, amount);
    } else add(sums, ledgerKey(target), amount);
  }
  const balances = await tx.balances(books.id);
  let all = earned;
  for (const { account, balance } of balances) {
    const key = ledgerKey(account);
    const sum = sums.get(key) ?? 0n;
    checks.expect('ledger.balances-are-sums', sum === balance, () => `${key} holds ${balance}, its postings add up to ${sum}`);
    if (account.kind !== 'outside') checks.expect('ledger.no-overdraft', balance >= 0n, () => `${key} holds ${balance}`);
    sums.delete(key);
    all += balance;
  }
  for (const [key, sum] of sums) checks.expect('ledger.balances-are-sums', sum === 0n, () => `${key} has no balance, its postings add up to ${sum}`);
  checks.expect('ledger.zero-sum', all === 0n, () => `the sum is ${all}`);
  return posted;
}

async function checkPeriods(tx: Tx, books: Books, checks: Checks, posted: Map<string, bigint>): Promise<void> {
  let end = 0;
  for (const record of await tx.periods(books.id)) {
    const { period } = record;
    checks.expect('period.tiled', record.start === end && record.boundary >= record.start, () => `period ${period} begins at ${record.start}, the one before ends at ${end}`);
    end = record.boundary;
    await checkPeriod(tx, books, checks, record, posted);
  }
  for (const [key, amount] of posted) checks.expect('payout.posted-once', amount === 0n, () => `${amount} posted without a payout: ${key}`);
}

async function checkPeriod(tx: Tx, books: Books, checks: Checks, record: PeriodRecord, posted: Map<string, bigint>): Promise<void> {
  const { period } = record;
  const tree = new MerkleTree(emptyFrontier, treeHash);
  const settle = (kind: 'stake' | 'liquid', pool: string, account: number, amount: bigint): boolean => {
    const key = `${period} ${pool} ${kind} ${account}`;
    const found = posted.get(key) ?? 0n;
    posted.delete(key);
    return found === amount;
  };
  let [delivered, scores, count] = [0n, 0n, 0];
  const total = record.total ?? books.state.window?.total ?? 0n;
  for await (const payout of rows((after) => tx.payouts({ program: books.id, after, limit: PAGE, period }), (row) => row.id)) {
    count += 1;
    tree.append(payoutLeaf(payout));
    delivered += payout.restaked + payout.liquid;
    const restaked = settle('stake', payout.pool, payout.account.id, payout.restaked);
    const liquid = settle('liquid', payout.pool, payout.account.id, payout.liquid);
    checks.expect('payout.posted-once', restaked && liquid, () => `payout ${payout.id} of ${payout.account.name} in period ${period}`);
    if (payout.reason === 'direct') continue;
    scores += payout.score;
    const amount = record.allocations.find(({ pool }) => pool === payout.pool)?.amount ?? 0n;
    const fair = total > 0n && payout.due === (amount * payout.score) / total;
    checks.expect('period.scores-add-up', fair, () => `payout ${payout.id} of ${payout.account.name}: ${payout.due} due for ${payout.score} of ${total}`);
  }
  checks.expect('period.scores-add-up', scores <= total, () => `period ${period}: ${scores} paid for, the total is ${total}`);
  if (record.status !== 'settled') return;
  const owed = record.allocations.reduce((sum, { amount }) => sum + amount, 0n);
  const { rounding, undelivered, directRemainder, zeroTotal } = record.residual;
  const accounted = delivered + rounding + undelivered + directRemainder + zeroTotal;
  const agrees = owed === accounted && delivered === record.delivered && count === record.accountsPaid;
  checks.expect('period.allocation-accounted', agrees, () => `period ${period}: ${owed} owed, ${delivered} delivered to ${count}, ${accounted} accounted for`);
  checks.expect('period.root', tree.root() === record.root, () => `period ${period}: ${tree.root()} computed, ${record.root} stored`);
}

async function checkAccounts(tx: Tx, books: Books, checks: Checks): Promise<void> {
  const { window, totals } = books.state;
  const buckets = books.buckets;
  const spans = books.spans;
  const sums = new Map<number, bigint>();
  let proven = 0n;
  const add = (period: number, score: bigint): void => void sums.set(period, (sums.get(period) ?? 0n) + score);
  const check = (account: Account): void => {
    for (const { validator, shares, bucket } of account.positions) {
      checks.expect('position.positive', shares > 0n && buckets.includes(bucket), () => `${account.name} on validator ${validator}: ${shares} shares in bucket ${bucket}`);
    }
    if (account.excluded) return;
    for (const [period, score] of account.scores) if (period !== window?.period || !isPaid(window, account)) add(period, score);
    if (window?.phase === 'scoring' && isPassed(window, account)) proven += closingScore(books, window, account);
    if (window?.phase === 'paying' && !isPaid(window, account)) proven += closingScore(books, window, account);
  };
  const periods = spans.map(({ period }) => period);
  for (let after: string | null = null; ; ) {
    const page: readonly Account[] = await tx.accountsPage({ program: books.id, after, limit: PAGE, buckets, periods });
    for (const account of page) check(account);
    if (page.length < PAGE) break;
    after = page.at(-1)!.name;
  }
  for (const period of new Set([...periods, ...Object.keys(totals).map(Number)])) {
    const total = totals[period] ?? 0n;
    if (period !== window?.period) {
      const sum = sums.get(period) ?? 0n;
      checks.expect('score.total-matches', total === sum, () => `period ${period}: the total is ${total}, booked scores add up to ${sum}`);
    } else if (window.phase === 'scoring') {
      const booked = (sums.get(period) ?? 0n) + window.counted;
      checks.expect('score.total-matches', total === booked, () => `period ${period}: the total is ${total}, counted ${booked}`);
      checks.expect('score.total-matches', window.proven === proven, () => `period ${period}: ${window.proven} proven, ${proven} found`);
    } else {
      const left = window.total! - window.scorePaid - window.forgone;
      checks.expect('score.total-matches', left === proven, () => `period ${period}: ${left} still to pay for, ${proven} found`);
    }
  }
}
