import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Engine } from '../../src/app/engine.ts';
import { type Role, roles } from '../../src/core/role.ts';
import { bodyBytesMax } from '../../src/http/ingest.ts';
import { json, mismatch, programs, tokenOf } from './harness.ts';
import { problem as problemSchema } from '../../src/http/schema.ts';

/** What people send who mean no good. */
const tricks = [
  'no-such-thing',
  '\u0000',
  'a\u0000b',
  '../../etc/passwd',
  '..\\..\\x',
  '%2e%2e%2f',
  "' OR 1=1 --",
  '"; DROP TABLE events; --',
  '*',
  '%',
  '_',
  '-1',
  '1e400',
  '9'.repeat(400),
  '\u202e\u2066',
  '\u{1f4a3}'.repeat(2000),
  '__proto__',
  'constructor',
];

/** Bodies that are no events of any form: cut short, of another shape, too deep, no text. */
const malformed: readonly (string | Buffer)[] = [
  ...['{', '[', '[{]', '[1]', '[[]]', '["x"]', 'null', '7', '"x"', '\u0000', '[{"kind":"\\u0000"}]', '<x/>', 'a=1&b=2'],
  ...['{"kind":"fund"}', '[{"__proto__":{"kind":"fund"}}]', '['.repeat(100_000), `[${'{"a":'.repeat(50_000)}`],
  ...[
    `[{"kind":"delegate","key":"${'k'.repeat(2_000_000)}"}]`,
    `[${'9'.repeat(1_000_000)}]`,
    "'; DROP TABLE events; --",
  ],
  ...[Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0xc0, 0x80]), Buffer.from('\ufeff{}', 'utf16le')],
];

/** A problem document with a stable code, that tells nothing of the machine. */
function assertProblem(answer: LightMyRequestResponse, folder: string, where: string): void {
  const { statusCode, headers, body } = answer;
  assert.ok(statusCode >= 400 && statusCode < 500, `${where}: ${statusCode} ${body}`);
  assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8', where);
  const problem = JSON.parse(body);
  assert.equal(mismatch(problem, problemSchema), '', where);
  assert.match(problem.code, /^[a-z]+(-[a-z]+)*$/, where);
  assert.equal(problem.status, statusCode, where);
  assert.equal(problem.request_id, headers['x-request-id'], where);
  assert.doesNotMatch(body, /\.ts\b|\bat \w+ \(|node_modules|SELECT|sqlite/i, where);
  assert.ok(!body.includes(folder), where);
}

const filled = (template: string, value: (name: string) => string): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => value(name));

/** Every route of the document with its method, its parameters, the types of bodies that it takes, and for whom it is (`null`: anybody). */
async function routesOf(app: FastifyInstance) {
  const { paths } = await json(app, '/openapi.json');
  return Object.entries<any>(paths).flatMap(([template, methods]) =>
    Object.entries<any>(methods).map(([method, { parameters = [], requestBody, security }]) => ({
      template,
      method: method.toUpperCase() as 'GET' | 'POST',
      types: Object.keys(requestBody?.content ?? {}),
      roles: (security.length === 0 ? null : security[0].bearer) as readonly Role[] | null,
      params: parameters.filter((one: any) => one.in === 'path').map((one: any) => one.name as string),
      query: parameters.filter((one: any) => one.in === 'query') as { name: string; required: boolean; schema: any }[],
    })),
  );
}

describe('test/http/abuse', () => {
  for (const model of ['stake-time', 'crown', 'cred'] as const) {
    it(`answers tricks with problems, and changes nothing, on every route of a program that scores by ${model}`, async () => {
      await using server = await programs[model]();
      const { app, cli, program, log } = server;
      const before = await cli.state();
      const routes = await routesOf(app);
      assert.ok(routes.length > 25, `${routes.length} routes`);
      let tried = 0;
      const inject = async (method: 'GET' | 'POST', url: string): Promise<LightMyRequestResponse> => {
        tried += 1;
        const body = { payload: '', headers: { 'content-type': 'application/x-ndjson' } };
        return app.inject({ method, url, ...(method === 'POST' ? body : {}) });
      };
      for (const { template, method, params, query } of routes) {
        const good = (name: string): string => ({ program, account: 'alice', person: 'ada', period: '1' })[name]!;
        const needed = query.filter(({ required }) => required).map(({ name }) => `${name}=x`);
        for (const trick of tricks) {
          const bad = encodeURIComponent(trick);
          for (const param of params) {
            // Steps of a period that is not there are none.
            const url = filled(template, (name) => (name === param ? bad : good(name)));
            assertProblem(await inject(method, `${url}?${needed.join('&')}`), cli.folder, `${method} ${url}`);
          }
          const url = filled(template, good);
          assertProblem(await inject(method, `${url}?${bad}=1`), cli.folder, `${url}?${trick}`);
          for (const { name, schema } of query) {
            const asked = [...needed.filter((one) => !one.startsWith(`${name}=`)), `${name}=${bad}`];
            const answer = await inject(method, `${url}?${asked.join('&')}`);
            // A text that is nobody's name may be asked for; what is no text of a name never.
            if (answer.statusCode === 200 && schema.type === 'string' && !trick.includes('\u0000')) continue;
            assertProblem(answer, cli.folder, `${url}?${name}=${trick}`);
          }
        }
        const twice = await inject(method, `${filled(template, good)}?limit=1&limit=2`);
        assertProblem(twice, cli.folder, `${template} twice`);
      }
      assert.ok(tried > 500, `${tried} requests`);
      assert.equal(await cli.state(), before);
      assert.deepEqual(
        log.filter((line) => JSON.parse(line).level >= 50),
        [],
      );
    });
  }

  it('lets nobody in without a good token of a role that the document names, on every route, and changes nothing', async () => {
    await using server = await programs['stake-time']();
    const { app, cli, log } = server;
    const tokens = {
      reader: await tokenOf(server, 'reader'),
      ingester: await tokenOf(server, 'ingester'),
      operator: await tokenOf(server, 'operator'),
    };
    const revoked = await tokenOf(server, 'operator');
    await cli.ok(`token revoke ${revoked.id}`);
    const expired = await tokenOf(server, 'operator', { expiresAt: Date.UTC(2025, 4, 31) });
    const before = [await cli.state(), await cli.ok('token list --json')];
    const bad = [
      ...[`Bearer ${revoked.token}`, `Bearer ${expired.token}`, `Bearer ${tokens.operator.token.slice(0, -1)}`],
      ...[`Bearer ${tokens.reader.token.slice(0, 20)}${tokens.operator.token.slice(20)}`, 'Bearer \u0000', 'Bearer'],
      ...["Bearer ' OR 1=1 --", `Basic ${tokens.operator.token}`, `Bearer ${'a'.repeat(10_000)}`],
    ];
    const routes = await routesOf(app);
    assert.ok(routes.some(({ roles: only }) => only?.includes('ingester')));
    let tried = 0;
    for (const { template, method, roles: allowed } of routes) {
      // Whatever else is wrong with a request, it is not looked at.
      const url = `${filled(template, () => 'x')}?x=1`;
      const ask = async (headers: Record<string, string>): Promise<LightMyRequestResponse> => {
        tried += 1;
        const type: Record<string, string> = method === 'POST' ? { 'content-type': 'application/x-ndjson' } : {};
        const payload = method === 'POST' ? { payload: 'x' } : {};
        // From another address each: one that guesses is soon told to wait.
        const remoteAddress = `10.0.${tried >> 8}.${tried % 256}`;
        return app.inject({ method, url, remoteAddress, headers: { ...type, ...headers }, ...payload });
      };
      if (allowed === null) {
        const { statusCode } = await ask({});
        assert.ok(![401, 403].includes(statusCode), template);
        continue;
      }
      const refused = async (headers: Record<string, string>, wanted: readonly [number, string]): Promise<void> => {
        const answer = await ask(headers);
        assertProblem(answer, cli.folder, `${method} ${url}`);
        const { code, facts } = answer.json();
        assert.deepEqual([answer.statusCode, code], wanted, `${method} ${url} ${headers['authorization']}`);
        assert.equal(wanted[0] === 401, 'www-authenticate' in answer.headers);
        if (wanted[0] === 401) assert.deepEqual(facts, {});
      };
      await refused({}, [401, 'token-missing']);
      await refused({ 'x-api-key': tokens.operator.token, cookie: `token=${tokens.operator.token}` }, [
        401,
        'token-missing',
      ]);
      for (const authorization of bad) await refused({ authorization }, [401, 'token-unknown']);
      for (const role of roles) {
        if (!allowed.includes(role)) await refused(tokens[role].headers, [403, 'role-insufficient']);
        else assert.ok(![401, 403].includes((await ask(tokens[role].headers)).statusCode), `${template} ${role}`);
        if (method !== 'GET') continue;
        const { statusCode } = await app.inject({ method: 'HEAD', url, headers: tokens[role].headers });
        assert.equal(statusCode === 403, !allowed.includes(role), `HEAD ${template} ${role}`);
      }
    }
    assert.ok(tried > 300, `${tried} requests`);
    assert.deepEqual([await cli.state(), await cli.ok('token list --json')], before);
    const secrets = [...Object.values(tokens), revoked, expired].map(({ token }) => token.slice(-64));
    for (const line of log) assert.ok(!secrets.some((secret) => line.includes(secret)), line);
  });

  it('refuses bodies that are malformed, too large or of another type, on every route that takes one, and changes nothing', async () => {
    await using server = await programs['stake-time']();
    const { app, cli, program } = server;
    const { headers } = await tokenOf(server, 'operator');
    const before = await cli.state();
    const taking = (await routesOf(app)).filter(({ method }) => method !== 'GET');
    assert.ok(taking.length > 0);
    const large = Buffer.alloc(bodyBytesMax + 1, 32);
    for (const { template, method, types } of taking) {
      const url = filled(template, (name) => (name === 'program' ? program : 'x'));
      const send = async (payload: Buffer | string, type: string | null): Promise<LightMyRequestResponse> =>
        app.inject({
          method,
          url,
          payload,
          headers: { ...headers, ...(type === null ? {} : { 'content-type': type }) },
        });
      for (const type of types) {
        for (const payload of malformed)
          assertProblem(await send(payload, type), cli.folder, `${template} ${type} ${payload.slice(0, 40)}`);
        const { statusCode } = await send(large, type);
        assert.equal(statusCode, 413, `${template} ${type}`);
      }
      for (const type of [
        null,
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        '\u0000',
        'a/b;'.repeat(999),
      ]) {
        const answer = await send('{}', type);
        assertProblem(answer, cli.folder, `${template} ${type}`);
        assert.equal(answer.statusCode, 415, `${template} ${type}`);
      }
    }
    assert.equal(await cli.state(), before);
  });

  it('answers what is no request of a route with problems', async () => {
    await using server = await programs['stake-time']();
    const { app, cli } = server;
    for (const url of [
      '/',
      '/v1',
      '/v1/',
      '/v2/programs',
      '/v1/programs/acme/',
      '/%00',
      '/%ff',
      '/v1/programs/%ff',
      '//x',
      '/..',
    ])
      assertProblem(await app.inject({ url }), cli.folder, url);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const)
      assertProblem(await app.inject({ method, url: '/v1/programs' }), cli.folder, method);
    for (const host of [
      'evil.example',
      'evil.example:8080',
      '10.0.0.1',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      const answer = await app.inject({ url: '/v1/programs', headers: { host } });
      assertProblem(answer, cli.folder, host);
      assert.deepEqual([answer.statusCode, answer.json().code], [421, 'host-refused'], host);
    }
    for (const host of ['localhost', 'localhost:1', '127.0.0.1:80', '[::1]:80'])
      assert.equal((await app.inject({ url: '/v1/programs', headers: { host } })).statusCode, 200, host);
  });

  it('sends no stack and no path with a defect, and logs it under the request id', async (t) => {
    await using server = await programs['stake-time']();
    const { app, cli, log } = server;
    t.mock.method(Engine.prototype, 'periods', async () => {
      throw new TypeError(`in ${cli.folder}`);
    });
    const answer = await app.inject({ url: '/v1/programs/acme/periods', headers: { 'x-request-id': 'abc-1' } });
    assert.equal(answer.statusCode, 500);
    const { code, request_id: id, facts } = answer.json();
    assert.deepEqual([code, id, facts], ['unexpected', 'abc-1', {}]);
    assert.ok(!answer.body.includes(cli.folder) && !answer.body.includes('TypeError'));
    const line = log.map((text) => JSON.parse(text)).find(({ level }) => level === 50);
    assert.equal(line.reqId, 'abc-1');
    assert.match(line.err.stack, /TypeError/);
  });

  it('sends the headers that keep browsers from guessing, and a request id of its own for one that is odd', async () => {
    await using server = await programs['stake-time']();
    for (const url of ['/healthz', '/nothing', '/v1/programs?x=1']) {
      const { headers } = await server.app.inject({ url, headers: { 'x-request-id': 'odd\u00e9' } });
      assert.equal(headers['x-content-type-options'], 'nosniff', url);
      assert.match(String(headers['content-security-policy']), /default-src 'none'/, url);
      assert.equal(headers['cache-control'], 'no-store', url);
      assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/, url);
    }
    assert.ok(
      server.log.every((line) => !line.includes('?x=1')),
      'queries are not logged',
    );
  });
});
