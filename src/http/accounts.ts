import type { FastifyInstance } from 'fastify';
import { credPersons } from '../app/cred/read.ts';
import { compareBytes } from '../core/bytes.ts';
import { accountJson, findAccount, stakedJson } from '../views/account.ts';
import { credPeriodJson, credRowJson } from '../views/cred.ts';
import { roundJson, scoreJson } from '../views/crown.ts';
import { credExplanationJson, crownExplanationJson, explanationJson } from '../views/explanation.ts';
import type { Context } from './context.ts';
import { assertNoRound, get, given, instantIn, numberCursor, page, roundIn } from './route.ts';
import { either, pageOf } from './schema.ts';
import * as shapes from './shapes.ts';

/** Scores of everybody, and one account with its why. */
export function accountRoutes(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const { slow } = options;

  get(
    app,
    context,
    '/v1/programs/:program/scores',
    {
      summary: 'scores so far: by name, of contributions the highest first',
      tag: 'scores',
      query: ['limit', 'cursor', 'period', 'from', 'to', 'at'],
      answer: either(
        pageOf(shapes.scores['stake-time']!, { model: shapes.model }),
        pageOf(shapes.scores['crown']!, { model: shapes.model, ...shapes.roundFields }),
        pageOf(shapes.scores['cred']!, { model: shapes.model, ...shapes.credPeriodFields }),
      ),
    },
    async ({ params: { program }, query, signal }) => {
      const { limit, cursor } = query;
      const model = await context.model(program);
      if (model === 'stake-time') {
        assertNoRound(query, ['period', 'from', 'to', 'at'], 'scores of stakes are those of the newest event');
        const accounts = await engine.accounts(program, { after: cursor ?? null, limit: limit + 1 });
        return { model, ...page(accounts, limit, { cursorOf: ({ account }) => account, view: stakedJson }) };
      }
      return context.slow.run(async () => {
        if (model === 'crown') {
          const asked = roundIn(query);
          const another = asked.period !== undefined || asked.from !== undefined || asked.to !== undefined;
          const round = another ? asked : { ...asked, period: (await engine.status(program)).period };
          const view = await slow.crownScores(program, round);
          const left =
            cursor === undefined ? view.scores : view.scores.filter(({ account }) => compareBytes(account, cursor) > 0);
          return {
            model,
            ...roundJson(view),
            ...page(left, limit, { cursorOf: ({ account }) => account, view: scoreJson }),
          };
        }
        assertNoRound(query, ['from', 'to', 'at'], 'cred is read by period');
        const from = numberCursor(cursor);
        const view = await slow.credView(program, { period: query.period ?? 'running', signal });
        const rows = credPersons(view).slice(from);
        const shown = page(rows, limit, { cursorOf: (_, index) => from + index + 1, view: credRowJson });
        return { model, ...credPeriodJson(view), ...shown };
      });
    },
  );

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
