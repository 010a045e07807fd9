import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Automerge, loadAutomerge } from './automerge.ts';
import { openDocuments } from './index.ts';

const failing = (error: Error) => (): Promise<Automerge> => Promise.reject(error);

describe('src/documents/automerge', () => {
  it('says what to install where the library is not there', async () => {
    const load = failing(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));
    const wanted = {
      kind: 'unavailable',
      code: 'documents-adapter-missing',
      message: /^Found no package .*npm install @automerge\/automerge@3\.5\.0/,
    };
    await assert.rejects(loadAutomerge(load), wanted);
    await assert.rejects(openDocuments(load), wanted);
  });

  it('tells a library that cannot be loaded from one that is not there, and keeps why', async () => {
    const cause = new Error('no WebAssembly here');
    await assert.rejects(loadAutomerge(failing(cause)), {
      code: 'documents-adapter-missing',
      message: /^The package @automerge\/automerge cannot be loaded/,
      cause,
    });
  });

  it('names the version that is tried here', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      readonly devDependencies: Record<string, string>;
      readonly peerDependencies: Record<string, string>;
    };
    assert.equal(manifest.devDependencies['@automerge/automerge'], '3.5.0');
    assert.equal(manifest.peerDependencies['@automerge/automerge'], '^3.5.0');
  });
});
