import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { newCli, settledCli } from './harness.ts';

const root = join(import.meta.dirname, '../..');
const prorata = join(root, 'bin/prorata.js');
const run = promisify(execFile);

/** The few things that only a process can show: src/main.ts, streams, signals, exit codes. */
describe('test/cli/main', () => {
  it('prints its help and its version on standard output, and ends with 0', async () => {
    const { stdout, stderr } = await run(process.execPath, [prorata, '--help']);
    assert.match(stdout, /^Usage: prorata/);
    assert.equal(stderr, '');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.equal((await run(process.execPath, [prorata, '--version'])).stdout, `${version}\n`);
  });

  it('loads for the help neither the store nor the schema', async () => {
    // Which files are read does not depend on how busy the machine is, as a time would.
    const hook = `import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) {
      if (/zod|node:sqlite|src\\/(stores|app|sources|config)\\//.test(url)) process.stderr.write(url + '\\n'); return next(url, context); } });`;
    const imported = `data:text/javascript,${encodeURIComponent(hook)}`;
    const { stderr } = await run(process.execPath, ['--import', imported, prorata, '--help']);
    assert.equal(stderr, '');
    const { stderr: loud } = await run(process.execPath, [
      '--import',
      imported,
      prorata,
      'check',
      '--config',
      'x',
    ]).catch((error: { stderr: string }) => error);
    assert.doesNotMatch(loud, /node:sqlite/);
  });

  it('does its work and ends with the exit code of the outcome', async () => {
    using cli = newCli();
    const options = { cwd: cli.folder };
    const { stdout } = await run(process.execPath, [prorata, 'run', 'events.jsonl'], options);
    assert.match(stdout, /24 payouts in payouts\.csv/);
    const failed = await run(process.execPath, [prorata, 'account', 'nobody'], options).catch(
      (error: unknown) => error,
    );
    assert.equal((failed as { code: number }).code, 4);
    assert.match((failed as { stderr: string }).stderr, /^error \[account-unknown\]/);
  });

  it('a reader who goes away early is no error', async () => {
    using cli = await settledCli();
    const pipe = `"$0" "$1" payouts --json --limit 24 | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', pipe, process.execPath, prorata], { cwd: cli.folder });
    assert.match(stdout, /^\{.*\}\n0\n$/);
    assert.equal(stderr, '');
    // More than a pipe holds, to a reader who has closed it.
    const many = spawn(
      'bash',
      ['-c', `"$0" "$1" events --json | true; echo "\${PIPESTATUS[0]}"`, process.execPath, prorata],
      { cwd: cli.folder },
    );
    let out = '';
    many.stdout.on('data', (chunk: Buffer) => (out += String(chunk)));
    await new Promise((resolve) => many.on('close', resolve));
    assert.equal(out, '0\n');
  });

  it('Ctrl-C ends it after the current step, with 130, and the next call goes on', async () => {
    using cli = newCli();
    // Very many small steps: batches of one, over many boundaries.
    const stakers = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify({
        kind: 'delegate',
        key: `m${i}`,
        time: '2025-01-01T00:00:00Z',
        account: `s${i}`,
        validator: 'v1',
        amount: '500',
      }),
    );
    const validator =
      '{"kind":"validator-set","key":"v1","time":"2025-01-01T00:00:00Z","validator":"v1","tokens":"0","shares":"0","jailed":false}';
    cli.write('many.jsonl', `${[validator, ...stakers].join('\n')}\n`);
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('batch_size: 2', 'batch_size: 1'));
    const child = spawn(process.execPath, [prorata, 'run', 'many.jsonl'], { cwd: cli.folder });
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
    // Once, as soon as there is a window to interrupt: a second signal would end it at once.
    for (let asked = 0; child.exitCode === null && asked < 10_000; asked += 1) {
      const { code, out } = await cli.run('status --json');
      if (code === 0 && JSON.parse(out).window) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill('SIGINT');
    assert.equal(await ended, 130);
    assert.ok((await cli.json('status')).boundaries_left > 0, 'it had not come to its end');
    assert.match(await cli.ok('run many.jsonl'), /paid 4,\d+\.\d+ ACME in 4 periods/);
    assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
  });
});
