/**
 * What the SQLite store costs for each payout, beside the same rows written one at a time by plain prepared statements.
 *
 *   node bench/store-micro.ts [accounts = 200000] [order = random | names] [batch = 1000] [--json]
 *
 * Loads accounts with one position each, then walks over all of them in batches as a paying window does. `names`: ids ascend with the
 * names; `random`: they have nothing to do with each other (as after years of events). The floor writes to a copy of
 * the loaded file, same tables and indexes, same PRAGMAs.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import type { Changes, Store } from '../src/app/ports.ts';
import type { Account, Payout, Posting, ProgramState } from '../src/core/state.ts';
import { openSqliteStore } from '../src/stores/sqlite/store.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const count = Number(positionals[0] ?? 200_000);
const order = positionals[1] ?? 'random';
const batch = Number(positionals[2] ?? 1000);
const validators = 60;

const folder = mkdtempSync(join(tmpdir(), 'prorata-store-'));
try {
  const [path, floorPath] = [join(folder, 'store.db'), join(folder, 'floor.db')];
  const loading = performance.now();
  await load(path);
  const load_us = ((performance.now() - loading) * 1000) / count;
  copyFileSync(path, floorPath);
  const floor = payByHand(floorPath);
  const store = await pay(path);
  const result = {
    accounts: count, order, batch,
    load_us_per_event: round(load_us),
    read_us: round(store.read), write_us: round(store.write), commit_us: round(store.commit), total_us: round(store.read + store.write + store.commit),
    floor_write_us: round(floor.write), floor_commit_us: round(floor.commit), floor_total_us: round(floor.write + floor.commit),
    step_ms: quantiles(store.steps), floor_step_ms: quantiles(floor.steps),
    file_mb: round(statSync(path).size / 1e6),
  }; // prettier-ignore
  console.log(values.json ? JSON.stringify(result) : result);
} finally {
  rmSync(folder, { recursive: true });
}

/** One account, one event and one position each, in batches of 1,000: what ingesting does. */
async function load(path: string): Promise<void> {
  const store = openSqliteStore({ path });
  const program = await store.transact('write', (tx) => tx.createProgram('bench'));
  const names = Array.from({ length: count }, (_, i) => nameOf(i));
  if (order === 'names') names.sort();
  for (let from = 1; from <= count; from += batch) {
    const ids = Array.from({ length: Math.min(batch, count - from + 1) }, (_, i) => from + i);
    const accounts = ids.map((id): Account => ({
      id,
      name: names[id - 1]!,
      excluded: false,
      positions: [],
      scores: new Map(),
    }));
    await store.transact('write', async (tx) => {
      await tx.accountsNamed({ program, names: accounts.map((account) => account.name), buckets: [0], periods: [1] });
      await tx.eventsByKey(
        program,
        ids.map((id) => `event-${id}`),
      );
      await tx.write(program, {
        accounts,
        events: accounts.map((account) => ({
          seq: account.id, key: `event-${account.id}`, kind: 'delegate', time: 1_700_000_000_000 + account.id, account,
          payload: `{"kind":"delegate","key":"event-${account.id}","account":"${account.name}","validator":"v1","amount":"123456789"}`,
          at: null,
          hash: 'f'.repeat(64),
        })),
        positions: ids.map((id) => ({ account: id, validator: (id % validators) + 1, shares: sharesOf(id), since: 1_700_000_000, bucket: 0 })),
        state: stateAt(from),
      }); // prettier-ignore
    });
  }
  await store.close();
}

async function pay(path: string) {
  const store: Store = openSqliteStore({ path });
  const times = { read: 0, write: 0, commit: 0, steps: [] as number[] };
  let after: string | null = null;
  for (let step = 1, paid = 0; paid < count; step += 1) {
    const began = performance.now();
    let wrote = 0;
    await store.transact('write', async (tx) => {
      await tx.state(1);
      const accounts = await tx.accountsPage({ program: 1, after, limit: batch, buckets: [0], periods: [1] });
      const read = performance.now();
      times.read += read - began;
      const changes = changesOf(accounts, step, paid);
      const built = performance.now();
      await tx.write(1, changes);
      wrote = performance.now();
      times.write += wrote - built;
      times.steps.push(-(built - read)); // making up the rows is not the store's time
      paid += accounts.length;
      after = accounts.at(-1)!.name;
    });
    const done = performance.now();
    times.commit += done - wrote;
    times.steps.push(times.steps.pop()! + done - began);
  }
  await store.close();
  return perPayout(times);
}

/** The floor: the same rows, one prepared statement per table, one call per row, nothing read. */
function payByHand(path: string) {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 500',
  );
  const position = db.prepare(
    'INSERT OR REPLACE INTO positions (program, bucket, name, validator, account, shares, since) VALUES (?,?,?,?,?,?,?)',
  );
  const payout =
    db.prepare(`INSERT INTO payouts (program, id, period, pool, account, name, score, due, restaked, liquid, reason, posting_first, posting_last)
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`);
  const posting = db.prepare(
    'INSERT INTO postings (program, id, period, allocation, source, source_ref, target, target_ref, amount, reason, lone_earner) VALUES (?,?,?,?,?,?,?,?,?,?,NULL)',
  );
  const step = db.prepare(
    'INSERT INTO steps (program, period, step, phase, events, at, entries, payouts, first_payout) VALUES (?,?,?,?,?,?,?,?,?)',
  );
  const state = db.prepare('INSERT OR REPLACE INTO states (program, state) VALUES (?,?)');
  const names = db.prepare('SELECT id, name FROM accounts WHERE program = 1 AND name > ? ORDER BY name LIMIT ?');
  const times = { read: 0, write: 0, commit: 0, steps: [] as number[] };
  let after = '';
  for (let number = 1, paid = 0; paid < count; number += 1) {
    const accounts = (names.all(after, batch) as unknown as { id: number; name: string }[]).map(({ id, name }): Account => ({
      id, name, excluded: false, scores: new Map(), positions: [{ validator: (id % validators) + 1, shares: sharesOf(id), since: 1_700_000_000, bucket: 0 }],
    })); // prettier-ignore
    const changes = changesOf(accounts, number, paid);
    const began = performance.now();
    db.exec('BEGIN IMMEDIATE');
    for (const [i, p] of changes.positions!.entries())
      position.run(1, p.bucket, accounts[i]!.name, p.validator, p.account, String(p.shares), p.since);
    for (const p of changes.payouts!) {
      payout.run(
        1,
        p.id,
        p.period,
        p.pool,
        p.account.id,
        p.account.name,
        String(p.score),
        String(p.due),
        String(p.restaked),
        String(p.liquid),
        p.reason,
        p.id,
        p.id,
      );
    }
    for (const p of changes.postings!)
      posting.run(
        1,
        p.id,
        p.period,
        p.allocation,
        1,
        'community',
        4,
        p.target.kind === 'stake' ? p.target.account.id : 0,
        String(p.amount),
        p.reason,
      );
    const s = changes.step!;
    step.run(1, s.period, s.step, s.phase, s.events, s.at, s.entries, s.payouts, s.firstPayout);
    state.run(1, '{"version":1}'.padEnd(1000));
    const wrote = performance.now();
    db.exec('COMMIT');
    const done = performance.now();
    times.write += wrote - began;
    times.commit += done - wrote;
    times.steps.push(done - began);
    paid += accounts.length;
    after = accounts.at(-1)!.name;
  }
  db.close();
  return perPayout(times);
}

function changesOf(accounts: readonly Account[], step: number, paid: number): Changes {
  const payouts: Payout[] = [];
  const postings: Posting[] = [];
  const positions = accounts.map(({ id, name, positions: [position] }, i) => {
    const account = { id, name };
    const due = 5_000_000n + BigInt(id);
    payouts.push({
      id: paid + i + 1,
      period: 1,
      pool: 'community',
      account,
      score: BigInt(id) * 10n ** 15n,
      due,
      restaked: due,
      liquid: 0n,
      reason: 'paid',
    });
    postings.push({
      id: paid + i + 1,
      period: 1,
      allocation: 'community',
      source: { kind: 'pool', pool: 'community' },
      target: { kind: 'stake', account },
      amount: due,
      reason: 'payout',
    });
    return {
      account: id,
      validator: position!.validator,
      shares: position!.shares + due * 10n ** 18n,
      since: 1_700_002_000,
      bucket: 0,
    };
  });
  const record = {
    period: 1,
    step,
    phase: 'paying' as const,
    events: count,
    at: 1_700_002_000_000,
    entries: 0,
    payouts: payouts.length,
    firstPayout: paid + 1,
  };
  return { payouts, postings, positions, step: record, state: stateAt(step) };
}

function stateAt(version: number): ProgramState {
  return {
    version,
    rulesVersion: 1,
    validatorsVersion: 1,
    head: 'f'.repeat(64),
    filler: 'x'.repeat(900),
  } as unknown as ProgramState;
}

function perPayout(times: { read: number; write: number; commit: number; steps: number[] }) {
  const us = (ms: number): number => (ms * 1000) / count;
  return { read: us(times.read), write: us(times.write), commit: us(times.commit), steps: times.steps };
}

function quantiles(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function sharesOf(id: number): bigint {
  return 10n ** 24n + BigInt(id) * 7919n;
}

/** As long as an address of a Cosmos chain: 45 bytes. */
function nameOf(i: number): string {
  return `cosmos1${createHash('sha256').update(String(i)).digest('hex').slice(0, 38)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
