import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import { documentKinds, kindOf, newDocument } from './kinds.ts';

describe('src/documents/kinds', () => {
  // Frozen: with other first changes, documents of two versions of Prorata could not be merged any more.
  const beginnings = {
    contributions: 'f14f19fb1edb47ea51c99e823f5221323e69f36b803118499c88204bd4acb31b',
    settings: '208b86dc9dd3bab98afc711b9160aac69790365360d6c8e53dc19d81e930d04b',
    space: 'f4596f4809100192f8f3baa4012e60becd0258bbfa8c23cb159b7417a60dcd52',
  };
  for (const kind of documentKinds) {
    it(`begins every document of ${kind} with the same change`, () => {
      const [one, other] = [newDocument(automerge, kind), newDocument(automerge, kind)];
      assert.deepEqual(automerge.getHeads(one), [beginnings[kind]]);
      assert.deepEqual(automerge.save(one), automerge.save(other));
      assert.notEqual(automerge.getActorId(one), automerge.getActorId(other));
      assert.equal(kindOf(automerge, one), kind);
    });
  }

  const unknown: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{}, /Found the type null/],
    [{ type: 'todo', version: 1 }, /Found the type "todo"/],
    [{ type: 'prorata/space', version: 2 }, /Found version 2; accepted: .*version 1\./],
    [{ type: 'prorata/space', version: '1' }, /Found version "1"/],
    [{ type: 'prorata/space' }, /Found version null/],
    [{ type: { prorata: 'space' }, version: 1 }, /Found the type {"prorata":"space"}/],
    [{ type: 'x'.repeat(500), version: 1 }, /Found the type "x{70,80}\.\.\.; accepted/],
  ];
  for (const [content, message] of unknown) {
    it(`does not know ${JSON.stringify(content).slice(0, 60)}`, () => {
      const document = automerge.from<Record<string, unknown>>(content);
      assert.throws(() => kindOf(automerge, document), { code: 'document-unknown', message });
    });
  }

  it('knows a type that an app wrote as a text that can be edited', () => {
    assert.equal(kindOf(automerge, automerge.from({ type: 'prorata/settings', version: 1 })), 'settings');
  });
});
