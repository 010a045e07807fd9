import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { json, programs } from './harness.ts';

describe('test/http/ledger', () => {
  it('gives postings of one reason, of a period and an account too', async () => {
    for (const model of ['stake-time', 'crown', 'cred'] as const) {
      await using server = await programs[model]();
      const path = `/v1/programs/${server.program}/postings?limit=1000`;
      const { items: all } = await json(server.app, path);
      const reasons = new Set<string>(all.map((row: any) => row.reason));
      assert.ok(reasons.has('payout') && reasons.size > 1);
      for (const reason of [...reasons, 'reversal']) {
        const { items } = await json(server.app, `${path}&reason=${reason}`);
        assert.deepEqual(items, all.filter((row: any) => row.reason === reason), reason); // prettier-ignore
        const ofPeriod = await json(server.app, `${path}&reason=${reason}&period=1`);
        assert.deepEqual(ofPeriod.items, items.filter((row: any) => row.period === 1), reason); // prettier-ignore
      }
      const wrong = await server.app.inject({ url: `${path}&reason=theft` });
      assert.deepEqual([wrong.statusCode, wrong.json().code], [400, 'request-invalid']);
    }
  });

  it('reads who is called what once for each state of the log, and not for events of everybody', async (context) => {
    await using server = await programs.cred();
    const { mock: people } = context.mock.method(Engine.prototype, 'people');
    const readsOf = async (list: string): Promise<number> => {
      people.resetCalls();
      const { items } = await json(server.app, `/v1/programs/grain/${list}`);
      assert.ok(items.length > 0, list);
      return people.callCount();
    };
    assert.equal(await readsOf('events'), 0);
    assert.equal(await readsOf('payouts?account=ada'), 1);
    for (const list of ['payouts', 'postings', 'postings?account=ada']) assert.equal(await readsOf(list), 0, list);
    await server.cli.ok('people rename ada adele');
    assert.equal(await readsOf('payouts?account=adele'), 1);
  });

  it('gives postings and events the newest first, page by page down to the first', async () => {
    await using server = await programs['stake-time']();
    for (const [list, id] of [
      ['postings', 'id'],
      ['events', 'seq'],
      ['postings?account=alice', 'id'],
      ['events?account=alice', 'seq'],
      ['postings?period=1', 'id'],
      ['postings?reason=payout&period=1', 'id'],
    ] as const) {
      const path = `/v1/programs/acme/${list}${list.includes('?') ? '&' : '?'}`;
      const { items: ascending } = await json(server.app, path);
      assert.ok(ascending.length > 1, list);
      const rows: any[] = [];
      for (let next: string | null = null, first = true; first || next !== null; first = false) {
        const page: any = await json(server.app, `${path}newest=true&limit=1${next === null ? '' : `&cursor=${next}`}`);
        rows.push(...page.items);
        ({ next } = page);
        if (next !== null) assert.equal(next, String(page.items.at(-1)[id]), list);
      }
      assert.deepEqual(rows, ascending.toReversed(), list);
    }
  });
});
