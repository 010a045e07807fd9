import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attributedParts, indexParticipants, type PersonalAttribution } from './attributions.ts';

const intervals = [0, 10, 20].map((start) => ({ start, end: start + 10 }));
const participants = indexParticipants([
  { id: 'p', nodeId: 'u' },
  { id: 'q', nodeId: 'v' },
]);
const parts = (...attributions: PersonalAttribution[]) => attributedParts(attributions, participants, intervals);
const gives = (to: string, ...values: [at: number, value: number][]) => ({
  to,
  proportions: values.map(([timestampMs, value]) => ({ timestampMs, value })),
});

describe('src/core/scoring/cred/attributions', () => {
  it('has in force what began at or before the start of an interval', () => {
    assert.deepEqual(parts({ from: 'p', recipients: [gives('q', [1, 0.5], [20, 0.25])] }), [
      { from: 0, to: 1, interval: 1, part: 0.5 },
      { from: 0, to: 1, interval: 2, part: 0.25 },
    ]);
    assert.deepEqual(parts({ from: 'p', recipients: [gives('q', [0, 0])] }), []);
  });

  it('refuses what cannot be in force', () => {
    const invalid = { code: 'cred-attribution-invalid' };
    for (const value of [-0.1, 1.1, Number.NaN]) {
      assert.throws(() => parts({ from: 'p', recipients: [gives('q', [0, value])] }), invalid);
    }
    assert.throws(() => parts({ from: 'p', recipients: [gives('q', [5, 0.1], [4, 0.1])] }), invalid);
    assert.throws(() => parts({ from: 'p', recipients: [gives('q', [0, 0.6]), gives('p', [15, 0.6])] }), invalid);
    const duplicate = { code: 'cred-attribution-duplicate' };
    assert.throws(() => parts({ from: 'p', recipients: [] }, { from: 'p', recipients: [] }), duplicate);
    assert.throws(() => parts({ from: 'p', recipients: [gives('q'), gives('q')] }), duplicate);
    const unknown = { code: 'cred-attribution-unknown' };
    assert.throws(() => parts({ from: 'nobody', recipients: [] }), unknown);
    assert.throws(() => parts({ from: 'p', recipients: [gives('nobody')] }), unknown);
  });

  it('takes decimals that are the whole together, in whatever order they are added up', () => {
    const four = indexParticipants(['p', 'q', 'r', 's', 't'].map((id) => ({ id, nodeId: `node of ${id}` })));
    const given = (...values: number[]) => {
      const recipients = ['q', 'r', 's', 't'].map((to, i) => gives(to, [0, values[i]!]));
      return attributedParts([{ from: 'p', recipients }], four, intervals);
    };
    assert.ok(0.2 + 0.4 + 0.3 + 0.1 > 1);
    assert.equal(given(0.2, 0.4, 0.3, 0.1).length, 12);
    assert.throws(() => given(0.2, 0.4, 0.3, 0.1000000000000001), { code: 'cred-attribution-invalid' });
  });

  it('refuses two participants of one id, or of one node', () => {
    const duplicate = { code: 'cred-participant-duplicate' };
    for (const second of [
      { id: 'p', nodeId: 'v' },
      { id: 'q', nodeId: 'u' },
    ]) {
      assert.throws(() => indexParticipants([{ id: 'p', nodeId: 'u' }, second]), duplicate);
    }
  });
});
