import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RankSet } from './rank-set.ts';

const members = 6;

describe('src/core/scoring/crown/rank-set', () => {
  it('knows the greatest rank, the next one and its members as a list would, over one word or several levels', () => {
    const moves = fc.constantFrom(1, 31, 32, 33, 1023, 1024, 40_000).chain((ranks) =>
      fc.record({
        ranks: fc.constant(ranks),
        moves: fc.array(fc.tuple(fc.nat(members - 1), fc.nat(ranks)), { maxLength: 40 }),
        from: fc.nat(ranks),
      }),
    );
    fc.assert(
      fc.property(moves, ({ ranks, moves, from }) => {
        const set = new RankSet(members, ranks);
        const list = Array.from({ length: members }, () => 0);
        for (const [member, rank] of moves) {
          set.move(member, rank);
          list[member] = rank;
          assert.equal(set.max(), Math.max(...list));
          const after = list.filter((rank) => rank > 0 && rank >= from);
          assert.equal(set.from(from), after.length === 0 ? -1 : Math.min(...after));
          for (const used of new Set([rank, ...list])) {
            if (used === 0) continue;
            const found: number[] = [];
            for (let who = set.first(used); who >= 0; who = set.after(who)) found.push(who);
            assert.deepEqual(
              found.toSorted(),
              [...list.keys()].filter((who) => list[who] === used),
            );
          }
        }
      }),
    );
  });
});
