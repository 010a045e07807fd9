/** A node as an event of the log left it. Fields in one order, as they are stored. */
export interface NodeVersion {
  /** Dense within the program, from 1, in order of first appearance. */
  readonly number: number;
  readonly node: string;
  /** Seq of the event. */
  readonly since: number;
  /** Milliseconds: its own time, or (timeless) when it was logged. */
  readonly time: number;
  readonly timeless: boolean;
  /** Canonical decimal. */
  readonly weight: string;
  readonly gone: boolean;
}

/** An edge as an event of the log left it; its ends are numbers of nodes. */
export interface EdgeVersion {
  readonly number: number;
  readonly edge: string;
  readonly since: number;
  readonly time: number;
  readonly source: number;
  readonly target: number;
  readonly forward: string;
  readonly backward: string;
  readonly gone: boolean;
}

/**
 * The contribution graph as one transaction sees it: of the nodes and edges that its events name, the newest versions; and
 * what was changed. Whoever applies events puts in before what the store knows of them.
 */
export class GraphBook {
  readonly nodes = new Map<string, NodeVersion>();
  readonly edges = new Map<string, EdgeVersion>();
  #nodes: NodeVersion[] = [];
  #edges: EdgeVersion[] = [];

  put(nodes: Iterable<NodeVersion>, edges: Iterable<EdgeVersion>): void {
    for (const version of nodes) this.nodes.set(version.node, version);
    for (const version of edges) this.edges.set(version.edge, version);
  }

  setNode(version: NodeVersion): void {
    this.nodes.set(version.node, version);
    this.#nodes.push(version);
  }

  setEdge(version: EdgeVersion): void {
    this.edges.set(version.edge, version);
    this.#edges.push(version);
  }

  /** The versions since the last call; forgets what was put in. */
  take(): { readonly nodes: NodeVersion[]; readonly edges: EdgeVersion[] } {
    const taken = { nodes: this.#nodes, edges: this.#edges };
    [this.#nodes, this.#edges] = [[], []];
    this.nodes.clear();
    this.edges.clear();
    return taken;
  }
}
