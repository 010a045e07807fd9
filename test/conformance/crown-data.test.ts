import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCrownData } from './crown-data.ts';

/** Databases of validators are not part of this repository: where they lie is said by CROWN_DATA, or they lie beside the checkout. */
const dir = process.env['CROWN_DATA'] ?? join(import.meta.dirname, '../../../shared/data/crown');
const absent = existsSync(dir) ? false : 'no databases of validators: set CROWN_DATA to their folder';

describe('test/conformance/crown-data', () => {
  it('reads the databases of validators, and replays them to the unit', { skip: absent }, async () => {
    const failures: string[] = [];
    let count = 0;
    for await (const { name, failure } of runCrownData(dir)) {
      count += 1;
      if (failure !== null) failures.push(`${name}: ${failure}`);
    }
    assert.ok(count > 30);
    assert.deepEqual(failures, []);
  });
});
