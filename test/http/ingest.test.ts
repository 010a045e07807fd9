import assert from 'node:assert/strict';
import { copyFileSync, renameSync } from 'node:fs';
import { describe, it } from 'node:test';
import { eventLines } from '../cli/harness.ts';
import { json, programs, type Served } from './harness.ts';
import { turnsWhile } from '../turns.ts';

const path = '/v1/programs/acme/events';
const lines = 'application/x-ndjson';
const later = (key: string, more: object = {}): object => ({
  kind: 'delegate',
  key,
  time: '2025-01-06T00:00:00Z',
  account: 'dora',
  validator: 'v1',
  amount: '123456789012345678901234567890',
  ...more,
});
const text = (...events: readonly object[]): string => events.map((one) => `${JSON.stringify(one)}\n`).join('');

async function post({ app }: Served, payload: string | Buffer, type = lines, query = '') {
  return app.inject({ method: 'POST', url: `${path}${query}`, payload, headers: { 'content-type': type } });
}

describe('test/http/ingest', () => {
  it('appends lines or an array once, however often they are sent', async () => {
    await using server = await programs['stake-time']();
    const [known] = eventLines;
    const first = await post(server, `${known}\n${text(later('a'))}`);
    assert.equal(first.statusCode, 200, first.body);
    const { head, ...counts } = first.json();
    assert.deepEqual(counts, {
      program: 'acme',
      dry_run: false,
      seen: 2,
      recorded: 1,
      duplicate: 1,
      refused: 0,
      committed: true,
      events: 10,
    });
    const again = (await post(server, JSON.stringify([later('a'), later('b')]), 'application/json')).json();
    assert.deepEqual([again.recorded, again.duplicate, again.events], [1, 1, 11]);
    assert.notEqual(again.head, head);
    const { items } = await json(server.app, `${path}?cursor=9`);
    assert.deepEqual(
      items.map(({ key, amount }: any) => [key, amount]),
      [
        ['a', '123456789012345678901234567890'],
        ['b', '123456789012345678901234567890'],
      ],
    );
    assert.equal((await json(server.app, '/v1/programs/acme/invariants')).holds, true);
    assert.equal((await json(server.app, '/v1/programs/acme/accounts/dora')).account, 'dora');
  });

  it('reads a body as its media type says, however that is written', async () => {
    await using server = await programs['stake-time']();
    for (const type of ['application/jsonl', 'Application/X-NDJSON; charset=utf-8'])
      assert.equal((await post(server, text(later(type)), type)).json().recorded, 1, type);
    for (const type of ['Application/JSON', 'application/json ; charset=utf-8'])
      assert.equal((await post(server, JSON.stringify([later(type)]), type)).json().recorded, 1, type);
    const none = await server.app.inject({ method: 'POST', url: path });
    assert.deepEqual([none.statusCode, none.json().code], [415, 'media-type-unsupported']);
  });

  it('lets others have their turn while it takes a long array', async () => {
    await using server = await programs['stake-time']();
    const turnsOf = async (count: number): Promise<number> => {
      const events = Array.from({ length: count }, (_, n) => later(`many ${n}`));
      const body = JSON.stringify(events);
      const { result, turns } = await turnsWhile(() => post(server, body, 'application/json', '?dry_run=true'));
      assert.equal(result.json().recorded, count);
      return turns;
    };
    const few = await turnsOf(10);
    const many = await turnsOf(20_000);
    assert.ok(many >= few + 8, `${few} turns beside ten events, ${many} beside twenty thousand`);
  });

  it('holds so many bodies at once, and one less when it has answered', async () => {
    await using server = await programs['stake-time']();
    const all = await Promise.all(Array.from({ length: 20 }, () => post(server, '')));
    const codes = all.map(({ statusCode, body }) => (statusCode === 200 ? 200 : JSON.parse(body).code));
    assert.deepEqual(codes, [...Array(16).fill(200), ...Array(4).fill('server-busy')]);
    assert.equal((await post(server, '')).statusCode, 200);
  });

  it('takes nothing where another store was put in the place of the one that is served, and says that it is not ready', async () => {
    await using server = await programs['stake-time']();
    const { events } = await json(server.app, '/v1/programs/acme');
    const place = server.cli.path('prorata.db');
    renameSync(place, `${place}.old`);
    copyFileSync(`${place}.old`, place);
    for (const answer of [await post(server, text(later('a'))), await server.app.inject({ url: '/readyz' })])
      assert.deepEqual([answer.statusCode, answer.json().code], [503, 'store-moved']);
    assert.equal((await json(server.app, '/v1/programs/acme')).events, events);
  });

  it('takes nothing when one line is refused, and says which, why and where', async () => {
    await using server = await programs['stake-time']();
    const before = await server.cli.state();
    const conflict = { ...JSON.parse(eventLines[2]!), amount: '601' };
    const answer = await post(
      server,
      `${text(later('a'))}nonsense\n\n${text(conflict, later('f', { time: '2030-01-01T00:00:00Z' }))}`,
    );
    assert.equal(answer.statusCode, 400);
    const { code, seen, accepted, refused, refusals } = answer.json();
    assert.deepEqual([code, seen, accepted, refused], ['lines-refused', 4, 1, 3]);
    assert.deepEqual(
      refusals.map((one: any) => [one.line, one.code]),
      [
        [2, 'line-malformed'],
        [4, 'event-key-conflict'],
        [5, 'time-in-future'],
      ],
    );
    const array = await post(server, JSON.stringify([later('a'), 7]), 'application/json');
    assert.deepEqual(
      array.json().refusals.map((one: any) => one.line),
      [2],
    );
    assert.equal(await server.cli.state(), before);
  });

  it('tries without keeping, and takes what lies ahead when told to', async () => {
    await using server = await programs['stake-time']();
    const before = await server.cli.state();
    const tried = (await post(server, text(later('a')), lines, '?dry_run=true')).json();
    assert.deepEqual([tried.dry_run, tried.recorded, tried.committed], [true, 1, false]);
    assert.equal(await server.cli.state(), before);
    const ahead = text(later('f', { time: '2030-01-01T00:00:00Z' }));
    assert.equal((await post(server, ahead, lines, '?allow_future=true')).statusCode, 200);
  });

  it('refuses bodies that are too large, of another type, or no text, and changes nothing', async () => {
    await using server = await programs['stake-time']();
    const before = await server.cli.state();
    const wrong: readonly (readonly [string | Buffer, string, number, string])[] = [
      ['x'.repeat(17 * 1024 * 1024), lines, 413, 'body-too-large'],
      [text(later('a')), 'text/plain', 415, 'media-type-unsupported'],
      [text(later('a')), 'application/x-www-form-urlencoded', 415, 'media-type-unsupported'],
      [text(later('a')), 'multipart/form-data; boundary=x', 415, 'media-type-unsupported'],
      ['{', 'application/json', 400, 'events-malformed'],
      ['{}', 'application/json', 400, 'events-malformed'],
      ['[{"kind":"delegate","key":"a","key":"b"}]', 'application/json', 400, 'events-malformed'],
      ['['.repeat(1_000_000), 'application/json', 400, 'events-malformed'],
      [Buffer.from([0x5b, 0xff, 0x5d]), 'application/json', 400, 'events-malformed'],
      [Buffer.from([0xff, 0x0a]), lines, 400, 'lines-refused'],
      [text(later('a\u0000b')), lines, 400, 'lines-refused'],
      [text(later('a', { account: '\ud800' })), lines, 400, 'lines-refused'],
    ];
    for (const [body, type, status, code] of wrong) {
      const answer = await post(server, body, type);
      assert.deepEqual([answer.statusCode, answer.json().code], [status, code], `${type} ${String(body).slice(0, 40)}`);
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    }
    const bare = await server.app.inject({ method: 'POST', url: path });
    assert.equal(bare.statusCode, 415);
    assert.equal(await server.cli.state(), before);
  });
});
