import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compare } from '../../src/cli/compare.ts';
import { directIo } from './direct-io.ts';

interface Measures {
  readonly strategy: string;
  readonly accounts: number;
  readonly peak_rows: number;
  readonly rows_written: number;
  readonly open_rows_written: number;
  readonly steps_ms: readonly number[];
  readonly step_ms_max: number;
  readonly query_ms_p99: number;
  readonly peak_memory_mb: number | null;
  readonly accounts_paid: number;
  readonly root: string;
}

describe('test/cli/compare', () => {
  let dir = '';
  before(async () => void (dir = await mkdtemp(join(tmpdir(), 'prorata-compare-test-'))));
  after(async () => rm(dir, { recursive: true }));

  it('measures all strategies on 500 accounts in process: same payments, other costs, and leaves nothing behind', async () => {
    const { io, out } = directIo();
    assert.equal(await compare({ accounts: '500', batch: '50', inProcess: true, json: true, dir }, io), 0);
    const { measures, recommendation } = JSON.parse(out()) as {
      measures: Measures[];
      recommendation: { strategy: string | null; rule: string };
    };
    assert.deepEqual(
      measures.map(({ strategy }) => strategy),
      ['cut', 'copy', 'double-buffer', 'generations'],
    );
    assert.equal(new Set(measures.map(({ root }) => root)).size, 1);
    const [cut, copy, double, generations] = measures as [Measures, Measures, Measures, Measures];
    assert.equal(cut.accounts_paid, 503); // and three fixed recipients
    // One row per position; the others also keep a score per account.
    for (const other of [copy, double, generations]) assert.equal(other.peak_rows, cut.peak_rows + 500);
    for (const other of [copy, double, generations])
      assert.ok(other.rows_written > cut.rows_written + 1000, other.strategy);
    assert.ok(copy.open_rows_written > 1000);
    for (const bounded of [cut, double, generations]) assert.ok(bounded.open_rows_written < 30, bounded.strategy);
    for (const one of measures) {
      assert.ok(one.steps_ms.length >= 10 && Math.max(...one.steps_ms) === one.step_ms_max);
      assert.ok(one.query_ms_p99 > 0);
      assert.equal(one.peak_memory_mb, null); // not to be told in a process that measures several
    }
    assert.match(recommendation.rule, /fewest rows/);
    assert.deepEqual(await readdir(dir), []);
  });

  it('prints the table, a histogram per size, the equal roots, and a recommendation with its rule', async () => {
    const { io, out } = directIo();
    assert.equal(
      await compare(
        { accounts: '60,30', batch: '20', strategies: 'copy,cut', maxStepMs: '60000', inProcess: true, dir },
        io,
      ),
      0,
    );
    const text = out();
    for (const part of [
      /peak rows +rows written/,
      /steps by their duration, 30 accounts/,
      /steps by their duration, 60 accounts/,
      /█/,
      /30: 33 paid, [0-9a-f]{64}/,
      /rule: .*at most 60000 ms/,
      /recommended: cut\n$/,
    ]) {
      assert.match(text, part);
    }
    assert.doesNotMatch(text, /generations/);
  });

  it('says when nothing keeps the limits, and refuses what it cannot measure', async () => {
    const { io, out } = directIo();
    assert.equal(
      await compare(
        // A step of 2,000 payouts takes more than a millisecond on any machine; one of 30 need not.
        { accounts: '2000', strategies: 'cut', maxMemoryMb: '1', maxStepMs: '1', batch: '2000', inProcess: true, dir },
        io,
      ),
      0,
    );
    assert.match(out(), /recommended: none keeps to 1 ms and 1 MB .*; nearest: cut\./);
    await assert.rejects(compare({ accounts: 'many', dir }, io), { code: 'option-invalid' });
    await assert.rejects(compare({ strategies: 'cut,paste', dir }, io), { code: 'option-invalid' });
    assert.deepEqual(await readdir(dir), []);
  });
});
