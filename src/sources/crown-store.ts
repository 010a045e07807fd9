import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import {
  ConflictError,
  InvalidInputError,
  NotFoundError,
  type ProrataError,
  UnavailableError,
} from '../core/errors.ts';
import { decodeEvent, encodeEvent } from '../core/events/encode.ts';
import { activityCodes, type CrownFact } from '../core/events/event.ts';
import { nextActivity } from '../core/scoring/crown/lane-state.ts';
import { backingsOf, type CrownScoring, secondOfBlock } from '../core/scoring/crown/scoring.ts';

/** How far a store was read: the last id by table, the newest second of outcomes, and who was busy then (derived). */
export interface CrownStoreBookmark {
  readonly schema: 'blocks' | 'seconds';
  readonly ids: Readonly<Record<string, number>>;
  readonly outcomes: number;
  readonly busy: Readonly<Record<string, number>>;
}

export interface CrownStoreOptions {
  /** Of the program that the facts are for: directions, backings and hubs that it does not have are left out, and counted. */
  readonly scoring: CrownScoring;
  /** Rows after this; default: all. */
  readonly after?: CrownStoreBookmark | null;
  /** Under `best-rate-tie`, of a store with several backings: the one whose rates and activity count. */
  readonly backing?: string;
}

/** Events of one round trip to the engine. */
const CHUNK = 2000;

/** Order of facts within one second, as the replay has it. */
const places = { active: 0, activity: 1, busy: 1, rate: 5, collateral: 6, cleared: 7, outcome: 8 } as const;

interface Placed {
  readonly at: number;
  readonly place: number;
  readonly id: number;
  readonly fact: CrownFact;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * A validator's SQLite store, opened read-only: no DDL, no change of the journal, no file left beside it. Its schema is told
 * by columns, which are read by name: the first one (blocks; rates and outcomes) or the second (seconds; also flags, activity,
 * collateral and cleared swaps). Source: shared/vectors/crown/README.md, "Sample databases".
 *
 * Throws: NotFoundError `source-not-found`; InvalidInputError `source-not-a-database`, `source-schema-unknown`,
 * `block-without-axis`; UnavailableError `source-busy`, `source-corrupt`, `source-unreadable`; of rows InvalidInputError
 * `source-row-invalid`, with table, id and column.
 */
export class CrownStore {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly schema: 'blocks' | 'seconds';
  /** The file as it was when it was opened as one that does not change; `null`: it was opened beside its writer. */
  readonly #still: string | null;
  /** What was left out, by reason: rows that are not for this program, or do not say whose they are. */
  readonly leftOut = new Map<string, number>();

  private constructor(db: DatabaseSync, path: string, schema: 'blocks' | 'seconds', still: string | null) {
    [this.#db, this.#path, this.schema, this.#still] = [db, path, schema, still];
  }

  static open(path: string): CrownStore {
    if (!existsSync(path))
      throw new NotFoundError('source-not-found', `There is no store at ${path}.`, { source: path });
    return guarded(path, () => {
      const [open, still] = opener(path);
      const db = open();
      try {
        assertWhole(db, path);
        return new CrownStore(db, path, schemaOf(db, path), still);
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  close(): void {
    this.#db.close();
  }

  /** Where to go on after what `facts` gave. */
  bookmark: CrownStoreBookmark | null = null;

  /**
   * All facts after a bookmark, in chunks, in the order of seconds, then of kinds, then of ids; within one read transaction.
   * Afterwards `bookmark` says where to go on.
   */
  *facts(options: CrownStoreOptions): Generator<CrownFact[], void, undefined> {
    const { after = null } = options;
    if (after !== null && after.schema !== this.schema) {
      const message = `The bookmark is of a store in ${after.schema}, ${this.#path} is one in ${this.schema}; accepted: the store it was read from.`;
      throw new ConflictError('source-schema-changed', message, { source: this.#path });
    }
    const { scoring } = options;
    const secondOf = this.#axis(scoring);
    const own = { ...options, ...this.#backingFor(options) };
    const ids: Record<string, number> = { ...after?.ids };
    this.leftOut.clear();
    const placed: Placed[] = [];
    let [outcomes, busy] = [after?.outcomes ?? 0, { ...after?.busy }];
    guarded(this.#path, () => {
      this.#db.exec('BEGIN');
      try {
        const add = (fact: CrownFact | null, id: number): void => {
          if (fact !== null) placed.push({ at: fact.time, place: placeOf(fact), id, fact });
        };
        for (const table of tables[this.schema]) {
          for (const row of this.#rows(table.name, ids[table.name] ?? 0, table.order)) {
            const id = whole(row, 'id', table.name);
            ids[table.name] = Math.max(ids[table.name] ?? 0, id);
            if (table.name === 'activity_events' && scoring.band === null) {
              for (const fact of this.#derived(row, own, busy)) add(fact, id);
            } else add(this.#factOf(table.name, row, own, secondOf), id);
          }
        }
        for (const [fact, second] of this.#outcomes(outcomes, secondOf)) {
          outcomes = Math.max(outcomes, second);
          add(fact, placed.length);
        }
      } finally {
        this.#db.exec('COMMIT');
      }
    });
    this.#assertStill();
    placed.sort((a, b) => a.at - b.at || a.place - b.place || a.id - b.id);
    for (let at = 0; at < placed.length; at += CHUNK) yield placed.slice(at, at + CHUNK).map(({ fact }) => fact);
    busy = Object.fromEntries(Object.entries(busy).filter(([, state]) => state !== 0));
    this.bookmark = { schema: this.schema, ids, outcomes, busy };
  }

  /**
   * Rows that were logged and say something else now: they moved in place, or an outcome was replaced. For each the old fact
   * is retracted and the row given anew under its key with a version (`activity:77#2`). And rows that reading by ids and the
   * newest second did not see: outcomes that came late, or whose swap was not known to be anybody's.
   * `lookup` answers which keys are in the log, with what. Rows before second `since` are not looked at. Of activity that was
   * turned into `busy` nothing can be compared: such a store is imported anew.
   */
  async *moved(
    options: Omit<CrownStoreOptions, 'after'> & { readonly since?: number },
    lookup: (keys: readonly string[]) => Promise<ReadonlyMap<string, { readonly payload: string }>>,
  ): AsyncGenerator<CrownFact[], void, undefined> {
    const since = (options.since ?? 0) * 1000;
    for (const chunk of this.facts({ ...options, after: null })) {
      let wanted = chunk
        .filter(({ kind, time }) => kind !== 'busy' && time >= since)
        .map((fact) => ({ fact, version: 1 }));
      const newest = new Map<string, { key: string; payload: string; version: number }>();
      const facts = wanted.map(({ fact }) => fact);
      while (wanted.length > 0) {
        const known = await lookup(wanted.map(({ fact, version }) => versioned(fact.key, version)));
        wanted = wanted.flatMap(({ fact, version }) => {
          const key = versioned(fact.key, version);
          const found = known.get(key);
          if (found === undefined) return [];
          newest.set(fact.key, { key, payload: found.payload, version });
          return [{ fact, version: version + 1 }];
        });
      }
      const changes = facts.flatMap((fact): CrownFact[] => {
        const logged = newest.get(fact.key);
        if (logged === undefined) return [fact];
        if (encodeEvent({ ...fact, key: logged.key }) === logged.payload) return [];
        const anew = { ...fact, key: versioned(fact.key, logged.version + 1) };
        const { time } = decodeEvent(logged.payload);
        return [{ kind: 'retracted', key: `retracted:${logged.key}`, time, event: logged.key }, anew];
      });
      if (changes.length > 0) yield changes;
    }
  }

  /** Under best-rate-tie there is one list of quotes a direction: of a store with several backings, those of one of them. */
  #backingFor({ scoring, backing }: CrownStoreOptions): { readonly backing?: string } {
    if (backing !== undefined) return { backing };
    if (this.schema === 'blocks' || scoring.band !== null) return {};
    const rows = guarded(this.#path, () =>
      this.#db.prepare('SELECT DISTINCT collateral_chain AS backing FROM rate_events ORDER BY 1').all(),
    );
    const found = rows.map((row) => String(row['backing']));
    if (found.length <= 1) return found[0] === undefined ? {} : { backing: found[0] };
    throw new InvalidInputError(
      'source-backing-ambiguous',
      `${this.#path} has rates of ${found.join(', ')}; accepted: one of them, named.`,
      { source: this.#path },
    );
  }

  #axis({ block }: CrownScoring): (value: number) => number {
    if (this.schema === 'seconds') return (second) => second;
    if (block !== null) return (number) => secondOfBlock(block, number);
    throw new InvalidInputError(
      'block-without-axis',
      `${this.#path} counts in blocks; accepted: a program whose scoring.block says how blocks lie.`,
      { source: this.#path },
    );
  }

  *#rows(table: string, after: number, order: string): Generator<Row> {
    yield* this.#db.prepare(`SELECT * FROM ${table} WHERE id > ? ORDER BY ${order}`).iterate(after) as Iterable<Row>;
  }

  #skip(reason: string): null {
    this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + 1);
    return null;
  }

  #factOf(table: string, row: Row, options: CrownStoreOptions, secondOf: (value: number) => number): CrownFact | null {
    const { scoring } = options;
    const id = whole(row, 'id', table);
    const account = name(row, 'hotkey', table);
    const base = (kind: string, column: string) => ({
      key: `${kind}:${id}`,
      time: secondOf(whole(row, column, table)) * 1000,
    });
    switch (table) {
      case 'active_events':
        return { kind: 'active', ...base('active', 'block_num'), account, on: flag(row, 'active', table) };
      case 'activity_events': {
        const what = activityCodes[whole(row, 'kind', table)];
        if (what === undefined) throw invalid(row, 'kind', table, 'a code from 0 to 3');
        const hub = row['hub'] === null ? undefined : name(row, 'hub', table);
        if (hub !== undefined && !scoring.band!.hubs.includes(hub))
          return this.#skip(`activity on ${hub}, which is no hub of the program`);
        const happened = { kind: 'activity', ...base('activity', 'block_num'), account, what } as const;
        return hub === undefined ? happened : { ...happened, hub };
      }
      case 'collateral_events': {
        if (scoring.band === null) return this.#skip('collateral, which best-rate-tie does not read');
        const backing = name(row, 'backing', table);
        if (!scoring.band.hubs.includes(backing))
          return this.#skip(`collateral in ${backing}, which is no hub of the program`);
        const found = integer(row, 'collateral_rao', table);
        return {
          kind: 'collateral',
          ...base('collateral', 'block_num'),
          account,
          backing,
          amount: found > 0n ? found : 0n,
        };
      }
      case 'clearing_rates': {
        const direction = `${name(row, 'from_chain', table)}-${name(row, 'to_chain', table)}`;
        if (!isPaid(scoring, direction))
          return this.#skip(`direction ${direction}, which the program does not pay for`);
        const [from, to] = [integer(row, 'from_amount', table), integer(row, 'to_amount', table)];
        if (from < 0n || to < 0n)
          throw invalid(row, from < 0n ? 'from_amount' : 'to_amount', table, 'an amount from 0 on');
        return { kind: 'cleared', ...base('cleared', 'block_num'), account, direction, from, to };
      }
      default:
        return this.#rate(row, account, options, base('rate', 'block'));
    }
  }

  #rate(
    row: Row,
    account: string,
    { scoring, backing: wanted }: CrownStoreOptions,
    base: { key: string; time: number },
  ): CrownFact | null {
    const direction = `${name(row, 'from_chain', 'rate_events')}-${name(row, 'to_chain', 'rate_events')}`;
    const rate = decimal(row);
    if (!isPaid(scoring, direction)) return this.#skip(`direction ${direction}, which the program does not pay for`);
    if (this.schema === 'blocks') return { kind: 'rate', ...base, account, direction, rate };
    const backing = name(row, 'collateral_chain', 'rate_events');
    if (scoring.band === null) {
      if (wanted === undefined || backing === wanted) return { kind: 'rate', ...base, account, direction, rate };
      return this.#skip(`rates of backing ${backing}`);
    }
    if (!backingsOf(direction, scoring.band.hubs).includes(backing))
      return this.#skip(`rates of ${direction} with backing ${backing}, which no lane has`);
    return { kind: 'rate', ...base, account, direction, backing, rate };
  }

  /** Under best-rate-tie: busy while the state of the one hub is not available. */
  *#derived(row: Row, { backing }: CrownStoreOptions, states: Record<string, number>): Generator<CrownFact> {
    const table = 'activity_events';
    const hub = row['hub'] === null ? null : name(row, 'hub', table);
    if (hub !== null && hub !== (backing ?? hub)) return;
    const [account, code] = [name(row, 'hotkey', table), whole(row, 'kind', table)];
    if (code > 3) throw invalid(row, 'kind', table, 'a code from 0 to 3');
    const before = Object.hasOwn(states, account) ? states[account]! : 0;
    const next = nextActivity(before, code);
    states[account] = next;
    if ((before === 0) === (next === 0)) return;
    const key = `busy:${whole(row, 'id', table)}`;
    yield { kind: 'busy', key, time: whole(row, 'block_num', table) * 1000, account, delta: next === 0 ? -1 : 1 };
  }

  /** Outcomes have no ids in the order of the log: all from the newest second on are read again, and known by their keys. */
  *#outcomes(since: number, secondOf: (value: number) => number): Generator<[CrownFact | null, number]> {
    const table = 'swap_outcomes';
    if (this.schema === 'blocks') {
      const sql =
        'SELECT swap_id, miner_hotkey, completed, resolved_block FROM swap_outcomes ORDER BY resolved_block, swap_id';
      for (const row of this.#db.prepare(sql).iterate() as Iterable<Row>) {
        const second = secondOf(whole(row, 'resolved_block', table));
        if (second < since) continue;
        const swap = String(whole(row, 'swap_id', table));
        const [account, completed] = [name(row, 'miner_hotkey', table), flag(row, 'completed', table)];
        yield [{ kind: 'outcome', key: `outcome:${swap}`, time: second * 1000, account, swap, completed }, second];
      }
      return;
    }
    const whose =
      'coalesce((SELECT hotkey FROM clearing_rates c WHERE c.swap_key = o.swap_key), (SELECT hotkey FROM relay_swaps r WHERE r.swap_key = o.swap_key))';
    const sql = `SELECT o.swap_key, o.outcome, o.block_time, ${whose} AS hotkey FROM swap_outcomes o WHERE o.block_time >= ? ORDER BY o.block_time, o.swap_key`;
    for (const row of this.#db.prepare(sql).iterate(since) as Iterable<Row>) {
      const second = whole(row, 'block_time', table);
      yield [this.#outcome(row, second), second];
    }
  }

  #outcome(row: Row, second: number): CrownFact | null {
    const [swap, outcome] = [name(row, 'swap_key', 'swap_outcomes'), row['outcome']];
    if (outcome === 'cancelled' || outcome === 'expired')
      return this.#skip(`outcomes "${outcome}", which say nothing of conduct`);
    if (outcome !== 'completed' && outcome !== 'timed_out')
      throw invalid(row, 'outcome', 'swap_outcomes', 'completed, timed_out, cancelled or expired');
    if (row['hotkey'] === null) return this.#skip('outcomes of swaps of which the store does not say whose they are');
    const account = name(row, 'hotkey', 'swap_outcomes');
    return {
      kind: 'outcome',
      key: `outcome:${swap}`,
      time: second * 1000,
      account,
      swap,
      completed: outcome === 'completed',
    };
  }

  /** A file that was opened as one that does not change must not have changed. */
  #assertStill(): void {
    if (this.#still === null || (stampOf(this.#path) === this.#still && !existsSync(`${this.#path}-wal`))) return;
    throw new UnavailableError('source-busy', `${this.#path} was written to while it was read: read it again.`, {
      source: this.#path,
    });
  }
}

const placeOf = (fact: CrownFact): number =>
  fact.kind === 'activity'
    ? places.activity + activityCodes.indexOf(fact.what)
    : places[fact.kind as keyof typeof places];

const versioned = (key: string, version: number): string => (version === 1 ? key : `${key}#${version}`);

const isPaid = ({ directions }: CrownScoring, direction: string): boolean =>
  directions.some((one) => one.direction === direction);

// --- opening

/** Columns that are read, by table. Order: as facts of one table follow each other. */
const tables = {
  blocks: [
    { name: 'rate_events', order: 'block, id', columns: ['id', 'hotkey', 'from_chain', 'to_chain', 'rate', 'block'] },
  ],
  seconds: [
    { name: 'active_events', order: 'block_num, id', columns: ['id', 'block_num', 'hotkey', 'active'] },
    { name: 'activity_events', order: 'block_num, kind, id', columns: ['id', 'block_num', 'hotkey', 'kind', 'hub'] },
    {
      name: 'rate_events',
      order: 'block, id',
      columns: ['id', 'hotkey', 'from_chain', 'to_chain', 'rate', 'block', 'collateral_chain'],
    },
    {
      name: 'collateral_events',
      order: 'block_num, id',
      columns: ['id', 'block_num', 'hotkey', 'collateral_rao', 'backing'],
    },
    {
      name: 'clearing_rates',
      order: 'block_num, id',
      columns: ['id', 'block_num', 'hotkey', 'from_chain', 'to_chain', 'from_amount', 'to_amount', 'swap_key'],
    },
  ],
} as const;
const others = {
  blocks: { swap_outcomes: ['swap_id', 'miner_hotkey', 'completed', 'resolved_block'] },
  seconds: { swap_outcomes: ['swap_key', 'outcome', 'block_time'], relay_swaps: ['swap_key', 'hotkey'] },
} as const;

function schemaOf(db: DatabaseSync, path: string): 'blocks' | 'seconds' {
  const missing = (schema: 'blocks' | 'seconds'): string[] => {
    const wanted = [
      ...tables[schema].map(({ name: table, columns }) => [table, columns] as const),
      ...Object.entries(others[schema]),
    ];
    return wanted.flatMap(([table, columns]) => {
      const found = new Set(
        db
          .prepare('SELECT name FROM pragma_table_info(?)')
          .all(table)
          .map((row) => String(row['name'])),
      );
      return (columns as readonly string[])
        .filter((column) => !found.has(column))
        .map((column) => `${table}.${column}`);
    });
  };
  const [seconds, blocks] = [missing('seconds'), missing('blocks')];
  if (seconds.length === 0) return 'seconds';
  // A store of the second kind that lacks something must not be read as one of the first.
  const hasBacking = !seconds.includes('rate_events.collateral_chain');
  if (blocks.length === 0 && !hasBacking) return 'blocks';
  const message = `${path} has neither schema of a validator's store. For the one in seconds it lacks ${seconds.join(', ')}; for the one in blocks ${blocks.join(', ') || 'nothing, but its rates have a backing'}.`;
  throw new InvalidInputError('source-schema-unknown', message, { source: path });
}

const stampOf = (path: string): string => {
  const { size, mtimeMs, ino } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
};

/** Whole numbers as bigints: a purse may hold more than 2^53. */
const reading = { readOnly: true, readBigInts: true } as const;

/**
 * Beside a writer as any reader; without one (no -wal) as a file that does not change, so that nothing is left beside it and
 * its folder need not be writable.
 */
function opener(path: string): readonly [open: () => DatabaseSync, still: string | null] {
  if (existsSync(`${path}-wal`)) return [() => new DatabaseSync(path, { ...reading, timeout: 2000 }), null];
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  if (existsSync(`${path}-journal`)) return [() => new DatabaseSync(path, { ...reading, timeout: 2000 }), null];
  const still = stampOf(path);
  return [() => new DatabaseSync(url, reading), still];
}

/** A file that was cut off, or is only begun, is shorter than its first page says. */
function assertWhole(db: DatabaseSync, path: string): void {
  const pragma = (what: string): number => Number(Object.values(db.prepare(`PRAGMA ${what}`).get()!)[0]);
  const [pages, size] = [pragma('page_count'), pragma('page_size')];
  const bytes = statSync(path).size;
  if (bytes >= pages * size || existsSync(`${path}-wal`)) return;
  throw new UnavailableError(
    'source-corrupt',
    `${path} has ${bytes} bytes and says that it has ${pages * size}: it was cut off, or is not written to its end.`,
    { source: path },
  );
}

/** What SQLite throws, in our words. */
function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { errcode?: number }).errcode;
    if (code === undefined) throw error;
    throw failureOf(code & 0xff, path, error);
  }
}

function failureOf(code: number, path: string, cause: unknown): ProrataError {
  const facts = { source: path };
  if (code === 26)
    return new InvalidInputError('source-not-a-database', `${path} is no SQLite database.`, facts, cause);
  if (code === 5 || code === 6)
    return new UnavailableError('source-busy', `${path} is locked by another process: read it again.`, facts, cause);
  if (code === 11)
    return new UnavailableError(
      'source-corrupt',
      `${path} is damaged, or not written to its end: ${(cause as Error).message}.`,
      facts,
      cause,
    );
  return new UnavailableError(
    'source-unreadable',
    `${path} cannot be read: ${(cause as Error).message}.`,
    facts,
    cause,
  );
}

// --- one value

function invalid(row: Row, column: string, table: string, accepted: string): InvalidInputError {
  const id = shown(row['id'] ?? row['swap_key'] ?? row['swap_id'] ?? '?');
  const found = shown(row[column]);
  return new InvalidInputError(
    'source-row-invalid',
    `${table} ${id}, column ${column}: found ${found}; accepted: ${accepted}.`,
    { table, id, column, found },
  );
}

/** A value of a row as text: numbers, texts and nothing; of anything else that it is something else. */
function shown(value: unknown): string {
  if (value === null || typeof value === 'bigint' || typeof value === 'number') return `${value}`;
  return typeof value === 'string' ? value.slice(0, 60) : 'a blob';
}

function whole(row: Row, column: string, table: string): number {
  const value = row[column];
  if (typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalid(row, column, table, 'a whole number from 0 on');
}

function integer(row: Row, column: string, table: string): bigint {
  const value = row[column];
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^-?\d{1,200}$/.test(value)) return BigInt(value);
  throw invalid(row, column, table, 'a whole number');
}

function flag(row: Row, column: string, table: string): boolean {
  const value = row[column];
  if (value === 0n || value === 1n) return value === 1n;
  throw invalid(row, column, table, '0 or 1');
}

function name(row: Row, column: string, table: string): string {
  const value = row[column];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(row, column, table, 'a text that is not empty');
}

/** A REAL as the decimal that it is written as: shortest form that reads back as it, without exponent. */
function decimal(row: Row): string {
  const value = typeof row['rate'] === 'bigint' ? Number(row['rate']) : row['rate'];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const id = shown(row['id']);
    throw new InvalidInputError(
      'rate-malformed',
      `rate_events ${id}, column rate: found ${shown(value)}; accepted: a number.`,
      { table: 'rate_events', id },
    );
  }
  return plain(String(value));
}

function plain(text: string): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (found === null) return text === '-0' ? '0' : text;
  const [, sign = '', front = '', back = '', exponent = '0'] = found;
  const point = front.length + Number(exponent);
  const digits = front + back;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
