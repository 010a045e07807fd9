/**
 * The floor: the rows that the engine writes, written by plain prepared statements of node:sqlite - one `.run()` per row, the same
 * order, the same tables, indexes and PRAGMAs (WAL, synchronous=FULL, 64 MB of cache), the same number of transactions. Nothing is read,
 * computed or encoded while the clock runs: all values lie ready. What is left is what SQLite and the disk cost.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Engine } from '../src/app/engine.ts';
import { measuredDefinition } from '../src/app/measure.ts';
import { chainHash } from '../src/app/tree-hash.ts';
import { encodeEvent } from '../src/core/events/encode.ts';
import type { Delegate, ValidatorSet } from '../src/core/events/event.ts';
import { inChunks, populationEvents } from '../src/core/population/population.ts';
import { sharesFor } from '../src/core/scoring/stake-time/value.ts';
import type { ProgramState, Rate } from '../src/core/state.ts';
import { toJson } from '../src/core/json.ts';
import { openSqliteStore } from '../src/stores/sqlite/store.ts';
import type { IngestArgument, IngestProgress, StepTrace } from './engine.ts';
import { type Job, peakRssMb } from './rpc.ts';

const pragmas = `PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864;`;

type Row = SQLInputValue[];

export interface FloorStep {
  readonly ms: number;
  readonly rowsWritten: number;
}

/** Writes the rows of prepared lists, one call per row, and counts them. */
function runAll(statement: StatementSync, rows: readonly Row[]): number {
  for (const row of rows) statement.run(...row);
  return rows.length;
}

export function windowFloorJob(): Job {
  let db: DatabaseSync;
  let source: DatabaseSync;
  let write: Record<
    'position' | 'score' | 'payout' | 'posting' | 'spans' | 'balance' | 'step' | 'period' | 'state',
    StatementSync
  >;
  let [payoutsDone, postingsDone] = [0, 0];
  return {
    /** `path`: a copy of the store as it was when paying began; `from`: the engine's own store, read for what it wrote. */
    open({ path, from, payouts, postings }: { path: string; from: string; payouts: number; postings: number }) {
      [payoutsDone, postingsDone] = [payouts, postings];
      source = new DatabaseSync(from, { readOnly: true, returnArrays: true });
      db = new DatabaseSync(path);
      db.exec(`${pragmas} PRAGMA wal_checkpoint(TRUNCATE)`);
      write = {
        position: db.prepare(
          'INSERT OR REPLACE INTO positions (program, bucket, name, validator, account, shares, since) VALUES (?,?,?,?,?,?,?)',
        ),
        score: db.prepare('DELETE FROM scores WHERE program = ? AND period = ? AND name = ?'),
        payout:
          db.prepare(`INSERT INTO payouts (program, id, period, pool, account, name, score, due, restaked, liquid, reason, posting_first, posting_last)
          VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`),
        posting:
          db.prepare(`INSERT INTO postings (program, id, period, allocation, source, source_ref, target, target_ref, amount, reason, lone_earner)
          VALUES (?,?,?,?,?,?,?,?,?,?,?)`),
        spans: db.prepare('UPDATE spans SET last = ? WHERE program = ? AND list = ? AND period = ? AND last = ?'),
        balance: db.prepare('INSERT OR REPLACE INTO balances (program, kind, ref, balance) VALUES (?,?,?,?)'),
        step: db.prepare(
          'INSERT INTO steps (program, period, step, phase, events, at, entries, payouts, first_payout) VALUES (?,?,?,?,?,?,?,?,?)',
        ),
        period: db.prepare('INSERT OR REPLACE INTO periods (program, period, record) VALUES (?,?,?)'),
        state: db.prepare('INSERT OR REPLACE INTO states (program, state) VALUES (?,?)'),
      };
      // Paying follows scoring, which has read every position: the floor's cache is as warm as the engine's.
      db.prepare('SELECT sum(length(shares)) FROM positions').get();
    },
    /** The same steps, as the engine's store has them now. */
    steps(traces: readonly StepTrace[]): FloorStep[] {
      return traces.map((trace) => {
        const payouts = all(
          'SELECT * FROM payouts WHERE program = 1 AND id > ? AND id <= ? ORDER BY id',
          payoutsDone,
          trace.payoutsUntil,
        );
        const postings = all(
          'SELECT * FROM postings WHERE program = 1 AND id > ? AND id <= ? ORDER BY id',
          postingsDone,
          trace.postingsUntil,
        );
        const [first, last] = [payouts[0]?.[5] ?? '', payouts.at(-1)?.[5] ?? ''];
        const positions = all(
          `SELECT program, bucket, name, validator, account, shares, since FROM positions
           WHERE program = 1 AND bucket = (SELECT max(bucket) FROM positions WHERE program = 1 AND name = ?) AND name BETWEEN ? AND ? ORDER BY name, validator`,
          first, first, last,
        ); // prettier-ignore
        const scores = db.prepare('SELECT program, period, name FROM scores WHERE program = 1 AND period = 1 AND name BETWEEN ? AND ? ORDER BY name')
          .all(first, last).map((row) => Object.values(row)); // prettier-ignore
        const spans = [
          [trace.payoutsUntil, 1, 1, 1, payoutsDone],
          [trace.postingsUntil, 1, 2, 1, postingsDone],
        ];
        const balances = all("SELECT * FROM balances WHERE program = 1 AND (kind = 2 OR ref = 'community')").slice(
          trace.next === 'settled' ? 0 : 1,
        );
        const steps = all('SELECT * FROM steps WHERE program = 1 AND period = 1 AND step = ?', trace.step);
        const periods = trace.next === 'settled' ? all('SELECT * FROM periods WHERE program = 1 AND period = 1') : [];
        [payoutsDone, postingsDone] = [trace.payoutsUntil, trace.postingsUntil];

        const began = performance.now();
        db.exec('BEGIN IMMEDIATE');
        const rowsWritten =
          runAll(write.position, positions) +
          runAll(write.score, scores) +
          runAll(write.payout, payouts) +
          runAll(write.posting, postings) +
          runAll(write.balance, balances) +
          runAll(write.step, steps) +
          runAll(write.period, periods) +
          runAll(write.state, [[1, trace.state]]);
        runAll(write.spans, spans);
        db.exec('COMMIT');
        return { ms: performance.now() - began, rowsWritten };
      });
    },
    end() {
      db.close();
      source.close();
      return peakRssMb();
    },
  };

  function all(sql: string, ...values: SQLInputValue[]): Row[] {
    return source.prepare(sql).all(...values) as unknown as Row[];
  }
}

/** Events with their two indexes, accounts with theirs, positions, and the program's state once per 2,000 events. */
export function ingestFloorJob(): Job {
  let db: DatabaseSync;
  let chunks: Generator<ReturnType<typeof rowsOf>>;
  let write: Record<'validator' | 'rate' | 'event' | 'account' | 'position' | 'state', StatementSync>;
  let batchIsAll = true;
  let ended = false;
  let [ms, events, rowsWritten, head] = [0, 0, 0, ''];
  return {
    async open({ path, argument, batchSize }: { path: string; argument: IngestArgument; batchSize: number }) {
      const store = openSqliteStore({ path });
      const engine = new Engine(store);
      await engine.createProgram(measuredDefinition({ strategy: 'cut', batchSize }));
      const state = await store.transact('read', (tx) => tx.state(1));
      await engine.close();
      db = new DatabaseSync(path);
      db.exec(pragmas);
      write = {
        validator: db.prepare('INSERT INTO validators (program, id, name, jailed) VALUES (?,?,?,?)'),
        rate: db.prepare('INSERT INTO rates (program, validator, nth, since, tokens, per_shares) VALUES (?,?,?,?,?,?)'),
        event: db.prepare(
          'INSERT INTO events (program, seq, key, kind, time, account, payload, hash) VALUES (?,?,?,?,?,?,?,?)',
        ),
        account: db.prepare('INSERT INTO accounts (program, name, id, excluded) VALUES (?,?,?,?)'),
        position: db.prepare(
          'INSERT OR REPLACE INTO positions (program, bucket, name, validator, account, shares, since) VALUES (?,?,?,?,?,?,?)',
        ),
        state: db.prepare('INSERT OR REPLACE INTO states (program, state) VALUES (?,?)'),
      };
      batchIsAll = argument.batch === 0;
      chunks = chunksOf(argument, state);
    },
    ingestSome({ chunks: count }: { chunks: number }): IngestProgress {
      for (let done = 0; done < count && !ended; done += 1) {
        const next = chunks.next();
        if (next.done) {
          if (batchIsAll) timed(() => db.exec('COMMIT'));
          ended = true;
          break;
        }
        const { validators, rates, rows, accounts, positions, states } = next.value;
        timed(() => {
          if (!db.isTransaction) db.exec('BEGIN IMMEDIATE');
          rowsWritten +=
            runAll(write.account, accounts) + runAll(write.validator, validators) + runAll(write.rate, rates);
          rowsWritten += runAll(write.event, rows) + runAll(write.position, positions) + runAll(write.state, states);
          if (!batchIsAll) db.exec('COMMIT');
        });
        events += rows.length;
        head = next.value.head;
      }
      return { ms, events, rowsWritten, head, ended };
    },
    end() {
      db.close();
      return peakRssMb();
    },
  };

  function timed(work: () => void): void {
    const began = performance.now();
    work();
    ms += performance.now() - began;
  }
}

type Event = ValidatorSet | Delegate;

interface Known {
  readonly accounts: Map<string, number>;
  readonly validators: Map<string, { readonly id: number; readonly rate: Rate }>;
}

function* chunksOf({ population, batch }: IngestArgument, state: ProgramState): Generator<ReturnType<typeof rowsOf>> {
  const known: Known = { accounts: new Map(), validators: new Map() };
  for (const chunk of inChunks(populationEvents(population), batch === 0 ? 2000 : batch))
    yield rowsOf(chunk, state, known);
}

function rowsOf(chunk: readonly Event[], state: ProgramState, known: Known) {
  const validators: Row[] = [];
  const rates: Row[] = [];
  const rows: Row[] = [];
  const accounts: Row[] = [];
  const positions: Row[] = [];
  for (const event of chunk) {
    let account: number | null = null;
    if (event.kind === 'validator-set') {
      const id = known.validators.size + 1;
      const rate = { since: 0, tokens: event.tokens, perShares: event.shares };
      known.validators.set(event.validator, { id, rate });
      validators.push([1, id, event.validator, 0]);
      rates.push([1, id, 0, 0, String(rate.tokens), String(rate.perShares)]);
    } else {
      account = known.accounts.get(event.account) ?? null;
      if (account === null) {
        account = known.accounts.size + 1;
        known.accounts.set(event.account, account);
        accounts.push([1, event.account, account, 0]);
      }
      const { id, rate } = known.validators.get(event.validator)!;
      positions.push([
        1,
        0,
        event.account,
        id,
        account,
        String(sharesFor(event.amount!, rate)),
        Math.floor(event.time / 1000),
      ]);
    }
    const payload = encodeEvent(event);
    state.events += 1;
    state.head = chainHash(state.head, payload);
    rows.push([1, state.events, event.key, event.kind, event.time, account, payload, state.head]);
    state.clock = event.time;
  }
  state.accounts = known.accounts.size;
  const states: Row[] = [[1, toJson(state)]];
  return { validators, rates, rows, accounts, positions, states, head: state.head };
}
