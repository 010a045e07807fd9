import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { credPersons } from '../../src/app/cred/read.ts';
import { Engine } from '../../src/app/engine.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, day, edge, node, story, sunday, week } from './cred-small.ts';

const at = (weeks: number): number => (sunday + weeks * week) * 1000;

/** `computed` counts how often scores were computed. */
async function counted(weeks: number, rules: Parameters<typeof credProgram>[0] = {}) {
  const engine = new Engine(openMemoryStore());
  await engine.createProgram(credProgram(rules));
  await engine.ingest('grain', story());
  await engine.advance('grain', { to: at(weeks) });
  let computed = 0;
  const view = (period: number | 'running', more: object = {}) =>
    engine.credView('grain', {
      period,
      within: async (work) => {
        computed += 1;
        return work();
      },
      ...more,
    });
  return { engine, view, computed: () => computed };
}

describe('test/app/cred-views', () => {
  it('computes once for all who ask for one period, also at the same time', async () => {
    const { engine, view, computed } = await counted(2);
    const [first, second] = await Promise.all([view(1, { named: true }), view(1, { named: true }), view(1)]);
    assert.equal(first.closing, second.closing);
    assert.equal((await view(1)).closing, first.closing);
    assert.equal(computed(), 1);
    await view(2);
    assert.equal(computed(), 2);
    // Names were not read for this one.
    await view(2, { named: true });
    assert.equal(computed(), 3);
    await view(2);
    assert.equal(computed(), 3);
    await engine.close();
  });

  it('computes anew what changed: the period that runs after an event, a settled one never', async () => {
    const { engine, view, computed } = await counted(1);
    const [settled, running] = [await view(1), await view('running')];
    assert.deepEqual([settled.status, running.status, computed()], ['settled', 'running', 2]);
    await engine.ingest('grain', [
      node('forum/post/9', sunday + week + 2 * day),
      edge('forum/wrote/9', 'forum/post/9', 'forum/user/ada', sunday + week + 2 * day),
    ]);
    assert.equal((await view(1)).closing, settled.closing);
    const later = await view('running');
    assert.equal(computed(), 3);
    const scoreOf = (one: typeof later): bigint => credPersons(one).find(({ name }) => name === 'ada')!.score;
    assert.ok(scoreOf(later) > scoreOf(running));
    const fresh = new Engine(openMemoryStore());
    await fresh.import(await exported(engine));
    assert.deepEqual(credPersons(await fresh.credView('grain', { period: 'running' })), credPersons(later));
    // What ran is settled now: by the same scores, and with its record.
    await engine.advance('grain', { to: at(2) });
    const paid = await view(2);
    assert.deepEqual([paid.status, paid.record?.status], ['settled', 'settled']);
    assert.equal(paid.closing === later.closing, false);
    for (const one of [engine, fresh]) await one.close();
  });

  it('gives an open window with its record as it is after each step', async () => {
    const { engine, view, computed } = await counted(0, { batchSize: 1 });
    const seen: (string | undefined)[] = [];
    for (let steps = 0; steps < 8; steps += 1) {
      await engine.step('grain', at(1));
      const { status, record, period } = await view(1);
      seen.push(`${period} ${status} ${record?.status}`);
      const [now] = await engine.periods('grain');
      assert.deepEqual(record, now);
    }
    assert.deepEqual([...new Set(seen)], ['1 open open', '1 settled settled']);
    assert.equal(computed(), 2, 'its scores do not change with its steps');
    await engine.close();
  });

  it('keeps the last four', async () => {
    const { engine, view, computed } = await counted(6);
    for (const period of [1, 2, 3, 4]) await view(period);
    await view(1);
    assert.equal(computed(), 4);
    await view(5);
    await view(1);
    await view(3);
    assert.equal(computed(), 5);
    await view(2);
    assert.equal(computed(), 6);
    await engine.close();
  });

  it('ends when the last who asked gives up, and not before', async () => {
    const { engine, view, computed } = await counted(1);
    const [one, other] = [new AbortController(), new AbortController()];
    const first = view(1, { signal: one.signal, onProgress: () => one.abort(new Error('one')) });
    const second = view(1, { signal: other.signal });
    await assert.rejects(first, { message: 'one' });
    const { closing } = await second;
    assert.equal(computed(), 1);
    const third = view('running', { signal: other.signal, onProgress: () => other.abort(new Error('other')) });
    await assert.rejects(third, { message: 'other' });
    await assert.rejects(view(1, { signal: other.signal }), { message: 'other' });
    assert.equal((await view(1)).closing, closing);
    assert.equal((await view('running')).status, 'running');
    assert.equal(computed(), 3);
    await engine.close();
  });

  it('keeps nothing of a computation that failed', async () => {
    const { engine, view } = await counted(1);
    const refused = view(1, {
      within: async () => {
        throw new Error('busy');
      },
    });
    await assert.rejects(refused, { message: 'busy' });
    assert.equal((await view(1)).period, 1);
    await assert.rejects(view(7), { code: 'period-unknown' });
    await engine.close();
  });
});

async function exported(engine: Engine): Promise<string[]> {
  let text = '';
  await engine.export((part) => void (text += part));
  return text.trimEnd().split('\n');
}
