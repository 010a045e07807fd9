import type { Books } from '../../core/books.ts';
import { closeRound } from '../../core/scoring/crown/awards.ts';
import { crownOf } from '../../core/scoring/crown/accrue.ts';
import { canonical, CrownFold } from '../../core/scoring/crown/fold.ts';
import { memoryOf } from '../../core/scoring/crown/round.ts';
import { toJson } from '../../core/json.ts';
import type { PeriodRecord } from '../../core/state.ts';
import type { Tx } from '../ports.ts';
import { owedByScore, readHistory } from '../sharing/share-window.ts';
import type { SharingHistory } from '../sharing/share-scores.ts';
import { checkCarried, checkShares, type ExpectShares, passedOverIn } from '../sharing/verify-sharing.ts';
import { awardsOf, payoutsByScore } from '../what-is-paid.ts';
import { factsAfter } from './facts.ts';
import { readRound, scoringAt } from './rounds.ts';

/** Says what was checked, and what was found where it does not hold. */
export type Expect = ExpectShares &
  ((name: 'period.round-matches-log' | 'checkpoint.matches-log', holds: boolean, what: () => string) => void);

/**
 * Scores every period of a crown program anew from the log, as far as it was not pruned, and holds payouts, awards and
 * checkpoints against it.
 */
export async function checkCrown(tx: Tx, books: Books, expect: Expect): Promise<void> {
  const { checkpoint } = crownOf(books);
  const periods = await tx.periods(books.id);
  const isShared = periods.some(({ carried }) => carried !== undefined);
  const history = isShared ? await readHistory(tx, books) : { periods, tallies: [], payouts: [] };
  for (const record of periods) {
    if (record.crown === undefined || record.start < (checkpoint ?? -1)) continue;
    await checkRound(tx, books, record, { history, expect });
  }
  await checkCarried(tx, books, expect);
  await checkCheckpoints(tx, books, expect);
}

async function checkRound(
  tx: Tx,
  books: Books,
  record: PeriodRecord,
  { history, expect }: { readonly history: SharingHistory; readonly expect: Expect },
): Promise<void> {
  const { period } = record;
  const { round } = await readRound(tx, books, { period });
  const closed = closeRound(round, owedByScore(books, record));
  const lanes = closed.lanes.map(({ name, held, unearned }) => `${name} ${held} ${unearned}`).join(', ');
  const stored = record.crown!.lanes.map(({ name, held, unearned }) => `${name} ${held} ${unearned}`).join(', ');
  expect(
    'period.round-matches-log',
    lanes === stored && closed.unearned === record.crown!.unearned,
    () => `period ${period}: ${stored} (lane, seconds held, unearned), by the log ${lanes}`,
  );
  if (record.carried !== undefined) {
    const scores = new Map(closed.awards.map(({ account, score }) => [account, score]));
    const replayed = { scores, excluded: new Set(record.crown!.excluded), unearned: closed.unearned };
    return checkShares(tx, books, record, { ...replayed, history }, expect);
  }
  const awards = new Map(closed.awards.map((award) => [award.account, award]));
  for await (const { id, account, score, due } of payoutsByScore(tx, books, period)) {
    const award = awards.get(account.name);
    awards.delete(account.name);
    expect(
      'payout.matches-log',
      award?.score === score && award.due === due,
      () =>
        `payout ${id} of ${account.name}: ${due} for ${score}, by the log ${award?.due ?? 'nothing'} for ${award?.score ?? 0n}`,
    );
  }
  const passedOver = passedOverIn(books, record);
  const waiting = await awardsOf(tx, books, period);
  for (const { account, score, due } of awards.values()) {
    const open = waiting.get(account);
    const isDue = open?.score === score && open.due === due;
    // Whoever was excluded after the scoring is passed over when its turn comes.
    const isPassedOver = open === undefined && passedOver.includes(account);
    expect('period.nobody-missed', isDue || isPassedOver, () => `${account} has ${due} to get in period ${period}`);
    waiting.delete(account);
  }
  for (const name of waiting.keys()) {
    expect('period.nobody-missed', false, () => `${name} is to get what it has not earned in period ${period}`);
  }
}

/** Folds the whole log once, or what pruning left of it, and looks at every checkpoint on the way. */
async function checkCheckpoints(tx: Tx, books: Books, expect: Expect): Promise<void> {
  const checkpoints = await tx.checkpoints(books.id);
  const pruned = crownOf(books).checkpoint;
  const first = pruned === null ? null : await tx.checkpoint(books.id, pruned);
  let fold = first === null ? new CrownFold() : CrownFold.fromJson(first.fold);
  let since = pruned ?? -1;
  const wanted = checkpoints.filter(({ at }) => at > since);
  for (const { at, seq } of wanted) {
    const stored = await tx.checkpoint(books.id, at);
    const after = { at: since, seq: Number.MAX_SAFE_INTEGER };
    const facts = canonical(await factsAfter(tx, books.id, { after, until: at, seq: Number.MAX_SAFE_INTEGER }));
    for (const fact of facts) fold.apply(fact);
    const again = CrownFold.fromJson(fold.toJson());
    again.forget(memoryOf(await scoringAt(tx, books, seq), at));
    const found = toJson(stored.fold);
    const late = facts.find((fact) => fact.seq > seq);
    expect(
      'checkpoint.matches-log',
      found === toJson(again.toJson()) && late === undefined,
      () => `the checkpoint of second ${at}${late === undefined ? '' : `: event ${late.seq} came after it`}`,
    );
    [fold, since] = [again, at];
  }
}
