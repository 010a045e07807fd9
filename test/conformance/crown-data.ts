import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CrownFact } from '../../src/core/events/event.ts';
import { formatRational, rational, rationalOf, subtract, sumOf } from '../../src/core/money/rational.ts';
import { heldOf, paidOf, total } from '../../src/core/scoring/crown/credits.ts';
import { canonical, crownEventOf, type LoggedFact } from '../../src/core/scoring/crown/fold.ts';
import { intervals } from '../../src/core/scoring/crown/intervals.ts';
import { always, CrownLogBuilder } from '../../src/core/scoring/crown/log.ts';
import { rewardsOf } from '../../src/core/scoring/crown/rounds.ts';
import { crownModelOf, type CrownScoring, parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import { CrownStore } from '../../src/sources/crown-store.ts';
import type { VectorResult } from './stake.ts';

/** Runs the databases of validators (README of the crown vectors, "Sample databases") against what was made beside them. */
export async function* runCrownData(dir: string): AsyncGenerator<VectorResult> {
  const expected = JSON.parse(readFileSync(join(dir, 'state.expect.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'prorata-crown-data-'));
  try {
    for (const file of ['state.db', 'state-v1.db']) {
      copyFileSync(join(dir, file), join(folder, file));
      yield* checkTables(join(folder, file), file, expected[file]);
    }
    yield* checkReplay(join(folder, 'state.db'), expected);
    yield checked('state-v1.db facts', () => checkFirstSchema(join(folder, 'state-v1.db'), expected['state-v1.db']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checked(name: string, work: () => void): VectorResult {
  try {
    work();
    return { name, failure: null };
  } catch (error) {
    return { name, failure: (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 600) };
  }
}

const factsOf = (path: string, scoring: CrownScoring): CrownFact[] => {
  const store = CrownStore.open(path);
  try {
    return [...store.facts({ scoring })].flat();
  } finally {
    store.close();
  }
};

/** In the second schema quotes are per unit of the hub. */
const tie = (direction: string): CrownScoring =>
  parseCrownScoring(
    { model: 'crown', rules: 'best-rate-tie', directions: { [direction]: '1' }, hubs: ['sol', 'tao'] },
    'scoring',
  );

// --- what the files hold

function* checkTables(path: string, file: string, { tables, tail_by_id: tail = [] }: any): Generator<VectorResult> {
  const db = new DatabaseSync(path, { readOnly: true });
  for (const [table, { rows, columns, rows_sha256: digest }] of Object.entries<any>(tables)) {
    yield checked(`${file} ${table}`, () => {
      const list = columns.join(', ');
      const types = new Map(
        db
          .prepare('SELECT name, type FROM pragma_table_info(?)')
          .all(table)
          .map((row) => [row['name'], row['type']]),
      );
      const lines = db
        .prepare(`SELECT ${list} FROM ${table} ORDER BY ${columns.includes('id') ? 'id' : 'rowid'}`)
        .all()
        .map(
          (row) =>
            `[${columns.map((column: string) => valueText(row[column], types.get(column) === 'REAL')).join(',')}]\n`,
        );
      assert.equal(lines.length, rows);
      assert.equal(createHash('sha256').update(lines.join('')).digest('hex'), digest);
    });
  }
  for (const { after_id: after, limit, remaining, rows } of tail) {
    yield checked(`${file} rates after id ${after}`, () => {
      const found = db.prepare('SELECT * FROM rate_events WHERE id > ? ORDER BY id LIMIT ?').all(after, limit);
      assert.deepEqual(
        found.map((row) => Object.values(row)),
        rows,
      );
      assert.equal(db.prepare('SELECT count(*) AS n FROM rate_events WHERE id > ?').get(after)!['n'], remaining);
    });
  }
  db.close();
}

const valueText = (value: unknown, isReal: boolean): string =>
  isReal && typeof value === 'number' && Number.isInteger(value) ? `${value}.0` : JSON.stringify(value);

/** The first schema has rates and outcomes only. */
function checkFirstSchema(path: string, { tables }: any): void {
  const both = parseCrownScoring(
    {
      model: 'crown',
      rules: 'best-rate-tie',
      directions: { 'tao-btc': '1/2', 'btc-tao': '1/2' },
      block: { zero: 0, seconds: 12 },
    },
    'scoring',
  );
  const facts = factsOf(path, both);
  const count = (kind: string): number => facts.filter((fact) => fact.kind === kind).length;
  assert.equal(count('rate'), tables.rate_events.rows);
  assert.equal(count('outcome'), tables.swap_outcomes.rows);
  assert.ok(
    facts.every(({ time }) => time % 12_000 === 0),
    'every block is twelve seconds',
  );
}

// --- what a replay of the importer's facts gives

function* checkReplay(path: string, expected: any): Generator<VectorResult> {
  const notRewardable = new Set<string>(expected.replay.not_rewardable);
  for (const one of expected.replay.cases) {
    const { from, to, backing } = one.lane;
    yield checked(`${one.semantics} ${from}-${to}|${backing} ${one.window.join(' to ')}`, () => {
      assert.deepEqual(replayed(path, one, notRewardable), wantedOf(one));
    });
  }
  for (const { hotkey, lane, at, rate, block } of expected['state.db'].latest_rate_at_or_before) {
    yield checked(`rate of ${hotkey} at ${at}`, () => {
      const [direction = ''] = lane.split('|');
      const last = factsOf(path, tie(direction)).findLast(
        (fact) => fact.kind === 'rate' && fact.account === hotkey && fact.time <= at * 1000,
      );
      assert.deepEqual(
        [last?.kind === 'rate' ? last.rate : null, last === undefined ? null : last.time / 1000],
        [rate === null ? null : String(rate), block],
      );
    });
  }
}

function scoringOf({ semantics, lane, params, chains }: any): CrownScoring {
  if (semantics === 'best-rate-tie') return tie(`${lane.from}-${lane.to}`);
  return parseCrownScoring(
    {
      model: 'crown',
      rules: 'capacity-band',
      directions: { [`${lane.from}-${lane.to}`]: '1' },
      hubs: params.hubs,
      chains,
      band: params.band,
      capacity_exponent: params.capacity_exponent,
      requirement_bps: params.requirement_bps,
    },
    'scoring',
  );
}

/** Numbers of `capacity-band` stand in the expectation as decimals, cut to so many places. */
const cut = ({ numerator, denominator }: { numerator: bigint; denominator: bigint }, places: number): string => {
  const scaled = (numerator * 10n ** BigInt(places + 1)) / denominator;
  const rounded = (scaled + 5n) / 10n;
  const text = String(rounded).padStart(places + 1, '0');
  return `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`.replace(/\.?0+$/, '');
};

function wantedOf({
  semantics,
  credit,
  total: all,
  uncredited,
  interval_count: count,
  intervals_sha256: digest,
  first_intervals: first,
  crown,
  capacity_time: capacity,
  rewards,
  unfilled,
}: any): unknown {
  return semantics === 'best-rate-tie'
    ? { credit, total: all, uncredited, count, digest, first }
    : { crown, capacity, rewards, unfilled, count };
}

function replayed(path: string, one: any, notRewardable: ReadonlySet<string>): unknown {
  const scoring = scoringOf(one);
  const { rules, lanes } = crownModelOf(scoring);
  const { lane } = lanes.find(
    ({ name }) =>
      name ===
      (scoring.band === null
        ? `${one.lane.from}-${one.lane.to}`
        : `${one.lane.from}-${one.lane.to}|${one.lane.backing}`),
  )!;
  const facts = factsOf(path, scoring).map((fact, index): LoggedFact => ({
    seq: index,
    at: fact.time / 1000,
    key: fact.key,
    fact,
  }));
  const builder = new CrownLogBuilder();
  const names = new Set(facts.flatMap(({ fact }) => ('account' in fact ? [fact.account] : [])));
  for (const who of names) if (!notRewardable.has(who)) builder.add({ kind: 'eligible', at: always, who, on: true });
  if (one.bounds !== undefined) {
    builder.add({
      kind: 'bounds',
      at: always,
      backing: one.lane.backing,
      min: BigInt(one.bounds.min),
      max: BigInt(one.bounds.max),
    });
  }
  for (const fact of canonical(facts)) {
    const event = crownEventOf(fact);
    if (event !== null) builder.add(event);
  }
  const log = builder.build();
  assert.equal(lane.higherWins, !one.lower_rate_wins);
  const [start, end] = one.window;
  const options = { log, lane, rules, window: { start, end } };
  const credits = total(options);
  const nameOf = (who: number): string => log.participants[who]!;
  const list = [...intervals(options)];
  if (one.semantics === 'best-rate-tie') {
    const held = credits.credits.map((credit) => heldOf(credits, credit));
    const views = list.map(
      (interval) =>
        [interval.start, interval.end, interval.holders.map(({ who }) => nameOf(who)).sort(), interval.best] as const,
    );
    const lines = views.map(([from, to, holders]) => `${from},${to},${holders.join('|')}`);
    return {
      credit: Object.fromEntries(credits.credits.map(({ who }, index) => [nameOf(who), formatRational(held[index]!)])),
      total: formatRational(sumOf(held)),
      uncredited: formatRational(subtract(rational(BigInt(end - start)), sumOf(held))),
      count: list.length,
      digest: createHash('sha256').update(lines.join('\n')).digest('hex'),
      first: views.slice(0, 3),
    };
  }
  const places = one.decimals;
  const named = (
    values: readonly (readonly [number, { numerator: bigint; denominator: bigint }])[],
  ): Record<string, string> =>
    Object.fromEntries(
      values.flatMap(([who, value]) => (value.numerator === 0n ? [] : [[nameOf(who), cut(value, places)]])),
    );
  return {
    crown: named(credits.credits.map((credit) => [credit.who, heldOf(credits, credit)])),
    capacity: named(credits.credits.map((credit) => [credit.who, paidOf(credits, credit)])),
    rewards: named(rewardsOf(credits, rationalOf(one.pool)).map(({ who, reward }) => [who, reward])),
    unfilled: String(end - start - credits.covered),
    count: list.length,
  };
}
