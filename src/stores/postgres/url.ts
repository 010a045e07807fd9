import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { InvalidInputError } from '../../core/errors.ts';
import { withoutPassword } from '../../core/place.ts';

/** Where a store on PostgreSQL is, and how long it is waited for. Times in milliseconds. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** The store is one schema of the database. */
  readonly schema: string;
  /** `false`: no TLS. */
  readonly tls: false | ConnectionOptions;
  /** Largest number of connections. */
  readonly pool: number;
  readonly connectMs: number;
  readonly statementMs: number;
  /** How long a writer waits for another one. */
  readonly lockMs: number;
  /** How long a transaction may stand idle before the server ends it: how long a process that hangs keeps others waiting. */
  readonly idleMs: number;
  /** How long a server that went away is waited for. */
  readonly reconnectMs: number;
  /** The URL without password: for people. */
  readonly shown: string;
}

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/** Parameters of the URL in seconds, with what they are without a word. */
const seconds = {
  connect_timeout: 10,
  statement_timeout: 120,
  lock_timeout: 5,
  idle_timeout: 300,
  reconnect_timeout: 15,
} as const;
const others = ['schema', 'pool', 'host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;
const known = [...Object.keys(seconds), ...others];

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME&sslmode=...`. What it does not say is taken from the variables
 * PGUSER, PGPASSWORD (or the file of passwords), PGDATABASE, PGHOST, PGPORT, PGSSLMODE. `host=/FOLDER` names the folder of a
 * socket. Without `sslmode` another machine is asked for TLS with a certificate that is its own, and this one for none.
 *
 * Throws InvalidInputError `store-url-invalid`; the message never has the password.
 */
export function parsePostgresUrl(text: string, env: NodeJS.ProcessEnv = process.env): PostgresPlace {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid(withoutPassword(text), 'it is no URL', 'postgres://USER@HOST:PORT/DATABASE?schema=NAME');
  }
  const shown = withoutPassword(text);
  for (const name of url.searchParams.keys()) {
    if (!known.includes(name)) throw invalid(shown, `it has the parameter ${name}`, known.join(', '));
  }
  const get = (name: (typeof others)[number]): string | undefined => url.searchParams.get(name) ?? undefined;
  const number = (name: string, fallback: number, least: number): number => {
    const found = url.searchParams.get(name);
    if (found === null) return fallback;
    if (!/^\d{1,6}$/.test(found) || Number(found) < least)
      throw invalid(shown, `${name} is ${found}`, `${name} as a whole number from ${least} to 999999`);
    return Number(found);
  };
  const ms = (name: keyof typeof seconds): number => number(name, seconds[name], 1) * 1000;
  const schema = get('schema') ?? 'prorata';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_'))
    throw invalid(shown, `the schema is ${schema}`, 'a schema of a-z, 0-9 and _, not beginning with a digit or pg_');
  const host = get('host') ?? (url.hostname !== '' ? decoded(url.hostname, shown) : (env['PGHOST'] ?? 'localhost'));
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  return {
    host: bare,
    port: url.port !== '' ? Number(url.port) : Number(env['PGPORT'] ?? 5432),
    user: nonEmpty(decoded(url.username, shown)) ?? env['PGUSER'],
    password: nonEmpty(decoded(url.password, shown)) ?? env['PGPASSWORD'],
    database: nonEmpty(decoded(url.pathname.slice(1), shown)) ?? env['PGDATABASE'],
    schema,
    tls: tlsOf(bare, get, shown, env),
    pool: number('pool', 8, 2),
    connectMs: ms('connect_timeout'),
    statementMs: ms('statement_timeout'),
    lockMs: ms('lock_timeout'),
    idleMs: ms('idle_timeout'),
    reconnectMs: ms('reconnect_timeout'),
    shown,
  };
}

function tlsOf(
  host: string,
  get: (name: (typeof others)[number]) => string | undefined,
  shown: string,
  env: NodeJS.ProcessEnv,
): false | ConnectionOptions {
  const near = host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
  const mode = get('sslmode') ?? env['PGSSLMODE'] ?? (near ? 'disable' : 'verify-full');
  if (!sslModes.some((one) => one === mode))
    throw invalid(shown, `sslmode is ${mode}`, `sslmode ${sslModes.join(', ')}`);
  if (mode === 'disable') return false;
  const file = (name: 'sslrootcert' | 'sslcert' | 'sslkey'): string | undefined => {
    const path = get(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw invalid(shown, `${name} cannot be read: ${(error as Error).message}`, 'the path of a PEM file');
    }
  };
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: mode !== 'require',
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function decoded(part: string, shown: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(shown, 'a % in it stands for nothing', '%25 for a percent sign');
  }
}

function invalid(shown: string, found: string, accepted: string): InvalidInputError {
  return new InvalidInputError(
    'store-url-invalid',
    `The store ${shown} cannot be read as a place: ${found}; accepted: ${accepted}.`,
    { store: shown },
  );
}
