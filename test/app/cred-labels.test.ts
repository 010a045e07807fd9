import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { credProgram, day, node, story, sunday } from './cred-small.ts';

describe('test/app/cred-labels', () => {
  it('finds nodes by what people call them, as the newest event about each said', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    await engine.ingest('grain', [
      ...story(),
      node('chat/1', sunday + day, { label: 'On Rounding' }),
      node('chat/2', sunday + day, { label: 'rounding, again' }),
    ]);
    const found = async (search: string): Promise<string[]> => [...(await engine.labelled('grain', search))];
    assert.deepEqual(await found('ROUNDING'), ['chat/1', 'chat/2']);
    assert.deepEqual(await found('chat/1'), []);
    await engine.ingest('grain', [
      node('chat/1', sunday + day, { label: 'On halves' }),
      node('chat/2', sunday + day),
      node('chat/3', sunday + day, { label: 'Rounding' }),
    ]);
    const both = await Promise.all([found('rounding'), found('halves')]);
    assert.deepEqual(both, [['chat/3'], ['chat/1']]);
    await assert.rejects(engine.labelled('none', 'x'), { code: 'program-unknown' });
    await engine.close();
  });

  it('reads a long log page by page', async () => {
    const engine = new Engine(openMemoryStore());
    await engine.createProgram(credProgram());
    const count = 4500;
    await engine.ingest(
      'grain',
      Array.from({ length: count }, (_, i) => node(`chat/${i}`, sunday + day, { label: `no. ${i}` })),
    );
    assert.deepEqual([...(await engine.labelled('grain', `no. ${count - 1}`))], [`chat/${count - 1}`]);
    assert.equal((await engine.labelled('grain', 'no.')).size, count);
    await engine.close();
  });
});
