import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError } from '../core/errors.ts';
import type { Delegate, Held, ProrataEvent, ValidatorSet } from '../core/events/event.ts';
import { parseAmount, parseDecimal18 } from '../core/money/amount.ts';
import { isName, nearest } from '../core/text.ts';
import { formatInstant, parseInstant, secondOf } from '../core/time/instant.ts';

export interface SnapshotOptions {
  /** The instant the snapshot was taken at, milliseconds since 1970 UTC. Default: `export_time` of its meta.json. */
  readonly at?: number;
  /**
   * Second from which on all of it is stipulated to have been held; what began to unbond since then counts up to there
   * (unbonding.csv). Default: the snapshot's own second, nothing of the past.
   */
  readonly heldSince?: number;
  /** Whether unbonding.csv is used (only with `heldSince`); default true. */
  readonly unbonding?: boolean;
  /** How long unbonding takes, seconds. Default: `unbonding_time_seconds` of meta.json. */
  readonly unbondingSeconds?: number;
  /** Events per chunk; 2,000 if absent. */
  readonly chunkEvents?: number;
}

/** What a snapshot folder says of itself in meta.json; a file that is absent says nothing. */
export interface SnapshotMeta {
  /** Milliseconds since 1970 UTC. */
  readonly exportTime?: number;
  readonly unbondingSeconds?: number;
}

/**
 * The events that put a staking snapshot into a program, in chunks: every validator with its rate, then account by account
 * (ascending by the bytes of their names, so that ids come in that order) its delegations with their exact shares and what
 * it held in the past. All happen at the snapshot's instant.
 *
 * Files of the folder `dir`: `validators.csv` (id, tokens, delegator_shares, jailed), `delegations.csv` (delegator,
 * validator, shares) and, optional and read only with `heldSince`, `unbonding.csv` (delegator, validator, completion_time,
 * initial_balance). Tokens and balances are whole smallest units, shares decimals with up to 18 places. An unbonding entry
 * was held until floor(completion_time - unbonding time), clamped to the time from `heldSince` to the snapshot; a chain
 * forgets a validator whom everybody has left before the last of it has unbonded, so there it may be one without a row.
 *
 * Keys follow from the instant and the rows, not from their order: the same folder read twice at the same instant gives
 * duplicates. Every delegation says since when it is held, so a second snapshot of the same stakes is refused
 * (`since-with-stake`) instead of doubling them. A folder with a fault gives an error before its first event. Throws
 * InvalidInputError, with `file`, `line` and `column` in its facts where they are known: `snapshot-file-missing`,
 * `snapshot-file-malformed`, `snapshot-column-missing`, `snapshot-column-unknown`, `snapshot-column-repeated`,
 * `snapshot-value-invalid`, `snapshot-validator-unknown`, `snapshot-row-repeated`, `snapshot-instant-missing`,
 * `snapshot-unbonding-time-missing`, `snapshot-held-since-late`.
 */
export async function* readSnapshot(dir: string, options: SnapshotOptions = {}): AsyncGenerator<ProrataEvent[]> {
  const meta = readSnapshotMeta(dir);
  const time = options.at ?? meta.exportTime;
  if (time === undefined) {
    const message = 'Found no instant of the snapshot; accepted: one given (--at), or "export_time" in its meta.json.';
    throw new InvalidInputError('snapshot-instant-missing', message, { dir });
  }
  const second = secondOf(time);
  const since = options.heldSince ?? second;
  if (since > second) {
    const message = `Found ${since} as the second from which stake is held; accepted: at most the snapshot's own, ${second}.`;
    throw new InvalidInputError('snapshot-held-since-late', message, { heldSince: String(since), at: String(second) });
  }
  const prefix = `snapshot:${formatInstant(time)}`;
  const validators = await readValidators(join(dir, 'validators.csv'), prefix, time);
  const stakes = await readDelegations(join(dir, 'delegations.csv'), validators, { prefix, time, since });
  const unbonding = join(dir, 'unbonding.csv');
  if (options.heldSince !== undefined && options.unbonding !== false && existsSync(unbonding)) {
    const unbondingSeconds = options.unbondingSeconds ?? meta.unbondingSeconds;
    if (unbondingSeconds === undefined) {
      const message =
        'Found unbonding.csv, but not how long unbonding takes; accepted: "unbonding_time_seconds" in meta.json.';
      throw new InvalidInputError('snapshot-unbonding-time-missing', message, { dir });
    }
    stakes.push(...(await readUnbonding(unbonding, validators, { prefix, time, since, unbondingSeconds })));
  }
  stakes.sort(
    (a, b) =>
      compareBytes(a.account, b.account) || compareBytes(a.validator, b.validator) || compareBytes(a.key, b.key),
  );
  const chunkEvents = options.chunkEvents ?? 2000;
  let chunk: ProrataEvent[] = [];
  for (const events of [validators.values(), stakes]) {
    for (const event of events) {
      chunk.push(event);
      if (chunk.length < chunkEvents) continue;
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Reads meta.json of a snapshot folder, where there is one. Throws `snapshot-file-malformed`, `snapshot-value-invalid`. */
export function readSnapshotMeta(dir: string): SnapshotMeta {
  const file = join(dir, 'meta.json');
  if (!existsSync(file)) return {};
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw malformed(file, (error as Error).message, error);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw malformed(file, 'it is no JSON object');
  const { export_time: exportTime, unbonding_time_seconds: unbonding } = raw as Record<string, unknown>;
  const invalid = (column: string, found: unknown, accepted: string, cause?: unknown): InvalidInputError => {
    const message = `${file}, "${column}": found ${JSON.stringify(found)}; accepted: ${accepted}.`;
    return new InvalidInputError('snapshot-value-invalid', message, { file, column }, cause);
  };
  if (
    unbonding !== undefined &&
    !(typeof unbonding === 'number' && Number.isSafeInteger(unbonding) && unbonding >= 0)
  ) {
    throw invalid('unbonding_time_seconds', unbonding, 'a whole number of seconds');
  }
  const found = unbonding === undefined ? {} : { unbondingSeconds: unbonding };
  if (exportTime === undefined) return found;
  try {
    return { ...found, exportTime: parseInstant(typeof exportTime === 'string' ? exportTime : '', 'export_time') };
  } catch (error) {
    throw invalid('export_time', exportTime, 'an instant such as "2025-01-31T12:00:00Z"', error);
  }
}

interface Common {
  readonly prefix: string;
  readonly time: number;
  readonly since: number;
}

async function readValidators(file: string, prefix: string, time: number): Promise<Map<string, ValidatorSet>> {
  const validators = new Map<string, ValidatorSet>();
  const columns = { required: ['id', 'tokens', 'delegator_shares', 'jailed'], ignored: ['commission', 'status'] };
  for await (const row of rowsOf(file, columns)) {
    const name = row.name('id');
    if (validators.has(name))
      throw row.refused('snapshot-row-repeated', 'id', `validator ${name} a second time`, 'one row per validator');
    const tokens = row.amount('tokens');
    const shares = row.decimal('delegator_shares');
    if (tokens > 0n && shares === 0n) throw row.invalid('delegator_shares', `no shares for ${tokens} tokens`);
    validators.set(name, validatorSet(prefix, time, name, { tokens, shares, jailed: row.boolean('jailed') }));
  }
  return validators;
}

/** Without facts: a validator that nobody delegates to. */
function validatorSet(
  prefix: string,
  time: number,
  validator: string,
  facts = { tokens: 0n, shares: 0n, jailed: false },
): ValidatorSet {
  return { kind: 'validator-set', key: `${prefix}:validator:${validator}`, time, validator, ...facts };
}

async function readDelegations(
  file: string,
  validators: ReadonlyMap<string, ValidatorSet>,
  common: Common,
): Promise<(Delegate | Held)[]> {
  const { prefix, time, since } = common;
  const stakes: Delegate[] = [];
  const seen = new Map<string, Set<string>>();
  const columns = {
    required: ['delegator', 'validator', 'shares'],
    ignored: ['start_period', 'start_height', 'start_stake'],
  };
  for await (const row of rowsOf(file, columns)) {
    const account = row.name('delegator');
    const validator = row.validator(validators);
    const before = seen.get(account) ?? new Set();
    if (before.has(validator)) {
      throw row.refused(
        'snapshot-row-repeated',
        'validator',
        `${account} on ${validator} a second time`,
        'one row per delegator and validator',
      );
    }
    seen.set(account, before.add(validator));
    const shares = row.decimal('shares');
    if (shares === 0n) throw row.invalid('shares', 'a delegation without shares');
    stakes.push({
      kind: 'delegate',
      key: `${prefix}:stake:${account}:${validator}`,
      time,
      account,
      validator,
      shares,
      since,
    });
  }
  return stakes;
}

async function readUnbonding(
  file: string,
  validators: Map<string, ValidatorSet>,
  { prefix, time, since, unbondingSeconds }: Common & { unbondingSeconds: number },
): Promise<Held[]> {
  const held: Held[] = [];
  const seen = new Map<string, number>();
  const columns = {
    required: ['delegator', 'validator', 'completion_time', 'initial_balance'],
    ignored: ['creation_height', 'balance'],
  };
  for await (const row of rowsOf(file, columns)) {
    const account = row.name('delegator');
    const validator = row.name('validator');
    const amount = row.amount('initial_balance');
    const completion = row.get('completion_time');
    const began = secondOf(row.parsed('completion_time', parseInstant)) - unbondingSeconds;
    const until = Math.min(began, secondOf(time));
    if (until <= since || amount === 0n) continue;
    if (!validators.has(validator)) validators.set(validator, validatorSet(prefix, time, validator));
    // Equal rows are told apart by counting them: which of them is which does not matter.
    const name = `${prefix}:unbonding:${account}:${validator}:${completion}:${amount}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    held.push({
      kind: 'held',
      key: count === 1 ? name : `${name}:${count}`,
      time,
      account,
      validator,
      amount,
      from: since,
      until,
    });
  }
  return held;
}

/** The rows of a CSV file one after the other, with its header checked. Cells are read by their column's name. */
async function* rowsOf(
  file: string,
  columns: { readonly required: readonly string[]; readonly ignored: readonly string[] },
): AsyncGenerator<Row> {
  if (!existsSync(file)) throw new InvalidInputError('snapshot-file-missing', `There is no ${file}.`, { file });
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, relax_column_count: true });
  pipeline(createReadStream(file), parser, () => {}); // a failure reaches the loop below
  let header: readonly string[] | null = null;
  try {
    for await (const item of parser) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      if (header === null) {
        header = checkHeader(file, record, columns);
        continue;
      }
      if (record.length !== header.length) {
        const message = `${file}, line ${info.lines}: found ${record.length} cells; accepted: ${header.length}, one per column.`;
        throw new InvalidInputError('snapshot-file-malformed', message, { file, line: String(info.lines) });
      }
      yield new Row(file, info.lines, header, record);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))
      throw malformed(file, error.message, error);
    throw error;
  }
  if (header === null) checkHeader(file, [], columns);
}

function checkHeader(
  file: string,
  header: readonly string[],
  { required, ignored }: { readonly required: readonly string[]; readonly ignored: readonly string[] },
): readonly string[] {
  const accepted = `${required.join(', ')}${ignored.length > 0 ? ` (and ${ignored.join(', ')}, which are not used)` : ''}`;
  const refused = (code: string, column: string, found: string): never => {
    throw new InvalidInputError(code, `${file}, line 1: found ${found}; accepted: the columns ${accepted}.`, {
      file,
      line: '1',
      column,
    });
  };
  for (const [index, column] of header.entries()) {
    if (header.indexOf(column) !== index) refused('snapshot-column-repeated', column, `the column "${column}" twice`);
    if (required.includes(column) || ignored.includes(column)) continue;
    const guess = nearest(column, required);
    refused(
      'snapshot-column-unknown',
      column.slice(0, 60),
      `the column ${JSON.stringify(column.slice(0, 60))}${guess ? ` (meant: "${guess}"?)` : ''}`,
    );
  }
  for (const column of required) {
    if (!header.includes(column)) refused('snapshot-column-missing', column, `no column "${column}"`);
  }
  return header;
}

/** One row: says where it stands when a cell is not what it should be. */
class Row {
  readonly #file: string;
  readonly #line: number;
  readonly #header: readonly string[];
  readonly #cells: readonly string[];

  constructor(file: string, line: number, header: readonly string[], cells: readonly string[]) {
    this.#file = file;
    this.#line = line;
    this.#header = header;
    this.#cells = cells;
  }

  get(column: string): string {
    return this.#cells[this.#header.indexOf(column)]!;
  }

  refused(code: string, column: string, found: string, accepted: string): InvalidInputError {
    const line = String(this.#line);
    const message = `${this.#file}, line ${line}, "${column}": found ${found}; accepted: ${accepted}.`;
    return new InvalidInputError(code, message, { file: this.#file, line, column });
  }

  /** `why` completes the sentence after the cell's text. */
  invalid(column: string, why: string, cause?: unknown): InvalidInputError {
    const facts = { file: this.#file, line: String(this.#line), column };
    const message = `${this.#file}, line ${this.#line}, "${column}": found ${JSON.stringify(this.get(column).slice(0, 60))}: ${why}.`;
    return new InvalidInputError('snapshot-value-invalid', message, facts, cause);
  }

  parsed<T>(column: string, parser: (text: string, field: string) => T): T {
    try {
      return parser(this.get(column), column);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      throw this.invalid(column, error.message.replace(/\.$/, ''), error);
    }
  }

  amount(column: string): bigint {
    return this.parsed(column, parseAmount);
  }

  decimal(column: string): bigint {
    return this.parsed(column, parseDecimal18);
  }

  name(column: string): string {
    const text = this.get(column);
    if (!isName(text)) throw this.invalid(column, 'a name has 1 to 256 bytes without control characters');
    return text;
  }

  boolean(column: string): boolean {
    const text = this.get(column);
    if (text !== 'true' && text !== 'false') throw this.invalid(column, 'accepted are "true" and "false"');
    return text === 'true';
  }

  validator(known: ReadonlyMap<string, ValidatorSet>): string {
    const name = this.name('validator');
    if (!known.has(name))
      throw this.refused('snapshot-validator-unknown', 'validator', name, 'a validator of validators.csv');
    return name;
  }
}

function malformed(file: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('snapshot-file-malformed', `${file} cannot be read: ${why}.`, { file }, cause);
}
