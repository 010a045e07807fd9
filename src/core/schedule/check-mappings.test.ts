import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pool } from '../program.ts';
import { accountMatcher } from './account-matcher.ts';
import { checkMappings } from './check-mappings.ts';

const pools: Pool[] = ['community', 'team', 'friends'].map((name) => ({
  name,
  pays: name === 'community' ? 'score' : 'recipients',
  funding: 0n,
  recipients: [],
}));
const isAddress = accountMatcher({ accountPattern: '[a-z][0-9]' });
const check = (mappings: Parameters<typeof checkMappings>[0], asMessage = false): void =>
  checkMappings(mappings, { pools }, isAddress, { asMessage });

describe('src/core/schedule/check-mappings', () => {
  const broken: readonly [string, Parameters<typeof checkMappings>[0], boolean][] = [
    ['mapping-count-mismatch', [{ pool: '', recipients: [] }], true],
    ['mapping-account-empty', [{ pool: '', recipients: [] }], false],
    ['mapping-for-community', [{ pool: 'community', recipients: [] }], false],
    ['mapping-no-recipients', [{ pool: 'team', recipients: [] }], false],
    ['invalid-address', [{ pool: 'team', recipients: ['a1', 'xx', 'a1'] }], false],
    [
      'duplicate-recipient',
      [
        { pool: 'team', recipients: ['a1', 'a1'] },
        { pool: '', recipients: [] },
      ],
      false,
    ],
    [
      'duplicate-mapping',
      [
        { pool: 'team', recipients: ['a1'] },
        { pool: 'team', recipients: ['a1'] },
      ],
      true,
    ],
    [
      'mapping-missing-account',
      [
        { pool: 'team', recipients: ['a1'] },
        { pool: 'other', recipients: ['a1'] },
      ],
      true,
    ],
  ];
  for (const [code, mappings, asMessage] of broken)
    it(`reports ${code} first`, () => assert.throws(() => check(mappings, asMessage), { code }));

  it('as parameters, takes a partial list and unknown names; as a message, the complete list', () => {
    check([{ pool: 'other', recipients: ['a1'] }]);
    check([]);
    check(
      [
        { pool: 'friends', recipients: ['a1'] },
        { pool: 'team', recipients: ['a1', 'a2'] },
      ],
      true,
    );
  });
});
