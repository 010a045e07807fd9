import { rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Lock } from '../../app/ports.ts';
import { isBusy, isIoError, storeError } from './errors.ts';

/**
 * A lock of the operating system on an empty SQLite file beside the store, by SQLite's own way of locking: it ends with the
 * process that holds it, however that ends, and no clock has a say. Whoever lets go takes the file away; so whoever has locked one
 * looks whether it is still there, as two would hold one lock otherwise. `null`: somebody holds it. Throws as opening a store does.
 */
export function tryFileLock(path: string): Lock | null {
  for (let turn = 1; ; turn += 1) {
    let db: DatabaseSync | null = null;
    const before = fileAt(path);
    try {
      db = new DatabaseSync(path, { timeout: 0 });
      db.exec('BEGIN EXCLUSIVE');
      // The number of a file that is open is given to no other: if it is the same, it is the same file. One that was not there is
      // there now, and is locked in the next turn.
      if (before === null || before !== fileAt(path)) {
        db.close();
        if (turn < turnsMost) continue;
        return null;
      }
      const held = db;
      return {
        release: async () => {
          try {
            rmSync(path, { force: true });
          } finally {
            held.close();
          }
        },
      };
    } catch (error) {
      db?.close();
      if (isBusy(error)) return null;
      if (isIoError(error) && turn < turnsMost) continue; // taken away while it was being opened
      throw storeError(error, path);
    }
  }
}

/** A disk that fails does so again. */
const turnsMost = 100;

/** The number of the file at a path; another file has another one, as long as this one is open. `null`: there is none. */
export const fileAt = (path: string): bigint | null =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
