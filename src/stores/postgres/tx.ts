import { randomUUID } from 'node:crypto';
import type {
  AccountPage,
  Changes,
  Checkpoint,
  Estimate,
  EventRow,
  GraphPage,
  GraphSink,
  PositionWrite,
  Pruning,
  ScoreWrite,
  StoredAward,
  StoredToken,
  TransactOptions,
  Tx,
} from '../../app/ports.ts';
import { checkpointsKept, rangeOvertaken } from '../../app/ports.ts';
import type { EdgeVersion, NodeVersion } from '../../core/scoring/cred/book.ts';
import type { CrownFoldJson } from '../../core/scoring/crown/fold.ts';
import { ConflictError, UnavailableError, invariant } from '../../core/errors.ts';
import { fromJson, toJson } from '../../core/json.ts';
import type { Rules, ScheduleEntry } from '../../core/program.ts';
import { noScores } from '../../core/state.ts';
import type {
  Account,
  LedgerAccount,
  Payout,
  PeriodRecord,
  Posting,
  PostingReason,
  ProgramState,
  StepRecord,
  Tally,
  Validator,
} from '../../core/state.ts';
import { changedRates, earnerId, earnerOf, newestOf, scheduleChanges, scheduleRows } from '../changes.ts';
import type { ScheduleRow } from '../changes.ts';
import {
  ascending,
  estimateColumns,
  type EstimateColumns,
  estimateOf,
  graphRows,
  kindOf,
  lists,
  namesMax,
  runsOf,
  sides,
  unlessOne,
  type EventColumns,
  eventOf,
  type PayoutColumns,
  payoutOf,
  type TokenColumns,
  tokenColumns,
  tokenOf,
} from '../rows.ts';
import { bulkInsert, BulkWriter } from './connection.ts';
import type { BulkInsert, Connection, Value } from './connection.ts';
import { storeError } from './errors.ts';
import { listOf } from './lists.ts';
import type { BalanceRow, PostgresRange } from './ranges.ts';

/** Writes of a program that are remembered, so that whoever lost an answer finds its own: more than come about meanwhile. */
export const commitsKept = 1024;

const putAccounts = bulkInsert(
  'accounts',
  { name: 'text', id: 'int8', excluded: 'boolean' },
  'ON CONFLICT (program, name) DO UPDATE SET excluded = excluded.excluded WHERE accounts.id = excluded.id',
);
const putValidators = bulkInsert(
  'validators',
  { id: 'int4', name: 'text', jailed: 'boolean' },
  'ON CONFLICT (program, id) DO UPDATE SET name = excluded.name, jailed = excluded.jailed',
);
const putRates = bulkInsert(
  'rates',
  { validator: 'int4', nth: 'int4', since: 'int8', tokens: 'numeric', per_shares: 'numeric' },
  'ON CONFLICT (program, validator, nth) DO UPDATE SET since = excluded.since, tokens = excluded.tokens, per_shares = excluded.per_shares',
);
const insertEvents = bulkInsert('events', {
  ...{ seq: 'int8', key: 'text', kind: 'text', time: 'int8', account: 'int8', name: 'text', payload: 'text' },
  ...{ at: 'int8', hash: 'text' },
});
const putPositions = bulkInsert(
  'positions',
  { bucket: 'int4', name: 'text', validator: 'int4', account: 'int8', shares: 'numeric', since: 'int8' },
  'ON CONFLICT (program, bucket, name, validator) DO UPDATE SET account = excluded.account, shares = excluded.shares, since = excluded.since',
);
const putScores = bulkInsert(
  'scores',
  { period: 'int4', name: 'text', account: 'int8', score: 'numeric' },
  'ON CONFLICT (program, period, name) DO UPDATE SET account = excluded.account, score = excluded.score',
);
const insertAwards = bulkInsert('awards', {
  ...{ period: 'int4', name: 'text', account: 'int8', score: 'numeric', due: 'numeric', waits: 'boolean' },
});
const insertNodes = bulkInsert('graph_nodes', {
  ...{ number: 'int8', since: 'int8', node: 'text', time: 'int8', timeless: 'boolean', weight: 'text' },
  gone: 'boolean',
});
const insertEdges = bulkInsert('graph_edges', {
  ...{ number: 'int8', since: 'int8', edge: 'text', time: 'int8', source: 'int8', target: 'int8', forward: 'text' },
  ...{ backward: 'text', gone: 'boolean' },
});
const insertTallies = bulkInsert('tallies', {
  ...{ period: 'int4', name: 'text', account: 'int8', score: 'numeric', revision: 'numeric', owed: 'numeric' },
});
const insertPayouts = bulkInsert('payouts', {
  ...{ id: 'int8', period: 'int4', pool: 'text', account: 'int8', name: 'text', score: 'numeric', due: 'numeric' },
  ...{ restaked: 'numeric', liquid: 'numeric', reason: 'text' },
});
const insertPostings = bulkInsert('postings', {
  ...{ id: 'int8', period: 'int4', allocation: 'text', source: 'int2', source_pool: 'text', target: 'int2' },
  ...{ target_pool: 'text', account: 'int8', name: 'text', amount: 'numeric', reason: 'text' },
});

const eventColumns = 'seq, key, kind, time, account, name, payload, hash, at';
const payoutColumns = 'id, period, pool, account, name, score, due, restaked, liquid, reason';
const postingColumns =
  'id, period, allocation, source, source_pool, target, target_pool, account, name, amount, reason';
type PostingColumns = [number, number, string, number, string | null, number, string | null, number | null, string, string, PostingReason]; // prettier-ignore
const nodeColumns = 'number, node, since, time, timeless, weight, gone';
type NodeColumns = [number, string, number, number, boolean, string | null, boolean];
const edgeColumns = 'number, edge, since, time, source, target, forward, backward, gone';
type EdgeColumns = [number, string, number, number, number, number, string | null, string | null, boolean];

/** What narrows a list: conditions with their values, of which the program is the first. */
class Where {
  readonly values: Value[];
  readonly #conditions: string[] = [];

  readonly #column: string;

  constructor(column: string, program: number) {
    this.#column = column;
    this.values = [program];
  }

  /** The mark of one more value. */
  mark(value: Value): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** `condition` and the mark of its value, or what `rest` makes of that. */
  add(condition: string, value: Value, rest: (mark: string) => string = (mark) => mark): void {
    this.#conditions.push(`${condition} ${rest(this.mark(value))}`);
  }

  /** All of them, in the order of ids (newest first where there is a `before`), with a limit. */
  page(id: string, before: number | undefined, limit: number): string {
    const order = before === undefined ? 'ASC' : 'DESC';
    return `${this.#column} = $1 AND ${this.#conditions.join(' AND ')} ORDER BY ${id} ${order} LIMIT ${this.mark(limit)}`;
  }
}

const wordsOfOthers = ['store-busy', 'store-corrupt'];

/** What a program was told when it was written to: enough to find out later whether that was committed. */
export interface Mark {
  readonly program: number;
  readonly nth: number;
  readonly token: string;
}

/** One transaction on a store in PostgreSQL. */
export class PostgresTx implements Tx {
  open = true;
  /** Set by the first write; `null`: nothing was written. */
  mark: Mark | null = null;
  /** Something was written that belongs to no program, and leaves no mark. */
  unmarked = false;
  readonly #c: Connection;
  readonly #store: string;
  readonly #mode: 'read' | 'write';
  readonly #lease: TransactOptions['lease'];
  /** What it works on, if that is a range; null once it has the program for itself. */
  #range: PostgresRange | null;
  /** The same where it is made ahead of others, to the end. */
  readonly #ahead: PostgresRange | null;
  /** Balances as they were read. */
  #balances: readonly BalanceRow[] = [];
  /** The first statement that failed: PostgreSQL takes no more, and what was left half done must not be committed. */
  #failure: unknown = null;
  /** Programs whose row is locked until the end: nobody else writes to them. */
  readonly #locked = new Set<number>();
  readonly #marked = new Set<number>();
  /** Names by id of the accounts of `#namesOf` that this transaction has met; what it writes is keyed by name. */
  readonly #names = new Map<number, string>();
  #namesOf = 0;

  constructor(
    connection: Connection,
    store: string,
    mode: 'read' | 'write',
    { lease, range }: { readonly lease: TransactOptions['lease']; readonly range: PostgresRange | undefined },
  ) {
    this.#lease = lease;
    this.#range = range ?? null;
    this.#ahead = range?.ahead === true ? range : null;
    this.#c = connection;
    this.#store = store;
    this.#mode = mode;
  }

  /** No verb works after this. Throws what made a statement fail. */
  end(): void {
    this.open = false;
    if (this.#failure !== null) throw this.#failure;
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    invariant(this.open, 'store.transaction-over');
    if (this.#failure !== null) throw this.#failure;
    try {
      return await work();
    } catch (error) {
      let told = storeError(error, this.#store);
      // Whoever goes ahead gives way, and sees what others leave half done: no word about the store.
      if (this.#ahead !== null && wordsOfOthers.includes((told as { code?: string }).code ?? ''))
        told = rangeOvertaken(this.#ahead);
      // Our own refusals come before or after a statement; the server's words end the transaction.
      if (told !== error) this.#failure = told;
      throw told;
    }
  }

  /** Reads about a program. Whoever may write locks it first: what is read stays true until the end. */
  async #read<T>(program: number | null, work: () => Promise<T>): Promise<T> {
    return this.#do(async () => {
      if (program !== null) await this.#lock(program);
      return work();
    });
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    invariant(this.#mode === 'write', 'store.read-transaction');
    return this.#do(work).catch((error: unknown) => {
      this.#failure ??= error;
      throw error;
    });
  }

  async #lock(program: number): Promise<void> {
    if (this.#mode === 'read' || this.#locked.has(program)) return;
    if (this.#range?.program === program) {
      await this.#range.enter(this.#c);
      if (this.#range.ahead) return void this.#locked.add(program);
    }
    await this.#c.all('SELECT 1 FROM programs WHERE id = $1 FOR NO KEY UPDATE', program);
    const lease = this.#lease;
    if (lease?.program !== program) return void this.#locked.add(program);
    const newest = await this.#c.get<[number]>('SELECT fence FROM leases WHERE program = $1', program);
    if (newest?.[0] === lease.fence) return void this.#locked.add(program);
    const message = `The lease ${lease.fence} on the program has run out, and ${newest?.[0] ?? 'none'} is the newest: another works on it.`;
    // Whatever is made of it: nothing of this transaction is written.
    this.#failure = new ConflictError('lease-lost', message, {
      lease: String(lease.fence),
      newest: String(newest?.[0] ?? ''),
    });
    throw this.#failure;
  }

  /** The newest state of the program that a range is of, and its balances, with what was changed; so that the step after it can be begun. */
  async #tell({ state, balances = [], step }: Changes): Promise<void> {
    if (this.#range === null || step === undefined || !state?.window || state.halted) return;
    // Two steps are followed by nothing until they are committed: the last one of scoring, as whoever is paid must have been scored, and one
    // that ends amid the stakes of an account, whose score both this and the next one add to.
    if (state.window.phase !== step.phase || (state.window.cursor?.validator ?? null) !== null) return;
    const all = new Map(this.#balances.map((row) => [`${row[0]} ${row[1]}`, row]));
    for (const { account, balance } of balances) {
      const [kind, ref] = keyOf(account);
      all.set(`${kind} ${ref}`, [kind, ref, String(balance)]);
    }
    await this.#range.tell({ state: toJson(state), balances: [...all.values()] });
  }

  /**
   * The end of a step that was made ahead: after the one before it, and only where that left what this one began with. Nobody waits for the
   * program here: whoever has it changes what this step began with, and may wait for rows that it has written.
   */
  async #comeInOrder(program: number): Promise<void> {
    const range = this.#range;
    this.#range = null;
    if (range === null) return;
    if (range.base !== null) {
      await range.waitForPrevious(this.#c);
      const sql = 'SELECT 1 FROM programs WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED';
      if ((await this.#c.get(sql, program)) === undefined) throw rangeOvertaken(range);
      if ((await this.#whole('state', 'states', program)) !== range.base.state) throw rangeOvertaken(range);
    }
    await range.done(this.#c);
  }

  /** Counts the transaction among the writes of a program, and leaves a token that only it knows. */
  async #leaveMark(program: number): Promise<void> {
    if (this.#marked.has(program)) return;
    this.#marked.add(program);
    const token = randomUUID();
    const sql = `WITH w AS (UPDATE programs SET writes = writes + 1 WHERE id = $1 RETURNING writes)
      INSERT INTO commits (program, slot, nth, token) SELECT $1, w.writes % ${commitsKept}, w.writes, $2 FROM w
      ON CONFLICT (program, slot) DO UPDATE SET nth = excluded.nth, token = excluded.token RETURNING nth`;
    const row = await this.#c.get<[number]>(sql, program, token);
    invariant(row !== undefined, 'store.program-incomplete', { program: String(program) });
    this.mark ??= { program, nth: row[0], token };
  }

  programs() {
    return this.#read(null, async () => {
      const rows = await this.#c.all<[number, string]>('SELECT id, name FROM programs ORDER BY id');
      return rows.map(([id, name]) => ({ id, name }));
    });
  }

  state(program: number): Promise<ProgramState> {
    return this.#read(program, async () =>
      fromJson(this.#range?.base?.state ?? (await this.#whole('state', 'states', program))),
    );
  }

  rules(program: number): Promise<Rules> {
    return this.#read(program, async () => fromJson(await this.#whole('rules', 'rules', program)));
  }

  async #whole(column: string, table: string, program: number): Promise<string> {
    const row = await this.#c.get<[string]>(`SELECT ${column} FROM ${table} WHERE program = $1`, program);
    invariant(row !== undefined, 'store.program-incomplete', { program: String(program) });
    return row[0];
  }

  schedule(program: number): Promise<ScheduleEntry[]> {
    return this.#read(program, async () => (await this.#schedule(program)).map((row) => row.entry));
  }

  async #schedule(program: number): Promise<ScheduleRow[]> {
    const sql = 'SELECT at, nth, entry FROM schedule WHERE program = $1 ORDER BY at, nth';
    const rows = await this.#c.all<[number, number, string]>(sql, program);
    return rows.map(([at, nth, entry]) => ({ at, nth, entry: fromJson<ScheduleEntry>(entry) }));
  }

  validators(program: number): Promise<Validator[]> {
    return this.#read(program, async () => {
      const sql = 'SELECT id, name, jailed FROM validators WHERE program = $1 ORDER BY id';
      const rows = await this.#c.all<[number, string, boolean]>(sql, program);
      const rates = await this.#rates(program);
      return rows.map(([id, name, jailed]) => ({ id, name, jailed, rates: rates.get(id) ?? [] }));
    });
  }

  async #rates(program: number): Promise<Map<number, Validator['rates'][number][]>> {
    const sql = 'SELECT validator, since, tokens, per_shares FROM rates WHERE program = $1 ORDER BY validator, nth';
    const rates = new Map<number, Validator['rates'][number][]>();
    for (const [of, since, tokens, perShares] of await this.#c.all<[number, number, string, string]>(sql, program)) {
      if (!rates.has(of)) rates.set(of, []);
      rates.get(of)!.push({ since, tokens: BigInt(tokens), perShares: BigInt(perShares) });
    }
    return rates;
  }

  accountsPage(page: AccountPage): Promise<Account[]> {
    const { program } = page;
    return this.#read(program, async () => {
      const above = page.inclusive === true || page.after === null ? '>=' : '>';
      const sql = `SELECT id, name, excluded FROM accounts WHERE program = $1 AND name ${above} $2 ORDER BY name LIMIT $3 OFFSET $4`;
      const { after, limit, skip = 0 } = page;
      const accounts = (await this.#c.all<AccountColumns>(sql, program, after ?? '', limit, skip)).map(accountOf);
      this.#remember(program, accounts);
      const [first, last] = [accounts[0]?.name, accounts.at(-1)?.name];
      if (first === undefined || last === undefined) return accounts;
      // No account lies between those of the page, so their rows are one stretch of each index.
      await this.#fill(accounts, page, 'name BETWEEN $3 AND $4', [first, last]);
      return accounts;
    });
  }

  accountsNamed(query: Parameters<Tx['accountsNamed']>[0]): Promise<Account[]> {
    const { program } = query;
    return this.#read(program, async () => {
      const sql = 'SELECT id, name, excluded FROM accounts WHERE program = $1 AND name = ANY($2::text[])';
      const wanted = listOf('text', [...new Set(query.names)]);
      const accounts = (await this.#c.all<AccountColumns>(sql, program, wanted)).map(accountOf);
      this.#remember(program, accounts);
      // Of new accounts there is nothing to be read, and they are most of those that a file names.
      const found = listOf('text', accounts.map(({ name }) => name)); // prettier-ignore
      if (accounts.length > 0) await this.#fill(accounts, query, 'name = ANY($3::text[])', [found]);
      return accounts;
    });
  }

  /** Puts positions and scores into their accounts. */
  async #fill(
    accounts: readonly Account[],
    { program, buckets, periods }: Pick<AccountPage, 'program' | 'buckets' | 'periods'>,
    where: string,
    values: readonly Value[],
  ): Promise<void> {
    const byId = new Map(accounts.map((account) => [account.id, account]));
    for (const bucket of ascending(buckets)) {
      const sql = `SELECT account, validator, shares, since FROM positions
        WHERE program = $1 AND bucket = $2 AND ${where} ORDER BY name, validator`;
      const rows = await this.#c.all<[number, number, string, number | null]>(sql, program, bucket, ...values);
      for (const [id, validator, shares, since] of rows)
        this.#known(byId.get(id), id).positions.push({ validator, shares: BigInt(shares), since, bucket });
    }
    for (const period of ascending(periods)) {
      const sql = `SELECT account, score FROM scores WHERE program = $1 AND period = $2 AND ${where}`;
      for (const [id, score] of await this.#c.all<[number, string]>(sql, program, period, ...values)) {
        const account = this.#known(byId.get(id), id);
        account.scores = new Map(account.scores).set(period, BigInt(score));
      }
    }
  }

  /** Stakes and scores carry id and name of their account; where these part, somebody has edited the tables. */
  #known(account: Account | undefined, id: number): Account {
    if (account) return account;
    const message = `The store ${this.#store} is damaged: a stake or a score of account ${id} lies under another name. Restore a copy of it.`;
    throw new UnavailableError('store-corrupt', message, { store: this.#store });
  }

  excludedAccounts(program: number): Promise<string[]> {
    return this.#read(program, async () => {
      const sql = 'SELECT name FROM accounts WHERE program = $1 AND excluded ORDER BY name';
      return (await this.#c.all<[string]>(sql, program)).map(([name]) => name);
    });
  }

  eventsByKey(program: number, keys: readonly string[]) {
    return this.#read(program, async () => {
      const sql = 'SELECT key, seq, payload FROM events WHERE program = $1 AND key = ANY($2::text[])';
      const rows = await this.#c.all<[string, number, string]>(sql, program, listOf('text', keys));
      return new Map(rows.map(([key, seq, payload]) => [key, { seq, payload }]));
    });
  }

  events({ program, after, before, limit, account }: Parameters<Tx['events']>[0]): Promise<EventRow[]> {
    return this.#read(program, async () => {
      const where = new Where('program', program);
      if (account !== undefined) {
        const name = account === null ? '' : await this.#nameById(program, account);
        if (name === undefined) return [];
        where.add('name =', name);
      }
      where.add('seq >', after);
      if (before !== undefined) where.add('seq <', before);
      const sql = `SELECT ${eventColumns} FROM events WHERE ${where.page('seq', before, limit)}`;
      return (await this.#c.all<EventColumns>(sql, ...where.values)).map(eventOf);
    });
  }

  facts({ program, after, until, limit }: Parameters<Tx['facts']>[0]): Promise<EventRow[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${eventColumns} FROM events
        WHERE program = $1 AND at IS NOT NULL AND (at, seq) > ($2, $3) AND at <= $4 ORDER BY at, seq LIMIT $5`;
      return (await this.#c.all<EventColumns>(sql, program, after.at, after.seq, until, limit)).map(eventOf);
    });
  }

  checkpoints(program: number) {
    return this.#read(program, async () => {
      const sql = 'SELECT at, seq FROM checkpoints WHERE program = $1 ORDER BY at';
      return (await this.#c.all<[number, number]>(sql, program)).map(([at, seq]) => ({ at, seq }));
    });
  }

  checkpoint(program: number, at: number): Promise<Checkpoint> {
    return this.#read(program, async () => {
      const sql = 'SELECT seq, fold FROM checkpoints WHERE program = $1 AND at = $2';
      const row = await this.#c.get<[number, string]>(sql, program, at);
      invariant(row !== undefined, 'store.checkpoint-known', { at: String(at) });
      return { at, seq: row[0], fold: fromJson<CrownFoldJson>(row[1]) };
    });
  }

  prunings(program: number): Promise<Pruning[]> {
    return this.#read(program, async () => {
      const rows = await this.#c.all<[string]>('SELECT pruning FROM prunings WHERE program = $1 ORDER BY last', program); // prettier-ignore
      return rows.map(([text]) => fromJson<Pruning>(text));
    });
  }

  estimate(program: number): Promise<Estimate | null> {
    return this.#read(program, async () => {
      const sql = 'SELECT estimate, contributions, epochs FROM estimates WHERE program = $1';
      const row = await this.#c.get<EstimateColumns>(sql, program);
      return row === undefined ? null : estimateOf(row);
    });
  }

  bookmark(program: number, source: string): Promise<string | null> {
    return this.#read(program, async () => {
      const sql = 'SELECT value FROM bookmarks WHERE program = $1 AND source = $2';
      return (await this.#c.get<[string]>(sql, program, source))?.[0] ?? null;
    });
  }

  bookmarks(program: number) {
    return this.#read(program, async () => {
      const sql = 'SELECT source, value FROM bookmarks WHERE program = $1 ORDER BY source';
      return (await this.#c.all<[string, string]>(sql, program)).map(([source, value]) => ({ source, value }));
    });
  }

  awards({ program, period, after, limit }: Parameters<Tx['awards']>[0]): Promise<StoredAward[]> {
    return this.#read(program, async () => {
      const sql = `SELECT w.account, w.name, a.excluded, w.score, w.due, w.waits FROM awards w
        JOIN accounts a ON a.program = w.program AND a.name = w.name
        WHERE w.program = $1 AND w.period = $2 AND w.name > $3 AND a.name > $3 ORDER BY w.name LIMIT $4`;
      type Columns = [number, string, boolean, string, string, boolean];
      const rows = await this.#c.all<Columns>(sql, program, period, after ?? '', limit);
      return rows.map(([id, name, excluded, score, due, waits]) => ({
        account: { id, name },
        excluded,
        score: BigInt(score),
        due: BigInt(due),
        waits,
      }));
    });
  }

  graphNodes({ program, after, limit }: GraphPage): Promise<NodeVersion[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${nodeColumns} FROM graph_nodes WHERE program = $1 AND (number, since) > ($2, $3) ORDER BY number, since LIMIT $4`;
      return (await this.#c.all<NodeColumns>(sql, program, after.number, after.since, limit)).map(nodeOf);
    });
  }

  graphEdges({ program, after, limit }: GraphPage): Promise<EdgeVersion[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${edgeColumns} FROM graph_edges WHERE program = $1 AND (number, since) > ($2, $3) ORDER BY number, since LIMIT $4`;
      return (await this.#c.all<EdgeColumns>(sql, program, after.number, after.since, limit)).map(edgeOf);
    });
  }

  graphAsOf(query: Parameters<Tx['graphAsOf']>[0], into: GraphSink): Promise<void> {
    return this.#read(query.program, async () => {
      type NodeAsOf = [number, number, string, number, boolean, string | null, boolean];
      const nodes = 'number, since, node, time, timeless, weight, gone FROM graph_nodes';
      await this.#graphAsOf<NodeAsOf>(nodes, query, ([number, , node, time, timeless, weight, gone]) =>
        into.node(number, node, time, timeless, weight ?? '1', gone),
      );
      // A name that nobody asks for is not read at all: texts are what takes longest.
      type EdgeAsOf = [number, number, string | null, number, number, number, string | null, string | null, boolean];
      const edges = `number, since, ${query.named ? 'edge' : 'NULL'}, time, source, target, forward, backward, gone FROM graph_edges`;
      await this.#graphAsOf<EdgeAsOf>(edges, query, ([number, , name, time, source, target, forward, backward, gone]) =>
        into.edge(number, name ?? '', time, source, target, forward ?? '1', backward ?? '1', gone),
      );
    });
  }

  async #graphAsOf<Row extends [number: number, since: number, ...unknown[]]>(
    columnsOfTable: string,
    { program, seq }: Parameters<Tx['graphAsOf']>[0],
    take: (row: Row) => void,
  ): Promise<void> {
    const sql = `SELECT ${columnsOfTable} WHERE program = $1 AND (number, since) > ($2, $3) AND since <= $4
      ORDER BY number, since LIMIT ${graphRows}`;
    for (let [number, since] = [0, 0]; ;) {
      const page = await this.#c.all<Row>(sql, program, number, since, seq);
      for (let i = 0; i < page.length; i += 1) take(page[i]!);
      if (page.length < graphRows) return;
      [number, since] = page.at(-1)!;
    }
  }

  nodesNamed(program: number, names: readonly string[]): Promise<NodeVersion[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${nodeColumns} FROM graph_nodes WHERE program = $1 AND node = ANY($2::text[])`;
      return newestOf((await this.#c.all<NodeColumns>(sql, program, listOf('text', names))).map(nodeOf));
    });
  }

  edgesNamed(program: number, names: readonly string[]): Promise<EdgeVersion[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${edgeColumns} FROM graph_edges WHERE program = $1 AND edge = ANY($2::text[])`;
      return newestOf((await this.#c.all<EdgeColumns>(sql, program, listOf('text', names))).map(edgeOf));
    });
  }

  governingEvents({ program, after, limit }: Parameters<Tx['governingEvents']>[0]): Promise<EventRow[]> {
    return this.#read(program, async () => {
      const sql = `SELECT ${eventColumns} FROM events WHERE program = $1 AND seq > $2
        AND kind IN ('program', 'rules', 'token', 'attribution') ORDER BY seq LIMIT $3`;
      return (await this.#c.all<EventColumns>(sql, program, after, limit)).map(eventOf);
    });
  }

  tallies({ program, period, account }: Parameters<Tx['tallies']>[0]): Promise<Tally[]> {
    return this.#read(program, async () => {
      const of = [...(period === undefined ? [] : [period]), ...(account === undefined ? [] : [account])];
      const where = [period === undefined ? [] : ['period'], account === undefined ? [] : ['name']].flat();
      const sql = `SELECT period, account, name, score, revision, owed FROM tallies
        WHERE program = $1 ${where.map((column, i) => `AND ${column} = $${i + 2}`).join(' ')} ORDER BY period, name`;
      const rows = await this.#c.all<[number, number, string, string, string, string]>(sql, program, ...of);
      return rows.map(([ofPeriod, id, name, score, revision, owed]) => ({
        period: ofPeriod,
        account: { id, name },
        score: BigInt(score),
        revision: BigInt(revision),
        owed: BigInt(owed),
      }));
    });
  }

  payouts(query: Parameters<Tx['payouts']>[0]): Promise<Payout[]> {
    return this.#read(query.program, async () =>
      (await this.#ledgerRows<PayoutColumns>('payouts', payoutColumns, query)).map(payoutOf),
    );
  }

  postings(query: Parameters<Tx['postings']>[0]): Promise<Posting[]> {
    return this.#read(query.program, async () =>
      (await this.#ledgerRows<PostingColumns>('postings', postingColumns, query)).map(postingOf),
    );
  }

  async #ledgerRows<Row>(
    table: 'payouts' | 'postings',
    columns: string,
    { program, after, before, limit, period, account, reason }: Parameters<Tx['postings']>[0],
  ): Promise<Row[]> {
    const where = new Where('p.program', program);
    where.add('p.id >', after);
    if (before !== undefined) where.add('p.id <', before);
    // Payouts are nearly all there is: what else there is has an index of its own.
    if (reason !== undefined)
      where.add(reason === 'payout' ? 'p.reason =' : `p.reason <> 'payout' AND p.reason =`, reason);
    const select = `SELECT ${columns.replace(/\b(\w+)\b/g, 'p.$1')} FROM ${table} p WHERE`;
    const list = lists[table];
    if (account === undefined && period !== undefined) {
      // By the period's runs of ids in their order, and of each no more than the page takes: it begins with the run that `after` lies in.
      const runs = `spans WHERE program = $1 AND list = ${where.mark(list)} AND period = ${where.mark(period)}`;
      const begin = `coalesce((SELECT first FROM ${runs} AND first <= ${where.mark(after)} ORDER BY first DESC LIMIT 1), 0)`;
      const end = before === undefined ? '' : ` AND first < ${where.mark(before)}`;
      const order = before === undefined ? 'ASC' : 'DESC';
      const rows = `${select} p.id BETWEEN o.first AND o.last AND ${where.page('p.id', before, limit)}`;
      const sql = `SELECT p.* FROM (SELECT first, last FROM ${runs} AND first >= ${begin}${end}) o
        CROSS JOIN LATERAL (${rows}) p ORDER BY o.first ${order}, p.id ${order} LIMIT $${where.values.length}`;
      return this.#c.all<Row>(sql, ...where.values);
    }
    if (account !== undefined) {
      const name = await this.#nameById(program, account);
      if (name === undefined) return [];
      where.add('p.name =', name);
      if (period === undefined)
        where.add('p.period = ANY', list, (mark) => `(ARRAY(SELECT DISTINCT period FROM spans WHERE program = $1 AND list = ${mark}))`); // prettier-ignore
      else where.add('p.period =', period);
    }
    return this.#c.all<Row>(`${select} ${where.page('p.id', before, limit)}`, ...where.values);
  }

  balance(program: number, account: LedgerAccount): Promise<bigint> {
    return this.#read(program, async () => {
      const id = earnerId(account);
      if (id === null) {
        const sql = 'SELECT balance FROM balances WHERE program = $1 AND kind = $2 AND ref = $3';
        const ref = account.kind === 'pool' ? account.pool : '';
        return BigInt((await this.#c.get<[string]>(sql, program, kindOf(account), ref))?.[0] ?? 0);
      }
      const name = await this.#nameById(program, id);
      if (name === undefined) return 0n;
      const sql = `SELECT coalesce(sum(CASE WHEN target = $3 THEN amount ELSE 0 END) - sum(CASE WHEN source = $3 THEN amount ELSE 0 END), 0)
        FROM postings WHERE program = $1 AND name = $2
          AND period = ANY(ARRAY(SELECT DISTINCT period FROM spans WHERE program = $1 AND list = $4))`;
      return BigInt((await this.#c.get<[string]>(sql, program, name, kindOf(account), lists.postings))![0]);
    });
  }

  balances(program: number) {
    return this.#read(program, async () => {
      const sql = 'SELECT kind, ref, balance FROM balances WHERE program = $1 ORDER BY kind, ref';
      const rows = this.#range?.base?.balances ?? (await this.#c.all<BalanceRow>(sql, program));
      this.#balances = rows;
      return rows.map(([kind, ref, balance]) => ({ account: sideOf(kind, ref, null, ''), balance: BigInt(balance) }));
    });
  }

  periods(program: number): Promise<PeriodRecord[]> {
    return this.#read(program, async () => {
      const rows = await this.#c.all<[string]>('SELECT record FROM periods WHERE program = $1 ORDER BY period', program); // prettier-ignore
      return rows.map(([record]) => fromJson<PeriodRecord>(record));
    });
  }

  steps(program: number, period: number, after = 0): Promise<StepRecord[]> {
    return this.#read(program, async () => {
      type Columns = [number, StepRecord['phase'], number, number, number, number, number];
      const sql = `SELECT step, phase, events, at, entries, payouts, first_payout FROM steps
        WHERE program = $1 AND period = $2 AND step > $3 ORDER BY step`;
      const rows = await this.#c.all<Columns>(sql, program, period, after);
      return rows.map(([step, phase, events, at, entries, payouts, firstPayout]) => ({
        ...{ period, step, phase, events, at, entries, payouts, firstPayout },
      }));
    });
  }

  counts(program: number) {
    return this.#read(program, async () => {
      const tables = ['accounts', 'events', 'positions', 'scores', 'payouts', 'postings'] as const;
      const sql = `SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table} WHERE program = $1)`).join(', ')}`;
      const found = (await this.#c.get<number[]>(sql, program))!;
      return Object.fromEntries(tables.map((table, i) => [table, found[i]!])) as Record<
        (typeof tables)[number],
        number
      >;
    });
  }

  /** Whoever may write decides by the tokens that there are: nobody else writes any until the end. */
  #readTokens<T>(work: () => Promise<T>): Promise<T> {
    return this.#read(null, async () => {
      if (this.#mode === 'write') await this.#c.exec('LOCK TABLE tokens IN SHARE ROW EXCLUSIVE MODE');
      return work();
    });
  }

  hasTokens(): Promise<boolean> {
    return this.#readTokens(async () => (await this.#c.get('SELECT 1 FROM tokens LIMIT 1')) !== undefined);
  }

  token(id: string): Promise<StoredToken | null> {
    return this.#readTokens(async () => {
      const row = await this.#c.get<TokenColumns>(`SELECT ${tokenColumns} FROM tokens WHERE id = $1`, id);
      return row === undefined ? null : tokenOf(row);
    });
  }

  tokens(): Promise<readonly StoredToken[]> {
    return this.#readTokens(async () =>
      (await this.#c.all<TokenColumns>(`SELECT ${tokenColumns} FROM tokens ORDER BY number`)).map(tokenOf),
    );
  }

  addToken({ id, name, role, hash, madeAt, expiresAt, revokedAt }: StoredToken): Promise<void> {
    return this.#write(async () => {
      const sql = `INSERT INTO tokens (${tokenColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7)`;
      await this.#c.run(sql, id, name, role, hash, madeAt, expiresAt, revokedAt);
      this.unmarked = true;
    });
  }

  revokeToken(id: string, at: number): Promise<void> {
    return this.#write(async () => {
      await this.#c.run('UPDATE tokens SET revoked_at = $2 WHERE id = $1', id, at);
      this.unmarked = true;
    });
  }

  createProgram(name: string): Promise<number> {
    return this.#write(async () => {
      // Ids are given one after the other, so one program is made at a time. Steps write to `programs` meanwhile; only migrations to `layout`.
      await this.#c.exec('LOCK TABLE layout IN SHARE ROW EXCLUSIVE MODE');
      if ((await this.#c.get('SELECT 1 FROM programs WHERE name = $1', name)) !== undefined) {
        throw new ConflictError('program-exists', `There is a program named ${name} in this store already.`, {
          program: name,
        });
      }
      const sql = 'INSERT INTO programs (id, name) SELECT coalesce(max(id), 0) + 1, $1 FROM programs RETURNING id';
      const [id] = (await this.#c.get<[number]>(sql, name))!;
      this.#locked.add(id);
      await this.#leaveMark(id);
      return id;
    });
  }

  write(program: number, changes: Changes): Promise<number> {
    return this.#write(async () => {
      await this.#lock(program);
      await this.#tell(changes);
      let rows = 0;
      const run = async (sql: string, ...values: Value[]): Promise<void> => {
        rows += await this.#c.run(sql, program, ...values);
      };
      if (changes.validators?.length) rows += await this.#writeValidators(program, changes.validators);
      // The lists of one are made while the server works on those of another.
      rows += await together([
        this.#writeAccounts(program, changes.accounts ?? []),
        this.#writeEvents(program, changes.events ?? []),
        this.#writePositions(program, changes.positionsRemoved ?? [], changes.positions ?? []),
        this.#writeScores(program, changes.scores ?? []),
        this.#writePayouts(program, changes.payouts ?? []),
        this.#writePostings(program, changes.postings ?? []),
      ]);
      if (changes.awards) {
        const writer = this.#rows(program, insertAwards);
        for (const { account, period, score, due, waits = false } of changes.awards)
          writer.row(period, account.name, account.id, String(score), String(due), waits);
        rows += await writer.end();
      }
      if (changes.awardsDone) {
        const { period, after, upTo } = changes.awardsDone;
        const sql = 'DELETE FROM awards WHERE program = $1 AND period = $2 AND name > $3 AND name <= $4';
        await run(sql, period, after ?? '', upTo);
      }
      // Rows of accounts stand above: several steps write theirs at once. What is below belongs to the program.
      await this.#comeInOrder(program);
      await this.#leaveMark(program);
      await this.#writeSpans(program, lists.payouts, changes.payouts ?? []);
      await this.#writeSpans(program, lists.postings, changes.postings ?? []);
      for (const { account, balance } of changes.balances ?? []) {
        invariant(earnerId(account) === null, 'store.balance-of-earner', { kind: account.kind });
        const sql = `INSERT INTO balances (program, kind, ref, balance) VALUES ($1, $2, $3, $4)
          ON CONFLICT (program, kind, ref) DO UPDATE SET balance = excluded.balance`;
        await run(sql, ...keyOf(account), String(balance));
      }
      if (changes.checkpointsDropped)
        await run('DELETE FROM checkpoints WHERE program = $1 AND at >= $2', changes.checkpointsDropped.from);
      if (changes.checkpoint) {
        const { at, seq, fold } = changes.checkpoint;
        await run(put('checkpoints', ['at'], ['seq', 'fold']), at, seq, toJson(fold));
        const sql = `DELETE FROM checkpoints WHERE program = $1 AND at IN (SELECT at FROM checkpoints WHERE program = $1
          AND at > (SELECT min(at) FROM checkpoints WHERE program = $1) ORDER BY at DESC OFFSET ${checkpointsKept})`;
        await run(sql);
      }
      if (changes.bookmark)
        await run(put('bookmarks', ['source'], ['value']), changes.bookmark.source, changes.bookmark.value);
      if (changes.pruning) {
        const { first, last, at } = changes.pruning;
        await run('DELETE FROM events WHERE program = $1 AND seq BETWEEN $2 AND $3', first, last);
        await run('DELETE FROM checkpoints WHERE program = $1 AND at < $2', at);
        await run('INSERT INTO prunings (program, last, pruning) VALUES ($1, $2, $3)', last, toJson(changes.pruning));
      }
      if (changes.estimate)
        await run(put('estimates', [], ['estimate', 'contributions', 'epochs']), ...estimateColumns(changes.estimate));
      rows += await this.#writeGraph(program, changes);
      if (changes.step) {
        const { period, step, phase, events, at, entries, payouts, firstPayout } = changes.step;
        const sql = `INSERT INTO steps (program, period, step, phase, events, at, entries, payouts, first_payout)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
        await run(sql, period, step, phase, events, at, entries, payouts, firstPayout);
      }
      if (changes.period) await run(put('periods', ['period'], ['record']), changes.period.period, toJson(changes.period)); // prettier-ignore
      if (changes.rules) await run(put('rules', [], ['rules']), toJson(changes.rules));
      if (changes.schedule) {
        const { removed, put: kept } = scheduleChanges(await this.#schedule(program), scheduleRows(changes.schedule));
        for (const { at, nth } of removed)
          await run('DELETE FROM schedule WHERE program = $1 AND at = $2 AND nth = $3', at, nth);
        for (const { at, nth, entry } of kept) await run(put('schedule', ['at', 'nth'], ['entry']), at, nth, toJson(entry)); // prettier-ignore
      }
      if (changes.state) await run(put('states', [], ['state']), toJson(changes.state));
      return rows;
    });
  }

  #rows(program: number, insert: BulkInsert): BulkWriter {
    return new BulkWriter(this.#c, program, insert);
  }

  async #writeAccounts(program: number, accounts: readonly Account[]): Promise<number> {
    this.#remember(program, accounts); // at once: what is written beside it is keyed by their names
    const writer = this.#rows(program, putAccounts);
    const newest = new Map(accounts.map((account) => [account.name, account]));
    for (const { id, name, excluded } of newest.values()) writer.row(name, id, excluded);
    invariant((await writer.end()) === newest.size, 'store.account-renamed'); // a name that belongs to another id is left alone above
    return accounts.length;
  }

  async #writeValidators(program: number, validators: readonly Validator[]): Promise<number> {
    const before = await this.#rates(program);
    const writer = this.#rows(program, putValidators);
    const rateWriter = this.#rows(program, putRates);
    let rows = 0;
    for (const { id, name, jailed, rates } of validators) {
      const old = before.get(id) ?? [];
      writer.row(id, name, jailed);
      for (const nth of changedRates(old, rates)) {
        const { since, tokens, perShares } = rates[nth]!;
        rateWriter.row(id, nth, since, String(tokens), String(perShares));
      }
      if (old.length <= rates.length) continue;
      const sql = 'DELETE FROM rates WHERE program = $1 AND validator = $2 AND nth >= $3';
      rows += await this.#c.run(sql, program, id, rates.length);
    }
    return rows + (await writer.end()) + (await rateWriter.end());
  }

  async #writeEvents(program: number, events: readonly EventRow[]): Promise<number> {
    const writer = this.#rows(program, insertEvents);
    for (const { seq, key, kind, time, account, payload, hash, at } of events)
      writer.row(seq, key, kind, time, account?.id ?? null, account?.name ?? '', payload, at, hash);
    return writer.end();
  }

  async #removePositions(program: number, removed: NonNullable<Changes['positionsRemoved']>): Promise<number> {
    const names = await this.#namesFor(program, removed);
    const sql = `DELETE FROM positions p USING unnest($2::int4[], $3::text[], $4::int4[]) AS r (bucket, name, validator)
      WHERE p.program = $1 AND p.bucket = r.bucket AND p.name = r.name AND p.validator = r.validator`;
    const [buckets, validators] = [removed.map((row) => row.bucket), removed.map((row) => row.validator)];
    return this.#c.run(sql, program, listOf('int4', buckets), listOf('text', names), listOf('int4', validators));
  }

  async #writePositions(
    program: number,
    removed: NonNullable<Changes['positionsRemoved']>,
    positions: readonly PositionWrite[],
  ): Promise<number> {
    const rows = removed.length > 0 ? await this.#removePositions(program, removed) : 0;
    const names = await this.#namesFor(program, positions);
    const writer = this.#rows(program, putPositions);
    const last = lastOf(positions, (a, b) => a.bucket === b.bucket && a.validator === b.validator);
    for (const [i, { account, validator, shares, since, bucket }] of positions.entries())
      if (last(i)) writer.row(bucket, names[i]!, validator, account, String(shares), since);
    await writer.end();
    return rows + positions.length;
  }

  async #writeScores(program: number, scores: readonly ScoreWrite[]): Promise<number> {
    const gone = scores.filter(({ score }) => score === 0n);
    const kept = scores.filter(({ score }) => score !== 0n);
    let rows = 0;
    if (gone.length > 0) {
      const sql = `DELETE FROM scores s USING unnest($2::int4[], $3::text[]) AS r (period, name)
        WHERE s.program = $1 AND s.period = r.period AND s.name = r.name`;
      const names = listOf('text', await this.#namesFor(program, gone));
      const periods = gone.map(({ period }) => period);
      rows += await this.#c.run(sql, program, listOf('int4', periods), names);
    }
    const names = await this.#namesFor(program, kept);
    const writer = this.#rows(program, putScores);
    const last = lastOf(kept, (a, b) => a.period === b.period);
    for (const [i, { account, period, score }] of kept.entries())
      if (last(i)) writer.row(period, names[i]!, account, String(score));
    await writer.end();
    return rows + kept.length;
  }

  async #writePayouts(program: number, payouts: readonly Payout[]): Promise<number> {
    const writer = this.#rows(program, insertPayouts);
    for (const { id, period, pool, account, score, due, restaked, liquid, reason } of payouts) {
      const amounts = [String(score), String(due), String(restaked), String(liquid)] as const;
      writer.row(id, period, pool, account.id, account.name, ...amounts, reason);
    }
    return writer.end();
  }

  async #writePostings(program: number, postings: readonly Posting[]): Promise<number> {
    const writer = this.#rows(program, insertPostings);
    for (const posting of postings) {
      const { id, period, allocation, source, target, amount, reason } = posting;
      const of = earnerOf(posting);
      const sides = [kindOf(source), poolOf(source), kindOf(target), poolOf(target)] as const;
      writer.row(id, period, allocation, ...sides, of, nameIn(target) ?? nameIn(source) ?? '', String(amount), reason);
    }
    return writer.end();
  }

  /** Notes where rows of a period are: lengthens the period's newest run of ids, or begins another. */
  async #writeSpans(
    program: number,
    list: number,
    rows: readonly { readonly id: number; readonly period: number }[],
  ): Promise<void> {
    for (const { period, first, last } of runsOf(rows)) {
      const grow = 'UPDATE spans SET last = $5 WHERE program = $1 AND list = $2 AND period = $3 AND last = $4';
      if ((await this.#c.run(grow, program, list, period, first - 1, last)) > 0) continue;
      const begin = 'INSERT INTO spans (program, list, period, first, last) VALUES ($1, $2, $3, $4, $5)';
      await this.#c.run(begin, program, list, period, first, last);
    }
  }

  async #writeGraph(
    program: number,
    { nodes = [], edges = [], tallies = [], talliesDropped }: Changes,
  ): Promise<number> {
    let rows = 0;
    if (talliesDropped) {
      const sql = 'DELETE FROM tallies WHERE program = $1 AND period = $2';
      rows += await this.#c.run(sql, program, talliesDropped.period);
    }
    const nodeWriter = this.#rows(program, insertNodes);
    for (const { number, since, node, time, timeless, weight, gone } of nodes)
      nodeWriter.row(number, since, node, time, timeless, unlessOne(weight), gone);
    const edgeWriter = this.#rows(program, insertEdges);
    for (const { number, since, edge, time, source, target, forward, backward, gone } of edges)
      edgeWriter.row(number, since, edge, time, source, target, unlessOne(forward), unlessOne(backward), gone);
    const tallyWriter = this.#rows(program, insertTallies);
    for (const { period, account, score, revision, owed } of tallies)
      tallyWriter.row(period, account.name, account.id, String(score), String(revision), String(owed));
    return rows + (await nodeWriter.end()) + (await edgeWriter.end()) + (await tallyWriter.end());
  }

  #remember(program: number, accounts: readonly Account[]): void {
    if (this.#mode === 'read') return;
    if (this.#namesOf !== program || this.#names.size + accounts.length > namesMax) this.#names.clear();
    this.#namesOf = program;
    for (const { id, name } of accounts) this.#names.set(id, name);
  }

  async #nameById(program: number, account: number): Promise<string | undefined> {
    const sql = 'SELECT name FROM accounts WHERE program = $1 AND id = $2';
    return (await this.#c.get<[string]>(sql, program, account))?.[0];
  }

  /** The names of the accounts of rows, in their order. */
  async #namesFor(program: number, rows: readonly { readonly account: number }[]): Promise<string[]> {
    const known = this.#namesOf === program ? this.#names : new Map<number, string>();
    const missing = new Set(rows.map(({ account }) => account).filter((account) => !known.has(account)));
    const found = new Map<number, string>();
    if (missing.size > 0) {
      const sql = 'SELECT id, name FROM accounts WHERE program = $1 AND id = ANY($2::int8[])';
      const named = await this.#c.all<[number, string]>(sql, program, listOf('int8', [...missing]));
      for (const [id, name] of named) found.set(id, name);
    }
    return rows.map(({ account }) => {
      const name = known.get(account) ?? found.get(account);
      invariant(name !== undefined, 'store.account-unknown', { account: String(account) });
      return name;
    });
  }
}

/**
 * The sum of what parts of one write come to. Throws what the first one that failed says, since that makes the others fail too; but not before all
 * are over, so that none of them sends anything after the transaction has ended.
 */
async function together(parts: readonly Promise<number>[]): Promise<number> {
  const failures: unknown[] = [];
  const rows = await Promise.all(parts.map((part) => part.catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures[0];
  return rows.reduce((sum, count) => sum + count, 0);
}

/** A row of one program by its key, in place of the one that is there. */
function put(table: string, keys: readonly string[], columns: readonly string[]): string {
  const all = ['program', ...keys, ...columns];
  const marks = all.map((_, i) => `$${i + 1}`).join(', ');
  const sets = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  return `INSERT INTO ${table} (${all.join(', ')}) VALUES (${marks})
    ON CONFLICT (${['program', ...keys].join(', ')}) DO UPDATE SET ${sets}`;
}

/** Whether a row is the last one of its key: one statement takes each key once, and the last one counts. `same`: of two rows of an account. */
function lastOf<T extends { readonly account: number }>(
  rows: readonly T[],
  same: (a: T, b: T) => boolean,
): (index: number) => boolean {
  const replaced = new Set<number>();
  const newest = new Map<number, number>();
  const before = new Int32Array(rows.length); // the row of the same account before, or -1
  for (const [i, row] of rows.entries()) {
    before[i] = newest.get(row.account) ?? -1;
    for (let j = before[i]; j >= 0; j = before[j]!) if (same(rows[j]!, row)) replaced.add(j);
    newest.set(row.account, i);
  }
  return (index) => !replaced.has(index);
}

type AccountColumns = [number, string, boolean];
const accountOf = ([id, name, excluded]: AccountColumns): Account => ({
  id,
  name,
  excluded,
  positions: [],
  scores: noScores,
});

const nodeOf = ([number, node, since, time, timeless, weight, gone]: NodeColumns): NodeVersion => ({
  ...{ number, node, since, time, timeless, weight: weight ?? '1', gone },
});

const edgeOf = ([number, edge, since, time, source, target, forward, backward, gone]: EdgeColumns): EdgeVersion => ({
  ...{ number, edge, since, time, source, target, forward: forward ?? '1', backward: backward ?? '1', gone },
});

function postingOf(columns: PostingColumns): Posting {
  const [id, period, allocation, sourceKind, sourcePool, targetKind, targetPool, account, name, amount, reason] =
    columns;
  const source = sideOf(sourceKind, sourcePool, account, name);
  const target = sideOf(targetKind, targetPool, account, name);
  return { id, period, allocation, source, target, amount: BigInt(amount), reason };
}

/** The key of a balance: kind, and name of a pool. */
const keyOf = (account: LedgerAccount): [kind: number, ref: string] => [kindOf(account), poolOf(account) ?? ''];
const poolOf = (account: LedgerAccount): string | null => (account.kind === 'pool' ? account.pool : null);
const nameIn = (account: LedgerAccount): string | undefined =>
  account.kind === 'liquid' || account.kind === 'stake' ? account.account.name : undefined;

function sideOf(kindNumber: number, pool: string | null, account: number | null, name: string): LedgerAccount {
  const kind = sides[kindNumber]!;
  if (kind === 'pool') return { kind, pool: pool! };
  if (kind === 'outside' || kind === 'residual' || kind === 'carried') return { kind };
  return { kind, account: { id: account!, name } };
}
