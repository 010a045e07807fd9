import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { readAll } from '../../src/cli/files.ts';
import type { Io } from '../../src/cli/io.ts';
import { withStdin } from '../../src/cli/stdin.ts';
import { directIo } from './direct-io.ts';
import { events, newCli, settledCli } from './harness.ts';

/** Bytes of `text` that come one by one; `between` happens before the last of them. */
async function* slowly(text: string, between: () => unknown): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1) {
    if (at === bytes.length - 1) await between();
    yield bytes.subarray(at, at + 1);
  }
}

describe('test/cli/stdin', () => {
  it('leaves the store to others until standard input has come to its end', async () => {
    using cli = newCli();
    await cli.ok('apply');
    const fund = (key: string): Promise<string> => cli.ok(`fund team 5 --at 2025-01-01T00:00:00Z --key ${key}`);
    await cli.ok('ingest -', { stdin: slowly(events, () => fund('k1')) });
    assert.equal((await cli.json('status')).events, 10);
    await cli.ok('run - --payouts p.csv', { stdin: slowly(events, () => cli.ok('fund team 5 --key k2')) });
    const exported = await cli.ok('export');
    const store = '--store other.db';
    await cli.ok(`import - ${store}`, { stdin: slowly(exported, () => assert.equal(cli.has('other.db'), false)) });
    assert.equal(await cli.state('other.db'), await cli.state());
  });

  it('refuses a bad line of it before anything is done, since it can be read twice', async () => {
    using cli = newCli();
    const { code, err } = await cli.run('run -', { stdin: `${events}nonsense\n` });
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(err, /^stdin:9: \[line-malformed\][^]*1 line of stdin was refused\. Nothing was done\./m);
    assert.equal(cli.has('prorata.db'), false);
  });

  it('keeps what is much in a temporary file, to the byte, and removes it', async () => {
    const text = 'a line of text\n'.repeat(1000);
    using folder = newCli();
    const how = { bytesMax: 100, folder: folder.folder };
    const spools = (): number => readdirSync(folder.folder).filter((name) => name.startsWith('prorata-stdin-')).length;
    const ioOf = (): Io => ({ ...directIo().io, stdin: slowly(text, () => {}) });
    const during = await withStdin(
      ioOf(),
      ['-'],
      async (spooled) => [await readAll(spooled, '-'), await readAll(spooled, '-'), spools()] as const,
      how,
    );
    assert.deepEqual(during, [text, text, 1]);
    const failing = (): Promise<void> =>
      withStdin(
        ioOf(),
        ['-'],
        async () => {
          assert.equal(spools(), 1);
          throw new Error('of the work');
        },
        how,
      );
    await assert.rejects(failing, /of the work/);
    assert.equal(spools(), 0);
  });

  it('does not wait for its end after Ctrl-C', async () => {
    using cli = await settledCli();
    const before = await cli.state();
    const stop = new AbortController();
    const stdin = slowly(events, () => {
      stop.abort();
      return new Promise(() => {});
    });
    const { code, err } = await cli.run('ingest -', { stdin, signal: stop.signal });
    assert.equal(code, exitCodes.interrupted);
    assert.match(err, /nothing was done/);
    assert.equal(await cli.state(), before);
  });
});
