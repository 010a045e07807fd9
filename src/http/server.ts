import { randomUUID } from 'node:crypto';
import { type AddressInfo, isIPv4 } from 'node:net';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { InvalidInputError, UnavailableError } from '../core/errors.ts';
import { json } from '../views/json.ts';
import { accountRoutes } from './accounts.ts';
import { Context, type ServerOptions } from './context.ts';
import { dashboardRoutes } from './dashboard.ts';
import { bodyBytesMax, ingestRoute } from './ingest.ts';
import { invariantRoutes } from './invariants.ts';
import { ledgerRoutes } from './ledger.ts';
import { modelRoutes } from './models.ts';
import { operationRoutes } from './operations.ts';
import { problemOf, problemType, rawProblem, requestEnded, routeUnknown } from './problem.ts';
import { programRoutes } from './programs.ts';
import { readTexts } from './route.ts';
import { scoreRoutes } from './scores.ts';
import { streamRoute } from './stream.ts';

/** The server with all its routes, not listening yet: tests inject requests. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const context = new Context(options);
  const app = fastify({
    logger: options.log === null ? false : { level: 'info', stream: { write: options.log }, serializers },
    genReqId: (request) => requestIdIn(request.headers['x-request-id']),
    bodyLimit: bodyBytesMax,
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    // Answers are written by the one rule of every front door; their schemas are for the document and for the tests.
    // What is a number is read by readTexts: coercion would take 1e3, and 1e400 past its maximum.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false } },
    routerOptions: { maxParamLength: 4096 },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawProblem((error as { code?: string }).code));
      else socket.destroy();
    },
  });
  app.setSerializerCompiler(() => json);
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => refuse(routeUnknown(), request, reply));
  app.addHook('onRequest', async (request, reply) => {
    headers(request, reply);
    assertAddressed(request);
  });
  app.addHook('preValidation', async ({ params, query, routeOptions: { schema } }) => {
    readTexts(params, schema?.params);
    readTexts(query, schema?.querystring);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (context.stopping.signal.aborted) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => context.stopping.abort(requestEnded()));
  app.addHook('onClose', () => options.rankings.close());
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Prorata',
        version: options.version,
        description:
          'Reward accounting. Amounts, scores and shares are decimal strings of smallest units, fractions are exact text, times are ISO 8601 in UTC. Errors are problem documents (RFC 9457) with a stable code.',
      },
    },
  });
  for (const routes of [
    programRoutes,
    scoreRoutes,
    accountRoutes,
    ledgerRoutes,
    modelRoutes,
    invariantRoutes,
    ingestRoute,
    streamRoute,
    operationRoutes,
  ])
    routes(app, context);
  await dashboardRoutes(app, options.dashboard ?? null);
  await app.ready();
  return app;
}

export interface RunningServer {
  readonly url: string;
  /** Resolves when running requests have ended; streams are ended at once. */
  readonly close: () => Promise<void>;
}

/**
 * Listens. Throws InvalidInputError `host-not-loopback`, since whoever reaches the server may read everything and append events;
 * UnavailableError `port-unavailable`.
 */
export async function startServer(
  options: ServerOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  if (!isLoopback(host)) {
    const message = `Found host ${JSON.stringify(host)}; accepted: 127.0.0.1, ::1 or localhost, because there are no API tokens: whoever reaches the server can read everything and append events.`;
    throw new InvalidInputError('host-not-loopback', message, { host });
  }
  const app = await buildServer(options);
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening at ${address}` });
  } catch (error) {
    await app.close();
    const message = `Port ${port} of ${host} cannot be had: ${(error as Error).message}; accepted: a free one, or 0 for any.`;
    throw new UnavailableError('port-unavailable', message, { host, port: String(port) }, error);
  }
  const { port: taken } = app.server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${taken}`, close: () => app.close() };
}

const serializers = {
  // Without the query: it may come to hold what is nobody's business.
  req: ({ method, url }: { readonly method: string; readonly url: string }) => ({ method, path: url.split('?')[0] }),
  res: ({ statusCode = 0 }: { readonly statusCode?: number }) => ({ statusCode }),
};

function requestIdIn(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}

function headers(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
}

/**
 * A page of somebody else may let its name point at this machine, and would then be of the same origin (DNS rebinding): the
 * name that the request was sent to must be one of loopback. Throws InvalidInputError `host-refused`.
 */
function assertAddressed(request: FastifyRequest): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(host)) return;
  const message = 'Found a Host header of another machine; accepted: localhost, 127.0.0.1 or [::1].';
  throw new InvalidInputError('host-refused', message);
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

async function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  headers(request, reply);
  const problem = problemOf(error, request.id);
  if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, 'failed');
  else request.log.info({ code: problem.code }, 'refused');
  if (problem.status === 503) reply.header('retry-after', '1');
  return reply.status(problem.status).type(problemType).serializer(JSON.stringify).send(problem);
}
