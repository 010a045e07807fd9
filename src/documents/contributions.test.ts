import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import * as automerge from '@automerge/automerge';
import fc from 'fast-check';
import type { SpaceDocument } from './automerge.ts';
import { reloaded } from './bytes.ts';
import { recordsOf } from './contributions.ts';
import { newDocument } from './kinds.ts';
import { mergeInto } from './merge.ts';

const seed = Number(process.env['SEED'] ?? 20_252);

type Entries = Record<string, unknown>;
interface Draft {
  nodes: Record<string, Entries>;
  edges: Record<string, Entries>;
  people: Record<string, Entries>;
}

/** What somebody does on a device of their own, which has the name `actor`. */
const edit = (document: SpaceDocument, actor: string, work: (draft: Draft) => void): SpaceDocument =>
  automerge.change(automerge.clone(document, { actor }), { time: 0 }, (draft) => work(draft as unknown as Draft));
const merge = (...documents: SpaceDocument[]): SpaceDocument =>
  documents.reduce((all, document) => mergeInto(automerge, all, document));
const read = (document: SpaceDocument) => recordsOf(automerge, reloaded(automerge, document));
const empty = newDocument(automerge, 'contributions');
const [ada, bo] = ['aa', 'bb'];

describe('src/documents/contributions', () => {
  it('gives nodes, people and edges, each by the bytes of their addresses', () => {
    const document = edit(empty, ada, (draft) => {
      draft.edges['e/1'] = { from: 'talk/é', to: 'person/ada', at: 5, forward: '1', backward: '0.5' };
      draft.people['person/ada'] = { name: 'ada', description: 'ada of the talks', type: 'USER', at: 3 };
      draft.nodes['talk/é'] = { at: new Date(5), label: 'A talk', url: 'https://example.org/1', weight: '2' };
      draft.nodes['talk/z'] = { at: null };
    });
    assert.deepEqual(read(document), {
      records: [
        { what: 'node', node: 'talk/z', at: null },
        { what: 'node', node: 'talk/é', at: 5, weight: '2', label: 'A talk', url: 'https://example.org/1' },
        { what: 'person', node: 'person/ada', name: 'ada', description: 'ada of the talks', type: 'USER', at: 3 },
        { what: 'edge', edge: 'e/1', from: 'talk/é', to: 'person/ada', at: 5, forward: '1', backward: '0.5' },
      ],
      refused: [],
      conflicts: [],
    });
  });

  it('has what two people added offline, also where each began a document alone', () => {
    const one = edit(newDocument(automerge, 'contributions'), ada, (draft) => {
      draft.nodes['talk/1'] = { at: 1 };
    });
    const other = edit(newDocument(automerge, 'contributions'), bo, (draft) => {
      draft.nodes['talk/2'] = { at: 2 };
      draft.edges['e/1'] = { from: 'talk/2', to: 'talk/1', at: 2 };
    });
    const both = read(merge(one, other));
    assert.deepEqual(
      both.records.map((record) => (record.what === 'edge' ? record.edge : record.node)),
      ['talk/1', 'talk/2', 'e/1'],
    );
    assert.deepEqual(both.conflicts, []);
    assert.deepEqual(read(merge(other, one)), both);
  });

  it('has a contribution once that both added, without a conflict when they say the same', () => {
    const add = (label: string) => (draft: Draft) => {
      draft.nodes['talk/1'] = { at: 1, label };
    };
    const same = read(merge(edit(empty, ada, add('A talk')), edit(empty, bo, add('A talk'))));
    assert.deepEqual(same, {
      records: [{ what: 'node', node: 'talk/1', at: 1, label: 'A talk' }],
      refused: [],
      conflicts: [],
    });

    const differing = merge(edit(empty, bo, add('The talk')), edit(empty, ada, add('A talk')));
    assert.deepEqual(read(differing), {
      records: [{ what: 'node', node: 'talk/1', at: 1, label: 'The talk' }],
      refused: [],
      conflicts: [
        { path: ['nodes', 'talk/1'], shown: { at: 1, label: 'The talk' }, others: [{ at: 1, label: 'A talk' }] },
      ],
    });
  });

  it('reports a field that both edited, shows one of the two to everybody, and is quiet once somebody decided', () => {
    const begun = edit(empty, ada, (draft) => {
      draft.nodes['talk/1'] = { at: 1, weight: '1' };
    });
    const weigh = (weight: string) => (draft: Draft) => {
      draft.nodes['talk/1']!['weight'] = weight;
    };
    const [two, three] = [edit(begun, ada, weigh('2')), edit(begun, bo, weigh('3'))];
    const merged = merge(two, three);
    assert.deepEqual(read(merged).records, [{ what: 'node', node: 'talk/1', at: 1, weight: '3' }]);
    assert.deepEqual(read(merged).conflicts, [{ path: ['nodes', 'talk/1', 'weight'], shown: '3', others: ['2'] }]);
    assert.deepEqual(read(merge(three, two)), read(merged));

    const decided = edit(merged, 'cc', weigh('2'));
    assert.deepEqual(read(decided), {
      records: [{ what: 'node', node: 'talk/1', at: 1, weight: '2' }],
      refused: [],
      conflicts: [],
    });
    assert.deepEqual(read(merge(three, decided, two)), read(decided));
  });

  it('removes what one removed while another edited it, and keeps what another wrote anew', () => {
    const begun = edit(empty, ada, (draft) => {
      draft.nodes['talk/1'] = { at: 1 };
      draft.nodes['talk/2'] = { at: 2 };
    });
    const removed = edit(begun, ada, (draft) => {
      delete draft.nodes['talk/1'];
      delete draft.nodes['talk/2'];
    });
    const edited = edit(begun, bo, (draft) => {
      draft.nodes['talk/1']!['label'] = 'A talk';
      draft.nodes['talk/2'] = { at: 2, label: 'Another talk' };
    });
    for (const merged of [merge(removed, edited), merge(edited, removed)]) {
      assert.deepEqual(read(merged), {
        records: [{ what: 'node', node: 'talk/2', at: 2, label: 'Another talk' }],
        refused: [],
        conflicts: [],
      });
    }
  });

  const mistakes: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['nodes', 5, 'document-malformed', /^Found 5; accepted: a map of addresses\.$/],
    ['edges/e', ['from', 'to'], 'document-malformed', /^Found \["from","to"\]; accepted: a map of fields\.$/],
    ['nodes/a%', { at: 1 }, 'document-address-malformed', /^Found the key "a%"; accepted: parts joined by/],
    ['nodes/n', {}, 'document-field-missing', /^Found no "at"; /],
    ['nodes/n', { at: '1' }, 'document-field-invalid', /^Found "at" to be "1"; accepted: whole milliseconds/],
    ['nodes/n', { at: 1.5 }, 'document-field-invalid', /1\.5/],
    ['nodes/n', { at: 8.64e15 + 1 }, 'document-field-invalid', /whole milliseconds/],
    ['nodes/n', { at: 12345678901234567890n }, 'document-field-invalid', /the number 12345678901234567890/],
    ['nodes/n', { at: 1, weight: 2 }, 'document-field-invalid', /^Found "weight" to be 2; accepted: a decimal .* text/],
    ['nodes/n', { at: 1, weight: '-2' }, 'document-field-invalid', /decimal/],
    ['nodes/n', { at: 1, weight: '1e3' }, 'document-field-invalid', /decimal/],
    ['nodes/n', { at: 1, label: 'a\nb' }, 'document-field-invalid', /one line/],
    ['nodes/n', { at: 1, label: 'é'.repeat(513) }, 'document-field-invalid', /up to 1024 bytes/],
    ['nodes/n', { at: 1, url: 'javascript:alert(1)' }, 'document-field-invalid', /https:/],
    ['nodes/n', { at: 1, url: 'https://a b' }, 'document-field-invalid', /https:/],
    [
      'nodes/n',
      { at: 1, wieght: '2' },
      'document-field-unknown',
      /"wieght"; accepted: at, weight, label, url\. Did you mean "weight"/,
    ],
    ['edges/e', { to: 'a', at: 1 }, 'document-field-missing', /"from"/],
    ['edges/e', { from: 'a', to: '', at: 1 }, 'document-field-invalid', /an address/],
    ['edges/e', { from: 'a', to: 'b', at: null }, 'document-field-invalid', /whole milliseconds/],
    ['people/p', { name: '', description: 'd', type: 'USER', at: 1 }, 'document-field-invalid', /"name"/],
    ['people/p', { name: 'p', description: 'd', type: 'user', at: 1 }, 'document-field-invalid', /USER, PROJECT/],
    ['nods', {}, 'document-field-unknown', /Did you mean "nodes"/],
  ];
  for (const [place, content, code, message] of mistakes) {
    it(`refuses ${place} with ${inspect(content, { breakLength: Infinity }).slice(0, 70)} as ${code}, and takes the rest`, () => {
      const path = place.split('/');
      const document = edit(empty, ada, (draft) => {
        draft.nodes['good'] = { at: 1 };
        draft.people['good'] = { name: 'ada', description: 'ada', type: 'BOT', at: 1 };
        const parent = (path.length === 1 ? draft : draft[path[0] as keyof Draft]) as Record<string, unknown>;
        parent[path.at(-1)!] = content;
      });
      const { records, refused } = read(document);
      assert.equal(refused.length, 1, JSON.stringify(refused));
      assert.equal(refused[0]!.code, code);
      assert.match(refused[0]!.message, message);
      assert.deepEqual(refused[0]!.path.slice(0, path.length), path);
      assert.equal(records.length, place === 'nodes' ? 1 : 2);
    });
  }

  it('names every mistake of an entry', () => {
    const document = edit(empty, ada, (draft) => {
      draft.edges['e'] = { from: 'a%', at: 'now', why: 'x' };
    });
    assert.deepEqual(
      read(document).refused.map(({ code, path }) => [code, path.join(' ')]),
      [
        ['document-field-invalid', 'edges e from'],
        ['document-field-missing', 'edges e to'],
        ['document-field-invalid', 'edges e at'],
        ['document-field-unknown', 'edges e why'],
      ],
    );
  });

  it('does not read fields that an entry inherits from a key "__proto__", which another client may write', () => {
    const written = edit(automerge.init(), ada, (draft) => {
      Object.assign(draft, { type: 'prorata/contributions', version: 1, nodes: { n: { proto_: { at: 1 } } } });
    });
    const changes = automerge.getAllChanges(written).map((bytes) => automerge.decodeChange(bytes));
    for (const op of changes.flatMap(({ ops }) => ops)) if (op.key === 'proto_') op.key = '__proto__';
    const bytes = changes.map(({ hash: _hash, ...change }) => automerge.encodeChange(change));
    const [document] = automerge.applyChanges(automerge.init<Record<string, unknown>>(), bytes);
    const node = (document['nodes'] as Record<string, Entries>)['n']!;
    assert.equal(node['at'], 1, 'the library does let it be inherited');
    assert.deepEqual(
      read(document).refused.map(({ code, path }) => [code, path.join(' ')]),
      [['document-field-missing', 'nodes n at']],
    );
  });

  it('refuses documents of another kind', () => {
    assert.throws(() => read(newDocument(automerge, 'space')), {
      code: 'document-unknown',
      message: 'Found the type "prorata/space"; accepted: "prorata/contributions", version 1.',
    });
  });

  it('misses no conflict by the order of merging, as the library does in memory', () => {
    const add = (document: SpaceDocument, where: string, label: string): SpaceDocument =>
      automerge.change(document, { time: 0 }, (draft) => {
        (draft as unknown as Draft).nodes[where] = { at: 1, label };
      });
    const [first, second, third] = ['00', '01', '02'].map((actor) => automerge.clone(empty, { actor })) as [
      SpaceDocument,
      SpaceDocument,
      SpaceDocument,
    ];
    const [a, b, c] = [add(add(first, 'a', 'x'), 'b', 'y'), add(second, 'b', 'y'), add(third, 'b', 'x')];
    const wanted = [{ path: ['nodes', 'b'], shown: { at: 1, label: 'y' }, others: [{ at: 1, label: 'x' }] }];
    assert.deepEqual(read(merge(a, b, c)).conflicts, wanted);
    assert.deepEqual(read(merge(c, b, a)).conflicts, wanted);
  });

  // Three people, some edits each, some merges in between.
  const anyEdit = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('add', 'label', 'remove', 'merge'),
    where: fc.constantFrom('a', 'b', 'c/d'),
    label: fc.constantFrom('x', 'y'),
    other: fc.nat(2),
  });

  it(`gives the same records, whatever the order in which documents are merged (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(anyEdit, { maxLength: 12 }), fc.nat(5), (edits, turn) => {
        const people = [0, 1, 2].map((person) => automerge.clone(empty, { actor: `0${person}` }));
        for (const { who, what, where, label, other } of edits) {
          const document = people[who]!;
          // The last merge keeps everybody's own actor, as their devices do.
          if (what === 'merge') people[who] = automerge.merge(document, automerge.clone(people[other]!));
          else {
            people[who] = automerge.change(document, { time: 0 }, (all) => {
              const { nodes } = all as unknown as Draft;
              if (what === 'add') nodes[where] = { at: 1, label };
              else if (what === 'remove') delete nodes[where];
              else if (nodes[where] !== undefined) nodes[where]['label'] = label;
            });
          }
        }
        const [a, b, c] = people as [SpaceDocument, SpaceDocument, SpaceDocument];
        const orders = [
          [a, b, c],
          [b, a, c],
          [c, b, a],
          [b, c, a],
          [a, c, b],
          [c, a, b, a, c],
        ];
        const first = read(merge(...orders[0]!));
        assert.deepEqual(first.refused, []);
        assert.deepEqual(read(merge(...orders[turn]!)), first);
        assert.deepEqual(read(mergeInto(automerge, a, mergeInto(automerge, b, c))), first);
        // What is shown is the same also in memory; conflicts may be missing there.
        assert.deepEqual(recordsOf(automerge, merge(c, a, b)).records, first.records);
      }),
      { seed, numRuns: 60 },
    );
  });
});
