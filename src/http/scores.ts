import type { FastifyInstance } from 'fastify';
import { allRows } from '../app/cred/desk.ts';
import type { CredPerson } from '../app/cred/read.ts';
import type { CrownRoundView, CrownScore } from '../app/crown/read.ts';
import type { Counters } from '../app/engine.ts';
import { NamePlaces } from '../app/ranking/name-places.ts';
import type { Sorting } from '../app/ranking/ranking.ts';
import { type RowKeys, sortedRows } from '../app/ranking/sorted-rows.ts';
import type { AsOf } from '../app/read.ts';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError, UnavailableError } from '../core/errors.ts';
import { compare as compareRationals } from '../core/money/rational.ts';
import { formatInstant } from '../core/time/instant.ts';
import { stakedJson } from '../views/account.ts';
import { credPeriodJson, credRowJson } from '../views/cred.ts';
import { roundJson, scoreJson } from '../views/crown.ts';
import type { Context } from './context.ts';
import { Latest } from './latest.ts';
import { type Asked, assertNoRound, get, numberCursor, page, roundIn } from './route.ts';
import { either, object, pageOf, type Schema, time, whole } from './schema.ts';
import * as shapes from './shapes.ts';

const order: Readonly<Record<string, Schema>> = { total: whole, as_of: object({ seq: whole, time }) };

/** How many rows match, and which event their order was made of. */
const orderJson = (total: number, { seq, time: at }: AsOf) => ({ total, asOf: { seq, time: formatInstant(at) } });

/** Scores of everybody: sorted, searched, from any place on. */
export function scoreRoutes(app: FastifyInstance, context: Context): void {
  const { engine, options } = context;
  const { slow, rankings } = options;
  const places = new NamePlaces();
  // Whoever scrolls through a market or a community asks for the next page of the same.
  const crown = new Latest<CrownRoundView & { readonly scores: readonly CrownScore[] }>();
  const cred = new Latest<{ readonly persons: readonly CredPerson[]; readonly about: object }>();

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
      if (model === 'crown') return { model, ...(await crownScores(asked)) };
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
    const counters = await engine.counters(program);
    const view = await crown.of(program, JSON.stringify([counters.version, round]), () =>
      context.slow.run(async () =>
        slow.crownScores(program, another ? round : { ...round, period: (await engine.status(program)).period }),
      ),
    );
    const keys: RowKeys<CrownScore> = {
      name: ({ account }) => account,
      compare: (a, b) => compareRationals(a.part, b.part),
    };
    const { sort = 'name', search = '' } = query;
    const rows = sortedRows(view.scores, keys, { sort: withoutStake(sort), search });
    const after =
      sort === 'name' && query.cursor !== undefined
        ? rows.filter(({ account }) => compareBytes(account, query.cursor!) > 0)
        : rows.slice(query.offset ?? numberCursor(query.cursor));
    const place = rows.length - after.length;
    const shown = page(after, query.limit, {
      cursorOf: ({ account }, index) => (sort === 'name' ? account : place + index + 1),
      view: scoreJson,
    });
    return { ...roundJson(view), ...orderJson(rows.length, asOf(counters)), ...shown };
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
    const keys: RowKeys<CredPerson> = {
      name: ({ name }) => name,
      alias: ({ id }) => id,
      id: ({ id }) => id,
      compare: (a, b) => (a.score === b.score ? 0 : a.score < b.score ? -1 : 1),
    };
    const rows = sortedRows(persons, keys, { sort: withoutStake(sort), search });
    const from = query.offset ?? numberCursor(query.cursor);
    const shown = page(rows.slice(from), limit, { cursorOf: (_, index) => from + index + 1, view: credRowJson });
    return { ...about, ...orderJson(rows.length, asOf(counters)), ...shown };
  }
}

const asOf = ({ events: seq, clock: at }: Counters): AsOf => ({ seq, time: at });

/** Throws InvalidInputError `request-invalid`. */
function withoutStake(sort: Sorting): Exclude<Sorting, 'stake' | '-stake'> {
  if (sort !== 'stake' && sort !== '-stake') return sort;
  const message = `Found sort ${JSON.stringify(sort)}; accepted where nobody stakes: name, -name, score, -score.`;
  throw new InvalidInputError('request-invalid', message, { part: 'query', field: 'sort' });
}
