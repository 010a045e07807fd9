import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogram } from './histogram.ts';

describe('src/cli/histogram', () => {
  it('puts columns side by side over classes that double, from the lowest to the highest in use', () => {
    const text = histogram([
      { name: 'a', values: [0.5, 1, 1.9, 3] },
      { name: 'b', values: [9] },
    ]);
    assert.equal(
      text,
      [
        '      ms  a          b',
        '     < 1  ███▌ 1',
        '   1 - 2  ███████ 2',
        '   2 - 4  ███▌ 1',
        '   4 - 8',
        '  8 - 16             ██████████████ 1',
        '',
      ].join('\n'),
    );
  });

  it('shows one among thousands, and begins with the lowest class there is', () => {
    const text = histogram([{ name: 'steps', values: [...Array<number>(5000).fill(5), 3000] }]);
    assert.match(text, /^ +4 - 8 {2}█{14} 5,000$/m);
    assert.match(text, /^ +2,048 - 4,096 {2}▏ 1$/m);
    assert.doesNotMatch(text, /< 1/);
  });
});
