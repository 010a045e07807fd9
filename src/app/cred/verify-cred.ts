import type { Books } from '../../core/books.ts';
import type { PeriodRecord, Tally } from '../../core/state.ts';
import { periodOfWindow } from '../../core/token/names.ts';
import { awardsOf, payoutsByScore } from '../what-is-paid.ts';
import type { Tx } from '../ports.ts';
import { replayGraph } from '../replay-graph.ts';
import { readPeople } from './people.ts';
import { type CredRound, closeCred, finish, readCredRound, shareCred } from './score.ts';

export type ExpectCred = (
  name:
    | 'payout.matches-log'
    | 'period.nobody-missed'
    | 'period.cred-matches-log'
    | 'graph.matches-log'
    | 'ledger.carried-is-owed'
    | 'ledger.reversals-match-log',
  holds: boolean,
  what: () => string,
) => void;

/**
 * Scores and shares every period of a program of contributions anew from the log, and holds what is stored against it.
 * `reversals`: what was posted back to the pool, by `period account`.
 */
export async function checkCred(
  tx: Tx,
  books: Books,
  expect: ExpectCred,
  {
    reversals,
    onProgress,
  }: { readonly reversals: ReadonlyMap<string, bigint>; readonly onProgress: (what: string) => void },
): Promise<void> {
  await checkGraph(tx, books, expect);
  await checkReversals(tx, books, expect, reversals);
  const records = await tx.periods(books.id);
  for (const record of records) {
    if (record.cred === undefined) continue;
    onProgress(`the cred of period ${record.period}`);
    await checkPeriod(tx, books, record, expect);
  }
  await checkCarried(tx, books, records, expect);
}

async function checkGraph(tx: Tx, books: Books, expect: ExpectCred): Promise<void> {
  const replayed = await replayGraph(tx, books);
  const { nodes, edges } = books.state.cred ?? { nodes: 0, edges: 0 };
  expect(
    'graph.matches-log',
    replayed.nodes === nodes && replayed.edges === edges && replayed.differences.length === 0,
    () =>
      `${nodes} nodes and ${edges} edges, by the log ${replayed.nodes} and ${replayed.edges}; ${replayed.differences.join('; ')}`,
  );
}

async function checkReversals(
  tx: Tx,
  books: Books,
  expect: ExpectCred,
  found: ReadonlyMap<string, bigint>,
): Promise<void> {
  const expected = new Map<string, bigint>();
  for (const { receipts } of (await readPeople(tx, books)).ledger.accounts()) {
    for (const { distributionId, id, amount, reversed } of receipts) {
      const period = periodOfWindow(distributionId);
      if (period === null || reversed === null) continue;
      const key = `${period} ${id}`;
      expected.set(key, (expected.get(key) ?? 0n) + amount);
    }
  }
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [said, posted] = [expected.get(key) ?? 0n, found.get(key) ?? 0n];
    expect(
      'ledger.reversals-match-log',
      said === posted,
      () => `${key}: ${said} taken back by the log, ${posted} posted`,
    );
  }
}

async function checkPeriod(tx: Tx, books: Books, record: PeriodRecord, expect: ExpectCred): Promise<void> {
  const { period, start, boundary } = record;
  const pool = books.rules.pools.find(({ pays }) => pays === 'score')?.name;
  const amount = record.allocations.find((allocation) => allocation.pool === pool)?.amount ?? 0n;
  const { excluded } = record.cred!;
  const query = { seq: record.countsTo ?? record.eventsAtOpening, until: boundary, start, period, excluded };
  const reading = await readCredRound(tx, books, query);
  const round = shareCred(reading, finish(closeCred(reading)), { amount });
  const { window } = books.state;
  const open = window?.period === period ? window : null;
  checkRecord(record, round, open?.phase === 'scoring', expect);
  const upTo = open?.phase === 'scoring' ? (open.cursor?.account ?? '') : null;
  const written =
    upTo === null ? round.lines : round.lines.slice(0, round.lines.findIndex(({ account }) => account === upTo) + 1);
  const tallies = new Map(
    (await tx.tallies({ program: books.id, period })).map((tally) => [tally.account.name, tally]),
  );
  const waiting = await awardsOf(tx, books, period);
  const paid = new Map<string, { score: bigint; due: bigint }>();
  for await (const payout of payoutsByScore(tx, books, period)) paid.set(payout.account.name, payout);
  const passedOver = open?.passedOver ?? record.cred!.passedOver ?? [];
  let undelivered = round.shared.released;
  for (const line of written) {
    const { account, score, revision, owed, due } = line;
    expect('period.cred-matches-log', sameTally(tallies.get(account), line), () => {
      const tally = tallies.get(account);
      const found = tally === undefined ? 'nothing' : `${tally.score} ${tally.revision} ${tally.owed}`;
      return `${account} in period ${period}: ${found} (score, revision, owed), by the log ${score} ${revision} ${owed}`;
    });
    tallies.delete(account);
    if (passedOver.includes(account)) undelivered += due;
    if (score === 0n && due === 0n && owed === 0n) continue;
    const got = paid.get(account);
    if (got !== undefined) {
      expect(
        'payout.matches-log',
        got.score === score && got.due === due,
        () => `${account} in period ${period}: ${got.due} for ${got.score}, by the log ${due} for ${score}`,
      );
      paid.delete(account);
      continue;
    }
    const award = waiting.get(account);
    waiting.delete(account);
    const isDue = award?.score === score && award.due === due;
    expect(
      'period.nobody-missed',
      isDue || passedOver.includes(account),
      () => `${account} has ${due} to get in period ${period}`,
    );
  }
  for (const name of [...paid.keys(), ...waiting.keys()])
    expect('payout.matches-log', false, () => `${name} gets what it has not earned in period ${period}`);
  for (const name of tallies.keys())
    expect('period.cred-matches-log', false, () => `${name} has a tally of period ${period}, by the log none`);
  if (record.status === 'settled') {
    expect(
      'period.cred-matches-log',
      record.residual.undelivered === undelivered,
      () => `period ${period}: ${record.residual.undelivered} undelivered, by the log ${undelivered}`,
    );
  }
}

const sameTally = (tally: Tally | undefined, { score, revision, owed }: CredRound['lines'][number]): boolean =>
  tally !== undefined && tally.score === score && tally.revision === revision && tally.owed === owed;

function checkRecord(record: PeriodRecord, round: CredRound, isScoring: boolean, expect: ExpectCred): void {
  const found = textOf(record.cred!, isScoring ? undefined : record.carried);
  const expected = textOf(round.record, isScoring ? undefined : round.shared.carried);
  expect(
    'period.cred-matches-log',
    found === expected,
    () => `period ${record.period}: ${found}, by the log ${expected}`,
  );
}

function textOf(
  { nodes, edges, participants, intervals, minted }: NonNullable<PeriodRecord['cred']>,
  carried: PeriodRecord['carried'],
): string {
  const graph = `${nodes} nodes, ${edges} edges, ${participants} participants, ${intervals} intervals, ${minted} minted`;
  if (carried === undefined) return graph;
  const { before, after, rollover, unclaimed } = carried;
  return `${graph}, carried ${before} to ${after}, ${rollover} rolled over, ${unclaimed} unclaimed`;
}

/** What is held for later windows is owed to somebody, or waits to be shared: of the newest period that is settled, or of the one before. */
async function checkCarried(tx: Tx, books: Books, records: readonly PeriodRecord[], expect: ExpectCred): Promise<void> {
  const { window } = books.state;
  const last = records.findLast(({ status, carried }) => status === 'settled' && carried !== undefined);
  const taken = window?.phase === 'paying' ? (window.carried?.before ?? 0n) : 0n;
  const tallies = last === undefined ? [] : await tx.tallies({ program: books.id, period: last.period });
  const owed = tallies.reduce((sum, tally) => sum + tally.owed, last?.carried?.rollover ?? 0n) - taken;
  const balance = await tx.balance(books.id, { kind: 'carried' });
  expect('ledger.carried-is-owed', balance === owed, () => `${balance} are carried over, ${owed} are owed or wait`);
}
