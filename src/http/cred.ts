import type { FastifyInstance } from 'fastify';
import { credKinds, credTimeline } from '../app/cred/breakdown.ts';
import { credNeighbourhood, type PlaceAsked } from '../app/cred/neighbourhood.ts';
import { credContributions, credPersons, explainCredContribution, explainCredPerson } from '../app/cred/read.ts';
import type { CredView } from '../app/cred/view.ts';
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
import type { Context } from './context.ts';
import { type Asked, get, given, numberCursor, page } from './route.ts';
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
const label = { label: text, url: text };
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
      label,
    ),
  ),
  more: object({ count: whole, flow: amount, share: fraction }),
});
const neighbourhood = object({
  ...shapes.credPeriodFields,
  place: object(place, label),
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
  const { engine, options } = context;
  const base = '/v1/programs/:program/cred';
  const cred = { tag: 'cred' } as const;

  /** Always with names, so that one computation serves all routes; only computing counts as one of few. */
  const viewOf = ({ params, query, signal }: Asked): Promise<CredView> =>
    options.slow.credView(params.program, {
      named: true,
      signal,
      within: (work) => context.slow.run(work),
      ...given('period', query.period),
    });

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
      const from = numberCursor(asked.query.cursor);
      const view = await viewOf(asked);
      const rows = credPersons(view).slice(from);
      const shown = page(rows, asked.query.limit, { cursorOf: (_, index) => from + index + 1, view: credRowJson });
      return { ...credPeriodJson(view), ...shown };
    },
  );

  get(
    app,
    context,
    `${base}/persons/:person`,
    { ...cred, summary: 'why somebody has its cred of a period', query: ['period'], answer: shapes.person },
    async (asked) => {
      const view = await viewOf(asked);
      return credPersonJson(view, explainCredPerson(view, asked.params.person));
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
      const view = await viewOf(asked);
      return { ...credPeriodJson(view), ...credSourcesJson(credKinds(view, asked.query.person)) };
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
      const { limit, person, by } = asked.query;
      const from = numberCursor(asked.query.cursor);
      const view = await viewOf(asked);
      const rows = credTimeline(view, { ...given('whom', person), by }).slice(from);
      const shown = page(rows, limit, { cursorOf: (_, index) => from + index + 1, view: credMomentJson });
      return { ...credPeriodJson(view), ...shown };
    },
  );

  get(
    app,
    context,
    `${base}/contributions`,
    {
      ...cred,
      summary: 'contributions by their cred, the highest first',
      query: ['limit', 'cursor', 'period', 'made', 'source'],
      answer: pageOf(shapes.contribution, shapes.credPeriodFields),
    },
    async (asked) => {
      const { limit, made, source } = asked.query;
      const from = numberCursor(asked.query.cursor);
      const view = await viewOf(asked);
      const wanted = { limit: from + limit + 1, ofPeriod: made, ...given('source', source) };
      const rows = credContributions(view, wanted).slice(from);
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
    `${base}/contribution`,
    {
      ...cred,
      summary: 'what gave a contribution its cred, and where that went, edge by edge',
      query: ['address', 'period'],
      needed: ['address'],
      answer: shapes.contributionReasons,
    },
    async (asked) => {
      const view = await viewOf(asked);
      const why = explainCredContribution(view, asked.query.address);
      const name = (await engine.labels(asked.params.program, [why.address])).get(why.address);
      return { ...credPeriodJson(view), ...name, ...why };
    },
  );

  const around = async (asked: Asked, whom: PlaceAsked): Promise<unknown> => {
    const view = await viewOf(asked);
    const found = credNeighbourhood(view, whom, asked.query.limit);
    const labels = await engine.labels(asked.params.program, addressesIn(found));
    return { ...credPeriodJson(view), ...credNeighbourhoodJson(found, labels) };
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
