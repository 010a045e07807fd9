import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { plainNames } from '../../src/views/account-names.ts';
import { tableNames, writeTable } from '../../src/views/tables.ts';
import { Cli } from '../cli/harness.ts';
import { definition, PROGRAM } from '../app/small.ts';
import { json, programs, type Served, served } from './harness.ts';

const linesOf = (text: string): any[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function table({ app, program }: Served, name: string, format?: string): Promise<{ body: string; headers: any }> {
  const question = format === undefined ? '' : `?format=${format}`;
  const answer = await app.inject({ url: `/v1/programs/${program}/export/${name}${question}` });
  assert.equal(answer.statusCode, 200, `${name}: ${answer.body}`);
  return answer;
}

/** Rows that an export has, and the route of the API that has them page by page. */
const routes = {
  'stake-time': ['events', 'payouts', 'postings', 'periods', 'scores'],
  crown: ['events', 'payouts', 'postings', 'periods', 'scores'],
  cred: ['events', 'payouts', 'postings', 'periods', 'scores'],
} as const;

/** A store with so many stakers whose names are given, in a file. */
async function staked(names: readonly string[]): Promise<Served & { readonly writer: Engine }> {
  const cli = new Cli();
  const writer = new Engine(openSqliteStore({ path: cli.path('prorata.db') }));
  await writer.createProgram(definition());
  const events = names.map((account, i): ProrataEvent => ({
    ...{ kind: 'delegate', key: `d${i}`, time: 2000, account, validator: 'v', amount: 5n },
  }));
  const validator: ProrataEvent = {
    ...{ kind: 'validator-set', key: 'v', time: 1000, validator: 'v', tokens: 0n, shares: 0n, jailed: false },
  };
  assert.equal((await writer.ingest(PROGRAM, [validator, ...events])).refused, 0);
  return { ...(await served(cli, PROGRAM)), writer };
}

describe('test/http/exports', () => {
  for (const model of ['stake-time', 'crown', 'cred'] as const) {
    it(`has the rows of the API, whole, of a program that scores by ${model}`, async () => {
      await using server = await programs[model]();
      const { app, program, cli } = server;
      for (const name of routes[model]) {
        const { items } = await json(app, `/v1/programs/${program}/${name}?limit=1000`);
        assert.deepEqual(linesOf((await table(server, name)).body), items, name);
      }
      const { items: steps } = await json(app, `/v1/programs/${program}/periods/1/steps?limit=1000`);
      const exported = linesOf((await table(server, 'steps')).body).filter(({ period }) => period === 1);
      assert.deepEqual(exported, steps, 'steps');
      const { body, headers } = await table(server, 'payouts', 'csv');
      assert.equal(body, await cli.ok('payouts --csv'));
      assert.equal(headers['content-type'], 'text/csv; charset=utf-8; header=present');
      const { events } = await cli.json('status');
      const file = `${program}-payouts-${events}.csv`;
      assert.equal(headers['content-disposition'], `attachment; filename="${file}"; filename*=UTF-8''${file}`);
      let filled = 0;
      for (const name of tableNames) {
        const rows = linesOf((await table(server, name, 'jsonl')).body);
        const records = parse((await table(server, name, 'csv')).body);
        assert.equal(records.length, rows.length + 1, `${name}: a heading, and a record for each row`);
        assert.ok(new Set(records[0]).size === records[0]!.length, name);
        filled += Number(rows.length > 0);
        // What a table has and JSON says plainly, CSV says too.
        for (const [column, heading] of records[0]!.entries()) {
          const [row, record] = [rows[0], records[1]];
          if (row !== undefined && typeof row[heading] === 'string')
            assert.equal(record![column], row[heading], heading);
        }
      }
      assert.ok(filled >= 7, `only ${filled} tables have rows`);
    });
  }

  it('marks names that a spreadsheet would run, in CSV only', async () => {
    const names = ['+a', '-b', '=HYPERLINK("http://x","y")', '@c', 'd'];
    const server = await staked(names);
    await using _ = server;
    const found = linesOf((await table(server, 'accounts')).body).map(({ account }) => account);
    assert.deepEqual(found, names);
    const [, ...records] = parse((await table(server, 'accounts', 'csv')).body);
    assert.deepEqual(
      records.map(([account]) => account),
      [...names.slice(0, 4).map((name) => `'${name}`), 'd'],
    );
    await server.writer.close();
  });

  it('is of one version of the store, whatever is written meanwhile, and lets others ask', async () => {
    const server = await staked(Array.from({ length: 1800 }, (_, i) => `a${i}`));
    await using _ = server;
    const reader = new Engine(openSqliteStore({ path: server.cli.path('prorata.db'), readOnly: true }));
    let [text, version, pages] = ['', 0, 0];
    const asked = { table: 'accounts', format: 'jsonl', model: 'stake-time', names: plainNames } as const;
    const onVersion = (seq: number): void => void (version = seq);
    const market = async () => ({ seq: 0, parts: [] });
    const more = { market, persons: async () => [], signal: new AbortController().signal, onVersion };
    await writeTable(reader, PROGRAM, { ...asked, ...more }, async (part) => {
      text += part;
      pages += 1;
      const next: ProrataEvent = {
        ...{ kind: 'delegate', key: `z${pages}`, time: 3000, account: `z${pages}`, validator: 'v', amount: 5n },
      };
      assert.equal((await server.writer.ingest(PROGRAM, [next])).recorded, 1);
      assert.equal((await json(server.app, `/v1/programs/${PROGRAM}/scores?limit=1`)).total, 1800 + pages);
    });
    assert.ok(pages > 3, 'it was read at once');
    assert.deepEqual([version, linesOf(text).length], [1802, 1800]);
    assert.ok(linesOf(text).every(({ account }) => account.startsWith('a')));
    await reader.close();
    await server.writer.close();
  });

  it('stops when whoever took it goes away, and lets in a few at a time', async () => {
    // More than fits between the two: whoever does not read holds it up.
    const server = await staked(Array.from({ length: 12_000 }, (_, i) => `${i}-${'x'.repeat(240)}`));
    await using _ = server;
    const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
    const path = `${url}/v1/programs/${PROGRAM}/export/accounts`;
    const gone = new AbortController();
    const held = await Promise.all(Array.from({ length: 4 }, () => fetch(path, { signal: gone.signal })));
    assert.deepEqual(
      held.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    const full = await fetch(path);
    assert.deepEqual([full.status, ((await full.json()) as any).code], [503, 'server-busy']);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    gone.abort();
    let again: Response;
    do {
      await sleep(10);
      again = await fetch(path);
    } while (again.status === 503);
    assert.equal(linesOf(await again.text()).length, 12_000);
    assert.ok(server.log.some((line) => line.includes('stream closed prematurely')));
    assert.ok(!server.log.some((line) => /broken off|AbortError|"level":[45]/.test(line)), server.log.join(''));
    await server.writer.close();
  });

  it('refuses what is no table, no format and no program as every route does', async () => {
    await using server = await programs['stake-time']();
    const code = async (path: string): Promise<unknown[]> => {
      const answer = await server.app.inject({ url: `/v1/programs/${path}` });
      return [answer.statusCode, answer.json().code];
    };
    assert.deepEqual(await code('acme/export/states'), [400, 'request-invalid']);
    assert.deepEqual(await code('acme/export/payouts?format=xml'), [400, 'request-invalid']);
    assert.deepEqual(await code('nobody/export/payouts'), [404, 'program-unknown']);
    const url = '/v1/programs/acme/export/payouts?format=csv';
    const head = await server.app.inject({ method: 'HEAD', url });
    assert.deepEqual([head.statusCode, head.body], [200, '']);
    assert.match(head.headers['content-type']!, /^text\/csv/);
  });

  it('breaks off rather than end as if it were whole', async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `a${i}`);
    const server = await staked(names);
    await using _ = server;
    const broken = new Engine(openSqliteStore({ path: server.cli.path('prorata.db'), readOnly: true }));
    const readBooks = broken.readBooks.bind(broken);
    broken.readBooks = (program, work) =>
      readBooks(program, async (tx, books) => {
        let pages = 0;
        const accountsPage: typeof tx.accountsPage = async (page) => {
          if ((pages += 1) > 2) throw new Error('the disk is gone');
          return tx.accountsPage(page);
        };
        return work(Object.assign(Object.create(tx), { accountsPage }), books);
      }) as any;
    const other = await served(server.cli, PROGRAM, {
      reader: async () => ({ engine: broken, close: async () => {} }),
    });
    const url = await other.app.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${url}/v1/programs/${PROGRAM}/export/accounts`);
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text(), /terminated/);
    assert.ok(other.log.some((line) => line.includes('an export was broken off')));
    await other.app.close();
    await broken.close();
    await server.writer.close();
  });
});
