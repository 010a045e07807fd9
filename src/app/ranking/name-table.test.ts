import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NameTable } from './name-table.ts';

const tableOf = (names: readonly string[]): NameTable => {
  const table = new NameTable();
  for (const name of names) table.push(name);
  table.seal();
  return table;
};

describe('src/app/ranking/name-table', () => {
  it('finds what names have in them, whatever the capitals, and nothing that goes over into the next one', async () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'A', 'ä', 'Ä', '\u{1f600}', 'İ'),
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(letters, { maxLength: 30 }), letters, async (names, part) => {
        const table = tableOf(names);
        assert.deepEqual(
          names.map((_, place) => table.at(place)),
          names,
        );
        const expected = names.flatMap((name, place) =>
          name.toLowerCase().includes(part.toLowerCase()) ? [place] : [],
        );
        assert.deepEqual([...(await table.having(part))], expected);
      }),
    );
  });

  it('holds more names than it had room for', async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `account-${i}-of-many-more`);
    const table = tableOf(names);
    assert.equal(table.length, 5000);
    assert.equal(table.at(4999), names[4999]);
    assert.deepEqual([...(await table.having('-4999-'))], [4999]);
    assert.equal((await table.having('ACCOUNT')).length, 5000);
    // Not more than what they take: 5,000 ends of 4 bytes, and the names.
    assert.equal(table.bytes, names.join('').length + 20_000);
  });
});
