import type { FastifyInstance } from 'fastify';
import { allRows } from '../app/cred/desk.ts';
import type { CredPerson } from '../app/cred/read.ts';
import type { Counters } from '../app/engine.ts';
import { NamePlaces } from '../app/ranking/name-places.ts';
import type { Sorting } from '../app/ranking/ranking.ts';
import { type ListSorting, type RowKeys, sortedRows } from '../app/ranking/sorted-rows.ts';
import type { AsOf } from '../app/read.ts';
import { InvalidInputError, UnavailableError } from '../core/errors.ts';
import { stakedJson } from '../views/account.ts';
import { credPeriodJson, credRowJson } from '../views/cred.ts';
import { orderJson, page } from '../views/page.ts';
import type { Context } from './context.ts';
import { Latest } from '../app/latest.ts';
import { type Asked, assertNoRound, get, numberCursor, roundIn } from './route.ts';
import { either, object, pageOf, type Schema, time, whole } from './schema.ts';
import * as shapes from './shapes.ts';

const order: Readonly<Record<string, Schema>> = { total: whole, as_of: object({ seq: whole, time }) };

/** Scores of everybody: sorted, searched, from any place on. */
export function scoreRoutes(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const { rankings } = options;
  const places = new NamePlaces();
  // Whoever scrolls through a community asks for the next page of the same.
  const cred = new Latest<{ readonly persons: readonly CredPerson[]; readonly about: object }>();
  const orders = new Latest<readonly CredPerson[]>();

  get(
    app,
    context,
    '/v1/programs/:program/scores',
    {
      summary: 'scores so far: by name, of contributions the highest first, or as `sort` says',
      tag: 'scores',
      query: ['limit', 'cursor', 'sort', 'search', 'offset', 'period', 'from', 'to', 'at'],
      answer: either(
        pageOf(shapes.scores['stake-time']!, { model: shapes.model, ...order }),
        pageOf(shapes.scores['crown']!, { model: shapes.model, ...order, ...shapes.roundFields }),
        pageOf(shapes.scores['cred']!, { model: shapes.model, ...order, ...shapes.credPeriodFields }),
      ),
    },
    async (asked) => {
      const { query } = asked;
      if (query.cursor !== undefined && query.offset !== undefined) {
        const message = 'Found cursor and offset; accepted: one of them.';
        throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'offset' });
      }
      const model = await context.model(asked.params.program);
      if (model === 'stake-time') {
        assertNoRound(query, ['period', 'from', 'to', 'at'], 'scores of stakes are those of the newest event');
        const plain = (query.sort ?? 'name') === 'name' && query.search === undefined;
        return { model, ...(await (plain ? stakesByName(asked) : stakesRanked(asked))) };
      }
      if (model === 'crown') return crownScores(asked);
      return { model, ...(await credScores(asked)) };
    },
  );

  /** By the index of names, which is always there. */
  async function stakesByName({ params: { program }, query: { limit, cursor, offset = 0 } }: Asked) {
    const { accounts: count } = await engine.counters(program);
    const from = cursor === undefined ? places.before(program, count, offset) : { place: 0, after: cursor };
    const { accounts, total, asOf } = await engine.accountList(program, {
      after: from.after,
      inclusive: cursor === undefined,
      skip: offset - from.place,
      limit: limit + 1,
    });
    const first = accounts[0];
    if (first !== undefined && cursor === undefined)
      places.learn(program, total, { place: offset, name: first.account });
    return {
      ...page(accounts, limit, { cursorOf: ({ account }) => account, view: stakedJson }),
      ...orderJson(total, asOf),
    };
  }

  async function stakesRanked({ params: { program }, query }: Asked) {
    const { limit, search = '', sort = 'name' } = query;
    const offset = query.offset ?? numberCursor(query.cursor);
    const ranked = await rankings.page(program, { sort, search, offset, limit });
    if (ranked === null) {
      const message = `The accounts of ${program} are being sorted; ask again in a moment.`;
      throw new UnavailableError('ranking-in-work', message, { program });
    }
    const { names, total, asOf } = ranked;
    const { accounts } = await engine.accountsNamed(program, names);
    const next = offset + limit < total ? String(offset + limit) : null;
    return { items: accounts.map(stakedJson), next, ...orderJson(total, asOf) };
  }

  async function crownScores({ params: { program }, query }: Asked) {
    const round = roundIn(query);
    const another = round.period !== undefined || round.from !== undefined || round.to !== undefined;
    const { sort = 'name', search = '', cursor, limit } = query;
    const from = sort === 'name' && cursor !== undefined ? { after: cursor } : (query.offset ?? numberCursor(cursor));
    return context.markets.run(() =>
      context.crown.scores(program, {
        round: another ? round : { ...round, period: 'running' },
        ...{ sort: withoutStake(sort), search, from, limit },
      }),
    );
  }

  async function credScores({ params: { program }, query }: Asked) {
    assertNoRound(query, ['from', 'to', 'at'], 'cred is read by period');
    const counters = await engine.counters(program);
    const { period = 'running', sort = '-score', search = '', limit } = query;
    const { persons, about } = await cred.of(program, JSON.stringify([counters.version, period]), () =>
      context.cred
        .ask('persons', { program, period }, allRows, context.stopping.signal)
        .then(({ found, about }) => ({ persons: found, about: credPeriodJson(about) })),
    );
    const order = { sort: withoutStake(sort), search };
    const rows = await orders.of(program, JSON.stringify([counters.version, period, order]), async () =>
      sortedRows(persons, personKeys, order),
    );
    const from = query.offset ?? numberCursor(query.cursor);
    const shown = page(rows.slice(from, from + limit + 1), limit, {
      cursorOf: (_, index) => from + index + 1,
      view: credRowJson,
    });
    return { ...about, ...orderJson(rows.length, asOf(counters)), ...shown };
  }
}

const personKeys: RowKeys<CredPerson> = {
  name: ({ name }) => name,
  alias: ({ id }) => id,
  id: ({ id }) => id,
  compare: (a, b) => (a.score === b.score ? 0 : a.score < b.score ? -1 : 1),
};

const asOf = ({ events: seq, clock: at }: Counters): AsOf => ({ seq, time: at });

/** Throws InvalidInputError `request-invalid`. */
function withoutStake(sort: Sorting): ListSorting {
  if (sort !== 'stake' && sort !== '-stake') return sort;
  const message = `Found sort ${JSON.stringify(sort)}; accepted where nobody stakes: name, -name, score, -score.`;
  throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'sort' });
}
