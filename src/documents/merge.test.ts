import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import { newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';

describe('src/documents/merge', () => {
  it('leaves both as they were, and both can be changed afterwards', () => {
    const one = newDocument(automerge, 'settings');
    const other = automerge.change(newDocument(automerge, 'settings'), (draft: Record<string, unknown>) => {
      draft['beta'] = '0.5';
    });
    const heads = automerge.getHeads(one);
    assert.equal(mergeInto(automerge, one, other)['beta'], '0.5');
    assert.deepEqual(automerge.getHeads(one), heads);
    for (const document of [one, other]) {
      automerge.change(document, (draft: Record<string, unknown>) => {
        draft['alpha'] = '0.1';
      });
    }
  });

  it('does not merge what was begun apart, where one would hide what the other has', () => {
    const begun = (node: string) =>
      automerge.from<Record<string, unknown>>({
        type: 'prorata/contributions',
        version: 1,
        nodes: { [node]: { at: 1 } },
      });
    assert.throws(() => mergeInto(automerge, begun('a'), begun('b')), { kind: 'conflict', code: 'document-unrelated' });
    assert.throws(() => mergeInto(automerge, newDocument(automerge, 'settings'), newDocument(automerge, 'space')), {
      code: 'document-unrelated',
    });
  });

  it('merges into a document without any change', () => {
    const document = newDocument(automerge, 'settings');
    assert.deepEqual(mergeInto(automerge, automerge.init(), document), document);
  });
});
