import type { Books } from '../core/books.ts';
import { NotFoundError } from '../core/errors.ts';
import { closingScore, entryScore, isEntry, isPaid } from '../core/scoring/stake-time/book.ts';
import { spanAt, type Span } from '../core/scoring/stake-time/spans.ts';
import { presentRate, valueOf } from '../core/scoring/stake-time/value.ts';
import type { Account } from '../core/state.ts';
import type { BooksCache } from './load-books.ts';
import type { Store, Tx } from './ports.ts';
import { rateRuleOf } from '../core/program.ts';

/** One stake of an account, as people read it. */
export interface StakeView {
  readonly validator: string;
  /** Scaled by 10^18. */
  readonly shares: bigint;
  /** Whole tokens at the present rate. */
  readonly tokens: bigint;
  /** Second from which on nothing is booked yet, not before the running period; `null`: it does not score. */
  readonly since: number | null;
}

export interface AccountView {
  readonly account: string;
  readonly excluded: boolean;
  readonly stakes: readonly StakeView[];
  /** Sum of the stakes' tokens. */
  readonly staked: bigint;
  /** Token-seconds in the period that `at` lies in, until `at`. */
  readonly score: bigint;
  /** The part of it that is booked; the rest is what the entries hold. */
  readonly booked: bigint;
  readonly period: number;
  /** While a window is open: the final score of the period it settles. */
  readonly closing: { readonly period: number; readonly score: bigint } | null;
}

/** The score of an account in a period's span, until second `at`: what is booked and what its entries hold. */
export function scoreAt(books: Books, account: Account, span: Span, at: number): bigint {
  if (account.excluded) return 0n;
  let score = account.scores.get(span.period) ?? 0n;
  for (const position of account.positions) {
    if (isEntry(position)) score += entryScore(books, position, span.start, Math.min(at, span.end));
  }
  return score;
}

export function viewAccount(books: Books, account: Account, at: number): AccountView {
  const span = spanAt(books.spans, at);
  const stakes = books.ordered(account).map((position): StakeView => {
    const validator = books.validatorById(position.validator);
    const tokens = valueOf(position.shares, presentRate(validator), rateRuleOf(books.rules));
    const since = position.since === null ? null : Math.max(position.since, span.start);
    return { validator: validator.name, shares: position.shares, tokens, since };
  });
  const { window } = books.state;
  return {
    account: account.name,
    excluded: account.excluded,
    stakes,
    staked: stakes.reduce((sum, { tokens }) => sum + tokens, 0n),
    score: scoreAt(books, account, span, at),
    booked: account.scores.get(span.period) ?? 0n,
    period: span.period,
    closing: window
      ? { period: window.period, score: account.excluded ? 0n : closingScore(books, window, account) }
      : null,
  };
}

export interface PageOptions {
  /** Names above this one; with `inclusive` also this one. */
  readonly after?: string | null;
  readonly inclusive?: boolean;
  /** So many of these are passed over. */
  readonly skip?: number;
  readonly limit: number;
  /** The instant to score at, milliseconds; default: the newest event's. */
  readonly at?: number;
}

/** Some of all accounts, as of the newest event. */
export interface AccountList {
  readonly accounts: readonly AccountView[];
  /** How many there are in all. */
  readonly total: number;
  readonly asOf: AsOf;
}

/** The newest event that an answer knows, and its instant, milliseconds. */
export interface AsOf {
  readonly seq: number;
  readonly time: number;
}

/** A page of accounts, ascending by the bytes of their names. */
export async function readAccounts(
  store: Store,
  cache: BooksCache,
  program: string,
  { after = null, skip = 0, inclusive = false, limit, at: asked }: PageOptions,
): Promise<AccountList> {
  return readList(store, cache, program, asked, (tx, { id, buckets }, periods) =>
    tx.accountsPage({ program: id, after, skip, inclusive, limit, buckets, periods }),
  );
}

/** Those of the accounts that are there, in the order of `names`. */
export async function readAccountsNamed(
  store: Store,
  cache: BooksCache,
  program: string,
  names: readonly string[],
): Promise<AccountList> {
  return readList(store, cache, program, undefined, async (tx, { id, buckets }, periods) => {
    const found = await tx.accountsNamed({ program: id, names, buckets, periods });
    const byName = new Map(found.map((account) => [account.name, account]));
    return names.flatMap((name) => byName.get(name) ?? []);
  });
}

async function readList(
  store: Store,
  cache: BooksCache,
  program: string,
  asked: number | undefined,
  read: (tx: Tx, books: Books, periods: readonly number[]) => Promise<readonly Account[]>,
): Promise<AccountList> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const at = secondFor(books, asked);
    const accounts: AccountView[] = [];
    for (const account of await read(tx, books, books.periodsUntil(at)))
      accounts.push(await completeView(tx, books, account, at));
    const { accounts: total, events: seq, clock: time } = books.state;
    return { accounts, total, asOf: { seq, time } };
  });
}

/** One account. Throws NotFoundError `account-unknown`. */
export async function readAccount(
  store: Store,
  cache: BooksCache,
  program: string,
  name: string,
  at?: number,
): Promise<AccountView> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const second = secondFor(books, at);
    return completeView(tx, books, await findAccount(tx, books, name, second), second);
  });
}

/** With the closing score also of an account that was paid for it: it is used up in the books, the payout remembers it. */
export async function completeView(tx: Tx, books: Books, account: Account, at: number): Promise<AccountView> {
  const view = viewAccount(books, account, at);
  const { window } = books.state;
  if (!window || !isPaid(window, account)) return view;
  const paid = await tx.payouts({
    program: books.id,
    after: 0,
    limit: 100,
    account: account.id,
    period: window.period,
  });
  const score = paid.find(({ pool }) => pool === window.pool)?.score ?? 0n;
  return { ...view, closing: { period: window.period, score } };
}

export async function findAccount(tx: Tx, books: Books, name: string, at: number): Promise<Account> {
  const { id, buckets } = books;
  const [account] = await tx.accountsNamed({ program: id, names: [name], buckets, periods: books.periodsUntil(at) });
  if (!account) throw accountUnknown(books.name, name);
  return account;
}

export function accountUnknown(program: string, name: string): NotFoundError {
  return new NotFoundError('account-unknown', `Program ${program} has never heard of account "${name}".`, {
    account: name,
  });
}

/** `known`: those that were opened, and the one that runs. */
export function periodUnknown(period: number, known: readonly number[]): NotFoundError {
  const message = `There is no period ${period}; known are ${[...new Set(known)].join(', ')}.`;
  return new NotFoundError('period-unknown', message, { period: String(period) });
}

/** Never before the newest event: the past is what was booked. */
function secondFor(books: Books, at: number | undefined): number {
  return Math.max(books.second, Math.floor((at ?? books.state.clock) / 1000));
}
