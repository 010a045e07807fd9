import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { demoPrograms, fillDemo } from '../../src/app/demo/fill.ts';
import { openProrata } from '../../src/index.ts';
import { definition, stakes } from '../app/small.ts';
import { missing, postgresForTests } from '../stores/postgres.ts';

const bin = join(import.meta.dirname, '../../bin/prorata.js');
const program = demoPrograms.stake;
const postgres = await postgresForTests();

/** A folder with a store whose stakers are in the middle of a window of some forty steps. */
async function ground(): Promise<{ readonly folder: string; readonly store: string } & Disposable> {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-advance-'));
  const store = join(folder, 'demo.db');
  const engine = openProrata({ store });
  await fillDemo(engine, { seed: 1, accounts: 60, models: ['stake'], stakesUntil: { month: 2, steps: 5 } });
  await engine.close();
  return { folder, store, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

interface Serving extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  readonly log: any[];
  /** Resolves with the first line of the log that says this, or for which this holds. */
  readonly says: (wanted: RegExp | ((line: any) => boolean)) => Promise<any>;
  readonly window: () => Promise<any>;
  /** What it ended with, and after how many milliseconds. */
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>;
}

async function serving(store: string, options: readonly string[] = []): Promise<Serving> {
  const args = [bin, 'serve', '--store', store, '--port', '0', '--json', '--advance', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const log: any[] = [];
  const lines = createInterface(child.stderr);
  lines.on('line', (line) => log.push(JSON.parse(line)));
  const [first] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url } = JSON.parse(first) as { url: string };
  return {
    child,
    url,
    log,
    ended,
    async says(wanted) {
      for (;;) {
        const found = log.find((line) => (wanted instanceof RegExp ? wanted.test(line.msg) : wanted(line)));
        if (found !== undefined) return found;
        await once(lines, 'line');
      }
    },
    window: async () => (await fetch(`${url}/v1/programs/${program}/window`)).json(),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function read<T>(store: string, work: (engine: ReturnType<typeof openProrata>) => Promise<T>): Promise<T> {
  const engine = openProrata({ store, create: false, readOnly: true });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

const rootsOf = (store: string) =>
  read(store, async (engine) => (await engine.periods(program)).map(({ root }) => root));

describe('test/http/advance', { timeout: 120_000 }, () => {
  it('steps a window to its end, and says how far it is and how long its steps took', async () => {
    using at = await ground();
    await using server = await serving(at.store, ['--pause', '20']);
    const stream = await fetch(`${server.url}/v1/programs/${program}/stream`, {
      headers: { 'last-event-id': '0.2.5' },
    });
    let seen = await server.window();
    while (seen.time_left_ms === null) seen = await server.window();
    assert.equal(seen.scheduler, 'steps');
    if (process.platform === 'linux')
      assert.equal(getPriority(server.child.pid!), 10, 'who answers leaves steps the first turn');
    const { progress, step_ms: times, window } = seen;
    assert.ok(progress.done > 0 && progress.done <= progress.of, JSON.stringify(progress));
    assert.ok([window.to_score, window.to_pay].includes(progress.of));
    assert.ok(times.last > 0 && times.median > 0 && times.p99 >= times.median && times.count > 1);
    await server.says(/^period settled$/);
    assert.equal((await server.window()).window, null);
    const { items } = (await (await fetch(`${server.url}/v1/programs/${program}/periods/2/steps`)).json()) as any;
    assert.equal(items[4].ms, null, 'a step that another process made');
    assert.ok(items[5].ms > 0);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const steps = /prorata_step_seconds_count\{program="demo",phase="paying"\} (\d+)/.exec(metrics);
    assert.ok(Number(steps?.[1]) >= 20, metrics);
    for (const line of [
      /prorata_scheduler_leads\{program="demo"\} 1\n/,
      /prorata_step_rows_sum\{program="demo",phase="paying"\} [1-9]/,
      /prorata_http_request_seconds_count\{method="GET",route="\/v1\/programs\/:program\/window",status="200"\} [1-9]/,
    ])
      assert.match(metrics, line);
    let text = '';
    for await (const chunk of stream.body!) {
      text += Buffer.from(chunk).toString();
      if (text.includes('"step":15,')) break;
    }
    // A step that is read before its time was told comes without one; not all of them do.
    const told = [...text.matchAll(/^data: (\{"period":2,"step":\d+,.*\})$/gm)].map(([, data]) => JSON.parse(data!));
    assert.ok(told.length >= 9, text);
    assert.ok(told.every(({ ms }) => ms === null || ms > 0) && told.some(({ ms }) => ms > 0), text);
  });

  it('ends after the current step by a signal, in the middle of a window, and goes on from there to the same end', async () => {
    using at = await ground();
    using whole = await ground();
    const engine = openProrata({ store: whole.store });
    const { window } = await engine.status(program);
    await engine.advance(program, { to: window!.boundary * 1000 });
    await engine.close();
    for (const steps of [12, 20]) {
      await using server = await serving(at.store, ['--pause', '200']);
      while ((await server.window()).window.steps < steps) continue;
      const asked = Date.now();
      server.child.kill('SIGTERM');
      assert.deepEqual(await server.ended, [0, null]);
      assert.ok(Date.now() - asked < 4500, 'it did not wait for a step to be given up');
      assert.deepEqual(readdirSync(at.folder), ['demo.db', 'demo.db-lock-advance-1'], 'no log of the store is left');
      await read(at.store, async (left) => {
        const { window: open } = await left.status(program);
        assert.ok(open !== null && open.steps >= steps, `${open?.steps} steps`);
        assert.ok((await left.verify(program)).holds);
      });
    }
    await using server = await serving(at.store);
    await server.says(/^period settled$/);
    assert.deepEqual(await rootsOf(at.store), await rootsOf(whole.store));
  });

  it('lets one process step, another one stand by, and take over at once when the first is killed', async () => {
    using at = await ground();
    await using first = await serving(at.store, ['--pause', '1000']);
    await first.says(/^steps this program$/);
    await using second = await serving(at.store);
    assert.equal((await second.says(/^stands by/)).program, program);
    assert.equal((await second.window()).scheduler, 'stands-by');
    const cli = spawn(process.execPath, [bin, 'advance', '--store', at.store, '--json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = (await once(cli.stderr, 'data')) as [Buffer];
    assert.equal(JSON.parse(String(said)).error.code, 'advance-running');
    const before = (await second.window()).window.steps;
    first.child.kill('SIGKILL');
    await first.ended;
    await second.says(/^steps this program$/);
    await second.says(/^period settled$/);
    const steps = await read(at.store, (engine) => engine.steps(program, 2));
    assert.deepEqual(
      steps.map(({ step }) => step),
      steps.map((_, index) => index + 1),
    );
    assert.ok(steps.length > before);
    assert.ok(await read(at.store, async (engine) => (await engine.verify(program)).holds));
  });

  it(
    'steps five programs with two connections to PostgreSQL, another one stands by, and takes all over when the first is killed',
    { skip: postgres === null && missing },
    async () => {
      const url = `${postgres!.newUrl()}&pool=2`;
      const programs = ['a', 'b', 'c', 'd', 'e'];
      const [engine, alone] = [openProrata({ store: url }), openProrata({ store: 'memory' })];
      for (const name of programs) {
        for (const one of [engine, alone]) {
          await one.createProgram({ ...definition(), name });
          await one.ingest(name, [
            ...stakes(['x', 'y', `only ${name}`]),
            { kind: 'fund', key: 'f', time: 150_000, pool: 'stakers', amount: 1n },
          ]);
        }
        await alone.advance(name, { to: 100_000 });
      }
      await using first = await serving(url, ['--pause', '5000']);
      for (const name of programs) await first.says((line) => line.program === name && line.msg === 'window opened');
      await using second = await serving(url);
      for (const name of programs)
        await second.says((line) => line.program === name && line.msg.startsWith('stands by'));
      assert.equal(second.log.some(({ msg }) => msg === 'steps this program'), false); // prettier-ignore
      for (const name of programs) assert.notEqual((await engine.status(name)).window, null, 'it is not settled yet');
      first.child.kill('SIGKILL');
      await first.ended;
      for (const name of programs) await second.says((line) => line.program === name && line.msg === 'period settled');
      for (const name of programs) {
        const steps = await engine.steps(name, 1);
        assert.deepEqual(
          steps.map(({ step }) => step),
          steps.map((_, index) => index + 1),
        );
        assert.deepEqual(await engine.periods(name), await alone.periods(name));
      }
      await engine.close();
    },
  );

  it('takes events between steps', async () => {
    using at = await ground();
    await using server = await serving(at.store);
    const { clock } = await server.window();
    const time = new Date(Date.parse(clock) + 3600_000).toISOString();
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const body = JSON.stringify({ kind: 'fund', key: `more-${index}`, time, pool: 'community', amount: '1' });
        return fetch(`${server.url}/v1/programs/${program}/events`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body,
        });
      }),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    await server.says(/^period settled$/);
    assert.ok(await read(at.store, async (engine) => (await engine.verify(program)).holds));
  });

  for (const again of [false, true]) {
    it(`ends although a request never does, ${again ? 'at once by a second signal' : 'within some seconds'}`, async () => {
      using at = await ground();
      await using server = await serving(at.store);
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        `POST /v1/programs/${program}/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[`,
      );
      await server.says(/^incoming request$/);
      const asked = Date.now();
      server.child.kill('SIGTERM');
      if (again) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        server.child.kill('SIGTERM');
      }
      assert.deepEqual(await server.ended, again ? [null, 'SIGTERM'] : [0, null]);
      const took = Date.now() - asked;
      assert.ok(again ? took < 3000 : took > 4000 && took < 15_000, `${took} ms`);
      socket.destroy();
    });
  }

  it('says what it does not know', async () => {
    using at = await ground();
    const refused = async (...options: readonly string[]): Promise<string> => {
      const child = spawn(process.execPath, [bin, 'serve', '--store', at.store, '--port', '0', '--json', ...options]);
      const [said] = (await once(child.stderr, 'data')) as [Buffer];
      return JSON.parse(String(said)).error.code;
    };
    assert.equal(await refused('--tick', '5'), 'option-invalid');
    assert.equal(await refused('--advance', '--due', 'later'), 'option-invalid');
    assert.equal(await refused('--advance', '--tick', '0'), 'option-invalid');
  });
});
