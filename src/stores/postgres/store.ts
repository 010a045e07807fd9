import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  Lease,
  Lock,
  RangeLease,
  RangeOfWindow,
  Store,
  StoreFacts,
  TransactOptions,
  Tx,
} from '../../app/ports.ts';
import { ConflictError, InvalidInputError, invariant, NotFoundError, UnavailableError } from '../../core/errors.ts';
import { Pool } from './connection.ts';
import type { Connection } from './connection.ts';
import { isLost, isRepeatable, storeError } from './errors.ts';
import { migrations, newestVersion } from './migrations.ts';
import { AdvisoryLocks, takeLease } from './lock.ts';
import { leaseRange, PostgresRange } from './ranges.ts';
import { commitsKept, type Mark, PostgresTx } from './tx.ts';
import { parsePostgresUrl, type PostgresPlace } from './url.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Reads only, from any server that answers: also one that follows another. Default false. */
  readonly readOnly?: boolean;
  /** Make the schema when it is not there. Default true, unless readOnly. */
  readonly create?: boolean;
}

/** The oldest server that is tried. */
const oldestServer = 13;

/**
 * A store in one schema of a PostgreSQL database. Nothing is asked before the first use, which brings the schema to the newest layout
 * (or makes it) and throws what is wrong: NotFoundError `store-not-found`; InvalidInputError `store-not-prorata`, `store-login-refused`,
 * `store-server-unfit`; ConflictError `store-newer`, `store-older`, `store-read-only`; UnavailableError `store-unreachable`,
 * `store-tls-refused`, and the others of errors.ts. Throws InvalidInputError `store-url-invalid` at once.
 */
export function openPostgresStore({ url, readOnly = false, create = !readOnly }: PostgresOptions): Store {
  return new PostgresStore(parsePostgresUrl(url), readOnly, create && !readOnly);
}

/** What came of a transaction: its result, or that nothing of it is in the store. */
type Outcome<T> = { readonly committed: true; readonly result: T } | { readonly committed: false; error: unknown };

/** How often a transaction that may be begun again is begun. */
const attemptsMax = 6;

class PostgresStore implements Store {
  readonly writesBeside = true;
  readonly #place: PostgresPlace;
  readonly #readOnly: boolean;
  readonly #create: boolean;
  #pool: Promise<Pool> | null = null;
  /** The transaction that the calling code runs in, if any. */
  readonly #inside = new AsyncLocalStorage<PostgresTx>();
  /** The newest transaction that writes; the next ones wait for it. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** All of them that are under way or wait: the next one that writes waits for them. */
  readonly #under = new Set<Promise<unknown>>();
  #locks: Promise<AdvisoryLocks> | null = null;
  #closed = false;
  #closing: Promise<void> | null = null;

  constructor(place: PostgresPlace, readOnly: boolean, create: boolean) {
    this.#place = place;
    this.#readOnly = readOnly;
    this.#create = create;
  }

  transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>, options: TransactOptions = {}): Promise<T> {
    return this.#queue(mode, () => this.#transact(mode, work, options));
  }

  describe(): Promise<StoreFacts> {
    return this.#queue('read', async () => {
      const pool = await this.#ready();
      const sql = `SELECT (SELECT max(version) FROM layout), coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'`;
      const [schemaVersion, bytes] = (await pool.with((c) => c.get<[number, number]>(sql, this.#place.schema)))!;
      return { kind: 'postgres' as const, location: this.#place.shown, schemaVersion, bytes };
    });
  }

  async tryLock(name: string): Promise<Lock | null> {
    invariant(!this.#closed, 'store.closed', { store: this.#place.shown });
    await this.#ready();
    this.#locks ??= AdvisoryLocks.of(this.#place, this.#readOnly);
    return (await this.#locks).tryLock(name);
  }

  async lease(program: number, holder: string, ms: number): Promise<Lease | null> {
    invariant(!this.#closed, 'store.closed', { store: this.#place.shown });
    return takeLease(await this.#ready(), program, holder, ms);
  }

  async leaseRange(
    window: Pick<RangeOfWindow, 'program' | 'period'>,
    holder: string,
    ms: number,
  ): Promise<RangeLease | null> {
    invariant(!this.#closed, 'store.closed', { store: this.#place.shown });
    return leaseRange(await this.#ready(), this.#place, window, holder, ms);
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue('write', async () => {
      this.#closed = true;
      const pool = await this.#pool?.catch(() => null);
      await (await this.#locks)?.close();
      await pool?.close();
    }).catch((error: unknown) => {
      this.#closing = null; // asked within a transaction: it may be asked again
      throw error;
    });
    return this.#closing;
  }

  /** Reads run beside each other; what writes waits for all before it, and all after it wait. Waiting for oneself is refused. */
  async #queue<T>(mode: 'read' | 'write', job: () => Promise<T>): Promise<T> {
    invariant(this.#inside.getStore()?.open !== true, 'store.nested-transaction');
    const before = mode === 'read' ? this.#lastWrite : Promise.all([this.#lastWrite, ...this.#under]);
    const turn = before.then(() => {
      invariant(!this.#closed, 'store.closed', { store: this.#place.shown });
      return job();
    });
    const over = turn.catch(() => undefined);
    if (mode === 'write') this.#lastWrite = over;
    this.#under.add(over);
    void over.then(() => this.#under.delete(over));
    return turn;
  }

  /** The connections, once the layout is known to fit; asked anew after it failed. */
  #ready(): Promise<Pool> {
    this.#pool ??= this.#opened().catch((error: unknown) => {
      this.#pool = null;
      throw error;
    });
    return this.#pool;
  }

  async #opened(): Promise<Pool> {
    const pool = await Pool.of(this.#place, this.#readOnly);
    try {
      await pool.with((connection) => this.#prepare(connection));
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  async #prepare(connection: Connection): Promise<void> {
    const { shown, schema } = this.#place;
    const [server, encoding] = (await connection.get<[string, string]>(
      `SELECT current_setting('server_version_num'), current_setting('server_encoding')`,
    ))!;
    const found = `PostgreSQL ${Math.trunc(Number(server) / 10_000)}, encoding ${encoding}`;
    if (Number(server) < oldestServer * 10_000 || encoding !== 'UTF8') {
      throw new InvalidInputError(
        'store-server-unfit',
        `The server of the store ${shown} has ${found}; accepted: PostgreSQL ${oldestServer} or newer, encoding UTF8.`,
        { store: shown, found },
      );
    }
    const { version } = await this.#inspect(connection);
    if (version === newestVersion) return;
    if (this.#readOnly) {
      throw new ConflictError(
        'store-older',
        `The store ${shown} has layout ${version}, this program reads ${newestVersion}; open it once for writing.`,
        { store: shown, found: String(version), newest: String(newestVersion) },
      );
    }
    await migrate(connection, schema, () => this.#inspect(connection));
  }

  /** Looks at the schema: ours, empty and ours to make, or neither. */
  async #inspect(connection: Connection): Promise<{ readonly version: number }> {
    const { shown, schema } = this.#place;
    const sql = `SELECT to_regclass(format('%I.layout', $1::text)) IS NOT NULL,
      (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1::text)`;
    const [ours, things] = (await connection.get<[boolean, number]>(sql, schema))!;
    if (!ours && things > 0) {
      throw new InvalidInputError(
        'store-not-prorata',
        `The schema ${schema} of ${shown} is not a Prorata store. Give a schema of one, or one that does not exist yet: ?schema=NAME.`,
        { store: shown, schema },
      );
    }
    if (!ours && !this.#create) {
      throw new NotFoundError('store-not-found', `There is no store at ${shown} (schema ${schema}).`, { store: shown });
    }
    if (!ours) return { version: 0 };
    const row = await connection.get<[number | null]>(`SELECT max(version) FROM "${schema}".layout`);
    const version = row?.[0] ?? 0;
    if (version > newestVersion) {
      throw new ConflictError(
        'store-newer',
        `The store ${shown} has layout ${version}; this program knows layouts up to ${newestVersion}. Use a newer Prorata.`,
        { store: shown, found: String(version), newest: String(newestVersion) },
      );
    }
    return { version };
  }

  async #transact<T>(
    mode: 'read' | 'write',
    work: (tx: Tx) => Promise<T>,
    { repeatable = false, ...under }: TransactOptions,
  ): Promise<T> {
    if (mode === 'write' && this.#readOnly) {
      throw new ConflictError('store-read-only', `The store ${this.#place.shown} was opened for reading only.`, {
        store: this.#place.shown,
      });
    }
    const pool = await this.#ready();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(pool, mode, work, under);
      if (outcome.committed) return outcome.result;
      const { error } = outcome;
      const again = repeatable && attempt < attemptsMax && isAgain(error);
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }

  async #attempt<T>(
    pool: Pool,
    mode: 'read' | 'write',
    work: (tx: Tx) => Promise<T>,
    { lease, range }: TransactOptions,
  ): Promise<Outcome<T>> {
    const connection = await this.#begun(pool, mode);
    invariant(range === undefined || range instanceof PostgresRange, 'store.range-of-store');
    const tx = new PostgresTx(connection, this.#place.shown, mode, { lease, range });
    let result: T;
    try {
      result = await this.#inside.run(tx, () => work(tx));
      tx.end();
    } catch (error) {
      tx.open = false;
      const told = storeError(error, this.#place.shown);
      // A server that does not answer any more would not answer this either.
      const gone = (told as { code?: string }).code === 'store-connection-lost';
      const broken = gone || (await connection.exec('ROLLBACK').then(() => false, () => true)); // prettier-ignore
      connection.release(broken);
      return { committed: false, error: told };
    }
    let word: string;
    try {
      word = await connection.exec('COMMIT');
    } catch (error) {
      if (!isLost(error)) {
        connection.release(true);
        return { committed: false, error: storeError(error, this.#place.shown) };
      }
      connection.release(true);
      if (tx.mark === null && tx.unmarked) throw this.#commitUnknown(error);
      if (tx.mark === null || (await this.#wasCommitted(pool, tx.mark))) return { committed: true, result };
      return { committed: false, error: storeError(error, this.#place.shown) };
    }
    connection.release(false);
    invariant(word === 'COMMIT', 'store.commit-refused', { word });
    return { committed: true, result };
  }

  /** A connection with a transaction. One that lay idle may have been ended meanwhile: then another is taken. */
  async #begun(pool: Pool, mode: 'read' | 'write'): Promise<Connection> {
    const begin =
      mode === 'write' ? 'BEGIN ISOLATION LEVEL READ COMMITTED' : 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
    for (let attempt = 1; ; attempt += 1) {
      const connection = await pool.take();
      try {
        await connection.exec(begin);
        return connection;
      } catch (error) {
        connection.release(true);
        if (!isLost(error) || attempt > this.#place.pool * 4) throw storeError(error, this.#place.shown);
      }
    }
  }

  #commitUnknown(cause?: unknown): UnavailableError {
    return new UnavailableError(
      'store-commit-unknown',
      `The connection to the store ${this.#place.shown} was lost while a transaction was committed, and whether it was cannot be found out. Look at the store before you repeat.`,
      { store: this.#place.shown },
      cause,
    );
  }

  /**
   * Whether a transaction was committed whose COMMIT was sent and not answered. It waits for the row of the program: while the server
   * still works on the transaction, that is locked. Throws UnavailableError `store-commit-unknown` where it cannot be found out.
   */
  async #wasCommitted(pool: Pool, { program, nth, token }: Mark): Promise<boolean> {
    for (const end = performance.now() + this.#place.reconnectMs + this.#place.lockMs; ;) {
      let connection: Connection | null = null;
      try {
        connection = await this.#begun(pool, 'write');
        const sqlRow = 'SELECT writes FROM programs WHERE id = $1 FOR NO KEY UPDATE';
        let row = await connection.get<[number]>(sqlRow, program);
        if (row === undefined) {
          // A program that is being made has no row to wait for; whoever makes it holds this.
          await connection.exec('LOCK TABLE layout IN SHARE ROW EXCLUSIVE MODE');
          row = await connection.get<[number]>(sqlRow, program);
        }
        const sql = 'SELECT token FROM commits WHERE program = $1 AND slot = $2 AND nth = $3';
        const found = await connection.get<[string]>(sql, program, nth % commitsKept, nth);
        await connection.exec('ROLLBACK');
        connection.release(false);
        if (found !== undefined) return found[0] === token;
        if (row === undefined || row[0] < nth) return false;
        throw this.#commitUnknown();
      } catch (error) {
        if (error instanceof UnavailableError && error.code === 'store-commit-unknown') throw error;
        connection?.release(true);
        if (performance.now() > end) throw this.#commitUnknown(error);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Nothing was written, and it may well go better next time. */
function isAgain(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return code === 'store-connection-lost' || isRepeatable(cause);
}

/** In one transaction, under a lock of the schema's name, and looking again once it has it: two processes may open a new store at once. */
async function migrate(
  connection: Connection,
  schema: string,
  inspect: () => Promise<{ readonly version: number }>,
): Promise<void> {
  await connection.exec(`BEGIN; SET LOCAL lock_timeout = 0;`);
  await connection.all(`SELECT pg_advisory_xact_lock(hashtext('prorata layout'), hashtext($1))`, schema);
  const { version } = await inspect();
  if (version === 0) {
    await connection.exec(
      `CREATE SCHEMA IF NOT EXISTS "${schema}"; CREATE TABLE layout (version int4 PRIMARY KEY, note text NOT NULL)`,
    );
  }
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    await connection.exec(migration.sql);
    await connection.run('INSERT INTO layout (version, note) VALUES ($1, $2)', migration.version, migration.note);
  }
  await connection.exec('COMMIT');
}
