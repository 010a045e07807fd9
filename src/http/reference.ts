import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { forAnybody } from './access.ts';

/** The document for people, at /reference: everything it loads comes from here. For anybody, as the document is; trying a route out takes a token. */
export async function referenceRoutes(app: FastifyInstance): Promise<void> {
  await forAnybody(app, async (scope) =>
    scope.register(swaggerUi, {
      routePrefix: '/reference',
      theme: { title: 'Prorata: HTTP API' },
      uiConfig: { layout: 'BaseLayout', docExpansion: 'list', defaultModelsExpandDepth: -1, syntaxHighlight: false },
    }),
  );
}
