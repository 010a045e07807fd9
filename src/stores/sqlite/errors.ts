import { ConflictError, InvariantError, ProrataError, UnavailableError } from '../../core/errors.ts';

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html. */
const code = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** The extended code that node:sqlite puts on its errors; `null` for any other error. */
export function sqliteCode(error: unknown): number | null {
  const found = error as { code?: unknown; errcode?: unknown } | null;
  return found?.code === 'ERR_SQLITE_ERROR' && typeof found.errcode === 'number' ? found.errcode : null;
}

/** In use by another process: BUSY, or a table LOCKED. */
export const isBusy = (error: unknown): boolean =>
  [code.busy, code.locked].some((known) => known === (sqliteCode(error) ?? 0) % 256);

export const isCannotOpen = (error: unknown): boolean => (sqliteCode(error) ?? 0) % 256 === code.cannotOpen;

export const isNotADatabase = (error: unknown): boolean => (sqliteCode(error) ?? 0) % 256 === code.notADatabase;

/** What an error of SQLite means to a caller. Errors that are ours, or not SQLite's, come back as they are. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof SyntaxError) {
    // What BigInt and JSON.parse throw: a stored amount or record that is none.
    const found = `The store ${path} holds a value that cannot be read: ${error.message}. Restore a copy of it.`;
    return new UnavailableError('store-corrupt', found, { store: path }, error);
  }
  const extended = sqliteCode(error);
  if (extended === null || error instanceof ProrataError) return error;
  const message = (error as Error).message;
  const facts = { store: path, sqlite: `${extended}: ${message}` };
  switch (extended % 256) {
    case code.busy:
    case code.locked:
      return new UnavailableError(
        'store-busy',
        `The store ${path} is in use by another process; try again when that has ended.`,
        facts,
        error,
      );
    case code.full:
      return new UnavailableError(
        'store-full',
        `There is no room left for the store ${path}; nothing was changed. Free some space and repeat.`,
        facts,
        error,
      );
    case code.ioError:
    case code.cannotOpen:
      return new UnavailableError(
        'store-unreadable',
        `The store ${path} cannot be read or written: ${message}.`,
        facts,
        error,
      );
    case code.corrupt:
    case code.notADatabase:
      return new UnavailableError(
        'store-corrupt',
        `The store ${path} is damaged: ${message}. Restore a copy of it.`,
        facts,
        error,
      );
    case code.readOnly:
      return new ConflictError(
        'store-read-only',
        `The store ${path} cannot be written: it, or its folder, is read-only.`,
        facts,
        error,
      );
    case code.constraint:
      return new InvariantError(
        'store.row-exists',
        `A row that must be new is in the store already: ${message}.`,
        facts,
        error,
      );
    default:
      return new InvariantError(
        'store.sqlite-error',
        `SQLite refused what the store asked for: ${message}.`,
        facts,
        error,
      );
  }
}
