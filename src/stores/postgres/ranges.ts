import type { RangeLease, RangeOfWindow } from '../../app/ports.ts';
import { ConflictError } from '../../core/errors.ts';
import type { Connection, Pool } from './connection.ts';

/** A balance of one of the program's own ledger accounts: number of its kind, name (of a pool, else ''), digits. */
export type BalanceRow = readonly [kind: number, ref: string, balance: string];

/** What a step leaves: text of the program's state, and its balances. */
export interface Left {
  readonly state: string;
  readonly balances: readonly BalanceRow[];
}

/** So many steps at most are under way at once: what one of them was told wrongly, all after it have done for nothing. */
const aheadMost = 16;

/** Leases are found again after a crash of the server or they are not: nobody waits for the disk. */
const notDurably = `set_config('synchronous_commit', 'off', true)`;

/**
 * A range as it is worked on here. Nothing of it is needed for a window to be right: whoever commits has locked the row of the program, and has
 * found the state there that his step began with, to the letter. Each change of a program changes its state, so nothing came in between.
 */
export class PostgresRange implements RangeLease {
  readonly program: number;
  readonly period: number;
  readonly step: number;
  readonly fence: number;
  /** What the step before it said it leaves; `null`: that is committed. */
  readonly base: Left | null;
  readonly #pool: Pool;
  readonly #place: string;

  constructor(pool: Pool, schema: string, { program, period, step }: RangeOfWindow, fence: number, base: Left | null) {
    [this.program, this.period, this.step] = [program, period, step];
    [this.fence, this.base, this.#pool] = [fence, base, pool];
    this.#place = `range ${schema} ${program} ${period}`;
  }

  get ahead(): boolean {
    return this.base !== null;
  }

  /**
   * Of a transaction that works on it, before anything else: nobody else does until that has ended, and its lease is still the newest.
   * Throws ConflictError `range-overtaken`.
   */
  async enter(connection: Connection): Promise<void> {
    const sql = `SELECT pg_try_advisory_xact_lock(hashtext($1), $2), fence FROM ranges WHERE program = $3 AND period = $4 AND step = $2`;
    const row = await connection.get<[boolean, number]>(sql, this.#place, this.step, this.program, this.period);
    if (row?.[0] !== true || row[1] !== this.fence) throw this.overtaken();
  }

  /** Resolves when the transaction that works on the step before has ended. */
  async waitForPrevious(connection: Connection): Promise<void> {
    await connection.all('SELECT pg_advisory_xact_lock_shared(hashtext($1), $2)', this.#place, this.step - 1);
  }

  /** Tells what it leaves, before it is committed. Throws ConflictError `range-overtaken`. */
  async tell({ state, balances }: Left): Promise<void> {
    const sql = `UPDATE ranges SET state = $5, balances = $6 FROM ${notDurably}
      WHERE program = $1 AND period = $2 AND step = $3 AND fence = $4`;
    const values = [this.program, this.period, this.step, this.fence, state, JSON.stringify(balances)] as const;
    if ((await this.#pool.with((connection) => connection.run(sql, ...values))) === 0) throw this.overtaken();
  }

  /** Of the transaction that commits it: it and those before it are done. */
  async done(connection: Connection): Promise<void> {
    const sql = 'DELETE FROM ranges WHERE program = $1 AND (period < $2 OR period = $2 AND step <= $3)';
    await connection.run(sql, this.program, this.period, this.step);
  }

  async release(): Promise<void> {
    const sql = `DELETE FROM ranges USING ${notDurably} WHERE program = $1 AND period = $2 AND step = $3 AND fence = $4`;
    const { program, period, step, fence } = this;
    await this.#pool.with((connection) => connection.run(sql, program, period, step, fence));
  }

  overtaken(): ConflictError {
    const { period, step } = this;
    const message = `Step ${step} of period ${period} does not begin as it was told: another made it, or something came in between. Nothing was written.`;
    return new ConflictError('range-overtaken', message, { period: String(period), step: String(step) });
  }
}

type Row = [committed: number, step: number | null, taken: boolean, told: boolean];

/** See `Store.leaseRange`. */
export async function leaseRange(
  pool: Pool,
  schema: string,
  { program, period }: Pick<RangeOfWindow, 'program' | 'period'>,
  holder: string,
  ms: number,
): Promise<PostgresRange | null> {
  return pool.with(async (connection) => {
    const sql = `SELECT (w.window ->> 'steps')::int4, r.step, r.until >= clock_timestamp(), r.state IS NOT NULL
      FROM (SELECT state::json -> 'window' AS window FROM states WHERE program = $1) w
      LEFT JOIN ranges r ON r.program = $1 AND r.period = $2 AND r.step > (w.window ->> 'steps')::int4
      WHERE (w.window ->> 'period')::int4 = $2 ORDER BY r.step LIMIT ${aheadMost}`;
    const rows = await connection.all<Row>(sql, program, period);
    if (rows.length === 0) return null;
    const next = rows[0]![0] + 1;
    const step = firstFree(next, rows);
    if (step === null) return null;
    const until = `clock_timestamp() + make_interval(secs => $5::float8 / 1000)`;
    const take = `INSERT INTO ranges AS r (program, period, step, holder, fence, until)
      SELECT $1, $2, $3, $4, 1, ${until} FROM ${notDurably}
      ON CONFLICT (program, period, step) DO UPDATE
        SET holder = excluded.holder, fence = r.fence + 1, until = excluded.until, state = NULL, balances = NULL
        WHERE r.until < clock_timestamp()
      RETURNING fence, (SELECT state FROM ranges WHERE program = $1 AND period = $2 AND step = $3 - 1),
        (SELECT balances FROM ranges WHERE program = $1 AND period = $2 AND step = $3 - 1)`;
    type Taken = [fence: number, state: string | null, balances: string | null];
    const taken = await connection.get<Taken>(take, program, period, step, holder, ms);
    if (taken === undefined) return null;
    const [fence, state, balances] = taken;
    const range = { program, period, step };
    if (step === next) return new PostgresRange(pool, schema, range, fence, null);
    // Where it is gone again, the step before was committed or given up meanwhile.
    const base = state === null ? null : { state, balances: JSON.parse(balances!) as BalanceRow[] };
    const lease = new PostgresRange(pool, schema, range, fence, base);
    if (base !== null) return lease;
    await lease.release();
    return null;
  });
}

/** The first step that nobody has and that can be begun: those before it have said what they leave. */
function firstFree(next: number, rows: readonly Row[]): number | null {
  const by = new Map(rows.map(([, step, ...row]) => [step, row]));
  for (let step = next; step < next + aheadMost; step += 1) {
    const row = by.get(step);
    if (row === undefined || !row[0]) return step;
    if (!row[1]) return null;
  }
  return null;
}
