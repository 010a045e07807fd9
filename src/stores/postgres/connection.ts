import type pg from 'pg';
import { connectError, isAway, storeError } from './errors.ts';
import { type ColumnType, listOf } from './lists.ts';
import type { PostgresPlace } from './url.ts';

export type Value = string | number | bigint | boolean | null | Uint8Array;

/** Names of prepared statements by their text: the same in every connection. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = `s${names.size}`));
  return name;
}

const int8 = 20;
/** int8 as number (within 2^53), numeric as its digits, the rest as the library has it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    ((oid as number) === int8 ? Number : library!.types.getTypeParser(oid, format)) as never,
};
let library: typeof pg | undefined;

/** One connection while somebody has it: prepared statements, rows as arrays. */
export class Connection {
  readonly #client: pg.PoolClient;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;
  #onEnd: (() => void) | null = null;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  /**
   * One statement at a time: the library does not want to be asked another one before it has answered. One that waits for no other is sent at once,
   * so that the server works on it while the lists of the next one are made.
   */
  async #alone<T>(ask: () => Promise<T>): Promise<T> {
    const turn = this.#underWay === 0 ? ask() : this.#last.then(ask);
    this.#underWay += 1;
    const over = (): void => void (this.#underWay -= 1);
    this.#last = turn.then(over, over);
    return turn;
  }

  async #query(sql: string, values: readonly (Value | string)[]): Promise<pg.QueryArrayResult> {
    const query = { name: nameOf(sql), text: sql, values: [...values], rowMode: 'array' as const, types };
    return this.#alone(() => this.#client.query(query));
  }

  /** All rows: only for what has a limit. The type of a row is the caller's word. */
  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await this.#query(sql, values)).rows as Row[];
  }

  async get<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0];
  }

  /** Returns the number of rows changed. */
  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0;
  }

  /** Statements that are not prepared: several at once, those that begin and end transactions. Returns the last one's word. */
  async exec(sql: string): Promise<string> {
    const result = (await this.#alone(() => this.#client.query(sql))) as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(result) ? result.at(-1)! : result).command;
  }

  /** Tells once when the connection ends while somebody has it. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener;
    this.#client.once('end', listener);
  }

  /** Gives the connection back; `broken`: it is closed instead. */
  release(broken: boolean): void {
    if (this.#onEnd !== null) this.#client.off('end', this.#onEnd);
    this.#client.release(broken);
  }
}

/** The connections of a store, at most `place.pool` of them. */
export class Pool {
  readonly #pool: pg.Pool;
  readonly #place: PostgresPlace;
  #reached = false;

  private constructor(pool: pg.Pool, place: PostgresPlace) {
    this.#pool = pool;
    this.#place = place;
  }

  static async of(place: PostgresPlace, readOnly: boolean): Promise<Pool> {
    library ??= (await import('pg')).default;
    const settings = {
      search_path: `"${place.schema}"`,
      client_min_messages: 'warning',
      lock_timeout: place.lockMs,
      statement_timeout: place.statementMs,
      idle_in_transaction_session_timeout: place.idleMs,
      jit: 'off',
      // Each question has an index that gives its rows in their order. A server that has not looked at its tables yet, or plans for
      // values that it does not know, would rather read and sort whole tables for a page.
      enable_seqscan: 'off',
      enable_bitmapscan: 'off',
      ...(readOnly ? { default_transaction_read_only: 'on' } : {}),
    };
    const pool = new library.Pool({
      host: place.host,
      port: place.port,
      user: place.user,
      password: place.password,
      database: place.database,
      ssl: place.tls,
      max: place.pool,
      connectionTimeoutMillis: place.connectMs,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      keepAlive: true,
      // A server that does not answer at all is given up a little after it should have given up itself.
      query_timeout: place.statementMs + Math.min(place.statementMs, 10_000),
      application_name: 'prorata',
      options: Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`).join(' '), // prettier-ignore
    });
    // An idle connection that the server ends, or one that breaks while it is used: whoever asks next is told, or gets another.
    pool.on('error', () => {});
    pool.on('connect', (client) => void client.on('error', () => {}));
    return new Pool(pool, place);
  }

  /** A connection. A server that answered before is asked again for a while, unless `once`. Throws what connectError makes. */
  async take(once = false): Promise<Connection> {
    for (const end = performance.now() + (once ? 0 : this.#place.reconnectMs); ;) {
      try {
        const client = await this.#pool.connect();
        this.#reached = true;
        return new Connection(client);
      } catch (error) {
        if (!this.#reached || !isAway(error) || performance.now() > end) throw connectError(error, this.#place.shown);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** `once`: see `take`. */
  async with<T>(work: (connection: Connection) => Promise<T>, once = false): Promise<T> {
    const connection = await this.take(once);
    let broken = true;
    try {
      const result = await work(connection);
      broken = false;
      return result;
    } catch (error) {
      throw storeError(error, this.#place.shown);
    } finally {
      connection.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** Many rows by one statement: a list per column. Defined once, so that its statement is prepared once. */
export interface BulkInsert {
  readonly sql: string;
  readonly types: readonly ColumnType[];
}

/** `columns`: name and type, without the program, which leads every table. `tail`: what to do with rows that are there. */
export function bulkInsert(table: string, columns: Readonly<Record<string, ColumnType>>, tail = ''): BulkInsert {
  const types = Object.values(columns);
  const lists = types.map((type, index) => `$${index + 2}::${type}[]`).join(', ');
  const sql = `INSERT INTO ${table} (program, ${Object.keys(columns).join(', ')}) SELECT $1, u.* FROM unnest(${lists}) u ${tail}`;
  return { sql, types };
}

/** Rows of one statement: what they take together stays within some megabytes. */
const rowsPerCall = 5000;

/** A writer of many rows of one program: `row(...)` for each, `end()` when there are no more. */
export class BulkWriter {
  readonly #connection: Connection;
  readonly #program: number;
  readonly #insert: BulkInsert;
  readonly #columns: (string | number | boolean | null)[][];

  constructor(connection: Connection, program: number, insert: BulkInsert) {
    this.#connection = connection;
    this.#program = program;
    this.#insert = insert;
    this.#columns = insert.types.map(() => []);
  }

  row(...values: (string | number | boolean | null)[]): void {
    for (let i = 0; i < values.length; i += 1) this.#columns[i]!.push(values[i]!);
  }

  /** Writes them. Returns the number of rows changed by all of them. */
  async end(): Promise<number> {
    const count = this.#columns[0]!.length;
    let changes = 0;
    for (let at = 0; at < count; at += rowsPerCall) {
      const lists = this.#columns.map((column, i) => {
        const part = count <= rowsPerCall ? column : column.slice(at, at + rowsPerCall);
        return listOf(this.#insert.types[i]!, part);
      });
      changes += await this.#connection.run(this.#insert.sql, this.#program, ...lists);
    }
    return changes;
  }
}
