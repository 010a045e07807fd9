/**
 * What kill.test.ts runs in processes of their own: `node kill-child.ts STORE STRATEGY SCRIPT` does a script of asks on a
 * store and goes on, when it is started again, from what it finds there. Before every operation it writes one letter:
 * c(reate), i(ngest), o(pen), s(core), p(ay); for `race` it first writes r(eady) and waits for a line.
 */
import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { ProgramDefinition, StrategyName } from '../../src/core/program.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { Prng } from './prng.ts';

export const PROGRAM = 'killed';
const T0 = 1_700_000_000;
const MONTH = 2_592_000;
const ACCOUNTS = 30;
const PERIODS = 6;

/** Asking again after it was done changes nothing, so that whoever was killed can simply ask again. */
export type Ask =
  | { readonly ask: 'ingest'; readonly events: readonly ProrataEvent[] }
  /** Steps until the period's window has made so many, or is closed. */
  | { readonly ask: 'advance'; readonly period: number; readonly steps: number };

export function definition(strategy: StrategyName): ProgramDefinition {
  const schedule = Array.from({ length: PERIODS }, (_, index) => ({
    at: T0 + (index + 1) * MONTH,
    allocations: [
      { pool: 'rewards', amount: 999_983n },
      { pool: 'team', amount: 1000n },
    ],
  }));
  return {
    name: PROGRAM,
    rules: {
      asset: { symbol: 'T', decimals: 6 },
      pools: [
        { name: 'rewards', pays: 'score', funding: 10_000_000n, recipients: [] },
        { name: 'team', pays: 'recipients', funding: 10_000n, recipients: ['anna', 'bob', nameOf(3)] },
      ],
      residual: 'rest',
      scoring: { model: 'stake-time', rate: 'floor' },
      window: { settle: 'multi_block', strategy, batchSize: 4 },
      onZeroTotal: 'halt',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule,
    excluded: [],
  };
}

const nameOf = (index: number): string => `account-${index}`;

/** `kill`: changes before, in and after every window. `race`: all changes first, so that it does not matter who steps. */
export function script(kind: 'kill' | 'race'): Ask[] {
  const random = new Prng(7);
  let key = 0;
  const asks: Ask[] = [];
  const validators = ['v-0', 'v-1', 'v-2'];
  const event = (time: number, body: object): ProrataEvent =>
    ({ ...body, key: `k${(key += 1)}`, time }) as ProrataEvent;
  const ingest = (...events: ProrataEvent[]): void => void asks.push({ ask: 'ingest', events });
  const change = (time: number): ProrataEvent => {
    const index = random.int(0, ACCOUNTS - 1);
    const [account, validator, to] = [nameOf(index), `v-${index % 3}`, `v-${(index + 1) % 3}`];
    const roll = random.int(0, 9);
    if (roll < 4) return event(time, { kind: 'delegate', account, validator, amount: random.big(1n, 5000n) });
    if (roll < 6) return event(time, { kind: 'undelegate', account, validator, amount: random.big(1n, 9n) });
    if (roll < 8) return event(time, { kind: 'redelegate', account, from: validator, to, amount: random.big(1n, 9n) });
    if (roll < 9) return event(time, { kind: 'validator-slashed', validator, fraction: 10n ** 16n });
    const [add, remove] = random.chance(50) ? [[account], []] : [[], [account]];
    return event(time, { kind: 'exclusion', add, remove });
  };

  const none = { tokens: 0n, shares: 0n, jailed: false };
  ingest(...validators.map((validator) => event(T0 * 1000, { kind: 'validator-set', validator, ...none })));
  for (let index = 0; index < ACCOUNTS; index += 3) {
    const three = [index, index + 1, index + 2].map((at) =>
      event(T0 * 1000, {
        kind: 'delegate',
        account: nameOf(at),
        validator: `v-${at % 3}`,
        amount: random.big(10_000n, 90_000n),
      }),
    );
    ingest(...three);
  }
  for (let period = 1; period <= PERIODS; period += 1) {
    const boundary = T0 + period * MONTH;
    const from = kind === 'race' ? T0 + period : boundary;
    for (let count = 1; count <= 8; count += 1) {
      const time = (kind === 'race' ? from : boundary - 100 + count) * 1000;
      ingest(change(time), change(time), change(time));
    }
    if (kind === 'race') continue;
    for (const steps of [1, 4, 7, 11, 14]) {
      asks.push({ ask: 'advance', period, steps });
      ingest(change((boundary + steps) * 1000), change((boundary + steps) * 1000));
    }
    asks.push({ ask: 'advance', period, steps: Infinity });
  }
  if (kind === 'race')
    for (let period = 1; period <= PERIODS; period += 1) asks.push({ ask: 'advance', period, steps: Infinity });
  return asks;
}

export interface RunOptions {
  /** Told what comes next, before every operation. */
  readonly onOperation?: (letter: string) => void;
  /** Called after every step. */
  readonly afterStep?: () => Promise<void>;
}

/** Does all that the script asks for and that is not done yet. */
export async function runScript(
  engine: Engine,
  strategy: StrategyName,
  asks: readonly Ask[],
  options: RunOptions = {},
): Promise<void> {
  const { onOperation: tell = () => {} } = options;
  if (!(await engine.programs()).includes(PROGRAM)) {
    tell('c');
    await engine.createProgram(definition(strategy)).catch(async (error: unknown) => {
      if (!(await engine.programs()).includes(PROGRAM)) throw error; // another process was faster
    });
  }
  // What lies before the newest recorded event was answered. Whether that one was, nobody knows: it is ingested again.
  const { events } = await engine.status(PROGRAM);
  let seq = 1;
  for (const ask of asks) {
    if (ask.ask === 'ingest') {
      seq += ask.events.length;
      if (seq < events) continue;
      tell('i');
      const { refused } = await engine.ingest(PROGRAM, ask.events);
      if (refused > 0) throw new Error(`${refused} events were refused`);
    } else if (seq >= events) await advance(engine, ask, options);
  }
}

async function advance(
  engine: Engine,
  { period, steps }: Ask & { ask: 'advance' },
  options: RunOptions,
): Promise<void> {
  for (;;) {
    const record = (await engine.periods(PROGRAM)).find((line) => line.period === period);
    const { window } = await engine.status(PROGRAM);
    if (record?.status === 'settled' || (window?.period === period && window.steps >= steps)) return;
    options.onOperation?.(window === null ? 'o' : window.phase === 'scoring' ? 's' : 'p');
    const { did } = await engine.step(PROGRAM, (T0 + period * MONTH) * 1000);
    if (did === 'halted') throw new Error('the window halted');
    await options.afterStep?.();
  }
}

if (import.meta.main) {
  const [path, strategy, kind] = process.argv.slice(2) as [string, StrategyName, 'kill' | 'race'];
  const tell = (letter: string): void => void writeSync(1, letter);
  const engine = new Engine(openSqliteStore({ path }));
  if (kind === 'race') {
    tell('r');
    await once(process.stdin, 'data');
    process.stdin.destroy();
  }
  // In a race everybody pauses after a step, or the one who was first would never let the other in.
  const afterStep = async (): Promise<void> => (kind === 'race' ? setTimeout(2) : undefined);
  await runScript(engine, strategy, script(kind), { onOperation: tell, afterStep });
  await engine.close();
}
