import type { FastifyInstance } from 'fastify';
import { ProrataError, UnavailableError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { get, problems } from './route.ts';
import { choice, object } from './schema.ts';

/** Whoever looks after the process has no token, and asks as often as it likes. */
const forProbes = { access: 'anybody', unlimited: true } as const;

/** What whoever runs the server asks. */
export function operationRoutes(app: FastifyInstance, context: Context): void {
  const { engine, stopping } = { engine: context.engine, stopping: context.stopping.signal };
  const tag = 'operations';

  get(
    app,
    context,
    '/healthz',
    {
      summary: 'the process answers',
      tag,
      answer: object({ status: choice('ok') }),
      ...forProbes,
    },
    async () => ({ status: 'ok' }),
  );

  get(
    app,
    context,
    '/readyz',
    {
      summary: 'the store can be read, and the server is not stopping',
      tag,
      answer: object({ status: choice('ready') }),
      ...forProbes,
    },
    async () => {
      if (stopping.aborted) throw new UnavailableError('request-ended', 'The server is stopping.');
      try {
        await engine.programs();
        await engine.describe();
      } catch (error) {
        throw error instanceof ProrataError
          ? error
          : new UnavailableError('store-unreadable', String(error), {}, error);
      }
      return { status: 'ready' };
    },
  );

  const content = { 'text/plain': { schema: { type: 'string' } } };
  const schema = {
    summary: 'figures in the text format of Prometheus',
    tags: [tag],
    querystring: { type: 'object', properties: {}, additionalProperties: false },
    response: { 200: { description: 'figures', content }, ...problems },
  };
  app.get('/metrics', { schema }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await context.metrics.text(context)),
  );

  const document = {
    summary: 'this document',
    tags: [tag],
    querystring: { type: 'object', properties: {}, additionalProperties: false },
    response: {
      200: { description: 'OpenAPI', content: { 'application/json': { schema: { type: 'object' } } } },
      ...problems,
    },
  };
  let text: string | null = null;
  app.get('/openapi.json', { schema: document, config: { access: 'anybody' } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });
}
