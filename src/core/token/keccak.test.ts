import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keccak256 } from './keccak.ts';

describe('src/core/token/keccak', () => {
  it('gives the published digests, of one block and of several', () => {
    assert.equal(keccak256(''), 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    assert.equal(keccak256('abc'), '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45');
    assert.equal(keccak256('testing'), '5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02');
  });

  it('keeps blocks apart at their edge', () => {
    const digests = [135, 136, 137].map((length) => keccak256('a'.repeat(length)));
    assert.equal(new Set(digests).size, 3);
    for (const digest of digests) assert.match(digest, /^[0-9a-f]{64}$/);
  });
});
