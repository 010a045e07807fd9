import type { Lock } from '../../app/ports.ts';
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
