import type { Books } from '../../core/books.ts';
import { type Sharing } from '../../core/payout/policies/sharing.ts';
import { sharingOf } from '../../core/program.ts';
import { closingScore } from '../../core/scoring/stake-time/book.ts';
import type { AccountRef, Payout, PeriodRecord, Tally, Window } from '../../core/state.ts';
import type { Changes, Tx } from '../ports.ts';
import { rulesAt } from '../rules-at.ts';
import {
  recipientsOf,
  refusedWindow,
  type SharedScores,
  shareScores,
  type SharingHistory,
  type ScoredWindow,
} from './share-scores.ts';

const PAGE = 2000;

/** What scoring found: everybody with a score, by account, and what the policies do not share. */
export interface Scored {
  readonly scores: readonly { readonly account: AccountRef; readonly score: bigint }[];
  readonly excluded: readonly string[];
  /** What of the allocation nobody earned. */
  readonly unearned: bigint;
}

/** What is to be written of a shared window, or why it must not be paid. */
export type SharedOutcome =
  | { readonly halt: { readonly code: string; readonly message: string } }
  | (SharedScores & {
      readonly tallies: readonly Tally[];
      readonly awards: NonNullable<Changes['awards']>;
    });

/** By what a window that was opened when the log ended at `seq` is shared; `null`: in proportion. */
export interface WindowSharing {
  readonly sharing: Sharing;
  readonly unclaimed: ScoredWindow['unclaimed'];
}

export async function sharingAt(tx: Tx, books: Books, seq: number): Promise<WindowSharing | null> {
  const rules = await rulesAt(tx, books, seq);
  const sharing = sharingOf(rules);
  return sharing && { sharing, unclaimed: rules.onZeroTotal === 'halt' ? 'refuse' : 'leave' };
}

/**
 * Shares a window that is scored. Reads the scores and payouts of all its past, in one transaction: memory and time grow with
 * accounts times periods.
 */
export async function shareScoredWindow(
  tx: Tx,
  books: Books,
  window: Pick<Window, 'period' | 'start' | 'boundary' | 'amount'>,
  { by, scored }: { readonly by: WindowSharing; readonly scored: Scored },
): Promise<SharedOutcome> {
  const { period } = window;
  if (by.unclaimed === 'refuse' && scored.scores.length === 0 && scored.unearned === window.amount) return nobodyEarned;
  const history = await readHistory(tx, books);
  const recipients = await recipientsThere(tx, books, by.sharing);
  const refs = new Map<string, AccountRef>();
  for (const { account } of [...history.tallies, ...history.payouts, ...scored.scores]) refs.set(account.name, account);
  for (const account of recipients) refs.set(account.name, account);
  let outcome: SharedScores;
  try {
    outcome = shareScores(
      {
        ...window,
        ...by,
        amount: window.amount - scored.unearned,
        scores: new Map(scored.scores.map(({ account, score }) => [account.name, score])),
        excluded: new Set(scored.excluded),
        recipients: recipients.map(({ name }) => name),
      },
      history,
    );
  } catch (error) {
    return { halt: refusedWindow(error) };
  }
  const rows = outcome.lines.map((line) => {
    const { id, name } = refs.get(line.account)!;
    return { ...line, account: { id, name } };
  });
  return {
    ...outcome,
    tallies: rows.map(({ account, score, owed }) => ({ period, account, score, revision: 0n, owed })),
    awards: rows.map(({ account, score, due, owed }) => ({ account, period, score, due, waits: owed > 0n })),
  };
}

/** What is left to share is nothing, so that no policy would say it. */
const nobodyEarned: SharedOutcome = {
  halt: {
    code: 'scores-all-zero',
    message: 'The scores of the period sum to zero: nobody earned any of what the pool owes.',
  },
};

/** A shared period as its tallies have it, shared anew; `null`: not scored yet, or not shared by policies. */
export async function readShared(tx: Tx, books: Books, record: PeriodRecord): Promise<SharedScores | null> {
  if (record.carried === undefined) return null;
  const { period, start, boundary } = record;
  const by = await sharingAt(tx, books, record.countsTo ?? record.eventsAtOpening);
  if (by === null) return null;
  const tallies = await tx.tallies({ program: books.id, period });
  const recipients = await recipientsThere(tx, books, by.sharing);
  return shareScores(
    {
      ...by,
      period,
      start,
      boundary,
      amount: owedByScore(books, record) - (record.crown?.unearned ?? 0n),
      scores: new Map(tallies.flatMap(({ account, score }) => (score > 0n ? [[account.name, score]] : []))),
      excluded: new Set(record.crown?.excluded ?? record.shared?.excluded ?? []),
      recipients: recipients.map(({ name }) => name),
    },
    await readHistory(tx, books),
  );
}

/** What the pool that pays by score owes for a period. */
export function owedByScore(books: Books, { allocations }: PeriodRecord): bigint {
  const pool = books.rules.pools.find(({ pays }) => pays === 'score')?.name;
  return allocations.find((allocation) => allocation.pool === pool)?.amount ?? 0n;
}

export async function recipientsThere(tx: Tx, books: Books, sharing: Sharing): Promise<readonly AccountRef[]> {
  const names = recipientsOf(sharing);
  if (names.length === 0) return [];
  return tx.accountsNamed({ program: books.id, names, buckets: [], periods: [] });
}

export async function readHistory(tx: Tx, books: Books): Promise<SharingHistory> {
  const program = books.id;
  const payouts: Payout[] = [];
  for (let after = 0; ;) {
    const page = await tx.payouts({ program, after, limit: PAGE });
    for (const payout of page) if (payout.reason !== 'direct') payouts.push(payout);
    if (page.length < PAGE) break;
    after = page.at(-1)!.id;
  }
  return { periods: await tx.periods(program), tallies: await tx.tallies({ program }), payouts };
}

/** The closing scores of a stake-time window whose scoring has ended and is written down. */
export async function closingScores(tx: Tx, books: Books, window: Window): Promise<Omit<Scored, 'unearned'>> {
  const scores: { account: AccountRef; score: bigint }[] = [];
  const excluded: string[] = [];
  const [buckets, periods] = [books.buckets, books.periodsUntil(books.second)];
  for (let after: string | null = null; ;) {
    const page = await tx.accountsPage({ program: books.id, after, limit: PAGE, buckets, periods });
    for (const account of page) {
      if (account.excluded) excluded.push(account.name);
      else {
        const score = closingScore(books, window, account);
        if (score > 0n) scores.push({ account: { id: account.id, name: account.name }, score });
      }
    }
    if (page.length < PAGE) return { scores, excluded };
    after = page.at(-1)!.name;
  }
}
