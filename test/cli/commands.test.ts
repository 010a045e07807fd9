import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadProgram } from '../../src/config/load-program.ts';
import { newCli, settledCli } from './harness.ts';

/** Every command's way when nothing is wrong. Amounts are those of the small program of harness.ts. */
describe('test/cli/commands', () => {
  it('names that would deceive are shown escaped and cut in tables, and whole in JSON and CSV', async () => {
    using cli = newCli();
    const name = `a\u202e${'long'.repeat(40)}`;
    cli.write('odd.jsonl', cli.read('events.jsonl').replaceAll('alice', name));
    const run = await cli.run('run odd.jsonl');
    assert.equal(run.code, 0, run.err);
    for (const command of ['scores', 'payouts', 'postings', 'events']) {
      const out = await cli.ok(command);
      assert.doesNotMatch(out, /\u202e/, command);
      assert.ok(out.includes('a\\u{202e}long'), command);
      if (command !== 'events')
        assert.ok(out.split('\n').every((line) => line.length < 230) && out.includes('…'), command);
      assert.ok((await cli.ok(`${command} --json`)).includes(name), command);
    }
    assert.ok((await cli.ok('payouts --csv')).includes(name) && cli.read('payouts.csv').includes(name));
    assert.doesNotMatch((await cli.ok(['explain', name])) + (await cli.ok(['account', name])), /\u202e/);
  });

  describe('init', () => {
    it('writes a program file that check accepts, with the schema beside it', async () => {
      using cli = newCli();
      await cli.ok('init other --program mine');
      assert.match(cli.read('other/prorata.yaml'), /^# yaml-language-server: \$schema=\.\/prorata\.schema\.json\n/);
      assert.equal(loadProgram(cli.read('other/prorata.yaml'), { path: 'x' }).definition.name, 'mine');
      assert.equal(JSON.parse(cli.read('other/prorata.schema.json')).title, 'prorata.yaml');
      assert.match(await cli.ok('check --config other/prorata.yaml'), /12 boundaries/);
    });

    it('writes the template of the large programme, under the name of a file', async () => {
      using cli = newCli();
      await cli.ok('init large.yaml --template pse');
      const { schedule, pools } = await cli.json('check --config large.yaml');
      assert.equal(schedule.length, 84);
      assert.equal(pools.length, 6);
    });

    it('writes nothing in a dry run, and replaces nothing unasked', async () => {
      using cli = newCli();
      await cli.ok('init other --dry-run');
      assert.equal(cli.has('other'), false);
      const before = cli.read('prorata.yaml');
      const { code, err } = await cli.run('init');
      assert.equal(code, 5);
      assert.match(err, /error \[file-exists\]/);
      assert.equal(cli.read('prorata.yaml'), before);
      await cli.ok('init --force');
      assert.notEqual(cli.read('prorata.yaml'), before);
    });
  });

  it('check shows dates, funds against the schedule, and warnings, and opens no store', async () => {
    using cli = newCli();
    const out = await cli.ok('check');
    assert.match(out, /4 boundaries: 2025-01-02T00:00:00Z, .*; all of them are past/);
    assert.match(out, /community +by score +4,000\.000 +4,000\.000 +0\.000/);
    assert.equal(cli.has('prorata.db'), false);
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('4000000', '1000000'));
    assert.match(await cli.ok('check'), /warning pools\.community\.funding/);
    const { pools, warnings } = await cli.json('check');
    assert.deepEqual([pools[0].funding, pools[0].owed, warnings.length], ['1000000', '4000000', 1]);
  });

  it('ingest and advance settle what is due at the newest event, and no more', async () => {
    using cli = newCli();
    assert.match(await cli.ok('ingest events.jsonl'), /8 recorded, 0 known already, 0 refused; the log has 9 events/);
    assert.match(await cli.ok('advance'), /2 periods settled/);
    const { period, window, next, pools } = await cli.json('status');
    assert.deepEqual([period, window, next.at], [3, null, '2025-01-04T00:00:00Z']);
    assert.equal(pools[0].balance, '2000000');
    assert.match(await cli.ok('advance'), /nothing is due/);
    assert.match(await cli.ok('advance --to 2025-01-05T00:00:00Z'), /2 periods settled/);
    assert.match(await cli.ok('status'), /next +nothing: the schedule has ended/);
  });

  it('advance --step makes so many steps, and status shows the open window', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    assert.match(await cli.ok('advance --step'), /^1 step, .*period 1 is scoring/m);
    const { window } = await cli.json('status');
    assert.deepEqual([window.period, window.phase, window.boundary], [1, 'scoring', '2025-01-02T00:00:00Z']);
    assert.match(await cli.ok('scores --closing'), /alice +\S+ +1 +/);
    const first = await cli.json('advance --step 2');
    assert.deepEqual([first.steps, first.ended, first.open], [2, 'steps', 1]);
    assert.match(await cli.ok('schedule'), /1 {2}2025-01-02T00:00:00Z .* open/);
  });

  it('advance --to now asks the clock it is given', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    const now = () => Date.UTC(2025, 0, 2, 1);
    assert.match(await cli.ok('advance --to now', { now }), /1 period settled/);
  });

  it('status, schedule, balances and programs agree on a settled store', async () => {
    using cli = await settledCli();
    const status = await cli.json('status');
    const { past, to_come: toCome } = await cli.json('schedule');
    assert.equal(toCome.length, 0);
    const delivered = past.reduce((sum: bigint, { delivered }: any) => sum + BigInt(delivered), 0n);
    const { balances, earners } = await cli.json('balances');
    assert.equal(BigInt(earners), delivered);
    assert.equal(delivered + BigInt(status.residual.balance), 4_400_000n);
    assert.deepEqual(balances.find(({ account }: any) => account === 'outside').balance, '-4400000');
    assert.deepEqual(await cli.json('programs'), {
      programs: [
        { program: 'acme', state: 'running', clock: '2025-01-05T00:00:00Z', events: 9, accounts: 7, payouts: 24 },
      ],
    });
    for (const command of ['status', 'schedule', 'balances', 'programs']) {
      assert.notEqual(await cli.ok(`${command} --units`), '', command);
    }
  });

  it('shows amounts in tokens, with --units and --json as integers', async () => {
    using cli = await settledCli();
    assert.match(await cli.ok('balances'), /^all earners +4,399\.993$/m);
    assert.match(await cli.ok('balances --units'), /^all earners +4399993$/m);
    assert.equal((await cli.json('balances')).earners, '4399993');
  });

  it('scores lists accounts by name, a page at a time, as a table and as lines', async () => {
    using cli = await settledCli();
    assert.match(await cli.ok('scores --limit 2'), /alice[^]*bob[^]*\.\.\. more: --after bob/);
    assert.doesNotMatch(await cli.ok('scores --after bob'), /alice/);
    const lines = (await cli.ok('scores --json --at 2025-01-05T00:00:10Z'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ account }) => account),
      ['alice', 'bob', 'carol', 't1', 't2', 't3', 'vault'],
    );
    const [alice] = lines;
    assert.equal(BigInt(alice.score), 10n * BigInt(alice.staked), 'ten seconds of what it holds');
    assert.equal(lines.at(-1).excluded, true);
    assert.match(await cli.ok('scores --closing'), /no window is open/);
  });

  it('payouts can be narrowed, paged, and written as the CSV that run writes', async () => {
    using cli = await settledCli();
    const lines = (await cli.ok('payouts --json --period 2 --account alice')).trimEnd().split('\n');
    assert.equal(lines.length, 1);
    const payout = JSON.parse(lines[0]!);
    assert.deepEqual(
      [payout.account, payout.pool, payout.score, payout.due, payout.restaked, payout.liquid],
      ['alice', 'community', '38925360000', '529391', '529390', '1'],
    );
    assert.equal(await cli.ok('payouts --csv'), cli.read('payouts.csv'));
    assert.match(await cli.ok('payouts --limit 3'), /more: --after 3/);
    assert.match(await cli.ok('payouts --after 23'), /^24 /m);
  });

  it('postings say from where to where', async () => {
    using cli = await settledCli();
    const lines = (await cli.ok('postings --json --account t1'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ source, target, amount }) => [source, target, amount]),
      [1, 2, 3, 4].map(() => ['pool:team', 'liquid:t1', '33333']),
    );
    assert.match(await cli.ok('postings'), /outside +pool:community +4,000\.000 +funding/);
  });

  it('account sums up what it got', async () => {
    using cli = await settledCli();
    const view = await cli.json('account alice');
    const rows = (await cli.ok('payouts --json --account alice'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const sum = (name: string) => String(rows.reduce((total, row) => total + BigInt(row[name]), 0n));
    assert.deepEqual(view.paid, { payouts: 4, restaked: sum('restaked'), liquid: sum('liquid') });
    assert.match(await cli.ok('account vault'), /vault in acme: excluded/);
  });

  it('events shows the log in the form that files have', async () => {
    using cli = await settledCli();
    const lines = (await cli.ok('events --json --since 1'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ key }) => key),
      ['v1', 'v2', 'd1', 'd2', 'd3', 'd4', 's1', 'u1'],
    );
    const { seq, hash, ...form } = lines[2];
    assert.deepEqual([seq, hash.length], [4, 64]);
    assert.deepEqual(form, {
      kind: 'delegate',
      key: 'd1',
      time: '2025-01-01T00:00:00Z',
      account: 'alice',
      validator: 'v1',
      amount: '600',
    });
    assert.doesNotMatch(await cli.ok('events --account bob'), /alice/);
  });

  it('exclude and include act from their instant on, and stay in the log with who asked', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    assert.match(await cli.ok('exclude bob carol --by ops'), /recorded exclude bob, carol/);
    assert.equal((await cli.json('account bob')).excluded, true);
    await cli.ok('include bob');
    assert.equal((await cli.json('account bob')).excluded, false);
    assert.match(await cli.ok('events --since 9 --json'), /"by":"ops"/);
  });

  it('pause stops steps, resume lets them go on', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    await cli.ok('pause --reason "audit of May"');
    const blocked = await cli.run('advance');
    assert.equal(blocked.code, 7);
    assert.match(blocked.out, /paused audit of May/);
    assert.match(await cli.ok('status'), /paused \(audit of May\)/);
    await cli.ok('resume --reason done');
    assert.match(await cli.ok('advance'), /2 periods settled/);
  });

  it('fund with a key is one fact however often it is said; without, a fact each time', async () => {
    using cli = newCli();
    await cli.ok('apply');
    const held = async (): Promise<string> => (await cli.json('status')).pools[0].balance;
    await cli.ok('fund community 5 --key transfer-1');
    assert.match(await cli.ok('fund community 5 --key transfer-1'), /in the log already: nothing changed/);
    assert.equal(await held(), '4000005');
    await cli.ok('fund community 7');
    await cli.ok('fund community 7');
    assert.equal(await held(), '4000019');
  });

  describe('apply', () => {
    it('creates the program, then changes what may change by events, then has nothing to do', async () => {
      using cli = newCli();
      assert.match(await cli.ok('apply --dry-run'), /would be created/);
      assert.equal(cli.has('prorata.db'), false);
      assert.match(await cli.ok('apply'), /program acme created: 4 boundaries/);
      assert.match(await cli.ok('apply'), /program acme: is as the file says/);
      cli.write(
        'prorata.yaml',
        cli
          .read('prorata.yaml')
          .replace('[t1, t2, t3]', '[t1, t2]')
          .replace('batch_size: 2', 'batch_size: 5, strategy: copy')
          .replace('excluded: [vault]', 'excluded: [vault, bank]')
          .replace(/ {4}- \{at: 2025-01-05.*\n/, '')
          .concat('on_zero_total: residual\n'),
      );
      const before = await cli.state();
      const { differences, events } = await cli.json('apply --dry-run');
      assert.deepEqual(
        differences.map(({ key }: any) => key),
        ['pools.team.recipients', 'window.strategy', 'window.batch_size', 'on_zero_total', 'schedule', 'excluded'],
      );
      assert.equal(events.length, 3);
      assert.equal(await cli.state(), before);
      assert.match(await cli.ok('apply'), /3 events appended/);
      assert.match(await cli.ok('apply'), /is as the file says/);
      const { to_come: toCome } = await cli.json('schedule');
      assert.equal(toCome.length, 3);
    });

    it('leaves alone who was excluded by an event, unless told to prune', async () => {
      using cli = await settledCli();
      await cli.ok('exclude bob');
      assert.match(await cli.ok('apply'), /excluded, but not in the file: bob/);
      assert.equal((await cli.json('account bob')).excluded, true);
      await cli.ok('apply --prune');
      assert.equal((await cli.json('account bob')).excluded, false);
    });

    it('adds boundaries to a schedule of which some are settled', async () => {
      using cli = await settledCli();
      const more = '    - {at: 2025-01-06T00:00:00Z, amounts: {community: "5"}}\nexcluded';
      cli.write('prorata.yaml', cli.read('prorata.yaml').replace('excluded', more));
      await cli.ok('apply');
      const { to_come: toCome } = await cli.json('schedule');
      assert.deepEqual(
        toCome.map(({ period, boundary }: any) => [period, boundary]),
        [[5, '2025-01-06T00:00:00Z']],
      );
    });

    it('refuses what is written down for ever, and changes nothing', async () => {
      using cli = newCli();
      await cli.ok('apply');
      const before = await cli.state();
      cli.write(
        'prorata.yaml',
        cli
          .read('prorata.yaml')
          .replace('decimals: 3', 'decimals: 6')
          .replace('treasury', 'bank')
          .replace('batch_size: 2', 'batch_size: 9'),
      );
      const { code, err } = await cli.run('apply');
      assert.equal(code, 5);
      assert.match(
        err,
        /error \[definition-fixed\].*asset: ACME, 3 decimals -> ACME, 6 decimals; residual: treasury -> bank/,
      );
      assert.equal(await cli.state(), before);
    });
  });

  it('export, import and export again give the same bytes, an open window included', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    await cli.ok('advance --step 2');
    await cli.ok('export one.jsonl');
    await cli.ok('import one.jsonl --store other.db');
    await cli.ok('export two.jsonl --store other.db');
    assert.equal(cli.read('two.jsonl'), cli.read('one.jsonl'));
    assert.equal(await cli.ok('export'), cli.read('one.jsonl'));
    await cli.ok('import - --store third.db', { stdin: cli.read('one.jsonl') });
    for (const store of ['prorata.db', 'other.db', 'third.db']) await cli.ok(`advance --store ${store}`);
    const [root] = (await cli.json('schedule')).past.map(({ root }: any) => root);
    assert.equal((await cli.json('schedule --store third.db')).past[0].root, root);
  });

  it('verify says of every invariant that it holds', async () => {
    using cli = await settledCli();
    assert.match(await cli.ok('verify'), /acme: all \d+ invariants hold\n$/);
    const { holds, findings } = await cli.json('verify');
    assert.equal(holds, true);
    assert.deepEqual(
      findings.filter(({ contradictions }: any) => contradictions.length > 0),
      [],
    );
    // Here nobody is without a payout, so nobody was looked at for having been passed over; and it is no program of another model, nor shared by policies.
    const idle = findings.filter(({ checked }: any) => checked === 0).map(({ invariant }: any) => invariant);
    assert.deepEqual(idle, [
      'period.nobody-missed',
      'period.cred-matches-log',
      'period.shares-match-log',
      'graph.matches-log',
      'ledger.reversals-match-log',
      'period.round-matches-log',
      'checkpoint.matches-log',
    ]);
  });

  it('a dry run changes nothing, whatever the command', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    await cli.ok('export copy.jsonl');
    const before = await cli.state();
    for (const line of [
      'advance',
      'run events.jsonl',
      'ingest events.jsonl',
      'exclude bob',
      'include vault',
      'pause --reason x',
      'fund team 5',
      'apply --prune',
    ]) {
      const out = await cli.ok(`${line} --dry-run --json`);
      assert.equal(JSON.parse(out).dry_run, true, line);
      assert.equal(await cli.state(), before, line);
    }
    assert.match(await cli.ok('advance --dry-run'), /would be 10 steps/);
    await cli.ok('import copy.jsonl --store new.db --dry-run');
    assert.equal(cli.has('new.db'), false);
    assert.equal(cli.has('payouts.csv'), false);
  });

  it('several programs live in one store, and --program chooses', async () => {
    using cli = await settledCli();
    cli.write('second.yaml', cli.read('prorata.yaml').replace('program: acme', 'program: second'));
    await cli.ok('apply --config second.yaml');
    assert.match(await cli.ok('programs'), /acme +running[^]*second +running/);
    assert.equal((await cli.json('status --program second')).events, 1);
    const { code, err } = await cli.run('status --config prorata.yaml --program third');
    assert.equal(code, 4);
    assert.match(err, /error \[program-unknown\]/);
  });

  it('colours are for terminals only', async () => {
    using cli = await settledCli();
    assert.ok((await cli.ok('status', { tty: true })).includes('\u001b[32mrunning'));
    assert.ok(!(await cli.ok('status')).includes('\u001b'));
  });
});
