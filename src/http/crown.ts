import type { FastifyInstance } from 'fastify';
import { secondOf } from '../core/time/instant.ts';
import type { Context } from './context.ts';
import { get, given, instantIn, numberCursor, roundIn } from './route.ts';
import { fraction, list, mapOf, object, orNull, pageOf, type Schema, text, time, whole, yes } from './schema.ts';
import * as shapes from './shapes.ts';

const instant = { type: 'string', description: 'ISO 8601 in UTC; - is the beginning of time' } as const;
const known = orNull(object({ from: instant, to: instant }));
const lanes = list(object({ lane: text, higher_wins: yes }));

const heldSeconds = {
  type: 'string',
  pattern: '^([0-9]+(/[0-9]+)?|~[0-9]+\\.[0-9]{6})$',
  description:
    'seconds, exact; with ~ cut off after the millionth, where the denominator of the exact number has more than 64 bits',
} as const;

const tuple = (description: string, ...items: readonly Schema[]): Schema => ({
  type: 'array',
  description,
  items: { anyOf: [...items] },
  minItems: items.length,
  maxItems: items.length,
});
const heldRuns = list(tuple('first cell, number of cells, seconds held in each', whole, whole, heldSeconds));
const bestRuns = list(
  tuple('first cell, number of cells, best rate at their end, lowest and highest in them', whole, whole, orNull(text)),
);

const cells = object(
  {
    lane: text,
    lanes,
    from: instant,
    to: instant,
    cells: whole,
    known,
    as_of: whole,
    participants: list(object({ account: text, held: heldSeconds, runs: heldRuns })),
    others: object({ count: whole, runs: heldRuns }),
    nobody: heldRuns,
    best: bestRuns,
  },
  { first_block: whole, block_seconds: whole },
);

const stand = { account: text, quote: orNull(text), event: orNull(whole) };
const moment = object({
  lane: text,
  lanes,
  at: time,
  period: whole,
  status: { type: 'string', enum: ['settled', 'open', 'running'] },
  known,
  as_of: whole,
  best: orNull(text),
  holders: list(object({ ...stand, share: fraction })),
  passed_over: list(object({ ...stand, why: text })),
  counts: mapOf(whole),
});

/** Who held when, to be drawn. */
export function crownRoutes(app: FastifyInstance, context: Context): void {
  const { crown } = context;

  get(
    app,
    context,
    '/v1/programs/:program/crown/intervals',
    {
      summary: 'who held the best rate when, lane by lane, in order of time',
      tag: 'crown',
      query: ['limit', 'cursor', 'period', 'from', 'to', 'at', 'lane'],
      answer: pageOf(shapes.interval, shapes.roundFields),
    },
    async ({ params: { program }, query }) => {
      const { limit, lane } = query;
      const asked = { ...roundIn(query), ...given('lane', lane), skip: numberCursor(query.cursor), limit };
      return context.markets.run(() => crown.intervals(program, asked));
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/crown/cells',
    {
      summary: 'who held how long in each cell of a stretch of time, and the best rate in it',
      tag: 'crown',
      query: ['lane', 'from', 'to', 'period', 'cells', 'per', 'account'],
      answer: cells,
    },
    async ({ params: { program }, query }) => {
      const { lane, cells, per, account } = query;
      const { at: _, ...stretch } = roundIn(query);
      const asked = { ...stretch, ...given('lane', lane), ...given('account', account), cells };
      return context.markets.run(() => crown.cells(program, { ...asked, perBlock: per === 'block' }));
    },
  );

  get(
    app,
    context,
    '/v1/programs/:program/crown/at',
    {
      summary: 'who holds a lane at an instant, and of everybody else why not',
      tag: 'crown',
      query: ['lane', 'at', 'limit', 'account'],
      answer: moment,
    },
    async ({ params: { program }, query }) => {
      const { lane, account, limit } = query;
      const at = instantIn(query, 'at');
      const asked = { limit, ...given('lane', lane), ...given('account', account) };
      const second = given('at', at === undefined ? undefined : secondOf(at));
      return context.markets.run(() => crown.moment(program, { ...asked, ...second }));
    },
  );
}
