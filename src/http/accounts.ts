import type { FastifyInstance } from 'fastify';
import type { CredPeriodAsked } from '../app/cred/desk.ts';
import { accountJson, findAccount } from '../views/account.ts';
import { credExplanationJson, explanationJson } from '../views/explanation.ts';
import type { Context } from './context.ts';
import { assertNoRound, get, given, instantIn, roundIn } from './route.ts';
import { limitMax } from './schema.ts';
import * as shapes from './shapes.ts';

/** One account, with its why. */
export function accountRoutes(app: FastifyInstance, context: Context): void {
  const { slow } = context.options;

  get(
    app,
    context,
    '/v1/programs/:program/accounts/:account',
    {
      summary: 'an account: what it holds, its score so far, what it was paid',
      tag: 'accounts',
      query: ['at'],
      answer: shapes.account,
    },
    async ({ params: { program, account: name }, query, signal }) => {
      const model = await context.model(program);
      if (model === 'cred') assertNoRound(query, ['at'], 'cred is read by period');
      const asked = { name, ...given('at', instantIn(query, 'at')) };
      if (model === 'crown') return context.markets.run(() => context.crown.account(program, asked));
      const explained = () => explainCred({ program, period: 'running' }, name, signal);
      const found = () => findAccount(slow, program, { ...asked, model, period: 'running', explainCred: explained });
      // Cred is computed elsewhere.
      return accountJson(await (model === 'cred' ? found() : context.slow.run(found)));
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
    },
    async ({ params: { program, account }, query, signal }) => {
      const model = await context.model(program);
      if (model === 'crown') {
        const round = { account, ...roundIn(query) };
        return context.markets.run(() => context.crown.explanation(program, round));
      }
      if (model === 'cred') {
        assertNoRound(query, ['from', 'to', 'at'], 'contributions are explained by period');
        return credExplanationJson(await explainCred({ program, ...given('period', query.period) }, account, signal));
      }
      assertNoRound(query, ['from', 'to'], 'stakes are explained by period');
      const asked = { account, ...given('period', query.period), ...given('at', instantIn(query, 'at')) };
      return explanationJson(await context.slow.run(() => slow.explain(program, asked)));
    },
  );

  async function explainCred(of: CredPeriodAsked, account: string, signal: AbortSignal) {
    return (await context.cred.ask('explanation', of, { account, limit: limitMax }, signal)).found;
  }
}
