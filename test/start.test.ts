import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

describe('test/start', () => {
  it('serves the programs of the demo and the dashboard, and ends with its signal', { timeout: 120_000 }, async () => {
    const script = join(import.meta.dirname, '../scripts/start.mjs');
    const child = spawn(process.execPath, [script, '--port', '0', '--quiet', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    try {
      const line = await new Promise<string>((resolve, reject) => {
        createInterface(child.stdout).once('line', resolve);
        void exited.then((code) => reject(new Error(`It ended with ${String(code)} before it served.`)));
      });
      const { url } = JSON.parse(line) as { url: string };
      const { items } = (await (await fetch(`${url}/v1/programs`)).json()) as { items: { program: string }[] };
      assert.deepEqual(items.map(({ program }) => program).toSorted(), ['community', 'demo', 'market']);
      const told = async (): Promise<unknown> => (await fetch(`${url}/v1/programs`)).json();
      const before = await told();
      const stakes = async (): Promise<any> => (await fetch(`${url}/v1/programs/demo/window`)).json();
      while ((await stakes()).scheduler !== 'steps') await new Promise((resolve) => setTimeout(resolve, 100));
      for (let turn = 0; turn < 50 && isDeepStrictEqual(before, await told()); turn += 1)
        await new Promise((resolve) => setTimeout(resolve, 200));
      assert.notDeepEqual(await told(), before, 'nothing happens');
      assert.match(await (await fetch(url)).text(), /<div id="root">/);
    } finally {
      child.kill('SIGTERM');
    }
    assert.equal(await exited, 0);
  });
});
