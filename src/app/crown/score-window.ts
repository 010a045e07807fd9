import type { Books } from '../../core/books.ts';
import { invariant } from '../../core/errors.ts';
import { formatRational } from '../../core/money/rational.ts';
import { closeRound } from '../../core/scoring/crown/awards.ts';
import { makeRound, memoryOf } from '../../core/scoring/crown/round.ts';
import type { CrownRecord, Window } from '../../core/state.ts';
import type { Changes, Tx } from '../ports.ts';
import { factsFrom } from './facts.ts';
import { scoringAt } from './rounds.ts';

/** What the scoring of a crown window found, and what is to be written of it. */
export interface CrownScored {
  readonly record: CrownRecord;
  /** Accounts that get something. */
  readonly accounts: number;
  /** Sum of the scores. */
  readonly total: bigint;
  readonly changes: Pick<Changes, 'awards' | 'checkpoint'>;
}

const PAGE = 2000;

/**
 * Scores the period of the open window by one replay of the facts that had been logged when it opened (`seq`). Leaves the
 * awards, to be paid in batches, and a checkpoint at the boundary, from which the next window goes on: unless a fact of the
 * time before the boundary was logged since the window opened. The next window counts that one, and folds it from further back.
 */
export async function scoreCrownWindow(tx: Tx, books: Books, window: Window, seq: number): Promise<CrownScored> {
  invariant(books.rules.scoring.model === 'crown', 'window.scoring-model');
  const scoring = await scoringAt(tx, books, seq);
  const { start, boundary, period } = window;
  const from = await factsFrom(tx, books, { start, until: boundary, seq });
  const excluded = await tx.excludedAccounts(books.id);
  const round = makeRound({ ...from, scoring, window: { start, end: boundary }, excluded });
  const closed = closeRound(round, window.amount);
  // Making the round has folded everything up to the boundary.
  from.fold.forget(memoryOf(scoring, boundary));
  const isWhole = !(await cameSince(tx, books.id, { seq, until: boundary }));
  const names = closed.awards.map(({ account }) => account);
  books.put(await tx.accountsNamed({ program: books.id, names, buckets: [], periods: [] }));
  return {
    record: {
      excluded,
      lanes: closed.lanes.map(({ name, pool, held, unearned }) => ({
        name,
        pool: formatRational(pool),
        held,
        unearned,
      })),
      unearned: closed.unearned,
    },
    accounts: closed.awards.length,
    total: closed.awards.reduce((sum, { score }) => sum + score, 0n),
    changes: {
      awards: closed.awards.map(({ account, score, due }) => {
        const { id, name } = books.accountOf(account);
        return { account: { id, name }, period, score, due };
      }),
      ...(isWhole ? { checkpoint: { at: boundary, seq, fold: from.fold.toJson() } } : {}),
    },
  };
}

/** Whether the log after `seq` has a fact of second `until` or before. */
async function cameSince(
  tx: Tx,
  program: number,
  { seq, until }: { readonly seq: number; readonly until: number },
): Promise<boolean> {
  for (let after = seq; ;) {
    const rows = await tx.events({ program, after, limit: PAGE });
    if (rows.some(({ at }) => at !== null && at <= until)) return true;
    if (rows.length < PAGE) return false;
    after = rows.at(-1)!.seq;
  }
}
