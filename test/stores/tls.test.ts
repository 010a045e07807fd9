/** Real handshakes with a server that has a certificate; those of test/stores/tls are valid for a hundred years. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { Cluster } from './postgres.ts';

const file = (name: string): string => join(import.meta.dirname, 'tls', name);
const [cluster, missing] = await Cluster.start().then(
  (started) => [started, ''] as const,
  (error: Error) => [null, `no PostgreSQL: ${error.message}`] as const,
);

describe('test/stores/tls', { skip: cluster === null && missing }, () => {
  let admin: pg.Pool;
  const ask = async (sql: string): Promise<unknown[][]> =>
    (await admin.query({ text: sql, rowMode: 'array' })).rows as unknown[][];

  before(() => {
    // By the socket, whoever may come by the network.
    admin = new pg.Pool({ host: cluster!.folder, port: cluster!.port, user: 'postgres', allowExitOnIdle: true });
    admin.on('error', () => {});
  });
  after(async () => {
    await admin.end();
    cluster!.remove();
  });

  /** A file of the server's own. */
  function give(name: string, as: string, content?: string): void {
    const path = join(cluster!.data, as);
    if (content === undefined) copyFileSync(file(name), path);
    else writeFileSync(path, content);
    const { uid, gid } = statSync(cluster!.data);
    chownSync(path, uid, gid);
    chmodSync(path, 0o600);
  }

  /** Who may come, by lines of pg_hba.conf. */
  async function letIn(...lines: readonly string[]): Promise<void> {
    give('', 'pg_hba.conf', ['local all all trust', ...lines, ''].join('\n'));
    await reload();
  }

  /** Settings and files are read again by the next connection that begins after this. */
  async function reload(): Promise<void> {
    const [[at]] = (await ask('SELECT pg_conf_load_time()::text')) as [[string]];
    await ask('SELECT pg_reload_conf()');
    while ((await ask(`SELECT pg_conf_load_time()::text = '${at}'`))[0]![0] === true) continue;
  }

  interface Way {
    readonly host?: string;
    readonly user?: string;
    readonly sslmode?: string;
    readonly sslrootcert?: string;
    readonly sslcert?: string;
    readonly sslkey?: string;
  }

  /** What comes of opening the store in a way: that it is encrypted, or not, or the code it is refused with. */
  async function opening({ host = 'localhost', user = 'postgres', sslmode, ...files }: Way): Promise<string> {
    const url = new URL(`postgres://${user}@${host}:${cluster!.port}/postgres`);
    if (sslmode !== undefined) url.searchParams.set('sslmode', sslmode);
    for (const [name, value] of Object.entries(files)) url.searchParams.set(name, file(value));
    const store = openPostgresStore({ url: url.href });
    try {
      await store.describe();
      const encrypted = `SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'prorata'`;
      return (await ask(encrypted))[0]![0] === true ? 'encrypted' : 'open';
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await store.close();
    }
  }

  const authority = { sslrootcert: 'authority.pem' };
  const stranger = { sslrootcert: 'stranger.pem' };

  it('is refused by a server that has none', async () => {
    for (const sslmode of ['require', 'verify-ca', 'verify-full'])
      assert.equal(await opening({ sslmode, ...authority }), 'store-tls-refused');
    assert.equal(await opening({}), 'open', 'this machine is trusted without a word');
  });

  describe('with a certificate of the server', () => {
    before(async () => {
      give('server.pem', 'server.crt');
      give('server.key', 'server.key');
      give('authority.pem', 'root.crt');
      for (const setting of [`ssl = 'on'`, `ssl_ca_file = 'root.crt'`]) await ask(`ALTER SYSTEM SET ${setting}`);
      await ask('CREATE ROLE alice SUPERUSER LOGIN');
      await reload();
    });

    it('trusts its authority, and then, with verify-full, only the host that it names', async () => {
      for (const [way, expected] of [
        [{ sslmode: 'verify-full', ...authority }, 'encrypted'],
        [{ sslmode: 'verify-full', ...stranger }, 'store-tls-refused'],
        [{ sslmode: 'verify-full' }, 'store-tls-refused'],
        [{ sslmode: 'verify-full', host: '127.0.0.1', ...authority }, 'store-tls-refused'],
        [{ sslmode: 'verify-ca', host: '127.0.0.1', ...authority }, 'encrypted'],
        [{ sslmode: 'verify-ca', ...stranger }, 'store-tls-refused'],
        [{ sslmode: 'verify-ca' }, 'store-tls-refused'],
      ] as const satisfies readonly (readonly [Way, string])[])
        assert.equal(await opening(way), expected, JSON.stringify(way));
    });

    it('is not looked at with sslmode=require, and not asked for with disable', async () => {
      assert.equal(await opening({ sslmode: 'require' }), 'encrypted');
      assert.equal(await opening({ sslmode: 'require', host: '127.0.0.1', ...stranger }), 'encrypted');
      assert.equal(await opening({ sslmode: 'disable' }), 'open');
    });

    it('says that the login is refused where the server lets nobody in without TLS', async () => {
      await letIn('hostssl all all 127.0.0.1/32 trust');
      assert.equal(await opening({ sslmode: 'disable' }), 'store-login-refused');
      assert.equal(await opening({}), 'store-login-refused');
      assert.equal(await opening({ sslmode: 'verify-full', ...authority }), 'encrypted');
    });

    it('shows ours to a server that asks for it', async () => {
      await letIn('hostssl all all 127.0.0.1/32 cert');
      const ours = { sslcert: 'client.pem', sslkey: 'client.key' };
      const verified = { sslmode: 'verify-full', ...authority } as const;
      assert.equal(await opening({ user: 'alice', ...verified, ...ours }), 'encrypted');
      assert.equal(await opening({ user: 'alice', sslmode: 'require', ...ours }), 'encrypted');
      assert.equal(await opening({ user: 'postgres', ...verified, ...ours }), 'store-login-refused');
      assert.equal(await opening({ user: 'alice', ...verified }), 'store-login-refused');
    });
  });
});
