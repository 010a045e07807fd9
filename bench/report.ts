import type { IngestResult } from './ingest.ts';
import type { WindowResult } from './window.ts';

export type Result = WindowResult | IngestResult;

/** What the machine was: enough to judge the figures by, nothing that names it. */
export interface Conditions {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly node: string;
  readonly platform: string;
}

export function writeReport(conditions: Conditions, results: readonly Result[]): { json: string; markdown: string } {
  const windows = results.filter((result) => result.workload === 'window');
  const ingests = results.filter((result) => result.workload === 'ingest');
  const { date, cpu, cores, memory_gb, node, platform } = conditions;
  const lines = [
    `# Benchmarks, ${date}`,
    '',
    `${cpu}, ${cores} cores seen, ${memory_gb} GB, ${platform}, Node ${node}. Times in milliseconds.`,
    '',
  ];
  if (windows.length > 0) {
    lines.push('## Windows', '');
    lines.push(
      ...table(windows, {
        strategy: (r) => r.strategy,
        accounts: (r) => count(r.accounts),
        names: (r) => r.names,
        batch: (r) => count(r.batch),
        open: (r) => String(r.open_ms),
        'rows to open': (r) => count(r.open_rows_written),
        'step p50': (r) => String(r.step_ms_p50),
        p99: (r) => String(r.step_ms_p99),
        max: (r) => String(r.step_ms_max),
        'floor p50': (r) => String(r.floor_step_ms_p50),
        'floor p99': (r) => String(r.floor_step_ms_p99),
        'payouts/s': (r) => count(r.payouts_per_s),
        'floor/s': (r) => count(r.floor_payouts_per_s),
        ratio: (r) => percent(r.floor_ratio),
        'us/account': (r) => String(r.us_per_account),
        'rows written': (r) => count(r.rows_written),
        'peak rows': (r) => count(r.peak_rows),
        'peak MB': (r) => String(r.peak_rss_mb),
      }),
      '',
    );
  }
  if (ingests.length > 0) {
    lines.push('## Ingest', '');
    lines.push(
      ...table(ingests, {
        events: (r) => count(r.events),
        names: (r) => r.names,
        transaction: (r) => (r.batch === 0 ? 'one' : `per ${count(r.batch)}`),
        'events/s': (r) => count(r.events_per_s),
        'floor/s': (r) => count(r.floor_events_per_s),
        ratio: (r) => percent(r.floor_ratio),
        'rows written': (r) => count(r.rows_written),
        'peak MB': (r) => String(r.peak_rss_mb),
      }),
      '',
    );
  }
  return { json: `${JSON.stringify({ conditions, results }, null, 2)}\n`, markdown: lines.join('\n') };
}

function table<T>(rows: readonly T[], columns: Readonly<Record<string, (row: T) => string>>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const names = Object.keys(columns);
  return [
    line(names),
    line(names.map(() => '---')),
    ...rows.map((row) => line(names.map((name) => columns[name]!(row)))),
  ];
}

const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
