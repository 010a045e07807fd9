import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { settledCli } from '../cli/harness.ts';
import { rawAnswer } from './harness.ts';

const bin = join(import.meta.dirname, '../../bin/prorata.js');

describe('test/http/serve', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`listens, says where, and ends with 0 by ${signal} although somebody follows`, async () => {
      using cli = await settledCli();
      const child = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json'], { cwd: cli.folder });
      const log: string[] = [];
      child.stderr.on('data', (chunk: Buffer) => void log.push(String(chunk)));
      const [first] = (await once(child.stdout, 'data')) as [Buffer];
      const { url, store } = JSON.parse(String(first)) as { url: string; store: string };
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(store, cli.path('prorata.db'));
      const answer = await fetch(`${url}/v1/programs`, { headers: { 'x-request-id': 'mine' } });
      assert.equal(((await answer.json()) as any).items[0].program, 'acme');
      let sorted: Response;
      do sorted = await fetch(`${url}/v1/programs/acme/scores?sort=-score&limit=1`);
      while (sorted.status === 503);
      assert.deepEqual([sorted.status, ((await sorted.json()) as any).items.length], [200, 1]);
      const port = Number(new URL(url).port);
      assert.match(
        await rawAnswer(port, 'nonsense\r\n\r\n'),
        /^HTTP\/1\.1 400 .*application\/problem\+json.*"request-invalid"/s,
      );
      assert.match(
        await rawAnswer(port, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`),
        /^HTTP\/1\.1 431 .*"request-invalid"/s,
      );
      const stream = await fetch(`${url}/v1/programs/acme/stream`);
      const reader = stream.body!.getReader();
      assert.match(Buffer.from((await reader.read()).value!).toString(), /event: hello/);

      const asked = Date.now();
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assert.ok(Date.now() - asked < 5000, 'it waited for connections that were done');
      assert.equal((await reader.read()).done, true);
      const lines = log
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.ok(lines.some(({ reqId, req }) => reqId === 'mine' && req.path === '/v1/programs'));
    });
  }

  it('refuses an address that others reach, and a port that is taken', async () => {
    using cli = await settledCli();
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org', '']) {
      const { code, err } = await cli.run(['serve', '--port', '0', '--host', host, '--json']);
      assert.deepEqual([code, JSON.parse(err).error.code], [3, 'host-not-loopback'], host);
    }
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, err } = await cli.run(`serve --port ${port} --json --quiet`);
    taken.close();
    assert.deepEqual([code, JSON.parse(err).error.code], [6, 'port-unavailable']);
    assert.equal((await cli.run('serve --port 65536')).code, 3);
    assert.equal((await cli.run('serve --store none.db --port 0')).code, 4);
  });

  it('listens at any address once there are tokens, and says to whom it answers', async () => {
    using cli = await settledCli();
    const token = (await cli.ok('token create ci --role operator')).trim();
    const serve = async (line: string): Promise<string> => cli.ok(line, { signal: AbortSignal.abort() });
    assert.match(
      await serve('serve --host 0.0.0.0 --port 0'),
      /\nwho asks needs an API token: 1 is valid; Ctrl-C ends it\n$/,
    );
    assert.equal(JSON.parse(await serve('serve --port 0 --json')).tokens_needed, true);
    const child = spawn(
      process.execPath,
      [bin, 'serve', '--port', '0', '--host', '0.0.0.0', '--json', '--rate-limit', '3'],
      {
        cwd: cli.folder,
      },
    );
    try {
      const [first] = (await once(child.stdout, 'data')) as [Buffer];
      const url = `http://127.0.0.1:${new URL(JSON.parse(String(first)).url).port}/v1/programs`;
      assert.equal((await fetch(url)).status, 401);
      const statuses: number[] = [];
      const ask = async () => fetch(url, { headers: { authorization: `Bearer ${token}` } });
      for (let n = 0; n < 4; n += 1) statuses.push((await ask()).status);
      assert.deepEqual(statuses, [200, 200, 200, 429]);
      await cli.ok('token revoke ci');
      assert.equal((await ask()).status, 401, 'revoked by another process');
    } finally {
      child.kill();
      await once(child, 'exit');
    }
    assert.match(
      await serve('serve --host 0.0.0.0 --port 0'),
      /\nevery API token is revoked or expired, so it lets nobody in/,
    );
    assert.equal((await cli.run('serve --port 0 --rate-limit -1')).code, 3);
  });

  it('serves an empty store in memory', async () => {
    using cli = await settledCli();
    const end = new AbortController();
    const running = cli.run('serve --port 0 --store memory --quiet', { signal: end.signal });
    end.abort();
    assert.equal((await running).code, 0);
  });
});
