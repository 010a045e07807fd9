import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { nodeWeights } from '../core/scoring/cred/weights.ts';
import { credDefaults } from '../core/scoring/cred/parameters.ts';
import { rational } from '../core/money/rational.ts';
import { identityAddress } from '../core/token/names.ts';
import type { NodeRecord } from './graph/record.ts';
import { type InstanceOptions, readInstance, type SourceCredInstance } from './sourcecred.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

type Files = Readonly<Record<string, unknown>>;

/** Texts and bytes as they are, anything else as JSON. */
function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-sourcecred-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, path), raw ? content : JSON.stringify(content));
  }
  return folder;
}

const read = (files: Files, options?: InstanceOptions): Promise<SourceCredInstance> =>
  readInstance(folderOf(files), options);

const ids = { ada: 'aaaaaaaaaaaaaaaaaaaaaA', bo: 'bbbbbbbbbbbbbbbbbbbbbA', cy: 'yyyyyyyyyyyyyyyyyyyyyA' };
const adaNode = 'N\0forum\0user\0ada\0';
let uuids = 0;
const event = (action: unknown): unknown => {
  uuids += 1;
  return { action, ledgerTimestamp: 5, uuid: `${String(uuids).padStart(21, 'z')}A`, version: '1' };
};
const created = (name: keyof typeof ids): unknown =>
  event({
    type: 'CREATE_IDENTITY',
    identity: {
      id: ids[name],
      name: name === 'bo' ? 'Bo' : name,
      subtype: 'USER',
      address: identityAddress(ids[name]),
      aliases: [],
    },
  });
const ledger = [
  created('ada'),
  created('bo'),
  created('cy'),
  event({ type: 'ADD_ALIAS', identityId: ids.ada, alias: { address: adaNode, description: 'ada' } }),
  event({ type: 'MERGE_IDENTITIES', base: ids.ada, target: ids.cy }),
];
const log = ledger.map((one) => JSON.stringify(one)).join('\n');

const weights = (nodes: object, edges: object): unknown => [
  { type: 'sourcecred/weights', version: '0.2.0' },
  { nodeWeights: nodes, edgeWeights: edges },
];
const graph = (content: object, weightsJSON: unknown = weights({}, {})): unknown => [
  { type: 'sourcecred/weightedGraph', version: '0.1.0' },
  { graphJSON: [{ type: 'sourcecred/graph', version: '0.8.0' }, content], weightsJSON },
];
const posts = {
  sortedNodeAddresses: [
    ['forum', 'post', 'https://forum.example', '1'],
    ['forum', 'user', 'ada'],
    ['forum', 'user', 'bo'],
    ['forum', 'gone'],
  ],
  nodes: [
    { index: 0, description: 'Hello,\n\nall', timestampMs: 1_600_000_000_000 },
    { index: 2, description: '', timestampMs: null },
  ],
  edges: [
    { srcIndex: 0, dstIndex: 1, address: ['forum', 'wrote', '1'], timestampMs: 1_600_000_000_001 },
    { srcIndex: 2, dstIndex: 3, address: ['forum', 'saw', '2'], timestampMs: 1_600_000_000_002 },
    { srcIndex: 3, dstIndex: 2, address: ['forum', 'saw', '1'], timestampMs: 1_600_000_000_002 },
  ],
};
const post = 'forum/post/https:%2F%2Fforum.example/1';
const instance = {
  'sourcecred.json': { bundledPlugins: ['sourcecred/forum'], credEquatePlugins: [] },
  'data/ledger.json': log,
  'output/graphs/sourcecred/forum/graph.json': graph(
    posts,
    weights(
      { 'N\0forum\0': 2, 'N\0forum\0post\0': 3, 'N\0': 1 },
      { 'E\0forum\0wrote\0': { forwards: 1, backwards: 0.5 } },
    ),
  ),
  'config/weights.json': weights({ 'N\0forum\0': 0.5, 'N\0forum\0post\0https://forum.example\x001\0': 7 }, {}),
};

describe('src/sources/sourcecred', () => {
  it('reads the graph, with nodes of people that only an edge names, and without dangling edges', async () => {
    const { records, dangling } = await read(instance);
    assert.deepEqual(records, [
      { what: 'node', node: post, at: 1_600_000_000_000, label: 'Hello, all' },
      { what: 'node', node: 'forum/user/bo', at: null },
      { what: 'node', node: 'forum/user/ada', at: null },
      { what: 'edge', edge: 'forum/wrote/1', from: post, to: 'forum/user/ada', at: 1_600_000_000_001 },
    ]);
    assert.deepEqual(dangling, { count: 2, edges: ['forum/saw/1', 'forum/saw/2'] });
  });

  it('makes labels and links of descriptions', async () => {
    const described = async (description: string): Promise<unknown> => {
      const nodes = [{ index: 0, description, timestampMs: 5 }];
      const { records } = await read({ 'output/weightedGraph.json': graph({ ...posts, nodes, edges: [] }) });
      const { what: _what, node: _node, at: _at, ...rest } = records[0] as NodeRecord;
      return rest;
    };
    const url = 'https://forum.example/t/1';
    assert.deepEqual(await described(`[#1 on [hot] Tea](${url})`), { label: '#1 on [hot] Tea', url });
    assert.deepEqual(await described(`[#1 on Tea](${url})`), { label: '#1 on Tea', url });
    assert.deepEqual(await described(`Issue [#1](${url}) by [ada](https://forum.example/ada)`), {
      label: 'Issue #1 by ada',
      url,
    });
    assert.deepEqual(await described('[x](javascript:alert(1))'), { label: '[x](javascript:alert(1))' });
    assert.deepEqual(await described('['.repeat(100_000)), { label: `${'['.repeat(253)}...` });
    assert.deepEqual(await described(''), {});
  });

  it('has the rules of weight, overridden, those of whole addresses too', async () => {
    const { settings } = await read(instance);
    assert.deepEqual(settings.edgeRules, [{ address: 'forum/wrote', forward: 1, backward: 0.5 }]);
    assert.deepEqual(settings.nodeRules, [
      { address: 'forum', weight: 0.5 },
      { address: 'forum/post', weight: 3 },
      { address: '', weight: 1 },
      { address: post, weight: 7 },
    ]);
    assert.equal(nodeWeights(settings.nodeRules)(post), 0.5 * 3 * 7);
    assert.equal(settings.parameters, credDefaults);
  });

  it('reads the log, and says which events are not taken here', async () => {
    assert.deepEqual((await read(instance)).ledger, ledger);
    assert.deepEqual((await read({ ...instance, 'data/ledger.json': ledger })).ledger, ledger);
    const repeated = await read({ 'data/ledger.json': `${log}\n${JSON.stringify(ledger[3])}` });
    assert.equal(repeated.ledger.length, 6);
    assert.deepEqual(
      repeated.refused.map(({ event, code }) => [event, code]),
      [[6, 'event-repeated']],
    );
    await assert.rejects(read({ 'data/ledger.json': '{"action":{}}' }), { code: 'token-log-malformed' });
  });

  it('says what it found and what not', async () => {
    const { found, absent } = await read(instance);
    assert.deepEqual(found, [
      'sourcecred.json',
      'output/graphs/sourcecred/forum/graph.json',
      'data/ledger.json',
      'config/weights.json',
    ]);
    assert.deepEqual(absent, [
      'config/pluginBudgets.json',
      'config/dependencies.json',
      'config/personalAttributions.json',
      'config/grain.json',
    ]);
  });

  it('finds graphs in any of their places, packed or not', async () => {
    const text = JSON.stringify(graph(posts));
    const wanted = (await read({ 'output/weightedGraph.json': text })).records;
    assert.equal(wanted.length, 2);
    const places: Files[] = [
      { 'output/weightedGraph.json.gz': gzipSync(text) },
      { 'output/weightedGraph': deflateSync(text) },
      { 'output/graphs/a/b/graph': deflateSync(text) },
      { 'output/graphs/a/b/graph.json': 'not looked at', 'output/graphs/a/b/graph': deflateSync(text) },
      { 'output/graphs/a/b/graph.json.gz': gzipSync(text) },
      { 'output/graph/forum/graph.json': text },
      { 'sourcecred.json': { bundledPlugins: ['a/b'] }, 'output/graphs/a/b/graph': deflateSync(text) },
      { 'output/graphs/a/b/graph.json': text, 'output/weightedGraph.json': 'not looked at' },
      {
        'sourcecred.json': { bundledPlugins: ['a/b'] },
        'output/graphs/a/b/graph': text,
        'output/graphs/a/b/graph.json': 'not looked at',
        'output/graphs/c/d/graph': 'of a plugin that is off',
      },
      { 'output/graphs/a/b/graph.json': text, 'output/graphs/c/d/graph.json': text },
      { 'output/graphs/a/b/graph.json': JSON.parse(text)[1].graphJSON },
    ];
    for (const files of places) {
      assert.deepEqual((await read(files)).records, wanted, Object.keys(files).join(' '));
    }
    const elsewhere = folderOf({ 'g.json': text, 'l.json': log, 'w.json': weights({ 'N\0': 9 }, {}) });
    const at = (name: string): string => join(elsewhere, name);
    const options = { graphs: [at('g.json')], ledger: at('l.json'), weights: at('w.json') };
    const named = await readInstance(folderOf({}), options);
    assert.deepEqual(
      [named.records.length, named.ledger.length, named.settings.nodeRules],
      [4, 5, [{ address: '', weight: 9 }]],
    );
    assert.deepEqual(named.found, [at('g.json'), at('l.json'), at('w.json')]);
    await assert.rejects(readInstance(elsewhere, { graphs: [at('none.json')] }), { code: 'source-not-found' });
  });

  it('reads budgets, dependencies and attributions, of identities as they are now', async () => {
    const { settings } = await read({
      ...instance,
      'config/pluginBudgets.json': {
        intervalLength: 'WEEKLY',
        plugins: { 'sourcecred/forum': [{ startTime: '2018-01-01', budget: 5000 }] },
      },
      'config/dependencies.json': [
        { id: ids.cy, name: 'old-name', periods: [{ startTime: '2021-02-20T21:28:00.651Z', weight: 0.05 }] },
        { name: 'BO', periods: [], autoInjectStartingPeriodWeight: 0.1, autoActivateOnIdentityCreation: true },
        { name: 'new', periods: [] },
      ],
      'config/personalAttributions.json': [
        {
          fromParticipantName: 'ada',
          recipients: [
            {
              toParticipantName: 'whatever',
              toParticipantId: ids.bo,
              proportions: [
                { startDate: '1/9/2021', decimalProportion: 0.2 },
                { startDate: '2021-11-01T02:00:00+02:00', decimalProportion: 0 },
              ],
            },
          ],
        },
      ],
    });
    assert.deepEqual(settings.budgets, [
      { prefix: 'sourcecred/forum', periods: [{ startMs: Date.UTC(2018, 0, 1), value: 5000 }] },
    ]);
    const startMs = Date.UTC(2021, 1, 20, 21, 28, 0, 651);
    assert.deepEqual(settings.dependencies, [
      { identity: ids.ada, name: 'old-name', periods: [{ startMs, value: 0.05 }], activate: false, startWeight: null },
      { identity: ids.bo, name: 'BO', periods: [], activate: true, startWeight: 0.1 },
      { identity: null, name: 'new', periods: [], activate: false, startWeight: null },
    ]);
    const proportions = [
      { timestampMs: Date.UTC(2021, 0, 9), value: 0.2 },
      { timestampMs: Date.UTC(2021, 10, 1), value: 0 },
    ];
    assert.deepEqual(settings.attributions, [{ from: ids.ada, recipients: [{ to: ids.bo, proportions }] }]);
  });

  it('reads how people are paid, in the form of today and the older one', async () => {
    const grainOf = async (grain: unknown): Promise<unknown> =>
      (await read({ ...instance, 'config/grain.json': grain })).settings.grain;
    const whole = 10n ** 18n;
    assert.deepEqual(
      await grainOf({
        allocationPolicies: [
          { policyType: 'BALANCED', budget: 1000, numIntervalsLookback: 0 },
          { policyType: 'RECENT', budget: '0.25', discount: 0.16, exclusions: [`${ids.bo} // bo`] },
          { policyType: 'SPECIAL', budget: '3', memo: 'm', recipient: ids.ada },
        ],
        maxSimultaneousDistributions: 2,
        accountingEnabled: false,
        sinkIdentity: 'bo',
      }),
      {
        policies: [
          { kind: 'balanced', budget: 1000n * whole, lookback: 0 },
          { kind: 'recent', budget: whole / 4n, discount: rational(4n, 25n), excluded: [ids.bo] },
          { kind: 'special', budget: 3n * whole, recipient: ids.ada, memo: 'm' },
        ],
        periodsMax: 2,
        accounting: false,
        sink: 'bo',
      },
    );
    assert.deepEqual(
      await grainOf({ immediatePerWeek: 5, balancedPerWeek: 0, recentPerWeek: '7', recentWeeklyDecayRate: 0.5 }),
      {
        policies: [
          { kind: 'immediate', budget: 5n * whole, lookback: 1 },
          { kind: 'recent', budget: 7n * whole, discount: rational(1n, 2n), excluded: [] },
        ],
        periodsMax: null,
        accounting: true,
        sink: null,
      },
    );
    assert.equal((await read(instance)).settings.grain, null);
  });

  it('says what is wrong, and where', async () => {
    const broken = (path: keyof typeof instance | `config/${string}`, content: unknown): Promise<unknown> =>
      read({ ...instance, [path]: content });
    const place = 'output/graphs/sourcecred/forum/graph.json';
    const other = (changes: object): unknown => graph({ ...posts, ...changes });
    const [label, { weightsJSON, graphJSON }] = graph(posts) as [
      object,
      { weightsJSON: unknown; graphJSON: unknown[] },
    ];
    const edge = posts.edges[0]!;
    const node = posts.nodes[0]!;
    const cases: [Promise<unknown>, string, string?][] = [
      [readInstance(join(tmpdir(), 'prorata-no-such-folder')), 'source-not-found'],
      [read({ 'config/grain.json': {} }), 'instance-unrecognized'],
      [broken(place, '[{]'), 'instance-json-malformed'],
      [broken('config/grain.json', '{"a":1,"a":2}'), 'instance-json-malformed'],
      [broken(place, gzipSync('x'.repeat(1000)).subarray(0, 15)), 'source-not-gzip'],
      [broken(place, {}), 'instance-field-invalid', ''],
      [broken(place, [label]), 'instance-field-invalid', ''],
      [broken(place, [{ type: 'sourcecred/credGraph', version: '0.1.0' }, {}]), 'instance-type-unknown'],
      [broken(place, [{ type: 'constructor', version: '0.1.0' }, {}]), 'instance-type-unknown'],
      [broken(place, [{ ...label, version: '0.2.0' }, {}]), 'instance-version-unknown'],
      [
        broken(place, [label, { weightsJSON, graphJSON: [{ type: 'sourcecred/graph', version: '0.7.0' }, posts] }]),
        'instance-version-unknown',
      ],
      [broken(place, [label, { weightsJSON: graphJSON, graphJSON }]), 'instance-type-unknown'],
      [
        broken(place, other({ edges: [{ ...edge, dstIndex: 4 }] })),
        'instance-graph-index',
        '[1].graphJSON[1].edges[0].dstIndex',
      ],
      [broken(place, other({ edges: [{ ...edge, srcIndex: -1 }] })), 'instance-graph-index'],
      [broken(place, other({ nodes: [{ ...node, index: 0.5 }] })), 'instance-graph-index'],
      [broken(place, other({ nodes: [{ ...node, index: 'length' }] })), 'instance-graph-index'],
      [broken(place, other({ nodes: [node, { ...node, timestampMs: 1 }] })), 'instance-graph-conflict'],
      [broken(place, other({ nodes: [{ ...node, timestampMs: 1.5 }] })), 'instance-field-invalid'],
      [broken(place, other({ nodes: [{ ...node, timestampMs: -1 }] })), 'instance-field-invalid'],
      [broken(place, other({ nodes: [{ ...node, timestampMs: 1e15 }] })), 'instance-field-invalid'],
      [broken(place, other({ edges: [{ ...edge, timestampMs: null }] })), 'instance-field-invalid'],
      [broken(place, other({ edges: [{ ...edge, address: ['a', 5] }] })), 'instance-field-invalid'],
      [broken(place, other({ nodes: undefined })), 'instance-field-invalid', '[1].graphJSON[1].nodes'],
      [broken('config/weights.json', weights({ 'E\0a\0': 1 }, {})), 'nul-address-malformed'],
      [broken('config/weights.json', weights({ 'N\0a\0': -1 }, {})), 'instance-field-invalid'],
      [
        broken('config/dependencies.json', [{ id: 'x', name: 'ada', periods: [] }]),
        'instance-identity-unknown',
        '[0].id',
      ],
      [
        broken('config/personalAttributions.json', [{ fromParticipantName: 'dee', recipients: [] }]),
        'instance-identity-unknown',
        '[0].fromParticipantName',
      ],
      [broken('config/pluginBudgets.json', { intervalLength: 'DAILY', plugins: {} }), 'instance-field-invalid'],
      [
        broken('config/pluginBudgets.json', {
          intervalLength: 'WEEKLY',
          plugins: { 'a/b': [{ startTime: '13/1/2021', budget: 1 }] },
        }),
        'instance-field-invalid',
        'plugins.a/b[0].startTime',
      ],
      [broken('sourcecred.json', { bundledPlugins: ['../../x'] }), 'instance-field-invalid', 'bundledPlugins[0]'],
      [broken('config/grain.json', { immediatePerWeek: -1 }), 'instance-field-invalid', 'immediatePerWeek'],
      [
        broken('config/grain.json', { allocationPolicies: [{ policyType: 'NOPE', budget: 1 }] }),
        'instance-field-invalid',
        'allocationPolicies[0]',
      ],
      [
        read({
          'output/graphs/a/b/graph.json': graph(posts, weights({ 'N\0a\0': 1 }, {})),
          'output/graphs/c/d/graph.json': graph(posts, weights({ 'N\0a\0': 2 }, {})),
        }),
        'instance-weight-conflict',
      ],
    ];
    const outcomes = await Promise.allSettled(cases.map(([promise]) => promise));
    for (const [i, [, code, field]] of cases.entries()) {
      const outcome = outcomes[i]!;
      assert.ok(outcome.status === 'rejected', `case ${i} was taken`);
      const { reason } = outcome as {
        readonly reason: { code?: string; facts?: Record<string, string>; message: string };
      };
      assert.equal(reason.code, code, reason.message);
      if (field !== undefined) assert.equal(reason.facts?.['field'], field);
    }
  });
});
