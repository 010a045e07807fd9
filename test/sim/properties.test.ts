import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { ingest } from '../../src/app/ingest.ts';
import { BooksCache } from '../../src/app/load-books.ts';
import type { Store } from '../../src/app/ports.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { rateRules, strategyNames } from '../../src/core/program.ts';
import { valueOf } from '../../src/core/scoring/stake-time/value.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';
import { Auditor, worth } from './auditor.ts';
import type { Action } from './auditor.ts';
import { comparable, Driver } from './driver.ts';
import type { DriveOptions } from './driver.ts';
import { Prng } from './prng.ts';
import { randomProgram } from './random-program.ts';
import type { RandomProgram } from './random-program.ts';

const postgres = await postgresForTests();

/** The run's own seed (see scripts/seed.ts): every run looks at other programs. */
const firstSeed = Number(process.env['SEED'] ?? 30_000);
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => firstSeed + index);
const from = `(seeds from ${firstSeed})`;

/** How a seed runs its program when nothing else is asked: any strategy, batches of any size, or sizes that change. */
function anyhow(seed: number): Required<Omit<DriveOptions, 'name'>> {
  const random = new Prng(seed * 31);
  const fixed = random.pick([1, 2, 3, 1000, null]);
  return {
    strategy: random.pick(strategyNames),
    batchSize: () => fixed ?? random.int(1, 6),
    pace: (k) => (k * 7 + seed) % 9, // a function of k: it is asked more than once for the same wish
  };
}

const windowOptions = (options: DriveOptions): string => `${options.strategy ?? 'as scripted'}, pace and batch by seed`;

async function run(program: RandomProgram, store: Store, options: DriveOptions): Promise<Driver> {
  const driver = new Driver(program, store, options);
  await driver.create();
  for (const action of program.actions) await driver.apply(action);
  return driver;
}

/** Says which program it was, and where. */
async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

/** A store of its own, from an export. */
async function imported(text: string, store: Store): Promise<Store> {
  await new Engine(store).import(text.split('\n'));
  return store;
}

describe('test/sim/properties', () => {
  let folder: string;
  let files = 0;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'prorata-properties-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const newSqliteStore = (): Store => openSqliteStore({ path: join(folder, `${(files += 1)}.db`), create: true });

  it(`agrees with the auditor on 1,000 programs, proves its books and explains every score ${from}`, async () => {
    const seen = { looks: 0, scoring: 0, paying: 0, halted: 0, payouts: 0 };
    for (const seed of seeds(1000)) {
      const program = randomProgram(seed);
      const options = anyhow(seed);
      const random = new Prng(seed);
      const auditor = new Auditor(program.definition, program.createdMs);
      const driver = new Driver(program, openMemoryStore(), options);
      await driver.create();
      for (const [index, action] of program.actions.entries()) {
        await named(`seed ${seed}, action ${index} (${windowOptions(options)})`, async () => {
          const expected = auditor.apply(action);
          assert.equal(await driver.apply(action), expected === null ? null : comparable(expected));
          const { windowOpen, halted } = auditor.glance();
          const last = index === program.actions.length - 1;
          if (!last && !random.chance(windowOpen ? 12 : 4)) return;
          const report = auditor.report();
          await driver.agreeWith(report);
          await driver.verify();
          if (last || random.chance(30)) await driver.explainAll(report);
          seen.looks += 1;
          if (halted !== null) seen.halted += 1;
          if (last) for (const { payouts } of report.periods) seen.payouts += payouts.size;
          if (windowOpen) seen[report.periods.at(-1)!.total === null ? 'scoring' : 'paying'] += 1;
        });
      }
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `only ${count} ${what}`);
  });

  it(`agrees with the auditor on SQLite, many programs in one store ${from}`, async () => {
    const store = newSqliteStore();
    for (const seed of seeds(30)) {
      await named(`seed ${seed}`, async () => {
        const program = randomProgram(seed);
        const auditor = new Auditor(program.definition, program.createdMs);
        for (const action of program.actions) auditor.apply(action);
        const driver = await run(program, store, anyhow(seed));
        await driver.agreeWith(auditor.report());
        await driver.verify();
        await driver.explainAll(auditor.report());
      });
    }
    await store.close();
  });

  it(`gives the same settlement roots under all strategies, batch sizes, paces and stores ${from}`, async () => {
    const sqlite = newSqliteStore();
    let roots = 0;
    for (const seed of seeds(60)) {
      const program = randomProgram(seed);
      const random = new Prng(seed);
      const batches: Record<string, () => number> = {
        one: () => 1,
        two: () => 2,
        five: () => 5,
        all: () => 100_000,
        any: () => random.int(1, 9),
      };
      const variants = strategyNames.flatMap((strategy) =>
        Object.entries(batches).map(([batch, batchSize], index): [string, Store, DriveOptions] => {
          const name = `${seed} ${strategy} ${batch}`;
          return [name, openMemoryStore(), { strategy, batchSize, pace: (k) => k + index - 2 }];
        }),
      );
      if (seed % 4 === 0) {
        const strategy = random.pick(strategyNames);
        variants.push([
          `${seed} ${strategy} any, SQLite`,
          sqlite,
          { strategy, batchSize: batches['any']!, name: `sqlite ${seed}` },
        ]);
      }
      const expected = await (await run(program, openMemoryStore(), { strategy: 'cut', batchSize: () => 3 })).results();
      roots += expected.periods.filter(({ root }) => root !== null).length;
      for (const [name, store, options] of variants) {
        await named(name, async () => assert.deepEqual(await (await run(program, store, options)).results(), expected));
      }
    }
    assert.ok(roots > 60, `only ${roots} roots`);
    await sqlite.close();
  });

  it(
    `gives the same roots and bytes on PostgreSQL as on SQLite ${from}`,
    { skip: postgres === null && missing },
    async () => {
      for (const seed of seeds(12)) {
        const program = randomProgram(seed);
        const there = await run(program, postgres!.store(), anyhow(seed));
        const here = await run(program, newSqliteStore(), anyhow(seed));
        assert.equal(await there.export(), await here.export(), `seed ${seed}`);
        const roots = async (driver: Driver) => (await driver.engine.periods(driver.program)).map(({ root }) => root);
        assert.deepEqual(await roots(there), await roots(here), `seed ${seed}`);
        await there.verify();
        await there.engine.close();
        await here.engine.close();
      }
    },
  );

  it(`exports, imports and exports the same bytes at any point, and goes on from there as if nothing had been ${from}`, async () => {
    let inWindows = 0;
    for (const seed of seeds(150)) {
      const program = randomProgram(seed);
      const random = new Prng(seed);
      const options = { ...anyhow(seed), batchSize: () => 1 + (seed % 4) };
      const moving = new Driver(program, openMemoryStore(), options);
      await moving.create();
      for (const [index, action] of program.actions.entries()) {
        await moving.apply(action);
        const { window } = await moving.engine.status(moving.program);
        if (!random.chance(window ? 25 : 5)) continue;
        await named(`seed ${seed}, action ${index}`, async () => {
          const first = await moving.export();
          const store = await imported(first, seed % 15 === 0 ? newSqliteStore() : openMemoryStore());
          await moving.moveTo(store);
          assert.equal(await moving.export(), first);
        });
        if (window) inWindows += 1;
      }
      const staying = await run(program, openMemoryStore(), options);
      assert.equal(await moving.export(), await staying.export(), `seed ${seed}`);
      await moving.verify();
      await moving.engine.close();
    }
    assert.ok(inWindows > 100, `only ${inWindows} with a window open`);
  });

  it(`changes nothing when the log is ingested again, whole or by one, also in a window ${from}`, async () => {
    for (const seed of seeds(100)) {
      const program = randomProgram(seed);
      const random = new Prng(seed);
      const driver = new Driver(program, openMemoryStore(), anyhow(seed));
      await driver.create();
      const log: ProrataEvent[] = [];
      const again = async (): Promise<void> => {
        const first = await driver.export();
        const whole = await driver.engine.ingest(driver.program, log);
        assert.deepEqual([whole.duplicate, whole.committed, whole.rowsWritten], [log.length, true, 0], `seed ${seed}`);
        for (const event of log.slice(-3))
          assert.equal((await driver.engine.ingest(driver.program, [event])).duplicate, 1);
        assert.equal(await driver.export(), first, `seed ${seed}`);
      };
      for (const action of program.actions) {
        const outcome = await driver.apply(action);
        if (action.do === 'ingest' && outcome === 'recorded') log.push(driver.event(action.event));
        if (random.chance(5)) await again();
      }
      await again();
    }
  });

  it(`takes the good events of a batch as it takes them one by one ${from}`, async () => {
    for (const seed of seeds(150)) {
      const program = randomProgram(seed);
      const options = anyhow(seed);
      const driver = new Driver(program, openMemoryStore(), options);
      await driver.create();
      let batch: ProrataEvent[] = [];
      const flush = async (): Promise<void> => {
        await driver.engine.ingest(driver.program, batch, { partial: true });
        batch = [];
      };
      for (const action of program.actions) {
        if (action.do === 'ingest') batch.push(driver.event(action.event));
        else {
          await flush();
          await driver.apply(action);
        }
      }
      await flush();
      const single = await run(program, openMemoryStore(), anyhow(seed));
      assert.deepEqual(await driver.results(), await single.results(), `seed ${seed}`);
      const [one, other] = [await driver.engine.status(driver.program), await single.engine.status(single.program)];
      assert.deepEqual([one.events, one.head], [other.events, other.head], `seed ${seed}`);
    }
  });

  it(`takes events in chunks as it takes them at once, also those that come again in another chunk ${from}`, async () => {
    const stores = [...Array<() => Store>(60).fill(openMemoryStore), ...Array<() => Store>(4).fill(newSqliteStore)];
    if (postgres !== null) stores.push(...Array<() => Store>(4).fill(() => postgres.store()));
    for (const [i, newStore] of stores.entries()) {
      const seed = firstSeed + i;
      const program = randomProgram(seed);
      const random = new Prng(seed);
      const atOnce = new Driver(program, openMemoryStore(), anyhow(seed));
      const store = newStore();
      const transact: Store['transact'] = (mode, work, options) => store.transact(mode, work, options);
      const taking = random.chance(50) ? store : { transact, writesBeside: true as const }; // as a server, that writes meanwhile
      const inChunks = new Driver(program, store, anyhow(seed));
      await atOnce.create();
      await inChunks.create();
      let batch: ProrataEvent[] = [];
      const flush = async (): Promise<void> => {
        const chunks: ProrataEvent[][] = [];
        for (let at = 0; at < batch.length; at += chunks.at(-1)!.length)
          chunks.push(batch.slice(at, at + random.int(1, 3)));
        const one = await atOnce.engine.ingest(atOnce.program, batch, { partial: true });
        const other = await ingest(taking, new BooksCache(), inChunks.program, chunks, { partial: true });
        assert.deepEqual({ ...other, rowsWritten: 0 }, { ...one, rowsWritten: 0 }, `seed ${seed}`);
        batch = [];
      };
      for (const action of program.actions) {
        if (action.do === 'ingest') {
          batch.push(atOnce.event(action.event));
          const again = random.pick(batch);
          if (random.chance(20)) batch.push(random.chance(50) ? again : { ...again, time: again.time + 1 });
        } else {
          await flush();
          await atOnce.apply(action);
          await inChunks.apply(action);
        }
      }
      await flush();
      // Versions count chunks.
      const books = async (driver: Driver): Promise<string> =>
        (await driver.export()).replace(/"version":\d+,"rulesVersion":\d+,"validatorsVersion":\d+/, '');
      assert.equal(await books(inChunks), await books(atOnce), `seed ${seed}`);
      await atOnce.engine.close();
      await inChunks.engine.close();
    }
  });

  it(`refuses a key that is in the log with other content, and then takes nothing of the batch ${from}`, async () => {
    for (const seed of seeds(100)) {
      const program = randomProgram(seed);
      const { engine, program: name } = await run(program, openMemoryStore(), anyhow(seed));
      const { clock } = await engine.status(name);
      const fresh: ProrataEvent = { kind: 'fund', key: 'fresh', time: clock, pool: 'rewards', amount: 1n };
      const other: ProrataEvent = { kind: 'fund', key: 'e1', time: clock, pool: 'rewards', amount: 1n };
      const first = await exported(engine);
      const codes: string[] = [];
      const onRefused = (index: number, { code }: { code: string }): void => void codes.push(`${index} ${code}`);
      const summary = await engine.ingest(name, [fresh, other, { ...fresh, amount: 2n }], { onRefused });
      assert.deepEqual(codes, ['1 event-key-conflict', '2 event-key-conflict'], `seed ${seed}`);
      assert.equal(summary.committed, false);
      assert.equal(await exported(engine), first, `seed ${seed}`);
    }
  });

  it(`does in a dry run what it would do, and leaves no trace of it ${from}`, async () => {
    for (const seed of seeds(100)) {
      const program = randomProgram(seed);
      const random = new Prng(seed);
      const driver = new Driver(program, openMemoryStore(), anyhow(seed));
      await driver.create();
      for (const [index, action] of program.actions.entries()) {
        if (random.chance(20)) await named(`seed ${seed}, action ${index}`, () => tryAndDo(driver, action));
        else await driver.apply(action);
      }
    }
  });

  it(`agrees with the auditor wherever scoring stands when somebody changes, also between two stakes of one account ${from}`, async () => {
    const seen = { steps: 0, exclusions: 0, amidAnAccount: 0 };
    for (const seed of seeds(100)) {
      const random = new Prng(seed);
      const program = randomProgram(seed);
      const auditor = new Auditor(program.definition, program.createdMs);
      const driver = new Driver(program, openMemoryStore(), {
        ...anyhow(seed),
        batchSize: () => random.int(1, 2),
        pace: () => 0,
      });
      await driver.create();
      const both = async (action: Action): Promise<void> => {
        const expected = auditor.apply(action);
        assert.equal(await driver.apply(action), expected === null ? null : comparable(expected));
      };
      const ingest = async (event: object): Promise<void> => {
        const { instant: time } = auditor.glance();
        await both({ do: 'ingest', event: { ...event, key: `wild-${(keys += 1)}`, time } as ProrataEvent });
      };
      const validators = new Set(program.actions.flatMap(validatorIn));
      let keys = 0;
      for (const [index, scripted] of program.actions.entries()) {
        await named(`seed ${seed}, action ${index}`, async () => {
          if (scripted.do === 'advance' && keys === 0) {
            // Accounts with many stakes, so that a step often ends between two of them.
            for (const validator of validators) {
              for (const account of ['anna', 'bob'])
                await ingest({ kind: 'delegate', account, validator, amount: 10n ** 9n });
            }
          }
          const action = stillDefined(scripted, auditor);
          if (action) await both(action);
          const { windowOpen, periods, paused, halted, instant } = auditor.glance();
          if (!windowOpen || periods.at(-1)!.total !== null || paused || halted !== null) return;
          for (let count = random.int(0, 3); count > 0 && (await staysInScoring(driver, instant)); count -= 1) {
            await driver.engine.step(driver.program, instant);
            seen.steps += 1;
          }
          const { window } = await driver.engine.status(driver.program);
          const amid = window?.cursor && window.cursor.validator !== null ? window.cursor.account : null;
          if (amid !== null) {
            seen.amidAnAccount += 1;
            for (const validator of random.shuffled([...validators]).slice(0, random.int(0, 2))) {
              await ingest({ kind: 'delegate', account: amid, validator, amount: random.big(1n, 10n ** 9n) });
            }
          }
          if (!random.chance(30)) return;
          const account = amid ?? random.pick([...auditor.report().stakes.keys(), 'nobody']);
          const lists = auditor.isExcluded(account) ? { add: [], remove: [account] } : { add: [account], remove: [] };
          await ingest({ kind: 'exclusion', ...lists });
          seen.exclusions += 1;
        });
      }
      await named(`seed ${seed}`, async () => {
        await driver.agreeWith(auditor.report());
        await driver.verify();
        await driver.explainAll(auditor.report());
      });
    }
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 30, `only ${count} ${what}`);
  });

  it(`values a position as the auditor does, on ties of the half-even rule too ${from}`, () => {
    const random = new Prng(firstSeed);
    let ties = 0;
    for (let count = 0; count < 20_000; count += 1) {
      const digits = 10n ** BigInt(random.int(0, 24));
      const rate = {
        since: 0,
        tokens: random.big(0n, digits),
        perShares: 2n ** BigInt(random.int(0, 8)) * 10n ** BigInt(random.int(0, 19)),
      };
      // Half of them worth a whole number of tokens, or a hair less: there the two rules differ.
      const hair = random.pick([0n, 1n, random.big(0n, 1000n)]);
      const around = rate.tokens === 0n ? digits : (random.big(1n, digits) * rate.perShares) / rate.tokens + 1n;
      const shares = around > hair ? around - hair : around;
      for (const rule of rateRules)
        assert.equal(
          valueOf(shares, rate, rule),
          worth(rule, shares, rate),
          `${shares} at ${rate.tokens} / ${rate.perShares}`,
        );
      if (valueOf(shares, rate, 'floor') !== valueOf(shares, rate, 'sdk')) ties += 1;
    }
    assert.ok(ties > 20, `the rules differ in ${ties} cases only`);
  });

  it(`does not mind in which order accounts arrive in one instant ${from}`, async () => {
    let moved = 0;
    for (const seed of seeds(150)) {
      const program = randomProgram(seed);
      const actions = rearranged(program.actions, new Prng(seed));
      if (actions.some((action, index) => action !== program.actions[index])) moved += 1;
      const options = { strategy: anyhow(seed).strategy, batchSize: () => 2 };
      const [one, other] = [
        await run(program, openMemoryStore(), options),
        await run({ ...program, actions }, openMemoryStore(), options),
      ];
      assert.deepEqual(await other.results(), await one.results(), `seed ${seed}`);
    }
    assert.ok(moved > 50, `only ${moved} programs were rearranged`);
  });
});

const validatorIn = (action: Action): string[] =>
  action.do === 'ingest' && action.event.kind === 'validator-set' ? [action.event.validator] : [];

/** Of a script that has been interfered with, what the rules still define; null: nothing. */
function stillDefined(action: Action, auditor: Auditor): Action | null {
  const { paused, halted, windowOpen, periods, instant, schedule } = auditor.glance();
  const still = paused || halted !== null;
  if (action.do === 'ingest') {
    const { kind, time } = action.event;
    const due = windowOpen || schedule.some(({ at }) => at * 1000 <= Math.max(time, instant));
    const settles = kind === 'schedule' || (kind === 'rules' && action.event.settle !== undefined);
    const backdates = kind === 'delegate' && action.event.since !== undefined;
    const undefinedNow = (kind === 'resume' && !still) || (kind === 'pause' && still) || (settles && due) || backdates;
    return undefinedNow ? null : action;
  }
  const now = Math.max(action.now, instant);
  const left = windowOpen ? auditor.remaining().length : 0;
  if (typeof action.until !== 'object') return { ...action, now };
  if ('scored' in action.until) return left > 0 ? { ...action, now } : null;
  const paid = periods.at(-1)?.payouts.size ?? 0;
  return left < 2 || action.until.paid >= paid + left ? { ...action, now, until: 'settled' } : { ...action, now };
}

/** Whether one more step leaves something to score: tried on a copy. */
async function staysInScoring({ engine, program }: Driver, now: number): Promise<boolean> {
  const copy = new Engine(await imported(await exported(engine), openMemoryStore()));
  await copy.step(program, now);
  const { window, halted } = await copy.status(program);
  return window?.phase === 'scoring' && halted === null;
}

/** Does one thing, dry first: nothing is changed by that, and the same is said as when it is really done. */
async function tryAndDo(driver: Driver, action: Action): Promise<void> {
  const { engine, program } = driver;
  const first = await driver.export();
  if (action.do === 'ingest') {
    const event = driver.event(action.event);
    const dry = await engine.ingest(program, [event], { dryRun: true });
    assert.equal(await driver.export(), first);
    const real = await engine.ingest(program, [event]);
    assert.deepEqual({ ...dry, committed: real.committed }, real);
  } else if ((await engine.status(program)).rules.window.settle === 'multi_block') {
    const options = { to: action.now, steps: 3 };
    const outcomes: unknown[] = [];
    const dry = await engine.advance(program, {
      ...options,
      dryRun: true,
      onStep: (outcome) => outcomes.push(outcome),
    });
    assert.equal(await driver.export(), first);
    assert.deepEqual(
      await engine.advance(program, { ...options, onStep: (outcome) => assert.deepEqual(outcome, outcomes.shift()) }),
      dry,
    );
  }
}

/** Events of accounts in one instant, in another order; each account's own stay in theirs. */
function rearranged(actions: readonly Action[], random: Prng): Action[] {
  const result: Action[] = [];
  for (let at = 0; at < actions.length;) {
    const together = actions.slice(at);
    const end = together.findIndex((action) => accountOf(action) === null || timeOf(action) !== timeOf(together[0]!));
    const group = together.slice(0, Math.max(1, end === -1 ? together.length : end));
    at += group.length;
    const names = random.shuffled([...new Set(group.map(accountOf))]);
    for (const name of names) result.push(...group.filter((action) => accountOf(action) === name));
  }
  return result;
}

const timeOf = (action: Action): number => (action.do === 'ingest' ? action.event.time : action.now);

function accountOf(action: Action): string | null {
  return action.do === 'ingest' && 'account' in action.event ? action.event.account : null;
}

async function exported(engine: Engine): Promise<string> {
  let text = '';
  await engine.export((line) => void (text += line));
  return text;
}
