import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkParameters, credDefaults, spreadOf } from './parameters.ts';

describe('src/core/scoring/cred/parameters', () => {
  it('takes parts of a whole, and leaves the rest to edges', () => {
    checkParameters(credDefaults);
    checkParameters({ alpha: 0, beta: 1, gammaForward: 0, gammaBackward: 0 });
    assert.equal(spreadOf({ alpha: 0.25, beta: 0.5, gammaForward: 0.125, gammaBackward: 0 }), 0.125);
  });

  it('refuses parts outside of 0 to 1, more than the whole, and a beta that pays nobody', () => {
    for (const change of [
      { alpha: -0.1 },
      { gammaForward: 1.1 },
      { gammaBackward: Number.NaN },
      { alpha: 0.5 },
      { beta: 0 },
    ]) {
      assert.throws(() => checkParameters({ ...credDefaults, ...change }), { code: 'cred-parameters-invalid' });
    }
  });
});
