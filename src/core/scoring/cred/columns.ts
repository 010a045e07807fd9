/** The graph as it was at an event of the log, as far as it lies before an instant: columns by number of node or edge, less 1. */
export interface GraphColumns {
  readonly nodes: {
    readonly name: readonly string[];
    /** NaN: it has no time. */
    readonly time: Float64Array;
    readonly weight: Float64Array;
    readonly there: Uint8Array;
  };
  readonly edges: {
    /** Empty where nobody asked for names. */
    readonly name: readonly string[];
    readonly source: Int32Array;
    readonly target: Int32Array;
    readonly time: Float64Array;
    readonly forward: Float64Array;
    readonly backward: Float64Array;
    readonly there: Uint8Array;
  };
}

/** Takes versions, those of one node or edge in the order of their events; the last one stays. */
export class GraphColumnsBuilder {
  readonly columns: GraphColumns;
  readonly #named: boolean;

  readonly #until: number;

  /** `sizes`: the newest numbers of all. Only what has no time, or one before `until` (milliseconds), is there. `named`: names of edges are kept too, for explanations. */
  constructor(
    sizes: { readonly nodes: number; readonly edges: number },
    { until, named }: { readonly until: number; readonly named: boolean },
  ) {
    this.#until = until;
    this.#named = named;
    this.columns = {
      nodes: {
        name: Array<string>(sizes.nodes).fill(''),
        time: new Float64Array(sizes.nodes),
        weight: new Float64Array(sizes.nodes),
        there: new Uint8Array(sizes.nodes),
      },
      edges: {
        name: named ? Array<string>(sizes.edges).fill('') : [],
        source: new Int32Array(sizes.edges),
        target: new Int32Array(sizes.edges),
        time: new Float64Array(sizes.edges),
        forward: new Float64Array(sizes.edges),
        backward: new Float64Array(sizes.edges),
        there: new Uint8Array(sizes.edges),
      },
    };
  }

  node(number: number, node: string, time: number, timeless: boolean, weight: string, gone: boolean): void {
    const { nodes } = this.columns;
    const at = number - 1;
    (nodes.name as string[])[at] = node;
    nodes.time[at] = timeless ? Number.NaN : time;
    nodes.weight[at] = weight === '1' ? 1 : Number(weight);
    nodes.there[at] = !gone && (timeless || time < this.#until) ? 1 : 0;
  }

  edge(
    number: number,
    edge: string,
    time: number,
    source: number,
    target: number,
    forward: string,
    backward: string,
    gone: boolean,
  ): void {
    const { edges } = this.columns;
    const at = number - 1;
    if (this.#named) (edges.name as string[])[at] = edge;
    edges.source[at] = source - 1;
    edges.target[at] = target - 1;
    edges.time[at] = time;
    edges.forward[at] = forward === '1' ? 1 : Number(forward);
    edges.backward[at] = backward === '1' ? 1 : Number(backward);
    edges.there[at] = !gone && time < this.#until ? 1 : 0;
  }
}
