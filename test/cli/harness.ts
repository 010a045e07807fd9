import { toFileForm } from '../../src/core/events/normalize.ts';
import { story } from '../app/cred-small.ts';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { backup, DatabaseSync } from 'node:sqlite';
import { isAbsolute, join } from 'node:path';
import { Engine } from '../../src/app/engine.ts';
import { isServerUrl } from '../../src/core/place.ts';
import { copyStore, openProrata } from '../../src/index.ts';
import { runCli } from '../../src/cli/cli.ts';
import { openDocuments } from '../../src/documents/index.ts';
import type { CrownStoreReader, Io, Output } from '../../src/cli/io.ts';
import { auditorThread } from '../../src/threads/auditor.ts';
import { crownThread } from '../../src/threads/crown.ts';
import { credThread } from '../../src/threads/cred.ts';
import { rankingsThread } from '../../src/threads/rankings.ts';
import { stepperThread } from '../../src/threads/stepper.ts';
import { startServer } from '../../src/http/server.ts';
import { eventBodies } from '../../src/sources/event-bodies.ts';
import { writeModuleState } from '../../src/exporters/module-state.ts';
import { CrownStore } from '../../src/sources/crown-store.ts';
import { readModuleState } from '../../src/sources/module-state.ts';
import {
  githubItems,
  gitSource,
  graphItems,
  sourcecredItems,
  sourcecredProgram,
} from '../../src/sources/contributions.ts';
import { readEvents } from '../../src/sources/read-events.ts';
import { readSnapshot } from '../../src/sources/snapshot.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';

/** What a command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly tty?: boolean;
  /** Width of that terminal. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Largest size of the store in pages of 4,096 bytes: a full disk. */
  readonly maxPages?: number;
  readonly now?: () => number;
  /** Called with each store that is opened: what somebody else does meanwhile. */
  readonly onEngine?: (engine: Engine) => void;
}

/** A folder of its own, and the command line in it, in this process and through the front door. */
export class Cli implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'prorata-cli-'));

  /** Words as a shell would split them: blanks, and double quotes around words that have some. `prorata` itself may lead. */
  async run(line: string | readonly string[], given: Given = {}): Promise<Ran> {
    const args = typeof line === 'string' ? wordsOf(line) : [...line];
    if (args[0] === 'prorata') args.shift();
    const [out, err] = [capture(given.tty, given.columns), capture(given.tty)];
    const io: Io = {
      version: '9.9.9',
      stdout: out.output,
      stderr: err.output,
      stdin: typeof given.stdin === 'object' ? given.stdin : chunksOf(given.stdin ?? ''),
      cwd: this.folder,
      now: given.now ?? (() => Date.UTC(2025, 5, 1)),
      random: randomBytes,
      signal: given.signal ?? new AbortController().signal,
      openEngine: async ({ store, create = true, readOnly = false }) => {
        if (store === 'memory') return new Engine(openMemoryStore());
        if (isServerUrl(store)) return openProrata({ store, create, readOnly });
        const size = given.maxPages === undefined || readOnly ? {} : { maxPages: given.maxPages };
        const how = { path: store, create: create && !readOnly, readOnly, busyTimeoutMs: 20, ...size };
        const engine = new Engine(openSqliteStore(how));
        given.onEngine?.(engine);
        return engine;
      },
      copyAll: copyStore,
      copyStore: async (from, to) => {
        if (isServerUrl(from)) return void (await copyStore(from, to));
        const source = new DatabaseSync(from, { readOnly: true });
        await backup(source, to).finally(() => source.close());
      },
      sources: {
        events: readEvents,
        snapshot: readSnapshot,
        crownStore: async (path) => CrownStore.open(path) as CrownStoreReader,
        moduleState: async (text, options) => readModuleState(text, options),
        graph: graphItems,
        sourcecred: sourcecredItems,
        sourcecredProgram,
        github: githubItems,
        git: gitSource,
      },
      openRankings: async (store) => rankingsThread(store),
      openCrown: async (store) => crownThread(store),
      openStepper: async (begun, onReport) => stepperThread(begun, onReport),
      openCred: async (store) => credThread(store),
      openAuditor: async (store) => auditorThread(store),
      startServer: (options, where) => startServer({ ...options, ...eventBodies }, where),
      documents: () => openDocuments(),
      writeModuleState,
    };
    return { code: await runCli(args, io), out: out.text(), err: err.text() };
  }

  /** As `run`, for what must succeed. */
  async ok(line: string | readonly string[], given: Given = {}): Promise<string> {
    const { code, out, err } = await this.run(line, given);
    if (code !== 0) throw new Error(`${String(line)} ended with ${code}:\n${out}${err}`);
    return out;
  }

  /** The one JSON document that a command answers. */
  async json(line: string): Promise<any> {
    return JSON.parse(await this.ok(`${line} --json`));
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  path(name: string): string {
    return isAbsolute(name) ? name : join(this.folder, name);
  }

  /** A hash of the whole state of a store: equal before and after means that nothing was changed. */
  async state(store = 'prorata.db'): Promise<string> {
    if (!this.has(store)) return 'no store';
    return createHash('sha256')
      .update(await this.ok(['export', '--store', store]))
      .digest('hex');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((found) => found[1] ?? found[2]!);
}

function capture(isTTY = false, columns?: number): { output: Output; text: () => string } {
  const parts: string[] = [];
  const write = async (text: string): Promise<void> => void parts.push(text);
  return { output: { write, isTTY, columns, closed: false }, text: () => parts.join('') };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  // Two chunks, so that a line is split between them.
  const bytes = Buffer.from(text);
  yield bytes.subarray(0, bytes.length >> 1);
  yield bytes.subarray(bytes.length >> 1);
}

/** A small program: four boundaries, one pool by score, one with recipients. */
export const config = `program: acme
store: prorata.db
asset: {symbol: ACME, decimals: 3}
pools:
  community: {pays: score, funding: "4000000"}
  team: {pays: recipients, recipients: [t1, t2, t3], funding: "400000"}
residual: treasury
schedule:
  entries:
    - {at: 2025-01-02T00:00:00Z, amounts: {community: "1000000", team: "100000"}}
    - {at: 2025-01-03T00:00:00Z, amounts: {community: "1000000", team: "100000"}}
    - {at: 2025-01-04T00:00:00Z, amounts: {community: "1000000", team: "100000"}}
    - {at: 2025-01-05T00:00:00Z, amounts: {community: "1000000", team: "100000"}}
excluded: [vault]
window: {batch_size: 2}
`;

const event = (fields: Record<string, unknown>): string => JSON.stringify(fields);

/** Three stakers on two validators, a slash, and a change inside each of the first three periods. */
export const eventLines: readonly string[] = [
  event({
    kind: 'validator-set',
    key: 'v1',
    time: '2025-01-01T00:00:00Z',
    validator: 'v1',
    tokens: '0',
    shares: '0',
    jailed: false,
  }),
  event({
    kind: 'validator-set',
    key: 'v2',
    time: '2025-01-01T00:00:00Z',
    validator: 'v2',
    tokens: '0',
    shares: '0',
    jailed: false,
  }),
  event({
    kind: 'delegate',
    key: 'd1',
    time: '2025-01-01T00:00:00Z',
    account: 'alice',
    validator: 'v1',
    amount: '600',
  }),
  event({ kind: 'delegate', key: 'd2', time: '2025-01-01T00:00:00Z', account: 'bob', validator: 'v2', amount: '300' }),
  event({
    kind: 'delegate',
    key: 'd3',
    time: '2025-01-01T12:00:00Z',
    account: 'carol',
    validator: 'v2',
    amount: '200',
  }),
  event({
    kind: 'delegate',
    key: 'd4',
    time: '2025-01-02T06:00:00Z',
    account: 'alice',
    validator: 'v2',
    amount: '100',
  }),
  event({ kind: 'validator-slashed', key: 's1', time: '2025-01-02T12:00:00Z', validator: 'v1', fraction: '0.5' }),
  event({
    kind: 'undelegate',
    key: 'u1',
    time: '2025-01-03T12:00:00Z',
    account: 'bob',
    validator: 'v2',
    amount: '300',
  }),
];
export const events = `${eventLines.join('\n')}\n`;

/** A folder with prorata.yaml and events.jsonl. */
export function newCli(): Cli {
  const cli = new Cli();
  cli.write('prorata.yaml', config);
  cli.write('events.jsonl', events);
  return cli;
}

/** The same, with every period settled. */
export async function settledCli(): Promise<Cli> {
  const cli = newCli();
  await cli.ok('run events.jsonl');
  return cli;
}

/** A small market: three rounds of an hour, one direction that gets half of each; the third is running. */
export const crownConfig = `program: market
store: prorata.db
asset: {symbol: GOLD, decimals: 3}
pools:
  rewards: {pays: score, funding: "3000000"}
residual: recycle
scoring:
  model: crown
  rules: best-rate-tie
  directions: {btc-tao: "1/2"}
  success: {exponent: 1, seconds: 86400}
schedule:
  rounds: {start: 2025-03-01T00:00:00Z, every: 3600, count: 3, amounts: {rewards: "1000000"}}
window: {batch_size: 1}
`;

const ofAccount = (account: string): string[] => [
  event({ kind: 'eligible', key: `e-${account}`, time: '2025-03-01T00:00:00Z', account, on: true }),
  event({ kind: 'active', key: `a-${account}`, time: '2025-03-01T00:00:00Z', account, on: true }),
];

/** Alice holds alone for ten minutes, then with bob, who is busy for ten; carol quotes too little; dave never quotes. */
export const crownEventLines: readonly string[] = [
  ...['alice', 'bob', 'carol', 'dave'].flatMap(ofAccount),
  event({
    kind: 'rate',
    key: 'r1',
    time: '2025-03-01T00:00:00Z',
    account: 'alice',
    direction: 'btc-tao',
    rate: '345.5',
  }),
  event({
    kind: 'rate',
    key: 'r2',
    time: '2025-03-01T00:10:00Z',
    account: 'bob',
    direction: 'btc-tao',
    rate: '345.50',
  }),
  event({ kind: 'rate', key: 'r3', time: '2025-03-01T00:10:00Z', account: 'carol', direction: 'btc-tao', rate: '300' }),
  event({ kind: 'busy', key: 'b1', time: '2025-03-01T00:20:00Z', account: 'bob', delta: 1 }),
  event({ kind: 'busy', key: 'b2', time: '2025-03-01T00:30:00Z', account: 'bob', delta: -1 }),
  event({ kind: 'outcome', key: 'o1', time: '2025-03-01T00:30:00Z', account: 'bob', swap: 's1', completed: true }),
  event({ kind: 'outcome', key: 'o2', time: '2025-03-01T00:40:00Z', account: 'bob', swap: 's2', completed: false }),
];

/** A folder with the market, its events and uids.csv; two rounds are settled. */
export async function marketCli(): Promise<Cli> {
  const cli = new Cli();
  cli.write('prorata.yaml', crownConfig);
  cli.write('events.jsonl', `${crownEventLines.join('\n')}\n`);
  cli.write('uids.csv', 'uid,account\n0,owner\n1,alice\n2,bob\n');
  await cli.ok('ingest events.jsonl');
  await cli.ok('advance --to 2025-03-01T02:00:00Z');
  return cli;
}

/** A community that writes in a forum: two people, three posts, rounds of a week. */
export const communityConfig = `program: grain
asset: {symbol: GRAIN, decimals: 2}
pools:
  community: {pays: score, funding: "10000"}
residual: commons
scoring:
  model: cred
  weights:
    nodes: {forum/user: 0}
schedule:
  rounds: {start: 2025-01-05T00:00:00Z, every: 604800, count: 10, amounts: {community: "1000"}}
`;

/** A folder with the community, its events, and what-if.yaml; two weeks are settled. */
export async function communityCli(): Promise<Cli> {
  const cli = new Cli();
  cli.write('prorata.yaml', communityConfig);
  cli.write('what-if.yaml', communityConfig.replace('forum/user: 0', 'forum/user: 0, forum/post/1: 5'));
  cli.write(
    'events.jsonl',
    story()
      .map((event) => `${JSON.stringify(toFileForm(event))}\n`)
      .join(''),
  );
  await cli.ok('ingest events.jsonl');
  await cli.ok('advance --to 2025-01-19T00:00:00Z');
  return cli;
}
