import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tryFileLock } from '../../src/stores/sqlite/lock.ts';

describe('test/stores/lock', () => {
  it('is held by one at a time, within a process too, and leaves an empty file behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-lock-'));
    const path = join(folder, 'lock');
    for (let turn = 0; turn < 3; turn += 1) {
      const held = tryFileLock(path);
      assert.notEqual(held, null);
      assert.equal(tryFileLock(path), null);
      assert.equal(tryFileLock(path), null, 'asking takes nothing from whoever holds it');
      await held!.release();
      assert.deepEqual(readdirSync(folder), ['lock']);
      assert.equal(statSync(path).size, 0);
    }
    rmSync(folder, { recursive: true });
  });

  it('is held by one at a time among processes that take it and let it go without pause', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-lock-'));
    const lock = new URL('../../src/stores/sqlite/lock.ts', import.meta.url).href;
    // Whoever holds it writes a line, waits, and writes another one: lines of two holders would mix.
    const code = `import { appendFileSync, existsSync } from 'node:fs';
      import { tryFileLock } from ${JSON.stringify(lock)};
      const [path, written, go] = process.argv.slice(1);
      console.log('ready');
      while (!existsSync(go));
      for (let times = 0; times < 60; ) {
        const held = tryFileLock(path);
        if (held === null) continue;
        times += 1;
        appendFileSync(written, process.pid + ' ');
        const wait = performance.now() + Math.random();
        while (performance.now() < wait);
        appendFileSync(written, process.pid + '\\n');
        await held.release();
      }`;
    const [path, written, go] = [join(folder, 'lock'), join(folder, 'written'), join(folder, 'go')];
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, path, written, go];
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const codes = children.map((child) => once(child, 'exit').then(([exit]) => exit as number));
    // They begin together, however long a machine takes to start them.
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    writeFileSync(go, '');
    assert.deepEqual(await Promise.all(codes), [0, 0, 0]);
    const lines = readFileSync(written, 'utf8').trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(\d+) \1$/);
    assert.equal(lines.length, 180);
    rmSync(folder, { recursive: true });
  });
});
