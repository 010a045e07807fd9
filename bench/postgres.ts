/**
 * Ingest and a window on PostgreSQL beside their floors: the same rows by plain UNNEST inserts through the same client, into the same tables and
 * indexes, in as many transactions. Nothing is read or computed while the floor's clock runs.
 *
 * A server of its own with fsync on, or that of PRORATA_TEST_PG_URL. Several workers share the ranges of one window; the log has one writer.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { Engine } from '../src/app/engine.ts';
import { measuredDefinition, measuredPeriod, measuredPopulation, quantile } from '../src/app/measure.ts';
import { CHUNK_EVENTS } from '../src/app/ingest.ts';
import type { Changes, Store, Tx } from '../src/app/ports.ts';
import type { ProrataEvent } from '../src/core/events/event.ts';
import { inChunks, populationEvents } from '../src/core/population/population.ts';
import { openPostgresStore } from '../src/stores/postgres/store.ts';
import { Cluster } from '../test/stores/postgres.ts';
import type { Step } from './postgres-child.ts';
import { round } from './window.ts';

export interface PostgresOptions {
  readonly accounts: number;
  readonly workers: number;
  readonly batch: number;
  readonly names: 'ordered' | 'scattered';
  readonly seed: number;
}

const durable = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'shared_buffers=1GB', 'max_wal_size=8GB', 'checkpoint_timeout=30min']; // prettier-ignore
const PROGRAM = 'measured';
/** Steps that each worker makes before the floor makes the same ones: noise of the machine meets both alike. */
const turn = 20;

export async function benchPostgres(options: PostgresOptions, say: (text: string) => void) {
  const given = process.env['PRORATA_TEST_PG_URL'];
  const cluster = given === undefined ? await Cluster.start(...durable) : null;
  const base = given ?? cluster!.url('x').replace(/\?.*/, '');
  const schemas = [`bench_${process.pid}`, `bench_floor_${process.pid}`] as const;
  const urlOf = (schema: string): string => {
    const url = new URL(base);
    url.searchParams.set('schema', schema);
    return url.href;
  };
  const client = new pg.Client({ connectionString: base });
  await client.connect();
  try {
    return await measured(options, schemas, urlOf, client, say);
  } finally {
    await client.query(schemas.map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE`).join('; '));
    await client.end();
    cluster?.remove();
  }
}

async function measured(
  { accounts, workers, batch, names, seed }: PostgresOptions,
  [schema, floorSchema]: readonly [string, string],
  urlOf: (schema: string) => string,
  client: pg.Client,
  say: (text: string) => void,
) {
  const watched = new WatchedWrites(openPostgresStore({ url: urlOf(schema) }));
  const engine = new Engine(watched.store);
  const floorStore = openPostgresStore({ url: urlOf(floorSchema) });
  await floorStore.describe();
  await floorStore.close();
  await engine.createProgram({ ...measuredDefinition({ strategy: 'cut', batchSize: batch }), name: PROGRAM });
  const population = populationEvents({ seed, accounts, names, ...measuredPopulation });
  const ingest = new IngestInTurns(watched, client, floorSchema, say);
  await ingest.take(engine, inChunks(population, CHUNK_EVENTS));
  const { events, ms: ingestMs, floorMs: floorIngestMs } = ingest;
  await client.query('ANALYZE');

  const instant = (measuredPeriod.boundary + 60) * 1000;
  const floor = new WindowFloor(client, schema, floorSchema);
  await floor.begin();
  const paying: Step[] = [];
  let [payingMs, windowMs] = [0, 0];
  const crew = new Crew(workers, urlOf(schema), instant);
  try {
    await crew.ready();
    for (let settled = false; !settled;) {
      const steps = await crew.steps(turn);
      if (steps.length === 0 || steps.some(({ did }) => did === 'halted')) throw await stopped(engine);
      settled = steps.some(({ did }) => did === 'settled');
      windowMs += lasted(steps);
      const payments = steps.filter(isPayment);
      paying.push(...payments);
      payingMs += lasted(payments);
      await floor.steps(payments.length);
      say(`paying: ${paying.reduce((sum, step) => sum + step.payouts, 0)} of ${accounts}`);
    }
  } finally {
    crew.end();
  }
  const payouts = paying.reduce((sum, step) => sum + step.payouts, 0);
  const floorMs = floor.ms;
  const bytes = (await engine.describe()).bytes;
  const { root } = (await engine.periods(PROGRAM)).at(-1)!;
  await engine.close();
  const times = paying.map(({ began, ended }) => ended - began);
  const [perS, floorPerS] = [(payouts / payingMs) * 1000, (payouts / floorMs) * 1000];
  const [ingestPerS, floorIngestPerS] = [(events / ingestMs) * 1000, (events / floorIngestMs) * 1000];
  return {
    workload: 'postgres' as const,
    ...{ accounts, workers, batch, names, seed, events, payouts },
    payouts_per_s: Math.round(perS),
    floor_payouts_per_s: Math.round(floorPerS),
    payouts_ratio: round(perS / floorPerS, 3),
    window_payouts_per_s: Math.round((payouts / windowMs) * 1000),
    paying_step_ms_p50: round(quantile(times, 0.5)),
    paying_step_ms_p99: round(quantile(times, 0.99)),
    ingest_per_s: Math.round(ingestPerS),
    floor_ingest_per_s: Math.round(floorIngestPerS),
    ingest_ratio: round(ingestPerS / floorIngestPerS, 3),
    store_mb: round(bytes / 1e6, 1),
    root,
  };
}

/** Why the program makes no step although its window is not settled. */
async function stopped(engine: Engine): Promise<Error> {
  const { halted, paused } = await engine.outlook(PROGRAM);
  const why = halted === null ? (paused ? 'the program is paused' : 'nothing was due') : JSON.stringify(halted);
  return new Error(`The window came to no end: ${why}.`);
}

const isPayment = ({ did }: Step): boolean => did === 'paid' || did === 'settled';
const lasted = (steps: readonly Step[]): number =>
  steps.length === 0 ? 0 : Math.max(...steps.map(({ ended }) => ended)) - Math.min(...steps.map(({ began }) => began));

/** Workers in processes of their own, each so many steps at a time. */
class Crew {
  readonly #children: readonly ChildProcess[];

  constructor(workers: number, url: string, instant: number) {
    const file = join(import.meta.dirname, 'postgres-child.ts');
    this.#children = Array.from({ length: workers }, () => fork(file, [url, String(instant)]));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#children.map(answerOf));
  }

  async steps(count: number): Promise<Step[]> {
    const ends = this.#children.map(answerOf);
    for (const child of this.#children) child.send(count);
    return (await Promise.all(ends)).flat();
  }

  end(): void {
    for (const child of this.#children) child.kill();
  }
}

/** What a worker sends next. One that ends first has said why on its own. */
async function answerOf(child: ChildProcess): Promise<Step[]> {
  const over = new AbortController();
  const ended = once(child, 'exit', over).then(([code, signal]) => {
    throw new Error(`A worker has ended before the window was settled, with ${code ?? signal}.`);
  });
  const answered = once(child, 'message', over).then(([steps]) => steps as Step[]);
  return Promise.race([answered, ended]).finally(() => over.abort());
}

interface Table {
  readonly name: string;
  readonly types: readonly string[];
  readonly columns: readonly string[];
}

const tables = {
  accounts: table('accounts', 'program int4, name text, id int8, excluded boolean'),
  events: table('events', 'program int4, seq int8, key text, kind text, time int8, account int8, name text, payload text, at int8, hash text'), // prettier-ignore
  positions: table('positions', 'program int4, bucket int4, name text, validator int4, account int8, shares numeric, since int8'), // prettier-ignore
  payouts: table('payouts', 'program int4, id int8, period int4, pool text, account int8, name text, score numeric, due numeric, restaked numeric, liquid numeric, reason text'), // prettier-ignore
  postings: table('postings', 'program int4, id int8, period int4, allocation text, source int2, source_pool text, target int2, target_pool text, account int8, name text, amount numeric, reason text'), // prettier-ignore
};

function table(name: string, columns: string): Table {
  const parts = columns.split(', ').map((column) => column.split(' ') as [string, string]);
  return { name, columns: parts.map(([column]) => column), types: parts.map(([, type]) => type) };
}

/** Rows as columnsOf has them. */
async function read(client: pg.Client, { columns }: Table, from: string, ...values: unknown[]): Promise<unknown[][]> {
  const { rows } = await client.query({ text: `SELECT ${columns.map((c) => `t.${c}`).join(', ')} FROM ${from}`, values, rowMode: 'array' }); // prettier-ignore
  return columns.map((_, i) => (rows as unknown[][]).map((row) => row[i]));
}

/** Plain: what anybody would write. */
async function insert(
  client: pg.Client,
  schema: string,
  { name, columns, types }: Table,
  lists: unknown[][],
  tail = '',
) {
  if (lists[0]!.length === 0) return;
  const text = `INSERT INTO ${schema}.${name} (${columns.join(', ')}) SELECT * FROM unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) ${tail}`; // prettier-ignore
  await client.query({ name: `${schema} ${name}`, text, values: lists });
}

const upsert = 'ON CONFLICT (program, bucket, name, validator) DO UPDATE SET account = excluded.account, shares = excluded.shares, since = excluded.since'; // prettier-ignore

/** A store that also says what was written to it. */
class WatchedWrites {
  readonly store: Store;
  /** Since they were last taken from here. */
  readonly writes: { readonly program: number; readonly changes: Changes }[] = [];
  /** Writes that are not answered yet. */
  underWay = 0;

  constructor(store: Store) {
    this.store = overriding(store, {
      transact: (mode, work, options) => store.transact(mode, (tx) => work(this.#watch(tx)), options),
    });
  }

  #watch(tx: Tx): Tx {
    return overriding(tx, {
      write: (program, changes) => {
        this.writes.push({ program, changes });
        this.underWay += 1;
        return tx.write(program, changes).finally(() => (this.underWay -= 1));
      },
    });
  }
}

/** `whole`, with some of its methods replaced. */
function overriding<T extends object>(whole: T, methods: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof value === 'function' && !(name in methods) ? value.bind(target) : value;
    },
  });
}

/**
 * The engine takes a chunk of events, then the floor writes what the one before came to, and so on: noise of the machine meets both alike. Each
 * has one transaction. The floor writes the accounts that appeared in a chunk, its events, and the positions that they left.
 */
class IngestInTurns {
  ms = 0;
  floorMs = 0;
  events = 0;
  #began = 0;
  readonly #watched: WatchedWrites;
  readonly #client: pg.Client;
  readonly #floorSchema: string;
  readonly #say: (text: string) => void;

  constructor(watched: WatchedWrites, client: pg.Client, floorSchema: string, say: (text: string) => void) {
    [this.#watched, this.#client, this.#floorSchema, this.#say] = [watched, client, floorSchema, say];
  }

  async take(engine: Engine, chunks: Iterable<ProrataEvent[]>): Promise<void> {
    await this.#client.query('BEGIN');
    this.#watched.writes.length = 0;
    this.#began = performance.now();
    await engine.ingest(PROGRAM, this.#inTurns(chunks));
    this.ms += performance.now() - this.#began;
    await this.#writeFloor();
    const began = performance.now();
    await this.#client.query('COMMIT');
    this.floorMs += performance.now() - began;
  }

  /** Asked for a chunk, the engine waits for nothing else: its clock stands still while events are made, and while the floor writes. */
  async *#inTurns(chunks: Iterable<ProrataEvent[]>) {
    this.ms += performance.now() - this.#began;
    for (const chunk of chunks) {
      this.events += chunk.length;
      this.#say(`ingesting: ${this.events} events`);
      this.#began = performance.now();
      yield chunk;
      if (this.#watched.underWay > 0)
        throw new Error('The engine asks for events while it writes: it would write on the time of the floor.');
      this.ms += performance.now() - this.#began;
      await this.#writeFloor();
    }
    this.#began = performance.now();
  }

  async #writeFloor(): Promise<void> {
    const [client, to] = [this.#client, this.#floorSchema];
    for (const { program, changes } of this.#watched.writes.splice(0)) {
      const { accounts = [], events = [], positions = [] } = changes;
      const names = new Map(events.map(({ account }) => [account?.id, account?.name]));
      const lists = {
        accounts: columnsOf(accounts, ({ name, id, excluded }) => [program, name, id, excluded]),
        events: columnsOf(events, ({ seq, key, kind, time, account, payload, at, hash }) => [
          ...[program, seq, key, kind, time, account?.id ?? null, account?.name ?? '', payload, at, hash],
        ]),
        positions: columnsOf(positions, ({ bucket, validator, account, shares, since }) => [
          ...[program, bucket, names.get(account), validator, account, String(shares), since],
        ]),
      };
      const began = performance.now();
      await insert(client, to, tables.accounts, lists.accounts);
      await insert(client, to, tables.events, lists.events);
      await insert(client, to, tables.positions, lists.positions, upsert);
      this.floorMs += performance.now() - began;
    }
  }
}

/** Rows as the client has them: a list for each column. */
function columnsOf<T>(rows: readonly T[], valuesOf: (row: T) => unknown[]): unknown[][] {
  const values = rows.map(valuesOf);
  return (values[0] ?? [[]]).map((_, i) => values.map((row) => row[i]));
}

/** Payouts in batches as they were made, their postings, and the stakes that they changed. */
class WindowFloor {
  ms = 0;
  readonly #client: pg.Client;
  readonly #from: string;
  readonly #to: string;
  /** The state to be written, and the step that was written last. */
  #state = '';
  #step = 0;

  constructor(client: pg.Client, from: string, to: string) {
    [this.#client, this.#from, this.#to] = [client, from, to];
  }

  async begin(): Promise<void> {
    const text = `INSERT INTO ${this.#to}.states SELECT program, state FROM ${this.#from}.states RETURNING state`;
    this.#state = (await this.#client.query<{ state: string }>(text)).rows[0]!.state;
  }

  /** The next `count` steps that paid. */
  async steps(count: number): Promise<void> {
    const [client, from, to] = [this.#client, this.#from, this.#to];
    const text = `SELECT step, first_payout AS first, payouts FROM ${from}.steps WHERE phase = 'paying' AND step > $1 ORDER BY step LIMIT $2`;
    const steps = await client.query<{ step: string; first: string; payouts: string }>(text, [this.#step, count]);
    for (const { step, first, payouts: made } of steps.rows) {
      this.#step = Number(step);
      if (made === '0') continue;
      const range = [Number(first), Number(first) + Number(made) - 1];
      const payouts = await read(client, tables.payouts, `${from}.payouts t WHERE program = 1 AND id BETWEEN $1 AND $2 ORDER BY id`, ...range); // prettier-ignore
      const postings = await read(client, tables.postings, `${from}.postings t JOIN ${from}.payouts p ON p.program = t.program AND p.period = t.period AND p.name = t.name WHERE p.program = 1 AND p.id BETWEEN $1 AND $2 ORDER BY t.id`, ...range); // prettier-ignore
      const positions = await read(client, tables.positions, `${from}.positions t WHERE program = 1 AND name BETWEEN $1 AND $2 ORDER BY name, validator`, payouts[5]![0], payouts[5]!.at(-1)); // prettier-ignore
      const began = performance.now();
      await client.query('BEGIN');
      await insert(client, to, tables.payouts, payouts);
      await insert(client, to, tables.postings, postings);
      await insert(client, to, tables.positions, positions, upsert);
      await client.query(`UPDATE ${to}.states SET state = $1`, [this.#state]);
      await client.query('COMMIT');
      this.ms += performance.now() - began;
    }
  }
}
