import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { referencesIn } from './references.ts';

/** Each as `owner/repo#7`, with `!` where it closes and the fragment behind it. */
const threads = (text: string): string[] =>
  referencesIn(text).threads.map(
    ({ owner, repo, number, fragment, closes }) =>
      `${closes ? '!' : ''}${owner === null ? '' : `${owner}/${repo}`}#${number}${fragment === null ? '' : ` ${fragment}`}`,
  );
const mentions = (text: string): readonly string[] => referencesIn(text).mentions;

describe('src/sources/github/references', () => {
  it('finds issues and pull requests, however they are written', () => {
    const cases: Record<string, string[]> = {
      'see #7, (#8) and #9.': ['#7', '#8', '#9'],
      'Tea/Pot#7 GH-8 gh-9': ['tea/pot#7', '#8', '#9'],
      'https://github.com/Tea/Pot/issues/7': ['tea/pot#7'],
      'https://github.com/tea/pot/pull/7/files, http://git.example/tea/pot/issues/8.': ['tea/pot#7', 'tea/pot#8'],
      'https://github.com/tea/pot/pull/7#issuecomment-12 https://github.com/tea/pot/pull/7?a=b#discussion_r5': [
        'tea/pot#7 issuecomment-12',
        'tea/pot#7 discussion_r5',
      ],
      '[text](https://github.com/tea/pot/issues/7)': ['tea/pot#7'],
      'a#7 ab/#7 &#39; ##7 #7a #a7 #1234567890 7# x/y/z#7': [],
      'https://example.org/page#7 https://github.com/tea/pot/issues/70x': [],
      'tea/pot@abc1234': [],
    };
    for (const [text, wanted] of Object.entries(cases)) assert.deepEqual(threads(text), wanted, text);
  });

  it('knows words that close', () => {
    assert.deepEqual(threads('Fixes #1, closes: #2 and resolved tea/pot#3; FIX https://github.com/tea/pot/issues/4'), [
      '!#1',
      '!#2',
      '!tea/pot#3',
      '!tea/pot#4',
    ]);
    assert.deepEqual(threads('prefixes #1, fixing #2, closes\n#3, closes both #4'), ['#1', '#2', '#3', '#4']);
  });

  it('does not look into code, comments and quotes', () => {
    const text = [
      'a `#1` b ``#2 ` #3`` c',
      '> #4 @ada',
      '<!-- fixes #5',
      '@bo --> #6',
      '```sh',
      '#7',
      '~~~',
      '````',
      '#8 <!-- never closed #9',
    ];
    assert.deepEqual(threads(text.join('\n')), ['#6', '#8']);
    assert.deepEqual(threads('~~~\n#1\n```\n#2\n~~~\n#3'), ['#3']);
    assert.deepEqual(threads('a ` alone, #1'), ['#1']);
    assert.deepEqual(threads('```\n#1'), []);
    assert.deepEqual(threads('```inline #1``` #2'), ['#2']);
  });

  it('finds whom a text mentions', () => {
    assert.deepEqual(mentions('@Ada, (@bo) @ada: @c-y. @d_e'), ['ada', 'bo', 'c-y', 'd_e']);
    assert.deepEqual(mentions('a@bo @tea/team @-x @x- @@y `@z` https://example.org/@ada me@example.org'), []);
  });

  it('takes no more than a moment for any text', () => {
    const parts = [
      '`',
      '``',
      '@a',
      '#1',
      '<!--',
      '-->',
      'fixes ',
      '\n',
      '```',
      'a/',
      '/',
      'https://x.y/',
      '- ',
      '.',
      'x',
    ];
    for (const part of parts) {
      for (const other of parts) {
        const start = performance.now();
        referencesIn(part.repeat(20_000) + other.repeat(20_000));
        assert.ok(performance.now() - start < 2000, JSON.stringify([part, other]));
      }
    }
  });
});
