import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { marketCli, newCli, settledCli } from './harness.ts';

describe('test/cli/explain', () => {
  it('shows every number that is added or divided', async () => {
    using cli = await settledCli();
    assert.equal(
      await cli.ok('explain alice --period 2'),
      `alice in acme, period 2 (settled), from 2025-01-02T00:00:00Z to 2025-01-03T00:00:00Z

score: units x seconds, summed
  held on  from                  until                   units  seconds           score
  v1       2025-01-02T00:00:00Z  2025-01-02T12:00:00Z  600,600   43,200  25,945,920,000
  v2       2025-01-02T06:00:00Z  2025-01-03T00:00:00Z      100   64,800       6,480,000
  v1       2025-01-02T12:00:00Z  2025-01-03T00:00:00Z  300,300   43,200  12,972,960,000
  total                                                                  38,925,360,000

what happened
  2025-01-02T12:00:00Z  validator v1 was slashed (event 8)

share: pool community pays 1,000.000 ACME by score
  1,000,000 units x 38,925,360,000 / 73,528,560,000
  = 38,925,360,000,000,000 / 73,528,560,000
  = 529,391 units, remainder 2,093,040,000 / 73,528,560,000 of a unit, which is cut off: it goes to treasury
  = 529.391 ACME

delivery: restaked by the stake at the time of payment, each part rounded down
  validator                           stake (units)  gets (units)
  v1                                        300,300       529,214
  v2                                            100           176
  liquid, what those roundings leave                            1
  together                                  300,400       529,391
  529.390 ACME restaked, 0.001 ACME liquid

postings
  id  from            to            amount (ACME)  reason
  14  pool:community  stake:alice         529.390  payout
  15  pool:community  liquid:alice          0.001  payout
`,
    );
  });

  it('adds up: intervals to the score, the division to what is due, the parts to what was paid', async () => {
    using cli = await settledCli();
    const sum = (values: readonly string[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);
    let checked = 0;
    for (const account of ['alice', 'bob', 'carol']) {
      for (const period of [1, 2, 3, 4]) {
        const { intervals, score, division, split, payouts, postings } = await cli.json(
          `explain ${account} --period ${period}`,
        );
        for (const { tokens, seconds, score } of intervals)
          assert.equal(BigInt(tokens) * BigInt(seconds), BigInt(score));
        assert.equal(sum(intervals.map((interval: any) => interval.score)), BigInt(score));
        const { amount, total, due, remainder } = division;
        assert.equal(BigInt(amount) * BigInt(score), BigInt(due) * BigInt(total) + BigInt(remainder));
        const [payout] = payouts;
        assert.equal(payout.due, due);
        assert.equal(sum(split.map((part: any) => part.restaked)), BigInt(payout.restaked));
        assert.equal(sum([payout.restaked, payout.liquid]), BigInt(due));
        assert.equal(sum(postings.map((posting: any) => posting.amount)), BigInt(due));
        checked += 1;
      }
    }
    assert.equal(checked, 12);
  });

  it('says why there is nothing', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    await cli.ok('advance --to 2025-01-05T00:00:00Z');
    assert.match(await cli.ok('explain vault --period 1'), /why nothing: the account is excluded.*\[excluded\]/);
    assert.match(
      await cli.ok('explain bob --period 4'),
      /score: 0, no interval with stake\n\nwhy nothing: .*\[no-stake-time\]/,
    );
    // bob took all back before the window of the first period was opened: nothing to deliver to.
    assert.match(
      await cli.ok('explain bob --period 1'),
      /why nothing: 300000 was due, but there was no stake.*\[no-stake\]/,
    );
  });

  it('explains an equal part of a direct pool', async () => {
    using cli = await settledCli();
    assert.match(await cli.ok('explain t1 --period 1'), /direct: 33\.333 ACME \(33333\), an equal part of team/);
  });

  it('explains the running period up to an instant', async () => {
    using cli = newCli();
    await cli.ok('ingest events.jsonl');
    const { status, until, intervals } = await cli.json('explain carol --period 3 --at 2025-01-03T18:00:00Z');
    assert.deepEqual([status, until, intervals.length], ['running', '2025-01-03T18:00:00Z', 1]);
  });

  it('shows what each policy gave, and that it is what was paid, of crown time too', async () => {
    using cli = await marketCli();
    const sharing = 'sharing: {policies: [{policy: immediate, part: "1/4"}, {policy: balanced, part: "3/4"}]}';
    cli.write('prorata.yaml', cli.read('prorata.yaml').replace('pays: score, ', `pays: score, ${sharing}, `));
    cli.write('prorata.yaml', cli.read('prorata.yaml').replaceAll('prorata.db', 'shared.db'));
    await cli.ok('ingest events.jsonl');
    await cli.ok('advance --to 2025-03-01T01:00:00Z');
    const why = await cli.json('explain alice --period 1');
    assert.equal(why.division, null);
    const gets = why.sharing.policies.map(({ policy, amount }: any) => [policy, BigInt(amount)]);
    const sum = gets.reduce((all: bigint, [, amount]: [string, bigint]) => all + amount, 0n);
    assert.ok(sum > 0n);
    assert.deepEqual([why.sharing.share, why.sharing.paid], [String(sum), why.payouts[0].due]);
    const text = await cli.ok('explain alice --period 1');
    assert.match(text, /shares by policy, in units\n {2}policy +budget +part +paid before/);
    for (const [policy, amount] of gets)
      assert.match(text, new RegExp(`  ${policy} .*  ${amount.toLocaleString('en')}\n`));
  });
});
