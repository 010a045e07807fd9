import type { Lease, Lock } from '../../app/ports.ts';
import { type Connection, Pool } from './connection.ts';
import { isLost, storeError } from './errors.ts';
import type { PostgresPlace } from './url.ts';

/**
 * Locks of the server, all of a store's on one connection of their own, so that who holds many keeps none from those who ask and write. They
 * end with that connection, so with the process that holds them, however that ends, and no clock has a say. Where it breaks, all are lost.
 * The name of the store's schema is part of each.
 */
export class AdvisoryLocks {
  readonly #pool: Pool;
  readonly #place: PostgresPlace;
  /** While there is a lock, or one is asked for. */
  #connection: Promise<Connection> | null = null;
  /** Those held and those asked for: to the server a session may take its own lock again. */
  readonly #locks = new Map<string, { lost: boolean }>();

  private constructor(pool: Pool, place: PostgresPlace) {
    this.#pool = pool;
    this.#place = place;
  }

  static async of(place: PostgresPlace, readOnly: boolean): Promise<AdvisoryLocks> {
    return new AdvisoryLocks(await Pool.of({ ...place, pool: 1 }, readOnly), place);
  }

  /** `null`: somebody holds it. */
  async tryLock(name: string): Promise<Lock | null> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#locks.has(name)) return null;
      const lock = { lost: false, release: () => this.#release(name, lock) };
      this.#locks.set(name, lock);
      const connection = (this.#connection ??= this.#connect());
      try {
        const sql = 'SELECT pg_try_advisory_lock(hashtext($1), hashtext($2))';
        const [taken] = (await (await connection).get<[boolean]>(sql, this.#place.schema, name))!;
        if (!taken) this.#forget(name, lock);
        return taken ? lock : null;
      } catch (error) {
        this.#break(connection);
        // One that lay idle may have been ended meanwhile: then another is taken.
        if (!isLost(error) || attempt > 1) throw storeError(error, this.#place.shown);
      }
    }
  }

  async close(): Promise<void> {
    for (const [name, lock] of this.#locks) await this.#release(name, lock);
    await this.#pool.close();
  }

  async #release(name: string, lock: { lost: boolean }): Promise<void> {
    if (this.#locks.get(name) !== lock) return;
    const connection = this.#connection!;
    try {
      const sql = 'SELECT pg_advisory_unlock(hashtext($1), hashtext($2))';
      await (await connection).run(sql, this.#place.schema, name);
      this.#forget(name, lock);
    } catch {
      this.#break(connection); // it is gone, and the lock with it
    }
  }

  #connect(): Promise<Connection> {
    const connection = this.#pool.take().then((taken) => {
      taken.onEnd(() => this.#break(connection));
      return taken;
    });
    return connection;
  }

  #forget(name: string, lock: { lost: boolean }): void {
    if (this.#locks.get(name) !== lock) return; // it broke meanwhile
    this.#locks.delete(name);
    if (this.#locks.size === 0) this.#giveBack(false);
  }

  #break(connection: Promise<Connection>): void {
    if (this.#connection !== connection) return;
    for (const lock of this.#locks.values()) lock.lost = true;
    this.#locks.clear();
    this.#giveBack(true);
  }

  #giveBack(broken: boolean): void {
    const connection = this.#connection;
    this.#connection = null;
    void connection?.then(
      (taken) => taken.release(broken),
      () => undefined, // it did not come about: whoever asked is told
    );
  }
}

/** Takes the lease of a program where nobody has one, or it has run out; see `Store.lease`. */
export async function takeLease(pool: Pool, program: number, holder: string, ms: number): Promise<Lease | null> {
  const until = `clock_timestamp() + make_interval(secs => $2::float8 / 1000)`;
  const sql = `INSERT INTO leases AS l (program, holder, fence, until) VALUES ($1, $3, 1, ${until})
    ON CONFLICT (program) DO UPDATE SET holder = excluded.holder, fence = l.fence + 1, until = ${until}
    WHERE l.until < clock_timestamp() RETURNING fence`;
  const row = await pool.with((connection) => connection.get<[number]>(sql, program, ms, holder));
  if (row === undefined) return null;
  const [fence] = row;
  const change = (set: string, ...values: number[]): Promise<number> =>
    pool.with((connection) =>
      connection.run(
        `UPDATE leases SET until = ${set} WHERE program = $1 AND fence = $${values.length + 2}`,
        program,
        ...values,
        fence,
      ),
    );
  return {
    program,
    fence,
    renew: async () => (await change(until, ms)) > 0,
    release: async () => void (await change(`'-infinity'`)),
  };
}
