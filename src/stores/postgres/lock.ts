import type { Lease, Lock } from '../../app/ports.ts';
import type { Pool } from './connection.ts';
import { storeError } from './errors.ts';

/**
 * A lock of the server that belongs to one connection: it ends with that, so with the process that holds it, however that ends, and no
 * clock has a say. `null`: somebody holds it. The name of the store's schema is part of it.
 */
export async function tryAdvisoryLock(pool: Pool, schema: string, name: string, store: string): Promise<Lock | null> {
  const connection = await pool.take();
  const key = [schema, name] as const;
  try {
    const sql = 'SELECT pg_try_advisory_lock(hashtext($1), hashtext($2))';
    const [held] = (await connection.get<[boolean]>(sql, ...key))!;
    if (!held) {
      connection.release(false);
      return null;
    }
  } catch (error) {
    connection.release(true);
    throw storeError(error, store);
  }
  let released = false;
  return {
    release: async () => {
      if (released) return;
      released = true;
      try {
        await connection.run('SELECT pg_advisory_unlock(hashtext($1), hashtext($2))', ...key);
        connection.release(false);
      } catch {
        connection.release(true); // the connection is gone, and the lock with it
      }
    },
  };
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
