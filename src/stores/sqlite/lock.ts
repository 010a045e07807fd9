import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Lock } from '../../app/ports.ts';
import { isBusy, storeError } from './errors.ts';

/**
 * A lock of the operating system on an empty SQLite file beside the store, by SQLite's own way of locking: it ends with the
 * process that holds it, however that ends, and no clock has a say. The file stays when the lock is let go: were it taken away, a process
 * that had opened it before and one that makes it anew could hold it at once. `null`: somebody holds it. Throws as opening a store does.
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

/** The number of the file at a path; another file has another one, as long as this one is open. `null`: there is none. */
export const fileAt = (path: string): bigint | null =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
