import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { Store, Tx } from '../../src/app/ports.ts';
import { applicationId, migrations, newestVersion } from '../../src/stores/sqlite/migrations.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import type { SqliteOptions } from '../../src/stores/sqlite/store.ts';
import {
  account,
  entry,
  event,
  huge,
  liquidOf,
  payout,
  period,
  poolSide,
  posting,
  rules,
  stakeOf,
  state,
  step,
} from './samples.ts';

const coded = (code: string, kind: string) => (error: any) => error.code === code && error.kind === kind;

describe('test/stores/sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-test-'));
  after(() => rmSync(folder, { recursive: true }));
  const opened: Store[] = [];
  let path = '';
  let files = 0;

  const open = (options: Partial<SqliteOptions> = {}): Store => {
    const store = openSqliteStore({ path, busyTimeoutMs: 20, ...options });
    opened.push(store);
    return store;
  };
  const versionOf = async (store: Store): Promise<number> =>
    (await store.transact('read', (tx) => tx.state(1))).version;
  /** A store with one program, in state 1. */
  const made = async (): Promise<Store> => {
    const store = open();
    await store.transact(
      'write',
      async (tx) => void (await tx.write(await tx.createProgram('p'), { state: state(1) })),
    );
    return store;
  };

  beforeEach(() => {
    path = join(folder, `${(files += 1)}.db`);
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  it('keeps what was committed for the next opening, and nothing that was not', async () => {
    const store = await made();
    await assert.rejects(
      store.transact('write', async (tx) =>
        tx.write(1, { state: state(2) }).then(() => Promise.reject(new Error('crash'))),
      ),
    );
    await store.close();
    const again = open({ create: false });
    assert.deepEqual(await again.transact('read', (tx) => tx.state(1)), state(1));
    const facts = await again.describe();
    assert.deepEqual(
      { ...facts, bytes: 0 },
      { kind: 'sqlite', location: path, schemaVersion: newestVersion, bytes: 0 },
    );
    assert.ok(facts.bytes > 4096);
  });

  it('says so when there is no store, or the file is something else', () => {
    assert.throws(() => open({ create: false }), coded('store-not-found', 'not-found'));
    assert.throws(() => open({ readOnly: true }), coded('store-not-found', 'not-found'));
    writeFileSync(path, 'account,amount\n'.repeat(100));
    assert.throws(() => open(), coded('store-not-prorata', 'invalid-input'));
    assert.equal(readFileSync(path, 'utf8'), 'account,amount\n'.repeat(100), 'and leaves it as it is');
    path += '2';
    new DatabaseSync(path).exec('CREATE TABLE other (a)');
    assert.throws(() => open(), coded('store-not-prorata', 'invalid-input'));
    path = join(folder, 'no-such-folder', 'a.db');
    assert.throws(() => open(), coded('store-unreadable', 'unavailable'));
    path = join(folder, 'a-folder');
    mkdirSync(path);
    assert.throws(() => open(), coded('store-unreadable', 'unavailable'));
  });

  it('refuses a store from a newer version, and a read-only one that has to be brought up to date', async () => {
    await (await made()).close();
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${newestVersion + 1}`);
    assert.throws(() => open(), coded('store-newer', 'conflict'));
    assert.throws(() => open({ readOnly: true }), coded('store-newer', 'conflict'));
    db.exec('PRAGMA user_version = 0');
    assert.throws(() => open({ readOnly: true }), coded('store-older', 'conflict'));
    db.close();
  });

  it('brings a store of the first layout up to date, with all that is in it', async () => {
    const old = new DatabaseSync(path);
    old.exec(`${migrations[0]!.sql} PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
    old.exec(`INSERT INTO programs VALUES (1, 'first');
      INSERT INTO events VALUES (1, 1, 'key-1', 'delegate', 1700000000001, NULL, '{"seq":1}', '${'0'.repeat(63)}1')`);
    old.close();
    assert.throws(() => open({ readOnly: true }), coded('store-older', 'conflict'));
    const store = open();
    assert.deepEqual(await store.transact('read', (tx) => tx.events({ program: 1, after: 0, limit: 9 })), [event(1)]);
    assert.equal((await store.describe()).schemaVersion, newestVersion);
    await store.transact('write', (tx) => tx.write(1, { events: [{ ...event(2), at: 7 }] }));
    const facts = await store.transact('read', (tx) =>
      tx.facts({ program: 1, after: { at: 0, seq: 0 }, until: 9, limit: 9 }),
    );
    assert.deepEqual(facts, [{ ...event(2), at: 7 }]);
  });

  it('counts positions and scores for a state that does not, by program', async () => {
    const old = new DatabaseSync(path);
    for (const { sql } of migrations.slice(0, 4)) old.exec(sql);
    old.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 4;
      INSERT INTO programs VALUES (1, 'first'), (2, 'second');
      INSERT INTO states VALUES (1, '{"version":1,"totals":{"1":"#7"}}'), (2, '{"version":2}');
      INSERT INTO positions VALUES (1, 0, 'ann', 1, 1, '5', NULL), (1, 0, 'bob', 1, 2, '5', NULL);
      INSERT INTO periods VALUES (1, 1, '{"status":"settled"}'), (1, 2, '{"status":"open"}');
      INSERT INTO scores VALUES (1, 1, 'ann', 1, '7'), (1, 2, 'ann', 1, '7'), (1, 2, 'bob', 2, '7'), (1, 3, 'bob', 2, '7')`);
    old.close();
    const store = open();
    const states = await store.transact('read', async (tx) => [await tx.state(1), await tx.state(2)]);
    assert.deepEqual(states, [
      { version: 1, totals: { 1: 7n }, positions: 2, scores: { 2: 2, 3: 1 } },
      { version: 2, positions: 0, scores: {} },
    ]);
  });

  it('says that a damaged store is damaged', async () => {
    await (await made()).close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 4096)); // all pages but the first
    await assert.rejects(
      async () => open().transact('read', (tx) => tx.state(1)),
      coded('store-corrupt', 'unavailable'),
    );
  });

  it('writes nothing when it was opened read-only', async () => {
    await made();
    const reader = open({ readOnly: true });
    await assert.rejects(
      reader.transact('write', async () => 1),
      coded('store-read-only', 'conflict'),
    );
    assert.equal(await versionOf(reader), 1);
  });

  it('lets others read the last commit while one writes, each transaction seeing one moment', async () => {
    const writer = await made();
    const reader = open({ readOnly: true });
    await reader.transact('read', async (seen) => {
      assert.equal((await seen.state(1)).version, 1);
      await writer.transact('write', async (tx) => {
        await tx.write(1, { state: state(2) });
        assert.equal((await seen.state(1)).version, 1);
      });
      assert.equal((await seen.state(1)).version, 1, 'as when it began');
    });
    assert.equal(await versionOf(reader), 2);
  });

  it('is busy while another process writes, and works again after that', async () => {
    const store = await made();
    const child = spawn(process.execPath, ['-e', `
      const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
      db.exec('BEGIN IMMEDIATE'); console.log('locked');
      process.stdin.once('end', () => { db.exec('COMMIT'); db.close(); }).resume();`, path]); // prettier-ignore
    await once(child.stdout, 'data');
    await assert.rejects(
      store.transact('write', (tx) => tx.write(1, { state: state(2) })),
      coded('store-busy', 'unavailable'),
    );
    assert.equal(await versionOf(store), 1, 'reading goes on meanwhile');
    child.stdin.end();
    await once(child, 'exit');
    await store.transact('write', (tx) => tx.write(1, { state: state(2) }));
    assert.equal(await versionOf(store), 2);
  });

  it('lets its thread do other things while it waits for whoever writes', async () => {
    await made();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const store = open({ busyTimeoutMs: 2000 });
    const writing = store.transact('write', (tx) => tx.write(1, { state: state(2) }));
    setTimeout(() => {
      other.exec('COMMIT');
      other.close();
    }, 20);
    await writing;
    assert.equal(await versionOf(store), 2);
  });

  it('writes nothing to a file that was taken from its place, or has another one there', async () => {
    const store = await made();
    const writing = () => store.transact('write', (tx) => tx.write(1, { state: state(2) }));
    renameSync(path, `${path}.old`);
    await assert.rejects(writing(), coded('store-moved', 'unavailable'));
    copyFileSync(`${path}.old`, path);
    await assert.rejects(writing(), coded('store-moved', 'unavailable'));
    await assert.rejects(store.describe(), coded('store-moved', 'unavailable'));
    assert.equal(await versionOf(store), 1, 'what was open can still be read');
    renameSync(`${path}.old`, path);
    await writing();
    assert.equal(await versionOf(store), 2);
  });

  it('is made once when two processes make it at the same moment', async () => {
    const code = `import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/stores/sqlite/store.ts'))};
      const store = openSqliteStore({ path: process.argv[1] });
      await store.transact('write', (tx) => tx.createProgram('p' + process.pid));
      await store.close();`;
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', code, path], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0, 0]);
    assert.equal((await open().transact('read', (tx) => tx.programs())).length, 3);
  });

  it('changes nothing when the disk is full, and goes on when there is room again', async () => {
    await (await made()).close();
    const pages = new DatabaseSync(path).prepare('PRAGMA page_count').get()!['page_count'] as number;
    const full = open({ maxPages: pages + 2 });
    const accounts = Array.from({ length: 2000 }, (_, i) => account(i + 1, `account-${i}`.padEnd(60, '.')));
    const writing = (store: Store) => store.transact('write', (tx) => tx.write(1, { accounts, state: state(2) }));
    await assert.rejects(writing(full), coded('store-full', 'unavailable'));
    assert.equal(await versionOf(full), 1);
    assert.equal((await full.transact('read', (tx) => tx.counts(1))).accounts, 0);
    await full.close();
    await writing(open());
    assert.equal(await versionOf(open()), 2);
  });

  it('is readable with any SQLite client: names instead of ids, amounts as decimal text', async () => {
    const store = await made();
    const a = account(1, 'alice');
    await store.transact('write', (tx) =>
      tx.write(1, {
        accounts: [a],
        validators: [{ id: 7, name: 'v7', jailed: false, rates: [{ since: 0, tokens: 1n, perShares: 1n }] }],
        positions: [{ account: 1, validator: 7, shares: huge, since: 5, bucket: 0 }],
        payouts: [payout(1, a)],
        postings: [posting(1, stakeOf(a)), posting(2, { kind: 'residual' })],
      }),
    );
    const db = new DatabaseSync(path, { readOnly: true });
    const all = (sql: string) => db.prepare(sql).all().map((row) => ({ ...row })); // prettier-ignore
    assert.deepEqual(all('SELECT program, account, score FROM payouts_readable'), [
      { program: 'p', account: 'alice', score: String(huge + 1n) },
    ]);
    assert.deepEqual(all('SELECT source, source_name, target, target_name, amount FROM postings_readable'), [
      { source: 'pool', source_name: 'community', target: 'stake', target_name: 'alice', amount: '7' },
      { source: 'pool', source_name: 'community', target: 'residual', target_name: null, amount: '7' },
    ]);
    assert.deepEqual(all('SELECT account, validator, shares FROM positions_readable'), [
      { account: 'alice', validator: 'v7', shares: String(huge) },
    ]);
    const floats = all("SELECT id FROM postings WHERE typeof(source_ref) = 'real' OR typeof(target_ref) = 'real'");
    assert.deepEqual(floats, [], 'ids of earners are integers, not floats');
    db.close();
  });

  it('calls a store corrupt that holds an amount which is none', async () => {
    const store = await made();
    await store.transact('write', (tx) =>
      tx.write(1, { accounts: [account(1, 'a')], payouts: [payout(1, account(1, 'a'))] }),
    );
    await store.close();
    const db = new DatabaseSync(path);
    db.exec("UPDATE payouts SET due = '1e5'");
    db.close();
    const again = open();
    const read = again.transact('read', (tx) => tx.payouts({ program: 1, after: 0, limit: 10 }));
    await assert.rejects(read, { code: 'store-corrupt' });
  });

  it('walks over no more of a large table than a question needs', async () => {
    const asked = new Set<string>();
    const { prototype } = DatabaseSync;
    const original = Object.getOwnPropertyDescriptor(prototype, 'prepare')!.value as typeof prototype.prepare;
    const prepare = mock.method(prototype, 'prepare', function (this: DatabaseSync, sql: string) {
      asked.add(sql);
      return original.call(this, sql);
    });
    await askEverything(await made());
    prepare.mock.restore();
    const db = new DatabaseSync(path, { readOnly: true });
    const plans = [...asked].filter((sql) => !/^(PRAGMA|BEGIN|COMMIT|ROLLBACK)|count\(/.test(sql)).flatMap((sql) =>
      db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => ({ sql, detail: String(row['detail']) })),
    ); // prettier-ignore
    db.close();
    assert.ok(plans.length > 40);
    const large = /^(SEARCH|SCAN) (accounts|positions|scores|events|payouts|postings|[eapqst])\b/;
    // By program alone it would be a walk over the whole program; by bucket or period alone, over much of it.
    const narrow =
      /\(program=\? AND (seq>\?|\(at,seq\)>|id[=>]|name[=>]|account=|lone_earner=|key=|reason=\? AND id[=>]|(period|bucket)=\? AND name[=>])|accounts_excluded/;
    for (const { sql, detail } of plans) {
      assert.ok(!large.test(detail) || narrow.test(detail), `${detail}: ${sql}`);
      // Sorted afterwards are only the rows of one account.
      assert.ok(!detail.includes('FOR ORDER BY') || /payouts_once/.test(sql), `${detail}: ${sql}`);
    }
  });
});

/** Every verb, in every way of asking. */
async function askEverything(store: Store): Promise<void> {
  const a = account(1, 'a');
  await store.transact('write', async (tx) => {
    await tx.write(1, {
      accounts: [a],
      validators: [{ id: 1, name: 'v', jailed: false, rates: [{ since: 0, tokens: 1n, perShares: 1n }] }],
      events: [event(1, a)],
      positionsRemoved: [{ account: 1, validator: 1, bucket: 0 }],
      positions: [{ account: 1, validator: 1, shares: 1n, since: 0, bucket: 0 }],
      scores: [{ account: 1, period: 1, score: 1n }, { account: 1, period: 2, score: 0n }],
      payouts: [payout(1, a)],
      postings: [posting(1, liquidOf(a))],
      balances: [{ account: poolSide, balance: 1n }],
      step: step(1),
      period: period(1),
      rules: rules(),
      schedule: [entry(1)],
    }); // prettier-ignore
    await tx.write(1, { schedule: [] });
    const token = {
      id: 'a',
      name: 'a',
      role: 'reader',
      hash: '',
      madeAt: 1,
      expiresAt: null,
      revokedAt: null,
    } as const;
    await tx.addToken(token);
    await tx.revokeToken('a', 2);
  });
  await store.transact('write', (tx) => tx.write(1, { scores: [{ account: 1, period: 1, score: 2n }] })); // looks the name up
  await store.transact('read', async (tx: Tx) => {
    const some = { program: 1, after: 0, limit: 9 };
    const of = { program: 1, buckets: [0], periods: [1] };
    await Promise.all([
      tx.programs(),
      tx.state(1),
      tx.rules(1),
      tx.schedule(1),
      tx.validators(1),
      tx.excludedAccounts(1),
      tx.balances(1),
      tx.periods(1),
      tx.steps(1, 1),
    ]);
    await Promise.all([
      tx.accountsPage({ ...of, after: null, limit: 9 }),
      tx.accountsPage({ ...of, after: '!', limit: 9 }),
      tx.accountsNamed({ ...of, names: ['a'] }),
    ]);
    await Promise.all([
      tx.eventsByKey(1, ['k']),
      tx.events(some),
      tx.events({ ...some, account: 1 }),
      tx.events({ ...some, account: null }),
      tx.events({ ...some, before: 9 }),
      tx.events({ ...some, before: 9, account: 1 }),
      tx.facts({ program: 1, after: { at: 0, seq: 0 }, until: 9, limit: 9 }),
      tx.awards({ program: 1, period: 1, after: null, limit: 9 }),
      tx.checkpoints(1),
      tx.prunings(1),
      tx.bookmarks(1),
      tx.bookmark(1, 's'),
    ]);
    for (const ask of [tx.payouts.bind(tx), tx.postings.bind(tx)] as const) {
      await Promise.all([
        ask(some),
        ask({ ...some, period: 1 }),
        ask({ ...some, account: 1 }),
        ask({ ...some, account: 1, period: 1 }),
      ]);
    }
    for (const reason of ['payout', 'rounding'] as const) {
      const below = { ...some, before: 9, reason };
      await Promise.all([
        tx.postings(below),
        tx.postings({ ...below, period: 1 }),
        tx.postings({ ...below, account: 1 }),
        tx.postings({ ...some, reason, period: 1 }),
      ]);
    }
    await Promise.all([tx.balance(1, poolSide), tx.balance(1, liquidOf(a))]);
    await Promise.all([tx.hasTokens(), tx.token('a'), tx.tokens()]);
  });
}
