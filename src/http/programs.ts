import type { FastifyInstance } from 'fastify';
import { NotFoundError } from '../core/errors.ts';
import {
  comingAfter,
  comingJson,
  peopleCounts,
  periodJson,
  programJson,
  statusJson,
  progressJson,
  stepJson,
  stepTimesJson,
} from '../views/program.ts';
import { page } from '../views/page.ts';
import type { Context } from './context.ts';
import { get, numberCursor } from './route.ts';
import { object, pageOf, text } from './schema.ts';
import * as shapes from './shapes.ts';

/** Programs, their schedule, periods, windows and steps. */
export function programRoutes(app: FastifyInstance, context: Context): void {
  const { engine } = context;

  get(
    app,
    context,
    '/v1/programs',
    {
      summary: 'the programs in the store',
      tag: 'programs',
      query: ['limit', 'cursor'],
      answer: pageOf(shapes.programLine),
    },
    async ({ query: { limit, cursor } }) => {
      const names = (await engine.programs()).slice(numberCursor(cursor));
      const shown = page(names, limit, {
        cursorOf: (_, index) => numberCursor(cursor) + index + 1,
        view: (name) => name,
      });
      const items: unknown[] = [];
      for (const name of shown.items as readonly string[]) items.push(programJson(await engine.status(name)));
      return { ...shown, items };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program',
    {
      summary: 'a program at a glance',
      tag: 'programs',
      answer: shapes.program,
    },
    async ({ params: { program } }) => {
      const found = await engine.status(program);
      return { ...statusJson(found, await peopleCounts(engine, found)), model: found.rules.scoring.model };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/window',
    {
      summary: 'the open window and how far it is; null: none is open',
      tag: 'programs',
      answer: shapes.windowState,
    },
    async ({ params: { program } }) => {
      const found = await engine.status(program);
      const { clock, paused, halted, window } = statusJson(found, null);
      const { accounts, positions } = found.counts;
      const watch = context.options.stepping?.watch ?? null;
      return {
        ...{ program, clock, paused, halted, window, accounts, positions },
        ...progressJson(found.window, watch?.timeLeft(program, found.window)),
        stepMs: stepTimesJson(watch?.times(program) ?? null),
        scheduler: watch?.role(program) ?? null,
      };
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/schedule',
    {
      summary: 'periods to come, and what they owe',
      tag: 'programs',
      query: ['limit', 'cursor'],
      answer: pageOf(shapes.coming),
    },
    async ({ params: { program }, query: { limit, cursor } }) => {
      const { schedule, clock } = await engine.status(program);
      const after = numberCursor(cursor);
      const coming = comingAfter(await engine.periods(program), schedule).filter(({ period }) => period > after);
      return page(coming, limit, { cursorOf: ({ period }) => period, view: (entry) => comingJson(entry, clock) });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/periods',
    {
      summary: 'periods whose window was opened, settled or open',
      tag: 'programs',
      query: ['limit', 'cursor'],
      answer: pageOf(shapes.period),
    },
    async ({ params: { program }, query: { limit, cursor } }) => {
      const after = numberCursor(cursor);
      const periods = (await engine.periods(program)).filter(({ period }) => period > after);
      return page(periods, limit, { cursorOf: ({ period }) => period, view: periodJson });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/periods/:period',
    {
      summary: 'a period whose window was opened',
      tag: 'programs',
      answer: shapes.period,
    },
    async ({ params: { program, period } }) => {
      const record = (await engine.periods(program)).find((one) => one.period === period);
      if (record !== undefined) return periodJson(record);
      throw new NotFoundError('period-unknown', `Period ${period} was not opened yet.`, { period: String(period) });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/periods/:period/steps',
    {
      summary: 'the steps of a window, in their order',
      tag: 'programs',
      query: ['limit', 'cursor'],
      answer: pageOf(shapes.step),
    },
    async ({ params: { program, period }, query: { limit, cursor } }) => {
      const after = numberCursor(cursor);
      return page(await engine.steps(program, period, after), limit, {
        cursorOf: ({ step }) => step,
        view: (step) => stepJson(step, context.stepMs(program, step)),
      });
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/excluded',
    {
      summary: 'accounts that take no part',
      tag: 'programs',
      query: ['limit', 'cursor'],
      answer: pageOf(object({ account: text })),
    },
    async ({ params: { program }, query: { limit, cursor } }) => {
      const from = numberCursor(cursor);
      const names = (await engine.excluded(program)).slice(from);
      return page(names, limit, { cursorOf: (_, index) => from + index + 1, view: (account) => ({ account }) });
    },
  );
}
