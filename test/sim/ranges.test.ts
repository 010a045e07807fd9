import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { BooksCache } from '../../src/app/load-books.ts';
import type { RangeLease, Store, Tx } from '../../src/app/ports.ts';
import { rangeOf, step } from '../../src/app/step.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openPostgresStore } from '../../src/stores/postgres/store.ts';
import { missing, postgresForTests, type TestServer } from '../stores/postgres.ts';
import { sharedProgram } from '../app/sharing-small.ts';
import { exported } from './crash-kit.ts';
import { definition, PROGRAM, script } from './kill-child.ts';

const TO = 1_800_000_000_000;
const LEASE_MS = 20_000;
const server = await postgresForTests();
const skip = server === null ? missing : false;

/** A store whose transactions wait at a gate: before they write, or before they commit. */
function gated(store: Store, at: 'write' | 'commit', gate: Promise<unknown>): { store: Store; reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const wait = async (): Promise<void> => {
    resolve();
    await gate;
  };
  const transact: Store['transact'] = (mode, work, options) =>
    store.transact(
      mode,
      async (tx) => {
        const before = new Proxy(tx, {
          get: (target, name) =>
            name === 'write'
              ? async (...args: Parameters<Tx['write']>) => {
                  if (at === 'write') await wait();
                  return target.write(...args);
                }
              : (target[name as keyof Tx] as () => unknown).bind(target),
        });
        const result = await work(before);
        if (at === 'commit') await wait();
        return result;
      },
      options,
    );
  return { store: { ...store, transact } as Store, reached };
}

describe('test/sim/ranges', { skip }, () => {
  const { newUrl } = server as TestServer;
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

  /** Three workers until nothing is left to do. Returns how many steps were committed that were begun ahead of others. */
  async function together(url: string): Promise<number> {
    let ahead = 0;
    const one = async (n: number): Promise<void> => {
      const store = open(url);
      const counting: Store = Object.create(store);
      counting.transact = async (mode, work, options) => {
        const result = await store.transact(mode, work, options);
        if (options?.range?.ahead === true) ahead += 1;
        return result;
      };
      for (const name of ['transact', 'tryLock', 'lease', 'leaseRange', 'describe', 'close'] as const)
        if (name !== 'transact') counting[name] = (store[name] as () => never).bind(store);
      await new Engine(counting).work({
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
      assert.ok(ahead >= 10, `only ${ahead} steps were made ahead of others`);
      assert.ok((await engine.verify(PROGRAM)).findings.every(({ holds }) => holds));
      await whole.close();
    });
  }
});
