import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, programs, type Served } from './harness.ts';

const explained = (server: Served, account: string, period: number): Promise<any> =>
  json(server.app, `/v1/programs/${server.program}/accounts/${account}/explanation?period=${period}`);

/** Keys of all events, by seq: what an explanation rests on must be what it says. */
async function keysOf({ app, program }: Served): Promise<(seq: number | null) => string | null> {
  const { items } = await json(app, `/v1/programs/${program}/events?limit=1000`);
  const keys = new Map<number, string>(items.map(({ seq, key }: any) => [seq, key]));
  return (seq) => (seq === null ? null : keys.get(seq)!);
}

describe('test/http/explained-events', () => {
  it('of stakes: the event that made the stake, or changed its worth', async () => {
    await using server = await programs['stake-time']();
    const keyOf = await keysOf(server);
    const eventsIn = async (account: string, period: number): Promise<unknown[]> =>
      (await explained(server, account, period)).intervals.map(({ validator, from, event }: any) => [
        ...[validator, from, keyOf(event)],
      ]);
    assert.deepEqual(await eventsIn('alice', 1), [['v1', '2025-01-01T00:00:00Z', 'd1']]);
    assert.deepEqual(await eventsIn('alice', 2), [
      ['v1', '2025-01-02T00:00:00Z', 'd1'],
      ['v2', '2025-01-02T06:00:00Z', 'd4'],
      ['v1', '2025-01-02T12:00:00Z', 's1'],
    ]);
    assert.deepEqual(await eventsIn('alice', 3), [
      ['v1', '2025-01-03T00:00:00Z', 's1'],
      ['v2', '2025-01-03T00:00:00Z', 'd4'],
    ]);
    assert.deepEqual(
      (await eventsIn('bob', 3)).map((one) => (one as unknown[])[2]),
      ['d2', 'u1'],
    );
  });

  it('of a market: the fact that began a stretch, the own one before those of others', async () => {
    await using server = await programs.crown();
    const keyOf = await keysOf(server);
    const of = async (account: string): Promise<unknown[]> => {
      const { explained: lanes } = await explained(server, account, 1);
      const { stretches } = lanes.find(({ lane }: any) => lane === 'btc-tao');
      return stretches.map(({ from, failed, event }: any) => [from.slice(14, 16), failed, keyOf(event)]);
    };
    assert.deepEqual(await of('alice'), [
      ['00', null, null],
      ['10', null, 'r2'],
      ['20', null, 'b1'],
      ['30', null, 'b2'],
    ]);
    assert.deepEqual(await of('bob'), [
      ['00', 'no-quote', null],
      ['10', null, 'r2'],
      ['20', 'busy', 'b1'],
      ['30', null, 'b2'],
    ]);
    assert.deepEqual((await of('carol')).slice(0, 2), [
      ['00', 'no-quote', null],
      ['10', 'outbid', 'r3'],
    ]);
  });

  it('of contributions: the event of each contribution and edge', async () => {
    await using server = await programs.cred();
    const { app, program } = server;
    const { items } = await json(app, `/v1/programs/${program}/events?limit=1000`);
    const seqs = new Map(items.flatMap(({ seq, node, edge }: any) => [[node ?? edge, seq]]));
    const { contributions, edges } = await explained(server, 'ada', 1);
    assert.ok(contributions.length > 0 && edges.length > 0);
    for (const { address, event } of contributions) assert.equal(event, seqs.get(address), address);
    for (const { edge, event } of edges) assert.equal(event, edge === null ? null : seqs.get(edge), edge);
    assert.ok(edges.some(({ event }: any) => event !== null));
  });
});
