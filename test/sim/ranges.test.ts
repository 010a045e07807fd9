import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Engine } from '../../src/app/engine.ts';
import { BooksCache } from '../../src/app/load-books.ts';
import type { RangeLease, Store, Tx } from '../../src/app/ports.ts';
import { rangeOf, step } from '../../src/app/step.ts';
import { work } from '../../src/app/worker.ts';
import { UnavailableError } from '../../src/core/errors.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { missing, postgresForTests, type TestServer } from '../stores/postgres.ts';
import { EVERY, exclusion, miner, rate, sharedProgram, stake, validator } from '../app/sharing-small.ts';
import { exported } from './crash-kit.ts';
import { definition, PROGRAM, script } from './kill-child.ts';
import { Prng } from './prng.ts';

const TO = 1_800_000_000_000;
const LEASE_MS = 20_000;
const server = await postgresForTests();
const skip = server === null ? missing : false;

/** A store, some of whose verbs are others. */
const changed = (store: Store, verbs: Partial<Store>): Store =>
  new Proxy(store, {
    get: (of, name) => verbs[name as keyof Store] ?? (of[name as keyof Store] as () => unknown).bind(of),
  });

/** A store whose transactions wait at a gate: before they write, or before they commit. */
function gated(store: Store, at: 'write' | 'commit', gate: Promise<unknown>): { store: Store; reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const wait = async (): Promise<void> => {
    resolve();
    await gate;
  };
  const transact: Store['transact'] = (mode, job, options) =>
    store.transact(
      mode,
      async (tx) => {
        const slow = new Proxy(tx, {
          get: (target, name) =>
            name === 'write'
              ? async (...args: Parameters<Tx['write']>) => {
                  if (at === 'write') await wait();
                  return target.write(...args);
                }
              : (target[name as keyof Tx] as () => unknown).bind(target),
        });
        const result = await job(slow);
        if (at === 'commit') await wait();
        return result;
      },
      options,
    );
  return { store: changed(store, { transact }), reached };
}

describe('test/sim/ranges', { skip }, () => {
  const newUrl = (): string => (server as TestServer).newUrl();
  const opened: Engine[] = [];
  const open = (url: string): Store => {
    const store = openPostgresStore({ url });
    opened.push(new Engine(store));
    return store;
  };
  after(() => Promise.all(opened.map((engine) => engine.close())));

  /** What one machine makes of it. */
  async function alone(program: Parameters<Engine['createProgram']>[0], events: readonly ProrataEvent[]) {
    const whole = new Engine(openMemoryStore());
    await whole.createProgram(program);
    await whole.ingest(program.name, events);
    const begin = await exported(whole);
    await whole.advance(program.name, { to: TO });
    return { whole, begin, settled: await exported(whole) };
  }

  /** Three workers until nothing is left to do; each loses a connection while he works ahead of others. Returns how many steps were committed that were begun ahead of others. */
  async function together(url: string): Promise<number> {
    let ahead = 0;
    const one = async (n: number): Promise<void> => {
      const store = open(url);
      let lost = false;
      const transact: Store['transact'] = async (mode, job, options) => {
        const { range } = options ?? {};
        const slowly = async (tx: Tx) => {
          const made = await job(tx);
          if (range?.ahead === true && !lost) {
            lost = true;
            throw new UnavailableError('store-connection-lost', 'The connection broke.');
          }
          // Told and not committed: others find what to do.
          if (range !== undefined) await sleep(10);
          return made;
        };
        const result = await store.transact(mode, slowly, options);
        if (range?.ahead === true) ahead += 1;
        return result;
      };
      await work(changed(store, { transact }), {
        ...{ holder: `worker ${n}`, leaseMs: LEASE_MS, now: () => TO, clock: () => performance.now() },
        wait: async () => false,
      });
    };
    await Promise.all([1, 2, 3].map(one));
    return ahead;
  }

  const race = script('race').flatMap((ask) => (ask.ask === 'ingest' ? ask.events : []));
  for (const strategy of strategyNames) {
    it(`lets three workers make the windows of one that is alone, to the byte, by ${strategy}`, async () => {
      const { begin, settled, whole } = await alone(definition(strategy), race);
      const url = newUrl();
      const engine = new Engine(open(url));
      await engine.import(begin.split('\n'));
      const ahead = await together(url);
      assert.equal(await exported(engine), settled);
      assert.ok(ahead > 10, `only ${ahead} steps were made ahead of others`);
      assert.ok((await engine.verify(PROGRAM)).findings.every(({ holds }) => holds));
      await whole.close();
    });
  }

  it('lets them share the awards of policies, and of other models, too', async () => {
    for (const model of ['stake-time', 'crown'] as const) {
      const sharing = { policies: [{ policy: 'balanced', part: '1' }] };
      const program = sharedProgram({ model, sharing, amount: 1003n, window: { batchSize: 1 } });
      const names = Array.from({ length: 5 }, (_, i) => `account-${i}`);
      const events =
        model === 'crown'
          ? names.flatMap((name, i) => [...miner(name), rate(name, 3 + i * 4, String(i + 1))])
          : [validator, ...names.map((name, i) => stake(name, i, BigInt(i + 5)))];
      const { begin, settled } = await alone(program, events);
      const url = newUrl();
      const engine = new Engine(open(url));
      await engine.import(begin.split('\n'));
      const ahead = await together(url);
      assert.equal(await exported(engine), settled);
      assert.ok(ahead > 0, model);
    }
  });

  const accounts = Array.from({ length: 9 }, (_, i) => `account-${i}`);
  const small = sharedProgram({ amount: 1003n, window: { batchSize: 2 } });
  const stakes = [validator, ...accounts.map((name, i) => stake(name, i, BigInt(i + 5)))];
  const NAME = small.name;

  /** A window that is open and scored, so that its next steps pay two accounts each; whoever asks gets a worker's part of it. */
  async function paying() {
    const url = newUrl();
    const store = open(url);
    const engine = new Engine(store);
    await engine.createProgram(small);
    await engine.ingest(NAME, stakes);
    const now = EVERY * 1000;
    while ((await engine.status(NAME)).window?.phase !== 'paying') await engine.step(NAME, now);
    const next = async () => (await store.transact('read', (tx) => new BooksCache().load(tx, NAME).then(rangeOf)))!;
    const lease = async (holder: string, ms = LEASE_MS, of = store): Promise<RangeLease | null> =>
      of.leaseRange!(await next(), holder, ms);
    const make = (range: RangeLease, by: Store = open(url)) => step(by, new BooksCache(), NAME, now, { range });
    return { url, store, engine, now, next, lease, make };
  }

  /** What comes of the same asks, one after the other. */
  async function settledAlone(...events: readonly (ProrataEvent | 'step')[]): Promise<string> {
    const whole = new Engine(openMemoryStore());
    await whole.createProgram(small);
    await whole.ingest(NAME, stakes);
    while ((await whole.status(NAME)).window?.phase !== 'paying') await whole.step(NAME, EVERY * 1000);
    for (const event of events) await (event === 'step' ? whole.step(NAME, EVERY * 1000) : whole.ingest(NAME, [event]));
    await whole.advance(NAME, { to: EVERY * 1000 });
    return exported(whole);
  }

  it('leases a range when its beginning is known, to one at a time, and again when the lease has run out', async () => {
    const { engine, now, next, lease, make, url } = await paying();
    const { step: first } = await next();
    const a = (await lease('a'))!;
    assert.deepEqual([a.step, a.ahead, a.fence], [first, false, 1]);
    assert.equal(await lease('b'), null, 'nobody knows where the second range begins');
    await a.release();
    const short = (await lease('short', 1))!;
    await sleep(20);
    const b = (await lease('b'))!;
    assert.deepEqual([b.step, b.fence], [first, 3]);
    await assert.rejects(make(short), { code: 'range-overtaken' });
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const slow = gated(open(url), 'commit', promise);
    const made = make(b, slow.store);
    await slow.reached;
    const c = (await lease('c'))!;
    assert.deepEqual([c.step, c.ahead], [first + 1, true]);
    go();
    await made;
    await make(c);
    assert.equal((await next()).step, first + 2);
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
    const rest = await engine.verify(NAME);
    assert.ok(rest.findings.every(({ holds }) => holds));
  });

  it('writes a range beside the one before it, and commits it after that', async () => {
    const { engine, now, next, lease, make, url } = await paying();
    const { step: first } = await next();
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const slow = gated(open(url), 'commit', promise);
    const order: number[] = [];
    const a = make((await lease('a'))!, slow.store).then(() => order.push(first));
    await slow.reached;
    const b = make((await lease('b'))!).then(() => order.push(first + 1));
    const payouts = 'SELECT pid FROM pg_stat_activity WHERE wait_event_type = $1 AND wait_event = $2';
    for (let tries = 0; tries < 200 && (await server!.query(payouts, 'Lock', 'advisory')).length === 0; tries += 1)
      await sleep(10);
    assert.equal((await server!.query(payouts, 'Lock', 'advisory')).length, 1, 'b waits for a, with all written');
    assert.deepEqual(order, []);
    assert.equal((await next()).step, first);
    go();
    await Promise.all([a, b]);
    assert.deepEqual(order, [first, first + 1]);
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
  });

  it('writes nothing of a range whose predecessor was given up, and lets it be made anew', async () => {
    const { engine, now, next, lease, make, url } = await paying();
    const { promise, reject: fail } = Promise.withResolvers<void>();
    const slow = gated(open(url), 'commit', promise);
    const first = (await lease('a'))!;
    const a = make(first, slow.store);
    await slow.reached;
    const b = make((await lease('b'))!);
    fail(new Error('a died'));
    await assert.rejects(a, { message: 'a died' });
    await assert.rejects(b, { code: 'range-overtaken' });
    assert.equal((await next()).step, first.step);
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
  });

  it('writes nothing of a range that was begun before somebody changed the program, and keeps nobody who changes it', async () => {
    const { engine, now, next, lease, make, url } = await paying();
    const { step: first } = await next();
    const [commit, write] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = gated(open(url), 'commit', commit.promise);
    const a = make((await lease('a'))!, slow.store);
    await slow.reached;
    const later = gated(open(url), 'write', write.promise);
    const b = make((await lease('b'))!, later.store);
    await later.reached;
    commit.resolve();
    await a;
    // The very account that b is about to pay.
    const change = exclusion(EVERY + 1, ['account-2']);
    await engine.ingest(NAME, [change]);
    write.resolve();
    await assert.rejects(b, { code: 'range-overtaken' });
    assert.equal((await next()).step, first + 1);
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone('step', change));
    assert.deepEqual(
      (await engine.payouts(NAME)).filter(({ account }) => account.name === 'account-2'),
      [],
    );
  });

  it('keeps no change waiting for a range that waits for another', async () => {
    const { engine, now, next, lease, make, url } = await paying();
    const { step: first } = await next();
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const a = (await lease('a'))!;
    const slow = gated(open(url), 'commit', promise);
    const made = make(a, slow.store);
    await slow.reached;
    const b = make((await lease('b'))!).catch((error: unknown) => error);
    const change = { ...stake('account-2', EVERY + 1, 1000n), time: (EVERY + 1) * 1000 } as ProrataEvent;
    const changing = engine.ingest(NAME, [change]);
    go();
    await made;
    await changing;
    const came = await b;
    const second = came instanceof Error ? (came as { code?: string }).code : 'made';
    assert.ok(second === 'made' || second === 'range-overtaken' || second === 'store-busy', String(came));
    await engine.advance(NAME, { to: now });
    const expected = [await settledAlone('step', change), await settledAlone('step', 'step', change)];
    assert.ok(expected.includes(await exported(engine)), `${first}, ${second}`);
  });

  /** A session of somebody else in the middle of a transaction. */
  async function session(url: string): Promise<pg.Client> {
    const { href, searchParams } = new URL(url);
    const client = new pg.Client({ connectionString: href.replace(/\?.*/, '') });
    await client.connect();
    await client.query(`SET search_path = ${searchParams.get('schema')}; BEGIN`);
    return client;
  }

  const waiting = async (event: string): Promise<void> => {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = $1`;
    for (let tries = 0; tries < 200 && (await server!.query(sql, event)).length === 0; tries += 1) await sleep(5);
  };

  /** The first range has been told and waits to be committed; the second one, ahead of it, is for `b`. */
  async function twoRanges() {
    const books = await paying();
    const { promise, resolve: go, reject: fail } = Promise.withResolvers<void>();
    const slow = gated(open(books.url), 'commit', promise);
    const first = (await books.lease('a'))!;
    const a = books.make(first, slow.store);
    a.catch(() => {});
    await slow.reached;
    return { ...books, first, a, go, fail, second: (await books.lease('b'))! };
  }

  it('leases a range whatever texts the program holds, and none where no window is open', async () => {
    const { engine, now, lease, store } = await paying();
    for (const reason of ['\u0000', '\ud800']) {
      const time = EVERY * 1000;
      await engine.ingest(NAME, [{ kind: 'pause', key: `pause ${reason.charCodeAt(0)}`, time, reason }]);
      const range = await store.leaseRange!({ program: 1, period: 1 }, 'a', LEASE_MS);
      assert.equal(range!.step, 7);
      await range!.release();
      await engine.ingest(NAME, [{ kind: 'resume', key: `resume ${reason.charCodeAt(0)}`, time, reason }]);
    }
    assert.equal((await lease('a'))!.step, 7);
    await engine.advance(NAME, { to: now });
    assert.equal(await store.leaseRange!({ program: 1, period: 1 }, 'a', LEASE_MS), null);
  });

  it('lets whoever is at it end his step, though his lease ran out and another one wanted it', async () => {
    const { engine, now, lease, make, url } = await paying();
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const slow = gated(open(url), 'write', promise);
    const late = (await lease('late', 1))!;
    const made = make(late, slow.store);
    await slow.reached;
    await sleep(20);
    const other = (await lease('other'))!;
    assert.deepEqual([other.step, other.fence], [late.step, 2]);
    await assert.rejects(make(other), { code: 'range-overtaken' });
    await other.release();
    go();
    assert.equal((await made).did, 'paid');
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
  });

  it('gives a range away at once whose worker told its end and died before it was committed', async () => {
    const { engine, now, lease, make, first, second, a, fail } = await twoRanges();
    assert.deepEqual([second.step, second.ahead], [first.step + 1, true]);
    fail(new Error('a died'));
    await assert.rejects(a, { message: 'a died' });
    const again = (await lease('c'))!;
    assert.deepEqual([again.step, again.ahead, again.fence], [first.step, false, 2]);
    await make(again);
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
  });

  it('makes no circle of an event that waits for a range, that range, and whoever makes the one before it anew', async () => {
    const { engine, now, lease, make, first, second, a, fail, url } = await twoRanges();
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const { promise: written, resolve: reached } = Promise.withResolvers<void>();
    // All rows of b are written, and it has not yet looked for a.
    const late = second as RangeLease & { waitForPrevious(...args: unknown[]): Promise<void> };
    const wait = late.waitForPrevious.bind(late);
    late.waitForPrevious = async (...args) => {
      reached();
      await promise;
      return wait(...args);
    };
    const b = make(late);
    await written;
    fail(new Error('a died'));
    await assert.rejects(a, { message: 'a died' });
    await first.release();
    const change = { ...stake('account-2', EVERY + 1, 1000n), time: (EVERY + 1) * 1000 } as ProrataEvent;
    const changing = new Engine(open(url)).ingest(NAME, [change]);
    await waiting('transactionid');
    const anew = make((await lease('c'))!);
    await sleep(50);
    go();
    await assert.rejects(b, { code: 'range-overtaken' });
    assert.equal((await changing).recorded, 1);
    await anew;
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone(change));
  });

  it('gives way where somebody has a row that it would write', async () => {
    const { engine, now, make, second, a, go, url } = await twoRanges();
    const other = await session(url);
    await other.query(`UPDATE positions SET since = since WHERE name = 'account-3'`);
    await assert.rejects(make(second), { code: 'range-overtaken' });
    await other.query('ROLLBACK');
    await other.end();
    go();
    await a;
    await engine.advance(NAME, { to: now });
    assert.equal(await exported(engine), await settledAlone());
  });

  it('takes for no damage what it meets ahead of others, as it may have come between two looks', async () => {
    const { lease, make, second, a, go, url } = await twoRanges();
    const other = await session(url);
    await other.query(
      `INSERT INTO positions SELECT 1, bucket, 'account-2a', validator, 99, 1, since FROM positions WHERE name = 'account-2'; COMMIT`,
    );
    await other.end();
    await assert.rejects(make(second), { code: 'range-overtaken' });
    await second.release();
    go();
    await a;
    const next = (await lease('c'))!;
    assert.equal(next.ahead, false);
    await assert.rejects(make(next), { code: 'store-corrupt' });
  });

  it('works on ranges where the server takes no second connection', async () => {
    const { begin, settled } = await alone(definition('cut'), race);
    const url = new URL(newUrl());
    await new Engine(open(url.href)).import(begin.split('\n'));
    const schema = url.searchParams.get('schema');
    await server!.query(`CREATE ROLE ${schema} LOGIN CONNECTION LIMIT 1`);
    for (const what of [`SCHEMA ${schema}`, `ALL TABLES IN SCHEMA ${schema}`])
      await server!.query(`GRANT ALL ON ${what} TO ${schema}`);
    url.username = schema!;
    const one = new Engine(openPostgresStore({ url: url.href }));
    const begun = performance.now();
    await one.work({
      holder: 'one',
      leaseMs: LEASE_MS,
      now: () => TO,
      clock: () => performance.now(),
      wait: async () => false,
    });
    const text = await exported(one);
    await one.close();
    await server!.query(`DROP OWNED BY ${schema}; DROP ROLE ${schema}`);
    assert.equal(text, settled);
    assert.ok(performance.now() - begun < 10_000);
  });

  it('proves its books when accounts change, leave and come back while three workers step', async () => {
    const url = newUrl();
    const engine = new Engine(open(url));
    await engine.createProgram(small);
    await engine.ingest(NAME, stakes);
    const random = new Prng(Number(process.env['SEED'] ?? 1));
    const working = together(url);
    let [over, changes] = [false, 0];
    void working.then(() => (over = true));
    for (let key = 0; !over; key += 1) {
      const { clock } = await engine.outlook(NAME);
      const who = random.pick(accounts);
      const body = random.chance(60)
        ? { ...stake(who, 0, random.big(1n, 50n)) }
        : { ...(random.chance(50) ? exclusion(0, [who]) : exclusion(0, [], [who])) };
      const event = { ...body, key: `change ${key}`, time: clock } as ProrataEvent;
      // A window may have opened meanwhile: then this comes too late, and is refused.
      changes += (await engine.ingest(NAME, [event], { partial: true })).recorded;
      await sleep(random.int(10, 90));
    }
    assert.ok((await working) > 0);
    assert.ok(changes > 10, `only ${changes} changes`);
    const records = await engine.periods(NAME);
    assert.ok(records.length === 10 && records.every(({ status }) => status === 'settled'));
    const { findings } = await engine.verify(NAME);
    assert.deepEqual(
      findings.filter(({ holds }) => !holds),
      [],
    );
  });
});
