import { createHash } from 'node:crypto';
import { ConflictError } from '../../core/errors.ts';
import type { GraphRecord, PersonRecord } from '../../core/scoring/cred/record.ts';
import type { Attribution, EdgeSet, NodeSet, ProrataEvent, TokenHappened } from '../../core/events/event.ts';
import type { Refusal } from '../../core/events/refusal.ts';
import { isBelow, partsOf } from '../../core/scoring/cred/address.ts';
import type { EdgeVersion, NodeVersion } from '../../core/scoring/cred/book.ts';
import type { People } from '../../core/scoring/cred/people.ts';
import { toNulAddress } from '../../core/token/nul-address.ts';
import { nameBytesMax } from '../../core/text.ts';
import { utf8Length } from '../../core/bytes.ts';
import type { Action } from '../../core/token/event.ts';
import { identityAddress, identityNameMax, isTokenId, proposeName } from '../../core/token/names.ts';

export interface SyncOptions {
  /** The instant of what is logged about people, and of removals; milliseconds. Never before what the token ledger has. */
  readonly at: number;
  /** Prefixes of addresses under which the source gave all there is: what is not given any more is removed. */
  readonly complete?: readonly string[];
  /** Whether people whom nobody knows become identities (they do unless told otherwise), and are active at once (they are not). */
  readonly people?: 'create' | 'activate' | 'leave';
  /** Who asks for what is logged about people, where the source does not say. */
  readonly by?: string;
}

/** What a source gives, in its order: records, events that it has whole, and why something could not be read. */
export type SourceRecords = AsyncIterable<SourceItem> | Iterable<SourceItem>;
export type SourceItem = GraphRecord | ProrataEvent | Refusal;

/** What a source gave, in numbers. */
export interface SyncCounts {
  nodes: number;
  edges: number;
  people: number;
  /** Events by what they say. */
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  identities: number;
  /** Edges with an end that is no node: they are not logged. */
  dangling: number;
}

export const noCounts = (): SyncCounts => ({
  nodes: 0,
  edges: 0,
  people: 0,
  added: 0,
  changed: 0,
  removed: 0,
  unchanged: 0,
  identities: 0,
  dangling: 0,
});

/** What the store knows of the graph. */
export interface KnownGraph {
  readonly nodes: ReadonlyMap<string, NodeVersion>;
  readonly edges: ReadonlyMap<string, EdgeVersion>;
}

/**
 * The events that bring the graph of a program to what a source gave: what is new, changed or gone, and nothing else. `people` is
 * the caller's own, new identities are tried on it.
 *
 * Keys: `node ADDRESS` and `edge ADDRESS` for what was never there, with ` @SEQ` for a change of what event SEQ made. So reading
 * the same source twice logs nothing the second time. Of a node given twice the last one counts.
 */
export async function* syncEvents(
  records: SourceRecords,
  known: KnownGraph,
  people: People,
  { at, complete = [], people: strangers = 'create', by }: SyncOptions,
  counts: SyncCounts,
): AsyncGenerator<ProrataEvent | Refusal, void, undefined> {
  const names = nodeNumbers(known);
  /** What was given so far: its content, and how often it changed. */
  const given = new Map<string, { content: string; times: number }>();
  const bound = new Set(people.persons().flatMap(({ nodes }) => nodes));
  const time = Math.max(at, people.ledger.events.at(-1)?.ledgerTimestamp ?? 0);
  /** The event of a node or an edge, unless it is known as it is. */
  function* changeOf(record: Given): Generator<NodeSet | EdgeSet> {
    const isNode = record.what === 'node';
    const name = isNode ? record.node : record.edge;
    if (isNode) names.add(name);
    const id = `${record.what} ${name}`;
    const stored = isNode ? known.nodes.get(name) : known.edges.get(name);
    const content = contentOf(record);
    const before =
      given.get(id)?.content ?? (stored === undefined || stored.gone ? null : storedContent(stored, known));
    const times = (given.get(id)?.times ?? -1) + 1;
    given.set(id, { content, times: before === content ? Math.max(0, times - 1) : times });
    if (before === content) {
      counts.unchanged += 1;
      return;
    }
    counts[before === null ? 'added' : 'changed'] += 1;
    yield eventOf(record, keyOf(id, stored?.since, times), at);
  }
  for await (const record of records) {
    if ('code' in record) {
      yield record;
      continue;
    }
    if ('kind' in record) {
      if (record.kind === 'token') people.apply(record); // a refusal is the engine's to say
      yield isPersonal(record) ? askedBy(record, by) : record;
      continue;
    }
    if (record.what === 'person') {
      counts.people += 1;
      // Somebody is a node, whether or not the source says so by itself.
      if (!given.has(`node ${record.node}`)) yield* changeOf({ what: 'node', node: record.node, at: null });
      if (strangers === 'leave' || bound.has(record.node)) continue;
      bound.add(record.node);
      counts.identities += 1;
      for (const event of identityEvents(record, people, time, strangers === 'activate')) yield askedBy(event, by);
      continue;
    }
    counts[record.what === 'node' ? 'nodes' : 'edges'] += 1;
    if (record.what === 'edge' && !(names.has(record.from) && names.has(record.to))) {
      counts.dangling += 1;
      continue;
    }
    yield* changeOf(record);
  }
  if (complete.length === 0) return;
  const isComplete = (name: string): boolean => complete.some((prefix) => isBelow(name, prefix));
  for (const { edge, gone, since } of known.edges.values()) {
    if (gone || given.has(`edge ${edge}`) || !isComplete(edge)) continue;
    counts.removed += 1;
    yield { kind: 'edge-removed', key: keyOf(`edge ${edge}`, since, 0), time: at, edge };
  }
  for (const { node, gone, since } of known.nodes.values()) {
    if (gone || given.has(`node ${node}`) || !isComplete(node)) continue;
    counts.removed += 1;
    yield { kind: 'node-removed', key: keyOf(`node ${node}`, since, 0), time: at, node };
  }
}

const isPersonal = (event: ProrataEvent): event is Attribution | TokenHappened =>
  event.kind === 'token' || event.kind === 'attribution';

const askedBy = <T extends Attribution | TokenHappened>(event: T, by: string | undefined): T =>
  by === undefined || event.by !== undefined ? event : { ...event, by };

const nodeNumbers = ({ nodes }: KnownGraph): Set<string> =>
  new Set([...nodes.values()].flatMap(({ node, gone }) => (gone ? [] : [node])));

type Given = Exclude<GraphRecord, PersonRecord>;

const contentOf = (record: Given): string =>
  record.what === 'node'
    ? JSON.stringify([record.at, record.weight ?? '1'])
    : JSON.stringify([record.at, record.from, record.to, record.forward ?? '1', record.backward ?? '1']);

function storedContent(version: NodeVersion | EdgeVersion, known: KnownGraph): string {
  if ('node' in version) return JSON.stringify([version.timeless ? null : version.time, version.weight]);
  const { time, source, target, forward, backward } = version;
  return JSON.stringify([time, nameOf(known, source), nameOf(known, target), forward, backward]);
}

const byNumber = new WeakMap<KnownGraph, Map<number, string>>();

function nameOf(known: KnownGraph, number: number): string {
  let names = byNumber.get(known);
  if (names === undefined) {
    names = new Map([...known.nodes.values()].map((version) => [version.number, version.node]));
    byNumber.set(known, names);
  }
  return names.get(number)!;
}

/** Addresses may be longer than keys: then their hash stands for them. */
function keyOf(id: string, since: number | undefined, times: number): string {
  const suffix = `${since === undefined ? '' : ` @${since}`}${times === 0 ? '' : ` +${times}`}`;
  if (utf8Length(id) + suffix.length <= nameBytesMax) return `${id}${suffix}`;
  const [what = ''] = id.split(' ', 1);
  return `${what} sha256:${createHash('sha256').update(id).digest('hex')}${suffix}`;
}

function eventOf(record: Given, key: string, at: number): NodeSet | EdgeSet {
  if (record.what === 'edge') {
    const { edge, from, to, forward = '1', backward = '1' } = record;
    return {
      kind: 'edge',
      key,
      time: record.at,
      edge,
      from,
      to,
      ...(forward === '1' ? {} : { forward }),
      ...(backward === '1' ? {} : { backward }),
    };
  }
  const { node, weight = '1', label, url } = record;
  return {
    kind: 'node',
    key,
    time: record.at ?? at,
    node,
    ...(record.at === null ? { timeless: true } : {}),
    ...(weight === '1' ? {} : { weight }),
    ...(label === undefined ? {} : { label }),
    ...(url === undefined ? {} : { url }),
  };
}

/** A new identity with the node as its alias; its id comes from the node, its name from what the source knows. */
function* identityEvents(
  { node, name, description, type }: PersonRecord,
  people: People,
  time: number,
  active: boolean,
): Generator<TokenHappened> {
  const parts = partsOf(node);
  const id = tokenId(`identity of ${node}`, (wanted) => people.ledger.rootOf(wanted) === undefined);
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, identityNameMax - 12);
  const source = (parts[0] ?? '').replace(/[^A-Za-z0-9]+/g, '').slice(0, 8) || 'source';
  const free = freeName(plain === '' ? 'someone' : plain, source, { id, people });
  const actions: Action[] = [
    { type: 'CREATE_IDENTITY', identity: { id, name: free, subtype: type, address: identityAddress(id), aliases: [] } },
    { type: 'ADD_ALIAS', identityId: id, alias: { address: toNulAddress(node, 'N'), description } },
    ...(active ? [{ type: 'TOGGLE_ACTIVATION', identityId: id } as const] : []),
  ];
  for (const action of actions) {
    const key = tokenId(`${action.type} ${id} ${node}`, () => true);
    const event: TokenHappened = { kind: 'token', key, time, action };
    people.apply(event); // a refusal is the engine's to say
    yield event;
  }
}

/** A free name; where a hundred have it (names without a Latin letter are all one), with the id behind it. */
function freeName(name: string, source: string, { id, people }: { id: string; people: People }): string {
  try {
    return proposeName(name, source, (text) => people.ledger.isNameTaken(text));
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return `${name.slice(0, identityNameMax - id.length - 1)}-${id}`;
  }
}

/** An id of the token ledger for a text: always the same, and free. */
export function tokenId(text: string, isFree: (id: string) => boolean): string {
  for (let n = 0; ; n += 1) {
    const id = createHash('sha256').update(`${text}\n${n}`).digest().subarray(0, 16).toString('base64url').slice(0, 22);
    if (isTokenId(id) && isFree(id)) return id;
  }
}
