import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Lock, Store, StoreFacts, Tx } from '../../app/ports.ts';
import { ConflictError, InvalidInputError, invariant, NotFoundError, UnavailableError } from '../../core/errors.ts';
import { LocalLocks } from '../local-locks.ts';
import { Connection } from './connection.ts';
import { isBusy, isCannotOpen, isNotADatabase, storeError } from './errors.ts';
import { applicationId, migrations, newestVersion } from './migrations.ts';
import { fileAt, tryFileLock } from './lock.ts';
import { SqliteTx } from './tx.ts';

export interface SqliteOptions {
  readonly path: string;
  /** Reads beside a process that writes: no DDL, no change of the journal. Default false. */
  readonly readOnly?: boolean;
  /** Make the file when it is not there. Default true, unless readOnly. */
  readonly create?: boolean;
  /** How long to wait for another process's write to end, milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /** Largest size of the file, in pages of 4,096 bytes (a quota; also how tests fill a disk). Default: no limit. */
  readonly maxPages?: number;
}

/**
 * Opens a store in one SQLite file, or makes it, and brings it to the newest layout.
 *
 * Throws: NotFoundError `store-not-found`; InvalidInputError `store-not-prorata`; ConflictError `store-newer`, `store-older` (read-only and not
 * yet brought up to date); UnavailableError `store-busy`, `store-full`, `store-unreadable`, `store-corrupt`.
 */
export function openSqliteStore(options: SqliteOptions): Store {
  const { path, readOnly = false, create = !readOnly, busyTimeoutMs = 5000 } = options;
  if (!create && !existsSync(path))
    throw new NotFoundError('store-not-found', `There is no store at ${path}.`, { store: path });
  let connection: Connection | undefined;
  try {
    connection = new Connection(path, { readOnly, timeout: busyTimeoutMs });
    const look = () => atOnce(connection!, () => inspect(connection!, path, { mayMake: create && !readOnly }));
    let found: ReturnType<typeof inspect>;
    try {
      found = look();
    } catch (error) {
      // On a disk that cannot be written there is no room for the files beside a WAL store. When none is there, nobody
      // writes: the file may be read as one that does not change.
      if (!readOnly || !isCannotOpen(error) || existsSync(`${path}-wal`)) throw error;
      connection.close();
      connection = new Connection(unchanging(path), { readOnly, timeout: busyTimeoutMs });
      found = look();
    }
    if (found.version < newestVersion && readOnly) {
      throw new ConflictError(
        'store-older',
        `The store ${path} has layout ${found.version}, this program reads ${newestVersion}; open it once for writing.`,
        found.facts,
      );
    }
    connection.db.exec(pragmas);
    if (!readOnly) patiently(busyTimeoutMs, () => connection!.db.exec(writerPragmas));
    if (!readOnly) migrate(connection, path);
    if (options.maxPages !== undefined) connection.db.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
    return new SqliteStore(connection, { path, readOnly, busyTimeoutMs });
  } catch (error) {
    connection?.close();
    throw isNotADatabase(error) ? notProrata(path, error) : storeError(error, path);
  }
}

/**
 * Chosen by measuring paying steps of 1,000 among 500,000 accounts (bench/store-micro.ts). Cache: 4, 16, 32 and 64 MB gave the same
 * time within noise, as a batch lies side by side in every tree; 32 MB leaves room for the inner pages of large ones. No
 * mmap: mapped pages count as memory of the process.
 */
const pragmas = 'PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;';
/**
 * synchronous=FULL: a commit that was answered is on the disk. How often the WAL is copied back decides the longest steps, not the
 * throughput: every 100 pages p99 13.5 ms (and 15 % slower), 250: 10.9, 500: 13.5, 1,000: 16 to 20, 2,000: 32, 4,000: 37. Pages of 4,096
 * bytes: larger ones were no faster in order, and 10 to 40 % slower at random places.
 */
const writerPragmas = `PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 500; PRAGMA journal_size_limit = 67108864;`;

function unchanging(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/** Reads the header of the file: ours, empty and ours to make, or neither. */
function inspect(connection: Connection, path: string, { mayMake }: { mayMake: boolean }) {
  const version = pragma(connection, 'user_version');
  const facts = { store: path, found: String(version), newest: String(newestVersion) };
  if (pragma(connection, 'application_id') !== applicationId) {
    const empty = version === 0 && connection.get<[number]>('SELECT count(*) FROM sqlite_schema')![0] === 0;
    if (!empty || !mayMake) throw notProrata(path);
    return { version: 0, facts };
  }
  if (version > newestVersion) {
    throw new ConflictError(
      'store-newer',
      `The store ${path} has layout ${version}; this program knows layouts up to ${newestVersion}. Use a newer Prorata.`,
      facts,
    );
  }
  return { version, facts };
}

/** Several reads of one state of the file, although another process may be making the store just now. */
function atOnce<T>(connection: Connection, read: () => T): T {
  connection.db.exec('BEGIN');
  try {
    return read();
  } finally {
    if (connection.db.isTransaction) connection.db.exec('COMMIT');
  }
}

/** Between two tries to get at a file that is busy. */
const pauseMs = 10;

/** Tries again while the file is busy: SQLite does not wait by itself when a file turns to WAL. */
function patiently(busyTimeoutMs: number, work: () => void): void {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      return work();
    } catch (error) {
      if (waited >= busyTimeoutMs || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

const pragma = (connection: Connection, name: string): number => connection.get<[number]>(`PRAGMA ${name}`)![0];

function notProrata(path: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(
    'store-not-prorata',
    `${path} is not a Prorata store. Give the path of one, or of a file that does not exist yet.`,
    { store: path },
    cause,
  );
}

/** In one transaction, and looking again once it has the lock: two processes may open a new store at the same moment. */
function migrate(connection: Connection, path: string): void {
  const { db } = connection;
  if (pragma(connection, 'user_version') === newestVersion) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    const { version } = inspect(connection, path, { mayMake: true });
    for (const migration of migrations) if (migration.version > version) db.exec(migration.sql);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${newestVersion}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

class SqliteStore implements Store {
  readonly #connection: Connection;
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #locks = new LocalLocks();
  readonly #busyTimeoutMs: number;
  readonly #file: bigint | null;
  /** The transaction that the calling code runs in, if any. */
  readonly #inside = new AsyncLocalStorage<SqliteTx>();
  /** The newest transaction; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Set from the first time that it is asked to close. */
  #closing: Promise<void> | null = null;

  constructor(
    connection: Connection,
    { path, readOnly, busyTimeoutMs }: Required<Pick<SqliteOptions, 'path' | 'readOnly' | 'busyTimeoutMs'>>,
  ) {
    this.#connection = connection;
    this.#path = path;
    this.#readOnly = readOnly;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#file = fileAt(path);
  }

  transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#queue(() => this.#transact(mode, work));
  }

  describe(): Promise<StoreFacts> {
    return this.#queue(async () => {
      this.#assertInPlace();
      return {
        kind: 'sqlite' as const,
        location: this.#path,
        schemaVersion: pragma(this.#connection, 'user_version'),
        bytes: sizeOf(this.#path) + sizeOf(`${this.#path}-wal`),
      };
    });
  }

  async tryLock(name: string): Promise<Lock | null> {
    if (this.#path === ':memory:') return this.#locks.tryLock(name);
    // One lock, by whatever path the file was opened.
    return tryFileLock(`${realpathSync(this.#path)}-lock-${name}`);
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue(async () => {
      this.#closed = true;
      this.#connection.close();
    }).catch((error: unknown) => {
      this.#closing = null; // asked within a transaction: it may be asked again
      throw error;
    });
    return this.#closing;
  }

  /** One after the other; waiting for oneself would be for ever, so that is refused. */
  async #queue<T>(job: () => Promise<T>): Promise<T> {
    invariant(this.#inside.getStore()?.open !== true, 'store.nested-transaction');
    const turn = this.#last.then(() => {
      invariant(!this.#closed, 'store.closed', { store: this.#path });
      return job();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #transact<T>(mode: 'read' | 'write', work: (tx: Tx) => Promise<T>): Promise<T> {
    if (mode === 'write' && this.#readOnly) {
      throw new ConflictError('store-read-only', `The store ${this.#path} was opened for reading only.`, {
        store: this.#path,
      });
    }
    const { db } = this.#connection;
    const tx = new SqliteTx(this.#connection, this.#path, mode);
    try {
      if (mode === 'write') {
        await this.#beginWrite();
        this.#assertInPlace();
      } else this.#connection.run('BEGIN');
      const result = await this.#inside.run(tx, () => work(tx));
      tx.end();
      this.#connection.run('COMMIT');
      return result;
    } catch (error) {
      tx.open = false;
      if (db.isTransaction) this.#connection.run('ROLLBACK'); // SQLite ends it by itself when the disk is full
      throw storeError(error, this.#path);
    }
  }

  /** What is written to a file that was taken away, or has another in its place, is seen by nobody who opens the store next. */
  #assertInPlace(): void {
    if (fileAt(this.#path) === this.#file) return;
    const message = `The store ${this.#path} was moved or replaced while it was open; nothing was changed. Start again.`;
    throw new UnavailableError('store-moved', message, { store: this.#path });
  }

  /** Waits for another process's write to end. SQLite would sleep in this thread, which may have others to answer. */
  async #beginWrite(): Promise<void> {
    const { db } = this.#connection;
    for (let waited = 0; ; waited += pauseMs) {
      db.exec('PRAGMA busy_timeout = 0');
      try {
        this.#connection.run('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (waited >= this.#busyTimeoutMs || !isBusy(error)) throw error;
      } finally {
        db.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
      }
      await sleep(pauseMs);
    }
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
