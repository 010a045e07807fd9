import type { Books } from '../core/books.ts';
import { invariant } from '../core/errors.ts';
import { sum } from '../core/money/sum.ts';
import { residualOf } from '../core/payout/window.ts';
import type { PeriodRecord, Window } from '../core/state.ts';
import type { BooksCache } from './load-books.ts';
import type { Store, Tx } from './ports.ts';
import { type AsOf, periodUnknown } from './read.ts';
import { PAID_BEFORE } from './take-over.ts';

/**
 * What became of what one pool owed: for a period, or all periods so far. Smallest units. Always
 * allocated + carriedBefore = paid + paidBefore + what went to the residual + carriedAfter + toCome.
 */
export interface PoolFlow {
  readonly pool: string;
  readonly allocated: bigint;
  /** What the window before had carried over, once it has come back to the pool. */
  readonly carriedBefore: bigint;
  /** To accounts, from the pool. */
  readonly paid: bigint;
  /** To accounts, by the system that had opened the window before it was taken over: from outside. */
  readonly paidBefore: bigint;
  readonly residual: Required<PeriodRecord['residual']>;
  readonly carriedAfter: bigint;
  /** Of an open window: what is still in the pool. */
  readonly toCome: bigint;
  /** Paid, and taken back after the window had been settled: the pool has it again. */
  readonly reversed: bigint;
}

/** Where every unit of a program went. */
export interface Flows {
  readonly program: string;
  /** `null`: all that were opened so far. */
  readonly period: number | null;
  /** Of that period; `running`: its window was not opened yet. */
  readonly status: PeriodRecord['status'] | 'running' | null;
  readonly asOf: AsOf;
  readonly flows: readonly PoolFlow[];
  /** Since the beginning, up to now: what came from outside, and what is left. */
  readonly pools: readonly {
    readonly pool: string;
    readonly pays: 'score' | 'recipients';
    readonly funded: bigint;
    readonly balance: bigint;
  }[];
  /** What else holds something now. All balances together are zero. */
  readonly balances: {
    readonly outside: bigint;
    readonly residual: bigint;
    readonly carried: bigint;
    readonly earners: bigint;
  };
}

/** Rows of the ledger read at once. */
const pageRows = 1000;
/** Payouts looked through first for direct ones: most programs have none, or a few. */
const directRows = 50;

/** Flows of settled periods, which never change, by period. */
type Settled = Map<number, readonly PoolFlow[]>;

/** Remembers what of the flows of programs never changes. */
export class FlowsCache {
  readonly #known = new Map<number, Settled>();

  of(program: number): Settled {
    let known = this.#known.get(program);
    if (known === undefined) {
      known = new Map();
      this.#known.set(program, known);
    }
    return known;
  }
}

/**
 * Where every unit went, of a period or of all so far. From the records of periods, the window, and the few payouts of pools with fixed
 * recipients, so that it costs the same for a million accounts; that it is the sum of the postings is tested, and that it adds up
 * to the balances is checked each time. Throws NotFoundError `period-unknown`; InvariantError `flows.add-up`.
 */
export async function readFlows(
  store: Store,
  caches: { readonly books: BooksCache; readonly flows: FlowsCache },
  program: string,
  period?: number,
): Promise<Flows> {
  return store.transact('read', async (tx) => {
    const books = await caches.books.load(tx, program);
    const known = caches.flows.of(books.id);
    const records = await tx.periods(books.id);
    const bare = new Map<number, readonly PoolFlow[]>();
    for (const record of records) bare.set(record.period, await flowsOf(tx, books, record, known));
    const ledger = ledgerOf(books);
    const reversed = await reversedOf(tx, books, unexplained(ledger, [...bare.values()].flat()));
    const byPeriod = new Map(
      [...bare].map(([number, flows]) => [
        number,
        flows.map((flow) => ({ ...flow, reversed: reversed.get(keyOf(number, flow.pool)) ?? 0n })),
      ]),
    );
    const all = totals(books, [...byPeriod.values()].flat());
    const record = records.find((one) => one.period === period);
    if (period !== undefined && record === undefined && period !== runningOf(books))
      throw periodUnknown(period, [...records.map((one) => one.period), runningOf(books)]);
    const { events: seq, clock: time } = books.state;
    return {
      program,
      period: period ?? null,
      status: period === undefined ? null : (record?.status ?? 'running'),
      asOf: { seq, time },
      flows: period === undefined ? all : (byPeriod.get(period) ?? []),
      ...checked(books, ledger, all),
    };
  });
}

const keyOf = (period: number, pool: string): string => `${period} ${pool}`;

/** The period that accrues at the newest event. */
function runningOf({ spans, second }: Books): number {
  return (spans.findLast(({ start }) => start <= second) ?? spans[0]!).period;
}

async function flowsOf(tx: Tx, books: Books, record: PeriodRecord, known: Settled): Promise<readonly PoolFlow[]> {
  const before = known.get(record.period);
  if (before !== undefined) return before;
  const { window } = books.state;
  const flows = poolFlows(record, window?.period === record.period ? window : null, await directOf(tx, books, record));
  if (record.status === 'settled') known.set(record.period, flows);
  return flows;
}

/** What pools with fixed recipients paid, by pool; and what had been paid before a window was taken over. They come first in a period. */
async function directOf(tx: Tx, { id }: Books, { period }: PeriodRecord) {
  const paid = new Map<string, bigint>();
  let paidBefore = 0n;
  for (let [after, limit] = [0, directRows]; ; limit = pageRows) {
    const rows = await tx.payouts({ program: id, period, after, limit });
    for (const { pool, liquid, reason, account } of rows) {
      if (reason !== 'direct') return { paid, paidBefore };
      if (account.name === PAID_BEFORE) paidBefore += liquid;
      else paid.set(pool, (paid.get(pool) ?? 0n) + liquid);
    }
    if (rows.length < limit) return { paid, paidBefore };
    after = rows.at(-1)!.id;
  }
}

const nothing = { rounding: 0n, undelivered: 0n, directRemainder: 0n, zeroTotal: 0n, unearned: 0n };

function poolFlows(
  record: PeriodRecord,
  window: Window | null,
  { paid: direct, paidBefore }: { readonly paid: ReadonlyMap<string, bigint>; readonly paidBefore: bigint },
): PoolFlow[] {
  const none = { carriedBefore: 0n, paidBefore: 0n, residual: nothing, carriedAfter: 0n, toCome: 0n, reversed: 0n };
  const byScore = scoredPool(record, window, direct);
  return record.allocations.map(({ pool, amount: allocated }) => {
    if (pool !== byScore) {
      const paid = direct.get(pool) ?? 0n;
      return { ...none, pool, allocated, paid, residual: { ...nothing, directRemainder: allocated - paid } };
    }
    if (window !== null) {
      // What is carried over comes back when the shares are known, and goes again in the last step.
      const carriedBefore = window.carried?.before ?? 0n;
      const { delivered } = window;
      const toCome = allocated + carriedBefore - delivered;
      return { ...none, pool, allocated, carriedBefore, paid: delivered - paidBefore, paidBefore, toCome };
    }
    const { before: carriedBefore, after: carriedAfter } = record.carried ?? { before: 0n, after: 0n };
    const delivered = record.delivered - sum([...direct.values()]);
    const residual = { ...nothing, ...record.residual, directRemainder: 0n };
    return {
      ...none,
      pool,
      allocated,
      carriedBefore,
      paid: delivered - paidBefore,
      paidBefore,
      residual,
      carriedAfter,
    };
  });
}

/** The pool that pays by score has no direct payouts; those of the others are there even where nothing was left to pay. */
function scoredPool({ allocations }: PeriodRecord, window: Window | null, direct: ReadonlyMap<string, bigint>) {
  return window !== null ? window.pool : allocations.find(({ pool }) => !direct.has(pool))?.pool;
}

/** Balances by ledger account. */
interface Ledger {
  readonly pools: ReadonlyMap<string, bigint>;
  readonly outside: bigint;
  readonly residual: bigint;
  readonly carried: bigint;
}

function ledgerOf(books: Books): Ledger {
  const { pools } = books.rules;
  const of = (kind: 'outside' | 'residual' | 'carried'): bigint => books.balanceOf({ kind });
  return {
    pools: new Map(pools.map(({ name }) => [name, books.balanceOf({ kind: 'pool', pool: name })])),
    ...{ outside: of('outside'), residual: of('residual'), carried: of('carried') },
  };
}

/** What left a pool for good, and came back. */
const leftPool = ({ paid, residual, carriedAfter, carriedBefore, reversed }: PoolFlow): bigint =>
  paid + residualOf(residual) + carriedAfter - carriedBefore - reversed;

/** What pools hold more than came from outside and did not leave: it was taken back. */
function unexplained({ pools, outside }: Ledger, flows: readonly PoolFlow[]): bigint {
  const funded = -outside - sum(flows.map(({ paidBefore }) => paidBefore));
  return sum([...pools.values()]) + sum(flows.map(leftPool)) - funded;
}

/** What was taken back by period and pool, when there is something. */
async function reversedOf(tx: Tx, { id }: Books, amount: bigint): Promise<ReadonlyMap<string, bigint>> {
  const reversed = new Map<string, bigint>();
  if (amount === 0n) return reversed;
  for (let after = 0; ;) {
    const rows = await tx.postings({ program: id, reason: 'reversal', after, limit: pageRows });
    for (const { period, allocation, amount: back } of rows) {
      const key = keyOf(period, allocation);
      reversed.set(key, (reversed.get(key) ?? 0n) + back);
    }
    if (rows.length < pageRows) return reversed;
    after = rows.at(-1)!.id;
  }
}

/** All flows by pool, in the order of the rules. */
function totals(books: Books, flows: readonly PoolFlow[]): PoolFlow[] {
  return books.rules.pools
    .map(({ name }) => flows.filter(({ pool }) => pool === name))
    .filter((of) => of.length > 0)
    .map((of) => of.reduce(added));
}

function added(a: PoolFlow, b: PoolFlow): PoolFlow {
  const [x, y] = [a.residual, b.residual];
  return {
    pool: a.pool,
    allocated: a.allocated + b.allocated,
    carriedBefore: a.carriedBefore + b.carriedBefore,
    paid: a.paid + b.paid,
    paidBefore: a.paidBefore + b.paidBefore,
    residual: {
      rounding: x.rounding + y.rounding,
      undelivered: x.undelivered + y.undelivered,
      directRemainder: x.directRemainder + y.directRemainder,
      zeroTotal: x.zeroTotal + y.zeroTotal,
      unearned: x.unearned + y.unearned,
    },
    carriedAfter: a.carriedAfter + b.carriedAfter,
    toCome: a.toCome + b.toCome,
    reversed: a.reversed + b.reversed,
  };
}

/** What each pool got from outside, as follows from where it all went; and that this is what came from outside. */
function checked(books: Books, { pools: held, outside, residual, carried }: Ledger, all: readonly PoolFlow[]) {
  const pools = books.rules.pools.map(({ name: pool, pays }) => {
    const balance = held.get(pool)!;
    const flow = all.find((one) => one.pool === pool);
    return { pool, pays, funded: balance + (flow === undefined ? 0n : leftPool(flow)), balance };
  });
  const sumOf = (of: (flow: PoolFlow) => bigint): bigint => sum(all.map(of));
  const balances = { outside, residual, carried, earners: -outside - sum([...held.values()]) - residual - carried };
  const expected = {
    outside: -sum(pools.map(({ funded }) => funded)) - sumOf(({ paidBefore }) => paidBefore),
    residual: sumOf((flow) => residualOf(flow.residual)),
    carried: sumOf(({ carriedAfter, carriedBefore }) => carriedAfter - carriedBefore),
    earners: sumOf(({ paid, paidBefore, reversed }) => paid + paidBefore - reversed),
  };
  for (const name of ['outside', 'residual', 'carried', 'earners'] as const) {
    const facts = { account: name, balance: String(balances[name]), flows: String(expected[name]) };
    invariant(balances[name] === expected[name], 'flows.add-up', facts);
  }
  return { pools, balances };
}
