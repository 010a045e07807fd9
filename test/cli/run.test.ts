import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { eventLines, newCli, settledCli } from './harness.ts';

describe('test/cli/run', () => {
  it('settles every period in the order of time, writes the payouts and sums up', async () => {
    using cli = newCli();
    const out = await cli.ok('run events.jsonl');
    assert.match(out, /events: 8 recorded, 0 known already; \d+ steps, 4 periods settled now/);
    assert.match(out, /paid 4,399\.993 ACME in 4 periods; 0\.007 ACME to treasury/);
    assert.match(out, /24 payouts in payouts\.csv/);
    const [header, ...lines] = cli.read('payouts.csv').trimEnd().split('\n');
    assert.equal(header, 'period,boundary,pool,account,score,due,restaked,liquid,reason');
    assert.equal(lines[0], '1,2025-01-02T00:00:00Z,team,t1,0,33333,0,33333,direct');
    // alice: 600 for a day, bob: 300 for a day, carol: 200 for half of one: 6/10, 3/10, 1/10 of 1,000,000.
    assert.equal(lines[3], '1,2025-01-02T00:00:00Z,community,alice,51840000,600000,600000,0,paid');
    assert.equal(lines[4], '1,2025-01-02T00:00:00Z,community,bob,25920000,300000,300000,0,paid');
    assert.equal(lines[5], '1,2025-01-02T00:00:00Z,community,carol,8640000,100000,100000,0,paid');
    assert.equal(lines.length, 24);
  });

  it('pays before it takes later events: who left after the boundary is paid for the time before', async () => {
    using cli = await settledCli();
    // bob takes back 300 at noon of the third day; ingest before advance would have found less stake in the second window.
    const view = await cli.json('explain bob --period 2');
    assert.equal(view.payouts[0].reason, 'paid');
    using late = newCli();
    await late.ok('ingest events.jsonl');
    await late.ok('advance --to 2025-01-05T00:00:00Z');
    assert.notEqual(late.has('payouts.csv'), true);
    assert.notEqual(await late.ok('payouts --csv'), cli.read('payouts.csv'));
  });

  it('never writes over what it works with: the store, the events, the program file', async () => {
    using cli = await settledCli();
    const before = [await cli.state(), cli.read('events.jsonl'), cli.read('prorata.yaml')];
    for (const file of ['./prorata.db', 'events.jsonl', 'prorata.yaml']) {
      const { code, err } = await cli.run(`run events.jsonl --payouts ${file}`);
      assert.equal(code, exitCodes['invalid-input']);
      assert.match(err, /option-invalid.*--payouts: found .* which is the .*; accepted: a file of its own/);
    }
    const { code } = await cli.run('export prorata.db --force');
    assert.equal(code, exitCodes['invalid-input']);
    assert.deepEqual([await cli.state(), cli.read('events.jsonl'), cli.read('prorata.yaml')], before);
  });

  it('changes nothing when it is repeated on the same store', async () => {
    using cli = await settledCli();
    const [state, payouts] = [await cli.state(), cli.read('payouts.csv')];
    assert.match(await cli.ok('run events.jsonl'), /0 recorded, 8 known already; 0 steps, 0 periods settled now/);
    assert.equal(await cli.state(), state);
    assert.equal(cli.read('payouts.csv'), payouts);
  });

  it('goes on to the same end from wherever it was interrupted', async () => {
    using whole = await settledCli();
    const wanted = await whole.state();
    for (let steps = 1, done = false; !done && steps < 40; steps += 1) {
      using cli = newCli();
      const stop = new AbortController();
      let calls = 0;
      // The signal is looked at before each step: the n-th look finds it aborted.
      const signal = new Proxy(stop.signal, {
        get: (target, name) => (name === 'aborted' ? (calls += 1) >= steps : Reflect.get(target, name)),
      });
      const { code } = await cli.run('run events.jsonl', { signal });
      done = code === exitCodes.ok;
      if (!done) assert.equal(code, exitCodes.interrupted);
      await cli.ok('run events.jsonl');
      assert.equal(await cli.state(), wanted, `interrupted at look ${steps}`);
      assert.equal(cli.read('payouts.csv'), whole.read('payouts.csv'));
      if (done) assert.ok(steps > 15, 'there were as many looks as steps, and more');
    }
  });

  it('takes CSV and standard input', async () => {
    using cli = await settledCli();
    await cli.ok('run - --store other.db --payouts other.csv', { stdin: cli.read('events.jsonl') });
    assert.equal(cli.read('other.csv'), cli.read('payouts.csv'));
  });

  it('refuses a file with a bad line before anything is done', async () => {
    using cli = newCli();
    cli.write('bad.jsonl', `${eventLines.join('\n')}\nnonsense\n`);
    const { code, err } = await cli.run('run bad.jsonl');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(
      err,
      /bad\.jsonl:9: \[line-malformed\][^]*error \[lines-refused\] 1 line of bad\.jsonl was refused\. Nothing was done\./,
    );
    assert.match(err, /what to do: mend the lines, and repeat/);
    assert.doesNotMatch(err, /--partial/, 'which run does not have');
    assert.equal(cli.has('prorata.db'), false);
    assert.equal(cli.has('payouts.csv'), false);
  });

  it('says of a dry run what would be', async () => {
    using cli = newCli();
    const out = await cli.ok('run events.jsonl --dry-run');
    assert.match(
      out,
      /^events: 8 would be recorded, 0 known already; \d+ steps would be made, 4 periods would be settled/m,
    );
    assert.match(out, /^would be paid 4,399\.993 ACME in 4 periods/m);
    assert.equal(cli.has('prorata.db') || cli.has('payouts.csv'), false);
  });

  it('stops at an event that the books refuse, and says what was settled before', async () => {
    using cli = newCli();
    const bad =
      '{"kind":"undelegate","key":"x","time":"2025-01-03T13:00:00Z","account":"bob","validator":"v1","amount":"5"}';
    cli.write('bad.jsonl', `${[...eventLines, bad].join('\n')}\n`);
    const { code, err } = await cli.run('run bad.jsonl');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(
      err,
      /^bad\.jsonl:9: \[stake-insufficient\][^]*1 line of bad\.jsonl was refused\. 2 periods settled before; of the events since the last boundary nothing was taken/,
    );
    assert.doesNotMatch(err, /--partial/);
    assert.equal((await cli.json('status')).events, 8, 'the program and the events before the second boundary');
  });

  it('halts, takes the events that mend it, and goes on', async () => {
    using cli = newCli();
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('funding: "4000000"', 'funding: "1500000"'));
    const mend = [
      '{"kind":"fund","key":"f1","time":"2025-01-04T10:00:00Z","pool":"community","amount":"2500000"}',
      '{"kind":"resume","key":"r1","time":"2025-01-04T11:00:00Z","reason":"funded"}',
    ];
    cli.write('mended.jsonl', `${[...eventLines, ...mend].join('\n')}\n`);
    const { code, out } = await cli.run('run events.jsonl');
    assert.equal(code, exitCodes.halted);
    assert.match(out, /halted \[insufficient-funds\] period 2: [^]*what to do: prorata fund community 500000/);
    assert.match(await cli.ok('run mended.jsonl'), /3 periods settled now/);
    assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
  });

  it('follows a schedule that the events change', async () => {
    using cli = newCli();
    const change = {
      kind: 'schedule',
      key: 's2',
      time: '2025-01-01T13:00:00Z',
      entries: ['2025-01-01T18:00:00Z', '2025-01-03T00:00:00Z'].map((at) => ({
        at,
        allocations: [{ pool: 'community', amount: '1000000' }],
      })),
    };
    cli.write(
      'changed.jsonl',
      `${[...eventLines.slice(0, 5), JSON.stringify(change), ...eventLines.slice(5)].join('\n')}\n`,
    );
    await cli.ok('run changed.jsonl');
    const { past } = await cli.json('schedule');
    assert.deepEqual(
      past.map(({ boundary }: any) => boundary),
      ['2025-01-01T18:00:00Z', '2025-01-03T00:00:00Z'],
    );
  });

  it('settles all at once at the boundary where the program says so', async () => {
    using cli = newCli();
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('{batch_size: 2}', '{settle: single_block}'));
    await cli.ok('run events.jsonl');
    const { past } = await cli.json('schedule');
    assert.deepEqual(past.map(({ boundary, steps }: any) => [boundary, steps]).at(0), ['2025-01-02T00:00:00Z', 3]);
    assert.equal(past.length, 4);
  });
});
