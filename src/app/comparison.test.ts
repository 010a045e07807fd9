import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { json } from '../views/json.ts';
import { recommend, type StrategyMeasures } from './compare.ts';
import { readComparison } from './comparison.ts';

const limits = { maxStepMs: 25, maxMemoryMb: 400 };
const measures: StrategyMeasures = {
  ...{ strategy: 'cut', accounts: 1000, batchSize: 100, peakRows: 1300, rowsWritten: 3600, openRowsWritten: 17 },
  ...{ openMs: 2.5, stepMsP50: 1.5, stepMsP99: 9, stepMsMax: 9, queryMsP50: 0.25, queryMsP99: 1, windowMs: 40 },
  ...{ peakMemoryMb: null, attempts: 2, accountsPaid: 1003, root: 'ab12', stepsMs: [0.5, 9, 1.5] },
};
const { stepsMs, ...figures } = measures;
const document = (more: object = {}) =>
  json({ limits, measures: [measures], left: ['copy'], recommendation: recommend([measures], limits), ...more });

describe('src/app/comparison', () => {
  it('reads what compare printed, with the steps told as a histogram and in their course', () => {
    const read = readComparison(document());
    assert.deepEqual(read, {
      limits,
      measures: [
        {
          ...figures,
          steps: 3,
          // The opening step of 2.5 ms included; nothing took 4 to 8 ms.
          histogram: [
            { fromMs: 0, toMs: 1, steps: 1 },
            { fromMs: 1, toMs: 2, steps: 1 },
            { fromMs: 2, toMs: 4, steps: 1 },
            { fromMs: 4, toMs: 8, steps: 0 },
            { fromMs: 8, toMs: 16, steps: 1 },
          ],
          course: { each: 1, longestMs: stepsMs },
        },
      ],
      left: ['copy'],
      recommendation: recommend([measures], limits),
    });
  });

  it('tells the course of any number of steps in a bounded number of figures, none of the longest lost', () => {
    const many = Array.from({ length: 2312 }, (_, nth) => (nth === 1999 ? 80 : 5));
    const [one] = readComparison(document({ measures: [{ ...measures, stepsMs: many }] })).measures;
    assert.equal(one!.steps, 2312);
    assert.equal(one!.course.each, 10);
    assert.equal(one!.course.longestMs.length, 232);
    assert.deepEqual(one!.course.longestMs.filter((ms) => ms > 5), [80]); // prettier-ignore
  });

  it('refuses what compare did not print, and says where', () => {
    const cases: readonly (readonly [text: string, field: string])[] = [
      ['', ''],
      ['[]', 'limits'],
      ['null', ''],
      ['{"measures":[]}', 'limits'],
      [document({ limits: { maxStepMs: -1, maxMemoryMb: 4 } }), 'limits.max_step_ms'],
      [document({ measures: {} }), 'measures'],
      [document({ measures: [{ ...measures, strategy: 'paste' }] }), 'measures[0].strategy'],
      [document({ measures: [{ ...measures, accounts: 0.5 }] }), 'measures[0].accounts'],
      [document({ measures: [{ ...measures, stepsMs: [1, '2'] }] }), 'measures[0].steps_ms[1]'],
      [document({ measures: Array.from({ length: 201 }, () => measures) }), 'measures'],
      [document({ left: [1] }), 'left[0]'],
      [document({ recommendation: null }), 'recommendation'],
    ];
    for (const [text, field] of cases) {
      assert.throws(
        () => readComparison(text),
        { code: 'comparison-malformed', facts: { field } },
        `${field}: ${text.slice(0, 60)}`,
      );
    }
  });
});
