import type { FastifyInstance } from 'fastify';
import { flowsJson } from '../views/flows.ts';
import type { Context } from './context.ts';
import { get } from './route.ts';
import { amount, choice, list, object, orNull, text, time, whole } from './schema.ts';

const residual = object({
  rounding: amount,
  undelivered: amount,
  direct_remainder: amount,
  zero_total: amount,
  unearned: amount,
});

const answer = object({
  program: text,
  period: orNull(whole),
  status: orNull(choice('open', 'settled', 'running')),
  as_of: object({ seq: whole, time }),
  flows: list(
    object({
      pool: text,
      allocated: amount,
      carried_before: amount,
      paid: amount,
      paid_before: amount,
      residual,
      carried_after: amount,
      to_come: amount,
      reversed: amount,
    }),
  ),
  links: list(object({ source: text, target: text, reason: text, amount })),
  pools: list(object({ pool: text, pays: choice('score', 'recipients'), funded: amount, balance: amount })),
  balances: object({ outside: amount, residual: amount, carried: amount, earners: amount }),
});

/** Where every unit went. */
export function flowRoute(app: FastifyInstance, context: Context): void {
  get(
    app,
    context,
    '/v1/programs/:program/flows',
    {
      summary: 'where every unit went: of a period, or of all so far; it adds up to the ledger',
      tag: 'ledger',
      query: ['period'],
      answer,
    },
    async ({ params: { program }, query: { period } }) => flowsJson(await context.engine.flows(program, period)),
  );
}
