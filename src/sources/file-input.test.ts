import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fileInput } from './file-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'prorata-file-input-'));
after(() => rmSync(folder, { recursive: true }));

async function textOf(name: string, bytes?: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  if (bytes !== undefined) writeFileSync(path, bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileInput(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('src/sources/file-input', () => {
  it('reads a file, packed or not', async () => {
    const text = 'ä line\n'.repeat(100_000);
    assert.equal(await textOf('plain.jsonl', text), text);
    assert.equal(await textOf('packed.jsonl.gz', gzipSync(text)), text);
  });

  it('says what is wrong with it', async () => {
    await assert.rejects(textOf('none.csv'), { code: 'source-not-found' });
    await assert.rejects(textOf('none.csv.gz'), { code: 'source-not-found' });
    await assert.rejects(textOf('no.gz', 'plain text'), { code: 'source-not-gzip' });
    await assert.rejects(textOf('cut.gz', gzipSync('x'.repeat(1000)).subarray(0, 15)), { code: 'source-not-gzip' });
    await assert.rejects(textOf('.'), { code: 'source-unreadable' });
  });
});
