import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { credGraphOf } from './graph.ts';
import { checkIntervals, coveringIntervals, intervalsOfGraph, lastBefore } from './intervals.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const shown = (intervals: ReturnType<typeof coveringIntervals>): string[] =>
  intervals.map(({ start, end }) => `${new Date(start).toISOString()} ${new Date(end).toISOString()}`);

describe('src/core/scoring/cred/intervals', () => {
  it('covers two instants by days, weeks from Sunday, or calendar months', () => {
    const [first, last] = [at('2024-02-28T12:00:00'), at('2024-03-01T00:00:00')];
    const day = 'T00:00:00.000Z';
    assert.deepEqual(shown(coveringIntervals('days', first, last)), [
      `2024-02-28${day} 2024-02-29${day}`,
      `2024-02-29${day} 2024-03-01${day}`,
      `2024-03-01${day} 2024-03-02${day}`,
    ]);
    assert.deepEqual(shown(coveringIntervals('weeks', first, last)), [`2024-02-25${day} 2024-03-03${day}`]);
    assert.deepEqual(shown(coveringIntervals('months', first, last)), [
      `2024-02-01${day} 2024-03-01${day}`,
      `2024-03-01${day} 2024-04-01${day}`,
    ]);
    assert.deepEqual(shown(coveringIntervals('months', at('1969-12-31T23:59:59'), -1)), [
      `1969-12-01${day} 1970-01-01${day}`,
    ]);
  });

  it('covers the times of nodes and edges, if there are any', () => {
    const nodes = [
      { id: 'a', timestampMs: at('2024-01-31T00:00:00'), mint: 1 },
      { id: 'b', timestampMs: null, mint: 1 },
    ];
    const edge = { id: 'e', src: 'a', dst: 'b', timestampMs: at('2024-02-01T00:00:00'), forward: 1, backward: 0 };
    assert.equal(intervalsOfGraph('months', credGraphOf(nodes, [])).length, 1);
    assert.equal(intervalsOfGraph('months', credGraphOf(nodes, [edge])).length, 2);
    assert.throws(() => intervalsOfGraph('weeks', credGraphOf([nodes[1]!], [])), { code: 'cred-intervals-invalid' });
  });

  it('refuses intervals with gaps, without length or without end', () => {
    const invalid = { code: 'cred-intervals-invalid' };
    const lists: [number, number][][] = [[], [[0, 0]], [[5, 1]], [[0, 1], [2, 3]], [[0, 0.5]], [[0, Infinity]]]; // oxfmt-ignore
    for (const list of lists) {
      assert.throws(() => checkIntervals(list.map(([start, end]) => ({ start, end }))), invalid, JSON.stringify(list));
    }
    checkIntervals([
      { start: -3, end: 1 },
      { start: 1, end: 2 },
    ]);
    for (const last of [-1, Infinity, Number.NaN, 8e15]) {
      assert.throws(() => coveringIntervals('days', 0, last), invalid);
    }
  });

  it('finds the last start before a time, wherever it begins to look', () => {
    const starts = Float64Array.of(0, 10, 20);
    for (const hint of [-1, 0, 1, 2]) {
      const found = [-1, 0, 1, 10, 11, 20, 21].map((time) => lastBefore(starts, time, hint));
      assert.deepEqual(found, [-1, -1, 0, 0, 1, 1, 2]);
    }
  });
});
