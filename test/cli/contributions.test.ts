import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { Cli, communityCli, communityConfig } from './harness.ts';

const forum = [
  '{"node": "forum/user/ada", "time": null}',
  '{"person": "forum/user/ada", "name": "Ada L.", "time": "2025-01-05T00:00:00Z"}',
  '{"node": "forum/post/1", "time": "2025-01-06T00:00:00Z", "label": "Hello"}',
  '{"edge": "forum/wrote/1", "from": "forum/post/1", "to": "forum/user/ada", "time": "2025-01-06T00:00:00Z"}',
];

function cliWith(files: Readonly<Record<string, string>> = {}): Cli {
  const cli = new Cli();
  cli.write('prorata.yaml', communityConfig);
  for (const [name, text] of Object.entries(files)) cli.write(name, text);
  return cli;
}

describe('test/cli/contributions', () => {
  it('applies other weights and another sharing as new rules, once, and refuses another factor', async () => {
    using cli = await communityCli();
    const first = communityConfig.replace('{forum/user: 0}', '{forum/user: 0, forum/post/1: 5}');
    const second = first.replace('"10000"}', '"10000", sharing: {mix: {slow: "0.5"}, minimum: "7"}}');
    const keysOf = async (text: string): Promise<unknown> => {
      cli.write('prorata.yaml', text);
      const { differences, events } = await cli.json('apply');
      assert.match(await cli.ok('apply'), /is as the file says/);
      return [events.length, differences.map(({ key, from, to }: any) => `${key}: ${from} -> ${to}`)];
    };
    assert.deepEqual(await keysOf(first), [1, ['scoring.weights.nodes.forum/post/1: none -> 5']]);
    assert.deepEqual(await keysOf(second), [
      1,
      [
        'pools.community.sharing.policies: [{"policy":"immediate","part":"1/5","lookback":1},{"policy":"balanced","part":"4/5","lookback":0}] -> [{"policy":"immediate","part":"1/2","lookback":1},{"policy":"balanced","part":"1/2","lookback":0}]',
        'pools.community.sharing.minimum: none -> 7',
      ],
    ]);
    const rules = JSON.parse((await cli.ok('events --json')).trim().split('\n').at(-1)!);
    assert.equal(rules.sharing.minimum, '7');
    assert.equal(rules.scoring, undefined);
    const before = (await cli.json('status')).head;
    cli.write('prorata.yaml', second.replace('model: cred\n', 'model: cred\n  factor: "1000"\n'));
    assert.match((await cli.run('apply')).err, /definition-fixed.*1000000 units a cred -> cred, 1000 units a cred/);
    assert.equal((await cli.json('status')).head, before);
    cli.write(
      'factor.jsonl',
      '{"kind":"rules","key":"r","time":"2025-01-20T00:00:00Z","scoring":{"model":"cred","factor":"1000"}}\n',
    );
    assert.match((await cli.run('ingest factor.jsonl')).err, /scoring-factor-fixed/);
    assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
  });

  it('speaks of contributions and people by their names wherever a program is shown', async () => {
    using cli = await communityCli();
    assert.match(await cli.ok('status'), /; 5 nodes, 4 edges, 2 people \(2 active\), 4 payouts\n/);
    const { graph, people } = await cli.json('status');
    assert.deepEqual(
      [graph, people],
      [
        { nodes: 5, edges: 4 },
        { all: 2, active: 2 },
      ],
    );
    assert.match(await cli.ok('tail --what payouts'), /^1 {2}period 1 {2}community {2}@(ada|bo) {2}/);
    assert.match(await cli.ok('tail --what scores --json --limit 1'), /"name":"(ada|bo)"/);
    const checked = await cli.ok('check');
    assert.match(checked, /weights of nodes: forum\/user 0\n {2}weights of edges: all 1, back 1\n/);
    assert.match(checked, /sharing 1\/5 immediate \(1 period\), 4\/5 balanced \(a lifetime\)\n/);
    const { scoring, sharing } = await cli.json('check');
    assert.deepEqual(scoring.weights.nodes, { 'forum/user': '0' });
    assert.equal(sharing.policies.length, 2);
  });

  it('says that people whom nobody knew are not paid yet, unless they are made active', async () => {
    using cli = cliWith({ 'forum.jsonl': `${forum.join('\n')}\n` });
    assert.match(await cli.ok('init other.yaml --template cred'), /then prorata ingest REPOSITORY --format git\n/);
    assert.match(
      await cli.ok('ingest forum.jsonl --format graph --at 2025-01-05T00:00:00Z'),
      /1 identity made of people whom nobody knew: not active, so not paid yet \(prorata people activate\)\n/,
    );
    assert.match(await cli.ok('advance --to 2025-01-12T00:00:00Z'), /nobody to pay 10\.00/);
  });

  it('excludes people by their names, and nobody whom it does not know', async () => {
    using cli = await communityCli();
    const { err } = await cli.run('exclude ad');
    assert.match(err, /account-unknown/);
    assert.match(await cli.ok('exclude @ADA'), /^recorded exclude @ada /);
    await cli.ok('advance --to 2025-01-26T00:00:00Z');
    assert.match(await cli.ok('account ada'), /: excluded\n/);
    assert.match(await cli.ok('include ada'), /^recorded include @ada /);
    assert.doesNotMatch(await cli.ok('account ada'), /: excluded\n/);
  });

  it('takes a plain graph, once, and says what it was', async () => {
    using cli = cliWith({ 'forum.jsonl': `${forum.join('\n')}\n` });
    const out = await cli.ok('ingest forum.jsonl --format graph --activate');
    assert.match(out, /6 recorded/);
    assert.match(out, /1 identity made/);
    const again = await cli.json('ingest forum.jsonl --format graph --quiet');
    assert.equal(again.files[0].recorded, 0);
    await cli.ok('advance --to 2025-01-12T00:00:00Z');
    const why = await cli.json('explain ada-l');
    assert.equal(why.name, 'Ada-L');
    assert.equal(why.sharing.paid, '1000');
    assert.deepEqual(
      why.sharing.policies.map((line: any) => [line.policy, line.amount]),
      [
        ['immediate', '200'],
        ['balanced', '800'],
      ],
    );
    assert.equal((await cli.json('account @Ada-L')).paid.liquid, '1000');
    assert.match(await cli.ok('scores'), /@Ada-L/);
    assert.match(await cli.ok('verify'), /all \d+ invariants hold/);
  });

  it('names the line that is wrong, and takes nothing', async () => {
    using cli = cliWith({ 'forum.jsonl': `${[...forum, '{"node": "x", "tme": null}', '{"edge": "e"}'].join('\n')}\n` });
    const { code, err } = await cli.run('ingest forum.jsonl --format graph');
    assert.equal(code, 3);
    assert.match(err, /forum\.jsonl:5: \[graph-field-unknown\].*Did you mean "time"/);
    assert.match(err, /forum\.jsonl:6: \[/);
    const partly = await cli.run('ingest forum.jsonl --format graph --partial');
    assert.equal(partly.code, exitCodes.partly);
    assert.match(partly.out, /5 recorded/);
  });

  it('removes what a complete source does not give any more, and leaves out edges to nowhere', async () => {
    using cli = cliWith({ 'forum.jsonl': `${forum.join('\n')}\n` });
    await cli.ok('ingest forum.jsonl --format graph --no-people');
    cli.write(
      'forum.jsonl',
      `${forum.slice(0, 2).join('\n')}\n{"edge": "forum/wrote/9", "from": "forum/post/9", "to": "forum/user/ada", "time": 0}\n`,
    );
    const out = await cli.ok('ingest forum.jsonl --format graph --no-people --complete forum');
    assert.match(out, /0 new, 0 changed, 2 gone/);
    assert.match(out, /1 edge left out/);
  });

  it('refuses a source for a program of another model, several folders at once, and what is no source', async () => {
    using cli = await communityCli();
    cli.write(
      'stakes.yaml',
      communityConfig
        .replace('model: cred', 'model: stake-time')
        .replace(/ {2}weights:\n.*\n/, '')
        .replace(/ {2}rounds:.*\n/, '  entries: []\n')
        .replace('grain', 'stakes'),
    );
    cli.write('g.jsonl', `${forum[0]}\n`);
    const refusals: readonly (readonly [line: string, code: string])[] = [
      ['ingest g.jsonl --format graph --config stakes.yaml', 'model-differs'],
      ['cred top --config stakes.yaml', 'program-unknown'],
      ['ingest nothing --format git', 'file-not-found'],
      ['ingest . --format sourcecred', 'instance-unrecognized'],
      ['ingest . . --format sourcecred', 'option-invalid'],
      ['ingest . --format documents', 'documents-none'],
      ['cred diff --from 1', 'option-invalid'],
      ['cred person zed', 'account-unknown'],
      ['cred contribution forum/post/9', 'cred-contribution-unknown'],
      ['cred top --period 99', 'period-unknown'],
    ];
    for (const [line, wanted] of refusals) {
      const { err, code } = await cli.run(`${line} --json`);
      assert.notEqual(code, 0, line);
      assert.equal(JSON.parse(err).error?.code ?? JSON.parse(err).code, wanted, `${line}: ${err}`);
    }
  });

  it('takes what people wrote into documents, and shows in one what came of it', async () => {
    using cli = await communityCli();
    mkdirSync(cli.path('space'));
    assert.match(await cli.ok('publish space'), /5 nodes, 2 people, 4 payouts/);
    assert.match(await cli.ok('publish space'), /showed all of it already/);
    const { openDocuments } = await import('../../src/documents/index.ts');
    const documents = await openDocuments();
    const shown = await documents.readFolder(cli.path('space'));
    assert.equal(shown.files.length, 1);
  });

  it('begins a program where an instance of SourceCred stopped', async () => {
    using cli = new Cli();
    mkdirSync(cli.path('inst/output'), { recursive: true });
    cli.write(
      'inst/output/weightedGraph.json',
      JSON.stringify([
        { type: 'sourcecred/weightedGraph', version: '0.1.0' },
        {
          graphJSON: [
            { type: 'sourcecred/graph', version: '0.8.0' },
            {
              sortedNodeAddresses: [
                ['a', 'post', '1'],
                ['a', 'user', 'ada'],
              ],
              nodes: [
                { index: 0, timestampMs: 1_600_000_000_000, description: 'Hello' },
                { index: 1, timestampMs: null, description: 'ada' },
              ],
              edges: [{ address: ['a', 'wrote', '1'], srcIndex: 0, dstIndex: 1, timestampMs: 1_600_000_000_000 }],
            },
          ],
          weightsJSON: [
            { type: 'sourcecred/weights', version: '0.2.0' },
            { nodeWeights: { 'N\0a\0post\0': 4 }, edgeWeights: { 'E\0a\0wrote\0': { forwards: 1, backwards: 0.5 } } },
          ],
        },
      ]),
    );
    assert.match(await cli.ok('init --from inst --program moved'), /wrote prorata\.yaml/);
    await cli.ok('check');
    const out = await cli.ok('ingest inst --format sourcecred');
    assert.match(out, /program moved created/);
    assert.match(out, /2 nodes, 1 edge/);
    assert.match(await cli.ok('cred top --contributions'), /a\/post\/1 +Hello/);
    const { code } = await cli.run('init --from inst --template cred --force');
    assert.equal(code, 3);
  });
});
