import type { DatabaseSync } from 'node:sqlite';
import { type Engine, openProrata } from '../../src/index.ts';
import { direction, EVERY, exclusion, miner, PROGRAM, rate, sharedProgram, stake, validator } from './sharing-small.ts';
import { edit, more, sql, type Tampering } from './tamper.ts';

/*
 * Stores whose windows are shared by policies, in the middle of their second window: one of three is paid, one waits, one was
 * passed over.
 */

const sharing = { mix: {}, minimum: '50', cap: '700' };
const window = { batchSize: 1 };

async function payOne(engine: Engine, out: string): Promise<void> {
  const at = 2 * EVERY * 1000;
  while ((await engine.status(PROGRAM)).window?.phase !== 'paying') await engine.step(PROGRAM, at);
  await engine.ingest(PROGRAM, [exclusion(2 * EVERY, [out])]);
  while ((await engine.status(PROGRAM)).window!.accountsPaid < 1) await engine.step(PROGRAM, at);
  await engine.close();
}

export async function buildSharedStakes(path: string): Promise<void> {
  const engine = openProrata({ store: path });
  await engine.createProgram(sharedProgram({ sharing, window }));
  const names = ['abe', 'ann', 'bob', 'cat'];
  await engine.ingest(PROGRAM, [
    validator,
    ...names.map((name, index) => stake(name, 0, 5n ** BigInt(index))),
    stake('eve', 0, 60n),
    stake('eve', 90, -60n),
  ]);
  await engine.advance(PROGRAM, { to: EVERY * 1000 });
  await engine.ingest(PROGRAM, [exclusion(150, ['eve'])]);
  await payOne(engine, 'abe');
}

export async function buildSharedCrown(path: string): Promise<void> {
  const engine = openProrata({ store: path });
  await engine.createProgram(sharedProgram({ model: 'crown', sharing, window }));
  const names = ['abe', 'ann', 'bob', 'cat'];
  await engine.ingest(PROGRAM, [
    ...names.flatMap(miner),
    ...names.map((name, index) => rate(name, index * index * 10, String(index + 1))),
    { kind: 'rate', key: 'gone', time: 99_000, account: 'cat', direction, rate: '0' },
  ]);
  await engine.advance(PROGRAM, { to: EVERY * 1000 });
  await engine.ingest(PROGRAM, [...names.map((name, index) => rate(name, 100 + index * 20, String(index + 5)))]);
  await payOne(engine, 'abe');
}

const paid = `(SELECT min(id) FROM payouts WHERE reason = 'paid')`;

/** A unit more for one account, with everything edited that adds up: only sharing anew finds it. */
function giveOne(db: DatabaseSync): void {
  sql(`UPDATE payouts SET due = due + 1, liquid = liquid + 1 WHERE id = ${paid}`)(db);
}

const common: Tampering = [
  ['policies gave somebody more', giveOne, ['payout.matches-log', 'period.root', 'payout.posted-once']],
  [
    'a payout is removed',
    sql(`DELETE FROM payouts WHERE id = ${paid}`),
    ['period.nobody-missed', 'period.allocation-accounted'],
  ],
  [
    'a payout is called one that waits',
    sql(`UPDATE payouts SET reason = 'carried' WHERE id = ${paid}`),
    ['payout.delivered'],
  ],
  [
    'a score in a tally grows',
    sql(`UPDATE tallies SET score = score + 1 WHERE period = 1 AND name = 'bob'`),
    ['period.shares-match-log'],
  ],
  [
    'somebody is owed more',
    sql(`UPDATE tallies SET owed = owed + 1 WHERE period = 1 AND name = 'ann'`),
    ['period.shares-match-log', 'ledger.carried-is-owed'],
  ],
  ['a tally is removed', sql(`DELETE FROM tallies WHERE period = 2 AND name = 'bob'`), ['period.shares-match-log']],
  [
    'a tally is made up',
    sql(`UPDATE tallies SET name = 'zed' WHERE period = 2 AND name = 'bob'`),
    ['period.shares-match-log'],
  ],
  [
    'a period carries over less',
    (db) => edit(db, 'periods', 'period = 1', ({ carried }) => (carried.after = more(carried.after, -1n))),
    ['period.shares-match-log', 'period.allocation-accounted'],
  ],
  [
    'what is undelivered is called rounding',
    (db) =>
      edit(db, 'periods', 'period = 1', ({ residual }) => {
        [residual.undelivered, residual.rounding] = [more(residual.undelivered, 1n), more(residual.rounding, -1n)];
      }),
    ['period.allocation-accounted', 'period.residual-posted'],
  ],
  ['an award grows', sql(`UPDATE awards SET due = due + 1 WHERE name = 'cat'`), ['period.nobody-missed']],
  ['an award is removed', sql(`DELETE FROM awards`), ['period.nobody-missed']],
  [
    'nobody is said to have been passed over, and an award is removed',
    (db) => {
      sql(`DELETE FROM awards WHERE name = 'cat'`)(db);
      edit(db, 'states', '1', (state) => state.window.passedOver.pop());
    },
    ['period.nobody-missed'],
  ],
  [
    'what is carried over grows',
    sql(`UPDATE balances SET balance = balance + 1 WHERE kind = 5`),
    ['ledger.carried-is-owed', 'ledger.balances-are-sums'],
  ],
];

export const sharedStakesTampering: Tampering = [
  ...common,
  [
    'somebody who waits is said to have been passed over',
    (db) => {
      sql(`DELETE FROM awards WHERE name = 'cat'`)(db);
      edit(db, 'states', '1', (state) => state.window.passedOver.push('cat'));
    },
    ['period.nobody-missed'],
  ],
  [
    'somebody else is said to have been excluded',
    (db) => edit(db, 'periods', 'period = 2', ({ shared }) => shared.excluded.push('cat')),
    ['exclusion.matches-log'],
  ],
];

export const sharedCrownTampering: Tampering = [
  ...common,
  [
    'more is said to be unearned',
    (db) => edit(db, 'periods', 'period = 1', ({ crown }) => (crown.unearned = more(crown.unearned))),
    ['period.round-matches-log'],
  ],
];
