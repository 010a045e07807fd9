import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FactLog } from './fact-log.ts';

describe('src/core/scoring/crown/fact-log', () => {
  it('logs changes only, and no close of what was never open, though its outcome', () => {
    const log = new FactLog();
    log.setActive(1, 'a', false);
    log.setActive(2, 'a', true);
    log.setActive(3, 'a', true);
    log.setActive(3, '', true);
    log.endSwap({ swap: 1, who: 'a', completed: true, at: 4 });
    log.openSwap(5, 'a');
    assert.deepEqual(log.active, [{ at: 2, who: 'a', on: true }]);
    assert.deepEqual(log.busy, [{ at: 5, who: 'a', delta: 1 }]);
    assert.equal(log.outcomes.length, 1);
    assert.deepEqual([log.activeAt(1), log.activeAt(2)], [[], ['a']]);
    assert.deepEqual([[...log.busyAt(4)], [...log.busyAt(5)]], [[], [['a', 1]]]);
  });

  it('prunes all but the newest flag of each and what concerns an open swap', () => {
    const log = new FactLog();
    for (const [at, who, on] of [
      [1, 'a', true],
      [2, 'a', false],
      [3, 'b', true],
    ] as const)
      log.setActive(at, who, on);
    log.openSwap(1, 'a');
    log.openSwap(1, 'b');
    log.endSwap({ swap: 1, who: 'b', completed: true, at: 2 });
    log.prune(10);
    assert.deepEqual(
      log.active.map(({ at }) => at),
      [2, 3],
    );
    assert.deepEqual(log.busy, [{ at: 1, who: 'a', delta: 1 }]);
  });
});
