import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as automerge from '@automerge/automerge';
import type { SpaceDocument } from './automerge.ts';
import { readDocumentFiles, replaceFile } from './folder.ts';
import { openDocuments } from './index.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';

const documents = await openDocuments();

type Entries = Record<string, unknown>;
const edit = (document: SpaceDocument, work: (draft: Record<string, Entries>) => void): SpaceDocument =>
  automerge.change(automerge.clone(document), { time: 0 }, (draft) => work(draft as Record<string, Entries>));
const contributions = (...nodes: string[]): SpaceDocument =>
  edit(documents.create('contributions'), (draft) => {
    for (const node of nodes) draft['nodes']![node] = { at: 1 };
  });

const view: SpaceView = {
  ...{ about: { program: 'tea', symbol: 'TEA', decimals: 2 }, heads: { log: '3:abc' } },
  ...{ nodes: [], edges: [], identities: [], aliases: [], periods: [], scores: [] },
  accounts: [{ id: 'ada', balance: '6', paid: '6' }],
  payouts: [{ id: '1a', period: '1', account: 'ada', amount: '6', posting: '1', reversed: null }],
};

describe('src/documents/space', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'prorata-documents-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const put = (name: string, document: SpaceDocument): void => writeFileSync(join(dir, name), documents.save(document));
  const at = (name: string): SpaceDocument => documents.load(readFileSync(join(dir, name)));
  const nodesOf = (document: SpaceDocument): string[] =>
    documents.recordsOf(document).records.map((record) => (record.what === 'edge' ? record.edge : record.node));

  it('reads records and settings of all documents of a folder, in one order, and nothing of what is published', async () => {
    put('b.automerge', contributions('talk/3', 'talk/1'));
    put(
      'a.automerge',
      edit(contributions('talk/2', 'talk/1'), (draft) => {
        draft['edges']!['e/1'] = { from: 'talk/1', to: 'talk/3', at: 1 };
      }),
    );
    put(
      's.automerge',
      edit(documents.create('settings'), (draft) => {
        draft['scoring'] = { alpha: '0.1' };
      }),
    );
    await documents.push(dir, { ...view, nodes: [{ what: 'node', node: 'published', at: 1 }] });
    writeFileSync(join(dir, 'notes.txt'), 'x');
    writeFileSync(join(dir, '.hidden.automerge'), 'x');
    const content = await documents.pull(dir);
    assert.deepEqual(content, {
      records: [
        { what: 'node', node: 'talk/1', at: 1 },
        { what: 'node', node: 'talk/2', at: 1 },
        { what: 'node', node: 'talk/3', at: 1 },
        { what: 'edge', edge: 'e/1', from: 'talk/1', to: 'talk/3', at: 1 },
      ],
      settings: { scoring: { alpha: '0.1' } },
      documents: 2,
      refused: [],
      conflicts: [],
    });
    const { files } = await documents.readFolder(dir);
    assert.deepEqual(
      files.map(({ name, kind }) => [name, kind]),
      [
        ['a.automerge', 'contributions'],
        ['b.automerge', 'contributions'],
        ['s.automerge', 'settings'],
        ['space.automerge', 'space'],
      ],
    );
    assert.deepEqual(documents.contentOf({ files: files.toReversed(), refused: [] }), content);
  });

  it('reads the others where a file is broken, cut, unknown, a folder or too large, and names each', async () => {
    put('good.automerge', contributions('talk/1'));
    put(
      'bad entry.automerge',
      edit(contributions(), (draft) => {
        draft['nodes']!['n'] = {};
      }),
    );
    writeFileSync(join(dir, 'broken.automerge'), 'hello');
    writeFileSync(join(dir, 'cut.automerge'), documents.save(contributions('talk/2')).subarray(0, 100));
    writeFileSync(join(dir, 'empty.automerge'), '');
    mkdirSync(join(dir, 'folder.automerge'));
    writeFileSync(join(dir, 'large.automerge'), new Uint8Array((8 << 20) + 1));
    put('todo.automerge', automerge.from<Entries>({ type: 'todo' }));
    const content = await documents.pull(dir);
    assert.deepEqual(documents.contentOf(await documents.readFolder(dir)), content);
    const { records, settings, refused } = content;
    assert.deepEqual(records, [{ what: 'node', node: 'talk/1', at: 1 }]);
    assert.equal(settings, null);
    assert.deepEqual(
      refused.map(({ file, code }) => [file, code]),
      [
        ['bad entry.automerge', 'document-field-missing'],
        ['broken.automerge', 'document-broken'],
        ['cut.automerge', 'document-broken'],
        ['empty.automerge', 'document-broken'],
        ['folder.automerge', 'file-unreadable'],
        ['large.automerge', 'document-too-large'],
        ['todo.automerge', 'document-unknown'],
      ],
    );
  });

  it('does not take a folder that is not there, or not filled, for one without contributions', async () => {
    await assert.rejects(documents.pull(join(dir, 'nowhere')), { code: 'file-not-found' });
    await documents.push(dir, view);
    await assert.rejects(documents.pull(dir), { kind: 'not-found', code: 'documents-none' });
    put('a.automerge', contributions());
    assert.deepEqual((await documents.pull(dir)).records, []);
  });

  it('takes the first of two documents that differ about an address or a setting, and names the other', async () => {
    put('a.automerge', contributions('talk/1'));
    put(
      'b.automerge',
      edit(contributions(), (draft) => {
        draft['nodes']!['talk/1'] = { at: 2 };
      }),
    );
    const set = (beta: string) =>
      edit(documents.create('settings'), (draft) => Object.assign(draft, { beta, same: 1 }));
    put('c.automerge', set('0.1'));
    put('d.automerge', set('0.2'));
    const { records, settings, refused } = await documents.pull(dir);
    assert.deepEqual(records, [{ what: 'node', node: 'talk/1', at: 1 }]);
    assert.deepEqual(settings, { beta: '0.1', same: 1 });
    assert.deepEqual(
      refused.map(({ file, code, path }) => [file, code, path.join(' ')]),
      [
        ['b.automerge', 'document-repeated', 'nodes talk/1'],
        ['d.automerge', 'document-repeated', 'beta'],
      ],
    );
  });

  it('names the file of a conflict', async () => {
    const begun = contributions();
    const add = (when: number) => edit(begun, (draft) => Object.assign(draft['nodes']!, { n: { at: when } }));
    put('a.automerge', documents.mergeInto(add(1), add(2)));
    const { conflicts } = await documents.pull(dir);
    assert.deepEqual(
      conflicts.map(({ file, path }) => [file, path]),
      [['a.automerge', ['nodes', 'n']]],
    );
  });

  it('saves what two people have, whoever saves last, and leaves a file alone that has all of it', async () => {
    const begun = contributions('talk/1');
    const [ada, bo] = ['talk/2', 'talk/3'].map((node) =>
      edit(begun, (draft) => Object.assign(draft['nodes']!, { [node]: { at: 1 } })),
    ) as [SpaceDocument, SpaceDocument];
    const name = 'talks.automerge';
    const [first] = await documents.writeFolder(dir, [{ name, document: ada }]);
    assert.equal(first!.changed, true);
    const [second] = await documents.writeFolder(dir, [{ name, document: bo }]);
    assert.deepEqual(nodesOf(second!.document), ['talk/1', 'talk/2', 'talk/3']);
    assert.deepEqual(nodesOf(at(name)), ['talk/1', 'talk/2', 'talk/3']);

    utimesSync(join(dir, name), 1, 1);
    const [third] = await documents.writeFolder(dir, [{ name, document: ada }]);
    assert.deepEqual([third!.changed, nodesOf(third!.document).length], [false, 3]);
    assert.equal(statSync(join(dir, name)).mtimeMs, 1000);
    assert.deepEqual(readdirSync(dir), [name]);
  });

  it('loses nothing when many save at once', async () => {
    const begun = contributions();
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        documents.writeFolder(dir, [
          {
            name: 'a.automerge',
            document: edit(begun, (draft) => Object.assign(draft['nodes']!, { [`n${index}`]: { at: 1 } })),
          },
        ]),
      ),
    );
    assert.equal(nodesOf(at('a.automerge')).length, 8);
    assert.deepEqual(readdirSync(dir), ['a.automerge']);
  });

  it('looks again where somebody saves between reading and replacing, and gives up on who never stops', async () => {
    const path = join(dir, 'x');
    let asked: (string | null)[] = [];
    await replaceFile(path, (present) => {
      asked.push(present === null ? null : Buffer.from(present).toString());
      if (asked.length < 3) writeFileSync(path, `by others ${asked.length}`);
      return Buffer.from(`${asked.at(-1)}, and ours`);
    });
    assert.deepEqual(asked, [null, 'by others 1', 'by others 2']);
    assert.equal(readFileSync(path, 'utf8'), 'by others 2, and ours');

    asked = [];
    const never = replaceFile(path, () => {
      asked.push('');
      writeFileSync(path, 'x'.repeat(asked.length));
      return Buffer.from('ours');
    });
    await assert.rejects(never, { kind: 'unavailable', code: 'document-busy' });
    assert.equal(readFileSync(path, 'utf8'), 'x'.repeat(20));
    assert.deepEqual(readdirSync(dir), ['x']);
  });

  it('never replaces a file that it cannot read, nor writes outside of the folder', async () => {
    const name = 'a.automerge';
    writeFileSync(join(dir, name), 'hello');
    await assert.rejects(documents.writeFolder(dir, [{ name, document: contributions() }]), {
      code: 'document-broken',
    });
    await assert.rejects(documents.push(dir, view, name), { code: 'document-broken' });
    assert.equal(readFileSync(join(dir, name), 'utf8'), 'hello');
    put(name, contributions('talk/1'));
    await assert.rejects(documents.push(dir, view, name), { code: 'document-unrelated' });
    assert.deepEqual(nodesOf(at(name)), ['talk/1']);
    for (const wrong of [
      '../a.automerge',
      'a',
      '.automerge',
      '.a.automerge',
      'b/a.automerge',
      'b\\a.automerge',
      'a\0.automerge',
    ]) {
      await assert.rejects(documents.push(dir, view, wrong), { code: 'document-name-invalid' }, wrong);
    }
    assert.deepEqual(readdirSync(dir), [name]);
    await assert.rejects(documents.push(join(dir, name), view), { code: 'file-unwritable' });
  });

  it('pushes what is shown, once, and mends it', async () => {
    const first = await documents.push(join(dir, 'new'), view);
    assert.deepEqual([first.name, first.changed, first.heads.length], ['space.automerge', true, 1]);
    assert.deepEqual(await documents.push(join(dir, 'new'), view), { ...first, changed: false });
    const file = join(dir, 'new/space.automerge');
    const tampered = edit(documents.load(readFileSync(file)), (draft) => {
      (draft['payouts']!['1a'] as Entries)['amount'] = '600';
    });
    writeFileSync(file, documents.save(tampered));
    assert.equal((await documents.push(join(dir, 'new'), view)).changed, true);
    const shown = documents.load(readFileSync(file)) as unknown as { payouts: Record<string, Entries> };
    assert.equal(String(shown.payouts['1a']!['amount']), '6');
  });

  it('gives bytes or a reason for each file', async () => {
    writeFileSync(join(dir, 'b.automerge'), 'b');
    writeFileSync(join(dir, 'a.automerge'), 'a');
    const files = [];
    for await (const file of readDocumentFiles(dir)) files.push(file);
    assert.deepEqual(
      files.map(({ name, bytes }) => [name, Buffer.from(bytes as Uint8Array).toString()]),
      [
        ['a.automerge', 'a'],
        ['b.automerge', 'b'],
      ],
    );
  });
});
