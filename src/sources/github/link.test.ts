import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linkOf } from './link.ts';

const shown = (value: unknown): string | null => {
  const link = linkOf(value);
  return (
    link && `${link.owner}/${link.repo} ${link.pull ? 'pull' : 'issue'} ${link.number ?? '?'} ${link.fragment}`.trim()
  );
};

describe('src/sources/github/link', () => {
  it('knows addresses of the site and of the API', () => {
    const api = 'https://api.github.com/repos/Tea/Pot';
    const web = 'https://github.com/Tea/Pot';
    const cases: Record<string, string | null> = {
      [`${web}/issues/7`]: 'tea/pot issue 7',
      [`${web}/pull/7/files?w=1`]: 'tea/pot pull 7',
      [`${web}/issues/7#issuecomment-31`]: 'tea/pot issue 7 issuecomment-31',
      [`${web}/pull/7#discussion_r31`]: 'tea/pot pull 7 discussion_r31',
      [`${web}/pull/7#pullrequestreview-31`]: 'tea/pot pull 7 pullrequestreview-31',
      [`${web}/pull/7#other`]: 'tea/pot pull 7',
      [`${api}/issues/7`]: 'tea/pot issue 7',
      [`${api}/issues/7/reactions`]: 'tea/pot issue 7',
      [`${api}/pulls/7`]: 'tea/pot pull 7',
      [`${api}/issues/comments/31`]: 'tea/pot issue ? issuecomment-31',
      [`${api}/pulls/comments/31/reactions`]: 'tea/pot pull ? discussion_r31',
      'https://git.example/api/v3/repos/tea/pot/issues/7': 'tea/pot issue 7',
      [`${web}/issues`]: null,
      [`${web}/commit/7`]: null,
      [`${api}/issues/7/events`]: null,
      'javascript:alert(1)': null,
    };
    for (const [text, wanted] of Object.entries(cases)) assert.equal(shown(text), wanted, text);
    assert.equal(linkOf(7), null);
    assert.equal(linkOf(undefined), null);
  });
});
