/** What crash tests share: asking again after a crash, and letting every call of a script die once. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import { ConflictError } from '../../src/core/errors.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import type { TestServer } from '../stores/postgres.ts';
import { Crash, FailingStore, type Moment, moments } from './failing-store.ts';

/** One thing that a user asks for. Asking again after it was done must be harmless, as nobody knows whether it was. */
export type Ask = (engine: Engine) => Promise<void>;

export const create =
  (definition: ProgramDefinition): Ask =>
  async (engine) => {
    await engine.createProgram(definition).catch((error: unknown) => {
      if (!(error instanceof ConflictError && error.code === 'program-exists')) throw error;
    });
  };

export const ingestInto =
  (program: string) =>
  (...events: readonly ProrataEvent[]): Ask =>
  async (engine) =>
    assert.equal((await engine.ingest(program, events)).refused, 0);

/** Steps at second `now` until the window of a period has made `steps` of them, or has halted or is closed. */
export const stepUntil =
  (program: string, { period, steps, now }: { period: number; steps: number; now: number }): Ask =>
  async (engine) => {
    for (;;) {
      const record = (await engine.periods(program)).find((line) => line.period === period);
      const { window } = await engine.status(program);
      if (record?.status === 'settled' || (window && window.steps >= steps)) return;
      const { did } = await engine.step(program, now * 1000);
      if (did === 'halted' || did === 'idle') return;
    }
  };

/** Asks, and after a crash asks again: a new engine, or the one that saw the crash. Returns who is to be asked next. */
async function askTwice(ask: Ask, engine: Engine, restarted: () => Engine): Promise<Engine> {
  try {
    await ask(engine);
    return engine;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    const next = restarted();
    await ask(next);
    return next;
  }
}

export async function run(asks: readonly Ask[], store: Store, restart: boolean): Promise<Engine> {
  let engine = new Engine(store);
  for (const ask of asks) engine = await askTwice(ask, engine, () => (restart ? new Engine(store) : engine));
  return engine;
}

export async function exported(engine: Engine): Promise<string> {
  let text = '';
  await engine.export((line) => void (text += line));
  return text;
}

export async function verify(engine: Engine, program: string): Promise<void> {
  const { findings } = await engine.verify(program);
  assert.deepEqual(
    findings.filter(({ holds }) => !holds),
    [],
  );
}

/** A part of the calls of a script: one of `every`, beginning with one of the first that the seed picks. */
export interface Part {
  readonly seed: number;
  readonly every: number;
}

/** Every call once, or a part of them, at both moments, until the script has no more calls. Returns the calls that died. */
export async function everyCall(
  crashAt: (n: number, moment: Moment) => Promise<string | null>,
  { seed, every }: Part = { seed: 0, every: 1 },
): Promise<Set<string>> {
  const died = new Set<string>();
  for (const moment of moments) {
    for (let n = 1 + (seed % every); ; n += every) {
      const call = await crashAt(n, moment);
      if (call === null) break;
      died.add(call);
    }
  }
  return died;
}

/**
 * Runs a script in memory, and again with each of its calls dying once, of which there must be all of `calls`: what is left
 * is always the same. Returns the engine of the run in which none died.
 */
export async function dieInMemory(asks: readonly Ask[], program: string, calls: readonly string[]): Promise<Engine> {
  const whole = await run(asks, openMemoryStore(), true);
  const expected = await exported(whole);
  await verify(whole, program);
  const died = await everyCall(async (n, moment) => {
    const store = new FailingStore(openMemoryStore(), n, moment);
    const engine = await run(asks, store, n % 2 === 0);
    if (store.died === null) return null;
    assert.equal(await exported(engine), expected, `call ${n}, ${store.died}, ${moment}`);
    if (n % 10 === 0) await verify(engine, program);
    return store.died;
  });
  assert.deepEqual(
    calls.filter((call) => !died.has(call)),
    [],
  );
  return whole;
}

/** The same in SQLite. Each ask begins from a copy of the file as it was before it: the same, in a tenth of the time. */
export async function dieInSqlite(asks: readonly Ask[], program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-crash-'));
  const [beforeAsk, afterAsk, path] = [join(folder, 'before.db'), join(folder, 'after.db'), join(folder, 'crash.db')];
  try {
    await openSqliteStore({ path: beforeAsk }).close();
    for (const ask of asks) {
      copyFileSync(beforeAsk, afterAsk);
      const whole = await run([ask], openSqliteStore({ path: afterAsk }), true);
      const expected = await exported(whole);
      await verify(whole, program);
      await whole.close();
      await everyCall(async (n, moment) => {
        copyFileSync(beforeAsk, path);
        const store = new FailingStore(openSqliteStore({ path }), n, moment);
        const engine = await run([ask], store, n % 2 === 0);
        const { died } = store;
        if (died !== null) assert.equal(await exported(engine), expected, `call ${n}, ${died}, ${moment}`);
        await engine.close();
        return died;
      });
      copyFileSync(afterAsk, beforeAsk);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same in PostgreSQL. Each ask begins from what an export of the store before it brings back. */
export async function dieInPostgres(
  asks: readonly Ask[],
  program: string,
  { server, part }: { readonly server: TestServer; readonly part?: Part },
): Promise<void> {
  let before: string | null = null;
  const opened = async (): Promise<Store> => {
    const store = server.store();
    if (before !== null) await new Engine(store).import(before.split('\n'));
    return store;
  };
  for (const ask of asks) {
    const whole = await run([ask], await opened(), true);
    const expected = await exported(whole);
    await verify(whole, program);
    await whole.close();
    await everyCall(async (n, moment) => {
      const store = new FailingStore(await opened(), n, moment);
      const engine = await run([ask], store, n % 2 === 0);
      const { died } = store;
      if (died !== null) assert.equal(await exported(engine), expected, `call ${n}, ${died}, ${moment}`);
      await engine.close();
      return died;
    }, part);
    before = expected;
  }
}
