import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { credKinds, credTimeline, kindOf } from '../../src/app/cred/breakdown.ts';
import { credPersons, explainCredPerson } from '../../src/app/cred/read.ts';
import { Engine } from '../../src/app/engine.ts';
import { sum } from '../../src/core/money/sum.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, day, edge, idOf, node, story, sunday, week } from './cred-small.ts';

async function settled(scoring: Record<string, unknown> = {}): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram({ scoring }));
  await engine.ingest('grain', [
    ...story(),
    node('chat/message/1', sunday + day),
    edge('chat/wrote/1', 'chat/message/1', 'forum/user/ada', sunday + day),
    node('wiki', sunday + 2 * day),
    edge('wiki/wrote/1', 'wiki', 'forum/user/ada', sunday + 2 * day, { backward: '0.1' }),
    edge('chat/thanks/1', 'forum/user/bo', 'forum/user/ada', sunday + 3 * day),
    {
      kind: 'attribution',
      key: 'to bo',
      time: sunday * 1000,
      from: idOf('ada'),
      to: idOf('bo'),
      part: '0.25',
    },
  ]);
  await engine.advance('grain', { to: (sunday + 2 * week) * 1000 });
  return engine;
}

describe('test/app/cred-breakdown', () => {
  it('divides the scores of everybody and of each person to the unit, by kind and over time', async () => {
    for (const interval of ['weeks', 'days', 'periods']) {
      const engine = await settled({ interval });
      for (const period of [1, 2, 3]) {
        const view = await engine.credView('grain', { period });
        const persons = credPersons(view);
        for (const whom of [undefined, ...persons.map(({ id }) => id)]) {
          const these = persons.filter(({ id }) => whom === undefined || id === whom);
          const kinds = credKinds(view, whom);
          assert.equal(sum(kinds.map(({ score }) => score)), sum(these.map(({ score }) => score)));
          assert.equal(sum(kinds.map(({ lifetime }) => lifetime)), sum(these.map(({ lifetime }) => lifetime)));
          for (const by of ['interval', 'period'] as const) {
            const rows = credTimeline(view, { ...(whom === undefined ? {} : { whom }), by });
            assert.equal(sum(rows.map(({ score }) => score)), sum(these.map(({ lifetime }) => lifetime)));
            const now = rows.filter((row) => row.period === period);
            assert.equal(sum(now.map(({ score }) => score)), sum(these.map(({ score }) => score)));
            for (const [nth, row] of rows.entries()) {
              assert.equal(sum(row.kinds.map(({ score }) => score)), row.score);
              assert.ok(nth === 0 || row.start === rows[nth - 1]!.end);
              assert.ok(row.kinds.every(({ score }) => score > 0n));
            }
            if (by === 'period')
              assert.deepEqual(
                rows.map((row) => row.period),
                [1, 2, 3].slice(0, period),
              );
            for (const { source, kind, lifetime } of kinds) {
              const same = rows.flatMap((row) => row.kinds.filter((one) => one.source === source && one.kind === kind));
              assert.equal(sum(same.map(({ score }) => score)), lifetime);
            }
          }
        }
      }
      await engine.close();
    }
  });

  it('tells sources and kinds apart as the explanation of a person does', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { period: 1, named: true });
    const kinds = credKinds(view);
    assert.deepEqual(
      new Set(kinds.map(({ source, kind, contributions }) => `${source} ${kind} ${contributions}`)),
      new Set(['forum post 2', 'chat message 1', 'wiki null 1', 'people null 0']),
    );
    const own = credKinds(view, '@ada');
    const { sources } = explainCredPerson(view, 'ada');
    for (const { source, score } of sources) {
      const mine = sum(own.filter((one) => one.source === source).map((one) => one.score));
      const apart = mine - score;
      assert.ok(apart >= -5n && apart <= 5n, `${source}: ${mine} and ${score}`);
    }
    assert.equal(sources.length, 4);
    assert.throws(() => credKinds(view, 'nobody'), { code: 'account-unknown' });
    assert.throws(() => credTimeline(view, { whom: 'nobody', by: 'period' }), { code: 'account-unknown' });
    await engine.close();
  });

  it('knows what a contribution is from its address', () => {
    assert.deepEqual(kindOf('git/commit/1f'), { source: 'git', kind: 'commit' });
    assert.deepEqual(kindOf('sourcecred/discourse/topic/7'), { source: 'sourcecred/discourse', kind: 'topic' });
    assert.deepEqual(kindOf('sourcecred/discourse'), { source: 'sourcecred/discourse', kind: null });
    assert.deepEqual(kindOf('chat/17'), { source: 'chat', kind: null });
    assert.deepEqual(kindOf('alone'), { source: 'alone', kind: null });
    assert.deepEqual(kindOf('dependency-bonus/0/x'), { source: 'dependency-bonus', kind: null });
  });

  it('tells forty kinds apart, and gives the sum of the rest', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    await engine.ingest('grain', [
      ...story(),
      ...Array.from({ length: 60 }, (_, i) => [
        node(`place${i}/thing/1`, sunday + day, { weight: `${i + 1}` }),
        edge(`place${i}/wrote/1`, `place${i}/thing/1`, 'forum/user/ada', sunday + day),
      ]).flat(),
    ]);
    const view = await engine.credView('grain', { period: 1 });
    const kinds = credKinds(view);
    // Nothing came from people, who are left out then.
    assert.equal(kinds.length, 41);
    assert.ok(!kinds.some(({ source }) => source === 'people'));
    const rest = kinds.find(({ source }) => source === null)!;
    // Twenty places that mint least, and two posts.
    assert.equal(rest.contributions, 22);
    assert.ok(rest.lifetime > 0n);
    assert.ok(kinds.some(({ source }) => source === 'place59') && !kinds.some(({ source }) => source === 'place0'));
    const persons = credPersons(view);
    assert.equal(sum(kinds.map(({ score }) => score)), sum(persons.map(({ score }) => score)));
    await engine.close();
  });

  it('has nothing to divide where there is no cred at all', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    await engine.ingest('grain', story().slice(0, 4));
    const view = await engine.credView('grain');
    assert.deepEqual([credKinds(view), credTimeline(view, { by: 'interval' })], [[], []]);
    await engine.close();
  });
});
