import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldName, isNodeAddress, isTokenId, nameProblem, proposeName } from './names.ts';

describe('src/core/token/names', () => {
  it('takes letters, digits and dashes, up to 42', () => {
    for (const name of ['a', '-', 'Alpha-2', 'x'.repeat(42)]) assert.equal(nameProblem(name), null);
    for (const name of ['', 'a b', 'a_b', '@a', 'a.b', 'ü', 'a\n'])
      assert.equal(nameProblem(name)?.code, 'invalid-name');
    assert.equal(nameProblem('x'.repeat(43))?.code, 'name-too-long');
  });

  it('takes ids of 128 bits that spell nothing', () => {
    assert.equal(isTokenId('ivaXEepirn7rE8vZaI3f7Q'), true);
    const wrong = ['XEepirn7rE8vZaI3f7Q', 'thabEepirn7rE8vZaI3f7Q', 'ivaXEepirn7rE8vZaI3f7R', 'ivaXEepirn7rE8vZaI3f-Q'];
    for (const id of wrong) assert.equal(isTokenId(id), false, id);
  });

  it('takes addresses of nodes', () => {
    assert.equal(isNodeAddress('N\0forum\0user\0'), true);
    for (const text of ['N', 'N\0forum', 'E\0forum\0']) assert.equal(isNodeAddress(text), false);
  });

  it('proposes the first free name, and gives up after 99', () => {
    const propose = (...taken: string[]): string =>
      proposeName('bob', 'forum', (name) => taken.includes(foldName(name)));
    assert.equal(propose(), 'bob');
    assert.equal(propose('bob'), 'bob-forum');
    assert.equal(propose('bob', 'bob-forum', 'bob-forum-2'), 'bob-forum-1');
    assert.throws(() => proposeName('bob', 'forum', () => true), { code: 'names-exhausted', message: /bob-forum/ });
  });
});
