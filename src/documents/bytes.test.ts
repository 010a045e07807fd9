import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import fc from 'fast-check';
import { documentBytesMax, loadDocument } from './bytes.ts';
import { newDocument } from './kinds.ts';

const seed = Number(process.env['SEED'] ?? 20_252);
const whole = automerge.save(newDocument(automerge, 'contributions'));

describe('src/documents/bytes', () => {
  it('reads what was saved', () => {
    assert.deepEqual(automerge.save(loadDocument(automerge, whole)), whole);
  });

  it('refuses a document cut anywhere', () => {
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(
        () => loadDocument(automerge, whole.subarray(0, length)),
        { code: 'document-broken' },
        String(length),
      );
    }
  });

  it('refuses a document with any byte changed', () => {
    for (let index = 0; index < whole.length; index += 1) {
      const bytes = whole.slice();
      bytes[index]! ^= 0x55;
      assert.throws(() => loadDocument(automerge, bytes), { code: 'document-broken' }, String(index));
    }
    assert.throws(() => loadDocument(automerge, Buffer.concat([whole, Buffer.from('x')])), { code: 'document-broken' });
  });

  it(`refuses bytes of anything else, and goes on working (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        assert.throws(() => loadDocument(automerge, bytes), { code: 'document-broken' }),
      ),
      { seed },
    );
    assert.deepEqual(automerge.save(loadDocument(automerge, whole)), whole);
  });

  it('does not even try a file that the library has no memory for', () => {
    assert.throws(() => loadDocument(automerge, new Uint8Array(documentBytesMax + 1)), { code: 'document-too-large' });
  });
});
