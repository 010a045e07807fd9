import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cli, crownConfig, crownEventLines, marketCli } from './harness.ts';

/** The market with rounds that never end, not created yet. */
function endlessCli(): Cli {
  const cli = new Cli();
  cli.write('prorata.yaml', crownConfig.replace(', count: 3', ''));
  cli.write('events.jsonl', `${crownEventLines.join('\n')}\n`);
  return cli;
}

const rateAt = (time: string): string =>
  `{"kind":"rate","key":"r-${time}","time":"2025-03-01T${time}:00Z","account":"alice","direction":"btc-tao","rate":"346"}\n`;

describe('test/cli/rounds', () => {
  it('shows rounds that repeat, and counts all of them as owed', async () => {
    using cli = await marketCli();
    // Three rounds of 1,000, of which two are settled.
    const check = await cli.ok('check');
    assert.match(check, /3 boundaries, every 3,600 s: 2025-03-01T01:00:00Z/);
    assert.match(check, /rewards +by score +3,000\.000 +3,000\.000 +0\.000/);
    assert.doesNotMatch(check, /no end/);
    const status = await cli.ok('status');
    assert.match(status, /next {5}2025-03-01T03:00:00Z; 1 boundary, every 3,600 s to come/);
    assert.match(status, /rewards +by score +1,000\.000 +1,000\.000/);
    assert.match(
      await cli.ok('schedule'),
      / {5}3 {2}2025-03-01T03:00:00Z {4}rewards 1,000\.000; again .* 0 times more/,
    );
  });

  it('says of a schedule without an end that it has none, and what is counted as owed', async () => {
    using cli = endlessCli();
    await cli.ok('ingest events.jsonl');
    const note = /the schedule has no end: of the round that repeats, only the next one is counted as owed\n$/;
    assert.match(await cli.ok('check'), note);
    assert.match(await cli.ok('check'), /rewards +by score +3,000\.000 +1,000\.000 +2,000\.000/);
    assert.match(await cli.ok('status'), note);
    assert.equal((await cli.json('check')).endless, true);
    const { next, boundaries_left: left } = await cli.json('status');
    assert.deepEqual([next.repeat, left], [{ every: 3600, left: null }, null]);
    assert.match(await cli.ok('schedule'), /rewards 1,000\.000; again every 3,600 s, without end\n$/);
  });

  it('follows rounds without an end to the newest event, says so, and goes on from there', async () => {
    using cli = endlessCli();
    // The newest event is of 00:40: no round has ended.
    const first = await cli.ok('run events.jsonl');
    assert.match(first, /0 periods settled now/);
    assert.match(first, /the schedule has no end: followed to the newest event, 2025-03-01T00:40:00Z\n/);
    cli.write('more.jsonl', `${crownEventLines.join('\n')}\n${rateAt('03:30')}`);
    const { settled, stopped_at: at } = await cli.json('run more.jsonl');
    assert.deepEqual(
      settled.map(({ boundary }: any) => boundary),
      [1, 2, 3].map((hour) => `2025-03-01T0${hour}:00:00Z`),
    );
    assert.equal(at, '2025-03-01T03:30:00Z');
    assert.match(await cli.ok('run more.jsonl'), /0 recorded, 16 known already; 0 steps, 0 periods settled now/);
    // The pool held three rounds: the fourth halts, and then nothing was followed to its end.
    cli.write('most.jsonl', rateAt('04:30'));
    const { code, out } = await cli.run('run most.jsonl');
    assert.deepEqual([code, /halted \[insufficient-funds\]/.test(out), /no end/.test(out)], [7, true, false]);
  });

  it('says nothing of it where the schedule ends', async () => {
    using cli = endlessCli();
    cli.write('prorata.yaml', crownConfig);
    assert.equal((await cli.json('run events.jsonl')).stopped_at, null);
    assert.doesNotMatch(await cli.ok('run events.jsonl'), /no end/);
  });

  it('compares rounds with what is left of them, and makes them endless by an event', async () => {
    using cli = await marketCli();
    assert.match(await cli.ok('apply'), /is as the file says/);
    cli.write('prorata.yaml', crownConfig.replace(', count: 3', ''));
    assert.match(
      await cli.ok('apply'),
      /1 event appended\n {2}schedule: 1 boundary, every 3,600 s from 2025-03-01T03:00:00Z -> boundaries without end, every 3,600 s from 2025-03-01T03:00:00Z\n/,
    );
    assert.match(await cli.ok('apply'), /is as the file says/);
    assert.equal((await cli.json('status')).boundaries_left, null);
  });

  it('changes how a market is scored by an event, for rounds that are opened later', async () => {
    using cli = await marketCli();
    const before = await cli.ok('explain bob --period 1');
    cli.write('prorata.yaml', crownConfig.replace('exponent: 1', 'exponent: 2'));
    const { differences, events } = await cli.json('apply');
    assert.deepEqual([differences.map(({ key }: any) => key), events.length], [['scoring.success.exponent'], 1]);
    // One of bob's two swaps failed: 1/2 before, (1/2)^2 from now on.
    assert.equal((await cli.json('explain bob --period 3 --at 2025-03-01T03:00:00Z')).conduct, '1/4');
    assert.equal(await cli.ok('explain bob --period 1'), before);
    assert.match(await cli.ok('apply'), /is as the file says/);
  });

  it('refuses to change the model, and changes nothing', async () => {
    using cli = await marketCli();
    const state = await cli.state();
    const other = crownConfig
      .replace(/scoring:\n( .*\n)+/, 'scoring: {model: stake-time}\n')
      .replace(/ {2}rounds: .*\n/, '  entries: [{at: 2025-03-01T03:00:00Z, amounts: {rewards: "1000000"}}]\n');
    cli.write('prorata.yaml', `${other}on_zero_total: residual\n`);
    const { code, err } = await cli.run('apply');
    assert.equal(code, 5);
    assert.match(err, /error \[definition-fixed\].*scoring: crown -> stake-time/);
    assert.equal(await cli.state(), state);
  });
});
