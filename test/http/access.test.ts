import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Engine } from '../../src/app/engine.ts';
import { settledCli } from '../cli/harness.ts';
import { json, programs, served, tokenOf } from './harness.ts';

const inject = async (app: FastifyInstance, url: string, headers: Record<string, string> = {}) => {
  const { statusCode, headers: sent, body } = await app.inject({ url, headers });
  return { status: statusCode, headers: sent, body, code: statusCode < 400 ? null : JSON.parse(body).code };
};
const events = '/v1/programs/acme/events';
const fact = {
  kind: 'delegate',
  key: 'a',
  time: '2025-01-06T00:00:00Z',
  account: 'dora',
  validator: 'v1',
  amount: '5',
};
const pause = { kind: 'pause', key: 'p', time: '2025-01-06T00:00:00Z', reason: 'audit' };

async function post(app: FastifyInstance, lines: readonly object[], headers: Record<string, string>, query = '') {
  const payload = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const type = { 'content-type': 'application/x-ndjson' };
  const answer = await app.inject({ method: 'POST', url: events + query, payload, headers: { ...headers, ...type } });
  return { status: answer.statusCode, ...answer.json() };
}

describe('test/http/access', () => {
  it('is open to this machine until there is a token, and from the next request on lets nobody in without', async () => {
    await using server = await programs['stake-time']();
    const { app } = server;
    assert.deepEqual(await json(app, '/v1/session'), { tokens_needed: false, role: 'operator', token: null });
    assert.equal((await inject(app, '/v1/programs', { host: 'evil.example' })).code, 'host-refused');
    assert.equal((await inject(app, '/v1/session', { host: 'evil.example' })).code, 'host-refused');
    for (const site of ['cross-site', 'same-site']) {
      const asked = await inject(app, '/v1/programs', { 'sec-fetch-site': site });
      assert.deepEqual([asked.status, asked.code], [403, 'site-refused'], site);
    }
    assert.equal((await inject(app, '/v1/programs', { 'sec-fetch-site': 'same-origin' })).status, 200);
    const { headers } = await tokenOf(server, 'reader');
    const refused = await inject(app, '/v1/programs');
    assert.deepEqual([refused.status, refused.code], [401, 'token-missing']);
    assert.equal(refused.headers['www-authenticate'], 'Bearer realm="prorata"');
    assert.equal((await inject(app, '/v1/programs', headers)).status, 200);
    // Whoever has a token may ask by any name: a page of somebody else has none.
    assert.equal((await inject(app, '/v1/programs', { ...headers, host: 'rewards.example' })).status, 200);
  });

  it('says who asks, and refuses what is no good token in one way', async () => {
    const now = Date.UTC(2025, 5, 1);
    await using server = await programs['stake-time']();
    const { app, cli } = server;
    const expiresAt = now + 1000;
    const good = await tokenOf(server, 'ingester', { name: 'follower', expiresAt });
    assert.deepEqual(await json(app, '/v1/session'), { tokens_needed: true, role: null, token: null });
    const session = JSON.parse((await inject(app, '/v1/session', good.headers)).body);
    assert.deepEqual(session, {
      tokens_needed: true,
      role: 'ingester',
      token: { id: good.id, name: 'follower', expires_at: '2025-06-01T00:00:01Z' },
    });
    const expired = await tokenOf(server, 'operator', { expiresAt: now });
    const revoked = await tokenOf(server, 'operator');
    await cli.ok(`token revoke ${revoked.id}`);
    const answers = new Set<string>();
    for (const authorization of [
      ...[`Bearer ${good.token.slice(0, -1)}`, `Bearer ${good.token}0`, `Bearer ${good.token.slice(0, -1)}g`],
      ...[`Bearer prorata_${'0'.repeat(12)}_${'0'.repeat(64)}`, 'Bearer', 'Bearer ', '', good.token],
      ...[`Basic ${Buffer.from(`x:${good.token}`).toString('base64')}`, `Bearer ${good.token} ${good.token}`],
      ...[expired.headers.authorization, revoked.headers.authorization, "Bearer ' OR 1=1 --", 'Bearer \u00ff'],
    ]) {
      for (const url of ['/v1/programs', '/v1/session', '/metrics']) {
        const { status, headers, body, code } = await inject(app, url, { authorization });
        assert.deepEqual([status, code], [401, 'token-unknown'], `${url} ${authorization}`);
        assert.equal(headers['www-authenticate'], 'Bearer realm="prorata", error="invalid_token"');
        answers.add(JSON.stringify({ ...JSON.parse(body), request_id: '' }));
      }
    }
    assert.equal(answers.size, 1);
    const lower = { authorization: `bearer  ${good.token} ` };
    assert.equal((await inject(app, '/v1/session', lower)).status, 200, 'the scheme has no case');
  });

  it('stays shut for good: revoked tokens open nothing, neither now nor after a new start', async (t) => {
    await using server = await programs['stake-time']();
    const { app, cli } = server;
    const { id, headers } = await tokenOf(server, 'operator');
    assert.equal((await inject(app, '/v1/programs', headers)).status, 200);
    await cli.ok(`token revoke ${id}`);
    assert.equal((await inject(app, '/v1/programs', headers)).code, 'token-unknown', 'from the next request on');
    assert.equal((await inject(app, '/v1/programs')).code, 'token-missing');
    // Even if somebody takes the table away from under it.
    const gone = t.mock.method(Engine.prototype, 'hasTokens', async () => false);
    assert.equal((await inject(app, '/v1/programs')).code, 'token-missing');
    gone.mock.restore();
    await using next = await served(cli, 'acme');
    assert.equal((await inject(next.app, '/v1/programs')).code, 'token-missing');
    assert.deepEqual(await json(next.app, '/healthz'), { status: 'ok' });
    assert.deepEqual(await json(next.app, '/readyz'), { status: 'ready' });
  });

  it('lets an ingester append facts and nothing else, an operator any event', async () => {
    await using server = await programs['stake-time']();
    const { app, cli } = server;
    const [reader, ingester, operator] = [
      (await tokenOf(server, 'reader')).headers,
      (await tokenOf(server, 'ingester')).headers,
      (await tokenOf(server, 'operator')).headers,
    ];
    const before = await cli.state();
    assert.deepEqual((await post(app, [fact], reader)).code, 'role-insufficient');
    for (const [lines, query] of [[[fact, pause]], [[pause]], [[fact], '?allow_future=true']] as const) {
      const { status, code, detail } = await post(app, lines, ingester, query);
      assert.deepEqual([status, code], [403, 'role-insufficient']);
      assert.match(detail, query === undefined ? /^Line \d, kind pause, / : /^allow_future /);
    }
    assert.equal(await cli.state(), before, 'nothing of it was taken');
    assert.equal((await post(app, [fact], ingester, '?dry_run=true')).status, 200);
    assert.equal(await cli.state(), before);
    assert.equal((await post(app, [fact], ingester)).recorded, 1);
    assert.equal((await post(app, [fact, pause], operator)).recorded, 1);
    assert.equal((await inject(app, events, ingester)).code, 'role-insufficient');
    assert.equal((await inject(app, '/v1/programs/acme/invariants', reader)).code, 'role-insufficient');
    assert.equal((await inject(app, '/v1/programs/acme/invariants', operator)).status, 200);
  });

  it('ends the stream of a token that was revoked', async () => {
    await using server = await programs['stake-time']();
    const { app, cli } = server;
    const { id, headers } = await tokenOf(server, 'reader');
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const stream = await fetch(`${url}/v1/programs/acme/stream`, { headers });
    const reader = stream.body!.getReader();
    assert.match(Buffer.from((await reader.read()).value!).toString(), /event: hello/);
    await cli.ok(`token revoke ${id}`);
    assert.equal((await reader.read()).done, true);
    assert.equal((await fetch(`${url}/v1/programs/acme/stream`, { headers })).status, 401);
  });

  it('counts requests by token, else by address, and failures apart', async () => {
    await using server = await served(await settledCli(), 'acme', { rateLimit: 5 });
    const { app } = server;
    const times = async (count: number, url: string, headers = {}) => {
      const codes: (string | number)[] = [];
      for (let n = 0; n < count; n += 1) {
        const { status, code } = await inject(app, url, headers);
        codes.push(code ?? status);
      }
      return codes;
    };
    const passed = Array(5).fill(200);
    assert.deepEqual(await times(6, '/v1/programs'), [...passed, 'rate-limited'], 'open, and asked to count');
    const [one, other] = [(await tokenOf(server, 'reader')).headers, (await tokenOf(server, 'reader')).headers];
    assert.deepEqual(await times(6, '/v1/programs', one), [...passed, 'rate-limited']);
    assert.deepEqual(await times(6, '/v1/programs', other), [...passed, 'rate-limited'], 'another has its own');
    const { status, headers, body } = await inject(app, '/v1/programs', other);
    assert.equal(status, 429);
    assert.match(String(headers['retry-after']), /^([1-9]|[1-5]\d|60)$/);
    assert.deepEqual(JSON.parse(body).facts, { most: '5', seconds: String(headers['retry-after']) });
    assert.deepEqual(await times(9, '/healthz'), Array(9).fill(200), 'whoever looks after it is not counted');
    const guesses = await times(70, '/v1/programs', { authorization: 'Bearer guess' });
    assert.deepEqual(guesses, [...Array(60).fill('token-unknown'), ...Array(10).fill('rate-limited')]);
    const third = (await tokenOf(server, 'reader')).headers;
    assert.deepEqual(await times(1, '/v1/programs', third), [200], 'who has a token is not kept out by who guesses');
  });

  it('counts nobody where there are no tokens, or with 0', async () => {
    await using open = await programs['stake-time']();
    await using free = await served(await settledCli(), 'acme', { rateLimit: 0 });
    const { headers } = await tokenOf(free, 'reader');
    for (let n = 0; n < 1300; n += 1) {
      assert.equal((await inject(open.app, '/v1/session')).status, 200);
      assert.equal((await inject(free.app, '/v1/session', headers)).status, 200);
    }
  });

  it('never tells a token: not in logs, problems, figures or answers', async () => {
    await using server = await programs['stake-time']();
    const { app, log } = server;
    const { token, headers, id } = await tokenOf(server, 'operator', { name: 'the one' });
    const secret = token.slice(-64);
    const bodies: string[] = [];
    for (const url of [
      ...['/v1/session', '/v1/programs', '/metrics', '/openapi.json', `/${token}`, `/v1/programs/${token}`],
      ...[`/v1/programs/acme/accounts/${token}`, `/v1/programs?${token}=1`, `/v1/programs?cursor=${token}`],
      ...[`/v1/programs/acme/payouts?account=${token}`, `/v1/programs/acme/scores?at=${token}`, '/reference/json'],
    ]) {
      for (const sent of [headers, {}, { authorization: `Basic ${token}` }]) {
        const { body, headers: back } = await inject(app, url, sent);
        bodies.push(body, JSON.stringify(back));
      }
    }
    const odd = { ...fact, account: token, amount: token };
    bodies.push(JSON.stringify(await post(app, [odd], headers)));
    app.log.error({ authorization: headers.authorization }, 'what a defect may log');
    for (const text of [...bodies, ...log]) assert.ok(!text.includes(secret), text.slice(0, 300));
    const lines = log.map((line) => JSON.parse(line));
    assert.ok(
      lines.some((line) => line.token?.id === id && line.token.name === 'the one' && line.res?.statusCode === 200),
    );
  });

  it('says in the document for whom each route is', async () => {
    await using server = await programs['stake-time']();
    const { paths, components } = await json(server.app, '/openapi.json');
    assert.equal(components.securitySchemes.bearer.scheme, 'bearer');
    assert.deepEqual(paths['/healthz'].get.security, []);
    assert.deepEqual(paths['/v1/programs'].get.security, [{ bearer: ['reader', 'operator'] }]);
    assert.equal(paths['/v1/programs'].get.description, 'For reader and operator.');
    const { get, post: append } = paths['/v1/programs/{program}/events'];
    assert.deepEqual(get.security, [{ bearer: ['reader', 'operator'] }]);
    assert.deepEqual(append.security, [{ bearer: ['ingester', 'operator'] }]);
    assert.deepEqual(paths['/v1/programs/{program}/invariants'].get.security, [{ bearer: ['operator'] }]);
  });

  it('serves the reference page of its own files alone, to anybody, under a policy', async () => {
    await using server = await programs['stake-time']();
    const { app } = server;
    await tokenOf(server, 'reader');
    for (const url of ['/reference', '/reference/']) {
      const page = await app.inject({ url });
      assert.equal(page.statusCode, 200);
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self';/);
      const loaded = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map((found) => found[1]!);
      assert.ok(loaded.length >= 5);
      for (const file of loaded) {
        const { pathname, origin } = new URL(file, 'http://here/reference/');
        assert.equal(origin, 'http://here');
        assert.equal((await app.inject({ url: pathname })).statusCode, 200, file);
      }
    }
    const { paths } = await json(app, '/reference/json');
    assert.deepEqual(paths, (await json(app, '/openapi.json')).paths);
    assert.equal((await inject(app, '/reference/static/..%2f..%2fpackage.json')).status, 404);
  });
});
