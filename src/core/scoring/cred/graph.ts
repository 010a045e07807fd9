import { InvalidInputError } from '../../errors.ts';

/** A graph of contributions as columns: nodes and edges are indexes, in the order in which they were added. */
export interface CredGraph {
  readonly nodeIds: readonly string[];
  readonly nodeIndex: Pick<ReadonlyMap<string, number>, 'get'>;
  /** Milliseconds since 1970 UTC; NaN: none. */
  readonly nodeTime: Float64Array;
  /** Cred that a node mints, 0 or more. */
  readonly mint: Float64Array;
  readonly edgeIds: readonly string[];
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly edgeTime: Float64Array;
  /** Weight from source to target, 0 or more. */
  readonly forward: Float64Array;
  /** Weight from target to source, 0 or more. */
  readonly backward: Float64Array;
  /** Edges left out because one end is no node. */
  readonly dropped: number;
}

export interface CredNode {
  readonly id: string;
  readonly timestampMs: number | null;
  readonly mint: number;
}

export interface CredEdge {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly timestampMs: number;
  readonly forward: number;
  readonly backward: number;
}

/** Latest instant that a Date can hold; earlier than minus this is refused as well. */
const timeMax = 8_640_000_000_000_000;
/** As many as a Set can hold. */
const countMax = 16_777_215;

/**
 * Takes nodes, then edges between them. `dangling` says what becomes of an edge to or from what is no node: `refuse` it
 * (unless told otherwise), or `drop` it and count it. A refused node or edge leaves the builder as it was.
 */
export class CredGraphBuilder {
  readonly #dangling: 'refuse' | 'drop';
  readonly #nodeIds: string[] = [];
  readonly #nodeIndex = new Map<string, number>();
  readonly #edgeIds: string[] = [];
  readonly #droppedIds: string[] = [];
  /** Null as long as ids come in ascending order: each is then compared with the last only. */
  #edgesSeen: Set<string> | null = null;
  #lastEdge = '';
  #nodeTime = new Float64Array(64);
  #mint = new Float64Array(64);
  #source = new Int32Array(64);
  #target = new Int32Array(64);
  #edgeTime = new Float64Array(64);
  #forward = new Float64Array(64);
  #backward = new Float64Array(64);

  constructor({ dangling = 'refuse' }: { readonly dangling?: 'refuse' | 'drop' } = {}) {
    this.#dangling = dangling;
  }

  /** Throws InvalidInputError `cred-node-duplicate`, `cred-time-invalid`, `cred-mint-invalid`, `cred-graph-too-large`. */
  addNode({ id, timestampMs, mint }: CredNode): void {
    if (this.#nodeIndex.has(id)) throw duplicateError('cred-node-duplicate', 'Node', id);
    if (timestampMs !== null) checkTime(timestampMs, 'Node', id);
    if (!(mint >= 0 && mint < Infinity)) {
      throw new InvalidInputError('cred-mint-invalid', `Node ${id}: found mint ${mint}; accepted: 0 or more.`, { id });
    }
    const index = this.#nodeIds.length;
    checkCount(index);
    if (index === this.#mint.length) {
      this.#mint = grown(this.#mint);
      this.#nodeTime = grown(this.#nodeTime);
    }
    this.#nodeIndex.set(id, index);
    this.#nodeIds.push(id);
    this.#nodeTime[index] = timestampMs ?? Number.NaN;
    this.#mint[index] = mint;
  }

  /** Throws InvalidInputError `cred-edge-duplicate`, `cred-edge-dangling`, `cred-time-invalid`, `cred-weight-invalid`, `cred-graph-too-large`. */
  addEdge({ id, src, dst, timestampMs, forward, backward }: CredEdge): void {
    if (this.#edgesSeen === null && id <= this.#lastEdge && this.#edgeIds.length + this.#droppedIds.length > 0) {
      this.#edgesSeen = new Set(this.#edgeIds);
      for (const dropped of this.#droppedIds) this.#edgesSeen.add(dropped);
    }
    if (this.#edgesSeen?.has(id) === true) throw duplicateError('cred-edge-duplicate', 'Edge', id);
    checkTime(timestampMs, 'Edge', id);
    if (!(forward >= 0 && forward < Infinity && backward >= 0 && backward < Infinity)) {
      throw weightError(`Edge ${id}`, `${forward} forward and ${backward} backward`);
    }
    const source = this.#nodeIndex.get(src);
    const target = this.#nodeIndex.get(dst);
    if (source === undefined || target === undefined) {
      const missing = source === undefined ? src : dst;
      if (this.#dangling === 'refuse') {
        throw new InvalidInputError(
          'cred-edge-dangling',
          `Edge ${id}: ${missing} is no node; accepted: ends that were added before.`,
          { id, missing },
        );
      }
      this.#droppedIds.push(id);
      this.#edgesSeen?.add(id);
      this.#lastEdge = id;
      return;
    }
    const index = this.#edgeIds.length;
    checkCount(index + this.#droppedIds.length);
    if (index === this.#source.length) this.#growEdges();
    this.#edgesSeen?.add(id);
    this.#lastEdge = id;
    this.#edgeIds.push(id);
    this.#source[index] = source;
    this.#target[index] = target;
    this.#edgeTime[index] = timestampMs;
    this.#forward[index] = forward;
    this.#backward[index] = backward;
  }

  #growEdges(): void {
    this.#source = grown(this.#source);
    this.#target = grown(this.#target);
    this.#edgeTime = grown(this.#edgeTime);
    this.#forward = grown(this.#forward);
    this.#backward = grown(this.#backward);
  }

  /** The graph so far. It shares memory with the builder, which is not to be used after. */
  build(): CredGraph {
    const nodes = this.#nodeIds.length;
    const edges = this.#edgeIds.length;
    return {
      nodeIds: this.#nodeIds,
      nodeIndex: this.#nodeIndex,
      nodeTime: this.#nodeTime.subarray(0, nodes),
      mint: this.#mint.subarray(0, nodes),
      edgeIds: this.#edgeIds,
      source: this.#source.subarray(0, edges),
      target: this.#target.subarray(0, edges),
      edgeTime: this.#edgeTime.subarray(0, edges),
      forward: this.#forward.subarray(0, edges),
      backward: this.#backward.subarray(0, edges),
      dropped: this.#droppedIds.length,
    };
  }
}

/** All at once. Throws as the builder does. */
export function credGraphOf(
  nodes: Iterable<CredNode>,
  edges: Iterable<CredEdge>,
  options: { readonly dangling?: 'refuse' | 'drop' } = {},
): CredGraph {
  const builder = new CredGraphBuilder(options);
  for (const node of nodes) builder.addNode(node);
  for (const edge of edges) builder.addEdge(edge);
  return builder.build();
}

function grown<T extends Float64Array | Int32Array>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}

function checkTime(timestampMs: number, what: string, id: string): void {
  if (Number.isSafeInteger(timestampMs) && timestampMs <= timeMax && timestampMs >= -timeMax) return;
  throw new InvalidInputError(
    'cred-time-invalid',
    `${what} ${id}: found time ${timestampMs}; accepted: whole milliseconds since 1970 UTC, at most ${timeMax} either way.`,
    { id },
  );
}

function checkCount(count: number): void {
  if (count < countMax) return;
  throw new InvalidInputError('cred-graph-too-large', `A graph has at most ${countMax} nodes, and as many edges.`);
}

const duplicateError = (code: string, what: string, id: string): InvalidInputError =>
  new InvalidInputError(code, `${what} ${id} is there twice; accepted: ids that differ.`, { id });

/** Of a node, an edge or a rule. */
export const weightError = (whose: string, found: string): InvalidInputError =>
  new InvalidInputError('cred-weight-invalid', `${whose}: found weight ${found}; accepted: 0 or more.`, { found });
