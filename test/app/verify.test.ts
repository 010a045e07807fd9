import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { credProgram, idOf, node, story, sunday, token, week } from './cred-small.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import type { Finding } from '../../src/app/verify.ts';
import { invariantNames } from '../../src/app/verify.ts';
import { type Engine, type ProgramDefinition, type ProrataEvent, openProrata } from '../../src/index.ts';
import { edit, more, sql, type Tampering } from './tamper.ts';
import {
  buildSharedCrown,
  buildSharedStakes,
  sharedCrownTampering,
  sharedStakesTampering,
} from './tampering-shared.ts';

/*
 * Every invariant of `verify` is made to fail: a store in the middle of its second window is copied, changed by somebody
 * who has a SQLite client and a bad idea, and looked at.
 */

const PROGRAM = 'tampered';
const CROWN = 'crown';
const allocations = [
  { pool: 'stakers', amount: 1001n },
  { pool: 'team', amount: 11n },
];
const definition: ProgramDefinition = {
  name: PROGRAM,
  rules: {
    asset: { symbol: 'T', decimals: 0 },
    pools: [
      { name: 'stakers', pays: 'score', funding: 5000n, recipients: [] },
      { name: 'team', pays: 'recipients', funding: 50n, recipients: ['lead', 'second'] },
    ],
    residual: 'rest',
    scoring: { model: 'stake-time', rate: 'floor' },
    window: { settle: 'multi_block', strategy: 'cut', batchSize: 2 },
    onZeroTotal: 'halt',
    requireAllPools: false,
    requireIds: false,
    minGapSeconds: 0,
  },
  schedule: [100, 200, 300].map((at) => ({ at, allocations })),
  excluded: [],
};

const delegate = (account: string, validator: string, second: number, amount = 100n): ProrataEvent => {
  return {
    kind: 'delegate',
    key: `${account} ${validator} ${second}`,
    time: second * 1000,
    account,
    validator,
    amount,
  };
};
const par = { tokens: 0n, shares: 0n, jailed: false };
const firstPeriod: readonly ProrataEvent[] = [
  { kind: 'validator-set', key: 'v', time: 1000, validator: 'v', ...par },
  { kind: 'validator-set', key: 'w', time: 1000, validator: 'w', ...par },
  delegate('ann', 'v', 10),
  delegate('bob', 'v', 10),
  delegate('bob', 'w', 11),
  delegate('cat', 'w', 20),
  delegate('dan', 'v', 20),
  delegate('eve', 'w', 20),
  { kind: 'exclusion', key: 'out', time: 50_000, add: ['dan'], remove: [] },
  { kind: 'validator-slashed', key: 'slash', time: 60_000, validator: 'w', fraction: 5n * 10n ** 17n },
  { kind: 'undelegate', key: 'exit', time: 90_000, account: 'eve', validator: 'w', amount: 50n }, // scored, and holds nothing
  delegate('gus', 'v', 100), // nothing to be paid for yet
];
const secondPeriod: readonly ProrataEvent[] = [
  delegate('ann', 'w', 150),
  delegate('fay', 'v', 160),
  // after the boundary: booked to both periods, of somebody who is still to be paid
  delegate('fay', 'v', 201),
];

async function build(path: string): Promise<void> {
  const engine = openProrata({ store: path });
  await engine.createProgram(definition);
  await engine.ingest(PROGRAM, firstPeriod);
  await engine.advance(PROGRAM, { to: 100_000 });
  await engine.ingest(PROGRAM, secondPeriod);
  for (let steps = 0; steps < 20; steps += 1) {
    if ((await engine.status(PROGRAM)).window?.phase === 'paying') break;
    await engine.step(PROGRAM, 200_000);
  }
  await engine.step(PROGRAM, 200_000); // two of five are paid
  await engine.close();
}

const paid = `(SELECT min(id) FROM payouts WHERE reason = 'paid')`;

const tampering: Tampering = [
  [
    'an event says another amount',
    sql(`UPDATE events SET payload = replace(payload, '"100"', '"101"') WHERE key = 'ann v 10'`),
    ['log.chain-unbroken', 'position.matches-log', 'payout.matches-log'],
  ],
  [
    'an event cannot be read',
    sql(`UPDATE events SET payload = 'nonsense' WHERE key = 'ann v 10'`),
    ['log.chain-unbroken', 'log.columns-match', 'log.replayable'],
  ],
  ['the program is given another name', sql(`UPDATE programs SET name = 'other'`), ['log.columns-match']],
  [
    'an event is removed',
    sql(`DELETE FROM events WHERE key = 'w'`),
    ['log.chain-unbroken', 'log.replayable', 'state.counters-match'],
  ],
  [
    'an event is about somebody else',
    sql(`UPDATE events SET account = (SELECT id FROM accounts WHERE name = 'bob') WHERE key = 'ann v 10'`),
    ['log.columns-match'],
  ],
  ['an event is about nobody', sql(`UPDATE events SET account = NULL WHERE key = 'ann v 10'`), ['log.columns-match']],
  ['an event has another time', sql(`UPDATE events SET time = time + 1 WHERE key = 'cat w 20'`), ['log.columns-match']],
  [
    'the residual holds more',
    sql(`UPDATE balances SET balance = balance + 1 WHERE kind = 2`),
    ['ledger.balances-are-sums', 'ledger.zero-sum'],
  ],
  ['the residual is overdrawn', sql(`UPDATE balances SET balance = '-1' WHERE kind = 2`), ['ledger.no-overdraft']],
  [
    'a posting of a payout is removed',
    sql(`DELETE FROM postings WHERE reason = 'payout' AND id = (SELECT max(id) FROM postings)`),
    ['payout.posted-once', 'state.counters-match', 'ledger.balances-are-sums'],
  ],
  [
    'a pool was given money that nobody gave',
    (db) => {
      sql(`UPDATE postings SET amount = amount + 9 WHERE id = 1`)(db);
      sql(`UPDATE balances SET balance = balance + 9 WHERE kind = 1 AND ref = 'stakers'`)(db);
      sql(`UPDATE balances SET balance = balance - 9 WHERE kind = 0`)(db);
    },
    ['ledger.funded-by-log'],
  ],
  [
    'the residual of one pool is called that of another',
    sql(`UPDATE postings SET allocation = 'stakers' WHERE reason = 'direct-remainder' AND period = 1`),
    ['ledger.source-is-pool'],
  ],
  [
    'a payout by score is posted as a direct one',
    sql(`UPDATE postings SET reason = 'direct' WHERE id = (SELECT posting_first FROM payouts WHERE id = ${paid})`),
    ['payout.posted-once'],
  ],
  [
    'a payout is posted to another account',
    sql(
      `UPDATE postings SET target_ref = target_ref + 1 WHERE id = (SELECT posting_first FROM payouts WHERE id = ${paid})`,
    ),
    ['payout.posted-once'],
  ],
  [
    'a payout delivers less than is due',
    sql(`UPDATE payouts SET restaked = restaked - 1 WHERE id = ${paid}`),
    ['payout.delivered', 'payout.posted-once', 'payout.matches-log', 'period.root'],
  ],
  [
    'a payout has another score',
    sql(`UPDATE payouts SET score = score + 1 WHERE id = ${paid}`),
    ['payout.matches-log', 'period.root'],
  ],
  [
    'more is due',
    sql(`UPDATE payouts SET due = due + 1 WHERE id = ${paid}`),
    ['period.scores-add-up', 'payout.delivered'],
  ],
  [
    'a payout is removed',
    sql(`DELETE FROM payouts WHERE id = ${paid}`),
    ['period.nobody-missed', 'period.payouts-by-steps', 'period.allocation-accounted', 'state.counters-match'],
  ],
  [
    'a period delivered more',
    (db) => edit(db, 'periods', 'period = 1', (record) => (record.delivered = more(record.delivered))),
    ['period.allocation-accounted'],
  ],
  [
    'undelivered is called rounding',
    (db) =>
      edit(
        db,
        'periods',
        'period = 1',
        ({ residual }) => ([residual.rounding, residual.undelivered] = [residual.undelivered, residual.rounding]),
      ),
    ['period.residual-posted'],
  ],
  [
    'a period has another root',
    (db) => edit(db, 'periods', 'period = 1', (record) => (record.root = 'ab'.repeat(32))),
    ['period.root'],
  ],
  [
    'a boundary is moved',
    (db) => edit(db, 'periods', 'period = 1', (record) => (record.boundary -= 1)),
    ['period.tiled', 'payout.matches-log'],
  ],
  [
    'the running period begins later',
    (db) => edit(db, 'states', '1', (state) => (state.periodStart += 1)),
    ['period.tiled', 'settings.match-log'],
  ],
  ['a step is removed', sql(`DELETE FROM steps WHERE period = 1 AND step = 3`), ['period.payouts-by-steps']],
  [
    'a step says that it paid less',
    sql(`UPDATE steps SET payouts = payouts - 1 WHERE period = 1 AND phase = 'paying' AND payouts = 2`),
    ['period.payouts-by-steps'],
  ],
  [
    'a booked score grows',
    sql(`UPDATE scores SET score = score + 1 WHERE period = 2 AND name = 'fay'`),
    ['score.total-matches', 'score.matches-log'],
  ],
  [
    'a total grows',
    (db) => edit(db, 'states', '1', (state) => (state.window.total = more(state.window.total))),
    ['score.total-matches'],
  ],
  ['an entry begins later', sql(`UPDATE positions SET since = since + 1 WHERE name = 'fay'`), ['score.matches-log']],
  ['an entry stops scoring', sql(`UPDATE positions SET since = NULL WHERE name = 'fay'`), ['score.matches-log']],
  [
    'a position is emptied',
    sql(`UPDATE positions SET shares = '0' WHERE name = 'cat'`),
    ['position.positive', 'position.matches-log'],
  ],
  [
    'a position grows by the smallest share',
    sql(`UPDATE positions SET shares = shares || '1' WHERE name = 'dan'`),
    ['position.matches-log'],
  ],
  [
    'a position lies in a bucket that nobody reads',
    sql(`UPDATE positions SET bucket = 7 WHERE name = 'ann'`),
    ['state.counters-match', 'position.matches-log'],
  ],
  [
    'an account is given another name, and lies where it lay',
    sql(`UPDATE accounts SET name = 'bobby' WHERE name = 'bob'`),
    ['payout.posted-once', 'position.matches-log'],
  ],
  ['somebody is let in', sql(`UPDATE accounts SET excluded = 0 WHERE name = 'dan'`), ['exclusion.matches-log']],
  ['somebody is shut out', sql(`UPDATE accounts SET excluded = 1 WHERE name = 'fay'`), ['exclusion.matches-log']],
  [
    'a slash is taken back',
    sql(`UPDATE rates SET tokens = '2' WHERE validator = 2 AND nth = 1`),
    ['validator.matches-log'],
  ],
  ['a validator is set free', sql(`UPDATE validators SET jailed = 1`), ['validator.matches-log']],
  ['a boundary of the schedule is removed', sql(`DELETE FROM schedule`), ['settings.match-log']],
  [
    'an allocation of the schedule grows',
    sql(`UPDATE schedule SET entry = replace(entry, '#11', '#12')`),
    ['settings.match-log'],
  ],
  [
    'a rule is changed',
    (db) => edit(db, 'rules', '1', (rules) => (rules.onZeroTotal = 'residual')),
    ['settings.match-log'],
  ],
  ['the clock runs ahead', (db) => edit(db, 'states', '1', (state) => (state.clock += 1)), ['settings.match-log']],
  [
    'the newest posting is numbered too high',
    (db) => edit(db, 'states', '1', (state) => (state.postings += 1)),
    ['state.counters-match'],
  ],
  [
    'the state has a position too many',
    (db) => edit(db, 'states', '1', (state) => (state.positions += 1)),
    ['state.counters-match'],
  ],
  [
    'the state lacks a score',
    (db) => edit(db, 'states', '1', (state) => (state.scores['2'] -= 1)),
    ['state.counters-match'],
  ],
];

/** A crown program in the middle of its second window: one of two is paid; facts that came late, and one taken back. */
async function buildCrown(path: string): Promise<void> {
  const engine = openProrata({ store: path });
  const direction = 'btc-tao';
  const scoring = { model: 'crown', rules: 'best-rate-tie', directions: { [direction]: '1/2' } };
  await engine.createProgram({
    ...definition,
    name: CROWN,
    rules: {
      ...definition.rules,
      scoring: parseCrownScoring(scoring, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 1 },
    },
  });
  const facts = ['ann', 'bob'].flatMap((account): ProrataEvent[] => [
    { kind: 'eligible', key: `e ${account}`, time: 1000, account, on: true },
    { kind: 'active', key: `a ${account}`, time: 1000, account, on: true },
    { kind: 'rate', key: `r ${account}`, time: 2000, account, direction, rate: '7' },
  ]);
  await engine.ingest(CROWN, facts);
  await engine.advance(CROWN, { to: 100_000 });
  await engine.ingest(CROWN, [
    { kind: 'rate', key: 'late', time: 90_000, account: 'bob', direction, rate: '8' },
    { kind: 'rate', key: 'wrong', time: 150_000, account: 'ann', direction, rate: '9' },
    { kind: 'retracted', key: 'taken back', time: 160_000, event: 'wrong' },
    { kind: 'rate', key: 'tie', time: 170_000, account: 'ann', direction, rate: '8' },
  ]);
  while ((await engine.status(CROWN)).window?.accountsPaid !== 1) await engine.step(CROWN, 200_000);
  await engine.close();
}

const crownTampering: Tampering = [
  [
    'a fact lies at another second',
    sql(`UPDATE events SET at = at + 1 WHERE key = 'tie'`),
    ['log.columns-match', 'payout.matches-log'],
  ],
  [
    'a lane is said to have been held for longer',
    (db) => edit(db, 'periods', 'period = 1', ({ crown }) => (crown.lanes[0].held += 1)),
    ['period.round-matches-log'],
  ],
  [
    'a checkpoint remembers another rate',
    sql(`UPDATE checkpoints SET fold = replace(fold, '"8"', '"9"')`),
    ['checkpoint.matches-log'],
  ],
  ['an award grows', sql(`UPDATE awards SET due = due + 1`), ['period.nobody-missed']],
  ['an award is removed', sql(`DELETE FROM awards`), ['period.nobody-missed', 'score.total-matches']],
  [
    'a crown payout grows',
    sql(`UPDATE payouts SET due = due + 1, liquid = liquid + 1 WHERE id = ${paid}`),
    ['payout.matches-log', 'period.root'],
  ],
];

/** The crown program once more, both windows settled and pruned, and something said after them. */
async function buildPruned(path: string): Promise<void> {
  await buildCrown(path);
  const engine = openProrata({ store: path, create: false });
  await engine.advance(CROWN, { to: 200_000 });
  assert.notEqual((await engine.prune(CROWN, { before: 200 })).pruned, null);
  await engine.ingest(CROWN, [
    { kind: 'rate', key: 'next', time: 210_000, account: 'bob', direction: 'btc-tao', rate: '9' },
    { kind: 'rate', key: 'last', time: 220_000, account: 'ann', direction: 'btc-tao', rate: '9' },
  ]);
  await engine.close();
}

const prunedTampering: Tampering = [
  ['the program is missing before what was pruned', sql('DELETE FROM events WHERE seq = 1'), ['log.replayable']],
  [
    'more is missing than was pruned',
    sql(`DELETE FROM events WHERE seq = (SELECT min(seq) FROM events WHERE seq > 1)`),
    ['log.chain-unbroken'],
  ],
  [
    'a pruning tells of another head',
    (db) => edit(db, 'prunings', '1', (pruning) => (pruning.head = 'ab'.repeat(32))),
    ['log.chain-unbroken'],
  ],
  [
    'a pruning tells of other funding',
    (db) => edit(db, 'prunings', '1', ({ funding }) => (funding[0][1] = more(funding[0][1]))),
    ['ledger.funded-by-log'],
  ],
  [
    'a pruning tells of somebody excluded',
    (db) => edit(db, 'prunings', '1', (pruning) => (pruning.excluded = ['ann'])),
    ['exclusion.matches-log'],
  ],
];

/** Contributions: a settled period with a share that waits and a payment taken back, and one in which one of two is paid. */
async function buildCred(path: string): Promise<void> {
  const engine = openProrata({ store: path });
  const sharing = { policies: [{ policy: 'immediate', part: '1' }], minimum: '400' };
  await engine.createProgram(credProgram({ sharing, batchSize: 1 }));
  await engine.ingest('grain', story());
  await engine.advance('grain', { to: (sunday + week) * 1000 });
  const reversal = {
    type: 'REVERSE_RECEIPT',
    allocationId: 'period-1',
    identityId: idOf('ada'),
    reason: 'spam',
  } as const;
  await engine.ingest('grain', [token(reversal, sunday + week)]);
  const last = node('forum/post/3', sunday + week + 2, { weight: '2' });
  await engine.ingest('grain', [last]);
  for (let steps = 0; steps < 20; steps += 1) {
    const { window } = await engine.status('grain');
    if (window?.phase === 'paying' && window.accountsPaid === 1) break;
    await engine.step('grain', (sunday + 2 * week) * 1000);
  }
  await engine.close();
}

const credTampering: Tampering = [
  ['a tally grows', sql(`UPDATE tallies SET score = score + 1 WHERE period = 1`), ['period.cred-matches-log']],
  [
    'a share that waits grows',
    sql(`UPDATE tallies SET owed = owed + 1 WHERE owed <> '0' AND period = 1`),
    ['period.cred-matches-log'],
  ],
  [
    'later insight is forgotten',
    sql(`UPDATE tallies SET revision = '0' WHERE period = 2 AND revision <> '0'`),
    ['period.cred-matches-log'],
  ],
  [
    'more was minted',
    (db) => edit(db, 'periods', 'period = 1', ({ cred }) => (cred.minted = more(cred.minted))),
    ['period.cred-matches-log'],
  ],
  [
    'an edge weighs more',
    sql(`UPDATE graph_edges SET backward = '9' WHERE edge = 'forum/replies/2'`),
    ['graph.matches-log', 'payout.matches-log'],
  ],
  [
    'a version of a node is removed',
    sql(`DELETE FROM graph_nodes WHERE node = 'forum/post/3' AND weight = '2'`),
    ['graph.matches-log'],
  ],
  [
    'a node that nobody logged',
    sql(`INSERT INTO graph_nodes SELECT program, 99, 99, 'x', time, timeless, weight, gone FROM graph_nodes LIMIT 1`),
    ['graph.matches-log'],
  ],
  [
    'what is carried over goes to somebody',
    (db) => {
      sql(`UPDATE balances SET balance = balance + 1 WHERE kind = 5`)(db);
      sql(`UPDATE balances SET balance = balance - 1 WHERE kind = 0`)(db);
    },
    ['ledger.carried-is-owed', 'ledger.balances-are-sums'],
  ],
  [
    'a reversal takes back more',
    sql(`UPDATE postings SET amount = amount + 1 WHERE reason = 'reversal'`),
    ['ledger.reversals-match-log', 'ledger.balances-are-sums'],
  ],
  ['an award of contributions grows', sql(`UPDATE awards SET due = due + 1`), ['period.nobody-missed']],
  [
    'a payout of contributions grows',
    sql(`UPDATE payouts SET due = due + 1, liquid = liquid + 1 WHERE period = 1 AND reason = 'paid'`),
    ['payout.matches-log', 'payout.posted-once'],
  ],
];

/** A store of each kind, and what is done to it. */
const stores = [
  { name: 'original', build, tampering },
  { name: 'crown', build: buildCrown, tampering: crownTampering },
  { name: 'pruned', build: buildPruned, tampering: prunedTampering },
  { name: 'cred', build: buildCred, tampering: credTampering },
  { name: 'shared', build: buildSharedStakes, tampering: sharedStakesTampering },
  { name: 'shared-crown', build: buildSharedCrown, tampering: sharedCrownTampering },
] as const;

describe('test/app/verify', () => {
  let folder: string;
  let original: string;
  const pathOf = (name: string): string => join(folder, `${name}.db`);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prorata-verify-'));
    original = pathOf('original');
    for (const store of stores) await store.build(pathOf(store.name));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function findingsIn(path: string): Promise<readonly Finding[]> {
    const engine: Engine = openProrata({ store: path, create: false });
    try {
      const [program] = await engine.programs();
      return (await engine.verify(program!)).findings;
    } finally {
      await engine.close();
    }
  }

  it('holds on a store that nobody touched, and every invariant was asked', async () => {
    const findings: Finding[] = [];
    for (const { name } of stores) findings.push(...(await findingsIn(pathOf(name))));
    assert.deepEqual(
      findings.filter(({ holds }) => !holds),
      [],
    );
    const asked = new Set(findings.filter(({ checked }) => checked > 0).map(({ invariant }) => invariant));
    assert.deepEqual(
      invariantNames.filter((name) => !asked.has(name)),
      [],
    );
    const engine = openProrata({ store: original, create: false });
    const { window } = await engine.status(PROGRAM);
    assert.deepEqual([window?.phase, window?.accountsPaid], ['paying', 2]);
    assert.ok((await engine.payouts(PROGRAM)).some(({ reason }) => reason === 'no-stake'));
    await engine.close();
  });

  const all = stores.flatMap(({ name, tampering: list }) => list.map((one) => ({ name, one })));
  for (const [index, { name, one }] of all.entries()) {
    const [what, how, expected] = one;
    it(`finds that ${what} (${name}): ${expected.join(', ')}`, async () => {
      const path = pathOf(`tampered-${index}`);
      copyFileSync(pathOf(name), path);
      const db = new DatabaseSync(path);
      how(db);
      db.close();
      const failed = (await findingsIn(path)).filter(({ holds }) => !holds).map(({ invariant }) => invariant);
      assert.deepEqual(
        expected.filter((name) => !failed.includes(name)),
        [],
        `found ${failed.join(', ') || 'nothing'}`,
      );
    });
  }

  for (const column of ['name', 'id']) {
    it(`says that the store is damaged when an account has another ${column} than its stakes`, async () => {
      const path = join(folder, `${column}.db`);
      copyFileSync(original, path);
      const db = new DatabaseSync(path);
      sql(`UPDATE accounts SET ${column} = ${column === 'id' ? '99' : "'zed'"} WHERE name = 'bob'`)(db);
      db.close();
      await assert.rejects(findingsIn(path), { code: 'store-corrupt', kind: 'unavailable' });
    });
  }

  it('tries all of them', () => {
    const tried = new Set(all.flatMap(({ one: [, , found] }) => found));
    assert.deepEqual(
      invariantNames.filter((name) => !tried.has(name)),
      [],
    );
  });
});
