import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, programs, served } from './harness.ts';
import { settledCli } from '../cli/harness.ts';

const namesIn = ({ items }: { items: readonly { account?: string; name?: string }[] }): string[] =>
  items.map(({ name, account }) => (name ?? account)!);

describe('test/http/scores', () => {
  it('sorts stakes every way, searches them, and goes to any place', async () => {
    await using server = await programs['stake-time']();
    const path = '/v1/programs/acme/scores';
    const whole = await json(server.app, path);
    const by = (field: 'score' | 'staked', sign: 1 | -1): string[] =>
      namesIn({
        items: whole.items.toSorted((a: any, b: any) => {
          const [x, y] = [BigInt(a[field]), BigInt(b[field])];
          return sign * (x < y ? -1 : Number(x > y)) || (a.account < b.account ? -1 : 1);
        }),
      });
    const { events, clock } = await server.cli.json('status');
    assert.deepEqual([whole.total, whole.as_of], [whole.items.length, { seq: events, time: clock }]);
    const names = namesIn(whole);
    const expected = {
      ...{ name: names, '-name': names.toReversed(), score: by('score', 1), '-score': by('score', -1) },
      ...{ stake: by('staked', 1), '-stake': by('staked', -1) },
    };
    for (const [sort, inOrder] of Object.entries(expected)) {
      assert.deepEqual(namesIn(await json(server.app, `${path}?sort=${sort}`)), inOrder, sort);
      for (let place = 0; place < inOrder.length; place += 1) {
        const page = await json(server.app, `${path}?sort=${sort}&offset=${place}&limit=1`);
        assert.deepEqual([namesIn(page), page.total], [[inOrder[place]], names.length], `${sort} at ${place}`);
        assert.equal(page.next === null, place === inOrder.length - 1);
        if (page.next === null) continue;
        const next = await json(server.app, `${path}?sort=${sort}&cursor=${page.next}&limit=1`);
        assert.deepEqual(namesIn(next), [inOrder[place + 1]], `${sort} after ${place}`);
      }
    }
    const found = await json(server.app, `${path}?search=LI&sort=-name`);
    assert.deepEqual([namesIn(found), found.total], [names.filter((name) => name.includes('li')).toReversed(), 1]);
    const none = await json(server.app, `${path}?search=nobody`);
    assert.deepEqual([none.items, none.total, none.next], [[], 0, null]);
    const beyond = await json(server.app, `${path}?offset=99&sort=score`);
    assert.deepEqual([beyond.items, beyond.total, beyond.next], [[], names.length, null]);
    assert.deepEqual((await json(server.app, `${path}?offset=99`)).items, []);
  });

  it('says that the order is being made, and when to come again', async () => {
    await using server = await served(await settledCli(), 'acme', {
      rankings: { page: async () => null, close: async () => {} },
    });
    const url = '/v1/programs/acme/scores?sort=-score';
    const answer = await server.app.inject({ url });
    assert.deepEqual([answer.statusCode, answer.json().code], [503, 'ranking-in-work']);
    assert.equal(answer.headers['retry-after'], '1');
    // The order of names needs none.
    assert.equal((await json(server.app, '/v1/programs/acme/scores?offset=1')).items.length > 0, true);
  });

  it('refuses what cannot be answered', async () => {
    await using server = await programs['stake-time']();
    for (const query of ['sort=age', 'sort=-', 'search=', 'offset=-1', 'offset=1e3', 'offset=1&cursor=alice']) {
      const answer = await server.app.inject({ url: `/v1/programs/acme/scores?${query}` });
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'request-invalid'], query);
    }
    const cursor = await server.app.inject({ url: '/v1/programs/acme/scores?sort=score&cursor=alice' });
    assert.deepEqual([cursor.statusCode, cursor.json().code], [400, 'cursor-malformed']);
  });

  it('sorts and searches a market, and a community', async () => {
    for (const model of ['crown', 'cred'] as const) {
      await using server = await programs[model]();
      const path = `/v1/programs/${server.program}/scores?period=1`;
      const whole = await json(server.app, `${path}&sort=name`);
      const names = namesIn(whole);
      assert.deepEqual([names, whole.total], [names.toSorted(), names.length]);
      assert.ok(names.length > 1);
      const scores = (await json(server.app, `${path}&sort=-score`)).items.map(({ score }: any) => BigInt(score));
      assert.ok(
        scores.every((score: bigint, i: number) => i === 0 || score <= scores[i - 1]!),
        String(scores),
      );
      assert.deepEqual(namesIn(await json(server.app, `${path}&sort=-name`)), names.toReversed());
      const last = await json(server.app, `${path}&sort=name&offset=${names.length - 1}`);
      assert.deepEqual([namesIn(last), last.next, last.total], [[names.at(-1)], null, names.length]);
      const first = names[0]!;
      assert.deepEqual(namesIn(await json(server.app, `${path}&search=${first.toUpperCase()}`)), [first]);
      const stakes = await server.app.inject({ url: `${path}&sort=stake` });
      assert.deepEqual([stakes.statusCode, stakes.json().facts.field], [400, 'sort']);
    }
  });
});
