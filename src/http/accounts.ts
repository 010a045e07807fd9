import type { FastifyInstance } from 'fastify';
import { accountJson, findAccount } from '../views/account.ts';
import { credExplanationJson, crownExplanationJson, explanationJson } from '../views/explanation.ts';
import type { Context } from './context.ts';
import { assertNoRound, get, given, instantIn, roundIn } from './route.ts';
import * as shapes from './shapes.ts';

/** One account, with its why. */
export function accountRoutes(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const { slow } = options;

  get(
    app,
    context,
    '/v1/programs/:program/accounts/:account',
    {
      summary: 'an account: what it holds, its score so far, what it was paid',
      tag: 'accounts',
      query: ['at'],
      answer: shapes.account,
      slow: true,
    },
    async ({ params: { program, account: name }, query, signal }) => {
      const model = await context.model(program);
      if (model === 'cred') assertNoRound(query, ['at'], 'cred is read by period');
      // Only a round is read by its number.
      const period = model === 'crown' ? (await engine.status(program)).period : 0;
      return accountJson(
        await findAccount(slow, program, { name, model, period, signal, ...given('at', instantIn(query, 'at')) }),
      );
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/accounts/:account/explanation',
    {
      summary: 'why this much, why zero: everything that adds up to what was paid',
      tag: 'accounts',
      query: ['period', 'from', 'to', 'at'],
      answer: shapes.explanation,
      slow: true,
    },
    async ({ params: { program, account }, query, signal }) => {
      const model = await context.model(program);
      if (model === 'crown')
        return crownExplanationJson(await slow.explainCrown(program, { account, ...roundIn(query) }));
      if (model === 'cred') {
        assertNoRound(query, ['from', 'to', 'at'], 'contributions are explained by period');
        return credExplanationJson(
          await slow.explainCred(program, { account, signal, ...given('period', query.period) }),
        );
      }
      assertNoRound(query, ['from', 'to'], 'stakes are explained by period');
      const asked = { account, ...given('period', query.period), ...given('at', instantIn(query, 'at')) };
      return explanationJson(await slow.explain(program, asked));
    },
  );
}
