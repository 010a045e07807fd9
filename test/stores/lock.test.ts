import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tryFileLock } from '../../src/stores/sqlite/lock.ts';

describe('test/stores/lock', () => {
  it('is held by one at a time, within a process too, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-lock-'));
    const path = join(folder, 'lock');
    for (let turn = 0; turn < 3; turn += 1) {
      const held = tryFileLock(path);
      assert.notEqual(held, null);
      assert.equal(tryFileLock(path), null);
      assert.equal(tryFileLock(path), null, 'asking takes nothing from whoever holds it');
      await held!.release();
      assert.deepEqual(readdirSync(folder), []);
    }
    rmSync(folder, { recursive: true });
  });

  it('is held by one at a time among processes that take it and let it go without pause', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prorata-lock-'));
    const lock = new URL('../../src/stores/sqlite/lock.ts', import.meta.url).href;
    // Whoever holds it writes a line, waits, and writes another one: lines of two holders would mix.
    const code = `import { appendFileSync } from 'node:fs';
      import { tryFileLock } from ${JSON.stringify(lock)};
      const until = Date.now() + 1500;
      while (Date.now() < until) {
        const held = tryFileLock(process.argv[1]);
        if (held === null) continue;
        appendFileSync(process.argv[2], process.pid + ' ');
        const wait = performance.now() + Math.random();
        while (performance.now() < wait);
        appendFileSync(process.argv[2], process.pid + '\\n');
        await held.release();
      }`;
    const [path, written] = [join(folder, 'lock'), join(folder, 'written')];
    const codes = await Promise.all(
      Array.from({ length: 3 }, () => {
        const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, path, written];
        const child = spawn(process.execPath, args, { stdio: 'inherit' });
        return new Promise((resolve) => child.once('exit', resolve));
      }),
    );
    assert.deepEqual(codes, [0, 0, 0]);
    const lines = readFileSync(written, 'utf8').trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(\d+) \1$/);
    const holders = new Set(lines.map((line) => line.split(' ')[0]));
    assert.ok(lines.length > 50 && holders.size === 3, `${lines.length} times, ${holders.size} holders`);
    rmSync(folder, { recursive: true });
  });
});
