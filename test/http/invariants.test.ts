import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, programs } from './harness.ts';

describe('test/http/invariants', () => {
  it('remembers what the newest run found, and says when the books have changed since', async () => {
    await using server = await programs['stake-time']();
    const path = '/v1/programs/acme/invariants';
    assert.deepEqual(await json(server.app, `${path}/last`), { program: 'acme', last: null });
    const { holds, findings } = await json(server.app, path);
    const { events } = await json(server.app, '/v1/programs/acme');
    const { last } = await json(server.app, `${path}/last`);
    assert.equal(typeof last.ms, 'number');
    assert.deepEqual(
      { ...last, ms: 0 },
      { ran_at: '2025-06-01T00:00:00Z', ms: 0, events, stale: false, holds, findings },
    );
    const payload = { kind: 'delegate', key: 'late', time: '2025-05-30T00:00:00Z', account: 'zoe', validator: 'v1', amount: '5' }; // prettier-ignore
    const answer = await server.app.inject({ method: 'POST', url: '/v1/programs/acme/events', payload: [payload] });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.deepEqual((await json(server.app, `${path}/last`)).last, { ...last, stale: true });
  });

  it('knows of no run of a program that is none', async () => {
    await using server = await programs['stake-time']();
    const answer = await server.app.inject({ url: '/v1/programs/nobody/invariants/last' });
    assert.deepEqual([answer.statusCode, answer.json().code], [404, 'program-unknown']);
  });
});
