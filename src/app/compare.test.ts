import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StrategyName } from '../core/program.ts';
import { type StrategyMeasures, checkRoots, recommend } from './compare.ts';

const limits = { maxStepMs: 25, maxMemoryMb: 400 };

function measured(strategy: StrategyName, accounts: number, figures: Partial<StrategyMeasures> = {}): StrategyMeasures {
  const times = { openMs: 5, stepMsP50: 10, stepMsP99: 20, stepMsMax: 30, queryMsP50: 1, queryMsP99: 2, windowMs: 100 };
  const sizes = {
    peakRows: 1,
    rowsWritten: 100,
    openRowsWritten: 17,
    attempts: 1,
    peakMemoryMb: 200,
    accountsPaid: accounts,
  };
  return { strategy, accounts, batchSize: 1000, stepsMs: [10, 20, 30], root: 'r', ...times, ...sizes, ...figures };
}

describe('src/app/compare', () => {
  it('recommends the strategy that writes the fewest rows among those within the limits', () => {
    const measures = [
      measured('cut', 1, { rowsWritten: 100 }),
      measured('copy', 1, { rowsWritten: 50, openMs: 26 }),
      measured('generations', 1, { rowsWritten: 200 }),
    ];
    const { strategy, judgements } = recommend(measures, limits);
    assert.equal(strategy, 'cut');
    assert.deepEqual(
      judgements.map((one) => [one.strategy, one.fits, one.breaks]),
      [
        ['cut', true, []],
        ['copy', false, ['opening step']],
        ['generations', true, []],
      ],
    );
    assert.equal(recommend(measures, { ...limits, maxStepMs: 26 }).strategy, 'copy');
  });

  it('judges by the worst size, by memory where it was measured, and leaves out who is not measured at the largest', () => {
    const measures = [
      measured('cut', 1), measured('cut', 2, { stepMsP99: 26 }),
      measured('copy', 1), measured('copy', 2, { peakMemoryMb: 401 }),
      measured('double-buffer', 1), measured('double-buffer', 2, { peakMemoryMb: null, rowsWritten: 900 }),
      measured('generations', 1),
    ]; // prettier-ignore
    const { strategy, judgements } = recommend(measures, limits);
    assert.equal(strategy, 'double-buffer');
    assert.deepEqual(
      judgements.map((one) => one.breaks),
      [['p99 of steps'], ['memory'], []],
    );
    assert.deepEqual(
      judgements.map((one) => one.peakMemoryMb),
      [200, 401, 200],
    );
  });

  it('recommends none when none fits, and names the nearest, with the batch that would be short enough if only that is wrong', () => {
    const slow = measured('generations', 1, { stepMsP99: 50, rowsWritten: 300 });
    const measures = [
      measured('cut', 1, { stepMsP99: 100 }),
      measured('copy', 1, { openMs: 900, stepMsP99: 26, rowsWritten: 1 }),
      slow,
    ];
    const { strategy, nearest, batchSize } = recommend(measures, limits);
    assert.deepEqual([strategy, nearest, batchSize], [null, 'cut', 250]);
    const copyOnly = recommend([measured('copy', 1, { openMs: 900, stepMsP99: 50 })], limits);
    assert.deepEqual([copyOnly.strategy, copyOnly.nearest, copyOnly.batchSize], [null, 'copy', null]);
    const large = recommend([measured('cut', 1, { peakMemoryMb: 500 })], limits);
    assert.deepEqual([large.strategy, large.nearest, large.batchSize], [null, 'cut', null]);
  });

  it('does not accept that two strategies pay differently at one size', () => {
    checkRoots([measured('cut', 1), measured('copy', 1), measured('cut', 2, { root: 'other' })]);
    const differ = [measured('cut', 1), measured('copy', 1, { root: 'other' })];
    assert.throws(() => checkRoots(differ), { code: 'compare.roots-equal', facts: { cut: 'r', copy: 'other' } });
  });
});
