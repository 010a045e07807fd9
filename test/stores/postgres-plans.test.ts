/** How the server finds rows: by indexes, and no more of them than the answer needs. What is a page's work must not grow with the table. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Tx } from '../../src/app/ports.ts';
import { type Connection, Pool, type Value } from '../../src/stores/postgres/connection.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { PostgresTx } from '../../src/stores/postgres/tx.ts';
import { parsePostgresUrl } from '../../src/stores/postgres/url.ts';
import { missing, postgresForTests } from './postgres.ts';

const server = (await postgresForTests())!;

/** Accounts of the program; there are ten times as many events, payouts and postings. */
const accounts = 1000;
const last = 10 * accounts;
const limit = 20;
/** Rows of a run of ids: two periods take turns, so that each has 20 runs. */
const run = 250;
const name = `'account-' || lpad(((i - 1) % ${accounts})::text, 5, '0')`;
const account = `(i - 1) % ${accounts} + 1`;
const period = `1 + (i - 1) / ${run} % 2`;
const series = (count: number) => `FROM generate_series(1, ${count}) i`;

/** A program of its own size, and a second one beside it. */
const fill = `
INSERT INTO programs SELECT i, 'program ' || i ${series(2)};
INSERT INTO accounts SELECT 1, ${name}, i, i = 7 ${series(accounts)};
INSERT INTO accounts SELECT 2, ${name}, i, false ${series(accounts)};
INSERT INTO positions SELECT 1, b, ${name}, v, ${account}, i, 0 ${series(accounts)}, generate_series(0, 1) b, generate_series(1, 2) v;
INSERT INTO scores SELECT 1, p, ${name}, ${account}, i ${series(accounts)}, generate_series(1, 3) p;
INSERT INTO awards SELECT 1, p, ${name}, ${account}, i, i, false ${series(accounts)}, generate_series(1, 3) p;
INSERT INTO tallies SELECT 1, p, ${name}, ${account}, i, i, 0 ${series(accounts)}, generate_series(1, 3) p;
INSERT INTO events SELECT g, i, 'key ' || i, CASE WHEN i % 1000 = 0 THEN 'rules' ELSE 'delegate' END, i, ${account}, ${name}, '{}',
  CASE WHEN i % 2 = 0 THEN i / 10 END, 'hash' ${series(last)}, generate_series(1, 2) g;
INSERT INTO payouts SELECT g, i, ${period}, 'pool ' || i / ${accounts}, ${account}, ${name}, 1, 1, 0, 1, 'payout' ${series(last)}, generate_series(1, 2) g;
INSERT INTO postings SELECT g, i, ${period}, 'pool', 1, 'pool', 3, NULL, ${account}, ${name}, 1, CASE WHEN i % 100 = 0 THEN 'reversal' ELSE 'payout' END
  ${series(last)}, generate_series(1, 2) g;
INSERT INTO spans SELECT g, l, 1 + i % 2, 1 + i * ${run}, (i + 1) * ${run} FROM generate_series(0, ${(10 * accounts) / run - 1}) i,
  generate_series(1, 2) g, generate_series(1, 2) l;
INSERT INTO graph_nodes SELECT 1, i, i, 'node ' || i, i, false, NULL, false ${series(5 * accounts)};
INSERT INTO graph_edges SELECT 1, i, i, 'edge ' || i, i, i, i, NULL, NULL, false ${series(5 * accounts)};
INSERT INTO steps SELECT 1, ${period}, i, 'paying', 0, 0, 1, 1, 1 ${series(2 * run)};
`;

interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

/** Rows that a step of a plan takes from a table, those it throws away included. */
const taken = (node: Plan): number =>
  node['Relation Name'] === undefined
    ? 0
    : node['Actual Loops'] *
      (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0));

const looked = (plan: Plan): number => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];

/** What is asked, with the most rows that may be taken from tables for it, and the most pages of 8 KiB that may be looked at. */
interface Hot {
  readonly ask: (tx: Tx) => Promise<unknown>;
  readonly rows: number;
  readonly pages: number;
}

const page = { program: 1, limit } as const;
const walk = { ...page, buckets: [0, 1], periods: [1, 2] };
const middle = 'account-00500';
const few = ['account-00003', 'account-00700', 'nobody'];
/** A row is on a page of its own at worst, and lies four pages deep in an index that is walked once for each run or name. */
const hot: Readonly<Record<string, Hot>> = {
  'a page of accounts with positions and scores': {
    ask: (tx) => tx.accountsPage({ ...walk, after: middle }),
    ...{ rows: 7 * limit, pages: 7 * limit + 20 },
  },
  'accounts by name': { ask: (tx) => tx.accountsNamed({ ...walk, names: few }), rows: 14, pages: 120 },
  'those excluded': { ask: (tx) => tx.excludedAccounts(1), rows: 1, pages: 10 },
  'the tail of the events': { ask: (tx) => tx.events({ ...page, after: last - 1000 }), rows: limit, pages: limit + 4 },
  'the newest events': {
    ask: (tx) => tx.events({ ...page, after: 0, before: last - 1000 }),
    rows: limit,
    pages: limit + 4,
  },
  'events of an account': { ask: (tx) => tx.events({ ...page, after: 0, account: 5 }), rows: 11, pages: 25 },
  'events by key': { ask: (tx) => tx.eventsByKey(1, ['key 5', `key ${last}`, 'key x']), rows: 2, pages: 15 },
  facts: {
    ask: (tx) => tx.facts({ ...page, after: { at: 450, seq: 4500 }, until: last }),
    ...{ rows: limit, pages: limit + 10 },
  },
  'governing events': { ask: (tx) => tx.governingEvents({ ...page, after: 4500 }), rows: limit, pages: limit + 4 },
  'a page of awards': {
    ask: (tx) => tx.awards({ ...page, period: 2, after: middle }),
    ...{ rows: 2 * limit, pages: 5 * limit },
  },
  'tallies of an account': { ask: (tx) => tx.tallies({ program: 1, account: middle }), rows: 3, pages: 15 },
  'nodes by name': { ask: (tx) => tx.nodesNamed(1, ['node 5', 'node 4999', 'x']), rows: 2, pages: 15 },
  'edges by name': { ask: (tx) => tx.edgesNamed(1, ['edge 5', 'edge 4999', 'x']), rows: 2, pages: 15 },
  'a page of the graph': {
    ask: (tx) => tx.graphNodes({ ...page, after: { number: 2500, since: 2500 } }),
    ...{ rows: limit, pages: limit + 4 },
  },
  'newer steps of a period': { ask: (tx) => tx.steps(1, 1, run - 5), rows: 5, pages: 10 },
  ...Object.fromEntries(
    (['payouts', 'postings'] as const).flatMap((table): [string, Hot][] => {
      const rows = (query: Partial<Parameters<Tx['payouts']>[0]>) => (tx: Tx) =>
        tx[table]({ ...page, after: 0, ...query });
      return [
        [`the tail of ${table}`, { ask: rows({ after: last - 1000 }), rows: limit, pages: limit + 4 }],
        [`the newest ${table}`, { ask: rows({ before: last + 1 }), rows: limit, pages: limit + 4 }],
        [`${table} of a period`, { ask: rows({ period: 1 }), rows: limit + 25, pages: limit + 20 }],
        [`${table} of a period from the middle of a run`, { ask: rows({ period: 2, after: last - 4 * run }), rows: limit + 25, pages: limit + 20 }], // prettier-ignore
        [`${table} of a period across its runs`, { ask: rows({ period: 1, after: last - 6 * run + (run - 5) }), rows: 2 * limit + 25, pages: 2 * limit + 20 }], // prettier-ignore
        [`the newest ${table} of a period`, { ask: rows({ period: 1, before: last + 1 }), rows: limit + 25, pages: limit + 20 }], // prettier-ignore
        [`${table} of an account`, { ask: rows({ account: 5 }), rows: 11 + 80, pages: 60 }],
        [`${table} of an account in a period`, { ask: rows({ account: 5, period: 1 }), rows: 11, pages: 30 }],
      ];
    }),
  ),
  'postings of a reason': {
    ask: (tx) => tx.postings({ ...page, after: last - 1000, reason: 'reversal' }),
    ...{ rows: limit, pages: limit + 10 },
  },
};

describe('test/stores/postgres-plans', { skip: server === null && missing }, () => {
  const url = server?.newUrl();
  let pool: Pool;
  let connection: Connection;
  before(async () => {
    const store = openPostgresStore({ url });
    await store.describe(); // makes the tables
    await store.close();
    pool = await Pool.of(parsePostgresUrl(url), false);
    connection = await pool.take();
    await connection.exec(fill);
  });
  after(async () => {
    connection.release(true);
    await pool.close();
  });

  /** What was asked of the server for a question, whose answer is not empty. */
  async function statementsOf(ask: Hot['ask']): Promise<Statement[]> {
    const statements: Statement[] = [];
    const listening = Object.assign(Object.create(connection) as Connection, {
      all: (sql: string, ...values: Value[]) => {
        statements.push({ sql, values });
        return connection.all(sql, ...values);
      },
      get: async (sql: string, ...values: Value[]) => (await listening.all(sql, ...values))[0],
    });
    const found = (await ask(new PostgresTx(listening, 'plans', 'read', { lease: undefined, range: undefined }))) as {
      length?: number;
      size?: number;
    };
    assert.ok((found.length ?? found.size!) > 0);
    return statements;
  }

  /** A value as text of a statement; lists are binary (src/stores/postgres/lists.ts), which the server reads best. */
  async function literal(value: Value): Promise<string> {
    if (typeof value === 'string') return pg.escapeLiteral(value);
    if (!(value instanceof Uint8Array)) return String(value);
    return (await connection.get<[string]>('SELECT quote_literal($1::text[]::text)', value))![0];
  }

  /** What the server does for a statement, its values known to whoever plans (`custom`) or not (`generic`). */
  async function planOf({ sql, values }: Statement, kind: 'custom' | 'generic'): Promise<Plan> {
    await connection.exec(`SET plan_cache_mode = force_${kind}_plan; PREPARE hot AS ${sql}`);
    const given = await Promise.all(values.map(literal));
    const execute = `EXECUTE hot${given.length === 0 ? '' : `(${given.join(', ')})`}`;
    const explain = `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${execute}`;
    const [[{ Plan: plan }]] = (await connection.get<[[{ Plan: Plan }]]>(explain))!;
    await connection.exec('DEALLOCATE hot');
    return plan;
  }

  for (const [known, prepare] of [
    ['knows nothing of the tables', 'SELECT'],
    ['has looked at the tables', 'ANALYZE'],
  ] as const) {
    it(`asks for no more than a page by indexes while the server ${known}, whether values are known or not`, async () => {
      await connection.exec(prepare);
      for (const [what, { ask, rows, pages }] of Object.entries(hot)) {
        const statements = await statementsOf(ask);
        for (const kind of ['custom', 'generic'] as const) {
          const plans: Plan[] = [];
          for (const statement of statements) plans.push(await planOf(statement, kind));
          const all = plans.flatMap(nodes);
          const counts = [sum(all.map(taken)), sum(plans.map(looked))] as const;
          const shown = (): string => `${what}, ${kind}, ${counts}: ${JSON.stringify(plans, null, 1)}`;
          assert.ok(counts[0] <= rows && counts[1] <= pages, shown());
          assert.ok(!all.some((node) => node['Node Type'] === 'Seq Scan'), shown());
        }
      }
    });
  }
});
