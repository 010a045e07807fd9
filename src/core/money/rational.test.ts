import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decimalOf,
  add,
  ceilDivide,
  divide,
  formatRational,
  multiply,
  parseRational,
  power,
  rational,
  rationalOf,
  subtract,
  sumOf,
} from './rational.ts';

const anyRational = fc
  .tuple(fc.bigInt(-1000n, 1000n), fc.bigInt(1n, 60n))
  .map(([above, below]) => rational(above, below));

describe('src/core/money/rational', () => {
  it('reads integers, decimals and quotients exactly, and nothing else', () => {
    const read = ['7', '-3', '1000/3', '2/4', '0.00015', '-0.50', '0'].map((text) => formatRational(rationalOf(text)));
    assert.deepEqual(read, ['7', '-3', '1000/3', '1/2', '3/20000', '-1/2', '0']);
    for (const text of ['', '1/0', '1/-2', '1.5/2', '1e3', '+1', ' 1', 'NaN', '.5', '1.']) {
      assert.equal(parseRational(text), null, text);
      assert.throws(() => rationalOf(text), { code: 'rational-malformed' });
    }
  });

  it('keeps lowest terms with a positive denominator', () => {
    assert.deepEqual(rational(6n, -4n), { numerator: -3n, denominator: 2n });
    assert.deepEqual(rational(0n, -4n), { numerator: 0n, denominator: 1n });
    assert.equal(formatRational(power(rational(2n, 3n), 3)), '8/27');
    assert.equal(formatRational(power(rational(0n), 0)), '1');
    assert.deepEqual(
      [ceilDivide(7n, 2n), ceilDivide(8n, 2n), ceilDivide(0n, 2n), ceilDivide(-7n, 2n)],
      [4n, 4n, 0n, -3n],
    );
  });

  it('undoes a sum by a difference, a product by a quotient, and prints what it reads', () => {
    fc.assert(
      fc.property(anyRational, anyRational, (a, b) => {
        assert.deepEqual(subtract(add(a, b), b), a);
        if (b.numerator !== 0n) assert.deepEqual(divide(multiply(a, b), b), a);
        assert.deepEqual(sumOf([a, b, a]), add(a, add(b, a)));
        assert.deepEqual(rationalOf(formatRational(a)), a);
      }),
    );
  });

  it('reads a number as the decimal that it is written with', () => {
    assert.deepEqual(decimalOf(0.16), rational(4n, 25n));
    assert.deepEqual(decimalOf(1e-7), rational(1n, 10n ** 7n));
    assert.deepEqual(decimalOf(1.5e21), rational(15n * 10n ** 20n));
    assert.deepEqual(decimalOf(-0.5), rational(-1n, 2n));
  });
});
