/** What crash tests share: asking again after a crash, and letting every call of a script die once. */
import assert from 'node:assert/strict';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import { Crash, moments } from './failing-store.ts';
import type { Moment } from './failing-store.ts';

/** One thing that a user asks for. Asking again after it was done must be harmless, as nobody knows whether it was. */
export type Ask = (engine: Engine) => Promise<void>;

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

/** Every call once, at both moments, until the script has no more calls. Returns the calls that died. */
export async function everyCall(crashAt: (n: number, moment: Moment) => Promise<string | null>): Promise<Set<string>> {
  const died = new Set<string>();
  for (const moment of moments) {
    for (let n = 1; ; n += 1) {
      const call = await crashAt(n, moment);
      if (call === null) break;
      died.add(call);
    }
  }
  return died;
}
