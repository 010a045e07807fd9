import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvHeading, csvLine } from './csv.ts';

describe('src/views/csv', () => {
  it('marks what a spreadsheet would run, and nothing else', () => {
    const marked = (value: unknown): string => csvLine({ value }, ['value'], { marked: true }).trimEnd();
    for (const text of ['=1+1', '+x', '-x', '@sum', '-1/3']) {
      assert.equal(marked(text), `'${text}`);
      assert.equal(csvLine({ value: text }, ['value'], { marked: false }), `${text}\n`);
    }
    assert.equal(marked('=HYPERLINK("x","y")'), `"'=HYPERLINK(""x"",""y"")"`);
    // An amount below zero is a number, and the beginning of time a sign alone.
    assert.deepEqual([-5n, -5, '-', 'a=b', null, undefined, true].map(marked), [
      '-5',
      '-5',
      '-',
      'a=b',
      '',
      '',
      'true',
    ]);
  });

  it('names columns by their paths, and gives what lies deeper as JSON', () => {
    const columns = ['account', 'residual.directRemainder', 'closing.score', 'stakes'];
    assert.equal(csvHeading(columns), 'account,residual_direct_remainder,closing_score,stakes\n');
    const row = { account: 'a,b', residual: { directRemainder: 7n }, closing: null, stakes: [{ perShares: 1n }] };
    assert.equal(csvLine(row, columns, { marked: true }), '"a,b",7,,"[{""per_shares"":""1""}]"\n');
  });

  it('is read back as it was by whoever reads CSV', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 4 }), (texts) => {
        const row = Object.fromEntries(texts.map((text, i) => [`c${i}`, text]));
        const line = csvLine(row, Object.keys(row), { marked: false });
        assert.deepEqual(parse(line, { record_delimiter: '\n' }), [texts]);
      }),
    );
  });
});
