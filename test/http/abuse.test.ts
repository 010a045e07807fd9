import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { Engine } from '../../src/app/engine.ts';
import { json, mismatch, programs } from './harness.ts';
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

/** Every route of the document with its method and its parameters. */
async function routesOf(app: FastifyInstance) {
  const { paths } = await json(app, '/openapi.json');
  return Object.entries<any>(paths).flatMap(([template, methods]) =>
    Object.entries<any>(methods).map(([method, { parameters = [] }]) => ({
      template,
      method: method.toUpperCase() as 'GET' | 'POST',
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
