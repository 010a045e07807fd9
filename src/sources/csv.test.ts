import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEvents } from './read-events.ts';
import type { ReadEvent } from './read-events.ts';

async function all(text: string, onHeader?: (raw: string) => void): Promise<ReadEvent[]> {
  const items: ReadEvent[] = [];
  for await (const chunk of readEvents([text], { format: 'csv', ...(onHeader === undefined ? {} : { onHeader }) }))
    items.push(...chunk);
  return items;
}
const brief = (items: readonly ReadEvent[]): string[] =>
  items.map(
    ({ line, parsed }) =>
      `${line} ${parsed.ok ? parsed.event.key : `${parsed.code}${parsed.field === undefined ? '' : ` ${parsed.field}`}`}`,
  );

describe('src/sources/csv', () => {
  it('reads numbers, booleans, lists and absent cells by the column and the kind', async () => {
    const items = await all(
      [
        'kind,key,time,account,validator,amount,tokens,shares,jailed,from,to,until,accounts',
        'validator-set,k1,1700000000000,,v1,,5,5.5,true,,,,',
        'delegate,k2,2023-11-14T22:13:20Z,d1,v1,10,,,,,,,',
        'redelegate,k3,1700000000000,d1,,10,,,,1,2,,',
        'held,k4,1700000000000,d1,v1,10,,,,1,,2,',
        'exclude,k5,1700000000000,,,,,,,,,,a;b c',
      ].join('\n'),
    );
    const time = 1_700_000_000_000;
    assert.deepEqual(
      items.map(({ parsed }) => parsed.ok && parsed.event),
      [
        {
          kind: 'validator-set',
          key: 'k1',
          time,
          validator: 'v1',
          tokens: 5n,
          shares: 5_500_000_000_000_000_000n,
          jailed: true,
        },
        { kind: 'delegate', key: 'k2', time, account: 'd1', validator: 'v1', amount: 10n },
        { kind: 'redelegate', key: 'k3', time, account: 'd1', from: '1', to: '2', amount: 10n },
        { kind: 'held', key: 'k4', time, account: 'd1', validator: 'v1', amount: 10n, from: 1, until: 2 },
        { kind: 'exclusion', key: 'k5', time, add: ['a', 'b', 'c'], remove: [] },
      ],
    );
  });

  it('reads contributions, and refuses what only objects can say', async () => {
    const items = await all(
      [
        'kind,key,time,node,timeless,weight,label,edge,from,to,forward,backward,part',
        'node,n1,2025-01-05T00:00:00Z,forum/user/ada,true,0,"Ada, of the forum",,,,,,',
        'node,n2,2025-01-06T00:00:00Z,forum/post/1,,,,,,,,,',
        'edge,e1,2025-01-06T00:00:00Z,,,,,forum/wrote/1,forum/post/1,forum/user/ada,,0.5,',
        'attribution,a1,2025-01-06T00:00:00Z,,,,,,ada,bo,,,0.25',
        'node,n3,2025-01-06T00:00:00Z,forum/post/2,yes,,,,,,,,',
        'token,t1,2025-01-06T00:00:00Z,,,,,,,,,,',
      ].join('\n'),
    );
    const [first, second] = [Date.UTC(2025, 0, 5), Date.UTC(2025, 0, 6)];
    const forum = { node: 'forum/user/ada', timeless: true, weight: '0', label: 'Ada, of the forum' };
    const wrote = { edge: 'forum/wrote/1', from: 'forum/post/1', to: 'forum/user/ada', backward: '0.5' };
    assert.deepEqual(
      items.slice(0, 4).map(({ parsed }) => parsed.ok && parsed.event),
      [
        { kind: 'node', key: 'n1', time: first, ...forum },
        { kind: 'node', key: 'n2', time: second, node: 'forum/post/1' },
        { kind: 'edge', key: 'e1', time: second, ...wrote },
        { kind: 'attribution', key: 'a1', time: second, from: 'ada', to: 'bo', part: '0.25' },
      ],
    );
    assert.deepEqual(brief(items.slice(4)), ['6 event-field-invalid timeless', '7 csv-kind-nested kind']);
    for (const column of ['action', 'sharing'])
      assert.deepEqual(brief(await all(`kind,key,time,${column}\n`)), [`1 csv-header-invalid ${column}`]);
  });

  it('counts lines rightly when quoted cells hold line ends, commas and quotes', async () => {
    const items = await all(
      '\ufeffkind,key,time,reason\r\npause,k1,5,"a\r\nb,""c"""\r\n\r\npause,k2,5,x\r\n"resume","k3",5,"y"',
    );
    assert.deepEqual(brief(items), ['2 k1', '5 k2', '6 k3']);
    assert.ok(items[0]!.parsed.ok && items[0]!.parsed.event.kind === 'pause');
    assert.equal(items[0]!.parsed.event.reason, 'a\nb,"c"');
  });

  it('refuses a bad record alone, with its line and field', async () => {
    assert.deepEqual(
      brief(
        await all(
          [
            'kind,key,time,account,validator,amount,reason',
            'delegate,k,5,a,v,1.5,',
            'delegate,k,5,a,v,1',
            'delegate,k"1,5,a,v,1,',
            'delegate,"k"1,5,a,v,1,',
            'schedule,k,5,,,,',
            'pause,k,5,a,,,x',
            ',k,5,a,v,1,',
            'delegate,ok,5,a,v,1,',
          ].join('\n'),
        ),
      ),
      [
        '2 amount-fractional amount',
        '3 line-malformed',
        '4 line-malformed',
        '5 line-malformed',
        '6 csv-kind-nested kind',
        '7 event-field-unknown account',
        '8 event-field-missing kind',
        '9 ok',
      ],
    );
  });

  it('refuses a quote that is never closed, naming the line it was opened in', async () => {
    const items = await all('kind,key,time,reason\npause,k1,5,"a\npause,k2,5,b\n');
    assert.deepEqual(brief(items), ['2 line-malformed']);
    assert.match(items[0]!.parsed.ok ? '' : items[0]!.parsed.message, /never closed/);
  });

  it('refuses a record above 1 MiB, or with bytes that are no UTF-8, from its first line on, and reads the next', async () => {
    const half = 'x'.repeat(600_000);
    const items = await all(`kind,key,time,reason\npause,k1,5,"${half}\n${half}"\npause,k2,5,x`);
    assert.deepEqual(brief(items), ['2 line-too-long', '4 k2']);
    assert.equal(items[0]!.raw, `pause,k1,5,"${half}\n${half}"`);
    const bytes = Buffer.concat([
      Buffer.from('kind,key,time,reason\npause,k1,5,"a\n'),
      Buffer.from([0xff, 0x22, 10]),
      Buffer.from('pause,k2,5,x'),
    ]);
    const read: ReadEvent[] = [];
    for await (const chunk of readEvents([bytes], { format: 'csv' })) read.push(...chunk);
    assert.deepEqual(brief(read), ['2 line-not-text', '4 k2']);
    assert.equal(read[0]!.raw, 'pause,k1,5,"a\n\ufffd"');
  });

  it('reads jailed as true, false or refuses it', async () => {
    const items = await all(
      'kind,key,time,validator,jailed\nvalidator-jailed,k1,5,v,true\nvalidator-jailed,k2,5,v,false\nvalidator-jailed,k3,5,v,no',
    );
    assert.deepEqual(
      items
        .map(({ parsed }) => (parsed.ok && parsed.event.kind === 'validator-jailed' ? parsed.event.jailed : parsed))
        .slice(0, 2),
      [true, false],
    );
    assert.deepEqual(brief(items.slice(2)), ['4 event-field-invalid jailed']);
  });

  it('ends at a header that it cannot use', async () => {
    for (const [header, field] of [
      ['kind,key,tme', 'tme'],
      ['kind,key,key', 'key'],
      ['key,time', 'kind'],
      ['kind,key,entries', 'entries'],
      ['kind;key', 'kind;key'],
    ]) {
      assert.deepEqual(brief(await all(`${header}\npause,k1,5\n`)), [`1 csv-header-invalid ${field}`]);
    }
    const [item] = await all('kind,key,tme\n');
    assert.match(item!.parsed.ok ? '' : item!.parsed.message, /Did you mean "time"\?/);
  });

  it('hands over the header, for a file of refused records', async () => {
    let header = '';
    await all('kind,key\n', (raw) => (header = raw));
    assert.equal(header, 'kind,key');
  });
});
