import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { eventLines, events, newCli } from './harness.ts';

describe('test/cli/ingest', () => {
  it('creates the program, takes a file once, and changes nothing the second time', async () => {
    using cli = newCli();
    assert.match(await cli.ok('ingest events.jsonl'), /^program acme created\nevents\.jsonl: 8 events: 8 recorded/);
    const before = await cli.state();
    assert.match(await cli.ok('ingest events.jsonl'), /0 recorded, 8 known already, 0 refused/);
    assert.equal(await cli.state(), before);
  });

  it('reads standard input, of either format, by what it looks like', async () => {
    using cli = newCli();
    const { files } = JSON.parse(await cli.ok('ingest - --json', { stdin: events }));
    assert.deepEqual([files[0].file, files[0].recorded], ['-', 8]);
    const csv = 'kind,key,time,pool,amount\nfund,f1,2025-01-04T00:00:00Z,team,5\n';
    assert.match(await cli.ok('ingest -', { stdin: csv }), /stdin: 1 event: 1 recorded/);
    assert.match(await cli.ok('ingest - --format csv', { stdin: csv }), /1 known already/);
  });

  it('takes several files in their order, and stops at the first that is refused', async () => {
    using cli = newCli();
    cli.write('one.jsonl', `${eventLines.slice(0, 4).join('\n')}\n`);
    cli.write('two.jsonl', 'nonsense\n');
    cli.write('three.jsonl', `${eventLines.slice(4).join('\n')}\n`);
    assert.match(await cli.ok('ingest one.jsonl three.jsonl --store good.db'), /one\.jsonl: 4[^]*three\.jsonl: 4/);
    const { code, err } = await cli.run('ingest one.jsonl two.jsonl three.jsonl');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(err, /1 line of two\.jsonl was refused/);
    assert.equal((await cli.json('status')).events, 5, 'the first file was taken, as a whole');
  });

  it('--partial takes the good lines and writes the others beside the file, as they were, and why', async () => {
    using cli = newCli();
    const bad =
      '{"kind":"delegate","key":"x","time":"2025-01-03T00:00:00Z","account":"a","validator":"v9","amount":"5"}';
    cli.write('mixed.jsonl', `${[...eventLines.slice(0, 7), bad, 'nonsense', eventLines[7]].join('\n')}\n`);
    const { code, out } = await cli.run('ingest mixed.jsonl --partial');
    assert.equal(code, exitCodes.partly);
    assert.match(
      out,
      /8 recorded, 0 known already, 2 refused[^]*mixed\.jsonl\.refused\.jsonl, why: mixed\.jsonl\.refused\.txt/,
    );
    assert.equal(cli.read('mixed.jsonl.refused.jsonl'), `${bad}\nnonsense\n`);
    assert.match(
      cli.read('mixed.jsonl.refused.txt'),
      /^mixed\.jsonl:8: \[validator-unknown\] .*\nmixed\.jsonl:9: \[line-malformed\] .*\n$/,
    );
    assert.equal((await cli.json('status')).events, 9);
  });

  it('--partial keeps the header of a CSV file, so that the mended rest can be ingested', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    cli.write(
      'funds.csv',
      'kind,key,time,pool,amount\nfund,f1,2025-01-04T00:00:00Z,team,5\nfund,f2,2025-01-04T00:00:00Z,teem,6\n',
    );
    assert.equal((await cli.run('ingest funds.csv --partial')).code, exitCodes.partly);
    assert.equal(cli.read('funds.csv.refused.csv'), 'kind,key,time,pool,amount\nfund,f2,2025-01-04T00:00:00Z,teem,6\n');
    cli.write('mended.csv', cli.read('funds.csv.refused.csv').replace('teem', 'team'));
    assert.match(await cli.ok('ingest mended.csv'), /1 recorded/);
  });

  it('a dry run with --partial writes no file', async () => {
    using cli = newCli();
    cli.write('bad.jsonl', 'nonsense\n');
    assert.equal((await cli.run('ingest bad.jsonl --partial --dry-run')).code, exitCodes.partly);
    assert.equal(cli.has('bad.jsonl.refused.jsonl'), false);
    assert.equal(cli.has('prorata.db'), false);
  });

  it('a dry run of several files sees in the later ones what the earlier ones did', async () => {
    using cli = newCli();
    cli.write('one.jsonl', `${eventLines.slice(0, 4).join('\n')}\n`);
    cli.write('two.jsonl', `${eventLines.slice(4).join('\n')}\n`);
    assert.match(await cli.ok('ingest one.jsonl two.jsonl --dry-run'), /two\.jsonl: 4 events: 4 would be recorded/);
  });

  it('takes a snapshot folder at an instant, with stake held since another', async () => {
    using cli = newCli();
    mkdirSync(cli.path('snapshot'));
    cli.write('snapshot/validators.csv', 'id,tokens,delegator_shares,jailed\nv1,500,1000.0,false\n');
    cli.write('snapshot/delegations.csv', 'delegator,validator,shares\nalice,v1,400.0\nbob,v1,600.0\n');
    const line = 'ingest snapshot --format snapshot --at 2025-01-01T12:00:00Z --held-since 2025-01-01T00:00:00Z';
    assert.match(await cli.ok(line), /snapshot: 3 events: 3 recorded/);
    const view = await cli.json('account alice');
    assert.deepEqual([view.staked, view.score], ['200', String(200 * 43_200)]);
    assert.match(await cli.ok(line), /3 known already/);
  });

  it('shows progress on a terminal when it takes longer than a second, and wipes it', async () => {
    using cli = newCli();
    const start = Date.UTC(2025, 5, 1);
    let clock = start;
    const { err } = await cli.run('ingest events.jsonl', { tty: true, now: () => (clock += 700) });
    const wipe = '\r\u001b[2K';
    assert.ok(
      err.startsWith(`${wipe}events.jsonl: `) && err.includes('8 events') && err.endsWith(wipe),
      JSON.stringify(err),
    );
    clock = start;
    const quiet = await cli.run('ingest events.jsonl --quiet', { tty: true, now: () => (clock += 700) });
    assert.deepEqual([quiet.err, quiet.out], ['', '']);
  });
});
