import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCredLedgerData, runCredLedgerVectors } from './cred-ledger.ts';
import type { VectorResult } from './stake.ts';

const vectors = join(import.meta.dirname, '../vectors/cred');
/** Real logs are not part of this repository: where they lie is said by CRED_DATA, or they lie beside the checkout. */
const data = process.env['CRED_DATA'] ?? join(import.meta.dirname, '../../../shared/data/cred');
const absent = existsSync(data) ? false : 'no real logs: set CRED_DATA to their folder';

async function outcomes(results: AsyncGenerator<VectorResult>): Promise<{ count: number; failures: string[] }> {
  const failures: string[] = [];
  let count = 0;
  for await (const { name, failure } of results) {
    count += 1;
    if (failure !== null) failures.push(`${name}: ${failure}`);
  }
  return { count, failures };
}

describe('test/conformance/cred-ledger', () => {
  it('agrees with every ledger vector, and refuses the quirks', async () => {
    assert.deepEqual(await outcomes(runCredLedgerVectors(vectors)), { count: 52, failures: [] });
  });

  it(
    'replays the real logs, writes them back to the byte and comes to the recorded state',
    { skip: absent },
    async () => {
      assert.deepEqual(await outcomes(runCredLedgerData(data)), { count: 7, failures: [] });
    },
  );
});
