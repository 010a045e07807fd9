import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Engine } from '../../src/app/engine.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import { strategyNames } from '../../src/core/program.ts';
import { definition, entriesAt, PROGRAM, smallEngine } from './small.ts';

/** The codes with which each of these is refused, ingested one by one; null = recorded. */
async function codesOf(engine: Engine, events: readonly ProrataEvent[]): Promise<(string | null)[]> {
  const codes: (string | null)[] = [];
  for (const event of events) {
    let code: string | null = null;
    await engine.ingest(PROGRAM, [event], { onRefused: (_index, refusal) => void (code = refusal.code) });
    codes.push(code);
  }
  return codes;
}

describe('test/app/engine', () => {
  it('does not write a halt down that somebody mended between the step that found it and the writing', async () => {
    const engine = await smallEngine(['a'], { funding: 0n });
    const stepping = engine.step(PROGRAM, 100_000);
    const funding = engine.ingest(PROGRAM, [{ kind: 'fund', key: 'f', time: 3000, pool: 'stakers', amount: 1000n }]);
    assert.equal((await stepping).did, 'opened');
    assert.equal((await funding).recorded, 1);
    assert.equal((await engine.status(PROGRAM)).halted, null);
  });

  it('has the numbers of rows at hand, step by step, without counting one', async () => {
    for (const strategy of strategyNames) {
      const engine = await smallEngine(['a', 'b', 'c'], { strategy });
      const counted = async () => {
        const { counts } = await engine.status(PROGRAM);
        const stored = await engine.read((tx) => tx.counts(1));
        assert.deepEqual(counts, stored, strategy);
        return stored;
      };
      let scores = 0;
      const leave = { kind: 'undelegate', key: 'u', time: 150_000, account: 'b', validator: 'v', amount: 5n } as const;
      await engine.step(PROGRAM, 100_000);
      await engine.ingest(PROGRAM, [leave]);
      for (let did = ''; did !== 'idle'; did = (await engine.step(PROGRAM, 200_000)).did)
        scores += (await counted()).scores;
      assert.ok(scores > 0);
    }
  });

  it('keeps the boundary that a taken over score lies behind', async () => {
    const engine = await smallEngine(['a']);
    const events: readonly ProrataEvent[] = [
      { kind: 'booked', key: 'b', time: 150_000, account: 'b', score: 7n }, // of period 2, which begins at 100
      { kind: 'schedule', key: 'later', time: 151_000, entries: entriesAt(300) },
      { kind: 'schedule', key: 'earlier', time: 151_000, entries: entriesAt(50, 100, 200) },
      { kind: 'schedule', key: 'behind', time: 151_000, entries: entriesAt(100, 300) },
    ];
    const passed = 'schedule-boundary-passed';
    assert.deepEqual(await codesOf(engine, events), [null, passed, passed, null]);
    assert.equal((await engine.account(PROGRAM, 'b')).score, 7n);
  });

  it('refuses from a program what no file could say, and nothing is changed', async () => {
    const engine = await smallEngine(['a']);
    const before = await engine.status(PROGRAM);
    const on = { account: 'a', validator: 'v' };
    const events: readonly ProrataEvent[] = [
      { kind: 'delegate', key: 'n', time: Number.NaN, ...on, amount: 1n },
      { kind: 'delegate', key: 'n', time: 5000.5, ...on, amount: 1n },
      { kind: 'delegate', key: 'n', time: 5000, ...on, amount: -1n },
      { kind: 'undelegate', key: 'n', time: 5000, ...on, amount: -1n },
      { kind: 'undelegate', key: 'n', time: 5000, ...on, shares: -1n },
      { kind: 'held', key: 'n', time: 5000, ...on, amount: -1n, from: 1, until: 2 },
      { kind: 'booked', key: 'n', time: 5000, account: 'a', score: -1n },
      { kind: 'fund', key: 'n', time: 5000, pool: 'stakers', amount: -1n },
      { kind: 'validator-changed', key: 'n', time: 5000, validator: 'v', tokens: -1n, shares: 1n },
      { kind: 'validator-changed', key: 'n', time: 5000, validator: 'v', tokens: 1n, shares: -1n },
      { kind: 'rules', key: 'n', time: 5000, batchSize: 0 },
    ];
    assert.deepEqual(await codesOf(engine, events), [
      'time-malformed',
      'time-malformed',
      'shares-zero',
      'shares-zero',
      'shares-zero',
      'amount-negative',
      'amount-negative',
      'amount-zero',
      'amount-negative',
      'amount-negative',
      'batch-size-range',
    ]);
    assert.deepEqual(await engine.status(PROGRAM), before);
    await assert.rejects(engine.createProgram({ ...definition({ batchSize: 0 }), name: 'other' }), {
      code: 'batch-size-range',
    });
  });

  it('shows the closing score of who is paid, in a list as by itself', async () => {
    const engine = await smallEngine(['a', 'b']);
    while ((await engine.status(PROGRAM)).window?.accountsPaid !== 1) await engine.step(PROGRAM, 100_000);
    const closing = (await engine.accounts(PROGRAM, { limit: 9 })).map((view) => view.closing?.score);
    assert.deepEqual(closing, [490n, 490n]); // 5 units from second 2 to 100
    assert.equal((await engine.account(PROGRAM, 'a')).closing?.score, 490n);
  });
});
