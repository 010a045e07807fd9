import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { NotFoundError } from '../core/errors.ts';

/**
 * The dashboard, built into `folder`, at every address that is none of the API's: its own addresses are read by the page. It needs
 * no token: it holds nothing but itself. Without a folder, or before it was built, NotFoundError `dashboard-not-built` at `/`.
 */
export async function dashboardRoutes(app: FastifyInstance, folder: string | null): Promise<void> {
  const hide = { schema: { hide: true } } as const;
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    app.get('/', hide, () => {
      const message = 'The dashboard was not built; accepted: npm run build:web, then start again. The API is at /v1.';
      throw new NotFoundError('dashboard-not-built', message);
    });
    return;
  }
  await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true, index: false });
  const page = 'index.html';
  for (const path of ['/', '/compare', '/programs/*']) {
    app.get(path, hide, async (_request, reply) => reply.sendFile(page));
  }
  app.get('/icon.svg', hide, async (_request, reply) => reply.sendFile('icon.svg', { maxAge: '1d' }));
  // Their names change with what they hold.
  app.get<{ Params: { '*': string } }>('/assets/*', hide, async (request, reply) =>
    reply
      .removeHeader('cache-control')
      .sendFile(join('assets', request.params['*']), { maxAge: '365d', immutable: true }),
  );
}
