import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import { reloaded } from './bytes.ts';
import { newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';
import { settingsOf } from './settings.ts';

type Entries = Record<string, unknown>;
const set = (actor: string, work: (draft: Entries) => void, document = newDocument(automerge, 'settings')) =>
  automerge.change(automerge.clone(document, { actor }), { time: 0 }, (draft) => work(draft as Entries));

describe('src/documents/settings', () => {
  it('gives them as JSON, keys in order, whatever documents hold them as', () => {
    const document = set('aa', (draft) => {
      draft['weights'] = [{ prefix: 'forum', weight: new automerge.ImmutableString('0.5') }];
      draft['scoring'] = { beta: '0.5', alpha: '0.1', since: new Date(7), tries: new automerge.Counter(3), off: null };
    });
    const { settings, refused, conflicts } = settingsOf(automerge, document);
    assert.equal(
      JSON.stringify(settings),
      '{"scoring":{"alpha":"0.1","beta":"0.5","off":null,"since":7,"tries":3},"weights":[{"prefix":"forum","weight":"0.5"}]}',
    );
    assert.deepEqual([refused, conflicts], [[], []]);
  });

  it('leaves out, and names, what JSON does not have', () => {
    const document = set('aa', (draft) => {
      draft['good'] = 'yes';
      draft['large'] = { budget: 12345678901234567890n };
      draft['bytes'] = [new Uint8Array(3)];
      draft['none'] = Number.NaN;
    });
    const { settings, refused } = settingsOf(automerge, document);
    assert.deepEqual(settings, { good: 'yes' });
    assert.deepEqual(
      refused.map(({ code, message, path }) => [code, message.split(';')[0], path.join()]),
      [
        ['document-field-invalid', 'Found 3 bytes in "bytes"', 'bytes'],
        ['document-field-invalid', 'Found the number 12345678901234567890 in "large"', 'large'],
        ['document-field-invalid', 'Found the number NaN in "none"', 'none'],
      ],
    );
  });

  it('does not follow maps without end', () => {
    const document = set('aa', (draft) => {
      let deep = {};
      for (let level = 0; level < 200; level += 1) deep = { deep };
      draft['deep'] = deep;
    });
    assert.deepEqual(
      settingsOf(automerge, document).refused[0]!.message.split(';')[0],
      'Found more than 64 levels in "deep"',
    );
  });

  it('reports what two people set differently, also in lists', () => {
    const begun = set('aa', (draft) => {
      draft['weights'] = [{ weight: '1' }];
    });
    const weigh = (weight: string) => (draft: Entries) => {
      (draft['weights'] as Entries[])[0]!['weight'] = weight;
    };
    const merged = mergeInto(automerge, set('aa', weigh('2'), begun), set('bb', weigh('3'), begun));
    assert.deepEqual(settingsOf(automerge, reloaded(automerge, merged)), {
      settings: { weights: [{ weight: '3' }] },
      refused: [],
      conflicts: [{ path: ['weights', '0', 'weight'], shown: '3', others: ['2'] }],
    });
  });
});
