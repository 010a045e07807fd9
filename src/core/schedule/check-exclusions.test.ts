import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountMatcher } from './account-matcher.ts';
import { checkExcludedList, checkExclusions } from './check-exclusions.ts';

const isAddress = accountMatcher({ accountPattern: '^[a-z][0-9]$' });

describe('src/core/schedule/check-exclusions', () => {
  const broken: readonly [string, string[], string[]][] = [
    ['nothing-to-update', [], []],
    ['invalid-address', ['a1', 'x', 'a1'], []],
    ['invalid-address', [], ['a1', 'x']],
    ['duplicate-address', ['a1', 'a1'], ['x']],
    ['duplicate-address', ['a1'], ['a1', 'a1']],
    ['address-in-both-lists', ['a1', 'a2'], ['a2']],
  ];
  for (const [code, add, remove] of broken) {
    it(`reports ${code} first for +[${add}] -[${remove}]`, () =>
      assert.throws(() => checkExclusions({ add, remove }, isAddress), { code }));
  }

  it('judges a list account by account, in its order', () => {
    assert.throws(() => checkExcludedList(['a1', 'a1', 'x'], isAddress), {
      code: 'duplicate-address',
      message: /excluded\[1\]/,
    });
    assert.throws(() => checkExcludedList(['a1', 'x', 'a1'], isAddress), {
      code: 'invalid-address',
      message: /excluded\[1\]/,
    });
    checkExcludedList([], isAddress);
    checkExclusions({ add: ['a1'], remove: ['a2'] }, isAddress);
  });
});
