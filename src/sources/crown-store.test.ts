import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeEvent } from '../core/events/encode.ts';
import type { CrownFact } from '../core/events/event.ts';
import { parseCrownScoring } from '../core/scoring/crown/scoring.ts';
import { CrownStore, type CrownStoreBookmark, type CrownStoreOptions } from './crown-store.ts';

const seconds = `
CREATE TABLE active_events (id INTEGER PRIMARY KEY AUTOINCREMENT, block_num INTEGER NOT NULL, hotkey TEXT NOT NULL, active INTEGER NOT NULL);
CREATE TABLE activity_events (id INTEGER PRIMARY KEY AUTOINCREMENT, block_num INTEGER NOT NULL, hotkey TEXT NOT NULL, kind INTEGER NOT NULL, hub TEXT);
CREATE TABLE collateral_events (id INTEGER PRIMARY KEY AUTOINCREMENT, block_num INTEGER NOT NULL, hotkey TEXT NOT NULL, collateral_rao INTEGER NOT NULL, backing TEXT NOT NULL DEFAULT 'sol');
CREATE TABLE rate_events (id INTEGER PRIMARY KEY AUTOINCREMENT, hotkey TEXT NOT NULL, from_chain TEXT NOT NULL, to_chain TEXT NOT NULL, rate REAL, block INTEGER NOT NULL, collateral_chain TEXT NOT NULL DEFAULT 'sol');
CREATE TABLE clearing_rates (id INTEGER PRIMARY KEY AUTOINCREMENT, block_num INTEGER NOT NULL, hotkey TEXT NOT NULL, from_chain TEXT NOT NULL, to_chain TEXT NOT NULL, from_amount TEXT NOT NULL, to_amount TEXT NOT NULL, swap_key TEXT);
CREATE TABLE swap_outcomes (swap_key TEXT PRIMARY KEY, outcome TEXT NOT NULL, block_time INTEGER NOT NULL);
CREATE TABLE relay_swaps (swap_key TEXT PRIMARY KEY, hotkey TEXT);
INSERT INTO active_events VALUES (7, 100, 'a', 1), (9, 105, 'b', 1);
INSERT INTO activity_events VALUES (3, 110, 'a', 1, 'sol'), (4, 112, 'a', 2, NULL), (5, 120, 'a', 0, 'sol'), (6, 130, 'b', 1, 'tao');
INSERT INTO collateral_events VALUES (1, 99, 'a', 9007199254740993, 'sol'), (2, 101, 'b', -5, 'sol');
INSERT INTO rate_events VALUES (10, 'a', 'sol', 'btc', 0.0021085, 100, 'sol'), (12, 'b', 'sol', 'btc', 2e-7, 104, 'sol'), (13, 'b', 'eth', 'btc', 1, 104, 'sol');
INSERT INTO clearing_rates VALUES (1, 120, 'a', 'sol', 'btc', '5', '7', 's1');
INSERT INTO swap_outcomes VALUES ('s1', 'completed', 121), ('s2', 'timed_out', 122), ('s3', 'cancelled', 123), ('s4', 'timed_out', 124);
INSERT INTO relay_swaps VALUES ('s4', 'b');
`;
const blocks = `
CREATE TABLE rate_events (id INTEGER PRIMARY KEY AUTOINCREMENT, hotkey TEXT NOT NULL, from_chain TEXT NOT NULL, to_chain TEXT NOT NULL, rate REAL NOT NULL, block INTEGER NOT NULL);
CREATE TABLE swap_outcomes (swap_id INTEGER PRIMARY KEY, miner_hotkey TEXT NOT NULL, completed INTEGER NOT NULL, resolved_block INTEGER NOT NULL);
INSERT INTO rate_events VALUES (5, 'a', 'btc', 'tao', 347.9, 10);
INSERT INTO swap_outcomes VALUES (1, 'a', 1, 11), (2, 'a', 0, 9);
`;
const band = parseCrownScoring(
  {
    model: 'crown',
    rules: 'capacity-band',
    directions: { 'sol-btc': '1' },
    hubs: ['sol', 'tao'],
    chains: { sol: { decimals: 9 }, btc: { decimals: 8 } },
    band: '0',
    capacity_exponent: 1,
    requirement_bps: 0,
  },
  'scoring',
);
const tie = (fields: object) => parseCrownScoring({ model: 'crown', rules: 'best-rate-tie', ...fields }, 'scoring');

describe('src/sources/crown-store', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prorata-crown-store-'));
    path = join(folder, 'state.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const make = (sql: string, mode = 'WAL'): void => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA journal_mode = ${mode}; ${sql}`);
    db.close();
  };
  const change = (sql: string): void => {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
  };
  const read = (
    options: CrownStoreOptions,
  ): { facts: CrownFact[]; bookmark: CrownStoreBookmark; leftOut: Map<string, number> } => {
    const store = CrownStore.open(path);
    try {
      return { facts: [...store.facts(options)].flat(), bookmark: store.bookmark!, leftOut: store.leftOut };
    } finally {
      store.close();
    }
  };
  const brief = ({ key, time }: CrownFact): string => `${time / 1000} ${key}`;

  it('reads the schema in seconds in order of time, kind and id, and counts what is not for the program', () => {
    make(seconds);
    const { facts, leftOut } = read({ scoring: band });
    assert.deepEqual(facts.map(brief), [
      '99 collateral:1', '100 active:7', '100 rate:10', '101 collateral:2', '104 rate:12', '105 active:9', '110 activity:3',
      '112 activity:4', '120 activity:5', '120 cleared:1', '121 outcome:s1', '124 outcome:s4', '130 activity:6',
    ]); // prettier-ignore
    assert.deepEqual(facts[0], {
      kind: 'collateral',
      key: 'collateral:1',
      time: 99_000,
      account: 'a',
      backing: 'sol',
      amount: 9_007_199_254_740_993n,
    });
    assert.deepEqual(facts[3], {
      kind: 'collateral',
      key: 'collateral:2',
      time: 101_000,
      account: 'b',
      backing: 'sol',
      amount: 0n,
    });
    assert.deepEqual(facts[4], {
      kind: 'rate',
      key: 'rate:12',
      time: 104_000,
      account: 'b',
      direction: 'sol-btc',
      backing: 'sol',
      rate: '0.0000002',
    });
    assert.deepEqual(facts[11], {
      kind: 'outcome',
      key: 'outcome:s4',
      time: 124_000,
      account: 'b',
      swap: 's4',
      completed: false,
    });
    assert.deepEqual([...leftOut.values()], [1, 1, 1]);
  });

  it('turns activity on the one hub into busy where best-rate-tie asks for it', () => {
    make(seconds);
    const { facts } = read({ scoring: tie({ directions: { 'sol-btc': '1' }, hubs: ['sol'] }) });
    const busy = facts.flatMap((fact) => (fact.kind === 'busy' ? [[brief(fact), fact.delta]] : []));
    assert.deepEqual(busy, [['110 busy:3', 1], ['120 busy:5', -1]]); // prettier-ignore
    assert.ok(facts.every((fact) => fact.kind !== 'rate' || fact.backing === undefined));
    change(`INSERT INTO rate_events VALUES (20, 'a', 'sol', 'btc', 1, 200, 'tao')`);
    assert.throws(() => read({ scoring: tie({ directions: { 'sol-btc': '1' } }) }), {
      code: 'source-backing-ambiguous',
    });
  });

  it('reads the schema in blocks along the axis of the program, and not without one', () => {
    make(blocks);
    const { facts } = read({ scoring: tie({ directions: { 'btc-tao': '1' }, block: { zero: 1000, seconds: 12 } }) });
    assert.deepEqual(facts.map(brief), ['1108 outcome:2', '1120 rate:5', '1132 outcome:1']);
    assert.throws(() => read({ scoring: tie({ directions: { 'btc-tao': '1' } }) }), { code: 'block-without-axis' });
  });

  it('gives in pieces what it gives at once', () => {
    make(seconds);
    const first = read({ scoring: band });
    assert.deepEqual(
      read({ scoring: band, after: first.bookmark }).facts.map(brief),
      ['124 outcome:s4'],
      'the newest second of outcomes again',
    );
    change(`INSERT INTO active_events VALUES (11, 140, 'b', 0); INSERT INTO rate_events VALUES (14, 'a', 'sol', 'btc', 3, 139, 'sol');
      DELETE FROM rate_events WHERE id = 10; INSERT INTO swap_outcomes VALUES ('s5', 'completed', 150); INSERT INTO relay_swaps VALUES ('s5', 'a')`);
    const more = read({ scoring: band, after: first.bookmark }).facts;
    assert.deepEqual(more.map(brief), ['124 outcome:s4', '139 rate:14', '140 active:11', '150 outcome:s5']);
    const whole = new Set(read({ scoring: band }).facts.map(encodeEvent));
    const pieces = new Set([...first.facts, ...more].filter(({ key }) => key !== 'rate:10').map(encodeEvent));
    assert.deepEqual(pieces, whole);
    const bookmark: CrownStoreBookmark = { ...first.bookmark, schema: 'blocks' };
    assert.throws(() => read({ scoring: band, after: bookmark }), { code: 'source-schema-changed' });
  });

  it('finds rows that moved in place, retracts them once and gives them anew', async () => {
    make(seconds);
    const log = new Map(read({ scoring: band }).facts.map((fact) => [fact.key, { payload: encodeEvent(fact) }]));
    const moved = async (): Promise<CrownFact[]> => {
      const store = CrownStore.open(path);
      const found: CrownFact[] = [];
      const lookup = async (keys: readonly string[]) =>
        new Map(keys.flatMap((key) => (log.has(key) ? [[key, log.get(key)!]] : [])));
      for await (const chunk of store.moved({ scoring: band }, lookup)) found.push(...chunk);
      store.close();
      for (const fact of found) log.set(fact.key, { payload: encodeEvent(fact) });
      return found;
    };
    assert.deepEqual(await moved(), []);
    for (const [second, version] of [
      [115, 2],
      [118, 3],
    ] as const) {
      change(
        `UPDATE activity_events SET block_num = ${second} WHERE id = 4; UPDATE swap_outcomes SET outcome = 'timed_out', block_time = ${second + 10} WHERE swap_key = 's1'`,
      );
      const old = version === 2 ? 'activity:4' : 'activity:4#2';
      assert.deepEqual((await moved()).map(brief), [
        `${version === 2 ? 112 : 115} retracted:${old}`,
        `${second} activity:4#${version}`,
        `${version === 2 ? 121 : 125} retracted:outcome:s1${version === 2 ? '' : '#2'}`,
        `${second + 10} outcome:s1#${version}`,
      ]);
      assert.deepEqual(await moved(), []);
    }
  });

  it("finds by comparing what reading on does not see: outcomes that came late, or were nobody's", async () => {
    make(seconds);
    const first = read({ scoring: band });
    const log = new Map(first.facts.map((fact) => [fact.key, { payload: encodeEvent(fact) }]));
    change(
      `INSERT INTO swap_outcomes VALUES ('s0', 'timed_out', 119); INSERT INTO relay_swaps VALUES ('s0', 'a'), ('s2', 'b')`,
    );
    assert.deepEqual(read({ scoring: band, after: first.bookmark }).facts.map(brief), ['124 outcome:s4']);
    const store = CrownStore.open(path);
    for (const expected of [['119 outcome:s0', '122 outcome:s2'], []]) {
      const found: CrownFact[] = [];
      for await (const chunk of store.moved({ scoring: band }, async () => log)) found.push(...chunk);
      assert.deepEqual(found.map(brief), expected);
      for (const fact of found) log.set(fact.key, { payload: encodeEvent(fact) });
    }
    store.close();
  });

  it('leaves the file as it was, and nothing beside it', () => {
    for (const mode of ['WAL', 'DELETE']) {
      make(seconds, mode);
      const before = readFileSync(path);
      read({ scoring: band });
      assert.ok(readFileSync(path).equals(before));
      assert.deepEqual(readdirSync(folder), ['state.db']);
      rmSync(path);
    }
  });

  it('reads beside a writer what was committed', () => {
    make(seconds);
    const writer = new DatabaseSync(path);
    writer.exec(
      `BEGIN; INSERT INTO active_events VALUES (11, 140, 'b', 0); COMMIT; BEGIN; INSERT INTO active_events VALUES (12, 141, 'b', 1)`,
    );
    assert.equal(read({ scoring: band }).facts.at(-1)!.key, 'active:11');
    writer.exec('ROLLBACK');
    writer.close();
  });

  it('says what is wrong with a file, each by a code of its own', () => {
    const codeOf = (): string => {
      try {
        read({ scoring: band });
        return 'none';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    assert.equal(codeOf(), 'source-not-found');
    writeFileSync(path, 'no database at all, but long enough to be looked at as one '.repeat(20));
    assert.equal(codeOf(), 'source-not-a-database');
    rmSync(path);
    make('CREATE TABLE other (id INTEGER)');
    assert.equal(codeOf(), 'source-schema-unknown');
    rmSync(path);
    make(seconds.replace('hub TEXT', 'place TEXT'));
    assert.equal(codeOf(), 'source-schema-unknown');
    rmSync(path);
    make(
      `${seconds} WITH RECURSIVE n(i) AS (SELECT 20 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO active_events SELECT i, 200 + i, 'x', 1 FROM n`,
      'DELETE',
    );
    truncateSync(path, 8192);
    assert.equal(codeOf(), 'source-corrupt');
    truncateSync(path, 50);
    assert.ok(['source-not-a-database', 'source-corrupt'].includes(codeOf()));
    rmSync(path);
    make(seconds, 'DELETE');
    const writer = new DatabaseSync(path);
    writer.exec(`BEGIN EXCLUSIVE; UPDATE active_events SET active = 0`);
    assert.equal(codeOf(), 'source-busy');
    writer.exec('ROLLBACK');
    writer.close();
  });

  it('refuses a row that no validator writes, by table, id and column', () => {
    const cases = [
      [`UPDATE rate_events SET rate = 'fast' WHERE id = 12`, 'rate-malformed', /rate_events 12/],
      [`UPDATE rate_events SET rate = 9e999 WHERE id = 12`, 'rate-malformed', /Infinity/],
      [`UPDATE rate_events SET rate = NULL WHERE id = 12`, 'rate-malformed', /null/],
      [`UPDATE rate_events SET hotkey = '' WHERE id = 12`, 'source-row-invalid', /rate_events 12, column hotkey/],
      [`UPDATE active_events SET active = 2 WHERE id = 7`, 'source-row-invalid', /active_events 7, column active/],
      [`UPDATE activity_events SET kind = 4 WHERE id = 5`, 'source-row-invalid', /activity_events 5, column kind/],
      [`UPDATE active_events SET block_num = -1 WHERE id = 7`, 'source-row-invalid', /column block_num: found -1/],
      [`UPDATE active_events SET block_num = 1.5 WHERE id = 7`, 'source-row-invalid', /column block_num: found 1.5/],
      [
        `UPDATE swap_outcomes SET outcome = 'lost' WHERE swap_key = 's1'`,
        'source-row-invalid',
        /swap_outcomes s1, column outcome/,
      ],
    ] as const;
    for (const [sql, code, message] of cases) {
      make(seconds);
      change(sql);
      assert.throws(() => read({ scoring: band }), { code, message }, sql);
      rmSync(path);
    }
  });
});
