import type { FastifyInstance, FastifyReply } from 'fastify';
import { InvalidInputError } from '../core/errors.ts';
import { parseInstant, secondOf } from '../core/time/instant.ts';
import type { RoundQuery } from '../app/crown/rounds.ts';
import type { Access } from './access.ts';
import type { Context } from './context.ts';
import { requestEnded } from './problem.ts';
import { type Params, params, problem, queries, type Query, type Schema } from './schema.ts';

/** What a request asks. Of `params` and `query` a route has those that it declares. */
export interface Asked {
  readonly params: Params;
  readonly query: Query;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface RouteSpec {
  readonly summary: string;
  readonly tag: string;
  readonly query?: readonly (keyof typeof queries)[];
  /** Of these the ones that must be given. */
  readonly needed?: readonly (keyof typeof queries)[];
  readonly answer: Schema;
  /** For whom; default: readers. */
  readonly access?: Access;
  /** Not counted for the limit of requests. */
  readonly unlimited?: boolean;
}

/** Errors of every route, for the document. */
export const problems: Schema = { '4xx': problemAnswer(), '5xx': problemAnswer() };

function problemAnswer(): Schema {
  return { description: 'a problem document (RFC 9457)', content: { 'application/problem+json': { schema: problem } } };
}

/** The schemas of a request: parts of the path that stand in it, and questions by name; any other is refused. */
export function requestSchema(path: string, { query = [], needed = [] }: Pick<RouteSpec, 'query' | 'needed'>): Schema {
  const names = [...path.matchAll(/:(\w+)/g)].map((found) => found[1] as keyof typeof params);
  const object = (from: Schema, keys: readonly string[], required: readonly string[]): Schema => ({
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, from[key]])),
    required,
    additionalProperties: false,
  });
  return {
    ...(names.length === 0 ? {} : { params: object(params, names, names) }),
    querystring: object(queries, query, needed),
  };
}

/** A route that reads. */
export function get(
  app: FastifyInstance,
  context: Context,
  path: string,
  spec: RouteSpec,
  work: (asked: Asked) => Promise<unknown>,
): void {
  const { summary, tag, answer, access = 'reader', unlimited = false } = spec;
  const response = { 200: { description: 'the answer', ...answer }, ...problems };
  const schema = { summary, tags: [tag], ...requestSchema(path, spec), response };
  app.get(path, { schema, config: { access, unlimited } }, async (request, reply) => {
    const asked = { params: request.params as Params, query: request.query as Query, signal: signalOf(context, reply) };
    const answered = await work(asked);
    // Some answers are JSON already.
    if (answered instanceof Uint8Array) reply.type('application/json; charset=utf-8');
    return answered;
  });
}

/** Does `then` once the connection is closed; at once where it is, since hooks before may have waited meanwhile. */
export function whenClosed({ raw }: FastifyReply, then: () => void): void {
  if (raw.closed || raw.destroyed) then();
  else raw.once('close', then);
}

/** Aborted when the connection is gone or the server stops. */
export function signalOf({ stopping }: Context, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenClosed(reply, () => {
    if (!reply.raw.writableFinished) gone.abort(requestEnded());
  });
  return AbortSignal.any([gone.signal, stopping.signal]);
}

/** A cursor that is a number; 0 without one. Throws InvalidInputError `cursor-malformed`. */
export function numberCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const message = `Found cursor ${JSON.stringify(cursor)}; accepted: \`next\` of the page before.`;
  throw new InvalidInputError('cursor-malformed', message, { found: cursor });
}

export const given = <const K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: T };

/** The instant of a question, milliseconds. Throws InvalidInputError `time-...`. */
export const instantIn = (query: Query, name: 'at' | 'from' | 'to'): number | undefined =>
  query[name] === undefined ? undefined : parseInstant(query[name], name);

/** Which round of a crown program is asked for. Throws InvalidInputError `request-invalid` for a period and a stretch together. */
export function roundIn(query: Query): RoundQuery & { readonly period?: number } {
  const [from, to] = [instantIn(query, 'from'), instantIn(query, 'to')];
  if (query.period !== undefined && (from !== undefined || to !== undefined)) {
    const message = 'Found period with from or to; accepted: a period, or a stretch of time of its own.';
    throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'period' });
  }
  return {
    ...given('period', query.period),
    ...given('from', from === undefined ? undefined : secondOf(from)),
    ...given('to', to === undefined ? undefined : secondOf(to)),
    ...given('at', instantIn(query, 'at')),
  };
}

/** Refuses questions that programs of this scoring model do not have. Throws InvalidInputError `request-invalid`. */
export function assertNoRound(query: Query, names: readonly ('period' | 'from' | 'to' | 'at')[], why: string): void {
  const field = names.find((name) => query[name] !== undefined);
  if (field === undefined) return;
  throw new InvalidInputError('request-invalid', `Found ${field}, but ${why}.`, { part: 'query', field });
}

/** Numbers and truth values of an address, which are texts: plain digits, `true` and `false`. What is neither stays a text, and is refused. */
export function readTexts(values: unknown, schema: unknown): void {
  const { properties = {} } = (schema ?? {}) as { properties?: Record<string, { readonly type?: string }> };
  const texts = values as Record<string, unknown>;
  for (const [name, { type }] of Object.entries(properties)) {
    const text = texts[name];
    if (typeof text !== 'string') continue;
    if (type === 'integer' && /^\d{1,16}$/.test(text)) texts[name] = Number(text);
    if (type === 'boolean' && (text === 'true' || text === 'false')) texts[name] = text === 'true';
  }
}
