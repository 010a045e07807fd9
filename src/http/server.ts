import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { withoutTokens } from '../app/tokens.ts';
import { InvalidInputError, UnavailableError } from '../core/errors.ts';
import { json } from '../views/json.ts';
import { forAnybody, isLoopback, sayAccess } from './access.ts';
import { accountRoutes } from './accounts.ts';
import { compareRoutes } from './compare.ts';
import { Context, type ServerOptions } from './context.ts';
import { crownRoutes } from './crown.ts';
import { credRoutes } from './cred.ts';
import { dashboardRoutes } from './dashboard.ts';
import { flowRoute } from './flows.ts';
import { bodyBytesMax, ingestRoute } from './ingest.ts';
import { invariantRoutes } from './invariants.ts';
import { limitsOf } from './limits.ts';
import { exportRoute } from './exports.ts';
import { ledgerRoutes } from './ledger.ts';
import { operationRoutes } from './operations.ts';
import { allowPage, secure } from './policy.ts';
import { problemOf, problemType, rawProblem, requestEnded, routeUnknown } from './problem.ts';
import { programRoutes } from './programs.ts';
import { referenceRoutes } from './reference.ts';
import { readTexts } from './route.ts';
import { scoreRoutes } from './scores.ts';
import { sessionRoute } from './session.ts';
import { streamRoute } from './stream.ts';

/** The server with all its routes, not listening yet: tests inject requests. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log } = options;
  const app = fastify({
    logger:
      log === null ? false : { level: 'info', stream: { write: (line) => log(withoutTokens(line)) }, serializers },
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
  sayAccess(app);
  const context = new Context(options, await limitsOf(app, options.rateLimit));
  app.decorateRequest('visitor', null);
  app.addHook('onRequest', async (request, reply) => {
    secure(request, reply);
    await context.door.admit(request, reply);
  });
  app.addHook('preValidation', async ({ params, query, routeOptions: { schema } }) => {
    readTexts(params, schema?.params);
    readTexts(query, schema?.querystring);
  });
  context.metrics.requestsOf(app);
  app.addHook('onSend', async (_request, reply) => {
    allowPage(reply);
    if (context.stopping.signal.aborted) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => context.stopping.abort(requestEnded()));
  app.addHook('onClose', async () => {
    await options.rankings.close();
    await context.cred.close();
    await context.auditor.close();
    await context.crown.close();
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Prorata',
        version: options.version,
        description:
          'Reward accounting. Amounts, scores and shares are decimal strings of smallest units, fractions are exact text, times are ISO 8601 in UTC. Errors are problem documents (RFC 9457) with a stable code.',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An API token (`prorata token create`). Needed once the store has one; until then the server is for its own machine only, and everybody there is an operator. Each route names the roles that may ask it.',
          },
        },
      },
    },
  });
  await referenceRoutes(app);
  for (const routes of [
    sessionRoute,
    programRoutes,
    scoreRoutes,
    compareRoutes,
    accountRoutes,
    ledgerRoutes,
    exportRoute,
    flowRoute,
    crownRoutes,
    credRoutes,
    invariantRoutes,
    ingestRoute,
    streamRoute,
    operationRoutes,
  ])
    routes(app, context);
  await forAnybody(app, (scope) => dashboardRoutes(scope, options.dashboard ?? null));
  await app.ready();
  return app;
}

export interface RunningServer {
  readonly url: string;
  /** Resolves when running requests have ended, or were cut off after five seconds; streams are ended at once. */
  readonly close: () => Promise<void>;
}

/**
 * Listens. Throws InvalidInputError `host-not-loopback` where there are no tokens, since then whoever reaches the server may read
 * everything and append events; UnavailableError `port-unavailable`.
 */
export async function startServer(
  options: ServerOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  if (!isLoopback(host) && !(await options.engine.hasTokens())) {
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
  return { url: `http://${name}:${taken}`, close: () => closeWithin(app, requestGraceMs) };
}

/** How long running requests may take once the server is to end; then their connections are cut. */
const requestGraceMs = 5000;

async function closeWithin(app: FastifyInstance, ms: number): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), ms);
  await app.close().finally(() => clearTimeout(late));
}

const serializers = {
  // Without the query: it may come to hold what is nobody's business.
  req: ({ method, url }: { readonly method: string; readonly url: string }) => ({ method, path: url.split('?')[0] }),
  res: ({ statusCode = 0 }: { readonly statusCode?: number }) => ({ statusCode }),
};

function requestIdIn(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : randomUUID();
}

/** Refusals that pass by themselves, which whoever looks after the server need not look into. */
const ordinary = new Set(['server-busy', 'ranking-in-work', 'request-ended']);

const problemText = (problem: unknown): string => withoutTokens(JSON.stringify(problem));

async function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  secure(request, reply);
  const problem = problemOf(error, request.id);
  if (problem.status >= 500 && !ordinary.has(problem.code))
    request.log.error({ err: error, code: problem.code }, 'failed');
  else request.log.info({ code: problem.code }, 'refused');
  if (problem.status === 503) reply.header('retry-after', '1');
  if (problem.status === 429) reply.header('retry-after', problem.facts['seconds']);
  if (problem.code === 'token-missing') reply.header('www-authenticate', 'Bearer realm="prorata"');
  if (problem.code === 'token-unknown')
    reply.header('www-authenticate', 'Bearer realm="prorata", error="invalid_token"');
  return reply.status(problem.status).type(problemType).serializer(problemText).send(problem);
}
