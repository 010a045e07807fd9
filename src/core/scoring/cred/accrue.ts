import type { Books } from '../../books.ts';
import type { EdgeSet, GraphEvent } from '../../events/event.ts';
import { type Refusal, refuse } from '../../events/refusal.ts';
import { isAddress } from './address.ts';
import { isWeightText } from './weight-text.ts';

/**
 * Takes an event of the contribution graph into the books, or refuses it and changes nothing. `books.graph` holds what the
 * store knows of the nodes and edges that it names. What it is worth is decided when a window is scored. Codes:
 * `graph-address-malformed`, `graph-weight-malformed`, `cred-node-unknown`, `cred-edge-unknown`, `cred-edge-dangling`.
 */
export function applyGraphEvent(books: Books, event: GraphEvent): Refusal | null {
  const { graph, state } = books;
  const since = state.events + 1;
  const { nodes, edges } = state.cred ?? { nodes: 0, edges: 0 };
  switch (event.kind) {
    case 'node': {
      const { node, time, timeless = false, weight = '1' } = event;
      const refusal = checkAddress(node, 'node') ?? checkWeight(weight, 'weight');
      if (refusal) return refusal;
      const known = graph.nodes.get(node);
      if (known === undefined) state.cred = { nodes: nodes + 1, edges };
      graph.setNode({ number: known?.number ?? nodes + 1, node, since, time, timeless, weight, gone: false });
      return null;
    }
    case 'node-removed': {
      const known = graph.nodes.get(event.node);
      if (known === undefined || known.gone) return refuse('cred-node-unknown', notThere('node', event.node), 'node');
      graph.setNode({ ...known, since, time: event.time, gone: true });
      return null;
    }
    case 'edge': {
      const { edge, from, to, time, forward = '1', backward = '1' } = event;
      const refusal =
        checkAddress(edge, 'edge') ??
        checkWeight(forward, 'forward') ??
        checkWeight(backward, 'backward') ??
        checkEnds(books, event);
      if (refusal) return refusal;
      const [source, target] = [graph.nodes.get(from)!.number, graph.nodes.get(to)!.number];
      const known = graph.edges.get(edge);
      if (known === undefined) state.cred = { nodes, edges: edges + 1 };
      const number = known?.number ?? edges + 1;
      graph.setEdge({ number, edge, since, time, source, target, forward, backward, gone: false });
      return null;
    }
    case 'edge-removed': {
      const known = graph.edges.get(event.edge);
      if (known === undefined || known.gone) return refuse('cred-edge-unknown', notThere('edge', event.edge), 'edge');
      graph.setEdge({ ...known, since, time: event.time, gone: true });
      return null;
    }
  }
}

/** Nodes that must be looked up before the event is applied. */
export function nodesIn(event: GraphEvent): readonly string[] {
  if (event.kind === 'edge') return [event.from, event.to];
  return event.kind === 'edge-removed' ? [] : [event.node];
}

export const edgesIn = (event: GraphEvent): readonly string[] =>
  event.kind === 'edge' || event.kind === 'edge-removed' ? [event.edge] : [];

function checkEnds({ graph }: Books, event: EdgeSet): Refusal | null {
  for (const end of ['from', 'to'] as const) {
    const node = graph.nodes.get(event[end]);
    if (node !== undefined && !node.gone) continue;
    const message = `Edge ${event.edge}: ${event[end]} is no node; accepted: ends that were logged before.`;
    return refuse('cred-edge-dangling', message, end);
  }
  return null;
}

// What `normalizeEvent` has checked already; whoever makes events in a program of their own may not have used it.

function checkAddress(address: string, field: string): Refusal | null {
  if (isAddress(address)) return null;
  const found = JSON.stringify(address.slice(0, 80));
  return refuse('graph-address-malformed', `Found ${field} ${found}; accepted: parts joined by "/".`, field);
}

function checkWeight(weight: string, field: string): Refusal | null {
  if (isWeightText(weight)) return null;
  return refuse(
    'graph-weight-malformed',
    `Found ${field} ${JSON.stringify(weight)}; accepted: a decimal of 0 or more, in its shortest form.`,
    field,
  );
}

const notThere = (what: string, name: string): string =>
  `There is no ${what} ${JSON.stringify(name)}; accepted: one that is there.`;
