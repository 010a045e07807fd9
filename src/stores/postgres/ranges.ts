import type { RangeLease, RangeOfWindow } from '../../app/ports.ts';
import { rangeOvertaken } from '../../app/ports.ts';
import { UnavailableError } from '../../core/errors.ts';
import type { Connection, Pool } from './connection.ts';
import type { PostgresPlace } from './url.ts';

/** A balance of one of the program's own ledger accounts: number of its kind, name (of a pool, else ''), digits. */
export type BalanceRow = readonly [kind: number, ref: string, balance: string];

/** What a step leaves: text of the program's state, and its balances. */
export interface Left {
  readonly state: string;
  readonly balances: readonly BalanceRow[];
}

/** What the step before said it leaves, under its lease of that number. */
interface Base extends Left {
  readonly fence: number;
}

/** So many steps at most are under way at once: what one of them was told wrongly, all after it have done for nothing. */
const aheadMost = 16;

/**
 * How long a step that is made ahead waits for a row. Whoever has that row has changed what the step began with, most likely, and may be waiting for
 * it: so this is shorter than a server waits before it looks for a circle, and the step is the one that gives way.
 */
const rowWait = '100ms';

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
  readonly base: Base | null;
  readonly #pool: Pool;
  readonly #window: string;
  readonly #lockWait: string;

  constructor(pool: Pool, place: PostgresPlace, range: RangeOfWindow, fence: number, base: Base | null) {
    ({ program: this.program, period: this.period, step: this.step } = range);
    [this.fence, this.base, this.#pool] = [fence, base, pool];
    this.#window = windowOf(place, range);
    this.#lockWait = `${place.lockMs}ms`;
  }

  get ahead(): boolean {
    return this.base !== null;
  }

  /**
   * Of a transaction that works on it, before anything else: nobody else does until that has ended, and its lease is still the newest.
   * Throws ConflictError `range-overtaken`.
   */
  async enter(connection: Connection): Promise<void> {
    const sql = `SELECT pg_try_advisory_xact_lock(hashtext($1), $2) AND pg_try_advisory_xact_lock(${attemptLock('$1', '$2::int4', '$5::int4')}),
      CASE WHEN $6 THEN set_config('lock_timeout', '${rowWait}', true) END
      FROM ranges WHERE program = $3 AND period = $4 AND step = $2 AND fence = $5`;
    const { program, period, step, fence, ahead } = this;
    const row = await connection.get<[boolean]>(sql, this.#window, step, program, period, fence, ahead);
    if (row?.[0] !== true) throw rangeOvertaken(this);
  }

  /**
   * Resolves when the transaction that told what the step before leaves has ended. Not one that makes that step anew: it may be waiting for
   * somebody who waits for this one.
   */
  async waitForPrevious(connection: Connection): Promise<void> {
    const sql = `SELECT pg_advisory_xact_lock_shared(${attemptLock('$1', '$2::int4', '$3::int4')}) FROM set_config('lock_timeout', $4, true)`;
    await connection.all(sql, this.#window, this.step - 1, this.base?.fence ?? 0, this.#lockWait);
  }

  /** Tells what it leaves, before it is committed. Where it cannot, or another has the lease by now, nobody begins after it: no more. */
  async tell({ state, balances }: Left): Promise<void> {
    const sql = `UPDATE ranges SET state = $5, balances = $6 FROM ${notDurably}
      WHERE program = $1 AND period = $2 AND step = $3 AND fence = $4`;
    const values = [this.program, this.period, this.step, this.fence, state, JSON.stringify(balances)] as const;
    try {
      await this.#pool.with((connection) => connection.run(sql, ...values), true);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
    }
  }

  /** Of the transaction that commits it: it and those before it are done. */
  async done(connection: Connection): Promise<void> {
    const sql = 'DELETE FROM ranges WHERE program = $1 AND (period < $2 OR period = $2 AND step <= $3)';
    await connection.run(sql, this.program, this.period, this.step);
  }

  async release(): Promise<void> {
    const sql = `UPDATE ranges SET until = '-infinity', state = NULL, balances = NULL FROM ${notDurably}
      WHERE program = $1 AND period = $2 AND step = $3 AND fence = $4`;
    const { program, period, step, fence } = this;
    await this.#pool.with((connection) => connection.run(sql, program, period, step, fence));
  }
}

const windowOf = ({ schema }: PostgresPlace, { program, period }: Pick<RangeOfWindow, 'program' | 'period'>): string =>
  `range ${schema} ${program} ${period}`;

/** The lock, as the server has it, that a transaction holds which works on a step under one lease. */
const attemptLock = (window: string, step: string, fence: string): string =>
  `hashtext(${window} || ' ' || ${step}), ${fence}`;

type Row = [committed: number, step: number | null, fence: number, taken: boolean, told: boolean];

/** See `Store.leaseRange`. */
export async function leaseRange(
  pool: Pool,
  place: PostgresPlace,
  { program, period }: Pick<RangeOfWindow, 'program' | 'period'>,
  holder: string,
  ms: number,
): Promise<PostgresRange | null> {
  return pool.with(async (connection) => {
    // Whoever has told what he leaves, and is not at it any more, has given it up, or died.
    // Not by what is in the text of the state: the server's JSON knows fewer texts than a reason for a pause may be.
    const sql = `SELECT w.made, r.step, r.fence, CASE WHEN r.until < clock_timestamp() THEN false WHEN r.state IS NULL THEN true
        ELSE NOT pg_try_advisory_xact_lock_shared(${attemptLock('$3', 'r.step', 'r.fence::int4')}) END, r.state IS NOT NULL
      FROM (SELECT max(step) AS made FROM steps WHERE program = $1 AND period = $2
        AND EXISTS (SELECT 1 FROM states WHERE program = $1 AND strpos(state, '"window":null') = 0)) w
      LEFT JOIN ranges r ON r.program = $1 AND r.period = $2 AND r.step > w.made
      WHERE w.made IS NOT NULL ORDER BY r.step LIMIT ${aheadMost}`;
    const rows = await connection.all<Row>(sql, program, period, windowOf(place, { program, period }));
    if (rows.length === 0) return null;
    const next = rows[0]![0] + 1;
    const free = firstFree(next, rows);
    if (free === null) return null;
    const { step } = free;
    const until = `clock_timestamp() + make_interval(secs => $5::float8 / 1000)`;
    const take = `WITH base AS (SELECT fence, state, balances FROM ranges WHERE program = $1 AND period = $2 AND step = $3 - 1)
      INSERT INTO ranges AS r (program, period, step, holder, fence, until)
      SELECT $1, $2, $3, $4, 1, ${until} FROM ${notDurably}
      ON CONFLICT (program, period, step) DO UPDATE
        SET holder = excluded.holder, fence = r.fence + 1, until = excluded.until, state = NULL, balances = NULL
        WHERE r.fence = $6
      RETURNING fence, (SELECT fence FROM base), (SELECT state FROM base), (SELECT balances FROM base)`;
    type Taken = [fence: number, before: number | null, state: string | null, balances: string | null];
    const taken = await connection.get<Taken>(take, program, period, step, holder, ms, free.fence);
    if (taken === undefined) return null;
    const [fence, before, state, balances] = taken;
    const range = { program, period, step };
    if (step === next) return new PostgresRange(pool, place, range, fence, null);
    // Where it is gone again, the step before was committed or given up meanwhile.
    const base = state === null ? null : { fence: before!, state, balances: JSON.parse(balances!) as BalanceRow[] };
    const lease = new PostgresRange(pool, place, range, fence, base);
    if (base !== null) return lease;
    await lease.release();
    return null;
  });
}

/** The first step that nobody has and that can be begun: those before it have said what they leave. With the number of its newest lease. */
function firstFree(next: number, rows: readonly Row[]): { readonly step: number; readonly fence: number } | null {
  const by = new Map(rows.map(([, step, fence, taken, told]) => [step, { fence, taken, told }]));
  for (let step = next; step < next + aheadMost; step += 1) {
    const { fence = 0, taken = false, told = false } = by.get(step) ?? {};
    if (!taken) return { step, fence };
    if (!told) return null;
  }
  return null;
}
