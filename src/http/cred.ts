import type { FastifyInstance } from 'fastify';
import type { PlaceAsked } from '../app/cred/neighbourhood.ts';
import type { CredContribution } from '../app/cred/read.ts';
import {
  addressesIn,
  credContributionJson,
  credMomentJson,
  credNeighbourhoodJson,
  credPeriodJson,
  credPersonJson,
  credRowJson,
  credSourcesJson,
} from '../views/cred.ts';
import { page } from '../views/page.ts';
import type { Context } from './context.ts';
import { type Asked, get, given, numberCursor } from './route.ts';
import { amount, choice, fraction, list, object, orNull, pageOf, text, time, whole } from './schema.ts';
import * as shapes from './shapes.ts';

const ofKind = { kind: orNull(text), score: amount, lifetime: amount, contributions: whole };
const sources = object({
  ...shapes.credPeriodFields,
  score: amount,
  lifetime: amount,
  contributions: whole,
  sources: list(
    object({
      source: orNull(text),
      score: amount,
      lifetime: amount,
      contributions: whole,
      kinds: list(object(ofKind)),
    }),
  ),
});

const moment = object({
  from: time,
  to: time,
  period: orNull(whole),
  score: amount,
  kinds: list(object({ source: orNull(text), kind: orNull(text), score: amount })),
});

const place = {
  is: choice('contribution', 'person'),
  id: text,
  name: orNull(text),
  source: orNull(text),
  kind: orNull(text),
  time: orNull(time),
  cred: amount,
};
const side = object({
  items: list(
    object(
      {
        ...place,
        flow: amount,
        share: fraction,
        edges: whole,
        edge: orNull(text),
        direction: choice('forward', 'backward'),
      },
      shapes.label,
    ),
  ),
  more: object({ count: whole, flow: amount, share: fraction }),
});
const neighbourhood = object({
  ...shapes.credPeriodFields,
  place: object(place, shapes.label),
  passed: amount,
  minted: amount,
  incoming: side,
  kept: amount,
  outgoing: side,
  returned: amount,
  in_remainder: amount,
  out_remainder: amount,
});

/** Cred of a program of contributions. Elsewhere: InvalidInputError `model-differs`, the engine's. */
export function credRoutes(app: FastifyInstance, context: Context): void {
  const { engine, cred: desk } = context;
  const base = '/v1/programs/:program/cred';
  const cred = { tag: 'cred' } as const;
  const periodOf = ({ params: { program }, query: { period } }: Asked) => ({ program, ...given('period', period) });

  /** A page of a list that is ranked or in order of time, one row more than it shows. */
  const rowsOf = ({ query: { limit, cursor } }: Asked) => ({ skip: numberCursor(cursor), limit: limit + 1 });
  const pageFrom = <Row>({ query }: Asked, rows: readonly Row[], view: (row: Row) => unknown) =>
    page(rows, query.limit, { cursorOf: (_, index) => numberCursor(query.cursor) + index + 1, view });

  get(
    app,
    context,
    `${base}/persons`,
    {
      ...cred,
      summary: 'people by their cred of a period, the highest first',
      query: ['limit', 'cursor', 'period'],
      answer: pageOf(shapes.credPersonLine, shapes.credPeriodFields),
    },
    async (asked) => {
      const { about, found } = await desk.ask('persons', periodOf(asked), rowsOf(asked), asked.signal);
      return { ...credPeriodJson(about), ...pageFrom(asked, found, credRowJson) };
    },
  );

  get(
    app,
    context,
    `${base}/persons/:person`,
    { ...cred, summary: 'why somebody has its cred of a period', query: ['period', 'limit'], answer: shapes.person },
    async (asked) => {
      const { params, query, signal } = asked;
      const whom = { whom: params.person, limit: query.limit };
      const { about, found } = await desk.ask('person', periodOf(asked), whom, signal);
      const addresses = found.contributions.map(({ address }) => address);
      return credPersonJson(about, found, await engine.labels(params.program, addresses));
    },
  );

  get(
    app,
    context,
    `${base}/sources`,
    {
      ...cred,
      summary: 'what gave people their cred, by source and kind of contribution; also of one person',
      query: ['period', 'person'],
      answer: sources,
    },
    async (asked) => {
      const whom = given('whom', asked.query.person);
      const { about, found } = await desk.ask('sources', periodOf(asked), whom, asked.signal);
      return { ...credPeriodJson(about), ...credSourcesJson(found) };
    },
  );

  get(
    app,
    context,
    `${base}/timeline`,
    {
      ...cred,
      summary: 'cred over time, by source and kind of contribution; also of one person',
      query: ['limit', 'cursor', 'period', 'person', 'by'],
      answer: pageOf(moment, shapes.credPeriodFields),
    },
    async (asked) => {
      const { person, by } = asked.query;
      const wanted = { ...rowsOf(asked), ...given('whom', person), by };
      const { about, found } = await desk.ask('timeline', periodOf(asked), wanted, asked.signal);
      return { ...credPeriodJson(about), ...pageFrom(asked, found, credMomentJson) };
    },
  );

  get(
    app,
    context,
    `${base}/contributions`,
    {
      ...cred,
      summary: 'contributions by their cred, the highest first',
      query: ['limit', 'cursor', 'period', 'made', 'source', 'search'],
      answer: pageOf(shapes.contribution, shapes.credPeriodFields),
    },
    async (asked) => {
      const { made, source, search } = asked.query;
      const wanted = { ...rowsOf(asked), ofPeriod: made, ...given('source', source), ...given('search', search) };
      const { about, found } = await desk.ask('contributions', periodOf(asked), wanted, asked.signal);
      const addresses = found.map(({ address }) => address);
      const labels = await engine.labels(asked.params.program, addresses);
      const view = (row: CredContribution) => credContributionJson(row, labels.get(row.address));
      return { ...credPeriodJson(about), ...pageFrom(asked, found, view) };
    },
  );

  get(
    app,
    context,
    `${base}/contribution`,
    {
      ...cred,
      summary: 'what gave a contribution its cred, and where that went, edge by edge',
      query: ['address', 'period', 'limit'],
      needed: ['address'],
      answer: shapes.contributionReasons,
    },
    async (asked) => {
      const { address, limit } = asked.query;
      const { about, found } = await desk.ask('contribution', periodOf(asked), { address, limit }, asked.signal);
      const label = (await engine.labels(asked.params.program, [address])).get(address);
      return { ...credPeriodJson(about), ...label, ...found };
    },
  );

  const around = async (asked: Asked, place: PlaceAsked): Promise<unknown> => {
    const { params, query, signal } = asked;
    const wanted = { place, limit: query.limit };
    const { about, found } = await desk.ask('neighbourhood', periodOf(asked), wanted, signal);
    const labels = await engine.labels(params.program, addressesIn(found));
    return { ...credPeriodJson(about), ...credNeighbourhoodJson(found, labels) };
  };

  get(
    app,
    context,
    `${base}/neighbourhood`,
    {
      ...cred,
      summary: 'a contribution in the graph: what gave it cred and to whom it passed on, neighbour by neighbour',
      query: ['address', 'period', 'limit'],
      needed: ['address'],
      answer: neighbourhood,
    },
    async (asked) => around(asked, { address: asked.query.address }),
  );

  get(
    app,
    context,
    `${base}/persons/:person/neighbourhood`,
    {
      ...cred,
      summary: 'a person in the graph: what gave it cred and to whom it passed on, neighbour by neighbour',
      query: ['period', 'limit'],
      answer: neighbourhood,
    },
    async (asked) => around(asked, { person: asked.params.person }),
  );
}
