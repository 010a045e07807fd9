import type { MerkleFrontier } from '../state.ts';

/**
 * An append-only Merkle tree as RFC 6962 has it (leaf = H(0x00 || data), node = H(0x01 || left || right)), kept as the
 * roots of its full subtrees, so that adding a leaf is O(1) on average and the root does not depend on how leaves were
 * batched. The hash function comes from outside, because core knows no I/O.
 */
export interface TreeHash {
  /** H(0x00 || UTF-8 of text). A node is a text of one character per byte (latin1), the quickest form to hash again. */
  leaf(text: string): string;
  /** H(0x01 || left || right), of two nodes. */
  node(left: string, right: string): string;
  /** H of nothing: the root of an empty tree. */
  readonly empty: string;
  /** Between nodes and hex, which is what is stored. */
  toHex(node: string): string;
  fromHex(hex: string): string;
}

export const emptyFrontier: MerkleFrontier = { size: 0, roots: [] };

/** A frontier that grows; `take` gives what is to be stored. */
export class MerkleTree {
  #size: number;
  readonly #roots: string[];
  readonly #hash: TreeHash;

  constructor(frontier: MerkleFrontier, hash: TreeHash) {
    this.#size = frontier.size;
    this.#roots = frontier.roots.map((root) => hash.fromHex(root));
    this.#hash = hash;
  }

  append(text: string): void {
    let node = this.#hash.leaf(text);
    // As many full subtrees end here as the old size has trailing one bits.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) node = this.#hash.node(this.#roots.pop()!, node);
    this.#roots.push(node);
    this.#size += 1;
  }

  take(): MerkleFrontier {
    return { size: this.#size, roots: this.#roots.map((root) => this.#hash.toHex(root)) };
  }

  /** Hex root over all leaves so far: full subtrees joined from the right, as RFC 6962 splits them. */
  root(): string {
    const hash = this.#hash;
    if (this.#roots.length === 0) return hash.toHex(hash.empty);
    return hash.toHex(this.#roots.reduceRight((right, left) => hash.node(left, right)));
  }
}

/** The leaf of one payout in the settlement root of its period. Texts are JSON, numbers decimal digits. */
export function payoutLeaf(payout: {
  readonly pool: string;
  readonly account: { readonly name: string };
  readonly score: bigint;
  readonly due: bigint;
  readonly restaked: bigint;
  readonly liquid: bigint;
  readonly reason: string;
}): string {
  const { pool, account, score, due, restaked, liquid, reason } = payout;
  // Mostly the same amount twice and a zero: a digit string costs more than a comparison.
  const dueText = String(due);
  const restakedText = restaked === due ? dueText : String(restaked);
  const liquidText = liquid === 0n ? '0' : String(liquid);
  return `[${JSON.stringify(pool)},${JSON.stringify(account.name)},"${score}","${dueText}","${restakedText}","${liquidText}","${reason}"]`;
}
