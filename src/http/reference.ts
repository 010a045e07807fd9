import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { forAnybody } from './access.ts';

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><text x="0" y="28" font-family="sans-serif" font-size="26" font-weight="600" fill="#fff">Prorata</text></svg>`;

/** The document for people, at /reference: everything it loads comes from here. For anybody, as the document is; trying a route out takes a token. */
export async function referenceRoutes(app: FastifyInstance): Promise<void> {
  await forAnybody(app, async (scope) =>
    scope.register(swaggerUi, {
      routePrefix: '/reference',
      theme: { title: 'Prorata: HTTP API' },
      logo: { type: 'image/svg+xml', content: logo, href: '/reference' },
      uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: -1, syntaxHighlight: false },
    }),
  );
}
