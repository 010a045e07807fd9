import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Revert, revertedBy, without } from './reverts.ts';

const chain = (length: number): Revert[] => Array.from({ length }, (_, i) => ({ by: `c${i + 1}`, target: `c${i}` }));

describe('src/sources/git/reverts', () => {
  it('finds whole ids at the start of a line, each once', () => {
    const [a, b] = ['a'.repeat(40), 'b'.repeat(64)];
    const message = `x\n\nThis reverts commit ${a}.\nThis reverts commit ${b}, reversing\nThis reverts commit ${a}\n`;
    assert.deepEqual(revertedBy(message), [a, b]);
    for (const line of [`> This reverts commit ${a}`, `This reverts commit ${a}0`, 'This reverts commit abcdef0.']) {
      assert.deepEqual(revertedBy(`x\n\n${line}\n`), [], line);
    }
  });

  it('restores what a reverted revert had taken, however long it goes on', () => {
    assert.deepEqual([...without(chain(1), new Map())].sort(), ['c0', 'c1']);
    assert.deepEqual([...without(chain(2), new Map())].sort(), ['c1', 'c2']);
    const long = without(chain(100_000), new Map());
    assert.equal(long.has('c0'), false);
    assert.equal(long.size, 100_000);
  });

  it('takes a commit away as long as one of several reverts stands', () => {
    const twice = [...chain(2), { by: 'other', target: 'c0' }];
    assert.equal(without(twice, new Map()).has('c0'), true);
  });

  it('agrees with the rule said by recursion, merges included, in any order', () => {
    const pairs = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 20 });
    const property = fc.property(pairs, fc.array(fc.nat(12), { maxLength: 3 }), (pairs, merges) => {
      // Later commits name earlier ones; a merge brings in what lies up to three places before it.
      const reverts = pairs
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => ({ by: `${Math.max(a, b)}`, target: `${Math.min(a, b)}` }));
      const brought = new Map(merges.map((m) => [`${m}`, [m, m - 1, m - 2, m - 3].map(String)]));
      const undone = (commit: string): boolean =>
        reverts.some(
          ({ by, target }) => (target === commit || brought.get(target)?.includes(commit) === true) && !undone(by),
        );
      const found = without(reverts, brought);
      for (let i = -3; i <= 12; i += 1) {
        const commit = `${i}`;
        assert.equal(found.has(commit), undone(commit) || reverts.some(({ by }) => by === commit), commit);
      }
      assert.deepEqual([...without(reverts.toReversed(), brought)].sort(), [...found].sort());
    });
    fc.assert(property);
  });
});
