import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { credGraphOf } from '../core/scoring/cred/graph.ts';
import { contract } from '../core/scoring/cred/identities.ts';
import { intervalsOfGraph } from '../core/scoring/cred/intervals.ts';
import { credDefaults } from '../core/scoring/cred/parameters.ts';
import { credByParticipant, solveCred } from '../core/scoring/cred/solve.ts';
import { edgeWeights, nodeWeights } from '../core/scoring/cred/weights.ts';
import { isAddress } from '../core/scoring/cred/address.ts';
import { attemptRecord } from './graph/read-record.ts';
import type { GraphRecord } from './graph/record.ts';
import { type GithubExport, type GithubGraphOptions, githubWeights, readGithub } from './github.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

type Files = Readonly<Record<string, unknown>>;

/** Texts and bytes as they are, anything else as JSON. */
function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'prorata-github-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, path), raw ? content : JSON.stringify(content));
  }
  return folder;
}

const read = (files: Files, options?: GithubGraphOptions): Promise<GithubExport> =>
  readGithub([folderOf(files)], options);

const time = (day: number): string => `2025-03-${String(day).padStart(2, '0')}T10:00:00Z`;
const at = (day: number): number => Date.parse(time(day));
const web = 'https://github.com/Tea/Pot';
const api = 'https://api.github.com/repos/Tea/Pot';
const sha = 'c0ffee'.repeat(6) + 'c0ff';

const user = (login: string, type = 'User'): object => ({
  login,
  type,
  id: 1,
  html_url: `https://github.com/${login}`,
});
const counts = { url: `${api}/x/reactions`, total_count: 3, '+1': 2, heart: 1 };

/** As REST gives them. */
const rest = {
  issue: {
    url: `${api}/issues/1`,
    html_url: `${web}/issues/1`,
    node_id: 'I_1',
    id: 901,
    number: 1,
    title: 'It leaks',
    body: 'From the spout',
    user: user('Ada'),
    comments: 1,
    reactions: counts,
    created_at: time(1),
    updated_at: time(9),
  },
  pullAsIssue: {
    url: `${api}/issues/2`,
    html_url: `${web}/pull/2`,
    number: 2,
    title: 'Mend the spout',
    body: 'Fixes #1, thanks @ada and @nobody',
    user: user('bo'),
    pull_request: { url: `${api}/pulls/2`, merged_at: time(5) },
    created_at: time(2),
  },
  pull: {
    url: `${api}/pulls/2`,
    html_url: `${web}/pull/2`,
    issue_url: `${api}/issues/2`,
    number: 2,
    title: 'Mend the spout',
    body: 'Fixes #1, thanks @ada and @nobody',
    user: user('bo'),
    created_at: time(2),
    merged_at: time(5),
    merge_commit_sha: sha,
  },
  comment: {
    url: `${api}/issues/comments/31`,
    html_url: `${web}/issues/1#issuecomment-31`,
    issue_url: `${api}/issues/1`,
    id: 31,
    node_id: 'IC_31',
    user: user('cy'),
    body: 'Mine too, see #2',
    created_at: time(3),
    reactions: counts,
  },
  review: {
    id: 41,
    node_id: 'PRR_41',
    user: user('Ada'),
    body: '',
    state: 'APPROVED',
    html_url: `${web}/pull/2#pullrequestreview-41`,
    pull_request_url: `${api}/pulls/2`,
    submitted_at: time(4),
  },
  reviewComment: {
    url: `${api}/pulls/comments/51`,
    html_url: `${web}/pull/2#discussion_r51`,
    pull_request_url: `${api}/pulls/2`,
    pull_request_review_id: 41,
    id: 51,
    node_id: 'PRRC_51',
    diff_hunk: '@@ -1 +1 @@',
    user: user('Ada'),
    body: 'Tighter here',
    created_at: time(4),
  },
  reaction: { id: 61, content: 'heart', user: user('bo'), created_at: time(3), subject_url: `${api}/issues/1` },
};

/** The same as `gh --json` gives them, with reactions as GraphQL has them. */
const gh = {
  issue: {
    number: 1,
    title: 'It leaks',
    body: 'From the spout',
    url: `${web}/issues/1`,
    createdAt: time(1),
    author: { id: 'U_1', is_bot: false, login: 'Ada', name: 'Ada' },
    comments: [
      {
        id: 'IC_31',
        author: { login: 'cy' },
        authorAssociation: 'NONE',
        body: 'Mine too, see #2',
        createdAt: time(3),
        url: `${web}/issues/1#issuecomment-31`,
        reactionGroups: [],
      },
    ],
    reactionGroups: [{ content: 'HEART', users: { totalCount: 1 } }],
    reactions: { nodes: [{ content: 'HEART', createdAt: time(3), user: { login: 'bo' } }] },
  },
  pull: {
    number: 2,
    title: 'Mend the spout',
    body: 'Fixes #1, thanks @ada and @nobody',
    url: `${web}/pull/2`,
    createdAt: time(2),
    mergedAt: time(5),
    mergeCommit: { oid: sha },
    author: { is_bot: false, login: 'bo' },
    closingIssuesReferences: [{ id: 'I_1', number: 1, url: `${web}/issues/1` }],
    comments: [],
    reviews: [
      {
        id: 'PRR_41',
        author: { login: 'Ada' },
        body: '',
        state: 'APPROVED',
        submittedAt: time(4),
        commit: { oid: sha },
      },
    ],
  },
};

const restFiles = {
  'issues.json': [rest.issue, rest.pullAsIssue],
  'pulls.json': [rest.pull],
  'reviews.json': [rest.review],
  'comments.json': [rest.comment],
  'review-comments.json': [rest.reviewComment],
  'reactions.json': [rest.reaction],
};

/** `gh --json` does not say where a review is. */
function withoutReviewLink(record: GraphRecord): GraphRecord {
  if (record.what !== 'node' || !record.node.startsWith('github/review/')) return record;
  const { url: _, ...rest } = record;
  return rest;
}

const addressesOf = (records: readonly GraphRecord[]): string[] =>
  records.map((record) => (record.what === 'node' ? record.node : record.what === 'edge' ? record.edge : record.node));
const edgesOf = ({ records }: GithubExport): string[] =>
  records.filter((record) => record.what === 'edge').map(({ edge, from, to }) => `${edge}: ${from} > ${to}`);

async function accepted(files: Files, options?: GithubGraphOptions): Promise<GithubExport> {
  const result = await read(files, options);
  assert.deepEqual(result.refused, []);
  return result;
}

describe('src/sources/github', () => {
  it('makes nodes, persons and edges of what REST gives', async () => {
    const { records, leftOut } = await accepted(restFiles, { commits: 'all' });
    assert.deepEqual(records.slice(0, 4), [
      {
        what: 'node',
        node: 'github/comment/tea/pot/1/31',
        at: at(3),
        label: 'comment on pot#1',
        url: `${web}/issues/1#issuecomment-31`,
      },
      { what: 'node', node: 'github/issue/tea/pot/1', at: at(1), label: 'pot#1 It leaks', url: `${web}/issues/1` },
      { what: 'node', node: 'github/pull/tea/pot/2', at: at(2), label: 'pot#2 Mend the spout', url: `${web}/pull/2` },
      { what: 'node', node: 'github/reaction/heart/issue/tea/pot/1/bo', at: at(3), label: 'heart of @bo' },
    ]);
    assert.deepEqual(addressesOf(records).slice(4, 14), [
      'github/repo/tea/pot',
      'github/review-comment/tea/pot/2/51',
      'github/review/tea/pot/2/PRR_41',
      'github/user/ada',
      'github/user/bo',
      'github/user/cy',
      'github/user/ada',
      'github/user/bo',
      'github/user/cy',
      'github/authors/comment/tea/pot/1/31/cy',
    ]);
    assert.deepEqual(records[10], {
      what: 'person',
      node: 'github/user/ada',
      name: 'Ada',
      description: 'GitHub user Ada',
      type: 'USER',
      at: at(1),
    });
    const [comment, issue, pull] = ['comment/tea/pot/1/31', 'issue/tea/pot/1', 'pull/tea/pot/2'];
    const [review, note] = ['review/tea/pot/2/PRR_41', 'review-comment/tea/pot/2/51'];
    const wanted: [relation: string, from: string, to: string][] = [
      [`authors/${comment}/cy`, 'user/cy', comment],
      [`authors/${issue}/ada`, 'user/ada', issue],
      [`authors/${pull}/bo`, 'user/bo', pull],
      [`authors/${note}/ada`, 'user/ada', note],
      [`authors/${review}/ada`, 'user/ada', review],
      [`belongs-to/${issue}`, issue, 'repo/tea/pot'],
      [`belongs-to/${pull}`, pull, 'repo/tea/pot'],
      [`closes/${pull}/${issue}`, pull, issue],
      [`comments-on/${comment}`, comment, issue],
      [`comments-on/${note}`, note, review],
      [`mentions/${pull}/ada`, pull, 'user/ada'],
      [`reacts-to/heart/${issue}/bo`, `reaction/heart/${issue}/bo`, issue],
      [`reacts/heart/${issue}/bo`, 'user/bo', `reaction/heart/${issue}/bo`],
      [`references/${comment}/${pull}`, comment, pull],
      [`reviews/${review}`, review, pull],
    ];
    const texts = wanted.map((parts) => parts.map((part) => `github/${part}`)).map(([a, b, c]) => `${a}: ${b} > ${c}`);
    texts.push(`github/merged-as/${pull}: github/${pull} > git/commit/${sha}`);
    assert.deepEqual(
      edgesOf({ records } as GithubExport),
      texts.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    assert.equal(leftOut.size, 0);
  });

  it('makes the same of what gh --json gives, and of both together', async () => {
    const { 'review-comments.json': _, ...without } = restFiles;
    const wanted = (await accepted(without)).records;
    const issueText = JSON.stringify([gh.issue]);
    for (const files of [
      { 'a.json': [gh.issue], 'b.json': [gh.pull] },
      { 'b.jsonl': `${JSON.stringify(gh.pull)}\n${JSON.stringify(gh.issue)}\n` },
      { 'all.json': `${issueText}${JSON.stringify([gh.pull])}` },
      { 'slurped.json.gz': gzipSync(JSON.stringify([[gh.pull], [gh.issue]])) },
    ]) {
      const { records } = await accepted(files);
      assert.deepEqual(records, wanted.map(withoutReviewLink), Object.keys(files).join(' '));
    }
    assert.deepEqual((await accepted({ ...without, 'gh.json': [gh.pull, gh.issue] })).records, wanted);
  });

  it('gives the same from files in another order, or given by hand', async () => {
    const folder = folderOf(restFiles);
    const paths = Object.keys(restFiles).map((name) => join(folder, name));
    const [a, b] = [await readGithub([folder]), await readGithub(paths.toReversed())];
    assert.deepEqual(a.records, b.records);
    assert.deepEqual(b.files, paths.toReversed());
  });

  it('gives records that can be read back, edges only between nodes', async () => {
    const { records } = await accepted({ ...restFiles, 'gh.json': [gh.issue, gh.pull] });
    const nodes = new Set(records.filter((record) => record.what === 'node').map(({ node }) => node));
    const addresses = addressesOf(records.filter(({ what }) => what !== 'person'));
    assert.equal(new Set(addresses).size, addresses.length);
    for (const record of records) {
      if (record.what === 'edge') {
        assert.ok(nodes.has(record.from) && nodes.has(record.to), record.edge);
        assert.ok(isAddress(record.edge));
      }
      const { what, at: instant, ...rest } = record;
      const fields: Record<string, unknown> = { ...rest, time: instant };
      if (what === 'person') {
        fields['person'] = record.node;
        delete fields['node'];
      }
      assert.deepEqual(attemptRecord(fields), { ok: true, record });
    }
  });

  it('gives nothing for reviewing or applauding oneself, and nothing to or from elsewhere', async () => {
    const self = { ...rest.review, id: 42, node_id: 'PRR_42', user: user('BO') };
    const pending = { ...rest.review, id: 43, node_id: 'PRR_43', state: 'PENDING', submitted_at: undefined };
    const inner = {
      ...rest.reviewComment,
      id: 52,
      html_url: `${web}/pull/2#discussion_r52`,
      pull_request_review_id: 42,
      user: user('bo'),
    };
    const orphan = { ...rest.comment, html_url: `${web}/issues/9#issuecomment-32`, body: 'tea/cup#1 and #8, @cy' };
    const { leftOut, records } = await accepted(
      {
        ...restFiles,
        'more.json': [self, pending, inner, orphan],
        'reactions-2.json': [
          { ...rest.reaction, user: user('aDA') },
          { ...rest.reaction, user: null },
          { ...rest.reaction, subject_url: `${web}/issues/77` },
          rest.reaction,
        ],
      },
      { commits: new Set(['0'.repeat(40)]) },
    );
    assert.deepEqual(Object.fromEntries(leftOut), {
      'self-review': 1,
      'pending-review': 1,
      'self-reaction': 1,
      'reaction-of-deleted-user': 1,
      'reaction-elsewhere': 1,
      'parent-elsewhere': 1,
      'reference-elsewhere': 2,
      'commit-elsewhere': 1,
    });
    const edges = records.filter((record) => record.what === 'edge');
    assert.equal(
      edges.find(({ edge }) => edge === 'github/comments-on/review-comment/tea/pot/2/52')?.to,
      'github/pull/tea/pot/2',
    );
    assert.ok(!addressesOf(records).some((address) => /PRR_4[23]|merged-as|mentions.*cy|reaction.*ada/.test(address)));
  });

  it('leads to a commit only where that is known, and only from what was merged', async () => {
    const open = { ...rest.pull, html_url: `${web}/pull/3`, number: 3, merged_at: null };
    const files = { 'pulls.json': [rest.pull, open] };
    const merges = async (options: GithubGraphOptions): Promise<number> =>
      edgesOf(await accepted(files, options)).filter((edge) => edge.includes('merged-as')).length;
    assert.equal(await merges({}), 0);
    assert.equal(await merges({ commits: new Set([sha]) }), 1);
    assert.equal(await merges({ commits: 'all' }), 1);
  });

  it('knows bots, organizations and the deleted in both shapes', async () => {
    const authors: unknown[] = [
      user('dependabot[bot]', 'Bot'),
      { login: 'app/dependabot', is_bot: true },
      { login: 'dependabot', __typename: 'Bot' },
      user('tea', 'Organization'),
      user('ghost'),
      { login: '' },
      null,
    ];
    const issues = authors.map((author, i) => ({
      ...gh.issue,
      author,
      url: `${web}/issues/${i}`,
      comments: [],
      reactions: [],
    }));
    const { records } = await accepted({ 'x.json': issues });
    const persons = records
      .filter((record) => record.what === 'person')
      .map(({ node, name, type }) => ({ node, name, type }));
    assert.deepEqual(persons, [
      { node: 'github/user/dependabot[bot]', name: 'dependabot[bot]', type: 'BOT' },
      { node: 'github/user/tea', name: 'tea', type: 'ORGANIZATION' },
    ]);
    assert.equal(records.filter((record) => record.what === 'edge' && record.edge.includes('/authors/')).length, 4);
  });

  it('takes no bot for a person because its kind was not said', async () => {
    const comment = { ...gh.issue.comments[0]!, author: { login: 'Helper' } };
    const issue = { ...gh.issue, comments: [comment] };
    const typesWith = async (author: object): Promise<unknown[]> =>
      (await accepted({ 'x.json': [issue, { ...gh.pull, author, reviews: [] }] })).records
        .filter((record) => record.what === 'person')
        .map(({ node, type }) => `${node} ${type}`);
    assert.deepEqual(await typesWith({ login: 'app/helper', is_bot: true }), [
      'github/user/ada USER',
      'github/user/bo USER',
      'github/user/helper[bot] BOT',
    ]);
    assert.deepEqual(await typesWith({ login: 'bo', is_bot: false }), [
      'github/user/ada USER',
      'github/user/bo USER',
      'github/user/helper USER',
    ]);
  });

  it('reads references in titles, which close nothing and open no comment', async () => {
    const pull = { ...rest.pull, title: 'Fixes #1 <!-- ```', body: 'see #4' };
    const other = { ...rest.issue, html_url: `${web}/issues/4`, number: 4 };
    const edges = edgesOf(await accepted({ 'x.json': [rest.issue, other, pull] })).map((edge) => edge.split(':')[0]);
    const [source, relation] = ['pull/tea/pot/2', 'github/references'];
    assert.deepEqual(
      edges.filter((edge) => /closes|references/.test(edge!)),
      [`${relation}/${source}/issue/tea/pot/1`, `${relation}/${source}/issue/tea/pot/4`],
    );
  });

  it('refuses single objects by number, and goes on', async () => {
    const { created_at: _, ...timeless } = rest.issue;
    const { user: _user, ...nameless } = rest.issue;
    const { subject_url: _subject, ...loose } = rest.reaction;
    const { refused, records } = await read({
      'a.json': [
        timeless,
        nameless,
        loose,
        { sha, commit: {} },
        5,
        { ...rest.issue, user: { login: 'a b' } },
        rest.pull,
      ],
      'b.json': [
        { ...rest.issue, created_at: '2025-03-01' },
        { ...gh.issue, comments: [5] },
        { ...rest.issue, title: 7 },
      ],
    });
    assert.deepEqual(
      refused.map(({ file, item, code, field }) => `${file.slice(-6)} ${item} ${code} ${field ?? '-'}`),
      [
        'a.json 1 event-field-missing created_at',
        'a.json 2 event-field-missing author',
        'a.json 3 github-reaction-subject -',
        'a.json 4 github-item-unknown -',
        'a.json 5 github-item-unknown -',
        'a.json 6 event-field-invalid author.login',
        'b.json 1 time-without-zone created_at',
        'b.json 2 event-field-invalid comments',
        'b.json 3 event-field-invalid title',
      ],
    );
    assert.ok(addressesOf(records).includes('github/pull/tea/pot/2'));
  });

  it('says where there is nothing to read', async () => {
    await assert.rejects(readGithub([join(tmpdir(), 'prorata-no-such-folder')]), { code: 'source-not-found' });
    const folder = folderOf({ 'notes.txt': 'x' });
    mkdirSync(join(folder, 'sub'));
    await assert.rejects(readGithub([folder]), { code: 'github-empty' });
    await assert.rejects(read({ 'x.json': '[{]' }), { code: 'github-json-malformed' });
  });

  it('has rules of weight for all of it, under which everybody gets their part', async () => {
    const { records } = await accepted(restFiles);
    const [mintOf, weightOf] = [nodeWeights(githubWeights.nodes), edgeWeights(githubWeights.edges)];
    const nodes = records
      .filter((record) => record.what === 'node')
      .map(({ node, at: timestampMs }) => ({ id: node, timestampMs, mint: mintOf(node) }));
    const edges = records
      .filter((record) => record.what === 'edge')
      .map(({ edge, from, to, at: timestampMs }) => ({ id: edge, src: from, dst: to, timestampMs, ...weightOf(edge) }));
    const relations = new Set(edges.map(({ id }) => id.split('/')[1]!));
    const ruled = new Set(githubWeights.edges.map(({ address }) => address.split('/')[1]!));
    assert.deepEqual(
      [...relations].filter((relation) => !ruled.has(relation)),
      [],
    );
    const kinds = new Set(nodes.map(({ id }) => id.split('/')[1]!));
    const weighed = new Set(githubWeights.nodes.map(({ address }) => address.split('/')[1]!));
    assert.deepEqual(
      [...kinds].filter((kind) => !weighed.has(kind)),
      [],
    );

    const participants = records
      .filter((record) => record.what === 'person')
      .map(({ name, node }) => ({ id: name, nodeId: node }));
    const merged = contract(
      { nodes, edges },
      participants.map(({ nodeId }) => ({ id: nodeId, aliases: [] })),
    );
    const graph = credGraphOf(merged.nodes, merged.edges);
    const intervals = intervalsOfGraph('weeks', graph);
    const scores = solveCred({ graph, participants, intervals, attributions: [], parameters: credDefaults });
    const [ada, bo, cy] = credByParticipant(scores) as unknown as [number, number, number];
    const minted = 1 + 4 + 2 + 0.5 + 0.5;
    assert.ok(Math.abs(ada + bo + cy - minted) < 1e-9);
    assert.ok(ada > cy && bo > cy && cy > 0);
    const { '-1': none, '+1': one } = { '-1': weightOf('github/reacts/-1/x'), '+1': weightOf('github/reacts/+1/x') };
    assert.deepEqual([none.forward, one.forward], [0, 1]);
  });
});
