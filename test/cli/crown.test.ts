import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { marketCli, settledCli } from './harness.ts';

describe('test/cli/crown', () => {
  it('shows who held when, and goes on after a row', async () => {
    using cli = await marketCli();
    assert.equal(
      await cli.ok('crown --period 1'),
      `who held in period 1 (settled), from 2025-03-01T00:00:00Z to 2025-03-01T01:00:00Z
lane     from                  to                    seconds  best rate  held by
btc-tao  2025-03-01T00:00:00Z  2025-03-01T00:10:00Z      600      345.5  alice
btc-tao  2025-03-01T00:10:00Z  2025-03-01T00:20:00Z      600      345.5  alice 1/2, bob 1/2
btc-tao  2025-03-01T00:20:00Z  2025-03-01T00:30:00Z      600      345.5  alice
btc-tao  2025-03-01T00:30:00Z  2025-03-01T01:00:00Z    1,800      345.5  alice 1/2, bob 1/2
`,
    );
    const page = await cli.ok('crown --period 1 --limit 1 --after 1');
    assert.match(page, /00:10:00Z .* alice 1\/2, bob 1\/2\n\.\.\. more: --after 2, or --limit N\n$/);
    const [first, second] = (await cli.ok('crown --period 1 --json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(first.holders, [{ account: 'alice', share: '1' }]);
    assert.deepEqual([second.seconds, second.holders[1]], [600, { account: 'bob', share: '1/2' }]);
  });

  it('draws a grid: a row a holder, a column a part of the time, and the time that nobody held', async () => {
    using cli = await marketCli();
    assert.equal(
      await cli.ok('crown --period 1 --grid --width 12 --ascii'),
      `who held in period 1 (settled), from 2025-03-01T00:00:00Z to 2025-03-01T01:00:00Z; a column is 300 s, . : + # up to 1/4, 1/2, 3/4 and all of it

btc-tao: 2 holders shown
alice    |##::##::::::| 2,400 s
bob      |  ::  ::::::| 1,200 s
(nobody) |            |     0 s
          2025-03-01T00:00:00Z
`,
    );
    assert.match(
      await cli.ok('crown --from 2025-03-01T00:15:00Z --to 2025-03-01T00:25:00Z --grid --width 10'),
      /alice {4}\|▒▒▒▒▒█████\| 450 s/,
    );
  });

  it('fits a grid into the terminal, says how many holders it leaves out, and draws only the lane that is asked for', async () => {
    using cli = await marketCli();
    const wide = await cli.ok('crown --period 1 --grid --ascii', { tty: true, columns: 60 });
    const rows = wide.split('\n').filter((line) => line.includes('|'));
    assert.deepEqual(
      rows.map((line) => line.length),
      [60, 60, 60],
    );
    // However narrow it is, there are ten columns.
    assert.match(await cli.ok('crown --period 1 --grid --ascii', { columns: 12 }), /^alice {4}\|.{10}\| 2,400 s$/m);
    const one = await cli.ok('crown --period 1 --grid --rows 1');
    assert.match(one, /btc-tao: 1 holder shown and 1 more: --rows N\nalice .*\n\(nobody\) /);
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('{btc-tao: "1/2"}', '{btc-tao: "1/2", tao-btc: "1/2"}'));
    await cli.ok('apply');
    const { grids } = await cli.json(
      'crown --from 2025-03-01T00:00:00Z --to 2025-03-01T01:00:00Z --grid --lane btc-tao',
    );
    assert.deepEqual(
      grids.map(({ lane, more, rows: drawn }: any) => [lane, more, drawn.length]),
      [['btc-tao', 0, 3]],
    );
  });

  it('says it second by second, or block by block where the program has blocks', async () => {
    using cli = await marketCli();
    const lines = (await cli.ok('crown --period 1 --blocks --limit 601 --json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, lines[599].holders.length, lines[600].holders.length], [601, 1, 2]);
    cli.write(
      'prorata.yaml',
      cli.read('prorata.yaml').replace('  success:', '  block: {zero: 2025-03-01T00:00:00Z, seconds: 12}\n  success:'),
    );
    await cli.ok('apply');
    assert.match(await cli.ok('crown --period 2 --blocks --limit 1'), /btc-tao {4}300 {2}2025-03-01T01:00:00Z/);
    // A round of 3,600 s has 300 blocks of 12 s.
    assert.match(await cli.ok('crown --period 2'), /3,600 {10}300 {5}300 {6}345\.5/);
    assert.match(await cli.ok('crown --period 2 --json'), /"seconds":3600,"first_block":300,"blocks":300,/);
    const blocks = (await cli.ok('crown --period 1 --json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(blocks.reduce((sum, one) => sum + one.blocks, 0), 300); // prettier-ignore
    assert.match(await cli.ok('crown --period 2 --blocks --limit 299'), /more: --after 299/);
    assert.doesNotMatch(await cli.ok('crown --period 2 --blocks --limit 300'), /more/);
    cli.write(
      'late.jsonl',
      '{"kind":"rate","key":"r9","block":660,"account":"dave","direction":"btc-tao","rate":"400"}\n',
    );
    await cli.ok('ingest late.jsonl');
    assert.match(await cli.ok('crown --at 2025-03-01T02:30:00Z --period 3'), /2025-03-01T02:12:00Z .*400 {2}dave/);
  });

  it('explains a payment to the unit, and a zero by the first test that failed', async () => {
    using cli = await marketCli();
    // alice: 600 + 300 + 600 + 900 = 2,400 of 3,600 s, of a pool of 1/2; bob 1,200 s, and half of his swaps failed.
    const alice = await cli.ok('explain alice --period 1');
    assert.match(alice, /btc-tao: 1,200 s held alone, 2,400 s shared, 0 s not held/);
    assert.match(alice, /1,000,000 units x 1\/3\n {2}= 333,333 units, remainder 1\/3 of a unit/);
    const cut = await cli.ok('explain bob --period 1 --limit 1');
    assert.match(cut, /no-quote .*\n {2}\.\.\. 3 stretches more: --limit N\n/);
    assert.match(cut, /83,333 units, remainder 1\/3 of a unit/);
    const bob = await cli.json('explain bob --period 1');
    assert.deepEqual([bob.part, bob.conduct, bob.division.due], ['1/12', '1/2', '83333']);
    assert.deepEqual(
      bob.explained[0].stretches.map((one: any) => one.failed),
      ['no-quote', null, 'busy', null],
    );
    const carol = await cli.ok('explain carol --period 1');
    assert.match(carol, /outbid at 345\.5 +300 +345\.5 +alice, bob/);
    assert.match(carol, /why nothing: outbid 3,000 s, no-quote 600 s, over all lanes/);
    assert.match(await cli.ok('explain dave --period 2'), /why nothing: no-quote 3,600 s/);
    const { code, err } = await cli.run('explain nobody');
    assert.equal(code, 4);
    assert.match(err, /account-unknown/);
  });

  it('has scores that are exact, an account as it stands, and payouts that say what nobody earned', async () => {
    using cli = await marketCli();
    const scores = (await cli.ok('scores --period 1 --json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(scores.map(({ account, part }) => [account, part]), [['alice', '1/3'], ['bob', '1/12']]); // prettier-ignore
    assert.deepEqual(scores[0].lanes, [{ lane: 'btc-tao', held: '2400', paid: '2400' }]);
    assert.match(await cli.ok('scores --period 1'), /alice +33\.3333 % +1\/3 {2}btc-tao 2,400\.0 s/);
    assert.match(await cli.ok('payouts --period 1'), /alice +33\.3333 % +333\.333 .*\n.*bob +8\.3333 % +83\.333/);
    assert.match(await cli.ok('payouts --period 1 --json'), /"score":"333333333333333333","due":"333333"/);
    assert.match(await cli.ok('account alice'), /btc-tao {2}-|btc-tao {2}holds/);
    assert.match(await cli.ok('advance --to 2025-03-01T03:00:00Z'), /unearned 625\.000/);
    assert.equal((await cli.json('verify')).holds, true);
  });

  it('gives weights that add up to the total, and refuses an account without a uid', async () => {
    using cli = await marketCli();
    assert.equal(await cli.ok('weights --period 1 --uids uids.csv --total 12'), 'uid,weight\n0,7\n1,4\n2,1\n');
    const { out, err } = await cli.run('weights --period 1 --uids uids.csv --format csv');
    assert.match(out, /^uid,weight\n0,\d+\n1,21845\n2,5461\n$/);
    assert.match(err, /^period 1 \(settled\), .*: 65535 in all; uid 0 takes what nobody earned\n$/);
    assert.equal((await cli.run('weights --period 1 --uids uids.csv --quiet')).err, '');
    assert.equal(
      await cli.ok('weights --period 1 --uids uids.csv --format json'),
      await cli.ok('weights --period 1 --uids uids.csv --json'),
    );
    assert.match((await cli.run('weights --uids uids.csv --total 0')).err, /option-invalid/);
    assert.match((await cli.run('weights --uids uids.csv --recycle 7')).err, /uid-unknown/);
    cli.write('few.json', '[[0, "owner"], [7, "alice"]]');
    const refused = await cli.run('weights --period 1 --uids few.json');
    assert.deepEqual([refused.code, /uid-missing/.test(refused.err)], [3, true]);
    assert.equal(
      await cli.ok('weights --period 1 --uids few.json --missing recycle --total 12'),
      'uid,weight\n0,8\n7,4\n',
    );
    cli.write('bad.csv', '0,owner\n0,alice\n');
    assert.match((await cli.run('weights --uids bad.csv')).err, /uid-duplicate/);
    cli.write('bad.csv', 'one,alice\n');
    assert.match((await cli.run('weights --uids bad.csv')).err, /uids-malformed/);
  });

  it('refuses what only the other model has', async () => {
    using cli = await settledCli();
    for (const line of ['crown', 'prune --before 2025-03-01T00:00:00Z', 'tail --what intervals']) {
      const { code, err } = await cli.run(line);
      assert.deepEqual([code, /model-differs/.test(err)], [3, true], line);
    }
    const refused = async (on: typeof cli, line: string, option: string) => {
      const { code, err } = await on.run(line);
      assert.deepEqual(
        [code, err.includes(`error [option-invalid] Found ${option}, but `)],
        [3, true],
        `${line}: ${err}`,
      );
    };
    await refused(cli, 'scores --period 1', '--period');
    await refused(cli, 'explain alice --from 2025-01-01T00:00:00Z', '--from');
    await refused(cli, 'explain alice --limit 3', '--limit');
    using market = await marketCli();
    await refused(market, 'scores --closing', '--closing');
    for (const line of ['crown', 'scores', 'explain alice']) {
      const { code, err } = await market.run(`${line} --period 1 --to 2025-03-01T00:30:00Z`);
      assert.deepEqual([code, err.includes('error [option-invalid] Found --period with --to')], [3, true], line);
    }
  });
});
