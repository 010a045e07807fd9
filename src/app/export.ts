import { bare } from '../core/books.ts';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError, InvariantError } from '../core/errors.ts';
import { fromJson, toJson } from '../core/json.ts';
import type { Rules, ScheduleEntry } from '../core/program.ts';
import type { EdgeVersion, NodeVersion } from '../core/scoring/cred/book.ts';
import { openSpans } from '../core/scoring/stake-time/spans.ts';
import type {
  Account,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Position,
  Posting,
  ProgramState,
  StepRecord,
  Tally,
  Validator,
} from '../core/state.ts';
import { emptyState } from './empty-state.ts';
import type { Changes, Checkpoint, EventRow, Pruning, Store, StoredAward, Tx } from './ports.ts';

/** First line of an export; the format changes only with its number. */
const HEADER = { format: 'prorata-export', version: 1 } as const;
const PAGE = 2000;

/** One line of an export: what it is, and its content. */
type Line =
  | typeof HEADER
  | {
      readonly program: string;
      readonly state: ProgramState;
      readonly rules: Rules;
      readonly schedule: readonly ScheduleEntry[];
    }
  | { readonly validator: Validator }
  | {
      readonly account: Omit<Account, 'scores' | 'positions'> & {
        readonly positions: readonly Position[];
        readonly scores: readonly (readonly [number, bigint])[];
      };
    }
  | { readonly event: Omit<EventRow, 'at'> & { readonly at?: number } }
  | { readonly payout: Payout }
  | { readonly posting: Posting }
  | { readonly balance: { readonly account: LedgerAccount; readonly balance: bigint } }
  | { readonly node: NodeVersion }
  | { readonly edge: EdgeVersion }
  | { readonly tally: Tally }
  | { readonly period: PeriodRecord }
  | { readonly step: StepRecord }
  | { readonly award: NonNullable<Changes['awards']>[number] }
  | { readonly checkpoint: Checkpoint }
  | { readonly pruning: Pruning }
  | { readonly bookmark: NonNullable<Changes['bookmark']> }
  | { readonly end: number };

/**
 * Writes the whole state of a store, as one transaction sees it, as lines of text (JSON Lines, each with its line feed), an open window included: programs by
 * name, accounts by name, everything else by id. Same state, same bytes; the last line counts the lines before it.
 */
export async function exportStore(
  store: Store,
  write: (text: string) => void | Promise<void>,
): Promise<{ lines: number }> {
  return store.transact('read', async (tx) => {
    let lines = 1;
    await write(`${toJson(HEADER)}\n`);
    const programs = await tx.programs();
    for (const { id, name } of programs.toSorted((a, b) => compareBytes(a.name, b.name))) {
      for await (const content of programLines(tx, id, name)) {
        lines += 1;
        await write(`${toJson(content)}\n`);
      }
    }
    await write(`${toJson({ end: lines })}\n`);
    return { lines: lines + 1 };
  });
}

/** All that a program is, as lines. */
export async function* programLines(tx: Tx, id: number, name: string): AsyncGenerator<Line> {
  const state = await tx.state(id);
  const rules = await tx.rules(id);
  const schedule = await tx.schedule(id);
  yield { program: name, state, rules, schedule };
  for (const validator of await tx.validators(id)) yield { validator };
  const buckets = bucketsOf(state);
  const periods = openSpans(state, schedule, rules.window.settle).map(({ period }) => period);
  for (let after: string | null = null; ;) {
    const query = { program: id, after, limit: PAGE, buckets, periods };
    const accounts: readonly Account[] = await tx.accountsPage(query);
    for (const { id: accountId, name: accountName, excluded, positions, scores } of accounts) {
      const sorted = [...scores].toSorted(([a], [b]) => a - b);
      const held = positions
        .map(({ validator, shares, since, bucket }) => ({ validator, shares, since, bucket }))
        .toSorted((a, b) => a.bucket - b.bucket || a.validator - b.validator);
      yield { account: { id: accountId, name: accountName, excluded, positions: held, scores: sorted } };
    }
    if (accounts.length < PAGE) break;
    after = accounts.at(-1)!.name;
  }
  yield* pages(
    (after) => tx.events({ program: id, after, limit: PAGE }),
    ({ seq }) => seq,
    eventLine,
  );
  yield* versions(
    (after) => tx.graphNodes({ program: id, after, limit: PAGE }),
    (node) => ({ node }),
  );
  yield* versions(
    (after) => tx.graphEdges({ program: id, after, limit: PAGE }),
    (edge) => ({ edge }),
  );
  yield* pages(
    (after) => tx.payouts({ program: id, after, limit: PAGE }),
    ({ id: row }) => row,
    payoutLine,
  );
  yield* pages(
    (after) => tx.postings({ program: id, after, limit: PAGE }),
    ({ id: row }) => row,
    postingLine,
  );
  const balances = await tx.balances(id);
  for (const { account, balance } of balances) yield { balance: { account: bare(account), balance } };
  for (const period of await tx.periods(id)) {
    yield { period };
    for (const step of await tx.steps(id, period.period)) yield stepLine(step);
  }
  for (const { period, account, score, revision, owed } of await tx.tallies({ program: id })) {
    yield { tally: { period, account: { id: account.id, name: account.name }, score, revision, owed } };
  }
  if (state.window !== null) yield* awardLines(tx, id, state.window.period);
  for (const pruning of await tx.prunings(id)) yield { pruning };
  for (const { at } of await tx.checkpoints(id)) yield { checkpoint: await tx.checkpoint(id, at) };
  for (const bookmark of await tx.bookmarks(id)) yield { bookmark };
}

async function* awardLines(tx: Tx, id: number, period: number): AsyncGenerator<Line> {
  for (let after: string | null = null; ;) {
    const page: readonly StoredAward[] = await tx.awards({ program: id, period, after, limit: PAGE });
    for (const { account, score, due, waits } of page)
      yield { award: { account, period, score, due, ...(waits ? { waits } : {}) } };
    if (page.length < PAGE) return;
    after = page.at(-1)!.account.name;
  }
}

// Fields in one order, whatever order a store gives them in: same state, same bytes.

function eventLine({ seq, key, kind, time, account, payload, at, hash }: EventRow): Line {
  const about = account && { id: account.id, name: account.name };
  return { event: { seq, key, kind, time, account: about, payload, ...(at === null ? {} : { at }), hash } };
}

function payoutLine({ id, period, pool, account, score, due, restaked, liquid, reason }: Payout): Line {
  return {
    payout: { id, period, pool, account: { id: account.id, name: account.name }, score, due, restaked, liquid, reason },
  };
}

function postingLine({ id, period, allocation, source, target, amount, reason }: Posting): Line {
  return { posting: { id, period, allocation, source: bare(source), target: bare(target), amount, reason } };
}

function stepLine({ period, step, phase, events, at, entries, payouts, firstPayout }: StepRecord): Line {
  return { step: { period, step, phase, events, at, entries, payouts, firstPayout } };
}

async function* pages<T>(
  load: (after: number) => Promise<readonly T[]>,
  idOf: (row: T) => number,
  lineOf: (row: T) => Line,
): AsyncGenerator<Line> {
  for (let after = 0; ;) {
    const rows = await load(after);
    for (const row of rows) yield lineOf(row);
    if (rows.length < PAGE) return;
    after = idOf(rows.at(-1)!);
  }
}

interface Place {
  readonly number: number;
  readonly since: number;
}

async function* versions<T extends Place>(
  load: (after: Place) => Promise<readonly T[]>,
  lineOf: (row: T) => Line,
): AsyncGenerator<Line> {
  for (let after: Place = { number: 0, since: 0 }; ;) {
    const rows = await load(after);
    for (const row of rows) yield lineOf(row);
    if (rows.length < PAGE) return;
    after = rows.at(-1)!;
  }
}

function bucketsOf(state: ProgramState): number[] {
  const { window, bucket } = state;
  return window && window.closingBucket !== bucket ? [window.closingBucket, bucket] : [bucket];
}

/**
 * Reads an export into a store that has none of its programs, in one transaction. Throws InvalidInputError
 * `import-malformed` with the line number, or ConflictError `program-exists`; the store is then as it was.
 */
export async function importStore(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<{ lines: number; programs: number }> {
  return store.transact('write', async (tx) => {
    let [count, ended] = [0, false];
    const writer = new LineWriter(tx);
    for await (const text of lines) {
      if (text.trim() === '') continue;
      const line = parseLine(text, count + 1);
      if (count === 0) {
        if (!('format' in line) || line.format !== HEADER.format || line.version !== HEADER.version) {
          throw malformed(1, `the first line must be ${JSON.stringify(HEADER)}`);
        }
      } else if (ended) {
        throw malformed(count + 1, 'it comes after the last line');
      } else if ('end' in line) {
        if (line.end !== count) throw malformed(count + 1, `it counts ${line.end} lines before it, there are ${count}`);
        ended = true;
      } else await writer.take(line, count + 1);
      count += 1;
    }
    if (!ended) throw malformed(count, 'the last line is missing: the file is cut off');
    await writer.end();
    return { lines: count, programs: writer.programs };
  });
}

/** Writes programs line by line into a store that has none of them; `end` after the last line. Throws as importStore does. */
export class LineWriter {
  /** Id of the program whose lines come. */
  program = 0;
  programs = 0;
  readonly #tx: Tx;
  #batch: Batch = emptyBatch();
  /** Number of the newest line. */
  #line = 0;
  /** Of a program whose state does not count its positions and scores yet: they are counted as they come. */
  #uncounted: ProgramState | null = null;

  constructor(tx: Tx) {
    this.#tx = tx;
  }

  async take(line: Line, number: number): Promise<void> {
    if ('program' in line) {
      await this.end();
      if (lacksCounters(line.state)) this.#uncounted = Object.assign(line.state, { positions: 0, scores: {} });
      assertProgram(line, number);
      this.program = await this.#tx.createProgram(line.program);
      this.programs += 1;
      const { rules, schedule, state } = line;
      await this.#tx.write(this.program, { rules, schedule, state });
    } else {
      if (this.program === 0) throw malformed(number, 'the line of its program must come first');
      addLine(this.#batch, line, number);
      if (this.#uncounted !== null && 'account' in line) count(this.#uncounted, line.account);
      if (this.#batch.size >= PAGE) await this.#flush();
    }
    this.#line = number;
  }

  async end(): Promise<void> {
    await this.#flush();
    if (this.#uncounted !== null) await this.#tx.write(this.program, { state: this.#uncounted });
    this.#uncounted = null;
  }

  async #flush(): Promise<void> {
    if (this.#batch.size > 0) await written(this.#tx, this.program, this.#batch.changes, this.#line);
    this.#batch = emptyBatch();
  }
}

function count(state: ProgramState, account: Extract<Line, { account: unknown }>['account']): void {
  state.positions += account.positions.length;
  for (const [period] of account.scores) state.scores[period] = (state.scores[period] ?? 0) + 1;
}

/** As programs were exported before the state had these two counters. */
function lacksCounters(state: unknown): state is object {
  return typeof state === 'object' && state !== null && !('positions' in state) && !('scores' in state);
}

interface Batch {
  size: number;
  readonly changes: {
    accounts: Account[];
    validators: Validator[];
    events: EventRow[];
    positions: (Position & { account: number })[];
    scores: { account: number; period: number; score: bigint }[];
    payouts: Payout[];
    postings: Posting[];
    balances: { account: LedgerAccount; balance: bigint }[];
    awards: NonNullable<Changes['awards']>[number][];
    nodes: NodeVersion[];
    edges: EdgeVersion[];
    tallies: Tally[];
    period?: PeriodRecord;
    step?: StepRecord;
    checkpoint?: Checkpoint;
    pruning?: Pruning;
    bookmark?: NonNullable<Changes['bookmark']>;
  };
}

function emptyBatch(): Batch {
  return {
    size: 0,
    changes: {
      accounts: [],
      validators: [],
      events: [],
      positions: [],
      scores: [],
      payouts: [],
      postings: [],
      balances: [],
      awards: [],
      nodes: [],
      edges: [],
      tallies: [],
    },
  };
}

/** What a store's contract says against is the file's fault here: the same row twice, a row of an unknown account. */
async function written(tx: Tx, program: number, changes: Batch['changes'], line: number): Promise<void> {
  try {
    await tx.write(program, changes);
  } catch (error) {
    if (error instanceof InvariantError) throw malformed(line, `it, or a line shortly before it, breaks ${error.code}`);
    throw error;
  }
}

function addLine(batch: Batch, line: Line, number: number): void {
  const { changes } = batch;
  assertShape(line, number);
  batch.size += 1;
  if ('validator' in line) changes.validators.push(line.validator);
  else if ('account' in line) addAccount(changes, line.account);
  else if ('event' in line) changes.events.push({ ...line.event, at: line.event.at ?? null });
  else if ('award' in line) changes.awards.push(line.award);
  else if ('node' in line) changes.nodes.push(line.node);
  else if ('edge' in line) changes.edges.push(line.edge);
  else if ('tally' in line) changes.tallies.push(line.tally);
  else if ('payout' in line) changes.payouts.push(line.payout);
  else if ('posting' in line) changes.postings.push(line.posting);
  else if ('balance' in line) changes.balances.push(line.balance);
  else if ('period' in line || 'step' in line || 'checkpoint' in line || 'pruning' in line || 'bookmark' in line) {
    Object.assign(changes, line);
    batch.size = PAGE; // one of each goes with a write
  }
}

type Shape = Readonly<Record<string, 'number' | 'string' | 'boolean' | 'bigint' | 'object' | 'list'>>;

/** What the fields of a line must be for a store to take them; what they say is for `verify` to judge. */
const shapes: Readonly<Record<string, Shape>> = {
  validator: { id: 'number', name: 'string', jailed: 'boolean', rates: 'list' },
  account: { id: 'number', name: 'string', excluded: 'boolean', positions: 'list', scores: 'list' },
  event: {
    seq: 'number',
    key: 'string',
    kind: 'string',
    time: 'number',
    account: 'object',
    payload: 'string',
    hash: 'string',
  },
  payout: {
    id: 'number',
    period: 'number',
    pool: 'string',
    account: 'object',
    score: 'bigint',
    due: 'bigint',
    restaked: 'bigint',
    liquid: 'bigint',
    reason: 'string',
  },
  posting: {
    id: 'number',
    period: 'number',
    allocation: 'string',
    source: 'object',
    target: 'object',
    amount: 'bigint',
    reason: 'string',
  },
  balance: { account: 'object', balance: 'bigint' },
  period: {
    period: 'number',
    start: 'number',
    boundary: 'number',
    status: 'string',
    allocations: 'list',
    delivered: 'bigint',
    residual: 'object',
    accountsPaid: 'number',
    steps: 'number',
  },
  node: {
    number: 'number',
    node: 'string',
    since: 'number',
    time: 'number',
    timeless: 'boolean',
    weight: 'string',
    gone: 'boolean',
  },
  edge: {
    number: 'number',
    edge: 'string',
    since: 'number',
    time: 'number',
    source: 'number',
    target: 'number',
    forward: 'string',
    backward: 'string',
    gone: 'boolean',
  },
  tally: { period: 'number', account: 'object', score: 'bigint', revision: 'bigint', owed: 'bigint' },
  award: { account: 'object', period: 'number', score: 'bigint', due: 'bigint' },
  checkpoint: { at: 'number', seq: 'number', fold: 'object' },
  pruning: { first: 'number', last: 'number', at: 'number', head: 'string', rules: 'object', schedule: 'list' },
  bookmark: { source: 'string', value: 'string' },
  step: {
    period: 'number',
    step: 'number',
    phase: 'string',
    events: 'number',
    at: 'number',
    entries: 'number',
    payouts: 'number',
    firstPayout: 'number',
  },
};
const rateShape: Shape = { since: 'number', tokens: 'bigint', perShares: 'bigint' };
const positionShape: Shape = { validator: 'number', shares: 'bigint', since: 'object', bucket: 'number' };
const scoreShape: Shape = { 0: 'number', 1: 'bigint' };
const stateShape: Shape = Object.fromEntries(
  Object.entries(emptyState({ schedule: [] })).map(([name, value]) => [name, typeof value as Shape[string]]),
);

function assertShape(line: Line, number: number): void {
  const [kind, content] = Object.entries(line)[0] ?? [];
  const shape = kind === undefined || !Object.hasOwn(shapes, kind) ? undefined : shapes[kind];
  if (kind === undefined || shape === undefined) throw malformed(number, 'it is of no known kind');
  assertFields(content, shape, kind, number);
  if ('validator' in line)
    for (const rate of line.validator.rates) assertFields(rate, rateShape, 'validator.rates', number);
  if (!('account' in line)) return;
  for (const position of line.account.positions) assertFields(position, positionShape, 'account.positions', number);
  for (const score of line.account.scores) assertFields(score, scoreShape, 'account.scores', number);
}

function assertProgram(line: Extract<Line, { program: unknown }>, number: number): void {
  assertFields(line, { program: 'string', state: 'object', rules: 'object', schedule: 'list' }, 'program', number);
  assertFields(line.state, stateShape, 'state', number);
}

/** `null`, and a number beside it (`since`), count as object. */
function assertFields(value: unknown, shape: Shape, path: string, number: number): void {
  if (typeof value !== 'object' || value === null) throw malformed(number, `"${path}" is no object`);
  for (const [name, type] of Object.entries(shape)) {
    const field = (value as Record<string, unknown>)[name];
    const fits =
      type === 'list' ? Array.isArray(field) : typeof field === type || (name === 'since' && typeof field === 'number');
    if (!fits) throw malformed(number, `"${path}.${name}" must be of type ${type}`);
  }
}

function addAccount(changes: Batch['changes'], line: Extract<Line, { account: unknown }>['account']): void {
  const { id, name, excluded, positions, scores } = line;
  changes.accounts.push({ id, name, excluded, positions: [], scores: new Map() });
  for (const position of positions) changes.positions.push({ account: id, ...position });
  for (const [period, score] of scores) changes.scores.push({ account: id, period, score });
}

function parseLine(text: string, number: number): Line {
  let line: unknown;
  try {
    line = fromJson(text);
  } catch (error) {
    throw malformed(number, (error as Error).message);
  }
  if (typeof line !== 'object' || line === null) throw malformed(number, 'it is no object');
  return line as Line;
}

function malformed(line: number, what: string): InvalidInputError {
  return new InvalidInputError('import-malformed', `Line ${line} of the export cannot be read: ${what}.`, {
    line: String(line),
  });
}
