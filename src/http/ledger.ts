import type { FastifyInstance } from 'fastify';
import { assertPeriod, balancesJson, eventRowJson, payoutJson, postingJson } from '../views/ledger.ts';
import { page } from '../views/page.ts';
import type { Context } from './context.ts';
import { get, given, numberCursor } from './route.ts';
import { pageOf, type Query } from './schema.ts';
import * as shapes from './shapes.ts';

/** Above every id. */
const lastId = Number.MAX_SAFE_INTEGER - 1;

/** Payouts, postings, balances, and the log they come from. */
export function ledgerRoutes(app: FastifyInstance, context: Context): void {
  const { engine } = context;
  const spec = { tag: 'ledger', query: ['limit', 'cursor', 'period', 'account'] } as const;

  /** Rows of a period and an account. */
  async function asked(program: string, { limit, cursor, newest, period, account }: Query) {
    await assertPeriod(engine, program, period);
    const of = account === undefined ? {} : { account: (await context.names(program)).account(account) };
    const place = newest
      ? { before: cursor === undefined ? lastId : numberCursor(cursor) }
      : { after: numberCursor(cursor) };
    return { ...place, limit: limit + 1, ...given('period', period), ...of };
  }

  get(
    app,
    context,
    '/v1/programs/:program/payouts',
    {
      ...spec,
      query: [...spec.query, 'newest'],
      summary: 'what was paid to whom, in the order in which it was paid',
      answer: pageOf(shapes.payout),
    },
    async ({ params: { program }, query }) => {
      const payouts = await engine.payouts(program, await asked(program, query));
      const names = await context.names(program);
      return page(payouts, query.limit, { cursorOf: ({ id }) => id, view: (payout) => payoutJson(payout, names) });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/postings',
    {
      ...spec,
      summary: 'the ledger, movement by movement',
      query: [...spec.query, 'reason', 'newest'],
      answer: pageOf(shapes.posting),
    },
    async ({ params: { program }, query }) => {
      const rows = await asked(program, query);
      const postings = await engine.postings(program, { ...rows, ...given('reason', query.reason) });
      const names = await context.names(program);
      return page(postings, query.limit, { cursorOf: ({ id }) => id, view: (posting) => postingJson(posting, names) });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/balances',
    {
      summary: 'what pools, residual and outside hold; earners have the rest',
      tag: 'ledger',
      answer: shapes.balances,
    },
    async ({ params: { program } }) => {
      const { residual } = await engine.rules(program);
      return { program, ...balancesJson(await engine.balances(program), residual) };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/events',
    {
      summary: 'the event log, from a place on',
      tag: 'events',
      query: ['limit', 'cursor', 'account', 'newest'],
      answer: pageOf(shapes.event),
    },
    async ({ params: { program }, query }) => {
      const events = await engine.events(program, await asked(program, query));
      return page(events, query.limit, { cursorOf: ({ seq }) => seq, view: eventRowJson });
    },
  );
}
