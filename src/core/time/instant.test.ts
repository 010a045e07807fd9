import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addMonths, capDay, formatInstant, instantMax, parseInstant, secondOf } from './instant.ts';

const seed = Number(process.env['SEED'] ?? 20_253);

describe('src/core/time/instant', () => {
  it('reads Z, offsets and up to nine fraction digits, cutting off what is finer than a millisecond', () => {
    const noon = Date.UTC(2025, 0, 31, 12);
    assert.equal(parseInstant('2025-01-31T12:00:00Z', 't'), noon);
    assert.equal(parseInstant('2025-01-31T14:30:00+02:30', 't'), noon);
    assert.equal(parseInstant('2025-01-31T11:00:00-0100', 't'), noon);
    assert.equal(parseInstant('2025-01-31 12:00:00.123456789Z', 't'), noon + 123);
    assert.equal(parseInstant('2025-01-31T12:00:00.9999Z', 't'), noon + 999);
    assert.equal(parseInstant('2025-01-31T12:00:00.5Z', 't'), noon + 500);
    assert.equal(parseInstant('2025-01-31T12:00Z', 't'), noon);
    assert.equal(parseInstant('2024-02-29T00:00:00Z', 't'), Date.UTC(2024, 1, 29));
    assert.equal(parseInstant('2025-02-01T11:59:00+23:59', 't'), noon);
    assert.equal(parseInstant(noon, 't'), noon);
  });

  const refused: readonly [string | number, string][] = [
    ['2025-01-31T12:00:00', 'time-without-zone'],
    ['2025-01-31', 'time-without-zone'],
    ['2025-02-29T00:00:00Z', 'time-malformed'],
    ['2025-04-31T00:00:00Z', 'time-malformed'],
    ['2025-06-31T00:00:00Z', 'time-malformed'],
    ['2025-09-31T00:00:00Z', 'time-malformed'],
    ['2025-11-31T00:00:00Z', 'time-malformed'],
    ['2025-01-0:T00:00:00Z', 'time-malformed'],
    ['2025-01-1/T00:00:00Z', 'time-malformed'],
    ['2025-01-:1T00:00:00Z', 'time-malformed'],
    ['2025/01/01T00:00:00Z', 'time-malformed'],
    ['2025-01/01T00:00:00Z', 'time-malformed'],
    ['2025-01-01X00:00:00Z', 'time-malformed'],
    ['2025-01-01T00-00:00Z', 'time-malformed'],
    ['2025-01-01T00:00-00Z', 'time-malformed'],
    ['2025-01-31T12:00:00+01:60', 'time-malformed'],
    ['2025-13-01T00:00:00Z', 'time-malformed'],
    ['2025-00-01T00:00:00Z', 'time-malformed'],
    ['2025-01-00T00:00:00Z', 'time-malformed'],
    ['2025-01-31T24:00:00Z', 'time-malformed'],
    ['2025-01-31T12:60:00Z', 'time-malformed'],
    ['2025-01-31T12:00:60Z', 'time-malformed'],
    ['2025-01-31T12:00:00+24:00', 'time-malformed'],
    ['2025-1-31T12:00:00Z', 'time-malformed'],
    ['2025-01-31T12:00:00.1234567890Z', 'time-malformed'],
    ['yesterday', 'time-malformed'],
    ['', 'time-malformed'],
    ['1700000000', 'time-malformed'],
    ['20a5-01-31T12:00:00Z', 'time-malformed'],
    [1.5, 'time-malformed'],
    [Number.NaN, 'time-malformed'],
    [-1, 'time-out-of-range'],
    [instantMax + 1, 'time-out-of-range'],
    ['1969-12-31T23:59:59Z', 'time-out-of-range'],
  ];
  for (const [value, code] of refused) {
    it(`refuses ${JSON.stringify(value)} as ${code}`, () =>
      assert.throws(() => parseInstant(value, 'time'), { code, message: /"time"/ }));
  }

  it(`prints and reads the same instant, as Date does (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: instantMax }), fc.boolean(), (any, whole) => {
        const ms = whole ? any - (any % 1000) : any;
        const text = formatInstant(ms);
        assert.equal(parseInstant(text, 't'), ms);
        assert.equal(text, new Date(ms).toISOString().replace('.000Z', 'Z'));
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('truncates an instant to its second', () => {
    assert.equal(secondOf(1999), 1);
    assert.equal(secondOf(-1), -1);
  });

  it('adds calendar months, capping the day to the length of the month', () => {
    const at = (text: string): number => secondOf(parseInstant(text, 't'));
    assert.equal(addMonths(at('2025-01-31T12:00:00Z'), 1), at('2025-02-28T12:00:00Z'));
    assert.equal(addMonths(at('2024-01-31T12:00:00Z'), 1), at('2024-02-29T12:00:00Z'));
    assert.equal(addMonths(at('2025-11-15T01:02:03Z'), 14), at('2027-01-15T01:02:03Z'));
    assert.equal(addMonths(at('2025-01-15T00:00:00Z'), -1), at('2024-12-15T00:00:00Z'));
    assert.equal(addMonths(at('2025-01-15T00:00:00Z'), 0), at('2025-01-15T00:00:00Z'));
    assert.equal(capDay(at('2025-01-31T12:00:00Z'), 28), at('2025-01-28T12:00:00Z'));
    assert.equal(capDay(at('2025-01-28T12:00:00Z'), 28), at('2025-01-28T12:00:00Z'));
  });

  it(`adds months as Date does for days that every month has (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: -12, max: 1200 }), (second, n) => {
        const start = capDay(second, 28);
        const date = new Date(start * 1000);
        date.setUTCMonth(date.getUTCMonth() + n);
        assert.equal(addMonths(start, n), date.getTime() / 1000);
      }),
      { seed },
    );
  });
});
