/** How long the server takes to answer, by kind of request; see docs/guides/benchmarks.md. */
import { measuredProgram, quantile } from '../src/app/measure.ts';
import { Prng } from '../src/core/population/prng.ts';
import { HttpServer } from './http-server.ts';
import { community, type HttpStoreOptions, makeHttpStore, market } from './http-store.ts';
import type { Child } from './rpc.ts';
import { round } from './window.ts';

export interface HttpOptions extends HttpStoreOptions {
  /** Requests of each kind. */
  readonly requests: number;
}

export interface RequestTimes {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly count: number;
  /** Of a body, on average. */
  readonly bytes: number;
}

export interface HttpResult extends HttpOptions {
  readonly workload: 'http';
  readonly store_mb: number;
  /** From the start of the server to its first answer. */
  readonly start_ms: number;
  readonly requests_by_kind: Readonly<Record<string, RequestTimes>>;
}

/** A kind of request: an address, another one each time. */
type Kind = readonly [name: string, path: (facts: Facts, random: Prng) => string];

interface Facts {
  /** Names of some accounts, from all over. */
  readonly names: readonly string[];
  readonly accounts: number;
  readonly payouts: number;
  readonly postings: number;
  readonly events: number;
  readonly people: readonly string[];
  readonly contributions: readonly string[];
  readonly quoters: readonly string[];
}

const stakes = `/v1/programs/${measuredProgram}`;
const crown = `/v1/programs/${market}`;
const cred = `/v1/programs/${community}`;
const one = <T>(random: Prng, items: readonly T[]): T => items[random.below(items.length)]!;

const kinds: readonly Kind[] = [
  ['programs', () => '/v1/programs'],
  ['program', () => stakes],
  ['window', () => `${stakes}/window`],
  ['schedule', () => `${stakes}/schedule`],
  ['periods', () => `${stakes}/periods`],
  ['steps', () => `${stakes}/periods/1/steps`],
  ['excluded', () => `${stakes}/excluded`],
  ['scores', ({ names }, random) => `${stakes}/scores?cursor=${one(random, names)}`],
  ['scores at a place', ({ accounts }, random) => `${stakes}/scores?sort=name&offset=${random.below(accounts)}`],
  ['scores sorted', ({ accounts }, random) => `${stakes}/scores?sort=-score&offset=${random.below(accounts)}`],
  ['scores searched', ({ names }, random) => `${stakes}/scores?sort=-stake&search=${one(random, names).slice(-4)}`],
  ['account', ({ names }, random) => `${stakes}/accounts/${one(random, names)}`],
  ['explanation', ({ names }, random) => `${stakes}/accounts/${one(random, names)}/explanation?period=1`],
  ['payouts', ({ payouts }, random) => `${stakes}/payouts?cursor=${random.below(payouts)}`],
  ['payouts of a period', ({ payouts }, random) => `${stakes}/payouts?period=1&cursor=${random.below(payouts)}`],
  ['payouts of an account', ({ names }, random) => `${stakes}/payouts?account=${one(random, names)}`],
  ['postings', ({ postings }, random) => `${stakes}/postings?cursor=${random.below(postings)}`],
  ['postings, newest', () => `${stakes}/postings?newest=true`],
  ['postings of a reason', () => `${stakes}/postings?reason=rounding`],
  ['postings of an account', ({ names }, random) => `${stakes}/postings?account=${one(random, names)}`],
  ['events', ({ events }, random) => `${stakes}/events?cursor=${random.below(events)}`],
  ['events, newest', () => `${stakes}/events?newest=true`],
  ['events of an account', ({ names }, random) => `${stakes}/events?account=${one(random, names)}`],
  ['balances', () => `${stakes}/balances`],
  ['flows', () => `${stakes}/flows`],
  ['flows of a period', () => `${stakes}/flows?period=1`],
  ['a page of 1,000', ({ names }, random) => `${stakes}/scores?limit=1000&cursor=${one(random, names)}`],
  ['metrics', () => '/metrics'],
  ['crown scores', (_, random) => `${crown}/scores?period=${1 + random.below(8)}`],
  ['crown intervals', (_, random) => `${crown}/crown/intervals?period=${1 + random.below(8)}`],
  ['crown cells', (_, random) => `${crown}/crown/cells?period=${1 + random.below(8)}`],
  ['crown at', () => `${crown}/crown/at`],
  ['crown account', ({ quoters }, random) => `${crown}/accounts/${one(random, quoters)}`],
  ['crown explanation', ({ quoters }, random) => `${crown}/accounts/${one(random, quoters)}/explanation?period=8`],
  ['cred program', () => cred],
  ['cred persons', () => `${cred}/cred/persons`],
  ['cred person', ({ people }, random) => `${cred}/cred/persons/${one(random, people)}`],
  ['cred sources', () => `${cred}/cred/sources`],
  ['cred timeline', () => `${cred}/cred/timeline`],
  ['cred contributions', () => `${cred}/cred/contributions`],
  [
    'cred contribution',
    ({ contributions }, random) =>
      `${cred}/cred/contribution?address=${encodeURIComponent(one(random, contributions))}`,
  ],
];

export async function benchHttp(
  options: HttpOptions,
  at: { readonly dir: string; readonly start: (job: string) => Child; readonly say: (text: string) => void },
): Promise<HttpResult> {
  const { requests, seed } = options;
  const store = await makeHttpStore(options, at);
  at.say('starting the server');
  const began = performance.now();
  const server = await HttpServer.start(store);
  try {
    await server.time('/healthz');
    const startMs = performance.now() - began;
    const facts = await factsOf(server, seed);
    const found: Record<string, RequestTimes> = {};
    for (const [name, path] of kinds) {
      at.say(name);
      const random = new Prng(seed);
      // The first answers of a kind are compiled while they run, and lists are made; the server is measured as it is afterwards.
      await ready(server, path(facts, random));
      for (let n = 0; n < Math.min(requests, 20); n += 1) await server.time(path(facts, random));
      const times: number[] = [];
      let bytes = 0;
      for (let n = 0; n < requests; n += 1) {
        const taken = await server.time(path(facts, random));
        times.push(taken.ms);
        bytes += taken.bytes;
      }
      found[name] = {
        p50_ms: round(quantile(times, 0.5)),
        p99_ms: round(quantile(times, 0.99)),
        max_ms: round(quantile(times, 1)),
        count: times.length,
        bytes: Math.round(bytes / times.length),
      };
    }
    const bytes = Number(/^prorata_store_bytes (\S+)$/m.exec(String((await server.ask('/metrics')).body))![1]);
    return {
      workload: 'http',
      ...options,
      store_mb: round(bytes / 1e6, 1),
      start_ms: round(startMs),
      requests_by_kind: found,
    };
  } finally {
    await server.stop();
  }
}

/** Asks until a list that is being made is there. */
async function ready(server: HttpServer, path: string): Promise<void> {
  for (;;) {
    const { status, body } = await server.ask(path);
    if (status === 200) return;
    if (status !== 503) throw new Error(`${path}: ${status} ${body.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function factsOf(server: HttpServer, seed: number): Promise<Facts> {
  const { counts } = await server.json(stakes);
  const random = new Prng(seed);
  const names: string[] = [];
  for (let n = 0; n < 50; n += 1) {
    const [event] = (await server.json(`${stakes}/events?limit=1&cursor=${random.below(counts.events - 10)}`)).items;
    if (typeof event?.account === 'string') names.push(event.account);
  }
  const of = async (path: string, field: string): Promise<string[]> => {
    await ready(server, path);
    return ((await server.json(path)).items as Record<string, string>[]).map((item) => item[field]!);
  };
  return {
    names,
    accounts: counts.accounts,
    payouts: counts.payouts,
    postings: counts.postings,
    events: counts.events,
    people: await of(`${cred}/cred/persons`, 'name'),
    contributions: await of(`${cred}/cred/contributions`, 'address'),
    quoters: await of(`${crown}/scores?period=8`, 'account'),
  };
}

/** As a table for people. */
export function httpTable({ requests_by_kind: found }: HttpResult): string {
  const rows = Object.entries(found).map(([kind, times]) => [
    kind,
    times.p50_ms,
    times.p99_ms,
    times.max_ms,
    times.bytes,
  ]);
  const lines = [['request', 'p50 ms', 'p99', 'max', 'bytes'], ...rows].map((row) => row.map(String));
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n');
}
