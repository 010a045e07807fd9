import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Engine } from '../../src/app/engine.ts';
import type { TailKind, TailRow } from '../../src/app/tail.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { rational } from '../../src/core/money/rational.ts';
import { parseCrownScoring } from '../../src/core/scoring/crown/scoring.ts';
import { openMemoryStore } from '../../src/stores/memory/store.ts';
import { definition } from './small.ts';

const PROGRAM = 'market';
const scoring = { model: 'crown', rules: 'best-rate-tie', directions: { 'btc-tao': '1' } };

/** Ann and bob share the crown from second 10 on; the first window is opened, and has paid a recipient, not more. */
async function openedMarket(): Promise<Engine> {
  const engine = new Engine(openMemoryStore());
  const { rules } = definition();
  const pools = [...rules.pools, { name: 'team', pays: 'recipients', funding: 50n, recipients: ['tom'] } as const];
  const allocations = [
    { pool: 'stakers', amount: 1000n },
    { pool: 'team', amount: 5n },
  ];
  await engine.createProgram({
    name: PROGRAM,
    rules: { ...rules, pools, scoring: parseCrownScoring(scoring, 'scoring'), onZeroTotal: 'residual' },
    schedule: [{ at: 100, allocations }],
    excluded: [],
  });
  for (const account of ['ann', 'bob']) {
    await engine.ingest(PROGRAM, [
      { kind: 'eligible', key: `${account}/e`, time: 0, account, on: true },
      { kind: 'active', key: `${account}/a`, time: 0, account, on: true },
      { kind: 'rate', key: `${account}/r`, time: 10_000, account, direction: 'btc-tao', rate: '1' },
    ]);
  }
  assert.equal((await engine.step(PROGRAM, 100_000)).did, 'opened');
  return engine;
}

/** What a follower sees, who meets nothing more `between.length` times, and each time something happens. */
async function followed(engine: Engine, what: TailKind, between: readonly (() => Promise<unknown>)[]) {
  const left = [...between];
  const wait = async (): Promise<boolean> => {
    const next = left.shift();
    await next?.();
    return next !== undefined;
  };
  const rows: TailRow[] = [];
  for await (const row of engine.tail(PROGRAM, { what, wait })) rows.push(row);
  return rows;
}

const shutOutBob: ProrataEvent = { kind: 'exclusion', key: 'x', time: 100_000, add: ['bob'], remove: [] };

describe('test/app/tail', () => {
  it('gives the intervals of a round when they are scored, not before: until then an exclusion changes them', async () => {
    const engine = await openedMarket();
    assert.deepEqual(await followed(engine, 'intervals', []), []);
    const rows = await followed(engine, 'intervals', [
      () => engine.ingest(PROGRAM, [shutOutBob]),
      () => engine.step(PROGRAM, 100_000), // scored
      () => engine.advance(PROGRAM, { to: 100_000 }),
    ]);
    assert.deepEqual(
      rows.map((row) => row.what === 'interval' && [row.cursor, row.interval.holders.map(({ account }) => account)]),
      [
        ['1/btc-tao/0', []],
        ['1/btc-tao/10', ['ann']],
      ],
    );
    assert.deepEqual(await followed(engine, 'intervals', []), rows);
  });

  it('gives the parts of a round as they were scored, although a recipient was paid before', async () => {
    const engine = await openedMarket();
    const rows = await followed(engine, 'scores', [
      () => engine.ingest(PROGRAM, [shutOutBob]),
      () => engine.advance(PROGRAM, { to: 100_000 }),
    ]);
    assert.deepEqual(
      rows.map((row) => row.what === 'score' && [row.account, row.part]),
      [
        ['tom', null],
        ['ann', rational(1n, 1n)],
      ],
    );
    assert.deepEqual(await followed(engine, 'scores', []), rows);
  });
});
