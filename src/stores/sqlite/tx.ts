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
  Tx,
} from '../../app/ports.ts';
import { checkpointsKept } from '../../app/ports.ts';
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
import type { BulkInsert, Connection } from './connection.ts';
import { storeError } from './errors.ts';

/**
 * Where an index is named (INDEXED BY), the planner had chosen to walk over the whole program: the store keeps no statistics.
 * test/stores/sqlite.test.ts looks at the plan of every statement.
 */

/** An id that no row reaches: stands for "no upper or lower limit". */
const idMax = Number.MAX_SAFE_INTEGER;

const insertAccounts: BulkInsert = {
  head: 'INSERT INTO accounts (program, name, id, excluded)',
  width: 4,
  tail: 'ON CONFLICT (program, name) DO UPDATE SET excluded = excluded.excluded WHERE id = excluded.id',
};
const insertEvents: BulkInsert = {
  head: 'INSERT INTO events (program, seq, key, kind, time, account, payload, hash, at)',
  width: 9,
};
const putPositions: BulkInsert = {
  head: 'INSERT OR REPLACE INTO positions (program, bucket, name, validator, account, shares, since)',
  width: 7,
};
const putScores: BulkInsert = {
  head: 'INSERT OR REPLACE INTO scores (program, period, name, account, score)',
  width: 5,
};
const insertAwards: BulkInsert = {
  head: 'INSERT INTO awards (program, period, name, account, score, due, waits)',
  width: 7,
};
const insertNodes: BulkInsert = {
  head: 'INSERT INTO graph_nodes (program, number, since, node, time, timeless, weight, gone)',
  width: 8,
};
const insertEdges: BulkInsert = {
  head: 'INSERT INTO graph_edges (program, number, since, edge, time, source, target, forward, backward, gone)',
  width: 10,
};
const insertTallies: BulkInsert = {
  head: 'INSERT INTO tallies (program, period, name, account, score, revision, owed)',
  width: 7,
};
const insertPayouts: BulkInsert = {
  head: `INSERT INTO payouts (program, period, pool, id, account, name, score, due, restaked, liquid, reason,
    posting_first, posting_last)`,
  width: 13,
};
const insertPostings: BulkInsert = {
  head: `INSERT INTO postings (program, period, allocation, source, source_ref, reason, id, target, target_ref,
    amount, lone_earner)`,
  width: 11,
};

const eventColumns = 'e.seq, e.key, e.kind, e.time, e.account, a.name, e.payload, e.hash, e.at';
const payoutColumns = 'p.id, p.period, p.pool, p.account, p.name, p.score, p.due, p.restaked, p.liquid, p.reason';
const postingColumns =
  'p.id, p.period, p.allocation, p.source, p.source_ref, s.name, p.target, p.target_ref, t.name, p.amount, p.reason';
type Side = [number, number | string | null, string | null];
type PostingColumns = [number, number, string, ...Side, ...Side, string, PostingReason];
const postingNames = `
  LEFT JOIN accounts s ON s.program = p.program AND s.id = CASE WHEN p.source >= 3 THEN p.source_ref END
  LEFT JOIN accounts t ON t.program = p.program AND t.id = CASE WHEN p.target >= 3 THEN p.target_ref END`;

/** One transaction on a SQLite store. Its verbs answer at once; they are promises because other stores' are not so quick. */
export class SqliteTx implements Tx {
  open = true;
  readonly #c: Connection;
  readonly #path: string;
  readonly #mode: 'read' | 'write';
  /** The first write that failed: what it left half done must not be committed, even if the caller goes on. */
  #failure: unknown = null;
  /** Names by id of the accounts of `#namesOf` that this transaction has met; what it writes is keyed by name. */
  readonly #names = new Map<number, string>();
  #namesOf = 0;

  constructor(connection: Connection, path: string, mode: 'read' | 'write') {
    this.#c = connection;
    this.#path = path;
    this.#mode = mode;
  }

  /** No verb works after this. Throws what made a write fail. */
  end(): void {
    this.open = false;
    if (this.#failure !== null) throw this.#failure;
  }

  async #read<T>(work: () => T): Promise<T> {
    invariant(this.open, 'store.transaction-over');
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }

  async #write<T>(work: () => T): Promise<T> {
    invariant(this.#mode === 'write', 'store.read-transaction');
    return this.#read(work).catch((error: unknown) => {
      this.#failure ??= error;
      throw error;
    });
  }

  programs() {
    return this.#read(() =>
      this.#c.all<[number, string]>('SELECT id, name FROM programs ORDER BY id').map(([id, name]) => ({ id, name })),
    );
  }

  state(program: number): Promise<ProgramState> {
    return this.#read(() => fromJson<ProgramState>(this.#whole('SELECT state FROM states WHERE program = ?', program)));
  }

  rules(program: number): Promise<Rules> {
    return this.#read(() => fromJson<Rules>(this.#whole('SELECT rules FROM rules WHERE program = ?', program)));
  }

  #whole(sql: string, program: number): string {
    const row = this.#c.get<[string]>(sql, program);
    invariant(row !== undefined, 'store.program-incomplete', { program: String(program) });
    return row[0];
  }

  schedule(program: number): Promise<ScheduleEntry[]> {
    return this.#read(() => this.#schedule(program).map((row) => row.entry));
  }

  #schedule(program: number): ScheduleRow[] {
    const sql = 'SELECT at, nth, entry FROM schedule WHERE program = ? ORDER BY at, nth';
    return this.#c
      .all<[number, number, string]>(sql, program)
      .map(([at, nth, entry]) => ({ at, nth, entry: fromJson<ScheduleEntry>(entry) }));
  }

  validators(program: number): Promise<Validator[]> {
    return this.#read(() => {
      const sql = 'SELECT id, name, jailed FROM validators WHERE program = ? ORDER BY id';
      const rows = this.#c.all<[number, string, number]>(sql, program);
      return rows.map(([id, name, jailed]) => ({ id, name, jailed: jailed === 1, rates: this.#rates(program, id) }));
    });
  }

  #rates(program: number, validator: number) {
    const sql = 'SELECT since, tokens, per_shares FROM rates WHERE program = ? AND validator = ? ORDER BY nth';
    const rows = this.#c.all<[number, string, string]>(sql, program, validator);
    return rows.map(([since, tokens, perShares]) => ({ since, tokens: BigInt(tokens), perShares: BigInt(perShares) }));
  }

  accountsPage(page: AccountPage): Promise<Account[]> {
    return this.#read(() => {
      const { program } = page;
      const above = page.inclusive === true || page.after === null ? '>=' : '>';
      const sql = `SELECT id, name, excluded FROM accounts WHERE program = ? AND name ${above} ? ORDER BY name LIMIT ? OFFSET ?`;
      const { after, limit, skip = 0 } = page;
      const accounts = this.#c.all<AccountColumns>(sql, program, after ?? '', limit, skip).map(accountOf);
      this.#remember(program, accounts);
      const [first, last] = [accounts[0]?.name, accounts.at(-1)?.name];
      if (first === undefined || last === undefined) return accounts;

      // No account lies between those of the page, so their rows are one stretch of each tree, in the same order.
      for (const bucket of ascending(page.buckets)) {
        const range = `SELECT account, validator, shares, since FROM positions
          WHERE program = ? AND bucket = ? AND name BETWEEN ? AND ? ORDER BY name, validator`;
        let at = 0;
        for (const row of this.#c.all<PositionColumns>(range, program, bucket, first, last)) {
          while (at < accounts.length && accounts[at]!.id !== row[0]) at += 1;
          this.#known(accounts[at], row[0]).positions.push(positionOf(row, bucket));
        }
      }
      for (const period of ascending(page.periods)) {
        const range =
          'SELECT account, score FROM scores WHERE program = ? AND period = ? AND name BETWEEN ? AND ? ORDER BY name';
        let at = 0;
        for (const [id, score] of this.#c.all<[number, string]>(range, program, period, first, last)) {
          while (at < accounts.length && accounts[at]!.id !== id) at += 1;
          const account = this.#known(accounts[at], id);
          account.scores = new Map(account.scores).set(period, BigInt(score));
        }
      }
      return accounts;
    });
  }

  accountsNamed(query: Parameters<Tx['accountsNamed']>[0]): Promise<Account[]> {
    return this.#read(() => {
      const { program } = query;
      const wanted = [...new Set(query.names)];
      const accountsSql = (marks: string): string =>
        `SELECT id, name, excluded FROM accounts WHERE program = ? AND name IN (${marks})`;
      const accounts = this.#c.allIn<AccountColumns>(accountsSql, [program], wanted).map(accountOf);
      this.#remember(program, accounts);
      const byId = new Map(accounts.map((account) => [account.id, account]));
      const names = accounts.map((account) => account.name);

      const positionsSql = (marks: string): string => `SELECT account, validator, shares, since FROM positions
        WHERE program = ? AND bucket = ? AND name IN (${marks}) ORDER BY name, validator`;
      for (const bucket of ascending(query.buckets)) {
        for (const row of this.#c.allIn<PositionColumns>(positionsSql, [program, bucket], names)) {
          this.#known(byId.get(row[0]), row[0]).positions.push(positionOf(row, bucket));
        }
      }
      const scoresSql = (marks: string): string =>
        `SELECT account, score FROM scores WHERE program = ? AND period = ? AND name IN (${marks})`;
      for (const period of ascending(query.periods)) {
        for (const [id, score] of this.#c.allIn<[number, string]>(scoresSql, [program, period], names)) {
          const account = this.#known(byId.get(id), id);
          account.scores = new Map(account.scores).set(period, BigInt(score));
        }
      }
      return accounts;
    });
  }

  /** Stakes and scores carry id and name of their account; where these part, somebody has edited the file. */
  #known(account: Account | undefined, id: number): Account {
    if (account) return account;
    const message = `The store ${this.#path} is damaged: a stake or a score of account ${id} lies under another name. Restore a copy of it.`;
    throw new UnavailableError('store-corrupt', message, { store: this.#path });
  }

  excludedAccounts(program: number): Promise<string[]> {
    const sql =
      'SELECT name FROM accounts INDEXED BY accounts_excluded WHERE program = ? AND excluded = 1 ORDER BY name';
    return this.#read(() => this.#c.all<[string]>(sql, program).map(([name]) => name));
  }

  eventsByKey(program: number, keys: readonly string[]) {
    return this.#read(() => {
      const sqlOf = (marks: string): string =>
        `SELECT key, seq, payload FROM events INDEXED BY events_once WHERE program = ? AND key IN (${marks})`;
      const rows = this.#c.allIn<[string, number, string]>(sqlOf, [program], keys);
      return new Map(rows.map(([key, seq, payload]) => [key, { seq, payload }]));
    });
  }

  events(query: Parameters<Tx['events']>[0]): Promise<EventRow[]> {
    return this.#read(() => {
      const { program, after, before = idMax, limit, account } = query;
      const [index, about] =
        account === undefined
          ? ['', '']
          : account === null
            ? ['INDEXED BY events_of_nobody', 'AND e.account IS NULL']
            : ['INDEXED BY events_of_account', 'AND e.account = ?'];
      const sql = `SELECT ${eventColumns} FROM events e ${index} LEFT JOIN accounts a ON a.program = e.program AND a.id = e.account
        WHERE e.program = ? ${about} AND e.seq > ? AND e.seq < ? ORDER BY e.seq ${before < idMax ? 'DESC' : 'ASC'} LIMIT ?`;
      const of = typeof account === 'number' ? [program, account] : [program];
      return this.#c.all<EventColumns>(sql, ...of, after, before, limit).map(eventOf);
    });
  }

  facts({ program, after, until, limit }: Parameters<Tx['facts']>[0]): Promise<EventRow[]> {
    return this.#read(() => {
      const sql = `SELECT ${eventColumns} FROM events e INDEXED BY events_by_at
        LEFT JOIN accounts a ON a.program = e.program AND a.id = e.account
        WHERE e.program = ? AND e.at IS NOT NULL AND (e.at, e.seq) > (?, ?) AND e.at <= ? ORDER BY e.at, e.seq LIMIT ?`;
      return this.#c.all<EventColumns>(sql, program, after.at, after.seq, until, limit).map(eventOf);
    });
  }

  checkpoints(program: number) {
    return this.#read(() => {
      const sql = 'SELECT at, seq FROM checkpoints WHERE program = ? ORDER BY at';
      return this.#c.all<[number, number]>(sql, program).map(([at, seq]) => ({ at, seq }));
    });
  }

  checkpoint(program: number, at: number): Promise<Checkpoint> {
    return this.#read(() => {
      const sql = 'SELECT seq, fold FROM checkpoints WHERE program = ? AND at = ?';
      const row = this.#c.get<[number, string]>(sql, program, at);
      invariant(row !== undefined, 'store.checkpoint-known', { at: String(at) });
      return { at, seq: row[0], fold: fromJson<CrownFoldJson>(row[1]) };
    });
  }

  prunings(program: number): Promise<Pruning[]> {
    const sql = 'SELECT pruning FROM prunings WHERE program = ? ORDER BY last';
    return this.#read(() => this.#c.all<[string]>(sql, program).map(([text]) => fromJson<Pruning>(text)));
  }

  estimate(program: number): Promise<Estimate | null> {
    return this.#read(() => {
      const sql = 'SELECT estimate, contributions, epochs FROM estimates WHERE program = ?';
      const row = this.#c.get<EstimateColumns>(sql, program);
      return row === undefined ? null : estimateOf(row);
    });
  }

  bookmark(program: number, source: string): Promise<string | null> {
    const sql = 'SELECT value FROM bookmarks WHERE program = ? AND source = ?';
    return this.#read(() => this.#c.get<[string]>(sql, program, source)?.[0] ?? null);
  }

  bookmarks(program: number) {
    const sql = 'SELECT source, value FROM bookmarks WHERE program = ? ORDER BY source';
    return this.#read(() => this.#c.all<[string, string]>(sql, program).map(([source, value]) => ({ source, value })));
  }

  awards({ program, period, after, limit }: Parameters<Tx['awards']>[0]): Promise<StoredAward[]> {
    return this.#read(() => {
      const sql = `SELECT w.account, w.name, a.excluded, w.score, w.due, w.waits FROM awards w
        JOIN accounts a ON a.program = w.program AND a.name = w.name
        WHERE w.program = ? AND w.period = ? AND w.name > ? ORDER BY w.name LIMIT ?`;
      const rows = this.#c.all<[number, string, number, string, string, number]>(
        sql,
        program,
        period,
        after ?? '',
        limit,
      );
      return rows.map(([id, name, excluded, score, due, waits]) => ({
        account: { id, name },
        excluded: excluded === 1,
        score: BigInt(score),
        due: BigInt(due),
        waits: waits === 1,
      }));
    });
  }

  graphNodes({ program, after, limit }: GraphPage): Promise<NodeVersion[]> {
    return this.#read(() => {
      const sql = `SELECT ${nodeColumns} FROM graph_nodes WHERE program = ? AND (number, since) > (?, ?) ORDER BY number, since LIMIT ?`;
      return this.#c.all<NodeColumns>(sql, program, after.number, after.since, limit).map(nodeOf);
    });
  }

  graphEdges({ program, after, limit }: GraphPage): Promise<EdgeVersion[]> {
    return this.#read(() => {
      const sql = `SELECT ${edgeColumns} FROM graph_edges WHERE program = ? AND (number, since) > (?, ?) ORDER BY number, since LIMIT ?`;
      return this.#c.all<EdgeColumns>(sql, program, after.number, after.since, limit).map(edgeOf);
    });
  }

  graphAsOf(query: Parameters<Tx['graphAsOf']>[0], into: GraphSink): Promise<void> {
    return this.#read(() => {
      const nodes = 'number, since, node, time, timeless, weight, gone FROM graph_nodes';
      this.#graphAsOf<NodeAsOf>(nodes, query, ([number, , node, time, timeless, weight, gone]) =>
        into.node(number, node, time, timeless === 1, weight ?? '1', gone === 1),
      );
      // A name that nobody asks for is not read at all: texts are what takes longest.
      const edge = query.named ? 'edge' : 'NULL';
      const edges = `number, since, ${edge}, time, source, target, forward, backward, gone FROM graph_edges`;
      this.#graphAsOf<EdgeAsOf>(edges, query, ([number, , name, time, source, target, forward, backward, gone]) =>
        into.edge(number, name ?? '', time, source, target, forward ?? '1', backward ?? '1', gone === 1),
      );
    });
  }

  #graphAsOf<Row extends [number: number, since: number, ...unknown[]]>(
    columnsOfTable: string,
    { program, seq }: Parameters<Tx['graphAsOf']>[0],
    take: (row: Row) => void,
  ): void {
    const sql = `SELECT ${columnsOfTable} WHERE program = ? AND (number, since) > (?, ?) AND since <= ?
      ORDER BY number, since LIMIT ${graphRows}`;
    for (let [number, since] = [0, 0]; ;) {
      const page = this.#c.all<Row>(sql, program, number, since, seq);
      for (let i = 0; i < page.length; i += 1) take(page[i]!);
      if (page.length < graphRows) return;
      [number, since] = page.at(-1)!;
    }
  }

  nodesNamed(program: number, names: readonly string[]): Promise<NodeVersion[]> {
    return this.#read(() => {
      const sqlOf = (marks: string): string =>
        `SELECT ${nodeColumns} FROM graph_nodes INDEXED BY graph_nodes_by_name WHERE program = ? AND node IN (${marks})`;
      return newestOf(this.#c.allIn<NodeColumns>(sqlOf, [program], names).map(nodeOf));
    });
  }

  edgesNamed(program: number, names: readonly string[]): Promise<EdgeVersion[]> {
    return this.#read(() => {
      const sqlOf = (marks: string): string =>
        `SELECT ${edgeColumns} FROM graph_edges INDEXED BY graph_edges_by_name WHERE program = ? AND edge IN (${marks})`;
      return newestOf(this.#c.allIn<EdgeColumns>(sqlOf, [program], names).map(edgeOf));
    });
  }

  governingEvents({ program, after, limit }: Parameters<Tx['governingEvents']>[0]): Promise<EventRow[]> {
    return this.#read(() => {
      const sql = `SELECT ${eventColumns} FROM events e INDEXED BY events_governing
        LEFT JOIN accounts a ON a.program = e.program AND a.id = e.account
        WHERE e.program = ? AND e.seq > ? AND e.kind IN ('program', 'rules', 'token', 'attribution') ORDER BY e.seq LIMIT ?`;
      return this.#c.all<EventColumns>(sql, program, after, limit).map(eventOf);
    });
  }

  tallies({ program, period, account }: Parameters<Tx['tallies']>[0]): Promise<Tally[]> {
    return this.#read(() => {
      const select = 'SELECT period, account, name, score, revision, owed FROM tallies';
      const of = [...(period === undefined ? [] : [period]), ...(account === undefined ? [] : [account])];
      const index = account === undefined ? '' : 'INDEXED BY tallies_of_account';
      const where = `${period === undefined ? '' : 'AND period = ?'} ${account === undefined ? '' : 'AND name = ?'}`;
      const sql = `${select} ${index} WHERE program = ? ${where} ORDER BY period, name`;
      return this.#c
        .all<[number, number, string, string, string, string]>(sql, program, ...of)
        .map(([ofPeriod, id, name, score, revision, owed]) => ({
          period: ofPeriod,
          account: { id, name },
          score: BigInt(score),
          revision: BigInt(revision),
          owed: BigInt(owed),
        }));
    });
  }

  payouts(query: Parameters<Tx['payouts']>[0]): Promise<Payout[]> {
    return this.#read(() => {
      const { program, after, before = idMax, limit, period, account } = query;
      const select = `SELECT ${payoutColumns}`;
      const newestFirst = before < idMax;
      const between = `AND p.id > ? AND p.id < ? ORDER BY p.id ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`;
      const place = [after, before, limit];
      let rows: PayoutColumns[];
      if (account !== undefined) {
        const of = this.#accountArgs(program, account, period);
        rows = this.#c.all(`${select} ${payoutsOfAccount(period)} ${between}`, ...of, ...place);
      } else if (period !== undefined) {
        const among = [after, before, program, lists.payouts, period, after, before];
        rows = this.#c.all(`${select} FROM ${inSpans('payouts', { newestFirst })}`, ...among, limit);
      } else {
        rows = this.#c.all(`${select} FROM payouts p WHERE p.program = ? ${between}`, program, ...place);
      }
      return rows.map(payoutOf);
    });
  }

  postings(query: Parameters<Tx['postings']>[0]): Promise<Posting[]> {
    return this.#read(() => this.#postings(query).map(postingOf));
  }

  #postings({
    program,
    after,
    before = idMax,
    limit,
    period,
    account,
    reason,
  }: Parameters<Tx['postings']>[0]): PostingColumns[] {
    const select = `SELECT ${postingColumns}`;
    const newestFirst = before < idMax;
    const order = newestFirst ? 'DESC' : 'ASC';
    const ofReason = reason === undefined ? [] : [reason];
    if (account !== undefined) {
      // Through the payouts of all periods: what a payout is written with may settle another period.
      const sql = `${select} FROM (
          SELECT q.id ${payoutsOfAccount(
            undefined,
            `CROSS JOIN postings q ON q.program = p.program AND q.id BETWEEN p.posting_first AND p.posting_last
            AND (q.source >= 3 AND q.source_ref = p.account OR q.target >= 3 AND q.target_ref = p.account)`,
          )}
          UNION SELECT id FROM postings INDEXED BY postings_lone WHERE program = ? AND lone_earner = ?
        ) found CROSS JOIN postings p ON p.program = ? AND p.id = found.id ${postingNames}
        WHERE p.id > ? AND p.id < ? ${period === undefined ? '' : 'AND p.period = ?'}
        ${reason === undefined ? '' : 'AND p.reason = ?'} ORDER BY p.id ${order} LIMIT ?`;
      const ofPeriod = period === undefined ? [] : [period];
      const known = [...this.#accountArgs(program, account, undefined), program, account, program];
      return this.#c.all(sql, ...known, after, before, ...ofPeriod, ...ofReason, limit);
    }
    // Payouts are nearly all there is. What else there is has an index of its own, which payouts do not pay for.
    const apart = reason !== undefined && reason !== 'payout';
    const index = apart ? 'INDEXED BY postings_apart' : '';
    const about = apart ? "AND p.reason = ? AND p.reason <> 'payout'" : reason === undefined ? '' : 'AND p.reason = ?';
    if (period !== undefined) {
      return this.#c.all(
        `${select} FROM ${inSpans('postings', { index, about, joins: postingNames, newestFirst })}`,
        ...[...ofReason, after, before, program, lists.postings, period, after, before, limit],
      );
    }
    return this.#c.all(
      `${select} FROM postings p ${index} ${postingNames}
      WHERE p.program = ? ${about} AND p.id > ? AND p.id < ? ORDER BY p.id ${order} LIMIT ?`,
      ...[program, ...ofReason, after, before, limit],
    );
  }

  /** Arguments of `payoutsOfAccount`. */
  #accountArgs(program: number, account: number, period: number | undefined): (number | string)[] {
    const name = this.#nameById(program, account) ?? '';
    return period === undefined ? [program, lists.payouts, program, name] : [program, period, name];
  }

  balance(program: number, account: LedgerAccount): Promise<bigint> {
    return this.#read(() => {
      const id = earnerId(account);
      if (id === null) {
        const sql = 'SELECT balance FROM balances WHERE program = ? AND kind = ? AND ref = ?';
        return BigInt(
          this.#c.get<[string]>(sql, program, kindOf(account), account.kind === 'pool' ? account.pool : '')?.[0] ?? 0,
        );
      }
      let balance = 0n;
      for (const row of this.#postings({ program, after: 0, limit: idMax, account: id })) {
        const { source, target, amount } = postingOf(row);
        if (target.kind === account.kind && earnerId(target) === id) balance += amount;
        if (source.kind === account.kind && earnerId(source) === id) balance -= amount;
      }
      return balance;
    });
  }

  balances(program: number) {
    return this.#read(() => {
      const rows = this.#c.all<[number, string, string]>(
        'SELECT kind, ref, balance FROM balances WHERE program = ? ORDER BY kind, ref',
        program,
      );
      return rows.map(([kind, ref, balance]) => ({ account: sideOf(kind, ref, null), balance: BigInt(balance) }));
    });
  }

  periods(program: number): Promise<PeriodRecord[]> {
    const sql = 'SELECT record FROM periods WHERE program = ? ORDER BY period';
    return this.#read(() => this.#c.all<[string]>(sql, program).map(([record]) => fromJson<PeriodRecord>(record)));
  }

  steps(program: number, period: number, after = 0): Promise<StepRecord[]> {
    type Columns = [number, StepRecord['phase'], number, number, number, number, number];
    const sql =
      'SELECT step, phase, events, at, entries, payouts, first_payout FROM steps WHERE program = ? AND period = ? AND step > ? ORDER BY step';
    return this.#read(() =>
      this.#c
        .all<Columns>(sql, program, period, after)
        .map(([step, phase, events, at, entries, payouts, firstPayout]) => ({
          period,
          step,
          phase,
          events,
          at,
          entries,
          payouts,
          firstPayout,
        })),
    );
  }

  counts(program: number) {
    const count = (table: string): number =>
      this.#c.get<[number]>(`SELECT count(*) FROM ${table} WHERE program = ?`, program)![0];
    return this.#read(() => ({
      accounts: count('accounts'),
      events: count('events'),
      positions: count('positions'),
      scores: count('scores'),
      payouts: count('payouts'),
      postings: count('postings'),
    }));
  }

  hasTokens(): Promise<boolean> {
    return this.#read(() => this.#c.get('SELECT 1 FROM tokens LIMIT 1') !== undefined);
  }

  token(id: string): Promise<StoredToken | null> {
    return this.#read(() => {
      const row = this.#c.get<TokenColumns>(`SELECT ${tokenColumns} FROM tokens WHERE id = ?`, id);
      return row === undefined ? null : tokenOf(row);
    });
  }

  tokens(): Promise<readonly StoredToken[]> {
    return this.#read(() =>
      this.#c.all<TokenColumns>(`SELECT ${tokenColumns} FROM tokens ORDER BY number`).map(tokenOf),
    );
  }

  addToken({ id, name, role, hash, madeAt, expiresAt, revokedAt }: StoredToken): Promise<void> {
    return this.#write(() => {
      const sql = `INSERT INTO tokens (${tokenColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
      this.#c.run(sql, id, name, role, hash, madeAt, expiresAt, revokedAt);
    });
  }

  revokeToken(id: string, at: number): Promise<void> {
    return this.#write(() => void this.#c.run('UPDATE tokens SET revoked_at = ? WHERE id = ?', at, id));
  }

  createProgram(name: string): Promise<number> {
    return this.#write(() => {
      if (this.#c.get('SELECT 1 FROM programs WHERE name = ?', name) !== undefined) {
        throw new ConflictError('program-exists', `There is a program named ${name} in this store already.`, {
          program: name,
        });
      }
      const sql = 'INSERT INTO programs (id, name) SELECT coalesce(max(id), 0) + 1, ? FROM programs RETURNING id';
      return this.#c.get<[number]>(sql, name)![0];
    });
  }

  write(program: number, changes: Changes): Promise<number> {
    return this.#write(() => {
      let rows = 0;
      if (changes.accounts) rows += this.#writeAccounts(program, changes.accounts);
      for (const validator of changes.validators ?? []) rows += this.#writeValidator(program, validator);
      if (changes.events) rows += this.#writeEvents(program, changes.events);
      for (const { bucket, account, validator } of changes.positionsRemoved ?? []) {
        const sql = 'DELETE FROM positions WHERE program = ? AND bucket = ? AND name = ? AND validator = ?';
        rows += this.#c.run(sql, program, bucket, this.#nameOf(program, account), validator);
      }
      if (changes.positions) rows += this.#writePositions(program, changes.positions);
      if (changes.scores) rows += this.#writeScores(program, changes.scores);
      if (changes.payouts || changes.postings)
        rows += this.#writeLedger(program, changes.payouts ?? [], changes.postings ?? []);
      for (const { account, balance } of changes.balances ?? []) {
        invariant(earnerId(account) === null, 'store.balance-of-earner', { kind: account.kind });
        const sql = 'INSERT OR REPLACE INTO balances (program, kind, ref, balance) VALUES (?, ?, ?, ?)';
        rows += this.#c.run(
          sql,
          program,
          kindOf(account),
          account.kind === 'pool' ? account.pool : '',
          String(balance),
        );
      }
      if (changes.awards) {
        const writer = this.#c.rows(insertAwards);
        for (const { account, period, score, due, waits = false } of changes.awards) {
          writer.row(program, period, account.name, account.id, String(score), String(due), waits ? 1 : 0);
        }
        rows += writer.end();
      }
      if (changes.awardsDone) {
        const { period, after, upTo } = changes.awardsDone;
        const sql = 'DELETE FROM awards WHERE program = ? AND period = ? AND name > ? AND name <= ?';
        rows += this.#c.run(sql, program, period, after ?? '', upTo);
      }
      if (changes.checkpointsDropped) {
        const sql = 'DELETE FROM checkpoints WHERE program = ? AND at >= ?';
        rows += this.#c.run(sql, program, changes.checkpointsDropped.from);
      }
      if (changes.checkpoint) rows += this.#writeCheckpoint(program, changes.checkpoint);
      if (changes.bookmark) {
        const sql = 'INSERT OR REPLACE INTO bookmarks (program, source, value) VALUES (?, ?, ?)';
        rows += this.#c.run(sql, program, changes.bookmark.source, changes.bookmark.value);
      }
      if (changes.pruning) rows += this.#prune(program, changes.pruning);
      if (changes.estimate) {
        const sql = 'INSERT OR REPLACE INTO estimates (program, estimate, contributions, epochs) VALUES (?, ?, ?, ?)';
        rows += this.#c.run(sql, program, ...estimateColumns(changes.estimate));
      }
      rows += this.#writeGraph(program, changes);
      if (changes.step) {
        const { period, step, phase, events, at, entries, payouts, firstPayout } = changes.step;
        const sql = `INSERT INTO steps (program, period, step, phase, events, at, entries, payouts, first_payout) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
        rows += this.#c.run(sql, program, period, step, phase, events, at, entries, payouts, firstPayout);
      }
      if (changes.period) {
        const sql = 'INSERT OR REPLACE INTO periods (program, period, record) VALUES (?, ?, ?)';
        rows += this.#c.run(sql, program, changes.period.period, toJson(changes.period));
      }
      if (changes.rules)
        rows += this.#c.run(
          'INSERT OR REPLACE INTO rules (program, rules) VALUES (?, ?)',
          program,
          toJson(changes.rules),
        );
      if (changes.schedule) rows += this.#writeSchedule(program, changes.schedule);
      if (changes.state)
        rows += this.#c.run(
          'INSERT OR REPLACE INTO states (program, state) VALUES (?, ?)',
          program,
          toJson(changes.state),
        );
      return rows;
    });
  }

  #writeGraph(program: number, { nodes = [], edges = [], tallies = [], talliesDropped }: Changes): number {
    let rows = 0;
    if (talliesDropped) {
      rows += this.#c.run('DELETE FROM tallies WHERE program = ? AND period = ?', program, talliesDropped.period);
    }
    const nodeWriter = this.#c.rows(insertNodes);
    for (const { number, since, node, time, timeless, weight, gone } of nodes) {
      nodeWriter.row(program, number, since, node, time, timeless ? 1 : 0, unlessOne(weight), gone ? 1 : 0);
    }
    const edgeWriter = this.#c.rows(insertEdges);
    for (const { number, since, edge, time, source, target, forward, backward, gone } of edges) {
      const weights = [unlessOne(forward), unlessOne(backward)] as const;
      edgeWriter.row(program, number, since, edge, time, source, target, ...weights, gone ? 1 : 0);
    }
    const tallyWriter = this.#c.rows(insertTallies);
    for (const { period, account, score, revision, owed } of tallies) {
      tallyWriter.row(program, period, account.name, account.id, String(score), String(revision), String(owed));
    }
    return rows + nodeWriter.end() + edgeWriter.end() + tallyWriter.end();
  }

  #writeCheckpoint(program: number, { at, seq, fold }: Checkpoint): number {
    const put = 'INSERT OR REPLACE INTO checkpoints (program, at, seq, fold) VALUES (?, ?, ?, ?)';
    const rows = this.#c.run(put, program, at, seq, toJson(fold));
    const sql = 'SELECT at FROM checkpoints WHERE program = ? ORDER BY at';
    const goneAts = this.#c.all<[number]>(sql, program).slice(1, -checkpointsKept);
    for (const [gone] of goneAts) this.#c.run('DELETE FROM checkpoints WHERE program = ? AND at = ?', program, gone);
    return rows + goneAts.length;
  }

  #prune(program: number, pruning: Pruning): number {
    const { first, last, at } = pruning;
    const put = 'INSERT INTO prunings (program, last, pruning) VALUES (?, ?, ?)';
    return (
      this.#c.run('DELETE FROM events WHERE program = ? AND seq BETWEEN ? AND ?', program, first, last) +
      this.#c.run('DELETE FROM checkpoints WHERE program = ? AND at < ?', program, at) +
      this.#c.run(put, program, last, toJson(pruning))
    );
  }

  #writeAccounts(program: number, accounts: readonly Account[]): number {
    const writer = this.#c.rows(insertAccounts);
    for (const { id, name, excluded } of accounts) writer.row(program, name, id, excluded ? 1 : 0);
    const rows = writer.end();
    invariant(rows === accounts.length, 'store.account-renamed'); // a name that belongs to another id is left alone above
    this.#remember(program, accounts);
    return rows;
  }

  #writeValidator(program: number, { id, name, jailed, rates }: Validator): number {
    const sql = `INSERT INTO validators (program, id, name, jailed) VALUES (?, ?, ?, ?)
      ON CONFLICT (program, id) DO UPDATE SET name = excluded.name, jailed = excluded.jailed`;
    let rows = this.#c.run(sql, program, id, name, jailed ? 1 : 0);
    for (const nth of changedRates(this.#rates(program, id), rates)) {
      const { since, tokens, perShares } = rates[nth]!;
      const put =
        'INSERT OR REPLACE INTO rates (program, validator, nth, since, tokens, per_shares) VALUES (?, ?, ?, ?, ?, ?)';
      rows += this.#c.run(put, program, id, nth, since, String(tokens), String(perShares));
    }
    return (
      rows +
      this.#c.run('DELETE FROM rates WHERE program = ? AND validator = ? AND nth >= ?', program, id, rates.length)
    );
  }

  #writeEvents(program: number, events: readonly EventRow[]): number {
    const writer = this.#c.rows(insertEvents);
    const { values } = writer;
    for (const { seq, key, kind, time, account, payload, hash, at: second } of events) {
      const at = writer.take();
      values[at] = program;
      values[at + 1] = seq;
      values[at + 2] = key;
      values[at + 3] = kind;
      values[at + 4] = time;
      values[at + 5] = account === null ? null : account.id;
      values[at + 6] = payload;
      values[at + 7] = hash;
      values[at + 8] = second;
    }
    return writer.end();
  }

  #writePositions(program: number, positions: readonly PositionWrite[]): number {
    const writer = this.#c.rows(putPositions);
    const { values } = writer;
    for (const { account, validator, shares, since, bucket } of positions) {
      const at = writer.take();
      values[at] = program;
      values[at + 1] = bucket;
      values[at + 2] = this.#nameOf(program, account);
      values[at + 3] = validator;
      values[at + 4] = account;
      values[at + 5] = String(shares);
      values[at + 6] = since;
    }
    return writer.end();
  }

  /** Deletions first, so that the others can go in one run. */
  #writeScores(program: number, scores: readonly ScoreWrite[]): number {
    let rows = 0;
    const writer = this.#c.rows(putScores);
    for (const { account, period, score } of scores) {
      if (score !== 0n) continue;
      rows += this.#c.run(
        'DELETE FROM scores WHERE program = ? AND period = ? AND name = ?',
        program,
        period,
        this.#nameOf(program, account),
      );
    }
    for (const { account, period, score } of scores) {
      if (score !== 0n) writer.row(program, period, this.#nameOf(program, account), account, String(score));
    }
    return rows + writer.end();
  }

  /** Payouts and postings together: a payout says where the postings of its account are. */
  #writeLedger(program: number, payouts: readonly Payout[], postings: readonly Posting[]): number {
    const { firsts, lasts, lone } = rangesOf(payouts, postings);
    const payoutWriter = this.#c.rows(insertPayouts);
    let { values } = payoutWriter;
    for (let i = 0; i < payouts.length; i += 1) {
      const { id, period, pool, account, score, due, restaked, liquid, reason } = payouts[i]!;
      const at = payoutWriter.take();
      values[at] = program;
      values[at + 1] = period;
      values[at + 2] = pool;
      values[at + 3] = id;
      values[at + 4] = account.id;
      values[at + 5] = account.name;
      values[at + 6] = String(score);
      // One amount mostly: with a single stake all that is due is restaked, and nothing is liquid.
      const dueText = (values[at + 7] = String(due));
      values[at + 8] = restaked === due ? dueText : String(restaked);
      values[at + 9] = liquid === 0n ? '0' : String(liquid);
      values[at + 10] = reason;
      values[at + 11] = firsts[i] ?? null;
      values[at + 12] = lasts[i] ?? null;
    }
    const postingWriter = this.#c.rows(insertPostings);
    ({ values } = postingWriter);
    for (const { id, period, allocation, source, target, amount, reason } of postings) {
      const at = postingWriter.take();
      values[at] = program;
      values[at + 1] = period;
      values[at + 2] = allocation;
      values[at + 3] = kindOf(source);
      values[at + 4] = refOf(source);
      values[at + 5] = reason;
      values[at + 6] = id;
      values[at + 7] = kindOf(target);
      values[at + 8] = refOf(target);
      values[at + 9] = String(amount);
      values[at + 10] = lone.get(id) ?? null;
    }
    const rows = payoutWriter.end() + postingWriter.end();
    this.#writeSpans(program, lists.payouts, payouts);
    this.#writeSpans(program, lists.postings, postings);
    return rows;
  }

  /** Notes where rows of a period are: lengthens the period's newest run of ids, or begins another. */
  #writeSpans(program: number, list: number, rows: readonly { readonly id: number; readonly period: number }[]): void {
    for (const { period, first, last } of runsOf(rows)) {
      const grow = 'UPDATE spans SET last = ? WHERE program = ? AND list = ? AND period = ? AND last = ?';
      if (this.#c.run(grow, last, program, list, period, first - 1) === 0) {
        this.#c.run(
          'INSERT INTO spans (program, list, period, first, last) VALUES (?, ?, ?, ?, ?)',
          program,
          list,
          period,
          first,
          last,
        );
      }
    }
  }

  #writeSchedule(program: number, entries: readonly ScheduleEntry[]): number {
    const { removed, put } = scheduleChanges(this.#schedule(program), scheduleRows(entries));
    let rows = 0;
    for (const { at, nth } of removed)
      rows += this.#c.run('DELETE FROM schedule WHERE program = ? AND at = ? AND nth = ?', program, at, nth);
    for (const { at, nth, entry } of put) {
      rows += this.#c.run(
        'INSERT OR REPLACE INTO schedule (program, at, nth, entry) VALUES (?, ?, ?, ?)',
        program,
        at,
        nth,
        toJson(entry),
      );
    }
    return rows;
  }

  #remember(program: number, accounts: readonly Account[]): void {
    if (this.#mode === 'read') return;
    if (this.#namesOf !== program || this.#names.size + accounts.length > namesMax) this.#names.clear();
    this.#namesOf = program;
    for (const { id, name } of accounts) this.#names.set(id, name);
  }

  #nameById(program: number, account: number): string | undefined {
    return this.#c.get<[string]>(
      'SELECT name FROM accounts INDEXED BY accounts_by_id WHERE program = ? AND id = ?',
      program,
      account,
    )?.[0];
  }

  #nameOf(program: number, account: number): string {
    const name = (this.#namesOf === program ? this.#names.get(account) : undefined) ?? this.#nameById(program, account);
    invariant(name !== undefined, 'store.account-unknown', { account: String(account) });
    return name;
  }
}

/**
 * For each payout the first and last id of its account's postings (null: none), and by posting the earner where the
 * account has no payout among these.
 */
function rangesOf(payouts: readonly Payout[], postings: readonly Posting[]) {
  const firsts: (number | null)[] = Array(payouts.length).fill(null);
  const lasts: (number | null)[] = Array(payouts.length).fill(null);
  const lone = new Map<number, number>();
  /** Place of each account's last payout, and from there those before it: an account may be paid by several pools. */
  const places = new Map<number, number>();
  const before: (number | undefined)[] = [];
  for (let at = 0; at < payouts.length; at += 1) {
    const { id } = payouts[at]!.account;
    before.push(places.get(id));
    places.set(id, at);
  }
  for (const posting of postings) {
    const earner = earnerOf(posting);
    if (earner === null) continue;
    const { id } = posting;
    let at = places.get(earner);
    if (at === undefined) lone.set(id, earner);
    for (; at !== undefined; at = before[at]) {
      const first = firsts[at] ?? null;
      const last = lasts[at] ?? null;
      if (first === null || id < first) firsts[at] = id;
      if (last === null || id > last) lasts[at] = id;
    }
  }
  return { firsts, lasts, lone };
}

type AccountColumns = [number, string, number];
const accountOf = ([id, name, excluded]: AccountColumns): Account => ({
  id,
  name,
  excluded: excluded === 1,
  positions: [],
  scores: noScores,
});

type PositionColumns = [account: number, validator: number, shares: string, since: number | null];
const positionOf = ([, validator, shares, since]: PositionColumns, bucket: number) => ({
  validator,
  shares: BigInt(shares),
  since,
  bucket,
});

const nodeColumns = 'number, node, since, time, timeless, weight, gone';
type NodeAsOf = [number, number, string, number, number, string | null, number];
type NodeColumns = [number, string, number, number, number, string | null, number];
const nodeOf = ([number, node, since, time, timeless, weight, gone]: NodeColumns): NodeVersion => ({
  number,
  node,
  since,
  time,
  timeless: timeless === 1,
  weight: weight ?? '1',
  gone: gone === 1,
});

const edgeColumns = 'number, edge, since, time, source, target, forward, backward, gone';
type EdgeAsOf = [number, number, string | null, number, number, number, string | null, string | null, number];
type EdgeColumns = [number, string, number, number, number, number, string | null, string | null, number];
const edgeOf = ([number, edge, since, time, source, target, forward, backward, gone]: EdgeColumns): EdgeVersion => ({
  number,
  edge,
  since,
  time,
  source,
  target,
  forward: forward ?? '1',
  backward: backward ?? '1',
  gone: gone === 1,
});

/** FROM and WHERE of the payouts of one account, one search per period: arguments (program, list, program, name) or (program, period, name). */
function payoutsOfAccount(period: number | undefined, joins = ''): string {
  return period === undefined
    ? `FROM (SELECT DISTINCT period FROM spans WHERE program = ? AND list = ?) o
       CROSS JOIN payouts p INDEXED BY payouts_once ON p.program = ? AND p.period = o.period AND p.name = ? ${joins} WHERE 1`
    : `FROM payouts p INDEXED BY payouts_once ${joins} WHERE p.program = ? AND p.period = ? AND p.name = ?`;
}

/**
 * FROM to LIMIT of the rows of one period, by its runs of ids: arguments (those of `about`, after, before, program, list, period, after,
 * before, limit). One range of ids for each run: of two conditions SQLite would take the wider one, and read a run from its beginning.
 */
function inSpans(
  table: 'payouts' | 'postings',
  { index = '', about = '', joins = '', newestFirst = false } = {},
): string {
  const order = newestFirst ? 'DESC' : 'ASC';
  return `spans o CROSS JOIN ${table} p ${index} ON p.program = o.program ${about} AND p.id BETWEEN max(o.first, ? + 1) AND min(o.last, ? - 1) ${joins}
    WHERE o.program = ? AND o.list = ? AND o.period = ? AND o.last > ? AND o.first < ?
    ORDER BY o.first ${order}, p.id ${order} LIMIT ?`;
}

function postingOf([
  id,
  period,
  allocation,
  sourceKind,
  sourceRef,
  sourceName,
  targetKind,
  targetRef,
  targetName,
  amount,
  reason,
]: PostingColumns): Posting {
  const source = sideOf(sourceKind, sourceRef, sourceName);
  const target = sideOf(targetKind, targetRef, targetName);
  return { id, period, allocation, source, target, amount: BigInt(amount), reason };
}

/** An id as a bigint: node:sqlite binds every number as a float, and a column of type ANY would keep it as one. */
function refOf(account: LedgerAccount): bigint | string | null {
  if (account.kind === 'pool') return account.pool;
  const id = earnerId(account);
  return id === null ? null : BigInt(id);
}

function sideOf(kindNumber: number, ref: number | string | null, name: string | null): LedgerAccount {
  const kind = sides[kindNumber]!;
  if (kind === 'pool') return { kind, pool: String(ref) };
  if (kind === 'outside' || kind === 'residual' || kind === 'carried') return { kind };
  return { kind, account: { id: Number(ref), name: name! } };
}
