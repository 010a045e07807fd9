import { hash } from 'node:crypto';
import type { TreeHash } from '../core/payout/merkle.ts';

const pair = Buffer.alloc(65);
pair[0] = 1;

/** SHA-256 for settlement roots, as RFC 6962 prefixes it. */
export const treeHash: TreeHash = {
  leaf: (text) => hash('sha256', `\u0000${text}`, 'binary'),
  node(left, right) {
    pair.write(left, 1, 'latin1');
    pair.write(right, 33, 'latin1');
    return hash('sha256', pair, 'binary');
  },
  empty: hash('sha256', '', 'binary'),
  toHex: (node) => Buffer.from(node, 'latin1').toString('hex'),
  fromHex: (hex) => Buffer.from(hex, 'hex').toString('latin1'),
};

/** The next head of the event log's hash chain: hex SHA-256 over the previous head, a newline and the event's payload. */
export function chainHash(head: string, payload: string): string {
  return hash('sha256', `${head}\n${payload}`, 'hex');
}
