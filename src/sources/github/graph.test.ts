import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { GraphRecord } from '../graph/record.ts';
import { GithubGraph } from './graph.ts';
import { type GithubItem, readItem } from './item.ts';

const web = 'https://github.com/tea/pot';
const api = 'https://api.github.com/repos/tea/pot';
const created_at = '2025-03-01T10:00:00Z';
const user = (login: string): object => ({ login, type: 'User' });

const issue = (number: number, fields: object = {}): object => ({
  html_url: `${web}/issues/${number}`,
  number,
  user: user('ada'),
  created_at,
  ...fields,
});
const pull = (number: number, fields: object = {}): object =>
  issue(number, { html_url: `${web}/pull/${number}`, ...fields });
const comment = (thread: number, id: number, fields: object = {}): object => ({
  html_url: `${web}/issues/${thread}#issuecomment-${id}`,
  user: user('bo'),
  created_at,
  ...fields,
});

function recordsOf(values: readonly object[]): GraphRecord[] {
  const graph = new GithubGraph();
  for (const item of values.flatMap((value): GithubItem[] => readItem(value) ?? [])) graph.add(item);
  return graph.records({ commits: 'all' });
}

/** From and to of all edges of some relations, without "github/" and the repository. */
const edgesOf = (values: readonly object[], ...relations: string[]): string[] =>
  recordsOf(values)
    .filter((record) => record.what === 'edge')
    .filter(({ edge }) => relations.includes(edge.split('/')[1]!))
    .map(({ edge, from, to }) => `${edge.split('/')[1]} ${from} > ${to}`.replaceAll(/(?:github|tea\/pot)\//g, ''));

describe('src/sources/github/graph', () => {
  describe('references', () => {
    const all = ['closes', 'references'];

    it('close issues only, and only from pull requests', () => {
      const body = 'fixes #1, fixes #3';
      const values = [issue(1), pull(3), pull(2, { body }), issue(4, { body }), comment(2, 9, { body })];
      assert.deepEqual(edgesOf(values, ...all), [
        'closes pull/2 > issue/1',
        'references comment/2/9 > issue/1',
        'references comment/2/9 > pull/3',
        'references issue/4 > issue/1',
        'references issue/4 > pull/3',
        'references pull/2 > pull/3',
      ]);
    });

    it('count once, as closing where any of them does, by whatever says so', () => {
      for (const body of ['fixes #1, see #1', 'see #1, fixes #1', '#1 fixes https://github.com/Tea/Pot/issues/1']) {
        assert.deepEqual(edgesOf([issue(1), pull(2, { body })], ...all), ['closes pull/2 > issue/1'], body);
      }
      const closingIssuesReferences = [{ number: 1, url: `${web}/issues/1` }];
      assert.deepEqual(edgesOf([issue(1), pull(2, { body: '#1', closingIssuesReferences })], ...all), [
        'closes pull/2 > issue/1',
      ]);
    });

    it('lead to a comment where that is known, else to what it was about; never to oneself or around', () => {
      const body = `${web}/issues/1#issuecomment-9 ${web}/issues/2#issuecomment-8 #3`;
      const values = [issue(1), issue(2), issue(3, { body }), comment(1, 9, { body: '#1' }), comment(3, 7, { body })];
      assert.deepEqual(edgesOf(values, ...all), [
        'references comment/3/7 > comment/1/9',
        'references comment/3/7 > issue/2',
        'references issue/3 > comment/1/9',
        'references issue/3 > issue/2',
      ]);
    });

    it('do not lead from a comment on code to the review that it is part of', () => {
      const review = {
        id: 5,
        node_id: 'R',
        html_url: `${web}/pull/2#pullrequestreview-5`,
        user: user('bo'),
        submitted_at: created_at,
      };
      const line = (id: number, review_id: number): object => ({
        html_url: `${web}/pull/2#discussion_r${id}`,
        pull_request_review_id: review_id,
        user: user('bo'),
        created_at,
        body: `${web}/pull/2#pullrequestreview-5`,
      });
      assert.deepEqual(edgesOf([pull(2), review, line(6, 5), line(7, 8)], ...all), [
        'references review-comment/2/7 > review/2/R',
      ]);
    });

    it('lead into other repositories that are in the export', () => {
      const other = issue(1, { html_url: 'https://github.com/Tea/Cup/issues/1' });
      assert.deepEqual(edgesOf([other, issue(2, { body: 'tea/cup#1 tea/cup#2' })], ...all), [
        'references issue/2 > issue/tea/cup/1',
      ]);
    });
  });

  it('puts together what several files say of one thing, whichever comes last', () => {
    const merged_at = created_at;
    const merge_commit_sha = 'a'.repeat(40);
    const whole = pull(2, { merged_at, merge_commit_sha, body: 'fixes #1', title: 'Mend' });
    const listed = pull(2, { pull_request: { merged_at }, title: 'Mend' });
    const review = { user: user('bo'), submitted_at: created_at, body: '' };
    const rest = { ...review, id: 5, node_id: 'PRR_5', html_url: `${web}/pull/2#pullrequestreview-5` };
    const viewed = pull(2, { reviews: [{ ...review, id: 'PRR_5' }] });
    const line = {
      html_url: `${web}/pull/2#discussion_r6`,
      pull_request_review_id: 5,
      user: user('bo'),
      created_at,
    };
    const wanted = recordsOf([issue(1), whole, rest, line]);
    const edges = edgesOf([issue(1), whole, rest, line], 'merged-as', 'closes', 'comments-on');
    assert.deepEqual(edges, [
      'closes pull/2 > issue/1',
      'comments-on review-comment/2/6 > review/2/PRR_5',
      `merged-as pull/2 > git/commit/${merge_commit_sha}`,
    ]);
    const parts = [issue(1), whole, listed, rest, viewed, line];
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) =>
        assert.deepEqual(recordsOf(shuffled), wanted),
      ),
    );
  });

  it('finds what a reaction is to by any address of it', () => {
    const line = { html_url: `${web}/pull/2#discussion_r6`, user: user('bo'), created_at };
    const review = {
      node_id: 'R',
      id: 5,
      html_url: `${web}/pull/2#pullrequestreview-5`,
      user: user('bo'),
      submitted_at: created_at,
    };
    const unnumbered = pull(3, { reviews: [{ id: 'PRR_8', author: { login: 'bo' }, submittedAt: created_at }] });
    const things = [issue(1), pull(2), comment(1, 9), line, review, unnumbered];
    const to = (subject_url: string): string[] =>
      edgesOf([...things, { content: 'heart', user: user('cy'), created_at, subject_url }], 'reacts-to').map(
        (edge) => edge.split(' > ')[1]!,
      );
    const cases: Record<string, string[]> = {
      [`${api}/issues/1`]: ['issue/1'],
      [`${api}/issues/1/reactions`]: ['issue/1'],
      [`${api}/issues/2`]: ['pull/2'],
      [`${api}/pulls/2`]: ['pull/2'],
      [`${api}/issues/comments/9`]: ['comment/1/9'],
      [`${api}/pulls/comments/6`]: ['review-comment/2/6'],
      [`${web}/issues/1#issuecomment-9`]: ['comment/1/9'],
      [`${web}/pull/2#pullrequestreview-5`]: ['review/2/R'],
      [`${web}/pull/3#pullrequestreview-8`]: [],
      [`${web}/issues/4`]: [],
    };
    for (const [url, wanted] of Object.entries(cases)) assert.deepEqual(to(url), wanted, url);
  });

  it('knows a comment by addresses of the API alone', () => {
    const { html_url: _, ...rest } = comment(1, 9) as { html_url: string };
    const bare = { ...rest, url: `${api}/issues/comments/9`, issue_url: `${api}/issues/1` };
    assert.deepEqual(edgesOf([issue(1), bare], 'comments-on'), ['comments-on comment/1/9 > issue/1']);
  });
});
