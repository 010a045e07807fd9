import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Engine } from '../../src/app/engine.ts';
import { KeptRankings } from '../../src/app/ranking/rankings.ts';
import { type NewToken, tokenBytes } from '../../src/app/tokens.ts';
import type { Role } from '../../src/core/role.ts';
import { buildServer } from '../../src/http/server.ts';
import type { ServerOptions } from '../../src/http/context.ts';
import { eventBodies } from '../../src/sources/event-bodies.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { type Cli, communityCli, marketCli, settledCli } from '../cli/harness.ts';

/** A folder with a store, and a server over it that does not listen. */
export interface Served extends AsyncDisposable {
  readonly cli: Cli;
  readonly app: FastifyInstance;
  readonly program: string;
  readonly log: string[];
}

export async function served(cli: Cli, program: string, given: Partial<ServerOptions> = {}): Promise<Served> {
  const path = cli.path('prorata.db');
  const open = (readOnly: boolean): Engine =>
    new Engine(openSqliteStore({ path, create: false, readOnly, busyTimeoutMs: 20 }));
  const [engine, slow] = [open(true), open(true)];
  let writer: Engine | null = null;
  const log: string[] = [];
  const app = await buildServer({
    version: '9.9.9',
    engine,
    slow,
    writer: async () => (writer ??= open(false)),
    reader: async () => {
      const reader = open(true);
      return { engine: reader, close: () => reader.close() };
    },
    rankings: new KeptRankings({ engine, maker: slow }, { clock: () => performance.now() }),
    ...eventBodies,
    now: () => Date.UTC(2025, 5, 1),
    log: (line) => void log.push(line),
    pollMs: 10,
    ...given,
  });
  return {
    cli,
    app,
    program,
    log,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      for (const one of [engine, slow, writer]) await one?.close();
      cli[Symbol.dispose]();
    },
  };
}

/** The header with which whoever has a new token of this role asks. `token` is its text. */
export async function tokenOf(
  { cli }: Served,
  role: Role,
  more: Partial<NewToken> = {},
): Promise<{ readonly id: string; readonly token: string; readonly headers: { readonly authorization: string } }> {
  const engine = new Engine(openSqliteStore({ path: cli.path('prorata.db'), create: false }));
  const random = randomBytes(tokenBytes);
  const wanted = {
    name: `${role} ${random.toString('hex', 0, 4)}`,
    role,
    at: Date.UTC(2025, 0, 1),
    expiresAt: null,
    random,
  };
  const { id, text: token } = await engine.createToken({ ...wanted, ...more });
  await engine.close();
  return { id, token, headers: { authorization: `Bearer ${token}` } };
}

/** A program of every model, with periods that are settled. */
export const programs = {
  'stake-time': async () => served(await settledCli(), 'acme'),
  crown: async () => served(await marketCli(), 'market'),
  cred: async () => served(await communityCli(), 'grain'),
} as const;

export async function json(app: FastifyInstance, url: string): Promise<any> {
  const answer = await app.inject({ url });
  assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
  return answer.json();
}

/** Why a value is not what a schema says, with its path; '' when it is. As much of JSON Schema as src/http/schema.ts uses. */
export function mismatch(value: any, schema: any, path = '$'): string {
  if (schema.anyOf !== undefined) {
    const reasons = schema.anyOf.map((one: unknown) => mismatch(value, one, path));
    return reasons.includes('') ? '' : reasons.join('\n or ');
  }
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const fits = schema.type === 'integer' ? Number.isSafeInteger(value) : schema.type === type;
  if (!fits) return `${path}: ${JSON.stringify(value)} is no ${schema.type}`;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return `${path}: ${value} is not in ${schema.enum}`;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) return `${path}: ${value}`;
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return `${path}: ${value} is no time`;
  if (type === 'array')
    return value.map((one: unknown, i: number) => mismatch(one, schema.items, `${path}[${i}]`)).find(Boolean) ?? '';
  if (type !== 'object') return '';
  const missing = (schema.required ?? []).find((name: string) => !(name in value));
  if (missing !== undefined) return `${path}: lacks ${missing}`;
  for (const [name, item] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    if (known === false || known === undefined) return `${path}: ${name} is not in the schema`;
    const wrong = known === true ? '' : mismatch(item, known, `${path}.${name}`);
    if (wrong !== '') return wrong;
  }
  return '';
}

/** What comes back for bytes that are no request. */
export async function rawAnswer(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  const parts: string[] = [];
  for await (const chunk of socket) parts.push(String(chunk));
  return parts.join('');
}
