import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { runStakeData } from './stake-data.ts';

/** Real chain sets are not part of this repository: where they lie is said by STAKE_DATA, or they lie beside the checkout. */
const dir = process.env['STAKE_DATA'] ?? join(import.meta.dirname, '../../../shared/data/stake');
const absent = existsSync(dir) ? false : 'no real chain sets: set STAKE_DATA to their folder';

describe('test/conformance/stake-data', () => {
  it('agrees with real chain sets to the unit', { skip: absent }, async () => {
    const failures: string[] = [];
    let count = 0;
    for await (const { name, failure } of runStakeData(dir, openMemoryStore)) {
      count += 1;
      if (failure !== null) failures.push(`${name}: ${failure}`);
    }
    assert.ok(count > 0);
    assert.deepEqual(failures, []);
  });
});
