import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AddressInfo } from 'node:net';
import { Engine } from '../../src/app/engine.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { json, programs, type Served } from './harness.ts';

interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: any;
}

/** Messages of a stream until `enough` says so. */
async function follow(
  { app, program }: Served,
  query: {
    readonly cursor?: string;
    readonly last?: string;
    readonly enough: (messages: readonly Message[]) => boolean;
  },
): Promise<Message[]> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const cursor = query.cursor === undefined ? '' : `?cursor=${query.cursor}`;
  const end = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/v1/programs/${program}/stream${cursor}`, {
    signal: AbortSignal.any([end.signal, AbortSignal.timeout(10_000)]),
    headers: query.last === undefined ? {} : { 'last-event-id': query.last },
  });
  assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
  const messages: Message[] = [];
  let text = '';
  for await (const chunk of answer.body!) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('event') === '') continue;
      messages.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) });
    }
    if (query.enough(messages)) break;
  }
  end.abort();
  return messages;
}

describe('test/http/stream', () => {
  it('gives all events and steps after an id, the same wherever it is taken up again', async () => {
    await using server = await programs['stake-time']();
    const { items: events } = await json(server.app, '/v1/programs/acme/events');
    const steps: any[] = [];
    for (const period of [1, 2, 3, 4])
      steps.push(...(await json(server.app, `/v1/programs/acme/periods/${period}/steps`)).items);
    const all = (messages: readonly Message[]): boolean => messages.length === 1 + events.length + steps.length;
    const whole = await follow(server, { cursor: '0.0.0', enough: all });
    assert.deepEqual(
      whole.slice(1).map(({ data }) => data),
      [...events, ...steps],
    );
    for (const at of [1, 5, events.length, events.length + 3]) {
      const rest = whole.slice(at + 1);
      const again = await follow(server, { last: whole[at]!.id, enough: ({ length }) => length === 1 + rest.length });
      assert.deepEqual(again.slice(1), rest, `after ${whole[at]!.id}`);
    }
  });

  it('keeps no place for whoever asks for the head alone', async () => {
    await using server = await programs['stake-time']();
    const head = await server.app.inject({ method: 'HEAD', url: '/v1/programs/acme/stream' });
    assert.deepEqual([head.statusCode, head.headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
    const { body } = await server.app.inject({ url: '/metrics' });
    assert.match(body, /^prorata_streams 0$/m);
  });

  it('lets others have their turn while somebody takes a long log', async () => {
    await using server = await programs['stake-time']();
    const gift = (key: number): string =>
      JSON.stringify({
        kind: 'fund',
        key: `gift ${key}`,
        time: '2025-04-06T00:00:00Z',
        pool: 'community',
        amount: '1',
      });
    const payload = `${Array.from({ length: 3000 }, (_, key) => gift(key)).join('\n')}\n`;
    const sent = await server.app.inject({
      method: 'POST',
      url: '/v1/programs/acme/events',
      payload,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    assert.equal(sent.statusCode, 200, sent.body);
    const asked = server.app.inject({ url: '/v1/programs/acme/stream?cursor=0.0.0' });
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await server.app.close();
    const { length } = (await asked).body.split('event: event\n');
    assert.ok(length > 1 && length < 3000, `${length} were sent before anybody else had a turn`);
  });

  it('begins after the newest event and step, whether a window is open or not', async () => {
    await using server = await programs.crown();
    const { program } = server;
    const engine = new Engine(openSqliteStore({ path: server.cli.path('prorata.db') }));
    const seen = new Set<string | undefined>();
    for (let steps = 0; steps < 8; steps += 1) {
      const { events } = await engine.status(program);
      const { period, status } = (await engine.periods(program)).at(-1)!;
      const { step } = (await engine.steps(program, period)).at(-1)!;
      const [hello] = await follow(server, { enough: ({ length }) => length === 1 });
      assert.equal(hello!.id, `${events}.${period}.${step}.${events}`);
      seen.add(`${status} ${step > 1}`);
      await engine.step(program, Date.UTC(2025, 2, 1, 3));
    }
    for (const one of ['settled true', 'open false', 'open true']) assert.ok(seen.has(one), one);
    await engine.close();
  });

  it('begins now, and gives what somebody else logs meanwhile', async () => {
    await using server = await programs['stake-time']();
    let sent = false;
    const messages = await follow(server, {
      enough: (messages) => {
        if (!sent) void server.cli.ok('fund community 5 --key gift');
        sent = true;
        return messages.length === 2;
      },
    });
    assert.deepEqual(
      messages.map(({ event, data }) => [event, data.key]),
      [
        ['hello', undefined],
        ['event', 'gift'],
      ],
    );
  });

  it('says of a market who holds instead of whom, and goes on after any message', async () => {
    await using server = await programs.crown();
    const isLast = ({ event, data }: Message): boolean =>
      event === 'crown' && data.time === '2025-03-01T00:30:00Z' && data.lanes[0].held === 2;
    const whole = await follow(server, { cursor: '0.0.0', enough: (messages) => messages.some(isLast) });
    const changes = whole.filter(({ event }) => event === 'crown').map(({ data }) => data);
    const holders = (stand: any): string[] => stand.holders.map(({ account, share }: any) => `${account} ${share}`);
    assert.deepEqual(
      changes.map(({ time, lanes: [one] }) => [time.slice(11, 16), holders(one), holders(one.before), one.best]),
      [
        ['00:00', ['alice 1'], [], '345.5'],
        ['00:10', ['alice 1/2', 'bob 1/2'], ['alice 1'], '345.5'],
        ['00:20', ['alice 1'], ['alice 1/2', 'bob 1/2'], '345.5'],
        ['00:30', ['alice 1/2', 'bob 1/2'], ['alice 1'], '345.5'],
      ],
    );
    assert.ok(changes.every(({ revised, lanes }) => !revised && lanes.length === 1 && lanes[0].lane === 'btc-tao'));
    const place = whole.findIndex(({ event }) => event === 'crown');
    for (const at of [place - 1, place, place + 2]) {
      const rest = whole.slice(at + 1);
      const again = await follow(server, { last: whole[at]!.id, enough: ({ length }) => length === 1 + rest.length });
      assert.deepEqual(again.slice(1), rest, `after ${whole[at]!.id}`);
    }
  });

  it('says of a market what somebody else logs meanwhile, and of a fact that comes late that the past was revised', async () => {
    await using server = await programs.crown();
    const log = (key: string, time: string, account: string, rate: string): void => {
      const event = { kind: 'rate', key, time: `2025-03-01T${time}Z`, account, direction: 'btc-tao', rate };
      server.cli.write('more.jsonl', `${JSON.stringify(event)}\n`);
      void server.cli.ok('ingest more.jsonl');
    };
    const steps = [() => log('n1', '02:10:00', 'carol', '400'), () => log('n2', '02:05:00', 'alice', '500')];
    const changes: any[] = [];
    await follow(server, {
      enough: (messages) => {
        const told = messages.filter(({ event }) => event === 'crown').length;
        if (steps.length === 2 - told) steps.shift()?.();
        changes.splice(0, Infinity, ...messages.filter(({ event }) => event === 'crown').map(({ data }) => data));
        return told === 2;
      },
    });
    assert.deepEqual(
      changes.map(({ time, revised, lanes: [one] }) => [time.slice(11, 16), revised, one.best, one.holders[0].account]),
      [
        ['02:10', false, '400', 'carol'],
        ['02:10', true, '500', 'alice'],
      ],
    );
  });

  it('refuses an id that is none, and one after the newest event', async () => {
    await using server = await programs['stake-time']();
    for (const id of ['x', '1', '1.2', '-1.0.0', '999999.1.1', '1.1.1.1', `${'9'.repeat(16)}.1.1`, '1.1.1.']) {
      const answer = await server.app.inject({ url: '/v1/programs/acme/stream', headers: { 'last-event-id': id } });
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'cursor-malformed'], id);
    }
    const unknown = await server.app.inject({ url: '/v1/programs/none/stream' });
    assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'program-unknown']);
  });
});
