import { DatabaseSync } from 'node:sqlite';
import type { Lock } from '../../app/ports.ts';
import { isBusy, storeError } from './errors.ts';

/**
 * A lock of the operating system on an empty SQLite file beside the store, by SQLite's own way of locking: it ends with the
 * process that holds it, however that ends, and no clock has a say. The file stays: taking it away while somebody is about to lock it
 * would make two of one lock. `null`: somebody holds it. Throws as opening a store does.
 */
export function tryFileLock(path: string): Lock | null {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    const held = db;
    return { release: async () => held.close() };
  } catch (error) {
    db?.close();
    if (isBusy(error)) return null;
    throw storeError(error, path);
  }
}
