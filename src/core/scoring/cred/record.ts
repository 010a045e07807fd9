/**
 * What a source of contributions gives: records of what there is, in any order, nodes before the edges that need them. Who
 * reads them (app/graph/sync.ts) compares them with the graph in the store and logs only what is new, changed or gone.
 *
 * A node's name is its address: parts from the general to the particular, as `addressOf` writes them. Instants are milliseconds
 * since 1970 UTC, weights decimals as text, 0 or more; they multiply what the rules of weight give, 1 where absent.
 */
export type GraphRecord = NodeRecord | EdgeRecord | PersonRecord;

/** A contribution, or anything else that cred flows through. */
export interface NodeRecord {
  readonly what: 'node';
  readonly node: string;
  /** When it was made; null: it has no time (a repository, a label). */
  readonly at: number | null;
  readonly weight?: string;
  /** For people: what it is called, one line. */
  readonly label?: string;
  readonly url?: string;
}

/** Cred flows from `from` to `to` by `forward`, and the other way by `backward`. */
export interface EdgeRecord {
  readonly what: 'edge';
  readonly edge: string;
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly forward?: string;
  readonly backward?: string;
}

/** A node without time (whether or not it is given as one) that is somebody: whoever has it as an alias, or a new identity that gets it as one. */
export interface PersonRecord {
  readonly what: 'person';
  readonly node: string;
  /** As the source knows it; the identity's name is made of it. */
  readonly name: string;
  /** For people: where the alias comes from, such as "git author Ada <ada@example.org>". */
  readonly description: string;
  readonly type: 'USER' | 'BOT' | 'ORGANIZATION' | 'PROJECT';
  /** When it was first seen; milliseconds. */
  readonly at: number;
}
