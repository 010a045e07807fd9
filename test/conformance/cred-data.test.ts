import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCredData } from './cred-data.ts';

/** The real graph is not part of this repository: where it lies is said by CRED_DATA, or it lies beside the checkout. */
const dir = process.env['CRED_DATA'] ?? join(import.meta.dirname, '../../../shared/data/cred');
const absent = existsSync(dir) ? false : 'no real graph of contributions: set CRED_DATA to its folder';

describe('test/conformance/cred-data', () => {
  it(
    'agrees with the scores of a real forum to nine digits, prepared by others, here from the instance, and through log, store and window',
    { skip: absent },
    async () => {
      const results: (string | null)[] = [];
      for await (const { failure } of runCredData(dir)) results.push(failure);
      assert.deepEqual(results, [null, null, null, null]);
    },
  );
});
