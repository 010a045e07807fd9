import { Books } from '../core/books.ts';
import { decodeEvent } from '../core/events/encode.ts';
import { isGraphEvent } from '../core/events/event.ts';
import { applyGraphEvent, edgesIn, nodesIn } from '../core/scoring/cred/accrue.ts';
import type { EdgeVersion, NodeVersion } from '../core/scoring/cred/book.ts';
import { emptyState } from './empty-state.ts';
import type { Tx } from './ports.ts';

const PAGE = 2000;
const DIFFERENCES_MAX = 5;

/**
 * Makes the contribution graph anew from the log, and compares every version of a node and an edge with what is stored. Holds
 * all of them in memory.
 */
export async function replayGraph(
  tx: Tx,
  { id, name, rules }: Books,
): Promise<{ readonly nodes: number; readonly edges: number; readonly differences: readonly string[] }> {
  const books = new Books({ id, name, state: emptyState({ schedule: [] }), rules, schedule: [], validators: [] }, []);
  const made = { nodes: new Map<string, string>(), edges: new Map<string, string>() };
  const known = { nodes: new Map<string, NodeVersion>(), edges: new Map<string, EdgeVersion>() };
  const differences: string[] = [];
  for (let after = 0; ;) {
    const rows = await tx.events({ program: id, after, limit: PAGE });
    for (const { seq, key, payload } of rows) {
      const event = decodeEvent(payload);
      if (!isGraphEvent(event)) continue;
      books.state.events = seq - 1;
      books.graph.put(
        nodesIn(event).flatMap((node) => known.nodes.get(node) ?? []),
        edgesIn(event).flatMap((edge) => known.edges.get(edge) ?? []),
      );
      const refusal = applyGraphEvent(books, event);
      if (refusal !== null) differences.push(`event ${seq} (${key}) is refused: ${refusal.code}`);
      const { nodes, edges } = books.graph.take();
      for (const version of nodes) {
        known.nodes.set(version.node, version);
        made.nodes.set(`${version.number} ${version.since}`, textOf(version));
      }
      for (const version of edges) {
        known.edges.set(version.edge, version);
        made.edges.set(`${version.number} ${version.since}`, textOf(version));
      }
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)!.seq;
  }
  await compare(made.nodes, (place) => tx.graphNodes({ program: id, after: place, limit: PAGE }), differences);
  await compare(made.edges, (place) => tx.graphEdges({ program: id, after: place, limit: PAGE }), differences);
  const { nodes, edges } = books.state.cred ?? { nodes: 0, edges: 0 };
  return { nodes, edges, differences: differences.slice(0, DIFFERENCES_MAX) };
}

const textOf = (version: NodeVersion | EdgeVersion): string => JSON.stringify(version, Object.keys(version).toSorted());

interface Place {
  readonly number: number;
  readonly since: number;
}

async function compare<T extends NodeVersion | EdgeVersion>(
  made: Map<string, string>,
  load: (after: Place) => Promise<readonly T[]>,
  differences: string[],
): Promise<void> {
  for (let after: Place = { number: 0, since: 0 }; ;) {
    const page = await load(after);
    for (const version of page) {
      const key = `${version.number} ${version.since}`;
      const [found, expected] = [textOf(version), made.get(key)];
      if (found !== expected) differences.push(`${found} is stored, by the log ${expected ?? 'nothing'}`);
      made.delete(key);
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!;
  }
  for (const missing of made.values()) differences.push(`${missing} is not stored`);
}
