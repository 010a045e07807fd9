import type { EdgeVersion, NodeVersion } from '../../core/scoring/cred/book.ts';
import type { Tx } from '../ports.ts';
import type { KnownGraph } from './sync.ts';

const PAGE = 10_000;

/** The newest version of every node and edge, by name. All of it is in memory. */
export async function readKnownGraph(tx: Tx, program: number): Promise<KnownGraph> {
  const nodes = new Map<string, NodeVersion>();
  const edges = new Map<string, EdgeVersion>();
  for (let after = { number: 0, since: 0 }; ;) {
    const page = await tx.graphNodes({ program, after, limit: PAGE });
    for (const version of page) nodes.set(version.node, version);
    if (page.length < PAGE) break;
    after = page.at(-1)!;
  }
  for (let after = { number: 0, since: 0 }; ;) {
    const page = await tx.graphEdges({ program, after, limit: PAGE });
    for (const version of page) edges.set(version.edge, version);
    if (page.length < PAGE) break;
    after = page.at(-1)!;
  }
  return { nodes, edges };
}
