import { InvalidInputError } from '../../errors.ts';
import type { CredEdge, CredNode } from './graph.ts';

/** One participant with all nodes that are it: `id` is its own. */
export interface Identity {
  readonly id: string;
  readonly aliases: readonly string[];
}

export interface NodesAndEdges {
  readonly nodes: readonly CredNode[];
  readonly edges: readonly CredEdge[];
}

/** A merged graph that remembers what it was, so that a merge can be taken back. */
export interface Contracted extends NodesAndEdges {
  readonly original: NodesAndEdges;
}

/**
 * Merges the aliases of each identity into one node without time or mint, and leads their edges there. Nodes of identities come
 * after the others. Throws InvalidInputError `cred-identity-conflict` for a node that two identities claim.
 */
export function contract(original: NodesAndEdges, identities: readonly Identity[]): Contracted {
  const owner = new Map<string, string>();
  for (const { id, aliases } of identities) {
    for (const name of new Set([id, ...aliases])) {
      if (owner.has(name)) {
        throw new InvalidInputError(
          'cred-identity-conflict',
          `Identity ${id}: ${name} belongs to ${owner.get(name)}; accepted: each node of one identity only.`,
          { id, name },
        );
      }
      owner.set(name, id);
    }
  }
  const nodes = original.nodes.filter(({ id }) => !owner.has(id));
  for (const { id } of identities) nodes.push({ id, timestampMs: null, mint: 0 });
  const edges = original.edges.map((edge) => {
    const [src, dst] = [owner.get(edge.src) ?? edge.src, owner.get(edge.dst) ?? edge.dst];
    return src === edge.src && dst === edge.dst ? edge : { ...edge, src, dst };
  });
  return { nodes, edges, original };
}

/** Takes back the merge of one of `identities`: what there would be if it had never been made. */
export function separate(contracted: Contracted, identities: readonly Identity[], id: string): Contracted {
  return contract(
    contracted.original,
    identities.filter((identity) => identity.id !== id),
  );
}
