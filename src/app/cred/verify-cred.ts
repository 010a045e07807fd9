import type { Books } from '../../core/books.ts';
import type { PeriodRecord } from '../../core/state.ts';
import { periodOfWindow } from '../../core/token/names.ts';
import { owedByScore } from '../sharing/share-window.ts';
import { checkCarried, checkLines } from '../sharing/verify-sharing.ts';
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
  for (const record of await tx.periods(books.id)) {
    if (record.cred === undefined) continue;
    onProgress(`the cred of period ${record.period}`);
    await checkPeriod(tx, books, record, expect);
  }
  await checkCarried(tx, books, expect);
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
  const { excluded } = record.cred!;
  const query = { seq: record.countsTo ?? record.eventsAtOpening, until: boundary, start, period, excluded };
  const reading = await readCredRound(tx, books, query);
  const round = shareCred(reading, finish(closeCred(reading)), { amount: owedByScore(books, record) });
  const { window } = books.state;
  const open = window?.period === period ? window : null;
  checkRecord(record, round, open?.phase === 'scoring', expect);
  const lines = open?.phase === 'scoring' ? round.lines.slice(0, open.entriesScored) : round.lines;
  const of = 'period.cred-matches-log';
  const undelivered = round.shared.released + (await checkLines(tx, books, record, { lines, of }, expect));
  if (record.status === 'settled') {
    expect(
      'period.cred-matches-log',
      record.residual.undelivered === undelivered,
      () => `period ${period}: ${record.residual.undelivered} undelivered, by the log ${undelivered}`,
    );
  }
}

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
