import { InvalidInputError } from '../../core/errors.ts';
import { addressOf, isAddress } from '../../core/scoring/cred/address.ts';
import { instantMax } from '../../core/time/instant.ts';
import { labelOf } from '../graph/label.ts';
import type { EdgeRecord, NodeRecord } from '../graph/record.ts';
import { fieldAt, fieldError, mapAt, pathOf, type Place, textAt, unwrap } from './fields.ts';
import { readWeights, type WeightRules } from './weights.ts';

export interface InstanceGraph {
  readonly nodes: readonly NodeRecord[];
  /** Also those to or from what is no node. */
  readonly edges: readonly EdgeRecord[];
  readonly weights: WeightRules;
}

/**
 * A graph as SourceCred writes it: `sourcecred/weightedGraph` 0.1.0 with a graph 0.8.0 in it, or that alone, without weights.
 * Throws as `unwrap` and `readWeights`; InvalidInputError `instance-field-invalid`, `instance-graph-index`.
 */
export function readGraph(place: Place): InstanceGraph {
  const { type, content } = unwrap(place, { 'sourcecred/weightedGraph': '0.1.0', 'sourcecred/graph': '0.8.0' });
  if (type === 'sourcecred/graph') return { ...graphOf(content), weights: { nodes: [], edges: [] } };
  const graph = unwrap(fieldAt(content, 'graphJSON'), { 'sourcecred/graph': '0.8.0' });
  return { ...graphOf(graph.content), weights: readWeights(fieldAt(content, 'weightsJSON')) };
}

function graphOf(content: Place): Pick<InstanceGraph, 'nodes' | 'edges'> {
  const addresses = mapAt(fieldAt(content, 'sortedNodeAddresses'), addressAt);
  const nodes = mapAt(fieldAt(content, 'nodes'), (node): NodeRecord => {
    return {
      what: 'node',
      node: addressed(fieldAt(node, 'index'), addresses),
      at: timeAt(fieldAt(node, 'timestampMs'), true),
      ...describe(textAt(fieldAt(node, 'description'))),
    };
  });
  const edges = mapAt(fieldAt(content, 'edges'), (edge): EdgeRecord => ({
    what: 'edge',
    edge: addressAt(fieldAt(edge, 'address')),
    from: addressed(fieldAt(edge, 'srcIndex'), addresses),
    to: addressed(fieldAt(edge, 'dstIndex'), addresses),
    at: timeAt(fieldAt(edge, 'timestampMs'), false),
  }));
  return { nodes, edges };
}

/** A description is Markdown of one link, or a text with links: the label without them, and the first. */
function describe(markdown: string): Pick<NodeRecord, 'label' | 'url'> {
  const start = markdown.slice(0, 2048);
  const url = start.match(new RegExp(linkPattern.source))?.[2];
  const label = labelOf(start.replaceAll(linkPattern, '$1'));
  return { ...(label === null ? {} : { label }), ...(url === undefined || !URL.canParse(url) ? {} : { url }) };
}

/** The text may have brackets of its own, as titles do. */
const linkPattern = /\[((?:[^[\]\n]|\[[^[\]\n]*\])*)\]\((https?:\/\/[^\s()]+)\)/g;

function addressAt(place: Place): string {
  const parts = mapAt(place, textAt);
  const address = addressOf(parts);
  if (isAddress(address)) return address;
  throw fieldError(place, 'parts of an address, up to 1,024 bytes together');
}

function addressed(place: Place, addresses: readonly string[]): string {
  const { value, file } = place;
  const address = typeof value === 'number' ? addresses[value] : undefined;
  if (address !== undefined) return address;
  const path = pathOf(place);
  throw new InvalidInputError(
    'instance-graph-index',
    `${file.name}, ${path}: found ${JSON.stringify(value) ?? 'none'}; accepted: 0 to ${addresses.length - 1}, an index of sortedNodeAddresses.`,
    { file: file.name, field: path },
  );
}

function timeAt(place: Place, mayBeNull: true): number | null;
function timeAt(place: Place, mayBeNull: false): number;
function timeAt(place: Place, mayBeNull: boolean): number | null {
  const { value } = place;
  if (value === null && mayBeNull) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= instantMax) return value;
  throw fieldError(place, `whole milliseconds from 1970 to 9999${mayBeNull ? ', or null' : ''}`);
}

/**
 * Several graphs as one; what is in two of them must be the same in both. Throws InvalidInputError
 * `instance-graph-conflict`.
 */
export function mergeRecords<T extends NodeRecord | EdgeRecord>(lists: readonly (readonly T[])[]): T[] {
  const byAddress = new Map<string, T>();
  for (const record of lists.flat()) {
    const address = record.what === 'node' ? record.node : record.edge;
    const other = byAddress.get(address);
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(record)) {
      throw new InvalidInputError(
        'instance-graph-conflict',
        `Found the ${record.what} ${address} twice, with different content; accepted: every address once.`,
        { address },
      );
    }
    byAddress.set(address, record);
  }
  return [...byAddress.values()];
}
