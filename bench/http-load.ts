/** How much reading slows the steps of a window that the server makes meanwhile; see docs/guides/benchmarks.md. */
import { cpus } from 'node:os';
import autocannon from 'autocannon';
import { measuredProgram, quantile } from '../src/app/measure.ts';
import { HttpServer } from './http-server.ts';
import { boundaryOf, type HttpStoreOptions, makeHttpStore } from './http-store.ts';
import type { Child, Job } from './rpc.ts';
import { round } from './window.ts';

export interface LoadOptions extends HttpStoreOptions {
  readonly connections: number;
  /** Requests a second, of all connections together; 0: as many as are answered. */
  readonly rate: number;
  /** Windows with readers, and as many without. */
  readonly windows: number;
}

interface Reading {
  readonly requests: number;
  readonly failed: number;
  readonly ms_p50: number;
  readonly ms_p99: number;
  readonly ms: number;
}

interface Steps {
  readonly steps: number;
  readonly scoring_ms_p50: number;
  readonly paying_ms_p50: number;
  readonly paying_ms_p99: number;
  /** From the opening to the settlement, without what lies between steps. */
  readonly window_ms: number;
}

export interface LoadResult extends LoadOptions {
  readonly workload: 'http-load';
  readonly cores: number;
  readonly alone: Steps;
  readonly read: Steps;
  /** Medians with readers beside those without: 1.1 is a tenth slower. */
  readonly scoring_ratio: number;
  readonly paying_ratio: number;
  readonly requests: number;
  readonly requests_per_s: number;
  readonly failed: number;
  readonly request_ms_p50: number;
  readonly request_ms_p99: number;
}

/** What is read: a page of every table, an account and its explanation, what a dashboard asks. */
function pathsOf(names: readonly string[], counts: { readonly payouts: number; readonly events: number }): string[] {
  const at = `/v1/programs/${measuredProgram}`;
  const places = names.map((_, index) => Math.floor((counts.payouts * index) / names.length));
  return [
    '/v1/programs',
    at,
    ...Array<string>(5).fill(`${at}/window`),
    `${at}/periods`,
    `${at}/balances`,
    `${at}/flows`,
    ...names.flatMap((name, index) => [
      `${at}/accounts/${name}`,
      `${at}/accounts/${name}/explanation?period=1`,
      `${at}/scores?limit=100&cursor=${name}`,
      `${at}/payouts?account=${name}`,
      `${at}/payouts?limit=100&cursor=${places[index]}`,
      `${at}/postings?limit=100&cursor=${places[index]}`,
      `${at}/events?limit=100&newest=true`,
    ]),
  ];
}

export async function benchHttpLoad(
  options: LoadOptions,
  at: { readonly dir: string; readonly start: (job: string) => Child; readonly say: (text: string) => void },
): Promise<LoadResult> {
  const store = await makeHttpStore(options, at);
  const server = await HttpServer.start(store, ['--advance', '--due', 'log', '--rate-limit', '0']);
  const reader = at.start('http-reader');
  try {
    const base = `/v1/programs/${measuredProgram}`;
    const { counts } = await server.json(base);
    const { items } = await server.json(`${base}/events?limit=20&cursor=${Math.floor(counts.events / 2)}`);
    const names = items.flatMap(({ account }: { account?: string }) => (account === undefined ? [] : [account]));
    const paths = pathsOf(names, counts);
    const [alone, read]: [Measured[], Measured[]] = [[], []];
    const readings: Reading[] = [];
    // Both warm, then in turns, so that whatever else the machine does meets both.
    for (let nth = 0; nth <= 2 * options.windows; nth += 1) {
      const period = nth + 2;
      const withReaders = nth % 2 === 0;
      at.say(`window ${nth + 1} of ${2 * options.windows + 1}, ${withReaders ? 'with' : 'without'} readers`);
      if (withReaders) await reader.call('start', { url: server.url, paths, ...options });
      const measured = await settle(server, period);
      const reading = withReaders ? await reader.call<Reading>('stop') : null;
      if (nth === 0) continue;
      (withReaders ? read : alone).push(...measured);
      if (reading !== null) readings.push(reading);
    }
    const [without, beside] = [stepsOf(alone), stepsOf(read)];
    const requests = sum(readings, ({ requests: made }) => made);
    return {
      workload: 'http-load',
      ...options,
      cores: cpus().length,
      alone: without,
      read: beside,
      scoring_ratio: round(beside.scoring_ms_p50 / without.scoring_ms_p50, 3),
      paying_ratio: round(beside.paying_ms_p50 / without.paying_ms_p50, 3),
      requests,
      requests_per_s: Math.round((requests / sum(readings, ({ ms }) => ms)) * 1000),
      failed: sum(readings, ({ failed }) => failed),
      request_ms_p50: quantile(
        readings.map(({ ms_p50 }) => ms_p50),
        0.5,
      ),
      request_ms_p99: Math.max(...readings.map(({ ms_p99 }) => ms_p99)),
    };
  } finally {
    await reader.end();
    await server.stop();
  }
}

interface Measured {
  readonly phase: 'opening' | 'scoring' | 'paying';
  readonly ms: number;
}

/** Makes the boundary of a period due, and waits until the server has settled it. */
async function settle(server: HttpServer, period: number): Promise<Measured[]> {
  const base = `/v1/programs/${measuredProgram}`;
  const time = boundaryOf(period) * 1000;
  const body = JSON.stringify({ kind: 'fund', key: `due ${period}`, time, pool: 'community', amount: '1' });
  const { status } = await server.ask(`${base}/events`, body);
  if (status !== 200) throw new Error(`The event that makes period ${period} due was answered by ${status}.`);
  for (;;) {
    const { items } = await server.json(`${base}/periods?limit=1&cursor=${period - 1}`);
    if (items[0]?.status === 'settled') break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const steps: Measured[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const page: any = await server.json(`${base}/periods/${period}/steps?limit=1000&cursor=${cursor}`);
    steps.push(...page.items);
    cursor = page.next;
  }
  return steps.filter(({ ms }) => ms !== null);
}

function stepsOf(measured: readonly Measured[]): Steps {
  const of = (phase: Measured['phase']): number[] =>
    measured.filter((step) => step.phase === phase).map(({ ms }) => ms);
  return {
    steps: measured.length,
    scoring_ms_p50: round(quantile(of('scoring'), 0.5)),
    paying_ms_p50: round(quantile(of('paying'), 0.5)),
    paying_ms_p99: round(quantile(of('paying'), 0.99)),
    window_ms: round(sum(measured, ({ ms }) => ms)),
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0);

/** Reads by autocannon, in a process of its own, until it is stopped. */
export function httpReaderJob(): Job {
  let running: ReturnType<typeof autocannon> | null = null;
  let began = 0;
  return {
    start({ url, paths, connections, rate }: { url: string; paths: string[]; connections: number; rate: number }) {
      const requests = paths.map((path) => ({ method: 'GET', path }));
      began = performance.now();
      running = autocannon({
        url,
        connections,
        requests,
        duration: 3600,
        ...(rate === 0 ? {} : { overallRate: rate }),
      });
    },
    async stop(): Promise<Reading> {
      running!.stop();
      const { requests, errors, timeouts, non2xx, latency } = await running!;
      const ms = performance.now() - began;
      return {
        requests: requests.total,
        failed: errors + timeouts + non2xx,
        ms_p50: latency.p50,
        ms_p99: latency.p99,
        ms,
      };
    },
    end: () => 0,
  };
}

/** For people. */
export function loadText(result: LoadResult): string {
  const { alone, read, scoring_ratio, paying_ratio, requests, requests_per_s, failed } = result;
  return [
    `steps without readers: scoring ${alone.scoring_ms_p50} ms, paying ${alone.paying_ms_p50} ms (p99 ${alone.paying_ms_p99}), medians of ${alone.steps} steps`,
    `with ${result.connections} connections: scoring ${read.scoring_ms_p50} ms, paying ${read.paying_ms_p50} ms (p99 ${read.paying_ms_p99}): ${scoring_ratio} and ${paying_ratio} times as long`,
    `${requests} requests, ${requests_per_s} a second, p50 ${result.request_ms_p50} ms, p99 ${result.request_ms_p99} ms; ${failed} failed`,
  ].join('\n');
}
