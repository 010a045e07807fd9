import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { Cli, newCli } from './harness.ts';

const vector = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../vectors/module-state', `${name}.json`), 'utf8');

describe('test/cli/module-state', () => {
  for (const name of ['no-ids', 'ids', 'ids-after-the-last', 'copy-job', 'copy-job-at-rest', 'empty']) {
    it(`takes ${name} in, with its own program, and gives the same bytes out`, async () => {
      using cli = new Cli();
      cli.write('state.json', vector(name));
      await cli.ok('ingest state.json --format module-state');
      assert.equal(await cli.ok('export --format module-state'), vector(name));
      await cli.ok('export out.json --format module-state');
      assert.equal(cli.read('out.json'), vector(name));
      const { programs } = await cli.json('programs');
      assert.equal(programs[0].program, 'module-state');
      assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
      const before = await cli.state();
      await cli.ok('ingest state.json --format module-state');
      assert.equal(await cli.state(), before, 'a second time it changes nothing');
    });
  }

  it('names the program as told, or as prorata.yaml has it', async () => {
    using cli = newCli();
    cli.write('state.json', vector('no-ids'));
    await cli.ok('ingest state.json --format module-state --program chain --store chain.db');
    assert.equal((await cli.json('programs --store chain.db')).programs[0].program, 'chain');
    await cli.ok('ingest state.json --format module-state');
    assert.equal((await cli.json('programs')).programs[0].program, 'acme');
  });

  it('reads standard input, and refuses what is no state, or more than one, leaving nothing behind', async () => {
    using cli = new Cli();
    await cli.ok('ingest - --format module-state --store one.db', { stdin: vector('ids') });
    cli.write('bad.json', '{"params": 5}');
    const { code, err } = await cli.run('ingest bad.json --format module-state');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(err, /error \[module-state-malformed\]/);
    const two = await cli.run('ingest bad.json bad.json --format module-state');
    assert.match(two.err, /error \[option-invalid\] Found 2 files; accepted: one/);
    assert.equal(cli.has('prorata.db'), false);
  });

  it('asks for a distribution that was being worked off and is not in the state, and takes it from --ongoing', async () => {
    using cli = new Cli();
    const state = JSON.parse(vector('ids'));
    const [open] = state.scheduled_distributions.splice(0, 1);
    cli.write('state.json', JSON.stringify(state));
    const { code, err } = await cli.run('ingest state.json --format module-state');
    assert.equal(code, exitCodes['invalid-input']);
    assert.match(err, /error \[module-state-window-unknown\]/);
    const { amount } = open.allocations.find((one: any) => one.clearing_account === 'pse_community');
    const at = new Date(Number(open.timestamp) * 1000).toISOString();
    const bad = await cli.run(`ingest state.json --format module-state --ongoing ${at}`);
    assert.match(bad.err, /error \[amount-malformed\] Field "--ongoing"/);
    await cli.ok(`ingest state.json --format module-state --ongoing ${at},${amount}`);
    const { window, next } = await cli.json('status');
    assert.equal(window?.boundary ?? next.at, at.replace('.000', ''));
  });
});
