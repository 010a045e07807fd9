import { type GraphColumns, GraphColumnsBuilder } from '../../core/scoring/cred/columns.ts';
import type { Books } from '../../core/books.ts';
import type { Tx } from '../ports.ts';

/** The graph as the log up to event `seq` left it, of it what has no time or one before `until` (milliseconds). `named`: with the names of edges. */
export async function readGraph(
  tx: Tx,
  { id, state }: Pick<Books, 'id' | 'state'>,
  { seq, until, named = false }: { readonly seq: number; readonly until: number; readonly named?: boolean },
): Promise<GraphColumns> {
  const builder = new GraphColumnsBuilder(state.cred ?? { nodes: 0, edges: 0 }, { until, named });
  await tx.graphAsOf({ program: id, seq, named }, builder);
  return builder.columns;
}
