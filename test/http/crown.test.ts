import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, programs } from './harness.ts';

const cells = '/v1/programs/market/crown/cells';
const at = '/v1/programs/market/crown/at';
const hour = 'from=2025-03-01T00:00:00Z&to=2025-03-01T01:00:00Z';

describe('test/http/crown', () => {
  it('cells say who held how long, the best rate, and the time that nobody held', async () => {
    await using server = await programs.crown();
    const { app } = server;
    const six = await json(app, `${cells}?lane=btc-tao&${hour}&cells=6`);
    assert.deepEqual(
      six.participants.map(({ account, held, runs }: any) => [account, held, runs]),
      [
        [
          'alice',
          '2400',
          [
            [0, 1, '600'],
            [1, 1, '300'],
            [2, 1, '600'],
            [3, 3, '300'],
          ],
        ],
        [
          'bob',
          '1200',
          [
            [1, 1, '300'],
            [3, 3, '300'],
          ],
        ],
      ],
    );
    assert.deepEqual(six.best, [[0, 6, '345.5', '345.5', '345.5']]);
    assert.deepEqual([six.cells, six.nobody, six.others], [6, [], { count: 0, runs: [] }]);
    assert.deepEqual(six.known, { from: '2025-03-01T00:00:00Z', to: '2025-03-01T02:00:00Z' });
    // By period as by its stretch, as intervals say.
    const period = await json(app, `${cells}?lane=btc-tao&period=1&cells=6`);
    assert.deepEqual([period.participants, period.from, period.to], [six.participants, six.from, six.to]);
    // Without a lane: the first.
    const first = await json(app, `${cells}?${hour}&cells=1`);
    assert.deepEqual([first.lane, first.cells], [first.lanes[0].lane, 1]);
    // No cell is shorter than a second.
    const short = await json(app, `${cells}?from=2025-03-01T00:00:00Z&to=2025-03-01T00:00:05Z`);
    assert.equal(short.cells, 5);
  });

  it('cells beyond what is known are empty, also before the first fact and after the newest', async () => {
    await using server = await programs.crown();
    const wide = await json(
      server.app,
      `${cells}?lane=btc-tao&from=2025-02-28T23:00:00Z&to=2025-03-01T04:00:00Z&cells=5`,
    );
    const told = wide.participants.flatMap(({ runs }: any) =>
      runs.flatMap(([first, count]: any) => [first, first + count]),
    );
    assert.deepEqual([Math.min(...told), Math.max(...told)], [1, 3]);
    assert.deepEqual([wide.nobody, wide.best.map((run: any) => run.slice(0, 2))], [[], [[1, 2]]]);
  });

  it('the state at an instant names holders, and why everybody else is passed over, with the event', async () => {
    await using server = await programs.crown();
    const { app } = server;
    const events = (await json(app, '/v1/programs/market/events?limit=1000')).items;
    const seq = (key: string): number => events.find((one: any) => one.key === key).seq;
    const busy = await json(app, `${at}?lane=btc-tao&at=2025-03-01T00:25:00Z`);
    assert.deepEqual([busy.best, busy.period, busy.status], ['345.5', 1, 'settled']);
    assert.deepEqual(busy.holders, [{ account: 'alice', quote: '345.5', event: seq('r1'), share: '1' }]);
    assert.deepEqual(
      busy.passed_over.map(({ account, why, quote, event }: any) => [account, why, quote, event]),
      [
        ['carol', 'outbid', '300', seq('r3')],
        ['bob', 'busy', '345.5', seq('b1')],
        ['dave', 'no-quote', null, null],
      ],
    );
    assert.deepEqual(busy.counts, { holders: 1, outbid: 1, busy: 1, 'no-quote': 1 });
    // The newest instant is the usual one; events from before the round are known as well.
    const now = await json(app, `${at}?lane=btc-tao`);
    assert.equal(now.at, '2025-03-01T02:00:00Z');
    assert.deepEqual(
      now.holders.map(({ account, share, event }: any) => [account, share, event]),
      [
        ['alice', '1/2', seq('r1')],
        ['bob', '1/2', seq('r2')],
      ],
    );
    const some = await json(app, `${at}?lane=btc-tao&limit=1&account=dave`);
    assert.deepEqual(
      some.passed_over.map(({ account }: any) => account),
      ['carol', 'dave'],
    );
  });

  it('cells are blocks where the program has them, those that begin in the stretch', async () => {
    await using server = await programs.crown();
    const { app, cli } = server;
    const config = cli.read('prorata.yaml');
    const block = '  block: {zero: 2025-03-01T00:00:00Z, seconds: 12}\n  success:';
    cli.write('prorata.yaml', config.replace('  success:', block));
    await cli.ok('apply');
    const blocks = await json(app, `${cells}?per=block&from=2025-03-01T00:09:50Z&to=2025-03-01T00:10:13Z`);
    // Block 50 begins at 00:10:00, when bob comes; block 51 at 00:10:12 lies in the stretch as a whole.
    assert.deepEqual([blocks.first_block, blocks.block_seconds, blocks.cells], [50, 12, 2]);
    assert.deepEqual([blocks.from, blocks.to], ['2025-03-01T00:10:00Z', '2025-03-01T00:10:24Z']);
    assert.deepEqual(
      blocks.participants.map(({ account, runs }: any) => [account, runs]),
      [
        ['alice', [[0, 2, '6']]],
        ['bob', [[0, 2, '6']]],
      ],
    );
    const one = await json(app, `${cells}?per=block&from=2025-03-01T00:09:48Z&to=2025-03-01T00:10:00Z`);
    assert.deepEqual([one.first_block, one.cells, one.participants.length], [49, 1, 1]);
    for (const [stretch, code] of [
      ['from=2025-03-01T00:00:01Z&to=2025-03-01T00:00:12Z', 'stretch-empty'],
      ['from=2025-03-01T00:00:00Z&to=2025-03-02T09:20:01Z', 'cells-too-many'],
    ]) {
      const answer = await app.inject({ url: `${cells}?per=block&${stretch}` });
      assert.deepEqual([answer.statusCode, answer.json().code], [400, code], stretch);
    }
  });

  it('refuses what cannot be answered, with what would be accepted', async () => {
    await using server = await programs.crown();
    for (const [url, status, code] of [
      [`${cells}?lane=no`, 400, 'lane-unknown'],
      [`${at}?lane=no`, 400, 'lane-unknown'],
      [`${cells}?cells=10001`, 400, 'request-invalid'],
      [`${cells}?cells=0`, 400, 'request-invalid'],
      [`${cells}?period=1&from=2025-03-01T00:00:00Z`, 400, 'request-invalid'],
      [`${cells}?from=2025-03-02T00:00:00Z&to=2025-03-01T00:00:00Z`, 400, 'stretch-empty'],
      [`${cells}?period=99`, 404, 'period-unknown'],
      [`${cells}?per=block`, 400, 'block-without-axis'],
      [`${at}?at=2030-01-01T00:00:00Z`, 404, 'instant-unknown'],
      [`${at}?at=2001-01-01T00:00:00Z`, 404, 'instant-unknown'],
    ] as const) {
      const answer = await server.app.inject({ url });
      assert.deepEqual([answer.statusCode, answer.json().code], [status, code], url);
    }
  });
});
