import {
  ConflictError,
  InvalidInputError,
  InvariantError,
  NotFoundError,
  ProrataError,
  UnavailableError,
} from '../../core/errors.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: five signs, of which the first two are the class. */
export function sqlState(error: unknown): string | null {
  const found = error as { code?: unknown; severity?: unknown } | null;
  return typeof found?.code === 'string' && typeof found.severity === 'string' ? found.code : null;
}

const nodeCode = (error: unknown): string => (error as { code?: string } | null)?.code ?? '';

const messageOf = (error: unknown): string => {
  const { message, errors } = error as { message?: string; errors?: readonly Error[] };
  // A name with several addresses fails with one error for each.
  return message !== undefined && message !== '' ? message : (errors ?? []).map((one) => one.message).join('; ');
};

/** Of node's sockets and of the client library, which has no codes for these. */
const lostCodes = [
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ERR_STREAM_DESTROYED'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EPROTO'],
];
const lostMessages =
  /^Connection terminated|Client has encountered a connection error|Query read timeout|Client was closed/;

/** The connection is gone, and with it a transaction that was not committed. */
export function isLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return state.startsWith('08') || ['57P01', '57P02', '57P05', '25P03', '25P04'].includes(state);
  return lostCodes.includes(nodeCode(error)) || lostMessages.test(messageOf(error));
}

/** Nobody answers there, or not yet: worth asking again for a while. */
export function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return ['57P03', '53300', '57P01', '57P02'].includes(state);
  const away = ['ECONNREFUSED', 'ENOENT', 'EAI_AGAIN', ...lostCodes];
  return away.includes(nodeCode(error)) || isLost(error) || /timeout/i.test(messageOf(error));
}

/** The server gave up one of several that were in each other's way: nothing of it was written. */
export const isRepeatable = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '');

/** What an error of PostgreSQL or of the way to it means to a caller. `store` has no password. */
export function storeError(error: unknown, store: string): unknown {
  if (error instanceof ProrataError) return error;
  if (error instanceof SyntaxError) {
    // What BigInt and JSON.parse throw: a stored amount or record that is none.
    const found = `The store ${store} holds a value that cannot be read: ${error.message}. Restore a copy of it.`;
    return new UnavailableError('store-corrupt', found, { store }, error);
  }
  const state = sqlState(error);
  const message = messageOf(error);
  const facts = { store, postgres: `${state ?? nodeCode(error)}: ${message}` };
  if (state === null) {
    if (!isLost(error)) return error;
    const lost = `The connection to the store ${store} was lost: ${message}. What was not committed is not written; repeat.`;
    return new UnavailableError('store-connection-lost', lost, facts, error);
  }
  switch (state) {
    case '57P03':
    case '53300':
      return new UnavailableError(
        'store-unreachable',
        `The server of the store ${store} takes nobody just now: ${message}. Try again.`,
        facts,
        error,
      );
    case '28P01':
    case '28000':
      return new InvalidInputError(
        'store-login-refused',
        `The server of the store ${store} refuses the login: ${message}. Give another user or password (PGUSER, PGPASSWORD, the URL).`,
        facts,
        error,
      );
    case '3D000':
      return new NotFoundError(
        'store-not-found',
        `There is no store at ${store}: ${message}. Make the database first: CREATE DATABASE.`,
        facts,
        error,
      );
    case '42501':
    case '25006':
      return new ConflictError(
        'store-read-only',
        `The store ${store} cannot be written: ${message}. Ask the server that takes writes, as a user who may write.`,
        facts,
        error,
      );
    case '57014': {
      const slow = `The store ${store} did not answer in time: ${message}. Nothing was changed; try again, or allow more: statement_timeout.`;
      return new UnavailableError('store-busy', slow, facts, error);
    }
    case '55P03':
    case '40001':
    case '40P01':
      return new UnavailableError(
        'store-busy',
        `The store ${store} is in use by another process: ${message}. Nothing was changed; try again when that has ended.`,
        facts,
        error,
      );
    case '53100':
    case '53200':
      return new UnavailableError(
        'store-full',
        `There is no room left for the store ${store}: ${message}. Nothing was changed. Free some space and repeat.`,
        facts,
        error,
      );
    case '23505':
      return new InvariantError(
        'store.row-exists',
        `A row that must be new is in the store already: ${message}.`,
        facts,
        error,
      );
    case 'XX001':
    case 'XX002':
      return new UnavailableError(
        'store-corrupt',
        `The store ${store} is damaged: ${message}. Restore a copy of it.`,
        facts,
        error,
      );
    default: {
      if (isLost(error)) {
        const lost = `The connection to the store ${store} was lost: ${message}. What was not committed is not written; repeat.`;
        return new UnavailableError('store-connection-lost', lost, facts, error);
      }
      if (state.startsWith('58')) {
        const broken = `The store ${store} cannot be read or written: ${message}.`;
        return new UnavailableError('store-unreadable', broken, facts, error);
      }
      const refused = `PostgreSQL refused what the store asked for: ${message}.`;
      return new InvariantError('store.postgres-error', refused, facts, error);
    }
  }
}

/** Why no connection came about. */
export function connectError(error: unknown, store: string): unknown {
  if (sqlState(error) !== null && !isLost(error)) return storeError(error, store);
  const message = messageOf(error);
  const facts = { store, postgres: `${sqlState(error) ?? nodeCode(error)}: ${message}` };
  if (/SASL|password must be a string|password/i.test(message)) {
    return new InvalidInputError(
      'store-login-refused',
      `The server of the store ${store} asks for a password, and none fits (PGPASSWORD, the URL).`,
      facts,
      error,
    );
  }
  if (/does not support SSL|certificate|self.signed|altnames|\bTLS\b|\bSSL\b/i.test(message)) {
    return new UnavailableError(
      'store-tls-refused',
      `There is no trusted connection to the store ${store}: ${message}. Name the authority's certificate by sslrootcert, or, in a network you trust, say sslmode=disable.`,
      facts,
      error,
    );
  }
  return new UnavailableError(
    'store-unreachable',
    `The server of the store ${store} cannot be reached: ${message}.`,
    facts,
    error,
  );
}
