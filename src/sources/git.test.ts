import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { ada, bo, type NewCommit, Repository } from '../../test/git/repository.ts';
import { addressOf, isAddress, isBelow, partsOf } from '../core/scoring/cred/address.ts';
import { credGraphOf } from '../core/scoring/cred/graph.ts';
import { edgeWeights, nodeWeights } from '../core/scoring/cred/weights.ts';
import { type GitOptions, type GitReading, gitPrefixes, gitRecords, gitWeights, readGit } from './git.ts';
import type { EdgeRecord, GraphRecord, NodeRecord, PersonRecord } from './graph/record.ts';

const key = (record: GraphRecord): string =>
  record.what === 'edge' ? `edge ${record.edge}` : `${record.what} ${record.node}`;

async function all(folder: string, options: GitOptions = {}): Promise<{ records: GraphRecord[]; reading: GitReading }> {
  const generator = gitRecords(folder, options);
  const records: GraphRecord[] = [];
  for (let step = await generator.next(); ; step = await generator.next()) {
    if (step.done === true) return { records, reading: step.value };
    records.push(step.value);
  }
}

const edgesOf = (records: readonly GraphRecord[], kind: string): EdgeRecord[] =>
  records.filter((record): record is EdgeRecord => record.what === 'edge' && isBelow(record.edge, `git/${kind}`));
const nodesOf = (records: readonly GraphRecord[]): NodeRecord[] =>
  records.filter((record): record is NodeRecord => record.what === 'node');
const peopleOf = (records: readonly GraphRecord[]): PersonRecord[] =>
  records.filter((record): record is PersonRecord => record.what === 'person');
/** Weights of commits and merges by the last part of their address; "1" where a record says nothing. */
const weightsOf = (records: readonly GraphRecord[]): Map<string, string> =>
  new Map(nodesOf(records).map(({ node, weight = '1' }) => [partsOf(node).at(-1)!, weight]));

describe('src/sources/git', () => {
  let repository: Repository;
  const made: Repository[] = [];
  const another = (bare = true): Repository => {
    const next = new Repository({ bare });
    made.push(next);
    return next;
  };
  beforeEach(() => {
    repository = another();
  });
  afterEach(() => {
    for (const one of made.splice(0)) one.remove();
  });
  const commit = (options: NewCommit): string => {
    const id = repository.commit(options);
    repository.branch('main', id);
    return id;
  };
  const read = (options: GitOptions = {}) => all(repository.folder, { name: 'r', ...options });

  describe('records', () => {
    it('are a node for each commit, people, and edges to people and to what a commit builds on', async () => {
      const first = commit({ time: '1700000000 +0530', message: 'Begin\n\nWith a reason.\n' });
      const second = commit({ parents: [first], author: bo, time: '1700000060 +0000', message: 'Go on' });
      const { records, reading } = await read({ url: 'https://example.org/c/{commit}' });
      const at = 1_700_000_000_000;
      const [one, two] = [`git/commit/r/${first}`, `git/commit/r/${second}`];
      const person = { what: 'person', type: 'USER' };
      assert.deepEqual(records, [
        { what: 'node', node: 'git/repository/r', at: null, label: 'r' },
        { what: 'node', node: one, at, label: 'Begin', url: `https://example.org/c/${first}` },
        { what: 'edge', edge: `git/contains/r/${first}`, from: 'git/repository/r', to: one, at },
        { ...person, node: 'git/author/ada@example.org', name: 'Ada', description: `git author ${ada}`, at },
        {
          what: 'edge',
          edge: `git/authors/r/${first}/ada@example.org`,
          from: one,
          to: 'git/author/ada@example.org',
          at,
        },
        { what: 'node', node: two, at: at + 60_000, label: 'Go on', url: `https://example.org/c/${second}` },
        { what: 'edge', edge: `git/contains/r/${second}`, from: 'git/repository/r', to: two, at: at + 60_000 },
        { ...person, node: 'git/author/bo@example.org', name: 'Bo', description: `git author ${bo}`, at: at + 60_000 },
        {
          ...{ what: 'edge', edge: `git/authors/r/${second}/bo@example.org`, from: two },
          ...{ to: 'git/author/bo@example.org', at: at + 60_000 },
        },
        { what: 'edge', edge: `git/builds-on/r/${second}/${first}`, from: two, to: one, at: at + 60_000 },
      ]);
      assert.equal(reading.whole, 'first');
      assert.deepEqual(reading.counts, { commits: 2, merges: 0, changed: 0, outside: 0 });
    });

    it('are alike in two clones, also in a bare one, whatever the name of the folder', async () => {
      const first = commit({ files: { '.mailmap': 'Ada L <ada@example.org> <old@example.org>' } });
      commit({
        parents: [first],
        files: { '.mailmap': 'Ada L <ada@example.org> <old@example.org>' },
        author: 'a <old@example.org>',
      });
      const clone = another(false);
      rmSync(clone.folder, { recursive: true });
      mkdirSync(clone.folder);
      clone.git('clone', '-q', repository.folder, '.');
      writeFileSync(join(clone.folder, '.mailmap'), 'Eve <eve@example.org> <old@example.org>'); // not committed: no effect
      const [bare, whole] = [await all(repository.folder), await all(clone.folder)];
      assert.deepEqual(whole.records, bare.records);
      assert.equal(bare.reading.name, first.slice(0, 12));
      assert.deepEqual(
        peopleOf(bare.records).map(({ node }) => node),
        ['git/author/ada@example.org'],
      );
      assert.deepEqual((await all(join(clone.folder, '.git'))).records, bare.records);
    });

    it('name a merge, its merged parents and who merged by kinds of their own; an octopus has several', async () => {
      const root = commit({});
      const [a, b] = [1, 2].map((i) => repository.commit({ parents: [root], message: `side ${i}` })) as [
        string,
        string,
      ];
      const octopus = commit({ parents: [root, a, b], author: bo, message: 'Merge' });
      const { records } = await read();
      assert.deepEqual(
        edgesOf(records, 'merges')
          .map(({ from, to }) => [from, to])
          .sort(),
        [a, b].map((side) => [`git/merge/r/${octopus}`, `git/commit/r/${side}`]).sort(),
      );
      assert.deepEqual(
        edgesOf(records, 'merged-by').map(({ from, to }) => [from, to]),
        [[`git/merge/r/${octopus}`, 'git/author/bo@example.org']],
      );
      assert.ok(edgesOf(records, 'builds-on').some(({ edge }) => edge === `git/builds-on/r/${octopus}/${root}`));
      const weightOf = nodeWeights(
        gitWeights.nodes.map(({ address, weight }) => ({ address, weight: Number(weight) })),
      );
      assert.deepEqual([`git/merge/r/${octopus}`, `git/commit/r/${a}`, 'git/repository/r'].map(weightOf), [0, 1, 0]);
    });

    it('take several roots, and parents that are named twice', async () => {
      const [a, b] = [repository.commit({ message: 'a' }), repository.commit({ message: 'b' })];
      commit({ parents: [a, b, b], message: 'm' });
      const { records, reading } = await all(repository.folder);
      assert.equal(new Set(records.map(key)).size, records.length);
      assert.equal(nodesOf(records).length, 4);
      assert.equal(reading.name, a.slice(0, 12)); // by first parents
    });

    it('come with nodes and people before the edges that need them, each once, and make a graph', async () => {
      const root = commit({});
      const side = repository.commit({ parents: [root], time: '0 +0000', author: bo });
      const main = repository.commit({ parents: [root], message: `x\n\nThis reverts commit ${side}.\n` });
      commit({ parents: [main, side], time: '0 +0000' });
      const { records } = await read();
      const there = new Set<string>();
      for (const record of records) {
        if (record.what === 'edge') assert.ok(there.has(record.from) && there.has(record.to), record.edge);
        else there.add(record.node);
      }
      const nodes = records.filter((record) => record.what !== 'edge');
      const graph = credGraphOf(
        nodes.map(({ node, at }) => ({ id: node, timestampMs: at, mint: 1 })),
        edgesOf(records, '').length === 0
          ? []
          : edgesOf(records, '').map(({ edge, from, to, at }) => ({
              ...{ id: edge, src: from, dst: to, timestampMs: at, forward: 1, backward: 0 },
            })),
      );
      assert.equal(graph.nodeIds.length, 7);
      const rules = gitWeights.edges.map(({ address, forward, backward }) => ({
        ...{ address, forward: Number(forward), backward: Number(backward) },
      }));
      assert.deepEqual(edgeWeights(rules)(`git/reverts/r/${main}/${side}`), { forward: 0, backward: 0 });
      for (const record of records) {
        const prefixes = record.what === 'edge' ? gitPrefixes('r').edges : gitPrefixes('r').nodes;
        const address = record.what === 'edge' ? record.edge : record.node;
        assert.ok(record.what === 'person' || prefixes.some((prefix) => isBelow(address, prefix)), address);
      }
    });
  });

  it('has its prefix weights in the documents', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/sources.md'), 'utf8');
    for (const { address, weight } of gitWeights.nodes)
      assert.ok(page.includes(`| \`${address}\` | ${weight} | `), address);
    for (const { address, forward, backward } of gitWeights.edges) {
      assert.ok(page.includes(`| \`${address}\` | ${forward} | ${backward} | `), address);
    }
  });

  it('reads a repository whose ids are SHA-256', async () => {
    const work = another(false);
    rmSync(join(work.folder, '.git'), { recursive: true });
    work.git('init', '-q', '--object-format=sha256', work.folder);
    work.git('commit', '-q', '--allow-empty', '-m', 'x');
    const first = work.git('rev-parse', 'HEAD');
    const { records, reading } = await all(work.folder, { paths: [], weights: { a: '2' } });
    assert.equal(first.length, 64);
    assert.deepEqual([...weightsOf(records).keys()], [first.slice(0, 12), first]);
    assert.equal((await all(work.folder, { weights: { a: '2' }, since: reading.bookmark })).reading.whole, null);
  });

  describe('people', () => {
    const authorOf = async (author: string | Buffer, headers = ''): Promise<PersonRecord | undefined> => {
      commit({ author, headers });
      return peopleOf((await read()).records)[0];
    };

    it('are one by their e-mail, whatever its case; the earliest commit names them', async () => {
      const first = commit({ author: 'Ada Late <ADA@Example.org>', time: '50 +0000' });
      commit({ parents: [first], author: 'Ada Early <ada@example.org>', time: '40 +0000' });
      const people = peopleOf((await read()).records);
      assert.deepEqual(
        people.map(({ node, name, at }) => [node, name, at]),
        [['git/author/ada@example.org', 'Ada Early', 40_000]],
      );
    });

    it('are named at one instant by the commit with the lowest id, then by its author', async () => {
      const ids = ['n0', 'n1', 'n2'].map((name) => {
        const author = `${name} <ada@example.org>`;
        return [repository.commit({ author, message: 'x\n\nCo-authored-by: Z <ada@example.org>\n' }), name] as const;
      });
      const [lowest] = ids.toSorted(([a], [b]) => (a < b ? -1 : 1));
      const revisions = ids.map(([id]) => id);
      for (const order of [revisions, revisions.toReversed()]) {
        const people = peopleOf((await read({ revisions: order })).records);
        assert.deepEqual(
          people.map(({ name }) => name),
          [lowest![1]],
        );
      }
    });

    it('follow the mailmap, odd lines included, as authors and as co-authors', async () => {
      const mailmap = [
        ...['# names', '', '<<<<<<', 'no brackets at all', 'Ada Byron <ada@example.org> <a@old.example>'],
        ...['Bo B <bo@example.org> Wrong Name <shared@example.org>', '> <', '\u0001'],
      ].join('\n');
      commit({
        files: { '.mailmap': mailmap },
        author: 'ada <A@old.example>',
        message: 'x\n\nCo-authored-by: Wrong Name <shared@example.org>\nCo-authored-by: Cy <shared@example.org>\n',
      });
      const { records } = await read();
      assert.deepEqual(
        peopleOf(records)
          .map(({ name, node }) => [name, node])
          .sort(),
        [
          ['Ada Byron', 'git/author/ada@example.org'],
          ['Bo B', 'git/author/bo@example.org'],
          ['Cy', 'git/author/shared@example.org'],
        ],
      );
    });

    it('are co-authors by trailers, each once, and not beside themselves', async () => {
      const id = commit({
        message: [
          ...[
            'Work together',
            '',
            'Co-authored-by: not a trailer <no@example.org>',
            '',
            'Signed-off-by: Ada <ada@example.org>',
          ],
          ...['co-authored-by: Bo <BO@example.org>', 'Co-Authored-By: B <bo@example.org>', 'Co-authored-by: nobody'],
          ...['Co-authored-by: Ada again <ada@example.org>', 'Co-authored-by: Long\n  Name <long@example.org>', ''],
        ].join('\n'),
      });
      const { records } = await read();
      assert.deepEqual(
        edgesOf(records, 'coauthors')
          .map(({ edge }) => edge)
          .sort(),
        [`git/coauthors/r/${id}/bo@example.org`, `git/coauthors/r/${id}/long@example.org`],
      );
      assert.deepEqual(
        peopleOf(records)
          .map(({ name }) => name)
          .sort(),
        ['Ada', 'Bo', 'Long Name'],
      );
    });

    it('are bots by the suffix of their name or e-mail', async () => {
      assert.equal((await authorOf('helper[bot] <h@example.org>'))?.type, 'BOT');
      assert.equal((await authorOf('helper <1+helper[bot]@example.org>'))?.type, 'BOT');
      assert.equal((await authorOf('robot <[bot]x@example.org>'))?.type, 'USER');
    });

    it('may have no name, no e-mail, or neither: then a commit has nobody', async () => {
      assert.deepEqual((await authorOf(' <ada@example.org>'))?.name, 'ada@example.org');
      assert.deepEqual((await authorOf('Ada <>'))?.node, 'git/author//Ada');
      assert.equal(await authorOf(' <>'), undefined);
      assert.equal(edgesOf((await read()).records, 'authors').length, 0);
    });

    it('have addresses that can be read back, whatever their e-mail is', async () => {
      const node = async (email: string) => (await authorOf(`X <${email}>`))!.node;
      assert.equal(await node('a/b%c@x'), addressOf(['git', 'author', 'a/b%c@x']));
      assert.deepEqual(partsOf(await node('a\tb')), ['git', 'author', 'a\tb']);
      const long = await node(`${'%'.repeat(300)}@x`);
      assert.match(long, /^git\/author\/sha256:[0-9a-f]{64}$/);
      assert.notEqual(await node(`${'%'.repeat(301)}@x`), long);
      const { records } = await read({ name: 'n'.repeat(200) });
      for (const record of records) assert.ok(isAddress(record.what === 'edge' ? record.edge : record.node));
    });

    it('are read in their encoding, and byte by byte where they have none', async () => {
      const latin = Buffer.from('J\u00fcrgen <j@example.org>', 'latin1');
      assert.equal((await authorOf(latin, 'encoding ISO-8859-1\n'))?.name, 'J\u00fcrgen');
      assert.equal((await authorOf(latin))?.name, 'J\u00fcrgen');
      assert.equal((await authorOf('J\u00fcrgen <j@example.org>'))?.name, 'J\u00fcrgen');
    });
  });

  it('labels a commit by one line of its subject, cut, without control characters; none without a subject', async () => {
    const labels = async (message: string | Buffer) => {
      const id = commit({ message });
      return nodesOf((await read()).records).find(({ node }) => node.endsWith(id))?.label;
    };
    assert.equal(await labels('One\ntwo\n\nthree'), 'One two');
    assert.equal(await labels('a\u001b[31mb\u0085'), 'a [31mb');
    assert.equal(await labels('\u{1f600}'.repeat(121)), `${'\u{1f600}'.repeat(117)}...`);
    assert.equal(await labels('\u{1f600}'.repeat(120)), '\u{1f600}'.repeat(120));
    assert.equal(await labels(Buffer.from('caf\u00e9', 'latin1')), 'caf\u00e9');
    assert.equal(await labels(''), undefined);
    assert.equal(await labels(`Big\n\n${'word '.repeat(1_000_000)}`), 'Big');
  });

  it('reads signed commits, and merges that carry a signed tag, like others', async () => {
    const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n';
    const first = commit({ headers: signature });
    repository.git('config', 'log.showSignature', 'true');
    repository.git('config', 'gpg.program', '/bin/false');
    assert.deepEqual([...weightsOf((await read()).records).keys()], ['r', first]);
  });

  describe('reverts', () => {
    const reverting = (id: string, more = ''): string => `Revert\n\nThis reverts commit ${id}${more}.\n`;

    it('take the weight of what they revert, and have none; as git revert writes them', async () => {
      const work = another(false);
      for (const name of ['a', 'b']) {
        writeFileSync(join(work.folder, name), name);
        work.git('add', '.');
        work.git('commit', '-q', '-m', name);
      }
      const target = work.git('rev-parse', 'HEAD');
      work.git('revert', '--no-edit', 'HEAD');
      const one = await all(work.folder, { name: 'r' });
      const revert = work.git('rev-parse', 'HEAD');
      assert.deepEqual(
        [target, revert].map((id) => weightsOf(one.records).get(id)),
        ['0', '0'],
      );
      assert.deepEqual(
        edgesOf(one.records, 'reverts').map(({ edge }) => edge),
        [`git/reverts/r/${revert}/${target}`],
      );
      assert.equal(edgesOf(one.records, 'contains').find(({ to }) => to.endsWith(target))?.forward, '0');

      work.git('revert', '--no-edit', 'HEAD');
      const two = weightsOf((await all(work.folder, { name: 'r' })).records);
      assert.deepEqual(
        [target, revert, work.git('rev-parse', 'HEAD')].map((id) => two.get(id)),
        ['1', '0', '0'],
      );

      const kept = weightsOf((await all(work.folder, { name: 'r', reverts: 'keep' })).records);
      assert.deepEqual([...kept.values()], ['1', '1', '1', '1', '1']);
    });

    it('of a merge take the weight of what the merge brought in', async () => {
      const root = commit({});
      const main = repository.commit({ parents: [root], message: 'main' });
      const side = repository.commit({ parents: [root], message: 'side' });
      const merge = repository.commit({ parents: [main, side], message: 'merge' });
      const revert = commit({ parents: [merge], message: reverting(merge, `, reversing\nchanges made to ${main}`) });
      const weights = weightsOf((await read()).records);
      assert.deepEqual(
        [root, main, side, revert].map((id) => weights.get(id)),
        ['1', '1', '0', '0'],
      );
      commit({ parents: [revert], message: reverting(revert) });
      assert.equal(weightsOf((await read()).records).get(side), '1');
    });

    it('count only at the start of a line, with a whole id, of a commit that is there', async () => {
      const root = commit({});
      const quoted = commit({ parents: [root], message: `x\n\n> This reverts commit ${root}.` });
      const short = commit({ parents: [quoted], message: reverting(root.slice(0, 12)) });
      commit({ parents: [short], message: reverting('1'.repeat(40)) });
      assert.deepEqual([...weightsOf((await read()).records).values()], ['1', '1', '1', '1', '1']);
    });
  });

  describe('paths and weights', () => {
    it('leave out commits that do not touch the paths, and the edges to them', async () => {
      const a = commit({ files: { 'docs/a': '1' }, message: 'a' });
      const b = commit({ parents: [a], files: { 'docs/a': '1', 'src/b': '1' }, author: bo, message: 'b' });
      const c = commit({ parents: [b], files: { 'docs/a': '2', 'src/b': '1' }, message: 'c' });
      const d = commit({ parents: [c], files: { 'docs/a': '3', 'src/b': '1' }, message: 'd' });
      const { records, reading } = await read({ paths: ['docs'] });
      assert.deepEqual([...weightsOf(records).keys()], ['r', a, c, d]);
      assert.deepEqual(
        edgesOf(records, 'builds-on').map(({ edge }) => edge),
        [`git/builds-on/r/${d}/${c}`],
      );
      assert.deepEqual(
        peopleOf(records).map(({ name }) => name),
        ['Ada'],
      );
      assert.equal(reading.counts.outside, 1);
      assert.deepEqual([...weightsOf((await read({ paths: [':(exclude)docs'] })).records).keys()], ['r', b]);
      assert.deepEqual([...weightsOf((await read({ paths: ['*b'] })).records).keys()], ['r', b]);
    });

    it('weigh a commit like its heaviest file, a file by the longest path above it, as exact decimals', async () => {
      const files = { 'docs/a': '', 'docs/guide': '', 'src/a': '', other: '' };
      const ids: string[] = [];
      for (const touched of ['docs/a', 'docs/guide', 'src/a', 'other']) {
        ids.push(
          commit({
            parents: ids.slice(-1),
            files: Object.fromEntries(Object.entries(files).slice(0, ids.length + 1)),
            message: touched,
          }),
        );
      }
      ids.push(commit({ parents: ids.slice(-1), files: { ...files, 'docs/a': '2', 'docs/guide': '2' } }));
      ids.push(
        commit({ parents: ids.slice(-1), files: { ...files, 'docs/a': '2', 'docs/guide': '2' }, message: 'empty' }),
      );
      const weights = { './docs/': '0.10', 'docs/guide': '0.100000000000000001', src: '1.0', '.': '0' };
      const found = weightsOf((await read({ weights })).records);
      assert.deepEqual(
        ids.map((id) => found.get(id)),
        ['0.1', '0.100000000000000001', '1', '0', '0.100000000000000001', '0'],
      );
      const plain = weightsOf((await read({ weights: { docs: '2' } })).records);
      assert.deepEqual(
        ids.map((id) => plain.get(id)),
        ['2', '2', '1', '1', '2', '1'],
      );
    });

    it('compare a merge with its first parent', async () => {
      const root = commit({ files: { a: '1' } });
      const side = repository.commit({ parents: [root], files: { a: '1', b: '1' } });
      const main = repository.commit({ parents: [root], files: { a: '2' } });
      const merge = commit({ parents: [main, side], files: { a: '2', b: '1' } });
      assert.deepEqual([...weightsOf((await read({ paths: ['b'] })).records).keys()].sort(), ['r', side, merge].sort());
      assert.ok(!weightsOf((await read({ paths: ['a'] })).records).has(merge));
    });

    it('take file names that look like ids or statuses, or are no text', async () => {
      const root = commit({ files: { A: '1' } });
      const next = commit({ parents: [root], files: { A: '1', [root]: 'x', M: 'x', ['a\nb']: 'x' } });
      const weights = { [root]: '3', 'a\nb': '2' };
      assert.equal(weightsOf((await read({ weights })).records).get(next), '3');
    });
  });

  describe('refuses', () => {
    const refused = async (options: GitOptions, code: string, kind: string): Promise<void> => {
      await assert.rejects(read(options), { code, kind });
    };

    it('a folder that is no repository, or lies within one, or is not there', async () => {
      commit({});
      const error = { code: 'git-not-a-repository', kind: 'not-found' };
      await assert.rejects(readGit(join(repository.folder, 'objects')), error);
      await assert.rejects(readGit(join(repository.folder, 'nothing-here')), error);
      const outside = join(another(false).folder, 'inner');
      mkdirSync(outside);
      await assert.rejects(readGit(outside), error);
    });

    it('a git program that is missing or cannot be run', async () => {
      commit({});
      await refused({ program: 'no-such-git-program' }, 'git-missing', 'unavailable');
      const program = join(repository.folder, 'not-executable');
      writeFileSync(program, '');
      chmodSync(program, 0o644);
      await refused({ program }, 'git-missing', 'unavailable');
    });

    it('a repository without commits: it is not one whose commits are gone', async () => {
      await refused({}, 'git-empty', 'not-found');
    });

    it('a revision that is none, also one that looks like an option or a range, and an unborn HEAD', async () => {
      const first = commit({});
      for (const revision of [
        'nope',
        '--all',
        '-n1',
        `${first}..main`,
        `^${first}`,
        `${first}^{tree}`,
        '',
        '1'.repeat(40),
      ]) {
        await refused({ revisions: [revision] }, 'git-revision-unknown', 'not-found');
      }
      repository.git('symbolic-ref', 'HEAD', 'refs/heads/elsewhere');
      await refused({}, 'git-revision-unknown', 'not-found');
      assert.equal((await read({ revisions: ['main'] })).reading.counts.commits, 1);
    });

    it('a shallow clone, unless it is accepted, and then not without a name', async () => {
      const first = commit({});
      const second = commit({ parents: [first], author: bo });
      const clone = another(false);
      clone.git('fetch', '-q', '--depth=1', `file://${repository.folder}`, 'main');
      clone.git('reset', '-q', '--hard', 'FETCH_HEAD');
      await assert.rejects(readGit(clone.folder), { code: 'git-shallow', kind: 'invalid-input' });
      await assert.rejects(readGit(clone.folder, { shallow: true }), { code: 'git-name-missing' });
      const { records, reading } = await all(clone.folder, { shallow: true, name: 'r' });
      assert.deepEqual([...weightsOf(records).keys()], ['r', second]);
      assert.equal(edgesOf(records, 'builds-on').length, 0);
      assert.equal(reading.whole, 'shallow');
      const again = await all(clone.folder, { shallow: true, name: 'r', since: reading.bookmark });
      assert.deepEqual(again.records, records); // whole again: its depth may have changed
      clone.git('fetch', '-q', '--unshallow', `file://${repository.folder}`, 'main');
      const since = again.reading.bookmark;
      const whole = await all(clone.folder, { name: 'r', since });
      assert.deepEqual([whole.reading.whole, ...weightsOf(whole.records).keys()], ['shallow', 'r', first, second]);
    });

    it('times that no date can hold, before the first record; such a commit can be left out', async () => {
      const first = commit({ time: '8640000000000 +0000' });
      assert.equal(nodesOf((await read()).records)[1]?.at, 8_640_000_000_000_000);
      for (const time of ['8640000000001 +0000', '18446744073709551616 +0000', '-5 +0000', '']) {
        const odd = commit({ parents: [first], time });
        const generator = gitRecords(repository.folder);
        await assert.rejects(generator.next(), { code: 'git-time-outside', facts: { commit: odd } });
        const last = commit({ parents: [odd] });
        const { records } = await read({ ignore: [odd] });
        assert.deepEqual([...weightsOf(records).keys()], ['r', first, last]);
        assert.equal(edgesOf(records, 'builds-on').length, 0);
      }
    });

    it('a damaged repository, with what git says', async () => {
      const first = commit({ files: { a: '1' } });
      const second = commit({ parents: [first], files: { a: '2' } });
      rmSync(repository.pathOf(first));
      await assert.rejects(read(), ({ code, message }: { code: string; message: string }) => {
        assert.equal(code, 'git-failed');
        assert.match(message, /^git rev-list: fatal: .*[0-9a-f]{40}/);
        return true;
      });
      rmSync(repository.pathOf(second));
      await refused({}, 'git-failed', 'unavailable');
    });

    it('a tree that is damaged, where trees are read', async () => {
      const first = commit({ files: { 'a/b': '1' } });
      rmSync(repository.pathOf(repository.git('rev-parse', `${first}:a`)));
      assert.equal((await read()).reading.counts.commits, 1);
      await refused({ paths: ['a/b'] }, 'git-failed', 'unavailable');
    });

    it('options that cannot be', async () => {
      commit({});
      for (const options of [
        ...[
          { name: '' },
          { name: 'n'.repeat(201) },
          { name: '\ud800' },
          { revisions: [] },
          { paths: [':(nonsense)a'] },
        ],
        ...[{ ignore: ['main'] }, { weights: { a: '1', 'a/': '2' } }, { paths: ['a\0b'] }],
      ]) {
        await refused(options, 'git-option-invalid', 'invalid-input');
      }
      await refused({ weights: { a: 'heavy' } }, 'amount-malformed', 'invalid-input');
      await refused({ weights: { a: '-1' } }, 'amount-negative', 'invalid-input');
      await refused({ since: 'yesterday' }, 'git-bookmark-malformed', 'invalid-input');
      await refused({ since: '{"format":"prorata-git-1"}' }, 'git-bookmark-malformed', 'invalid-input');
    });
  });

  it('hears neither the environment, nor replaced objects, grafts, notes, or the settings of the repository', async () => {
    const first = commit({ message: 'first' });
    const second = commit({ parents: [first], message: 'second\n\nCo-authored-by: Bo <bo@example.org>\n' });
    const before = await read();
    assert.equal(edgesOf(before.records, 'coauthors').length, 1);
    const stand = repository.commit({ message: 'replaced', author: bo });
    repository.git('replace', second, stand);
    writeFileSync(join(repository.folder, 'info/grafts'), `${second}\n`);
    writeFileSync(join(repository.folder, 'mailmap'), 'Eve <eve@example.org> <ada@example.org>');
    const settings = {
      ...{ 'log.mailmap': 'false', 'mailmap.file': join(repository.folder, 'mailmap'), 'color.ui': 'always' },
      ...{ 'log.date': 'raw', 'i18n.logOutputEncoding': 'UTF-16', 'log.showRoot': 'false', 'trailer.separators': '#' },
      ...{
        'core.notesRef': 'refs/heads/main',
        'log.decorate': 'full',
        'log.diffMerges': 'on',
        'format.pretty': 'oneline',
      },
    };
    for (const [name, value] of Object.entries(settings)) repository.git('config', name, value);
    const saved = { ...process.env };
    Object.assign(process.env, {
      GIT_DIR: '/',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.bare',
      GIT_CONFIG_VALUE_0: 'x',
    });
    try {
      assert.deepEqual((await read()).records, before.records);
    } finally {
      process.env = saved;
    }
  });

  it('ends the programs that it has started when its reader stops early', async () => {
    let last: string[] = [];
    for (let i = 0; i < 100; i += 1) {
      last = [commit({ parents: last, files: { a: `${i}` }, message: `${i} ${'long '.repeat(1000)}` })];
    }
    const running = (): boolean => process.getActiveResourcesInfo().includes('ProcessWrap');
    let seen = false;
    for await (const record of gitRecords(repository.folder, { paths: ['a'] })) {
      seen = running();
      if (record.what === 'edge') break;
    }
    assert.equal(seen, true);
    for (let i = 0; i < 100 && running(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(running(), false);
  });

  describe('incremental reading', () => {
    it('gives what is new, with the edges it needs, and nothing where nothing is', async () => {
      const first = commit({});
      const one = await read();
      const second = commit({ parents: [first], author: bo });
      const two = await read({ since: one.reading.bookmark });
      assert.equal(two.reading.whole, null);
      assert.deepEqual(two.records.map(key), [
        ...['node git/repository/r', `node git/commit/r/${second}`, `edge git/contains/r/${second}`],
        ...['person git/author/bo@example.org', `edge git/authors/r/${second}/bo@example.org`],
        `edge git/builds-on/r/${second}/${first}`,
      ]);
      const three = await read({ since: two.reading.bookmark });
      assert.deepEqual(three.records, []);
      assert.equal(three.reading.whole, null);
      assert.equal(three.reading.bookmark, two.reading.bookmark);
    });

    it('gives an older commit again when a revert changes its weight', async () => {
      const first = commit({ message: 'first' });
      const one = await read();
      const revert = commit({ parents: [first], message: `x\n\nThis reverts commit ${first}.` });
      const two = await read({ since: one.reading.bookmark });
      assert.deepEqual(
        [first, revert].map((id) => weightsOf(two.records).get(id)),
        ['0', '0'],
      );
      assert.equal(two.reading.counts.changed, 1);
      commit({ parents: [revert], message: `x\n\nThis reverts commit ${revert}.` });
      const three = await read({ since: two.reading.bookmark });
      assert.deepEqual(
        [first, revert].map((id) => weightsOf(three.records).get(id)),
        ['1', undefined],
      );
    });

    it('reads all where history, mailmap or options are others, and says why', async () => {
      const first = commit({});
      const second = commit({ parents: [first] });
      const { bookmark } = (await read()).reading;
      const whole = async (options: GitOptions = {}) => (await read({ since: bookmark, ...options })).reading.whole;
      assert.equal(await whole({ paths: ['a'] }), 'options-changed');
      assert.equal(await whole({ weights: { a: '2' } }), 'options-changed');
      assert.equal(await whole({ reverts: 'keep' }), 'options-changed');
      commit({ parents: [second], files: { '.mailmap': 'Ada L <ada@example.org>' } });
      assert.equal(await whole(), 'mailmap-changed');
      commit({ parents: [first], message: 'amended' });
      assert.equal(await whole(), 'history-rewritten');
      rmSync(repository.pathOf(second)); // the old tip is not even there any more
      assert.equal(await whole(), 'history-rewritten');
    });

    it('refuses the bookmark of another repository or name, as all that was read would be taken for gone', async () => {
      commit({});
      const { bookmark } = (await read()).reading;
      await assert.rejects(read({ since: bookmark, name: 'other' }), { code: 'git-bookmark-other', kind: 'conflict' });
      const other = another();
      other.branch('main', other.commit({ message: 'unrelated' }));
      await assert.rejects(readGit(other.folder, { since: bookmark }), { code: 'git-bookmark-other' });
    });

    it('goes on under the name of the bookmark', async () => {
      const first = commit({});
      const { bookmark } = (await read()).reading;
      commit({ parents: [first] });
      assert.equal((await all(repository.folder, { since: bookmark })).reading.name, 'r');
    });

    it('gives a revert again when what it reverts comes in later, from another branch', async () => {
      const root = commit({});
      const elsewhere = repository.commit({ parents: [root], message: 'elsewhere' });
      const revert = commit({ parents: [root], message: `x\n\nThis reverts commit ${elsewhere}.` });
      const one = await read();
      assert.equal(weightsOf(one.records).get(revert), '1');
      commit({ parents: [revert, elsewhere], message: 'merge' });
      for (const reverts of ['undo', 'keep'] as const) {
        const since = (await read({ reverts, revisions: [revert] })).reading.bookmark;
        const { records } = await read({ reverts, since });
        const expected = reverts === 'undo' ? ['0', '0'] : [undefined, '1'];
        assert.deepEqual(
          [revert, elsewhere].map((id) => weightsOf(records).get(id)),
          expected,
        );
        assert.equal(edgesOf(records, 'reverts').length, 1);
      }
    });

    it('gives a person again whom a commit names first that is left out, if the person is there', async () => {
      const first = commit({ files: { a: '1' }, author: 'Ada Late <ada@example.org>', time: '50 +0000' });
      const second = commit({ parents: [first], files: { a: '1', b: '1' }, author: bo, time: '50 +0000' });
      const { bookmark } = (await read({ paths: ['a'] })).reading;
      const third = commit({ parents: [second], files: { a: '1' }, author: 'Bo Early <bo@example.org>' });
      commit({ parents: [third], files: { a: '1', b: '2' }, author: 'Ada Early <ada@example.org>' });
      const { records } = await read({ paths: ['a'], since: bookmark });
      assert.deepEqual(
        peopleOf(records).map(({ name, at }) => [name, at]),
        [['Ada Early', 1000]],
      );
    });

    it('leads edges to older commits only where they touch the paths', async () => {
      const first = commit({ files: { a: '1' } });
      const second = commit({ parents: [first], files: { a: '1', b: '1' } });
      const message = `x\n\nThis reverts commit ${first}.\nThis reverts commit ${second}.`;
      const third = commit({ parents: [second], files: { a: '3', b: '1' }, message });
      for (const reverts of ['undo', 'keep'] as const) {
        const options = { paths: ['a'], reverts };
        const { bookmark } = (await read({ ...options, revisions: [second] })).reading;
        const { records } = await read({ ...options, since: bookmark });
        assert.deepEqual([...weightsOf(records).keys()], ['r', third, ...(reverts === 'undo' ? [first] : [])]);
        assert.deepEqual(
          edgesOf(records, 'reverts').map(({ to }) => to),
          [`git/commit/r/${first}`],
        );
        assert.deepEqual(edgesOf(records, 'builds-on'), []);
      }
    });

    const emails = ['ada@example.org', 'bo@example.org', 'Cy@example.org', ''];
    const step = fc.record({
      parents: fc.array(fc.nat(), { maxLength: 3 }),
      author: fc.nat(3),
      coauthor: fc.option(fc.nat(3)),
      reverts: fc.array(fc.nat(), { maxLength: 2 }),
      time: fc.nat(30),
      file: fc.constantFrom('a', 'b/c', 'b/d', ''),
      stop: fc.integer({ min: 0, max: 5 }),
    });

    it('in any stages gives what one read of the whole gives', async () => {
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 14 }),
        fc.constantFrom<GitOptions>(
          {},
          { reverts: 'keep' },
          { paths: ['b'] },
          { weights: { b: '0.5', 'b/d': '3' } },
          { paths: ['a', 'b/c'], weights: { a: '2' } },
        ),
        async (steps, options) => {
          const history = another();
          const commits: { id: string; files: Record<string, string> }[] = [];
          const stages: string[][] = [];
          let heads = new Set<string>();
          for (const [i, { parents, author, coauthor, reverts, time, file, stop }] of steps.entries()) {
            const chosen = i === 0 ? [] : [...new Set(parents.map((parent) => commits[parent % i]!))];
            const files = { ...chosen[0]?.files, ...(file === '' ? {} : { [file]: `${i}` }) };
            const lines = i === 0 ? [] : reverts.map((target) => `This reverts commit ${commits[target % i]!.id}.`);
            const trailer = coauthor === null ? '' : `\n\nCo-authored-by: c${i} <${emails[coauthor]}>`;
            const id = history.commit({
              ...{ parents: chosen.map(({ id }) => id), files, time: `${time} +0000` },
              author: `n${i} <${emails[author]}>`,
              message: `${i}\n\n${lines.join('\n')}${trailer}\n`,
            });
            commits.push({ id, files });
            heads = new Set([...heads, id].filter((head) => !chosen.some((parent) => parent.id === head)));
            // A stage may see only some of the heads; what an earlier one saw stays reachable.
            const before = stages.at(-1);
            if (stop === 0) stages.push([...heads]);
            else if (stop === 1 && before === undefined) stages.push([id]);
            else if (stop === 1) stages.push([...new Set([...before!, id])]);
          }
          stages.push([...heads]);
          const kept = new Map<string, GraphRecord>();
          let since: string | null = null;
          for (const revisions of stages) {
            const { records, reading } = await all(history.folder, { ...options, name: 'r', revisions, since });
            assert.equal(reading.whole, since === null ? 'first' : null);
            assert.equal(new Set(records.map(key)).size, records.length);
            for (const record of records) kept.set(key(record), record);
            since = reading.bookmark;
          }
          const whole = await all(history.folder, { ...options, name: 'r', revisions: stages.at(-1)! });
          const sorted = (records: Iterable<GraphRecord>) => [...records].sort((a, b) => (key(a) < key(b) ? -1 : 1));
          assert.deepEqual(sorted(kept.values()), sorted(whole.records));
          history.remove();
        },
      );
      await fc.assert(property, { numRuns: 10 });
    });
  });
});
