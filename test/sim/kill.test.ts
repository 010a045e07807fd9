import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Engine } from '../../src/app/engine.ts';
import type { StrategyName } from '../../src/core/program.ts';
import { strategyNames } from '../../src/core/program.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { PROGRAM, runScript, script } from './kill-child.ts';
import { Prng } from './prng.ts';

const KILLS = 200;
const seed = Number(process.env['SEED'] ?? 40_000);
const program = join(import.meta.dirname, 'kill-child.ts');

/** What a life of the child came to: what it said it was doing, newest last, and whether it lived to the end. */
interface Life {
  readonly letters: string;
  readonly finished: boolean;
}

function start(path: string, strategy: StrategyName, kind: 'kill' | 'race'): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, path, strategy, kind]);
}

/** Lets the child live until it has begun so many operations, and so many milliseconds longer. */
async function live(
  child: ChildProcessWithoutNullStreams,
  until?: { readonly operations: number; readonly ms: number },
): Promise<Life> {
  let [letters, errors, killed] = ['', '', false];
  const kill = async (): Promise<void> => {
    killed = true;
    await setTimeout(until!.ms);
    child.kill('SIGKILL');
  };
  child.stderr.on('data', (text) => (errors += text));
  child.stdout.on('data', (text) => {
    letters += text;
    if (until && !killed && letters.length >= until.operations) void kill();
  });
  if (until?.operations === 0) void kill();
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.ok(code === 0 || (killed && signal === 'SIGKILL'), `the child ended with ${code ?? signal}: ${errors}`);
  return { letters, finished: code === 0 };
}

async function exported(engine: Engine): Promise<string> {
  let text = '';
  await engine.export((line) => void (text += line));
  await engine.close();
  return text;
}

/** The export of a run that nothing happened to, in this process. */
async function expectedOf(strategy: StrategyName, kind: 'kill' | 'race'): Promise<string> {
  const engine = new Engine(openMemoryStore());
  await runScript(engine, strategy, script(kind));
  assert.deepEqual([...new Set((await engine.periods(PROGRAM)).map(({ status }) => status))], ['settled']);
  return exported(engine);
}

async function compare(path: string, expected: string): Promise<void> {
  const engine = new Engine(openSqliteStore({ path }));
  const { findings } = await engine.verify(PROGRAM);
  assert.deepEqual(
    findings.filter(({ holds }) => !holds),
    [],
  );
  assert.equal(await exported(engine), expected);
}

describe('test/sim/kill', () => {
  let folder: string;
  let files = 0;
  const children = new Set<ChildProcessWithoutNullStreams>();
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'prorata-kill-'))));
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const newFile = (): string => join(folder, `${(files += 1)}.db`);

  async function oneLife(
    path: string,
    strategy: StrategyName,
    until?: { operations: number; ms: number },
  ): Promise<Life> {
    const child = start(path, strategy, 'kill');
    children.add(child);
    const life = await live(child, until);
    children.delete(child);
    return life;
  }

  /** Kills `kills` times while stores are worked off under one strategy after the other, then lets the last one finish. */
  async function worker(
    strategies: readonly StrategyName[],
    kills: number,
    random: Prng,
    hits: Map<string, number>,
  ): Promise<void> {
    for (let [left, round] = [kills, 0]; left > 0; round += 1) {
      const strategy = strategies[round % strategies.length]!;
      const path = newFile();
      for (let finished = false; !finished;) {
        const operations = random.chance(5) ? 0 : random.int(1, 7);
        const ms = operations === 0 ? random.int(1, 150) : random.int(0, 3);
        const life = await oneLife(path, strategy, left > 0 ? { operations, ms } : undefined);
        finished = life.finished;
        if (finished) continue;
        left -= 1;
        const phase = life.letters.at(-1) ?? 'start';
        hits.set(phase, (hits.get(phase) ?? 0) + 1);
      }
      await compare(path, await expectedOf(strategy, 'kill'));
    }
  }

  it(`loses nothing and pays nothing twice when it is killed ${KILLS} times, whatever it is doing (seed ${seed})`, async (t) => {
    const hits = new Map<string, number>();
    await Promise.all([
      worker(['cut', 'copy'], KILLS / 2, new Prng(seed), hits),
      worker(['double-buffer', 'generations'], KILLS / 2, new Prng(seed + 1), hits),
    ]);
    t.diagnostic(`killed: ${[...hits].map(([phase, count]) => `${phase} ${count}`).join(', ')}`);
    assert.equal(
      [...hits.values()].reduce((sum, count) => sum + count, 0),
      KILLS,
    );
    for (const phase of ['i', 's', 'p'])
      assert.ok((hits.get(phase) ?? 0) >= 5, `killed only ${hits.get(phase) ?? 0} times in ${phase}`);
  });

  for (const strategy of strategyNames) {
    it(`pays everybody once when two processes step one store under ${strategy}`, async () => {
      // On a busy machine one of them may be through before the other gets a turn: such a race proves nothing and is run again.
      for (let race = 1; ; race += 1) {
        const path = newFile();
        await openSqliteStore({ path }).close(); // the race is for the steps, not for who makes the file
        const pair = [start(path, strategy, 'race'), start(path, strategy, 'race')];
        for (const child of pair) children.add(child);
        const lives = pair.map(async (child) => live(child));
        await Promise.all(pair.map(async (child) => Promise.race([once(child.stdout, 'data'), once(child, 'close')])));
        for (const child of pair) child.stdin.on('error', () => {}).end('go\n'); // why one is dead is said by its life
        const ended = await Promise.all(lives);
        for (const child of pair) children.delete(child);
        await compare(path, await expectedOf(strategy, 'race'));
        assert.ok(ended.every(({ finished }) => finished));
        if (ended.every(({ letters }) => /[osp]/.test(letters))) break;
        assert.ok(race < 20, 'one of them never stepped');
      }
    });
  }

  it('pays everybody once when two engines step one store in one process', async () => {
    for (const strategy of strategyNames) {
      const path = newFile();
      const store = openSqliteStore({ path });
      const steps = [0, 0];
      const engines = [new Engine(store), new Engine(store)];
      await Promise.all(
        engines.map(async (engine, index) => {
          const afterStep = async (): Promise<void> => void (steps[index]! += 1);
          await runScript(engine, strategy, script('race'), { afterStep });
        }),
      );
      assert.ok(
        steps.every((count) => count > 10),
        `they made ${steps.join(' and ')} steps`,
      );
      await store.close();
      await compare(path, await expectedOf(strategy, 'race'));
    }
  });
});
