import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonObjects } from './json-values.ts';

describe('src/sources/github/json-values', () => {
  it('reads an array, arrays behind each other, an array of arrays, and an object a line', () => {
    const wanted = [{ a: 1 }, { a: 2 }, { a: '][}{"\\' }];
    const [one, two, three] = wanted.map((value) => JSON.stringify(value));
    for (const text of [
      `[${one},${two},${three}]`,
      `[${one}][${two},${three}]`,
      `[${one}]\n[\n]\n[${two}]\n[${three}]\n`,
      `[[${one}],[],[${two},${three}]]`,
      `${one}\n${two}\r\n\n${three}\n`,
      `\ufeff${one}${two}${three}`,
    ]) {
      assert.deepEqual(jsonObjects(text, 'x.json'), wanted, text);
    }
    assert.deepEqual(jsonObjects(' \n', 'x.json'), []);
  });

  it('says which value is none', () => {
    const refused = (text: string, message: RegExp): void =>
      assert.throws(() => jsonObjects(text, 'x.json'), { code: 'github-json-malformed', message });
    refused('[{]', /^x\.json is no JSON/);
    refused('[{}', /^x\.json is no JSON/);
    refused('[{}][{"a":}]', /^x\.json, value 2 is no JSON/);
    refused('{}\n{}\n{"a":', /^x\.json, value 3 is no JSON/);
    refused('{}\n{} x', /^x\.json, value 3 is no JSON/);
  });

  it('finds all values again, however they stand behind each other', () => {
    const items = fc.array(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), { minLength: 1 });
    const gap = fc.constantFrom('', '\n', ' \r\n');
    fc.assert(
      fc.property(items, gap, (pages, gap) => {
        const text = pages.map((page) => JSON.stringify(page)).join(gap);
        assert.deepEqual(jsonObjects(text, 'x'), pages.map((page) => JSON.parse(JSON.stringify(page))).flat());
      }),
    );
  });
});
