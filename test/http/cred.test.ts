import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, programs } from './harness.ts';

const base = '/v1/programs/grain/cred';
const total = (rows: readonly any[], name = 'score'): bigint => rows.reduce((sum, row) => sum + BigInt(row[name]), 0n);

describe('test/http/cred', () => {
  it('divides by source and over time exactly what people have', async () => {
    await using server = await programs.cred();
    const { app } = server;
    for (const period of [1, 2]) {
      const { items: people, factor } = await json(app, `${base}/persons?period=${period}`);
      for (const person of [null, ...people]) {
        const whom = person === null ? '' : `&person=${person.name}`;
        const these = person === null ? people : [person];
        const { sources, score, lifetime, ...about } = await json(app, `${base}/sources?period=${period}${whom}`);
        assert.equal(BigInt(score), total(these));
        assert.equal(BigInt(lifetime), total(these, 'lifetime'));
        assert.deepEqual([about.period, about.factor], [period, factor]);
        assert.deepEqual([total(sources), total(sources, 'lifetime')], [BigInt(score), BigInt(lifetime)]);
        for (const one of sources) {
          assert.deepEqual([total(one.kinds), total(one.kinds, 'lifetime')], [BigInt(one.score), BigInt(one.lifetime)]);
        }
        for (const by of ['interval', 'period']) {
          const { items } = await json(app, `${base}/timeline?period=${period}&by=${by}${whom}`);
          assert.equal(total(items), BigInt(lifetime));
          assert.equal(total(items.filter((row: any) => row.period === period)), BigInt(score));
          for (const { kinds, score: sum } of items) assert.equal(total(kinds), BigInt(sum));
        }
      }
    }
    const wrong = await app.inject({ url: `${base}/timeline?by=year` });
    assert.deepEqual([wrong.statusCode, wrong.json().facts.field], [400, 'by']);
    const nobody = await app.inject({ url: `${base}/sources?person=nobody` });
    assert.deepEqual([nobody.statusCode, nobody.json().code], [404, 'account-unknown']);
  });

  it('walks from neighbour to neighbour through the whole graph, in balance everywhere', async () => {
    await using server = await programs.cred();
    const { app } = server;
    const { items: people } = await json(app, `${base}/persons`);
    const { items: contributions } = await json(app, `${base}/contributions?limit=1000`);
    const addressOf = ({ is, id }: any): string =>
      is === 'person' ? `${base}/persons/${id}/neighbourhood?limit=2` : `${base}/neighbourhood?address=${id}&limit=2`;
    const seen = new Map<string, any>();
    const waiting = [addressOf({ is: 'person', id: people[0].id })];
    for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
      if (seen.has(url)) continue;
      const found = await json(app, url);
      seen.set(url, found.place);
      const { incoming, outgoing, passed } = found;
      const whole = (side: any): bigint => total(side.items, 'flow') + BigInt(side.more.flow);
      assert.equal(BigInt(found.minted) + whole(incoming) + BigInt(found.in_remainder), BigInt(passed));
      assert.equal(
        BigInt(found.kept) + whole(outgoing) + BigInt(found.returned) + BigInt(found.out_remainder),
        BigInt(passed),
      );
      for (const one of [...incoming.items, ...outgoing.items]) {
        const [numerator, denominator = '1'] = one.share.split('/');
        assert.equal(BigInt(numerator) * BigInt(passed), BigInt(one.flow) * BigInt(denominator));
        waiting.push(addressOf(one));
      }
    }
    for (const { id, name, lifetime } of people) {
      const place = seen.get(addressOf({ is: 'person', id }));
      assert.deepEqual([place.name, place.cred], [name, lifetime]);
    }
    for (const { address, cred, label, time } of contributions) {
      const place = seen.get(addressOf({ is: 'contribution', id: address }));
      assert.deepEqual([place.cred, place.label, place.time], [cred, label, time]);
    }
  });

  it('lists the contributions of one source', async () => {
    await using server = await programs.cred();
    const all = (await json(server.app, `${base}/contributions`)).items;
    const forum = (await json(server.app, `${base}/contributions?source=forum`)).items;
    assert.ok(forum.length > 0);
    assert.deepEqual(
      forum,
      all.filter(({ address }: any) => address.startsWith('forum/')),
    );
    assert.deepEqual((await json(server.app, `${base}/contributions?source=foru`)).items, []);
    const first = (await json(server.app, `${base}/contributions?search=POST/1`)).items;
    assert.deepEqual(
      first,
      all.filter(({ address }: any) => address === 'forum/post/1'),
    );
  });

  it('shows as many reasons as are asked for, and the sum of the others', async () => {
    await using server = await programs.cred();
    const { app } = server;
    const whole = await json(app, `${base}/persons/bo`);
    const few = await json(app, `${base}/persons/bo?limit=1`);
    for (const list of ['sources', 'contributions', 'edges']) {
      assert.deepEqual(few[list], whole[list].slice(0, 1));
      const rest = whole[list].slice(1);
      assert.deepEqual(few.more[list], { count: rest.length, sum: String(total(rest)) });
      assert.deepEqual(whole.more[list], { count: 0, sum: '0' });
    }
    assert.ok(whole.edges.length > 1);
    assert.equal(total(few.edges) + BigInt(few.more.edges.sum) + BigInt(few.remainder), BigInt(few.score));
    const address = 'forum/post/2';
    const [all, one] = [
      await json(app, `${base}/contribution?address=${address}`),
      await json(app, `${base}/contribution?address=${address}&limit=1`),
    ];
    for (const list of ['incoming', 'outgoing']) {
      assert.deepEqual(one[list], all[list].slice(0, 1));
      const rest = all[list].slice(1);
      assert.deepEqual(one.more[list], { count: rest.length, sum: String(total(rest, 'cred')) });
    }
    assert.ok(all.outgoing.length > 1);
  });

  it('answers several requests for one period at once, which it computes once', async () => {
    await using server = await programs.cred();
    const urls = ['persons', 'sources', 'timeline', 'contributions', 'neighbourhood?address=forum/post/1'];
    const answers = await Promise.all(urls.map((url) => server.app.inject({ url: `${base}/${url}` })));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      urls.map(() => 200),
    );
  });
});
