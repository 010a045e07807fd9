import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CredNeighbours, credNeighbourhood } from '../../src/app/cred/neighbourhood.ts';
import { credContributions, credPersons, explainCredContribution } from '../../src/app/cred/read.ts';
import { Engine } from '../../src/app/engine.ts';
import { sum } from '../../src/core/money/sum.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, day, edge, idOf, story, sunday, week } from './cred-small.ts';

async function settled(): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram());
  await engine.ingest('grain', [
    ...story(),
    edge('forum/likes/1', 'forum/user/bo', 'forum/post/1', sunday + 2 * day, { backward: '0.5' }),
    edge('forum/edits/1', 'forum/post/1', 'forum/user/ada', sunday + 3 * day),
    { kind: 'attribution', key: 'to bo', time: sunday * 1000, from: idOf('ada'), to: idOf('bo'), part: '0.25' },
  ]);
  await engine.advance('grain', { to: (sunday + 2 * week) * 1000 });
  return engine;
}

const flowOf = ({ shown, more }: CredNeighbours): bigint => sum(shown.map(({ flow }) => flow)) + more.flow;

describe('test/app/cred-neighbourhood', () => {
  it('balances around every contribution and person, and neighbours agree on what goes between them', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { period: 2, named: true });
    const places = [
      ...credContributions(view, { limit: 100, ofPeriod: false }).map(({ address }) => ({ address })),
      ...credPersons(view).map(({ id }) => ({ person: id })),
    ];
    const around = new Map(
      places.map((asked) => {
        const found = credNeighbourhood(view, asked, 100);
        return [`${found.place.is} ${found.place.id}`, found];
      }),
    );
    for (const found of around.values()) {
      const { place, passed, minted, kept, returned, incoming, outgoing, inRemainder, outRemainder } = found;
      assert.equal(minted + flowOf(incoming) + inRemainder, passed);
      assert.equal(kept + flowOf(outgoing) + returned + outRemainder, passed);
      for (const rest of [inRemainder, outRemainder]) assert.ok(rest >= -1n && rest <= 8n, `${place.id} ${rest}`);
      for (const one of outgoing.shown) {
        const other = around.get(`${one.is} ${one.id}`)!;
        assert.equal(one.cred, other.place.cred);
        const back = other.incoming.shown.find(({ is, id }) => is === place.is && id === place.id)!;
        assert.equal(back.flow, one.flow, `${place.id} to ${one.id}`);
      }
    }
    const persons = credPersons(view);
    for (const { id, name, lifetime } of persons) {
      const { place, kept } = around.get(`person ${id}`)!;
      assert.deepEqual([place.name, place.cred, kept], [name, lifetime, lifetime]);
    }
    await engine.close();
  });

  it('sums all edges to a neighbour, and says which of them carries the most', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { period: 2, named: true });
    const { place, outgoing } = credNeighbourhood(view, { address: 'forum/post/1' }, 10);
    assert.deepEqual([place.source, place.kind, place.time], ['forum', 'post', (sunday + day) * 1000]);
    const ada = outgoing.shown.find(({ name }) => name === 'ada')!;
    const over = explainCredContribution(view, 'forum/post/1').outgoing.filter(({ other }) => other === ada.id);
    assert.deepEqual([ada.edges, ada.edge, ada.direction], [2, over[0]!.edge, 'forward']);
    // Rounded down once, not edge by edge.
    const left = ada.flow - sum(over.map(({ cred }) => cred));
    assert.ok(left === 0n || left === 1n, `${left}`);
    const bo = credNeighbourhood(view, { person: '@bo' }, 10).incoming.shown.find(({ name }) => name === 'ada')!;
    assert.deepEqual([bo.is, bo.edges, bo.edge], ['person', 0, null]);
    assert.ok(bo.flow > 0n);
    await engine.close();
  });

  it('shows the largest neighbours, and how many more there are with how much', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { period: 2, named: true });
    const all = credNeighbourhood(view, { person: 'bo' }, 100);
    const few = credNeighbourhood(view, { person: 'bo' }, 1);
    assert.ok(all.incoming.shown.length > 2);
    assert.deepEqual(few.incoming.shown, all.incoming.shown.slice(0, 1));
    assert.deepEqual(few.incoming.more, {
      count: all.incoming.shown.length - 1,
      flow: sum(all.incoming.shown.slice(1).map(({ flow }) => flow)),
    });
    assert.deepEqual([all.incoming.more, few.inRemainder], [{ count: 0, flow: 0n }, all.inRemainder]);
    await engine.close();
  });

  it('knows nobody and nothing that is not there', async () => {
    const engine = await settled();
    const view = await engine.credView('grain', { named: true });
    const unknown = { code: 'cred-contribution-unknown' };
    assert.throws(() => credNeighbourhood(view, { address: 'forum/post/9' }, 10), unknown);
    assert.throws(() => credNeighbourhood(view, { person: 'nobody' }, 10), { code: 'account-unknown' });
    await engine.close();
    const empty = new Engine(openMemoryStore());
    await empty.createProgram(credProgram());
    await empty.ingest('grain', story().slice(0, 4));
    const nothing = await empty.credView('grain', { named: true });
    assert.throws(() => credNeighbourhood(nothing, { address: 'forum/post/1' }, 10), unknown);
    const { passed, kept, incoming } = credNeighbourhood(nothing, { person: 'ada' }, 10);
    assert.deepEqual([passed, kept, incoming.shown], [0n, 0n, []]);
    await empty.close();
  });
});
