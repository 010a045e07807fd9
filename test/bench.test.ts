import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { missing, postgresForTests } from './stores/postgres.ts';

const postgres = await postgresForTests();
const script = join(import.meta.dirname, '../bench/run.ts');

describe('test/bench', () => {
  let dir = '';
  before(async () => void (dir = await mkdtemp(join(tmpdir(), 'prorata-bench-test-'))));
  after(async () => rm(dir, { recursive: true }));

  /** The one JSON object that a workload prints, and nothing else; its stores are gone afterwards. */
  async function bench(...args: readonly string[]): Promise<Record<string, number>> {
    const env = { ...process.env, ...(postgres && { PRORATA_TEST_PG_URL: postgres.base }) };
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...args, '--dir', dir, '--json'], { env });
    assert.deepEqual(await readdir(dir), []);
    return JSON.parse(stdout) as Record<string, number>;
  }

  it('measures a window beside its floor, which writes exactly the same rows, whether it reads or moves entries', async () => {
    const figures = [
      'open_ms',
      'steps',
      'step_ms_p50',
      'step_ms_p99',
      'step_ms_max',
      'payouts_per_s',
      'floor_payouts_per_s',
      'rows_written',
      'peak_rss_mb',
    ];
    for (const strategy of ['cut', 'generations']) {
      const result = await bench('window', '--accounts', '150', '--strategy', strategy, '--batch', '40');
      for (const name of figures) assert.ok(result[name]! > 0, `${strategy} ${name}: ${result[name]}`);
      assert.equal(result['payouts'], 150);
      assert.equal(result['floor_rows_written'], result['paying_rows_written'], strategy);
      assert.equal(result['peak_rows'], result['positions']! + (strategy === 'cut' ? 0 : 150));
      assert.ok(result['open_rows_written']! < 30, strategy);
    }
  });

  it('measures ingest beside its floor, in one transaction or several', async () => {
    for (const batch of ['0', '100']) {
      const result = await bench('ingest', '--events', '500', '--batch', batch);
      assert.ok(result['events_per_s']! > 0 && result['floor_events_per_s']! > 0);
      assert.equal(result['floor_rows_written'], result['rows_written']);
    }
  });

  it(
    'measures ingest and windows on PostgreSQL beside plain inserts',
    { skip: postgres === null && missing },
    async () => {
      const result = await bench('postgres', '--accounts', '300', '--workers', '2', '--batch', '100');
      for (const name of ['payouts_per_s', 'floor_payouts_per_s', 'ingest_per_s', 'floor_ingest_per_s'])
        assert.ok(result[name]! > 0, `${name}: ${result[name]}`);
      assert.deepEqual([result['payouts'], result['workers'], result['batch']], [300, 2, 100]);
      assert.ok(result['events']! > 300);
    },
  );

  it('measures crown replay beside a plain scan, which gives the same credit', async () => {
    for (const rules of ['best-rate-tie', 'capacity-band']) {
      const sizes = ['--events', '20000', '--participants', '20', '--window', '50000'];
      const result = await bench('crown', ...sizes, '--rules', rules);
      for (const name of ['cpu_s', 'scan_cpu_s', 'peak_rss_mb', 'stretches']) assert.ok(result[name]! > 0, name);
    }
  });

  /** A contribution of a participant in an interval: all it mints is the participant's. */
  async function benchGraph(intervals: readonly (readonly [number, number])[]): Promise<Record<string, unknown>> {
    const file = join(await mkdtemp(join(tmpdir(), 'prorata-bench-graph-')), 'graph.ndjson');
    const parameters = { alpha: 0.1, beta: 0.4, gammaForward: 0.1, gammaBackward: 0.1 };
    const participants = [{ id: 'p', nodeId: 'u/1' }];
    const [time] = intervals[0]!;
    const records = [
      { parameters, intervals, participants, personalAttributions: [] },
      { node: { id: 'c', timestampMs: time + 1, mint: 3 } },
      { node: { id: 'u/1', timestampMs: null, mint: 0 } },
      { edge: { id: 'e', src: 'c', dst: 'u/1', timestampMs: time + 1, forward: 1, backward: 0 } },
      { edge: { id: 'f', src: 'c', dst: 'nowhere', timestampMs: time + 1, forward: 1, backward: 0 } },
    ];
    await writeFile(file, records.map((record) => JSON.stringify(record)).join('\n'));
    const result: Record<string, unknown> = await bench('cred', '--graph', file);
    await rm(dirname(file), { recursive: true });
    const [[id, cred]] = result['participants'] as [[string, number]];
    assert.deepEqual([id, cred.toFixed(9), result['iterations']], ['p', '3.000000000', 2]);
    return result;
  }

  it('measures the scoring of contributions beside a plain read of memory, from memory and from a store', async () => {
    const sunday = Date.parse('2025-01-05T00:00:00Z');
    const result = await benchGraph([[sunday, sunday + 604_800_000]]);
    const figures = ['total_cpu_s', 'sweep_ratio', 'peak_rss_mb', 'ingest_per_s', 'ingest_per_cpu_s'];
    const ofStore = ['store_read_cpu_s', 'store_total_cpu_s', 'store_peak_rss_mb'];
    for (const name of [...figures, ...ofStore]) assert.ok((result[name] as number) > 0, name);
    assert.ok((result['store_read_cpu_s'] as number) <= (result['store_total_cpu_s'] as number));
    assert.ok((result['store_difference'] as number) < 1e-15);
  });

  it('leaves out the store where a program has no such intervals', async () => {
    const result = await benchGraph([[0, 10]]);
    assert.ok((result['total_cpu_s'] as number) > 0);
    assert.equal(result['store_total_cpu_s'], undefined);
  });

  it('measures the answers of a server by kind of request, over a store of every model', async () => {
    const result: Record<string, unknown> = await bench('http', '--accounts', '200', '--requests', '3');
    const kinds = Object.entries(result['requests_by_kind'] as Record<string, Record<string, number>>);
    for (const kind of ['programs', 'scores sorted', 'payouts of a period', 'metrics', 'crown cells', 'cred persons'])
      assert.ok(
        kinds.some(([name]) => name === kind),
        kind,
      );
    for (const [name, { p50_ms: p50, p99_ms: p99, count }] of kinds)
      assert.ok(p50! > 0 && p50! <= p99! && count === 3, name);
  });

  it('measures how much reading slows the steps of a window, and that no request fails', async () => {
    const result: Record<string, any> = await bench(
      'http',
      '--load',
      '--accounts',
      '200',
      '--batch',
      '20',
      '--windows',
      '1',
    );
    assert.equal(result['failed'], 0);
    assert.ok(result['requests'] > 0 && result['alone'].steps > 20 && result['read'].steps === result['alone'].steps);
    for (const name of ['scoring_ratio', 'paying_ratio', 'request_ms_p99']) assert.ok(result[name] > 0, name);
  });

  it('says what it accepts', async () => {
    await assert.rejects(bench('window', '--strategy', 'paste'), /accepted: cut, copy, double-buffer, generations/);
    await assert.rejects(bench('crown', '--rules', 'fair'), /accepted: best-rate-tie, capacity-band/);
    await assert.rejects(bench('cred'), /--graph: found nothing/);
    await assert.rejects(bench('walk'), /accepted: window, ingest, crown, cred, http, postgres, quick, full/);
  });
});
