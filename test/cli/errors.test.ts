import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { type Cli, newCli, settledCli } from './harness.ts';

const line = (fields: Record<string, unknown>): string => JSON.stringify(fields);
const at = '2025-01-04T00:00:00Z';

/** What must be refused: with its code, a message that says what was found, an exit code, and nothing changed. */
describe('test/cli/errors', () => {
  describe('ingest refuses a file with', () => {
    const bad: readonly (readonly [what: string, text: string, code: string, message: RegExp])[] = [
      ['a malformed line', '{"kind":', 'line-malformed', /accepted: one JSON object per line/],
      [
        'an unknown kind',
        line({ kind: 'delegat', key: 'x', time: at }),
        'event-kind-unknown',
        /Did you mean "delegate"\?/,
      ],
      [
        'an unknown validator',
        line({ kind: 'delegate', key: 'x', time: at, account: 'a', validator: 'v9', amount: '5' }),
        'validator-unknown',
        /v9/,
      ],
      [
        'a negative amount',
        line({ kind: 'delegate', key: 'x', time: at, account: 'a', validator: 'v1', amount: '-5' }),
        'amount-negative',
        /"-5"/,
      ],
      [
        'a fractional amount',
        line({ kind: 'delegate', key: 'x', time: at, account: 'a', validator: 'v1', amount: '1.5' }),
        'amount-fractional',
        /"1.5"/,
      ],
      [
        'an undelegation of more than there is',
        line({ kind: 'undelegate', key: 'x', time: at, account: 'carol', validator: 'v2', amount: '999999999' }),
        'stake-insufficient',
        /carol has \d+ tokens on v2, less than 999999999\./,
      ],
      [
        'a time that goes backwards',
        line({ kind: 'delegate', key: 'x', time: '2025-01-03T11:00:00Z', account: 'a', validator: 'v1', amount: '5' }),
        'time-backwards',
        /before the newest event/,
      ],
      [
        'an event in a closed period',
        line({ kind: 'delegate', key: 'x', time: '2025-01-01T11:00:00Z', account: 'a', validator: 'v1', amount: '5' }),
        'period-closed',
        /newest closed period/,
      ],
      [
        'a known key with other content',
        line({
          kind: 'delegate',
          key: 'd1',
          time: '2025-01-01T00:00:00Z',
          account: 'alice',
          validator: 'v1',
          amount: '601',
        }),
        'event-key-conflict',
        /d1/,
      ],
      [
        'a schedule out of order',
        line({
          kind: 'schedule',
          key: 'x',
          time: at,
          entries: [
            { at: '2025-02-02T00:00:00Z', allocations: [{ pool: 'community', amount: '1' }] },
            { at: '2025-02-01T00:00:00Z', allocations: [{ pool: 'community', amount: '1' }] },
          ],
        }),
        'schedule-not-sorted',
        /ascending|order|before/,
      ],
      [
        'an unknown pool',
        line({ kind: 'fund', key: 'x', time: at, pool: 'comunity', amount: '5' }),
        'pool-unknown',
        /comunity/,
      ],
    ];
    for (const [what, text, code, message] of bad) {
      it(what, async () => {
        using cli = newCli();
        await cli.ok('ingest events.jsonl');
        await cli.ok('advance');
        const before = await cli.state();
        const good = line({ kind: 'fund', key: 'good', time: '2025-01-04T00:00:00Z', pool: 'team', amount: '5' });
        // Where time matters, the bad line comes first, so that only its own time is wrong.
        cli.write('bad.jsonl', `${text}\n${good}\n`);
        const { code: exit, err, out } = await cli.run('ingest bad.jsonl');
        assert.equal(exit, exitCodes['invalid-input']);
        assert.match(err, new RegExp(`^bad\\.jsonl:1: \\[${code}\\] `, 'm'));
        assert.match(err, message);
        assert.match(err, /error \[lines-refused\] 1 line of bad\.jsonl was refused\. Nothing was taken of it\./);
        assert.match(out, /2 events: 0 recorded, 0 known already, 1 refused/);
        assert.equal(await cli.state(), before);
        const again = await cli.run('ingest bad.jsonl --json');
        const [file] = JSON.parse(again.out).files;
        assert.deepEqual([file.committed, file.refusals[0].line, file.refusals[0].code], [false, 1, code]);
        assert.equal(JSON.parse(again.err).error.code, 'lines-refused');
      });
    }

    it('a bad first line leaves no store behind when there was none', async () => {
      using cli = newCli();
      cli.write('bad.jsonl', 'nonsense\n');
      assert.equal((await cli.run('ingest bad.jsonl')).code, exitCodes['invalid-input']);
      assert.equal(cli.has('prorata.db'), false);
    });

    it('many bad lines: the first twenty are shown, the rest is counted', async () => {
      using cli = newCli();
      cli.write('bad.jsonl', 'nonsense\n'.repeat(25));
      const { err } = await cli.run('ingest bad.jsonl');
      assert.equal(err.match(/^bad\.jsonl:\d+: \[line-malformed\]/gm)!.length, 20);
      assert.match(err, /^\.\.\. and 5 more$/m);
    });
  });

  async function refused(
    cli: Cli,
    command: string,
    exit: keyof typeof exitCodes,
    code: string,
    message: RegExp,
    given = {},
  ): Promise<void> {
    const before = await cli.state();
    const plain = await cli.run(command, given);
    assert.equal(plain.code, exitCodes[exit], `${command}: ${plain.err}`);
    assert.ok(plain.err.includes(`error [${code}] `), `${command}: ${plain.err}`);
    assert.match(plain.err, message);
    const asJson = await cli.run(`${command} --json`, given);
    const lines = asJson.err.trimEnd().split('\n');
    assert.equal(JSON.parse(lines.at(-1)!).error.code, code);
    assert.equal(asJson.code, exitCodes[exit]);
    assert.equal(await cli.state(), before, 'nothing was changed');
  }

  it('a command line that is wrong', async () => {
    using cli = await settledCli();
    await refused(cli, 'statsu', 'usage', 'usage', /unknown command 'statsu'.*\n?.*[Dd]id you mean status/);
    await refused(cli, 'status --no-such', 'usage', 'usage', /unknown option '--no-such'/);
    await refused(cli, 'explain', 'usage', 'usage', /missing required argument 'account'/);
    const nothing = await cli.run([]);
    assert.equal(nothing.code, exitCodes.usage);
    assert.match(nothing.err, /^Usage: prorata/);
  });

  it('options that are wrong', async () => {
    using cli = await settledCli();
    await refused(
      cli,
      'advance --step none',
      'invalid-input',
      'option-invalid',
      /--step: found "none"; accepted: a whole number from 1/,
    );
    await refused(cli, 'advance --to tomorrow', 'invalid-input', 'time-malformed', /"tomorrow"/);
    await refused(cli, 'init other --template big', 'invalid-input', 'option-invalid', /accepted: minimal, pse/);
    await refused(
      cli,
      'ingest events.jsonl --format xml',
      'invalid-input',
      'option-invalid',
      /accepted: jsonl, csv, snapshot/,
    );
    await refused(cli, 'fund community 1.5', 'invalid-input', 'amount-fractional', /"1.5"/);
    await refused(cli, 'fund community -5', 'invalid-input', 'amount-negative', /"-5"/);
    const past = '--at 2025-01-01T00:00:00Z';
    await refused(cli, `scores ${past}`, 'invalid-input', 'time-backwards', /--at: .* before the newest event, 2025-/);
    await refused(cli, `account alice ${past}`, 'invalid-input', 'time-backwards', /before the newest event/);
    await refused(cli, 'ingest .', 'invalid-input', 'file-is-folder', /what to do: .*--format snapshot/);
    await refused(cli, 'run .', 'invalid-input', 'file-is-folder', /--format snapshot/);
    await refused(cli, 'pause', 'invalid-input', 'reason-missing', /says why/);
  });

  it('what does not exist', async () => {
    using cli = await settledCli();
    await refused(cli, 'status --program other', 'not-found', 'program-unknown', /there are: acme/);
    await refused(cli, 'account nobody', 'not-found', 'account-unknown', /nobody/);
    await refused(cli, 'explain alice --period 9', 'not-found', 'period-unknown', /no period 9/);
    await refused(cli, 'payouts --period 77', 'not-found', 'period-unknown', /no period 77; known are 1, 2, 3, 4, 5\./);
    await refused(cli, 'payouts --period 77 --csv', 'not-found', 'period-unknown', /no period 77/);
    await refused(cli, 'postings --period 77', 'not-found', 'period-unknown', /no period 77/);
    assert.match(await cli.ok('payouts --period 5'), /nothing was paid yet/, 'the period that accrues');
    await refused(cli, 'ingest missing.jsonl', 'not-found', 'file-not-found', /missing\.jsonl/);
    await refused(cli, 'run missing.jsonl', 'not-found', 'file-not-found', /missing\.jsonl/);
    await refused(cli, 'status --store missing.db', 'not-found', 'store-not-found', /what to do: `prorata ingest/);
    await refused(cli, 'status --config missing.yaml', 'not-found', 'file-not-found', /missing\.yaml/);
    rmSync(cli.path('prorata.yaml'));
    await refused(cli, 'check', 'not-found', 'config-not-found', /`prorata init`/);
    await refused(cli, 'ingest events.jsonl --store none.db', 'not-found', 'store-not-found', /no prorata\.yaml/);
  });

  it('a program file that is wrong: every key, with what was found and what is accepted', async () => {
    using cli = await settledCli();
    cli.write('bad.yaml', cli.read('prorata.yaml').replace('decimals: 3', 'decimals: many'));
    await refused(
      cli,
      'check --config bad.yaml',
      'invalid-input',
      'config-invalid',
      /asset\.decimals: found "many"; accepted: a whole number/,
    );
    await refused(cli, 'status --config bad.yaml', 'invalid-input', 'config-invalid', /what to do/);
    await cli.ok('status --config bad.yaml --store prorata.db --program acme');
  });

  it('an event of more than a day after the clock, unless it is allowed', async () => {
    using cli = newCli();
    const fund = (time: string): string => `${line({ kind: 'fund', key: 'far', time, pool: 'team', amount: '5' })}\n`;
    await cli.ok('ingest events.jsonl');
    cli.write('far.jsonl', fund('2025-06-02T00:00:00.001Z'));
    for (const command of ['ingest far.jsonl', 'ingest -', 'run far.jsonl', 'run -']) {
      const given = { stdin: fund('9999-01-01T00:00:00Z') };
      await refused(
        cli,
        command,
        'invalid-input',
        'lines-refused',
        /^(far\.jsonl|stdin):1: \[time-in-future\] /m,
        given,
      );
    }
    for (const command of ['fund team 5', 'pause --reason x', 'exclude bob', 'apply', 'ingest x --format snapshot']) {
      if (command.startsWith('ingest')) mkdirSync(cli.path('x'));
      const message =
        /--at: 2025-06-02T00:00:00\.001Z is more than a day after .* 2025-06-01T00:00:00Z.*--allow-future/;
      await refused(cli, `${command} --at 2025-06-02T00:00:00.001Z`, 'invalid-input', 'time-in-future', message);
    }
    cli.write('near.jsonl', fund('2025-06-02T00:00:00Z'));
    await cli.ok('ingest near.jsonl --dry-run');
    await cli.ok('advance --to 2026-01-01T00:00:00Z --dry-run');
    await cli.ok('run far.jsonl --allow-future --dry-run');
    await cli.ok('ingest far.jsonl --allow-future');
    await cli.ok('pause --reason x --at 2025-07-01T00:00:00Z --allow-future');
  });

  it('several programs and none named', async () => {
    using cli = await settledCli();
    cli.write('second.yaml', cli.read('prorata.yaml').replace('program: acme', 'program: second'));
    await cli.ok('apply --config second.yaml');
    await refused(
      cli,
      'status --store prorata.db --config /dev/null/none',
      'unavailable',
      'file-unreadable',
      /ENOTDIR/,
    );
    rmSync(cli.path('prorata.yaml'));
    await refused(cli, 'status', 'invalid-input', 'program-ambiguous', /acme, second/);
    assert.match(await cli.ok('verify'), /acme: all \d+ invariants hold\n[^]*second: all \d+ invariants hold\n/);
    assert.doesNotMatch(await cli.ok('verify --program second'), /acme/);
  });

  it('what the books forbid', async () => {
    using cli = await settledCli();
    await refused(cli, 'resume --reason x', 'conflict', 'nothing-to-resume', /neither paused nor halted/);
    await refused(cli, 'fund nobody 5', 'conflict', 'pool-unknown', /there are community, team/);
    await refused(cli, 'exclude bob --at 2025-01-01T00:00:00Z', 'conflict', 'period-closed', /closed period/);
    await cli.ok('fund team 5 --key k');
    await refused(cli, 'fund team 6 --key k', 'conflict', 'event-key-conflict', /other content/);
    await cli.ok('export copy.jsonl');
    await refused(cli, 'export copy.jsonl', 'conflict', 'file-exists', /--force/);
    await refused(cli, 'import copy.jsonl', 'conflict', 'program-exists', /acme/);
  });

  it('settings by somebody else than the authority', async () => {
    using cli = newCli();
    cli.write('prorata.yaml', `${cli.read('prorata.yaml')}authority: gov\n`);
    await cli.ok('apply');
    await refused(cli, 'pause --reason x', 'conflict', 'invalid-authority', /--by NAME/);
    await cli.ok('pause --reason x --by gov');
  });

  it('a pool without funds halts before the first payment, and goes on once funded and resumed', async () => {
    using cli = newCli();
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('funding: "4000000"', 'funding: "1500000"'));
    await cli.ok('ingest events.jsonl');
    const { code, out } = await cli.run('advance');
    assert.equal(code, exitCodes.halted);
    assert.match(out, /halted \[insufficient-funds\] period 2/);
    assert.match(out, /what to do: prorata fund community 500000, then prorata resume/);
    assert.equal((await cli.json('status')).halted.code, 'insufficient-funds');
    const before = await cli.state();
    assert.equal((await cli.run('advance')).code, exitCodes.halted);
    assert.equal(await cli.state(), before);
    assert.match((await cli.run('advance')).out, /halted \[insufficient-funds\]/);
    await cli.ok('fund community 500000');
    await cli.ok('resume --reason "topped up"');
    assert.match(await cli.ok('advance'), /1 period settled/);
  });

  it('a store from a newer version', async () => {
    using cli = await settledCli();
    const db = new DatabaseSync(cli.path('prorata.db'));
    const [{ user_version: version }] = db.prepare('PRAGMA user_version').all() as [{ user_version: number }];
    db.exec('PRAGMA user_version = 99');
    for (const command of ['status', 'advance', 'ingest events.jsonl', 'export x.jsonl']) {
      const { code, err } = await cli.run(command);
      assert.equal(code, exitCodes.conflict, command);
      assert.match(err, /error \[store-newer\] .* has layout 99; this program knows layouts up to \d+/);
    }
    db.exec(`PRAGMA user_version = ${version}`);
    db.close();
    await cli.ok('verify');
  });

  it('a file that is no store', async () => {
    using cli = newCli();
    cli.write('notes.txt', 'this is a text, and not a database, however one looks at it\n'.repeat(40));
    const before = cli.read('notes.txt');
    const { code, err } = await cli.run('ingest events.jsonl --store notes.txt');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(err, /error \[store-not-prorata\]/);
    assert.equal(cli.read('notes.txt'), before);
  });

  it('a store in use by another process: who reads may, who writes is told to wait', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    const before = await cli.state();
    const other = new DatabaseSync(cli.path('prorata.db'));
    other.exec('BEGIN IMMEDIATE');
    for (const command of ['advance', 'fund team 5', 'ingest events.jsonl']) {
      const { code, err } = await cli.run(command);
      assert.equal(code, exitCodes.unavailable, command);
      assert.match(err, /error \[store-busy\] .* in use by another process[^]*what to do: wait/);
    }
    await cli.ok('status');
    other.exec('ROLLBACK');
    other.close();
    assert.equal(await cli.state(), before);
    await cli.ok('advance');
  });

  it('a full disk: nothing of the file is taken, and with room it is', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    const before = await cli.state();
    const many = Array.from({ length: 5000 }, (_, i) =>
      line({
        kind: 'delegate',
        key: `m${i}`,
        time: '2025-01-03T13:00:00Z',
        account: `staker-${i}`,
        validator: 'v1',
        amount: '5',
      }),
    );
    cli.write('many.jsonl', `${many.join('\n')}\n`);
    const { code, err } = await cli.run('ingest many.jsonl', { maxPages: 60 });
    assert.equal(code, exitCodes.unavailable, err);
    assert.match(err, /error \[store-full\] [^]*what to do: free some room/);
    assert.equal(await cli.state(), before);
    await cli.ok('ingest many.jsonl');
  });

  it('a full disk in the middle of a settlement: the hint says that the steps before it stand', async () => {
    const found = { run: 0, advance: 0 };
    const many = Array.from({ length: 2000 }, (_, i) =>
      line({
        kind: 'delegate',
        key: `m${i}`,
        time: '2025-01-01T00:00:00Z',
        account: `s-${i}`,
        validator: 'v1',
        amount: '5',
      }),
    );
    for (const command of ['run', 'advance'] as const) {
      using cli = newCli();
      cli.write('many.jsonl', `${cli.read('events.jsonl').split('\n')[0]}\n${many.join('\n')}\n`);
      cli.write('prorata.yaml', cli.read('prorata.yaml').replace('batch_size: 2', 'batch_size: 200'));
      await cli.ok('ingest many.jsonl');
      const line = command === 'run' ? 'run many.jsonl' : 'advance --to 2025-02-01T00:00:00Z';
      const pages = Number(new DatabaseSync(cli.path('prorata.db')).prepare('PRAGMA page_count').get()!['page_count']);
      const { code, err } = await cli.run(line, { maxPages: pages + 60 });
      assert.equal(code, exitCodes.unavailable, err);
      assert.match(err, /error \[store-full\] /);
      assert.match(err, /what to do: free some room [^]*Steps that were finished before it stand; run it again\.\n$/);
      assert.doesNotMatch(err, /Nothing was changed/);
      found[command] = (await cli.json('schedule')).past.length;
      await cli.ok(line);
      assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
    }
    assert.ok(found.run > 0 && found.advance > 0, 'there were steps');
  });

  it('an export that is cut off, or none: nothing is imported', async () => {
    using cli = await settledCli();
    const whole = await cli.ok('export');
    cli.write('cut.jsonl', whole.split('\n').slice(0, -5).join('\n'));
    for (const file of ['cut.jsonl', 'events.jsonl']) {
      const { code, err } = await cli.run(`import ${file} --store new.db`);
      assert.equal(code, exitCodes['invalid-input'], file);
      assert.match(err, /error \[import-malformed\]/);
      assert.equal(cli.has('new.db'), false);
    }
  });

  it('books that were tampered with: verify names the invariant and ends with its own code', async () => {
    using cli = await settledCli();
    await cli.ok('export books.jsonl');
    const changed = cli
      .read('books.jsonl')
      .replace(/("posting":\{"id":12,.*?"amount":"#)(\d+)/, (_, head, amount) => `${head}${BigInt(amount) + 1n}`);
    assert.notEqual(changed, cli.read('books.jsonl'));
    cli.write('changed.jsonl', changed);
    await cli.ok('import changed.jsonl --store changed.db');
    const { code, out } = await cli.run('verify --store changed.db');
    assert.equal(code, exitCodes['does-not-hold']);
    assert.match(out, /^BROKEN +ledger\.balances-are-sums/m);
    assert.match(out, /^acme: \d+ invariants? of \d+ do(es)? not hold$/m);
  });

  it('a defect of ours: exit code 70, and the stack for the report', async () => {
    using cli = newCli();
    const now = (): number => {
      throw new TypeError('the clock fell down');
    };
    const { code, err } = await cli.run('advance --to now', { now });
    assert.equal(code, exitCodes.bug);
    assert.match(err, /error \[unexpected\] the clock fell down[^]*stack: TypeError[^]*please report/);
  });

  it('Ctrl-C ends after the current step, and the same command goes on', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    const stop = new AbortController();
    stop.abort();
    const { code, out } = await cli.run('advance', { signal: stop.signal });
    assert.equal(code, exitCodes.interrupted);
    assert.match(out, /stopped after the current step/);
    assert.match(await cli.ok('advance'), /2 periods settled/);
    const ingest = await cli.run(['ingest', 'more.jsonl'], { signal: stop.signal });
    assert.equal(ingest.code, exitCodes['not-found']);
    cli.write('more.jsonl', line({ kind: 'fund', key: 'more', time: at, pool: 'team', amount: '5' }));
    const before = await cli.state();
    const stopped = await cli.run('ingest more.jsonl', { signal: stop.signal });
    assert.equal(stopped.code, exitCodes.interrupted);
    assert.equal(await cli.state(), before);
  });

  it('every exit code is its own, and documented', () => {
    const page = readFileSync(new URL('../../docs/reference/exit-codes.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| (\d+) \| `([\w-]+)` \|/gm)].map(([, code, name]) => [name, Number(code)]);
    assert.deepEqual(Object.fromEntries(rows), exitCodes);
    assert.equal(new Set(Object.values(exitCodes)).size, rows.length);
  });
});
