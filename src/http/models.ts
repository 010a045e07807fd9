import type { FastifyInstance } from 'fastify';
import { InvalidInputError } from '../core/errors.ts';
import { intervalJson, roundJson } from '../views/crown.ts';
import type { Context } from './context.ts';
import { get, given, numberCursor, page, roundIn } from './route.ts';
import { pageOf } from './schema.ts';
import * as shapes from './shapes.ts';

/** What only programs of one scoring model have. Elsewhere: InvalidInputError `model-differs`, the engine's. */
export function modelRoutes(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const { slow } = options;

  get(
    app,
    context,
    '/v1/programs/:program/crown/intervals',
    {
      summary: 'who held the best rate when, lane by lane, in order of time',
      tag: 'crown',
      query: ['limit', 'cursor', 'period', 'from', 'to', 'at', 'lane'],
      answer: pageOf(shapes.interval, shapes.roundFields),
      slow: true,
    },
    async ({ params: { program }, query }) => {
      const { limit, lane } = query;
      const skip = numberCursor(query.cursor);
      const view = await slow.crownIntervals(program, {
        ...roundIn(query),
        ...given('lane', lane),
        skip,
        limit: limit + 1,
      });
      const known = view.lanes.map((one) => one.lane);
      if (lane !== undefined && !known.includes(lane)) {
        const message = `Found lane ${JSON.stringify(lane)}; accepted: ${known.join(', ')}.`;
        throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'lane' });
      }
      const { scoring } = await engine.rules(program);
      const block = scoring.model === 'crown' ? scoring.block : null;
      const shown = page(view.intervals, limit, {
        cursorOf: (_, index) => skip + index + 1,
        view: (interval) => intervalJson(view, interval, block),
      });
      return { ...roundJson(view), ...shown };
    },
  );
}
