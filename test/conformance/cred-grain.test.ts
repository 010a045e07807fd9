import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCredGrainVectors } from './cred-grain.ts';

const vectors = join(import.meta.dirname, '../vectors/cred');

describe('test/conformance/cred-grain', () => {
  it('agrees with every grain vector within what its doubles lost, and says how far apart they are', async () => {
    const failures: string[] = [];
    const summaries: string[] = [];
    let count = 0;
    for await (const { name, failure } of runCredGrainVectors(vectors, (line) => summaries.push(line))) {
      count += 1;
      if (failure !== null) failures.push(`${name}: ${failure}`);
    }
    assert.deepEqual(failures, []);
    assert.equal(count, 968);
    assert.deepEqual(
      summaries.map((line) => /^(\S+): (\d+ receipts, \d+ without loss and equal)/.exec(line)?.slice(1)),
      [
        ['grain_split.json.gz', '2449 receipts, 327 without loss and equal'],
        ['grain_arithmetic.json', '23 receipts, 6 without loss and equal'],
        ['grain_policies.json.gz', '4946 receipts, 982 without loss and equal'],
        ['grain_apply.json.gz', '585 receipts, 36 without loss and equal'],
      ],
    );
  });
});
