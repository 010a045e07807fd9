import type { Books } from '../core/books.ts';
import type { Rules, ScheduleEntry } from '../core/program.ts';
import type { Halt, LedgerAccount, Window } from '../core/state.ts';
import type { BooksCache } from './load-books.ts';
import type { Store, Tx } from './ports.ts';

/** A program at a glance. */
export interface ProgramStatus {
  readonly program: string;
  readonly rules: Rules;
  /** The newest event's or step's instant, milliseconds. */
  readonly clock: number;
  readonly events: number;
  readonly head: string;
  /** The period that accrues at `clock`. */
  readonly period: number;
  readonly paused: string | null;
  readonly halted: Halt | null;
  readonly window: Window | null;
  /** What is left of the schedule. */
  readonly schedule: readonly ScheduleEntry[];
  readonly balances: readonly { readonly account: LedgerAccount; readonly balance: bigint }[];
  /** Nodes and edges that were ever set, of a program that scores contributions; `null`: none yet, or another model. */
  readonly graph: { readonly nodes: number; readonly edges: number } | null;
  readonly counts: {
    readonly accounts: number;
    readonly events: number;
    readonly positions: number;
    readonly scores: number;
    readonly payouts: number;
    readonly postings: number;
  };
  /** Running total of the scores counted so far, by period. */
  readonly totals: Readonly<Record<string, bigint>>;
}

export async function readStatus(store: Store, cache: BooksCache, program: string): Promise<ProgramStatus> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const { clock, events, head, paused, halted, window, totals } = books.state;
    const period = books.spans.findLast(({ start }) => start <= books.second) ?? books.spans[0]!;
    return {
      program,
      rules: books.rules,
      clock,
      events,
      head,
      period: period.period,
      paused: paused?.reason ?? null,
      halted,
      window,
      schedule: books.schedule,
      balances: await tx.balances(books.id),
      graph: books.state.cred ?? null,
      counts: await countsOf(tx, books),
      totals,
    };
  });
}

/** Numbers of rows as the state has them: counting them anew would take longer the more there are. */
async function countsOf(tx: Tx, { id, state }: Books): Promise<ProgramStatus['counts']> {
  const { accounts, positions, payouts, postings } = state;
  const scores = Object.values(state.scores).reduce((sum, stored) => sum + stored, 0);
  // Only the facts of a market are ever taken out of the log.
  const prunings = typeof state.crown?.checkpoint === 'number' ? await tx.prunings(id) : [];
  const events = prunings.reduce((left, pruning) => left - pruning.events, state.events);
  return { accounts, events, positions, scores, payouts, postings };
}
