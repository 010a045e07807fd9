import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressOf } from '../../core/scoring/cred/address.ts';
import { formatInstant } from '../../core/time/instant.ts';
import { type GraphReadOptions, graphRecords, type ReadGraphRecord } from './graph-records.ts';
import type { GraphRecord } from './record.ts';

async function all(text: string, options: GraphReadOptions = {}): Promise<ReadGraphRecord[]> {
  const items: ReadGraphRecord[] = [];
  for await (const chunk of graphRecords([text], options)) items.push(...chunk);
  return items;
}

async function recordsOf(text: string): Promise<GraphRecord[]> {
  return (await all(text)).map(({ line, parsed }) => {
    assert.ok(parsed.ok, `line ${line}: ${parsed.ok || parsed.message}`);
    return parsed.record;
  });
}

const brief = (items: readonly ReadGraphRecord[]): string[] =>
  items.map(({ line, parsed }) =>
    parsed.ok ? `${line} ${parsed.record.what}` : `${line} ${parsed.code} ${parsed.field ?? '-'}`,
  );

/** The refusal of one JSON value. */
async function refusalOf(value: unknown): Promise<string> {
  const [item] = await all(JSON.stringify(value));
  return item!.parsed.ok ? 'taken' : `${item!.parsed.code} ${item!.parsed.field ?? '-'}`;
}

const at = Date.UTC(2025, 0, 31, 12);
const expected: GraphRecord[] = [
  {
    what: 'node',
    node: 'forum/post/17',
    at,
    weight: '1.5',
    label: 'Hello, "all"',
    url: 'https://forum.example/17',
  },
  { what: 'node', node: 'forum/a%2Fb', at: null },
  {
    what: 'edge',
    edge: 'forum/wrote/17',
    from: 'forum/post/17',
    to: 'forum/user/ada',
    at,
    forward: '0.25',
    backward: '0',
  },
  {
    what: 'person',
    node: 'forum/user/ada',
    name: 'ada',
    description: 'ada (forum/user/ada)',
    type: 'USER',
    at,
  },
  { what: 'person', node: 'forum/user/bot', name: 'bot', description: 'the bot', type: 'BOT', at },
];

describe('src/sources/graph/graph-records', () => {
  it('reads nodes, edges and persons from JSON Lines', async () => {
    const lines = [
      `{"node": "forum/post/17", "time": "2025-01-31T13:00:00+01:00", "weight": 1.50, "label": "Hello, \\"all\\"", "url": "https://forum.example/17"}`,
      '',
      `{"node": ["forum", "a/b"], "time": null}`,
      `{"edge": ["forum", "wrote", "17"], "from": "forum/post/17", "to": "forum/user/ada", "time": ${at}, "forward": "0.250", "backward": 0}`,
      `{"person": "forum/user/ada", "name": "ada", "time": ${at}}`,
      `{"person": "forum/user/bot", "name": "bot", "description": "the bot", "type": "BOT", "time": ${at}}`,
    ];
    assert.deepEqual(await recordsOf(lines.join('\n')), expected);
  });

  it('reads the same from CSV, by kind or all in one', async () => {
    const time = formatInstant(at);
    const nodes = `node,time,weight,label,url\nforum/post/17,${time},1.5,"Hello, ""all""",https://forum.example/17\nforum/a%2Fb,,,,\n`;
    const edges = `edge,from,to,time,forward,backward\nforum/wrote/17,forum/post/17,forum/user/ada,${at},.25,0\n`;
    const persons = `person,name,description,type,time\nforum/user/ada,ada,,,${at}\nforum/user/bot,bot,the bot,BOT,${at}\n`;
    assert.deepEqual(
      [
        ...(await recordsOf(nodes)),
        ...(await recordsOf(edges.replace(',.25', ',0.25'))),
        ...(await recordsOf(persons)),
      ],
      expected,
    );
    assert.deepEqual(brief(await all(edges)), ['2 graph-weight-malformed forward']);
    const mixed = [
      'label,node,edge,person,from,to,name,time,weight,url,forward,backward,description,type',
      `"Hello, ""all""",forum/post/17,,,,,,${time},1.50,https://forum.example/17,,,,`,
      ',forum/a%2Fb,,,,,,,,,,,,',
      `,,forum/wrote/17,,forum/post/17,forum/user/ada,,${time},,,0.25,0,,`,
      `,,,forum/user/ada,,,ada,${time},,,,,,`,
      `,,,forum/user/bot,,,bot,${time},,,,,the bot,BOT`,
    ];
    assert.deepEqual(await recordsOf(mixed.join('\r\n')), expected);
  });

  it('takes only times for numbers in CSV', async () => {
    assert.deepEqual(await recordsOf('node,time,label\na,5,2025'), [{ what: 'node', node: 'a', at: 5, label: '2025' }]);
  });

  it('goes on after a bad line and says which it was', async () => {
    const good = '{"node":"a/b","time":5}';
    const text = [good, '{"node":"a/b","time":5', '["a"]', good, '{"node":"a","node":"b","time":1}', good].join('\n');
    assert.deepEqual(brief(await all(text)), [
      '1 node',
      '2 line-malformed -',
      '3 graph-record-malformed -',
      '4 node',
      '5 line-malformed -',
      '6 node',
    ]);
    assert.deepEqual(brief(await all('node,time\na,5\na,b,c\n"a\n', { format: 'csv' })), [
      '2 node',
      '3 line-malformed -',
      '4 line-malformed -',
    ]);
    assert.deepEqual(brief(await all('edge,from,to,time\ne,a,b,\n')), ['2 event-field-missing time']);
    assert.deepEqual(brief(await all('node,edge,from,to,time\na,e,a,b,5\n,,a,b,5\n')), [
      '2 graph-record-malformed -',
      '3 graph-record-malformed -',
    ]);
  });

  it('has a code of its own for each mistake', async () => {
    const node = { node: 'a/b', time: 5 };
    const edge = { edge: 'e', from: 'a', to: 'b', time: 5 };
    const person = { person: 'p', name: 'ada', time: 5 };
    const cases: [unknown, string][] = [
      [node, 'taken'],
      [edge, 'taken'],
      [person, 'taken'],
      [{ time: 5 }, 'graph-record-malformed -'],
      [{ ...node, ...edge }, 'graph-record-malformed -'],
      [{ ...node, wieght: 1 }, 'graph-field-unknown wieght'],
      [{ ...node, forward: 1 }, 'graph-field-unknown forward'],
      [{ ...edge, weight: 1 }, 'graph-field-unknown weight'],
      [{ node: 'a/b' }, 'event-field-missing time'],
      [{ ...edge, time: null }, 'event-field-invalid time'],
      [{ ...edge, from: undefined }, 'event-field-missing from'],
      [{ ...node, time: '2025-01-31T12:00:00' }, 'time-without-zone time'],
      [{ ...node, time: 1.5 }, 'time-malformed time'],
      [{ ...node, time: -1 }, 'time-out-of-range time'],
      [{ ...node, node: '' }, 'graph-address-malformed node'],
      [{ ...node, node: 17 }, 'graph-address-malformed node'],
      [{ ...node, node: [] }, 'graph-address-malformed node'],
      [{ ...node, node: [''] }, 'graph-address-malformed node'],
      [{ ...node, node: ['a', 17] }, 'graph-address-malformed node'],
      [{ ...node, node: 'a%' }, 'graph-address-malformed node'],
      [{ ...node, node: 'x'.repeat(1025) }, 'graph-address-malformed node'],
      [{ ...edge, to: 'a\0b' }, 'graph-address-malformed to'],
      [{ ...node, weight: '1e3' }, 'graph-weight-malformed weight'],
      [{ ...node, weight: -1 }, 'graph-weight-negative weight'],
      [{ ...node, weight: null }, 'graph-weight-malformed weight'],
      [{ ...edge, backward: '1'.repeat(41) }, 'graph-weight-range backward'],
      [{ ...node, label: 'a\nb' }, 'event-field-invalid label'],
      [{ ...node, url: 'javascript:alert(1)' }, 'event-field-invalid url'],
      [{ ...person, name: '' }, 'event-field-invalid name'],
      [{ ...person, type: 'user' }, 'event-field-invalid type'],
    ];
    for (const [value, wanted] of cases) assert.equal(await refusalOf(value), wanted, JSON.stringify(value));
    const [item] = await all(JSON.stringify({ ...node, wieght: 1 }));
    assert.match(item!.parsed.ok ? '' : item!.parsed.message, /Did you mean "weight"\?$/);
  });

  it('ends at a header that it cannot use', async () => {
    const headers = {
      'node,time,weigth': 'weigth',
      'node,time,time': 'time',
      'time,weight': 'node',
      'node,label': 'time',
      'edge,from,time': 'to',
      'person,time': 'name',
    };
    for (const [header, field] of Object.entries(headers)) {
      assert.deepEqual(brief(await all(`${header}\na,5,1\n`)), [`1 graph-header-invalid ${field}`]);
    }
  });

  it('reads back what parts, times and weights were written', async () => {
    const address = fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 2, maxLength: 4 });
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
    const weight = fc.option(fc.double({ min: 1e-20, max: 1e20, noNaN: true }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(address, fc.option(instant), weight, async (node, time, number) => {
        const wanted = { node: addressOf(node), at: time, weight: number };
        const texts = [
          JSON.stringify({ node, time, weight: number }),
          JSON.stringify({ node: addressOf(node), time: time === null ? null : formatInstant(time), weight: number }),
        ];
        for (const text of texts) {
          const [record] = await recordsOf(text);
          assert.ok(record?.what === 'node');
          const read = record.weight === undefined ? undefined : Number(record.weight);
          assert.deepEqual({ node: record.node, at: record.at, weight: read }, wanted);
        }
      }),
    );
  });

  it('hands over chunks of the size asked for', async () => {
    const sizes: number[] = [];
    const text = '{"node":"a/b","time":5}\n'.repeat(5);
    for await (const chunk of graphRecords(text, { chunkLines: 2 })) sizes.push(chunk.length);
    assert.deepEqual(sizes, [2, 2, 1]);
  });
});
