import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json, mismatch, programs } from './harness.ts';

/** A value for each part of a path and each question that must be given, by model. */
const known = {
  'stake-time': { account: 'alice', person: 'alice', period: '1', address: 'x' },
  crown: { account: 'alice', person: 'alice', period: '1', address: 'x' },
  cred: { account: 'ada', person: 'ada', period: '1', address: 'forum/post/1' },
} as const;

/** Routes that only programs of one model have. */
const only = (path: string): keyof typeof programs | null =>
  path.includes('/crown/') ? 'crown' : path.includes('/cred/') ? 'cred' : null;

const isJson = (response: any): boolean => 'application/json' in (response.content ?? {});

describe('test/http/routes', () => {
  for (const model of ['stake-time', 'crown', 'cred'] as const) {
    it(`answer as their schemas say, page by page as in one, of a program that scores by ${model}`, async () => {
      await using server = await programs[model]();
      const { app, program } = server;
      const document = await json(app, '/openapi.json');
      let count = 0;
      for (const [template, { get }] of Object.entries<any>(document.paths)) {
        if (get === undefined || !isJson(get.responses['200']) || template === '/openapi.json') continue;
        const values: Record<string, string> = { ...known[model], program };
        const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name]!));
        const questions = (get.parameters ?? []).filter((one: any) => one.in === 'query');
        const needed = questions.filter((one: any) => one.required === true);
        // A round that has just begun has no scores yet.
        if (model === 'crown' && template.endsWith('/scores')) needed.push({ name: 'period' });
        const query = needed.map(({ name }: any) => `${name}=${encodeURIComponent(values[name]!)}`).join('&');
        if (only(template) !== null && only(template) !== model) {
          const answer = await app.inject({ url: `${path}?${query}` });
          assert.equal(answer.statusCode, 400, template);
          assert.equal(answer.json().code, 'model-differs', template);
          continue;
        }
        const whole = await json(app, `${path}?${query}`);
        const { schema } = get.responses['200'].content['application/json'];
        assert.equal(mismatch(whole, schema), '', template);
        count += 1;
        if (!('items' in whole)) continue;
        assert.ok(whole.items.length > 0 || /schedule|excluded/.test(template), `${template} has no rows`);
        if (whole.items.length === 0) continue;
        const rows: unknown[] = [];
        for (let next: string | null = ''; next !== null;) {
          const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
          const part: any = await json(app, `${path}?limit=1${cursor}&${query}`);
          assert.equal(part.items.length, 1, template);
          rows.push(...part.items);
          ({ next } = part);
        }
        assert.deepEqual(rows, whole.items, template);
      }
      assert.ok(count > 15, `only ${count} routes were tried`);
    });

    it(`says of a program that scores by ${model} what the command line says`, async () => {
      await using server = await programs[model]();
      const { app, program, cli } = server;
      const { account } = known[model];
      const { store: _, ...status } = await cli.json('status');
      assert.deepEqual(await json(app, `/v1/programs/${program}`), { ...status, model });
      assert.deepEqual(
        await json(app, `/v1/programs/${program}/accounts/${account}`),
        await cli.json(`account ${account}`),
      );
      const about = `/v1/programs/${program}/accounts/${account}/explanation`;
      assert.deepEqual(await json(app, `${about}?period=1`), await cli.json(`explain ${account} --period 1`));
      for (const command of ['payouts', 'postings', 'events', 'scores']) {
        const round = model === 'crown' && command === 'scores';
        const lines = (await cli.ok(`${command} --json${round ? ' --period 1' : ''}`)).trimEnd().split('\n');
        const { items } = await json(app, `/v1/programs/${program}/${command}?limit=1000${round ? '&period=1' : ''}`);
        const said = lines.map((line) => {
          const row = JSON.parse(line);
          if (round) for (const name of ['period', 'status']) delete row[name]; // the page says them once
          return row;
        });
        assert.deepEqual(items, said, command);
        if (model === 'cred' && command === 'payouts')
          assert.deepEqual(new Set(items.map(({ name }: any) => name)), new Set(['ada', 'bo']));
      }
      assert.deepEqual(await json(app, `/v1/programs/${program}/balances`), await cli.json('balances'));
      assert.deepEqual(await json(app, `/v1/programs/${program}/invariants`), await cli.json('verify'));
    });
  }

  it('show what a stretch of a market looked like, and refuse a lane that is none', async () => {
    await using server = await programs.crown();
    const path = '/v1/programs/market/crown/intervals';
    const stretch = await json(server.app, `${path}?from=2025-03-01T00:00:00Z&to=2025-03-01T00:20:00Z`);
    assert.deepEqual(
      stretch.items.map(({ seconds, holders }: any) => [seconds, holders.map((one: any) => one.share)]),
      [
        [600, ['1']],
        [600, ['1/2', '1/2']],
      ],
    );
    const wrong = await server.app.inject({ url: `${path}?lane=no` });
    assert.deepEqual([wrong.statusCode, wrong.json().facts.field], [400, 'lane']);
    const both = await server.app.inject({ url: `${path}?period=1&to=2025-03-01T00:20:00Z` });
    assert.deepEqual([both.statusCode, both.json().code], [400, 'request-invalid']);
  });

  it('give figures in the format of Prometheus, with every program', async () => {
    await using server = await programs['stake-time']();
    const { body, headers } = await server.app.inject({ url: '/metrics' });
    assert.match(headers['content-type']!, /^text\/plain; version=0\.0\.4/);
    for (const line of body.trimEnd().split('\n'))
      assert.match(
        line,
        /^(# (HELP|TYPE) \w+ .+|(prorata|process|nodejs)_\w+(\{.+\})? (-?\d+(\.\d+)?(e-?\d+)?|\+Inf|Nan)|)$/,
      );
    const { counts, residual } = await server.cli.json('status');
    assert.ok(body.includes(`prorata_payouts_total{program="acme"} ${counts.payouts}\n`));
    assert.ok(body.includes(`prorata_residual_units{program="acme"} ${residual.balance}\n`));
    assert.ok(body.includes('prorata_halted{program="acme"} 0\n'));
  });
});
