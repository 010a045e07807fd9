import { bare } from '../core/books.ts';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError } from '../core/errors.ts';
import { fromJson, toJson } from '../core/json.ts';
import type { Rules, ScheduleEntry } from '../core/program.ts';
import { openSpans } from '../core/scoring/stake-time/spans.ts';
import type { Account, LedgerAccount, Payout, PeriodRecord, Position, Posting, ProgramState, StepRecord, Validator } from '../core/state.ts';
import type { EventRow, Store, Tx } from './ports.ts';

/** First line of an export; the format changes only with its number. */
const HEADER = { format: 'prorata-export', version: 1 } as const;
const PAGE = 2000;

/** One line of an export: what it is, and its content. */
type Line =
  | typeof HEADER
  | { readonly program: string; readonly state: ProgramState; readonly rules: Rules; readonly schedule: readonly ScheduleEntry[] }
  | { readonly validator: Validator }
  | { readonly account: Omit<Account, 'scores' | 'positions'> & { readonly positions: readonly Position[]; readonly scores: readonly (readonly [number, bigint])[] } }
  | { readonly event: EventRow }
  | { readonly payout: Payout }
  | { readonly posting: Posting }
  | { readonly balance: { readonly account: LedgerAccount; readonly balance: bigint } }
  | { readonly period: PeriodRecord }
  | { readonly step: StepRecord }
  | { readonly end: number };

/**
 * Writes the whole state of a store, as one transaction sees it, as lines of text (JSON Lines, each with its line feed), an open window included: programs by
 * name, accounts by name, everything else by id. Same state, same bytes; the last line counts the lines before it.
 */
export async function exportStore(store: Store, write: (text: string) => void | Promise<void>): Promise<{ lines: number }> {
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

async function* programLines(tx: Tx, id: number, name: string): AsyncGenerator<Line> {
  const state = await tx.state(id);
  const rules = await tx.rules(id);
  const schedule = await tx.schedule(id);
  yield { program: name, state, rules, schedule };
  for (const validator of await tx.validators(id)) yield { validator };
  const buckets = bucketsOf(state);
  const periods = openSpans(state, schedule, rules.window.settle).map(({ period }) => period);
  for (let after: string | null = null; ; ) {
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
  yield* pages((after) => tx.events({ program: id, after, limit: PAGE }), ({ seq }) => seq, eventLine);
  yield* pages((after) => tx.payouts({ program: id, after, limit: PAGE }), ({ id: row }) => row, payoutLine);
  yield* pages((after) => tx.postings({ program: id, after, limit: PAGE }), ({ id: row }) => row, postingLine);
  const balances = await tx.balances(id);
  for (const { account, balance } of balances) yield { balance: { account: bare(account), balance } };
  for (const period of await tx.periods(id)) {
    yield { period };
    for (const step of await tx.steps(id, period.period)) yield stepLine(step);
  }
}

// Fields in one order, whatever order a store gives them in: same state, same bytes.

function eventLine({ seq, key, kind, time, account, payload, hash }: EventRow): Line {
  return { event: { seq, key, kind, time, account: account && { id: account.id, name: account.name }, payload, hash } };
}

function payoutLine({ id, period, pool, account, score, due, restaked, liquid, reason }: Payout): Line {
  return { payout: { id, period, pool, account: { id: account.id, name: account.name }, score, due, restaked, liquid, reason } };
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
  for (let after = 0; ; ) {
    const rows = await load(after);
    for (const row of rows) yield lineOf(row);
    if (rows.length < PAGE) return;
    after = idOf(rows.at(-1)!);
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
export async function importStore(store: Store, lines: AsyncIterable<string> | Iterable<string>): Promise<{ lines: number; programs: number }> {
  return store.transact('write', async (tx) => {
    let [count, programs, program, ended] = [0, 0, 0, false];
    let batch: Batch = emptyBatch();
    const flush = async (): Promise<void> => {
      if (batch.size > 0) await tx.write(program, batch.changes);
      batch = emptyBatch();
    };
    for await (const text of lines) {
      if (text.trim() === '') continue;
      const line = parseLine(text, count + 1);
      if (count === 0) {
        if (!('format' in line) || line.format !== HEADER.format || line.version !== HEADER.version) {
          throw malformed(1, `the first line must be ${JSON.stringify(HEADER)}`);
        }
      } else if ('end' in line) {
        if (line.end !== count) throw malformed(count + 1, `it counts ${line.end} lines before it, there are ${count}`);
        ended = true;
      } else if ('program' in line) {
        await flush();
        program = await tx.createProgram(line.program);
        programs += 1;
        await tx.write(program, { rules: line.rules, schedule: line.schedule, state: line.state });
      } else {
        addLine(batch, line, count + 1);
        if (batch.size >= PAGE) await flush();
      }
      count += 1;
    }
    if (!ended) throw malformed(count, 'the last line is missing: the file is cut off');
    await flush();
    return { lines: count, programs };
  });
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
    period?: PeriodRecord;
    step?: StepRecord;
  };
}

function emptyBatch(): Batch {
  return { size: 0, changes: { accounts: [], validators: [], events: [], positions: [], scores: [], payouts: [], postings: [], balances: [] } };
}

function addLine(batch: Batch, line: Line, number: number): void {
  const { changes } = batch;
  batch.size += 1;
  if ('validator' in line) changes.validators.push(line.validator);
  else if ('account' in line) addAccount(changes, line.account);
  else if ('event' in line) changes.events.push(line.event);
  else if ('payout' in line) changes.payouts.push(line.payout);
  else if ('posting' in line) changes.postings.push(line.posting);
  else if ('balance' in line) changes.balances.push(line.balance);
  else if ('period' in line || 'step' in line) {
    Object.assign(changes, line);
    batch.size = PAGE; // one period and one step go with a write
  } else throw malformed(number, 'it is of no known kind');
}

function addAccount(changes: Batch['changes'], line: Extract<Line, { account: unknown }>['account']): void {
  const { id, name, excluded, positions, scores } = line;
  changes.accounts.push({ id, name, excluded, positions: [], scores: new Map() });
  for (const position of positions) changes.positions.push({ account: id, ...position });
  for (const [period, score] of scores) changes.scores.push({ account: id, period, score });
}

function parseLine(text: string, number: number): Line {
  try {
    return fromJson(text) as Line;
  } catch (error) {
    throw malformed(number, (error as Error).message);
  }
}

function malformed(line: number, what: string): InvalidInputError {
  return new InvalidInputError('import-malformed', `Line ${line} of the export cannot be read: ${what}.`, { line: String(line) });
}
