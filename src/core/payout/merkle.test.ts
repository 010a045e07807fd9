import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MerkleTree, emptyFrontier, type TreeHash } from './merkle.ts';

const sha = (...parts: (string | Buffer)[]): string => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
};
/** In hex all through: the form of a node is the hash's own business. */
const hash: TreeHash = {
  toHex: (node) => node,
  fromHex: (hex) => hex,
  leaf: (text) => sha(Buffer.from([0]), text),
  node: (left, right) => sha(Buffer.from([1]), Buffer.from(left, 'hex'), Buffer.from(right, 'hex')),
  empty: sha(),
};

/** RFC 6962, section 2.1, as it is written: split at the largest power of two below n. */
function rfcRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return hash.empty;
  if (leaves.length === 1) return hash.leaf(leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hash.node(rfcRoot(leaves.slice(0, split)), rfcRoot(leaves.slice(split)));
}

function rootOf(leaves: readonly string[], batch: number): string {
  let frontier = emptyFrontier;
  for (let from = 0; from < leaves.length; from += batch) {
    const tree = new MerkleTree(frontier, hash);
    for (const leaf of leaves.slice(from, from + batch)) tree.append(leaf);
    frontier = tree.take();
  }
  return new MerkleTree(frontier, hash).root();
}

describe('src/core/payout/merkle', () => {
  it('has the root of RFC 6962 for every size, however leaves were batched', () => {
    for (let size = 0; size <= 40; size += 1) {
      const leaves = Array.from({ length: size }, (_, index) => `leaf ${index}`);
      for (const batch of [1, 3, 8, 100])
        assert.equal(rootOf(leaves, batch), rfcRoot(leaves), `${size} leaves, batch ${batch}`);
    }
  });

  it('changes its root with any leaf and with their order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 }), fc.nat(), (leaves, pick) => {
        const at = pick % (leaves.length - 1);
        const swapped = leaves.with(at, leaves[at + 1]!).with(at + 1, leaves[at]!);
        assert.notEqual(rootOf(swapped, 4), rootOf(leaves, 4));
        assert.notEqual(rootOf(leaves.with(at, `${leaves[at]}!`), 4), rootOf(leaves, 4));
      }),
    );
  });

  it('keeps no more than one root per bit of its size', () => {
    const tree = new MerkleTree(emptyFrontier, hash);
    for (let size = 1; size <= 300; size += 1) {
      tree.append(String(size));
      assert.equal(tree.take().roots.length, size.toString(2).replaceAll('0', '').length);
    }
  });
});
