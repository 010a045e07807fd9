import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { table, visible } from './print.ts';

describe('src/cli/print', () => {
  it('shows control and bidirectional characters as their numbers', () => {
    for (const code of [0, 9, 10, 0x1b, 0x7f, 0x9b, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069]) {
      assert.equal(visible(`a${String.fromCharCode(code)}b`), `a\\u{${code.toString(16)}}b`);
    }
    assert.equal(visible('žluť 日本 😀'), 'žluť 日本 😀');
  });

  it('cuts a long name in a table, and neither numbers nor what widens no other row', () => {
    const [long, digits] = ['n'.repeat(65), '1'.repeat(80)];
    const [, first, second] = table(
      ['name', '>amount', 'why'],
      [
        [long, digits, long],
        ['n'.repeat(64), '2', 'x\u202ey'],
      ],
    ).split('\n');
    assert.equal(first, `${'n'.repeat(63)}…  ${digits}  ${long}`);
    assert.equal(second, `${'n'.repeat(64)}  ${'2'.padStart(80)}  x\\u{202e}y`);
    assert.match(table(['=name', 'x'], [[long, '']]), new RegExp(`^${long}$`, 'm'), 'what is marked as whole');
  });

  it('never cuts a sign of two units in half', () => {
    const [, row] = table(['name', 'x'], [['😀'.repeat(40), '.']]).split('\n');
    assert.equal(row, `${'😀'.repeat(31)}…  .`);
  });
});
