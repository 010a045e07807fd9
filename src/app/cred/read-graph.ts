import { type GraphColumns, GraphColumnsBuilder } from '../../core/scoring/cred/columns.ts';
import type { Books } from '../../core/books.ts';
import type { Tx } from '../ports.ts';

const PAGE = 10_000;

/** The graph as the log up to event `seq` left it, of facts before `until` (milliseconds). `named`: with the names of edges. */
export async function readGraph(
  tx: Tx,
  { id, state }: Pick<Books, 'id' | 'state'>,
  options: { readonly seq: number; readonly until: number; readonly named?: boolean },
): Promise<GraphColumns> {
  const builder = new GraphColumnsBuilder(state.cred ?? { nodes: 0, edges: 0 }, options);
  await walk(
    (after) => tx.graphNodes({ program: id, after, limit: PAGE }),
    (version) => builder.node(version),
  );
  await walk(
    (after) => tx.graphEdges({ program: id, after, limit: PAGE }),
    (version) => builder.edge(version),
  );
  return builder.take();
}

interface Place {
  readonly number: number;
  readonly since: number;
}

async function walk<T extends Place>(
  load: (after: Place) => Promise<readonly T[]>,
  take: (version: T) => void,
): Promise<void> {
  for (let after: Place = { number: 0, since: 0 }; ;) {
    const page = await load(after);
    for (const version of page) take(version);
    if (page.length < PAGE) return;
    after = page.at(-1)!;
  }
}
