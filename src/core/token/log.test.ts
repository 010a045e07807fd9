import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginnings, eventOf } from '../../../test/arbitrary/token.ts';
import { ledgerOf, readLog, writeLog } from './log.ts';

const events = beginnings.slice(0, 2).map((action, n) => eventOf(n, action));
const [first, second] = writeLog(events).trimEnd().split('\n');

describe('src/core/token/log', () => {
  it('writes a line for each event, keys sorted', () => {
    assert.equal(
      second,
      '{"action":{"identityId":"AAA000000000000000000A","type":"TOGGLE_ACTIVATION"},"ledgerTimestamp":1,"uuid":"AAA000000000000100001A","version":"1"}',
    );
  });

  it('reads lines, with an end or without, and the older array', () => {
    for (const text of [`${first}\n${second}\n`, `${first}\n${second}`, `[\n${first},\n${second}\n]\n`]) {
      assert.deepEqual(readLog(text), events);
    }
    for (const nothing of ['', '\n\n', '[]']) assert.deepEqual(readLog(nothing), []);
  });

  it('leaves behind what nobody asked for', () => {
    assert.deepEqual(readLog(second!.replace('{', '{"x":1,').replace('"action":{', '"action":{"y":2,')), [events[1]]);
  });

  it('says where a log cannot be read', () => {
    const refused: readonly [string, RegExp][] = [
      [`${first}\n\n${second}`, /line 2: no JSON/],
      [`${first}\n${second!.replace('"1"', '"2"')}`, /line 2: .*"version": found "2"/],
      [`[${first},{}]`, /event 2: .*"version": found nothing/],
      ['[', /the array: no JSON/],
      ['7', /line 1: .*"event": found 7/],
    ];
    for (const [text, message] of refused) {
      assert.throws(() => readLog(text), { code: 'token-log-malformed', message });
    }
  });

  it('names the event that a ledger refuses, with its code', () => {
    assert.throws(() => ledgerOf([events[0]!, events[0]!]), { code: 'event-repeated', message: /^Event 2: / });
  });
});
