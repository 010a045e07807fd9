import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { Store, StoredToken } from '../../src/app/ports.ts';
import { createToken, listTokens, type NewToken, revokeToken, tokenBytes } from '../../src/app/tokens.ts';
import type { ProrataError } from '../../src/core/errors.ts';
import { migrations, newestVersion } from '../../src/stores/postgres/migrations.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { parsePostgresUrl } from '../../src/stores/postgres/url.ts';
import { definition, PROGRAM } from '../app/small.ts';
import { Cli } from '../cli/harness.ts';
import { exported } from '../sim/crash-kit.ts';
import { missing, postgresForTests } from './postgres.ts';
import { type Cut, Proxy } from './proxy.ts';
import { account, event, state } from './samples.ts';

const server = (await postgresForTests())!;
const coded = (code: string) => (error: unknown) => (error as { code?: string }).code === code;
const fund = (key: string) => ({ kind: 'fund', key, time: 3000, pool: 'stakers', amount: 1n }) as const;

const newToken = (): NewToken => ({
  ...{ name: 'ci', role: 'reader', at: 1000, expiresAt: null, random: randomBytes(tokenBytes) },
});

/** A URL with other parameters. */
function withParameters(url: string, parameters: Record<string, string>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

describe('test/stores/postgres', { skip: server === null && missing }, () => {
  const opened: Store[] = [];
  const open = (url: string, options: { readOnly?: boolean; create?: boolean } = {}): Store => {
    const store = openPostgresStore({ url, ...options });
    opened.push(store);
    return store;
  };
  after(async () => {
    for (const store of opened) await store.close();
  });
  const schemaOf = (url: string): string => new URL(url).searchParams.get('schema')!;
  const programs = (store: Store) => store.transact('read', (tx) => tx.programs());
  const create = (store: Store, name = 'first') => store.transact('write', (tx) => tx.createProgram(name));

  describe('a URL', () => {
    const place = (url: string, env: NodeJS.ProcessEnv = {}) => parsePostgresUrl(url, env);

    it('says where, as whom and how; variables say what it does not', () => {
      const full = place(
        'postgres://ann:s%40c@db.example:6000/books?schema=year_1&pool=3&lock_timeout=7&sslmode=disable',
      );
      assert.deepEqual(
        [full.host, full.port, full.user, full.password, full.database, full.schema, full.pool, full.lockMs, full.tls],
        ['db.example', 6000, 'ann', 's@c', 'books', 'year_1', 3, 7000, false],
      );
      const env = { PGUSER: 'bob', PGPASSWORD: 'p', PGDATABASE: 'd', PGHOST: '::1', PGPORT: '7' };
      const bare = place('postgres://', env);
      assert.deepEqual(
        [bare.host, bare.port, bare.user, bare.password, bare.database, bare.schema, bare.tls],
        ['::1', 7, 'bob', 'p', 'd', 'prorata', false],
      );
      assert.equal(place('postgres:///d?host=/run/postgresql').host, '/run/postgresql');
      assert.equal(place('postgres://u@[::1]:5/d').host, '::1');
    });

    it('asks another machine for TLS with a certificate of its own, unless it is told otherwise', () => {
      const tls = (url: string, env?: NodeJS.ProcessEnv) => place(url, env).tls;
      assert.deepEqual(tls('postgres://db.example/d'), { rejectUnauthorized: true });
      assert.deepEqual(tls('postgres://db.example/d?sslmode=require'), { rejectUnauthorized: false });
      assert.equal(tls('postgres://db.example/d', { PGSSLMODE: 'disable' }), false);
      assert.equal(tls('postgres://localhost/d'), false);
      assert.ok(tls('postgres://localhost/d?sslmode=verify-ca'));
      assert.throws(() => tls('postgres://h/d?sslmode=prefer'), coded('store-url-invalid'));
      assert.throws(() => tls('postgres://h/d?sslrootcert=/nowhere.pem'), coded('store-url-invalid'));
    });

    it('is refused with what was found and what would be accepted, and never with the password', () => {
      for (const [url, found] of [
        ['postgres://u:secret@h/d?shema=x', /shema/],
        ['postgres://u:secret@h/d?schema=Bad', /Bad/],
        ['postgres://u:secret@h/d?schema=pg_x', /pg_x/],
        ['postgres://u:secret@h/d?pool=1', /pool is 1/],
        ['postgres://u:secret@h/d?lock_timeout=soon', /soon/],
        ['postgres://u:secret@h:99999/d', /no URL/],
        ['postgres://u:se%zzcret@h/d', /%/],
      ] as const) {
        assert.throws(
          () => place(url),
          (error: ProrataError) =>
            error.code === 'store-url-invalid' &&
            found.test(error.message) &&
            !/secret|se%zz/.test(`${error.message} ${JSON.stringify(error.facts)}`),
          url,
        );
      }
    });
  });

  describe('a schema', () => {
    it('is made once by many who come at the same moment, and kept as it is by who comes later', async () => {
      const url = server.newUrl();
      const stores = Array.from({ length: 6 }, () => open(url));
      const facts = await Promise.all(stores.map((store) => store.describe()));
      assert.deepEqual(new Set(facts.map(({ schemaVersion }) => schemaVersion)), new Set([newestVersion]));
      const layouts = await server.query(`SELECT version FROM ${schemaOf(url)}.layout ORDER BY version`);
      assert.deepEqual(layouts, migrations.map(({ version }) => [version])); // prettier-ignore
      assert.ok(facts[0]!.bytes > 100_000);
    });

    it('is not made by who only reads, or may not make one', async () => {
      const url = server.newUrl();
      await assert.rejects(programs(open(url, { readOnly: true })), coded('store-not-found'));
      await assert.rejects(programs(open(url, { create: false })), coded('store-not-found'));
      assert.deepEqual(await server.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', schemaOf(url)), []);
    });

    it('is left alone when it is somebody else’s, newer, or (by who reads) older', async () => {
      const others = server.newUrl();
      await server.query(`CREATE SCHEMA ${schemaOf(others)}`);
      await server.query(`CREATE TABLE ${schemaOf(others)}.invoices (id int)`);
      await assert.rejects(programs(open(others)), coded('store-not-prorata'));
      const url = server.newUrl();
      await create(open(url));
      await server.query(`UPDATE ${schemaOf(url)}.layout SET version = version + 1 WHERE version = ${newestVersion}`);
      await assert.rejects(programs(open(url)), coded('store-newer'));
      await server.query(`DELETE FROM ${schemaOf(url)}.layout WHERE version > 1`);
      await server.query(`DROP TABLE ${schemaOf(url)}.ranges`);
      await assert.rejects(programs(open(url, { readOnly: true })), coded('store-older'));
      assert.deepEqual(await programs(open(url)), [{ id: 1, name: 'first' }]);
      const layout = `SELECT version FROM ${schemaOf(url)}.layout ORDER BY version`;
      assert.deepEqual(await server.query(layout), [[1], [newestVersion]]);
    });

    it('keeps large tables by account, amounts as numeric, names by their bytes, and no sequence but that of tokens', async () => {
      const url = server.newUrl();
      await create(open(url));
      const schema = schemaOf(url);
      const keys = await server.query(
        `SELECT c.conrelid::regclass::text, string_agg(a.attname, ' ' ORDER BY k.nth) FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k (col, nth), pg_attribute a
         WHERE c.contype = 'p' AND c.connamespace = $1::regnamespace AND a.attrelid = c.conrelid AND a.attnum = k.col GROUP BY 1`,
        schema,
      );
      const keyOf = new Map(keys.map(([table, key]) => [String(table).replace(/.*\./, ''), String(key)]));
      for (const table of ['accounts', 'positions', 'scores', 'events', 'payouts', 'postings', 'awards', 'tallies'])
        assert.match(keyOf.get(table)!, /^program .*\bname\b|^program name/, table);
      const foreign = await server.query(
        `SELECT 1 FROM pg_constraint WHERE contype = 'f' AND connamespace = $1::regnamespace`,
        schema,
      );
      assert.deepEqual(foreign, []);
      const sequences = await server.query(
        `SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = $1::regnamespace`,
        schema,
      );
      assert.deepEqual(sequences, [['tokens_number_seq']]);
      const odd = await server.query(
        `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1 AND
          ((column_name IN ('score', 'due', 'restaked', 'liquid', 'amount', 'shares', 'balance', 'owed', 'tokens', 'per_shares', 'revision') AND data_type <> 'numeric')
           OR (column_name IN ('name', 'key', 'pool', 'source', 'node', 'edge') AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'))
          AND table_name NOT LIKE '%readable' AND table_name <> 'tokens'`,
        schema,
      );
      assert.deepEqual(odd, []);
    });
  });

  describe('failures have codes of their own, and never say the password', () => {
    const failing = async (url: string, code: string): Promise<ProrataError> => {
      const store = openPostgresStore({ url });
      const error = await programs(store).then(
        () => assert.fail(`${code} expected`),
        (thrown: ProrataError) => thrown,
      );
      await store.close();
      assert.equal(error.code, code, error.message);
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error.facts)}`, /secret/);
      return error;
    };
    const asUser = (user: string, password: string, parameters = {}): string => {
      const url = new URL(withParameters(server.newUrl(), parameters));
      [url.username, url.password] = [user, password];
      return url.href;
    };

    it('nobody there, no such name, no answer in time', async () => {
      await failing('postgres://u:secret@127.0.0.1:1/d', 'store-unreachable');
      await failing(
        'postgres://u:secret@no-such-host.invalid/d?sslmode=disable&connect_timeout=3',
        'store-unreachable',
      );
      const deaf = await Proxy.to(9); // nobody listens there, and the way to it is cut at once
      await failing(`postgres://u:secret@127.0.0.1:${deaf.port}/d?connect_timeout=1`, 'store-unreachable');
      deaf.close();
    });

    it('no such database, no TLS where it is asked for', async () => {
      const url = new URL(server.newUrl());
      url.pathname = '/no_such_database';
      await failing(url.href, 'store-not-found');
      if (server.cluster !== null)
        await failing(asUser('postgres', 'secret', { sslmode: 'require' }), 'store-tls-refused');
    });

    it(
      'a login that is refused, and a user who may not write',
      { skip: server?.cluster === null && 'only with a server of our own' },
      async () => {
        await failing(asUser('nobody_here', 'secret'), 'store-login-refused');
        await server.query('CREATE ROLE test_reader LOGIN');
        await failing(asUser('test_reader', 'secret'), 'store-read-only');
        const url = server.newUrl();
        await create(open(url));
        await server.query(`GRANT USAGE ON SCHEMA ${schemaOf(url)} TO test_reader`);
        await server.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${schemaOf(url)} TO test_reader`);
        const reader = new URL(url);
        reader.username = 'test_reader';
        const store = open(reader.href);
        assert.equal((await programs(store)).length, 1);
        await assert.rejects(create(store, 'second'), coded('store-read-only'));
      },
    );

    it('a writer who keeps another waiting too long, and goes on unharmed', async () => {
      const url = withParameters(server.newUrl(), { lock_timeout: '1' });
      const [a, b] = [open(url), open(url)];
      const id = await create(a);
      await a.transact('write', async (tx) => {
        await tx.write(id, { state: state(1) });
        await assert.rejects(b.transact('write', (other) => other.state(id)), coded('store-busy')); // prettier-ignore
      });
      assert.equal((await b.transact('write', (tx) => tx.state(id))).version, 1);
    });

    it('a statement that takes too long: nothing of its transaction stays, and the next one is well', async () => {
      const url = withParameters(server.newUrl(), { statement_timeout: '1' });
      const engine = new Engine(open(url));
      await engine.createProgram(definition());
      const before = await exported(engine);
      await server.query(`CREATE FUNCTION ${schemaOf(url)}.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END';
        CREATE TRIGGER slow BEFORE INSERT ON ${schemaOf(url)}.postings FOR EACH ROW EXECUTE FUNCTION ${schemaOf(url)}.slow()`);
      const begun = performance.now();
      await assert.rejects(engine.ingest(PROGRAM, [fund('a')]), (error: ProrataError) => {
        assert.equal(error.code, 'store-busy');
        assert.match(error.message, /statement_timeout/);
        return true;
      });
      assert.ok(performance.now() - begun < 10_000);
      assert.equal(await exported(engine), before);
      await server.query(`DROP TRIGGER slow ON ${schemaOf(url)}.postings`);
      assert.equal((await engine.ingest(PROGRAM, [fund('a')])).recorded, 1);
    });

    it('a server that hangs, with the connections open: whoever asked is told, what may be begun again is, by another one', async () => {
      const url = withParameters(server.newUrl(), { statement_timeout: '1', lock_timeout: '5' });
      const proxy = await Proxy.to(Number(new URL(url).port));
      const [store, direct] = [open(proxy.through(url)), open(url)];
      const id = await create(store);
      for (const repeatable of [false, true]) {
        let begun = 0;
        const work = store.transact(
          'write',
          async (tx) => {
            begun += 1;
            if (begun === 1) proxy.mute();
            await tx.write(id, { state: state(begun) });
          },
          { repeatable },
        );
        if (repeatable) await work;
        else await assert.rejects(work, coded('store-connection-lost'));
        assert.equal(begun, repeatable ? 2 : 1);
        const { accounts } = await direct.transact('read', (tx) => tx.counts(id));
        assert.equal(accounts, 0);
      }
      assert.equal((await direct.transact('read', (tx) => tx.state(id))).version, 2);
      proxy.close();
    });

    it('a writer who stands still for too long is ended by the server, and nothing of it stays', async () => {
      const url = withParameters(server.newUrl(), { idle_timeout: '1' });
      const [a, b] = [open(url), open(url)];
      const id = await create(a);
      const slow = a.transact('write', async (tx) => {
        await tx.write(id, { state: state(1) });
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await tx.write(id, { state: state(2) });
      });
      const waits = b.transact('write', (tx) => tx.write(id, { state: state(3) }));
      await assert.rejects(slow, coded('store-connection-lost'));
      await waits;
      assert.equal((await b.transact('read', (tx) => tx.state(id))).version, 3);
    });

    it('a value that cannot be read', async () => {
      const url = server.newUrl();
      const store = open(url);
      const id = await create(store);
      await store.transact('write', (tx) => tx.write(id, { state: state(1) }));
      await server.query(`UPDATE ${schemaOf(url)}.states SET state = '{'`);
      await assert.rejects(store.transact('read', (tx) => tx.state(id)), coded('store-corrupt')); // prettier-ignore
    });
  });

  describe('writers', () => {
    it('of one program take turns, so that nobody decides by what is not true any more; of two they do not wait', async () => {
      const url = server.newUrl();
      const stores = Array.from({ length: 4 }, () => open(url));
      const [id, other] = [await create(stores[0]!), await create(stores[0]!, 'second')];
      await stores[0]!.transact('write', (tx) => tx.write(id, { state: state(0) }));
      const add = async (store: Store): Promise<void> => {
        for (let n = 0; n < 25; n += 1) {
          await store.transact('write', async (tx) => {
            const { version } = await tx.state(id);
            await tx.write(id, { state: state(version + 1), events: [event(version + 1)] });
          });
        }
      };
      await Promise.all(stores.map(add));
      assert.equal((await stores[0]!.transact('read', (tx) => tx.state(id))).version, 100);
      await stores[0]!.transact('write', async (tx) => {
        await tx.write(id, { state: state(7) });
        await stores[1]!.transact('write', (second) => second.write(other, { state: state(1) }));
      });
    });

    it('are read by others only once they are committed, in the order of their commits: a cursor misses nothing', async () => {
      const url = server.newUrl();
      const [a, b, reader] = [open(url), open(url), open(url, { readOnly: true })];
      const engine = new Engine(a);
      await engine.createProgram(definition());
      const follower = new Engine(reader);
      const seen: string[] = [];
      let stop = false;
      const following = (async () => {
        const wait = async (): Promise<boolean> => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return !stop;
        };
        for await (const row of follower.tail(PROGRAM, { wait })) seen.push(row.cursor);
      })();
      // One holds its transaction open between writing and committing; others come meanwhile. Had it taken its numbers first and
      // committed last, the follower would have gone past them.
      const writers = [a, b, open(url)].map(async (store, who) => {
        const one = new Engine(store);
        for (let n = 0; n < 20; n += 1) {
          await one.ingest(PROGRAM, (async function* slowly() {
            yield fund(`${who}-${n}-a`);
            await new Promise((resolve) => setTimeout(resolve, (n * 7 + who * 3) % 5));
            yield fund(`${who}-${n}-b`);
          })()); // prettier-ignore
        }
      });
      await Promise.all(writers);
      const { events } = await engine.status(PROGRAM);
      assert.equal(events, 121);
      for (let tries = 0; seen.length < events && tries < 2000; tries += 1) await new Promise((resolve) => setTimeout(resolve, 2)); // prettier-ignore
      stop = true;
      await following;
      assert.deepEqual(seen, Array.from({ length: events }, (_, i) => String(i + 1))); // prettier-ignore
    });

    it('of API tokens take turns, so that no two of them have a name', async () => {
      const url = server.newUrl();
      const [a, b] = [open(url), open(url)];
      await programs(b);
      let other: Promise<unknown> = Promise.resolve();
      await a.transact('write', async (tx) => {
        assert.deepEqual(await tx.tokens(), []);
        other = createToken(b, newToken()).catch((error: ProrataError) => error.code);
        await Promise.race([other, new Promise((resolve) => setTimeout(resolve, 200))]);
        assert.deepEqual(await listTokens(open(url)), [], 'whoever reads does not wait');
        await tx.addToken({ ...newToken(), id: 'a', hash: '', madeAt: 1, revokedAt: null });
      });
      assert.equal(await other, 'token-name-taken');
      const many = [a, b, open(url), open(url)].map((store) => createToken(store, { ...newToken(), name: 'other' }));
      assert.equal((await Promise.allSettled(many)).filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('do not change what a read that goes on sees', async () => {
      const url = server.newUrl();
      const [a, reader] = [open(url), open(url, { readOnly: true })];
      const id = await create(a);
      await a.transact('write', (tx) => tx.write(id, { state: state(1) }));
      await reader.transact('read', async (tx) => {
        assert.equal((await tx.state(id)).version, 1);
        await a.transact('write', (other) => other.write(id, { state: state(2), accounts: [account(1, 'a')] }));
        assert.equal((await tx.state(id)).version, 1);
        assert.equal((await tx.counts(id)).accounts, 0);
      });
      await assert.rejects(create(reader, 'x'), coded('store-read-only'));
    });

    it('under a lease write only while it is the newest, by the clock of the server', async () => {
      const url = server.newUrl();
      const [a, b] = [open(url), open(url)];
      const id = await create(a);
      const first = (await a.lease!(id, 'a', 300))!;
      assert.equal(await b.lease!(id, 'b', 300), null);
      assert.equal(await a.lease!(id, 'a', 300), null, 'nobody has two');
      const write = (store: Store, lease: typeof first, version: number) =>
        store.transact('write', (tx) => tx.write(id, { state: state(version) }), { lease, repeatable: true });
      await write(a, first, 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(await first.renew(), true);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(await b.lease!(id, 'b', 300), null, 'it was renewed');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await write(a, first, 2); // run out, and nobody wanted it
      const second = (await b.lease!(id, 'b', 10_000))!;
      assert.ok(second.fence > first.fence);
      await assert.rejects(write(a, first, 3), coded('lease-lost'));
      const unheard = a.transact(
        'write',
        async (tx) => {
          await assert.rejects(tx.state(id), coded('lease-lost'));
          await tx.write(id, { state: state(3) }).catch(() => {});
        },
        { lease: first },
      );
      await assert.rejects(unheard, coded('lease-lost'), 'whoever does not listen writes nothing either');
      assert.equal(await first.renew(), false);
      await first.release();
      await write(b, second, 4);
      await second.release();
      await write(b, second, 5);
      assert.ok((await a.lease!(id, 'a', 300))!.fence > second.fence);
      assert.equal((await a.transact('read', (tx) => tx.state(id))).version, 5);
    });

    it('hold a lock until they let go, or their connection ends', async () => {
      const url = server.newUrl();
      const proxy = await Proxy.to(Number(new URL(url).port));
      const [a, b] = [open(proxy.through(withParameters(url, { pool: '2' }))), open(url)];
      const lock = await a.tryLock('x');
      assert.ok(lock);
      assert.equal(await b.tryLock('x'), null);
      assert.equal(await a.tryLock('x'), null);
      assert.ok(await b.tryLock('y'));
      await lock.release();
      const again = await a.tryLock('x');
      assert.ok(again);
      const more = await Promise.all(['1', '2', '3', '4', '5', '5'].map((name) => a.tryLock(name)));
      assert.equal(more.filter((one) => one !== null).length, 5);
      assert.deepEqual(
        (await Promise.all([programs(a), programs(a)])).flat(),
        [],
        'locks keep no connection from who reads',
      );
      assert.equal(await b.tryLock('5'), null);
      assert.equal(again.lost, false);
      proxy.drop();
      let taken = null;
      for (let tries = 0; taken === null && tries < 200; tries += 1) {
        taken = await b.tryLock('x');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.ok(taken, 'whoever lost its connection holds nothing');
      assert.equal(again.lost && more.every((one) => one?.lost !== false), true, 'and is told');
      const anew = await a.tryLock('5');
      await more[4]!.release();
      await again.release();
      assert.equal(await b.tryLock('x'), null, 'whoever lost it cannot let it go');
      assert.equal(await b.tryLock('5'), null);
      await anew!.release();
      assert.ok(await b.tryLock('5'));
      proxy.close();
    });
  });

  describe('a connection that is cut', () => {
    let proxy: Proxy;
    before(async () => void (proxy = await Proxy.to(Number(new URL(server.newUrl()).port))));
    after(() => proxy.close());

    it('while it lies idle is replaced without a word', async () => {
      const store = open(proxy.through(server.newUrl()));
      await create(store);
      for (let n = 1; n <= 5; n += 1) {
        await Promise.all([programs(store), programs(store), programs(store)]); // so that there are several of them
        proxy.drop();
        assert.equal((await programs(store)).length, n);
        proxy.drop();
        await create(store, `n${n}`);
      }
    });

    it('in the middle of a transaction loses that one, and only what may be begun again is begun again', async () => {
      const store = open(proxy.through(server.newUrl()));
      const id = await create(store);
      let begun = 0;
      const work = (cuts: number) => async (tx: Parameters<Parameters<Store['transact']>[1]>[0]) => {
        begun += 1;
        await tx.write(id, { state: state(begun) });
        if (begun <= cuts) proxy.drop();
        await tx.write(id, { accounts: [account(1, 'a')] });
      };
      await assert.rejects(store.transact('write', work(1)), coded('store-connection-lost'));
      assert.equal(begun, 1);
      assert.equal((await store.transact('read', (tx) => tx.counts(id))).accounts, 0);
      begun = 0;
      await store.transact('write', work(3), { repeatable: true });
      assert.equal(begun, 4);
      assert.equal((await store.transact('read', (tx) => tx.state(id))).version, 4);
    });

    for (const cut of ['before', 'answer', 'both'] as const satisfies readonly Cut[]) {
      it(`at a COMMIT (${cut}) is looked up: what was committed is answered as such, what was not is told or begun again`, async () => {
        const url = server.newUrl();
        const store = open(proxy.through(url));
        const direct = open(url);
        const id = await create(store);
        const counter = async (): Promise<number> => (await direct.transact('read', (tx) => tx.state(id))).version;
        await direct.transact('write', (tx) => tx.write(id, { state: state(0) }));
        let [told, lost] = [0, 0];
        for (let n = 1; n <= 12; n += 1) {
          const start = await counter();
          proxy.cut(cut);
          const repeatable = n % 2 === 0;
          const add = store.transact(
            'write',
            async (tx) => tx.write(id, { state: state((await tx.state(id)).version + 1) }),
            { repeatable },
          );
          // Somebody else writes as soon as he can: the mark is not the newest any more when it is looked for.
          const other = n % 3 === 0 ? direct.transact('write', (tx) => tx.write(id, { accounts: [account(1, 'a')] })) : null; // prettier-ignore
          const outcome = await add.then(
            () => 'committed',
            (error: ProrataError) => error.code,
          );
          await other;
          const now = await counter();
          if (outcome === 'committed') told += 1;
          else lost += 1;
          assert.equal(now, start + (outcome === 'committed' ? 1 : 0), `${n}: ${outcome}`);
          assert.ok(outcome === 'committed' || (outcome === 'store-connection-lost' && !repeatable), outcome);
        }
        assert.equal(told + lost, 12);
        if (cut === 'before') assert.equal(lost, 6);
        if (cut === 'answer') assert.equal(lost, 0);
      });
    }

    it('at the COMMIT of a new program is looked up as well, also while another one is made', async () => {
      const url = server.newUrl();
      const [engine, direct] = [new Engine(open(proxy.through(url))), new Engine(open(url))];
      const made: string[] = [];
      for (const [n, cut] of (['before', 'answer', 'both', 'both', 'before', 'answer'] as const).entries()) {
        await direct.programs();
        await engine.programs();
        proxy.cut(cut);
        const [name, other] = [`p${n}`, `other${n}`];
        const outcome = engine.createProgram({ ...definition(), name }).then(
          () => 'committed',
          (error: ProrataError) => error.code,
        );
        if (n > 2) await direct.createProgram({ ...definition(), name: other }).then(() => made.push(other));
        const told = await outcome;
        if (cut !== 'both') assert.equal(told, cut === 'before' ? 'store-connection-lost' : 'committed');
        else assert.match(told, /^(committed|store-connection-lost)$/);
        if (told === 'committed') made.push(name);
        assert.deepEqual((await direct.programs()).toSorted(), made.toSorted(), `${cut}: ${told}`);
        if (told !== 'committed') await engine.createProgram({ ...definition(), name }).then(() => made.push(name));
      }
    });

    for (const cut of ['before', 'answer', 'both'] as const) {
      it(`at the COMMIT of an API token (${cut}), which leaves no mark, is not guessed about`, async () => {
        const url = server.newUrl();
        const [store, direct] = [open(proxy.through(url)), open(url)];
        await programs(store);
        proxy.cut(cut);
        await assert.rejects(createToken(store, newToken()), coded('store-commit-unknown'));
        const tokens = await listTokens(direct);
        if (cut !== 'both') assert.equal(tokens.length, cut === 'before' ? 0 : 1);
        if (tokens.length === 1) await assert.rejects(createToken(store, newToken()), coded('token-name-taken'));
        else await createToken(store, newToken());
        proxy.cut(cut);
        await assert.rejects(revokeToken(store, 'ci', 2000), coded('store-commit-unknown'));
        const [{ revokedAt }] = (await listTokens(direct)) as [StoredToken];
        if (cut !== 'both') assert.equal(revokedAt, cut === 'before' ? null : 2000);
      });
    }

    it('at a COMMIT of a server that does not come back is not guessed about', async () => {
      const url = withParameters(server.newUrl(), { reconnect_timeout: '1', lock_timeout: '1' });
      const store = open(proxy.through(url));
      const id = await create(store);
      proxy.cut('before');
      proxy.refuseAfterCut = true;
      await assert.rejects(
        store.transact('write', (tx) => tx.write(id, { state: state(1) })),
        coded('store-commit-unknown'),
      );
      proxy.refuse(false);
      assert.equal((await programs(store)).length, 1);
    });
  });

  it('gives the same bytes and roots as the other stores for commands, dry runs change nothing, copies go there and back', async () => {
    using cli = new Cli();
    const url = server.newUrl();
    await cli.ok('init --quiet');
    const events = [
      'kind,key,time,account,validator,amount,tokens,shares,jailed,fraction',
      'validator-set,v1,2025-01-01T00:00:00Z,,one,,0,0,false,',
      'delegate,d1,2025-01-01T00:00:00Z,alice,one,600000000,,,,',
      'delegate,d2,2025-01-08T06:00:00Z,bob,one,600000000,,,,',
    ];
    cli.write('events.csv', events.join('\n'));
    for (const store of ['', ` --store ${url}`]) {
      await cli.ok(`ingest events.csv${store}`);
      await cli.ok(`advance --step${store}`);
      await cli.ok(`advance --step${store}`);
    }
    const open = await cli.state();
    const bytes = async (store: string): Promise<string> => cli.ok(['export', '--store', store]);
    assert.equal(await bytes(url), await bytes('prorata.db'), 'with a window open');
    assert.match(await cli.ok(`advance --dry-run --store ${url}`), /./);
    assert.equal(await bytes(url), await bytes('prorata.db'), 'a dry run');
    await cli.ok(`token create ci --role reader`);
    const there = server.newUrl();
    assert.match(await cli.ok(`copy --from sqlite:prorata.db --to ${there}`), /1 program, 1 API token/);
    assert.equal(await cli.state(), open, 'the source is as it was');
    await cli.ok(`advance --store ${there}`);
    await cli.ok('advance');
    assert.deepEqual(await cli.json(`copy --from ${there} --to back.db`), {
      ...{ from: there, to: cli.path('back.db'), programs: 1, tokens: 1 },
      ...(await cli.json(`copy --from prorata.db --to other.db`).then(({ rows, events, roots }) => ({ rows, events, roots }))), // prettier-ignore
    });
    assert.equal(await bytes('back.db'), await bytes('prorata.db'));
    assert.deepEqual(await cli.json('token list --store back.db'), await cli.json('token list'));
    const again = await cli.run(`copy --from prorata.db --to ${there}`);
    assert.match(again.err, /store-not-empty/);
    assert.equal(again.code, 5);
  });

  it('refuses a copy whose source does not say what it paid, and keeps nothing', async () => {
    using cli = new Cli();
    const url = server.newUrl();
    const engine = new Engine(open(url));
    await engine.createProgram(definition());
    await engine.ingest(PROGRAM, [fund('a'), fund('b')]);
    const before = await exported(engine);
    await server.query(`UPDATE ${schemaOf(url)}.events SET payload = replace(payload, '"b"', '"c"') WHERE seq = 3`);
    const refused = await cli.run(`copy --from ${url} --to copy.db`);
    assert.match(refused.err, /copy-differs/);
    assert.equal(refused.code, 6);
    assert.equal(cli.has('copy.db'), false);
    assert.notEqual(await exported(engine), before);
  });
});
