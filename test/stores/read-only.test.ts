import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { after, describe, it, mock } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { runCli } from '../../src/cli/cli.ts';
import { openProrata } from '../../src/index.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { smallEngine, PROGRAM, definition } from '../app/small.ts';
import { directIo } from '../cli/direct-io.ts';
import { exported } from '../sim/crash-kit.ts';

const source = (path: string): string => JSON.stringify(join(import.meta.dirname, '../..', path));

/** Funds the pool by 1 for every line on its standard input, and answers with the number of events when that is committed. */
const writer = `import { Engine } from ${source('src/app/engine.ts')};
  import { openSqliteStore } from ${source('src/stores/sqlite/store.ts')};
  import { createInterface } from 'node:readline';
  const engine = new Engine(openSqliteStore({ path: process.argv[1] }));
  for await (const key of createInterface({ input: process.stdin })) {
    const { events } = await engine.ingest('${PROGRAM}', [{ kind: 'fund', key, time: 3000, pool: 'stakers', amount: 1n }]);
    console.log(events);
  }
  await engine.close();`;

describe('test/stores/read-only', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-test-'));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'store.db');
  const made = async (): Promise<void> => {
    rmSync(path, { force: true });
    const engine = new Engine(openSqliteStore({ path }));
    await engine.createProgram(definition());
    await engine.close();
  };

  it('sees every commit of a process that writes, keeps it from none, and sends neither DDL nor a change of the journal', async () => {
    await made();
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    after(() => void child.kill());
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const write = async (key: string): Promise<number> => {
      child.stdin.write(`${key}\n`);
      return Number((await answers.next()).value);
    };
    const first = await write('f0');
    const sent = new Set<string>();
    const watched = (['prepare', 'exec'] as const).map((name) => {
      const original = DatabaseSync.prototype[name] as (sql: string) => unknown;
      return mock.method(DatabaseSync.prototype, name, function (this: DatabaseSync, sql: string) {
        sent.add(sql);
        return original.call(this, sql);
      });
    });
    const reader = openProrata({ store: path, readOnly: true });
    for (let n = 1; n <= 200; n += 1) {
      assert.equal(await write(`f${n}`), first + n);
      assert.equal((await reader.status(PROGRAM)).events, first + n, 'at once');
      if (n % 50 === 0) assert.equal((await reader.events(PROGRAM, { after: first, limit: 1000 })).length, n);
    }
    // A read that goes on keeps nobody from writing, and sees the moment at which it began.
    await reader.read(async (tx) => {
      const [{ id } = { id: 0 }] = await tx.programs();
      const before = (await tx.state(id)).events;
      assert.equal(await write('while it reads'), before + 1);
      assert.equal((await tx.state(id)).events, before);
    });
    for (const { mock: one } of watched) one.restore();
    const statements = [...sent].flatMap((sql) => sql.split(';')).map((sql) => sql.trim()).filter((sql) => sql !== ''); // prettier-ignore
    assert.ok(statements.length > 5);
    const harmless =
      /^(SELECT|BEGIN|COMMIT|ROLLBACK|PRAGMA (application_id|user_version|(cache_size|temp_store) = \S+))\b/;
    assert.deepEqual(statements.filter((sql) => !harmless.test(sql) || /IMMEDIATE|EXCLUSIVE/.test(sql)), []); // prettier-ignore
    await reader.close();
    child.stdin.end();
    await once(child, 'exit');
  });

  it('refuses every write of the engine with one code, and leaves the store as it was', async () => {
    await made();
    const reader = openProrata({ store: path, readOnly: true });
    const before = await exported(reader);
    const fund = { kind: 'fund', key: 'f', time: 3000, pool: 'stakers', amount: 1n } as const;
    for (const write of [
      () => reader.ingest(PROGRAM, [fund]),
      () => reader.step(PROGRAM, 100_000),
      () => reader.advance(PROGRAM, { to: 100_000 }),
      () => reader.createProgram({ ...definition(), name: 'other' }),
      () => reader.prune(PROGRAM, { before: 100 }),
      async () => reader.import((await exported(await smallEngine([]))).split('\n')),
    ]) {
      await assert.rejects(write, { code: 'store-read-only', kind: 'conflict' });
    }
    assert.equal(await exported(reader), before);
    await reader.close();
  });

  it('tells a command that has to write so, with exit code 5', async () => {
    await made();
    for (const line of ['fund stakers 5', 'pause --reason x', 'advance --to 1970-01-01T00:01:40Z', 'exclude a']) {
      const { io, err } = directIo();
      // As where the file, or its folder, cannot be written: whoever asks as root may write everything.
      const readOnly = { ...io, openEngine: async () => openProrata({ store: path, readOnly: true }) };
      const words = line.split(' ');
      assert.equal(await runCli([...words, '--store', path, '--program', PROGRAM], readOnly), 5, line);
      assert.match(err(), /^error \[store-read-only\]/, line);
    }
  });
});
