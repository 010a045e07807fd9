import type { Books } from '../../core/books.ts';
import type { PeriodRecord } from '../../core/state.ts';
import { awardsOf, payoutsByScore } from '../what-is-paid.ts';
import type { Tx } from '../ports.ts';
import { owedByScore, recipientsThere, sharingAt } from './share-window.ts';
import { refusedWindow, type SharedLine, type SharedScores, shareScores, type SharingHistory } from './share-scores.ts';

export type ExpectShares = (
  name:
    | 'payout.matches-log'
    | 'period.nobody-missed'
    | 'period.shares-match-log'
    | 'period.allocation-accounted'
    | 'ledger.carried-is-owed',
  holds: boolean,
  what: () => string,
) => void;

/** Scores that were computed anew, who was excluded then, and what nobody earned. */
export interface ReplayedScores {
  readonly scores: ReadonlyMap<string, bigint>;
  readonly excluded: ReadonlySet<string>;
  readonly unearned: bigint;
}

/**
 * Shares a scored period anew from replayed scores and what is stored of the periods before, which are held against the log
 * themselves. Payouts, awards that wait, tallies, what is carried over and what was undelivered must be what comes out.
 */
export async function checkShares(
  tx: Tx,
  books: Books,
  record: PeriodRecord,
  { scores, excluded, unearned, history }: ReplayedScores & { readonly history: SharingHistory },
  expect: ExpectShares,
): Promise<void> {
  const { period, start, boundary, carried } = record;
  if (carried === undefined) return;
  const by = await sharingAt(tx, books, record.countsTo ?? record.eventsAtOpening);
  expect('period.shares-match-log', by !== null, () => `period ${period} is shared, by the log in proportion`);
  if (by === null) return;
  const amount = owedByScore(books, record) - unearned;
  const recipients = (await recipientsThere(tx, books, by.sharing)).map(({ name }) => name);
  let outcome: SharedScores;
  try {
    outcome = shareScores({ ...by, period, start, boundary, amount, scores, excluded, recipients }, history);
  } catch (error) {
    const { message } = refusedWindow(error);
    return expect('period.shares-match-log', false, () => `period ${period} cannot be shared: ${message}`);
  }
  const { shared } = outcome;
  const [found, expected] = [carried, shared.carried].map(
    ({ before, after, rollover, unclaimed }) =>
      `carried ${before} to ${after}, ${rollover} rolled over, ${unclaimed} unclaimed`,
  );
  expect('period.shares-match-log', found === expected, () => `period ${period}: ${found}, by the log ${expected}`);
  const { lines } = outcome;
  const undelivered = await checkLines(tx, books, record, { lines, of: 'period.shares-match-log' }, expect);
  if (record.status !== 'settled') return;
  expect(
    'period.allocation-accounted',
    record.residual.undelivered === undelivered + shared.released,
    () => `period ${period}: ${record.residual.undelivered} undelivered, found ${undelivered + shared.released}`,
  );
}

/** Who was excluded between the scoring and the payment, as it is stored. */
export function passedOverIn(books: Books, { period, crown, cred, shared }: PeriodRecord): readonly string[] {
  const { window } = books.state;
  return (window?.period === period ? window.passedOver : (crown ?? cred ?? shared)?.passedOver) ?? [];
}

/**
 * Tallies, payouts and awards that wait are those of the lines. Returns what could not be delivered. `of`: the invariant that tallies are held to.
 */
export async function checkLines<T extends 'period.shares-match-log' | 'period.cred-matches-log'>(
  tx: Tx,
  books: Books,
  record: PeriodRecord,
  { lines, of }: { readonly lines: readonly (SharedLine & { readonly revision?: bigint })[]; readonly of: T },
  expect: (name: 'payout.matches-log' | 'period.nobody-missed' | T, holds: boolean, what: () => string) => void,
): Promise<bigint> {
  const { period } = record;
  const passedOver = passedOverIn(books, record);
  const tallies = new Map(
    (await tx.tallies({ program: books.id, period })).map((tally) => [tally.account.name, tally]),
  );
  const waiting = await awardsOf(tx, books, period);
  const paid = new Map<string, { readonly score: bigint; readonly due: bigint; readonly reason: string }>();
  let undelivered = 0n;
  for await (const payout of payoutsByScore(tx, books, period)) {
    paid.set(payout.account.name, payout);
    if (payout.reason === 'no-stake') undelivered += payout.due;
  }
  for (const { account, score, revision = 0n, due, owed } of lines) {
    const tally = tallies.get(account);
    tallies.delete(account);
    expect(of, tally?.score === score && tally.revision === revision && tally.owed === owed, () => {
      const found = tally === undefined ? 'nothing' : `${tally.score} ${tally.revision} ${tally.owed}`;
      return `${account} in period ${period}: ${found} (score, revision, owed), by the log ${score} ${revision} ${owed}`;
    });
    // Of whom only later insight is known gets nothing to be paid, not even later.
    if (score === 0n && due === 0n && owed === 0n) continue;
    const got = paid.get(account);
    if (got !== undefined) {
      paid.delete(account);
      const nothing = owed > 0n ? 'carried' : 'below-one-unit';
      expect(
        'payout.matches-log',
        got.score === score && got.due === due && (due > 0n || got.reason === nothing),
        () => `${account} in period ${period}: ${got.due} for ${got.score}, by the log ${due} for ${score}`,
      );
      continue;
    }
    const award = waiting.get(account);
    waiting.delete(account);
    const isPassedOver = award === undefined && passedOver.includes(account);
    if (isPassedOver) undelivered += due;
    expect(
      'period.nobody-missed',
      isPassedOver || (award?.score === score && award.due === due),
      () => `${account} has ${due} to get in period ${period}`,
    );
  }
  for (const name of [...paid.keys(), ...waiting.keys()])
    expect('payout.matches-log', false, () => `${name} gets what it was not given in period ${period}`);
  for (const name of tallies.keys())
    expect(of, false, () => `${name} has a tally of period ${period}, by the log none`);
  return undelivered;
}

/** What is held for later windows is owed to somebody, or waits to be shared: by the newest period that policies shared. */
export async function checkCarried(
  tx: Tx,
  books: Books,
  expect: (name: 'ledger.carried-is-owed', holds: boolean, what: () => string) => void,
): Promise<void> {
  const { window } = books.state;
  const last = (await tx.periods(books.id)).findLast(
    ({ status, carried }) => status === 'settled' && carried !== undefined,
  );
  const taken = window?.phase === 'paying' ? (window.carried?.before ?? 0n) : 0n;
  const tallies = last === undefined ? [] : await tx.tallies({ program: books.id, period: last.period });
  const owed = tallies.reduce((sum, tally) => sum + tally.owed, last?.carried?.rollover ?? 0n) - taken;
  const balance = await tx.balance(books.id, { kind: 'carried' });
  expect('ledger.carried-is-owed', balance === owed, () => `${balance} are carried over, ${owed} are owed or wait`);
}
