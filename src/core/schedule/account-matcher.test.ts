import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountMatcher } from './account-matcher.ts';

describe('src/core/schedule/account-matcher', () => {
  it('matches the whole name, also where the pattern has alternatives and no anchors', () => {
    const matches = accountMatcher({ accountPattern: 'a|bb' });
    assert.deepEqual(['a', 'bb', 'ab', 'a\n', 'xbb', ''].map(matches), [true, true, false, false, false, false]);
  });

  it('without a pattern, takes any text of 1 to 256 bytes without control characters', () => {
    const matches = accountMatcher({});
    assert.deepEqual(['a'.repeat(256), 'a'.repeat(257)].map(matches), [true, false]);
    assert.deepEqual(['a', 'é'.repeat(128), 'a b', '', 'é'.repeat(129), 'a\u0000', '\ud800'].map(matches), [
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('refuses what is no regular expression, also when it would be one within a group', () => {
    for (const accountPattern of ['(', 'a)(b', '[z-a]'])
      assert.throws(() => accountMatcher({ accountPattern }), { code: 'account-pattern-invalid' });
  });
});
