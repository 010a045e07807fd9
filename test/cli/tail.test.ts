import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { type Cli, marketCli, settledCli } from './harness.ts';

const prorata = join(import.meta.dirname, '../../bin/prorata.js');
const marketStart = Date.UTC(2025, 2, 1);
const hour = 3_600_000;

/** `prorata tail --follow --json` in a process of its own. */
class Follower {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<number | null>;
  #text = '';
  errors = '';

  constructor(cli: Cli, args: readonly string[] = []) {
    const all = [prorata, 'tail', '--follow', '--json', '--poll', '10', ...args];
    this.#child = spawn(process.execPath, all, { cwd: cli.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (chunk: Buffer) => (this.#text += String(chunk)));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.errors += String(chunk)));
    after(() => void this.#child.kill('SIGKILL')); // where a test has failed
    this.#ended = new Promise((resolve) => this.#child.on('close', (code) => resolve(code)));
  }

  /** The rows so far, whole ones. */
  rows(): any[] {
    const lines = this.#text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  async until(holds: (rows: readonly any[]) => boolean): Promise<void> {
    for (let asked = 0; !holds(this.rows()); asked += 1) {
      assert.ok(
        asked < 3000 && this.#child.exitCode === null,
        `it never came: ${this.#text.slice(-300)}${this.errors}`,
      );
      await sleep(10);
    }
  }

  /** Ctrl-C. Returns the exit code. */
  interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.#ended;
  }

  ended(): Promise<number | null> {
    return this.#ended;
  }
}

const lastCursor = (rows: readonly any[]): string => rows.at(-1)?.cursor ?? '0';

/** Places in the log that rows tell of, each pruned one too. */
const places = (rows: readonly any[]): number[] =>
  rows.flatMap((row) =>
    row.what === 'event' ? [row.seq] : Array.from({ length: row.count }, (_, index) => row.first + index),
  );

const rate = (n: number): ProrataEvent => ({
  kind: 'rate',
  key: `n${n}`,
  time: marketStart + 2 * hour + n * 1000,
  account: 'alice',
  direction: 'btc-tao',
  rate: String(300 + (n % 50)),
});

describe('test/cli/tail', () => {
  it('loses nothing and doubles nothing while another process writes, also across prunings, and ends with 0 on Ctrl-C', async () => {
    using cli = await marketCli();
    const engine = new Engine(openSqliteStore({ path: cli.path('prorata.db') }));
    const begun = (await engine.status('market')).events;
    const follower = new Follower(cli);
    const payouts = new Follower(cli, ['--what', 'payouts']);
    const intervals = new Follower(cli, ['--what', 'intervals']);
    await follower.until((rows) => rows.length >= begun);
    await intervals.until((rows) => rows.length > 0);

    const facts = 2500;
    for (let n = 0; n < facts; n += 50) {
      await engine.ingest(
        'market',
        Array.from({ length: 50 }, (_, index) => rate(n + index)),
      );
      if (n === 500)
        assert.notEqual((await engine.prune('market', { before: marketStart / 1000 + 3600 })).pruned, null);
      if (n === 1500) await engine.prune('market', { before: marketStart / 1000 + 7200 });
      await sleep(2);
    }
    await engine.advance('market', { to: marketStart + 3 * hour });
    const end = begun + facts;
    await follower.until((rows) => lastCursor(rows) === String(end));
    assert.equal(await follower.interrupt(), 0);
    assert.equal(follower.errors, '');
    const all = Array.from({ length: end }, (_, index) => index + 1);
    assert.deepEqual(places(follower.rows()), all);

    // Who comes later is told what is gone, once, and then has the rest.
    const late = (await cli.ok('tail --json --since 3')).trim().split('\n').map((line) => JSON.parse(line)); // prettier-ignore
    assert.deepEqual(places(late), all.slice(3));
    const [gone, ...rest] = late;
    assert.deepEqual([gone.what, gone.of, gone.first], ['pruned', 'events', 4]);
    assert.ok(rest.every(({ what }) => what === 'event'));

    const { payouts: made } = await engine.read(async (tx) => tx.counts((await tx.programs())[0]!.id));
    await payouts.until((rows) => lastCursor(rows) === String(made));
    assert.equal(await payouts.interrupt(), 0);
    assert.deepEqual(
      payouts.rows().map(({ id }) => id),
      Array.from({ length: made }, (_, index) => index + 1),
    );
    const expected = (await engine.crownIntervals('market', { period: 3 })).intervals.map(
      ({ lane, start }) => `3/${lane}/${start}`,
    );
    assert.ok(expected.length > 100);
    await intervals.until((rows) => lastCursor(rows) === expected.at(-1));
    assert.equal(await intervals.interrupt(), 0);
    assert.deepEqual(
      intervals.rows().flatMap(({ period, cursor }) => (period === 3 ? [cursor] : [])),
      expected,
    );
    await engine.close();
  });

  it('ends with an error when the store is gone, or another one is in its place', async () => {
    using cli = await settledCli();
    const orphan = new Follower(cli);
    await orphan.until((rows) => rows.length > 0);
    renameSync(cli.path('prorata.db'), cli.path('moved.db'));
    assert.equal(await orphan.ended(), 4);
    assert.match(orphan.errors, /store-replaced/);
    renameSync(cli.path('moved.db'), cli.path('prorata.db'));
    const misled = new Follower(cli);
    await misled.until((rows) => rows.length > 0);
    await cli.ok('export all.jsonl');
    await cli.ok('import all.jsonl --store other.db');
    rmSync(cli.path('prorata.db-wal'), { force: true });
    rmSync(cli.path('prorata.db-shm'), { force: true });
    renameSync(cli.path('other.db'), cli.path('prorata.db'));
    assert.equal(await misled.ended(), 4);
    assert.match(misled.errors, /store-replaced/);
  });

  it('goes on after any row of a program that scores stakes, and refuses a cursor that was never given', async () => {
    using cli = await settledCli();
    for (const what of ['events', 'payouts', 'scores']) {
      const lines = (await cli.ok(`tail --what ${what} --json`)).split('\n').slice(0, -1);
      assert.ok(lines.length > 5, what);
      for (const [index, line] of lines.entries()) {
        const { cursor } = JSON.parse(line);
        const rest = (await cli.ok(`tail --what ${what} --json --since ${cursor}`)).split('\n').slice(0, -1);
        assert.deepEqual(rest, lines.slice(index + 1), `${what} after ${cursor}`);
      }
      assert.equal(await cli.ok(`tail --what ${what} --json --limit 1`), `${lines[0]}\n`);
    }
    for (const since of ['-1', 'x', '9999', '1/2']) {
      const { code, err } = await cli.run(['tail', `--since=${since}`]);
      assert.deepEqual([code, /cursor-malformed/.test(err)], [3, true], since);
    }
  });

  it('prunes what a checkpoint holds, says what it would do, and why it does nothing', async () => {
    using cli = await marketCli();
    const before = await cli.state();
    const line = 'prune --before 2025-03-01T01:30:00Z';
    assert.match(
      await cli.ok(`${line} --dry-run`),
      /^15 events would be taken out of market: 2 to 16, behind .*01:00:00Z\n$/,
    );
    assert.equal(await cli.state(), before);
    assert.match(await cli.ok('prune --before 2025-03-01T00:30:00Z'), /^nothing to prune in market: /);
    assert.equal(await cli.state(), before);
    const { pruned } = await cli.json(line);
    assert.deepEqual(pruned, { first: 2, last: 16, events: 15, at: '2025-03-01T01:00:00Z' });
    assert.match(await cli.ok(line), /^nothing to prune in market: /);
    assert.match((await cli.run('crown --period 1')).err, /period-pruned/);
    assert.match(await cli.ok('crown --period 2'), /alice 1\/2, bob 1\/2/);
    const [, gone] = (await cli.ok('tail')).split('\n');
    assert.equal(gone, '16  pruned: events 2 to 16, up to 2025-03-01T00:40:00Z, behind the checkpoint of 2025-03-01T01:00:00Z'); // prettier-ignore
    assert.match(
      await cli.ok('tail --what intervals'),
      /^1\/-\/\d+ {2}pruned: periods 1 to 1, up to 2025-03-01T01:00:00Z/,
    );
    const first = JSON.parse((await cli.ok('tail --what scores --json')).split('\n')[0]!);
    assert.deepEqual([first.account, first.part], ['alice', null], 'a pruned round has no exact parts any more');
    assert.equal((await cli.json('verify')).holds, true);
  });
});
