import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyFileEvent } from '../../test/arbitrary/event.ts';
import { toFileForm } from '../core/events/normalize.ts';
import { lineBytesMax } from './lines.ts';
import type { Input } from './lines.ts';
import { formatOfPath, readEvents } from './read-events.ts';
import type { ReadEvent, ReadOptions } from './read-events.ts';

const seed = Number(process.env['SEED'] ?? 20_257);
const pause = (key: string): string => `{"kind":"pause","key":"${key}","time":5,"reason":"x"}`;

async function all(input: Input | string | Uint8Array, options: ReadOptions = {}): Promise<ReadEvent[]> {
  const items: ReadEvent[] = [];
  const chunks = typeof input === 'string' || input instanceof Uint8Array ? [input] : input;
  for await (const chunk of readEvents(chunks, options)) items.push(...chunk);
  return items;
}

/** Line number and key, or code and field. */
const brief = (items: readonly ReadEvent[]): string[] =>
  items.map(
    ({ line, parsed }) =>
      `${line} ${parsed.ok ? parsed.event.key : `${parsed.code}${parsed.field === undefined ? '' : ` ${parsed.field}`}`}`,
  );

describe('src/sources/read-events', () => {
  it('reads JSON Lines with a byte order mark, CRLF, blank lines and no end of the last line', async () => {
    const items = await all(`\ufeff${pause('a')}\r\n\r\n  \n${pause('b')}\n${pause('c')}`);
    assert.deepEqual(brief(items), ['1 a', '4 b', '5 c']);
    assert.equal(items[0]!.raw, pause('a'));
  });

  it('goes on after a bad line and says which it was', async () => {
    assert.deepEqual(
      brief(await all(`${pause('a')}\n{"kind":\n[]\n{"kind":"pause","key":"d","time":5}\n${pause('e')}\n`)),
      ['1 a', '2 line-malformed', '3 event-malformed event', '4 reason-missing reason', '5 e'],
    );
  });

  it('refuses a line above 1 MiB and the next one is read, however the bytes arrive', async () => {
    const long = `{"kind":"pause","key":"${'x'.repeat(lineBytesMax)}"}`;
    const whole = Buffer.from(`${pause('a')}\n${long}\n${pause('b')}\n`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < whole.length; at += 65_536) pieces.push(whole.subarray(at, at + 65_536));
    for (const input of [[whole], pieces]) {
      const items = await all(input);
      assert.deepEqual(brief(items), ['1 a', '2 line-too-long', '3 b']);
      assert.ok(items[1]!.raw.length <= lineBytesMax);
    }
    assert.deepEqual(
      brief(await all([...pieces.slice(0, 3), Buffer.from('x'.repeat(2 * lineBytesMax))], { format: 'jsonl' })),
      ['1 a', '2 line-too-long'],
    );
    const limit = `${pause('a')}${' '.repeat(lineBytesMax - pause('a').length)}`;
    assert.deepEqual(brief(await all(`${limit}\n${limit} \n${limit}`)), ['1 a', '2 line-too-long', '3 a']);
    const wide = `${pause('é')}${'\u2003'.repeat(lineBytesMax / 3)}`; // fewer characters than the limit, more bytes
    assert.deepEqual(brief(await all(`${pause('a')}\n${wide}\n${pause('b')}`)), ['1 a', '2 line-too-long', '3 b']);
  });

  it('refuses what is no UTF-8, that line only', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${pause('é')}\n`),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from(`${pause('b')}\n`),
    ]);
    assert.deepEqual(brief(await all(bytes, { format: 'jsonl' })), ['1 é', '2 line-not-text', '3 b']);
  });

  it(`reads the same events from bytes cut anywhere, and texts cut within a surrogate pair (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyFileEvent, { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (events, size, asText) => {
          const text = events.map((event) => `${JSON.stringify(toFileForm(event))}\n`).join('');
          const whole = asText ? text : Buffer.from(text);
          const pieces: (string | Uint8Array)[] = [];
          for (let at = 0; at < whole.length; at += size) pieces.push(whole.slice(at, at + size));
          const items = await all(pieces, { format: 'jsonl', takeover: true });
          assert.deepEqual(
            items.map(({ parsed }) => parsed.ok && parsed.event),
            events,
          );
          assert.deepEqual(
            items.map(({ line }) => line),
            events.map((_, index) => index + 1),
          );
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  it('hands over chunks of the size asked for', async () => {
    const sizes: number[] = [];
    for await (const chunk of readEvents([Array.from({ length: 5 }, (_, i) => pause(`k${i}`)).join('\n')], {
      chunkLines: 2,
    }))
      sizes.push(chunk.length);
    assert.deepEqual(sizes, [2, 2, 1]);
  });

  it('knows the format by the extension or by the first character', async () => {
    assert.deepEqual(['a.csv', 'a.CSV', 'a.jsonl', 'a.ndjson', 'a.txt', '-'].map(formatOfPath), [
      'csv',
      'csv',
      'jsonl',
      'jsonl',
      undefined,
      undefined,
    ]);
    assert.deepEqual(brief(await all(`\n${pause('a')}`)), ['2 a']);
    assert.deepEqual(brief(await all('\nkind,key,time,reason\npause,k,5,x')), ['3 k']);
    assert.deepEqual(brief(await all('"kind","key",time,reason\npause,k,5,x')), ['2 k']);
    assert.deepEqual(await all(''), []);
  });
});
