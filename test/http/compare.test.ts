import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readComparison } from '../../src/app/comparison.ts';
import { json, mismatch, served } from './harness.ts';
import { settledCli } from '../cli/harness.ts';

const file = join(import.meta.dirname, '../../bench/results/compare-2026-11-26.json');

describe('test/http/compare', () => {
  it('gives what compare measured, as its schema says, and nothing where there is no run', async () => {
    const comparison = readComparison(readFileSync(file, 'utf8'));
    await using server = await served(await settledCli(), 'acme', { comparison });
    const answer = await json(server.app, '/v1/compare');
    const document = await json(server.app, '/openapi.json');
    const { schema } = document.paths['/v1/compare'].get.responses['200'].content['application/json'];
    assert.equal(mismatch(answer, schema), '');
    const written = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(
      answer.comparison.measures.map(({ strategy, accounts, rows_written, step_ms_p99, steps }: any) => [
        ...[strategy, accounts, rows_written, step_ms_p99, steps],
      ]),
      written.measures.map(({ strategy, accounts, rows_written, step_ms_p99, steps_ms }: any) => [
        ...[strategy, accounts, rows_written, step_ms_p99, steps_ms.length],
      ]),
    );
    await using without = await served(await settledCli(), 'acme');
    assert.deepEqual(await json(without.app, '/v1/compare'), { comparison: null });
  });
});
