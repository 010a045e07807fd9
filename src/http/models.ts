import type { FastifyInstance } from 'fastify';
import { credContributions, credPersons, explainCredContribution, explainCredPerson } from '../app/cred/read.ts';
import type { CredView } from '../app/cred/view.ts';
import { InvalidInputError } from '../core/errors.ts';
import { credContributionJson, credPeriodJson, credPersonJson, credRowJson } from '../views/cred.ts';
import { intervalJson, roundJson } from '../views/crown.ts';
import type { Context } from './context.ts';
import { type Asked, get, given, numberCursor, page, roundIn } from './route.ts';
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

  const cred = { tag: 'cred', slow: true } as const;
  const viewOf = ({ params, query, signal }: Asked, named: boolean): Promise<CredView> =>
    slow.credView(params.program, { named, signal, ...given('period', query.period) });

  get(
    app,
    context,
    '/v1/programs/:program/cred/persons',
    {
      ...cred,
      summary: 'people by their cred of a period, the highest first',
      query: ['limit', 'cursor', 'period'],
      answer: pageOf(shapes.credPersonLine, shapes.credPeriodFields),
    },
    async (asked) => {
      const from = numberCursor(asked.query.cursor);
      const view = await viewOf(asked, false);
      const rows = credPersons(view).slice(from);
      const shown = page(rows, asked.query.limit, { cursorOf: (_, index) => from + index + 1, view: credRowJson });
      return { ...credPeriodJson(view), ...shown };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/cred/persons/:person',
    {
      ...cred,
      summary: 'why somebody has its cred of a period',
      query: ['period'],
      answer: shapes.person,
    },
    async (asked) => {
      const view = await viewOf(asked, true);
      return credPersonJson(view, explainCredPerson(view, asked.params.person));
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/cred/contributions',
    {
      ...cred,
      summary: 'contributions by their cred, the highest first',
      query: ['limit', 'cursor', 'period', 'made'],
      answer: pageOf(shapes.contribution, shapes.credPeriodFields),
    },
    async (asked) => {
      const { limit, made } = asked.query;
      const from = numberCursor(asked.query.cursor);
      const view = await viewOf(asked, false);
      const rows = credContributions(view, { limit: from + limit + 1, ofPeriod: made }).slice(from);
      const addresses = rows.map(({ address }) => address);
      const labels = await engine.labels(asked.params.program, addresses);
      const shown = page(rows, limit, {
        cursorOf: (_, index) => from + index + 1,
        view: (row) => credContributionJson(row, labels.get(row.address)),
      });
      return { ...credPeriodJson(view), ...shown };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/cred/contribution',
    {
      ...cred,
      summary: 'what gave a contribution its cred, and where that went',
      query: ['address', 'period'],
      needed: ['address'],
      answer: shapes.contributionReasons,
    },
    async (asked) => {
      const view = await viewOf(asked, true);
      const why = explainCredContribution(view, asked.query.address);
      const label = (await engine.labels(asked.params.program, [why.address])).get(why.address);
      return { ...credPeriodJson(view), ...label, ...why };
    },
  );
}
