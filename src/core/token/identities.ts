import { refuse, type Refusal } from '../events/refusal.ts';
import type { Alias, IdentityRecord } from './event.ts';
import { foldName, identityAddress, type IdentityType, isIdentityType, nameProblem } from './names.ts';

/** One id that was created. It keeps what is its own for ever, so that a merge can be undone. */
export interface Identity {
  readonly id: string;
  name: string;
  type: IdentityType;
  active: boolean;
  /** Spendable smallest units. Only a reversal of what was spent already takes it below zero. */
  balance: bigint;
  /** Smallest units paid to this id, less what was reversed. */
  paid: bigint;
  /** By currency key. */
  readonly payoutAddresses: Map<string, string>;
}

/** One or more identities that are one person. Name, type and active flag are those of the first. */
export interface Group {
  readonly root: Identity;
  /** Everybody's ids: the root's, then in the order of merging. */
  ids: string[];
  aliases: OwnedAlias[];
  merges: Merge[];
}

/** An alias, and the id that brought it along. */
interface OwnedAlias extends Alias {
  readonly of: string;
}

/** What unmerging needs: the root that was merged away, and the ids that came with it. */
interface Merge {
  readonly target: string;
  readonly ids: readonly string[];
}

/** Who is who: names, aliases and merges. Every change is made whole, or refused and not made. */
export class Identities {
  /** In the order of creation. */
  readonly #members = new Map<string, Identity>();
  readonly #groups = new Map<string, Group>();
  /** By folded name: the name as it is written. */
  readonly #names = new Map<string, string>();
  /** Addresses of nodes that lead to somebody. */
  readonly #addresses = new Set<string>();

  groupOf(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  member(id: string): Identity | undefined {
    return this.#members.get(id);
  }

  get members(): IterableIterator<Identity> {
    return this.#members.values();
  }

  /** In the order in which the first id of each was created. */
  get groups(): Group[] {
    return [...new Set([...this.#members.keys()].map((id) => this.#groups.get(id)!))];
  }

  isNameTaken(name: string): boolean {
    return this.#names.has(foldName(name));
  }

  create({ id, name, subtype, address, aliases }: IdentityRecord): Refusal | null {
    const problem = nameProblem(name) ?? this.#nameConflict(name);
    if (problem !== null) return problem;
    if (aliases.length > 0) {
      return refuse('new-identity-has-aliases', 'A new identity has no aliases; they are added afterwards.', 'aliases');
    }
    if (this.#members.has(id)) return refuse('identity-id-exists', `Identity ${id} is there already.`, 'id');
    if (!isIdentityType(subtype)) return typeProblem(subtype);
    if (address !== identityAddress(id)) {
      return refuse('identity-address-differs', `The address of ${id} is not the one that its id gives.`, 'address');
    }
    if (this.#addresses.has(address)) return aliasBound();
    const payoutAddresses = new Map<string, string>();
    const root: Identity = { id, name, type: subtype, active: false, balance: 0n, paid: 0n, payoutAddresses };
    this.#members.set(id, root);
    this.#groups.set(id, { root, ids: [id], aliases: [], merges: [] });
    this.#names.set(foldName(name), name);
    this.#addresses.add(address);
    return null;
  }

  rename(id: string, name: string): Refusal | null {
    const group = this.#groups.get(id);
    if (group === undefined) return unknownIdentity(id);
    const { root } = group;
    if (root.id !== id) return mergedAway(id, root);
    if (root.name === name) return refuse('rename-same-name', `The name is "${name}" already.`, 'newName');
    const problem = nameProblem(name) ?? (foldName(name) === foldName(root.name) ? null : this.#nameConflict(name));
    if (problem !== null) return problem;
    this.#names.delete(foldName(root.name));
    this.#names.set(foldName(name), name);
    root.name = name;
    return null;
  }

  changeType(id: string, type: string): Refusal | null {
    if (!isIdentityType(type)) return typeProblem(type);
    const group = this.#groups.get(id);
    if (group === undefined) return unknownIdentity(id);
    if (group.root.id !== id) return mergedAway(id, group.root);
    if (group.root.type === type) return refuse('same-identity-type', `The type is ${type} already.`, 'newType');
    group.root.type = type;
    return null;
  }

  addAlias(id: string, { address, description }: Alias): Refusal | null {
    const group = this.#groups.get(id);
    if (group === undefined) return unknownIdentity(id);
    if (group.aliases.some((alias) => alias.address === address)) {
      return refuse('alias-already-own', `"${group.root.name}" has this alias already.`, 'alias');
    }
    if (this.#addresses.has(address)) return aliasBound();
    this.#addresses.add(address);
    group.aliases.push({ address, description, of: id });
    return null;
  }

  /** The target's ids lead to the base from now on; its name is free. */
  merge(baseId: string, targetId: string): Refusal | null {
    const base = this.#groups.get(baseId);
    if (base === undefined) return unknownIdentity(baseId);
    const target = this.#groups.get(targetId);
    if (target === undefined) return unknownIdentity(targetId);
    if (baseId === targetId) return refuse('merge-self', `"${base.root.name}" cannot be merged with itself.`);
    if (base === target) {
      return refuse('identity-already-merged', `${baseId} and ${targetId} are one already, "${base.root.name}".`);
    }
    const { id, name } = target.root;
    const description = `identity @${name} (id: ${id})`;
    base.aliases.push(...target.aliases, { address: identityAddress(id), description, of: id });
    base.merges.push({ target: id, ids: target.ids }, ...target.merges);
    base.ids.push(...target.ids);
    for (const member of target.ids) this.#groups.set(member, base);
    this.#names.delete(foldName(name));
    return null;
  }

  /**
   * Undoes a merge, and leaves those that were made before or after it: the target has its name, type, active flag, ids and
   * aliases again, and every id keeps what was booked to it meanwhile.
   */
  unmerge(baseId: string, targetId: string): Refusal | null {
    const base = this.#groups.get(baseId);
    if (base === undefined) return unknownIdentity(baseId);
    const root = this.#members.get(targetId);
    if (root === undefined) return unknownIdentity(targetId);
    const merge = base.merges.find(({ target }) => target === targetId);
    if (merge === undefined) return refuse('merge-unknown', `${targetId} was not merged into "${base.root.name}".`);
    const conflict = this.#nameConflict(root.name);
    if (conflict !== null) return conflict;
    const moves = new Set(merge.ids);
    const ownAddress = identityAddress(targetId);
    const target: Group = {
      root,
      ids: [...merge.ids],
      aliases: base.aliases.filter(({ of, address }) => moves.has(of) && address !== ownAddress),
      merges: base.merges.filter((other) => other !== merge && moves.has(other.target)),
    };
    base.ids = base.ids.filter((id) => !moves.has(id));
    base.aliases = base.aliases.filter(({ of }) => !moves.has(of));
    base.merges = base.merges
      .filter((other) => !moves.has(other.target))
      .map((other) => ({ ...other, ids: other.ids.filter((id) => !moves.has(id)) }));
    for (const id of moves) this.#groups.set(id, target);
    this.#names.set(foldName(root.name), root.name);
    return null;
  }

  #nameConflict(name: string): Refusal | null {
    const taken = this.#names.get(foldName(name));
    if (taken === undefined) return null;
    return taken === name
      ? refuse('name-taken', `The name "${name}" is taken.`, 'name')
      : refuse('name-case-conflict', `"${name}" is taken as "${taken}".`, 'name');
  }
}

export const unknownIdentity = (id: string): Refusal =>
  refuse('unknown-identity', `There is no identity ${JSON.stringify(id)}.`);

const aliasBound = (): Refusal => refuse('alias-bound', 'This address leads to somebody already.', 'alias');

const typeProblem = (type: string): Refusal =>
  refuse(
    'invalid-identity-type',
    `Found the type ${JSON.stringify(type)}; accepted: USER, PROJECT, ORGANIZATION, BOT.`,
  );

/** Its own name and type wait for an unmerge; which of the two is meant to change, nobody could tell. */
const mergedAway = (id: string, { id: root, name }: Identity): Refusal =>
  refuse('identity-merged-away', `${id} was merged into "${name}"; name and type change by its id ${root}.`);
