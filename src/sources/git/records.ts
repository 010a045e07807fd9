import type { EdgeRecord, GraphRecord, NodeRecord } from '../graph/record.ts';
import { gitAddress } from './kinds.ts';
import { type Contact, personAddress, personKey } from './people.ts';
import { contactsIn, coauthorsField, instantOf, known, parentsOf, type Survey } from './survey.ts';
import { oneLine } from './text.ts';

/** Longest label, in code points. */
export const labelMax = 120;

export const commitFields = ['%H', '%P', '%at', '%aN', '%aE', coauthorsField, '%s'] as const;

/** A commit as `git log` tells it with `commitFields`. */
export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  /** When its author made it; milliseconds. */
  readonly at: number;
  readonly author: Contact;
  /** By what the trailers say, before the mailmap. */
  readonly coauthors: readonly string[];
  readonly subject: string;
}

/** Throws InvalidInputError `git-time-outside`. */
export function commitOf(fields: readonly string[]): Commit {
  const [id, parents, seconds, name, email, trailers, subject] = fields as [
    ...[string, string, string, string, string, string, string],
  ];
  return {
    id,
    parents: parentsOf(parents),
    at: instantOf(seconds, id),
    author: { name, email },
    coauthors: contactsIn(trailers),
    subject,
  };
}

/** Makes records of one repository. */
export class Recorder {
  readonly #name: string;
  readonly #survey: Survey;
  readonly #url: string | null;
  readonly #reverts: 'undo' | 'keep';
  readonly #limited: boolean;
  readonly #told = new Set<string>();

  /** `limited`: only commits with the bit `counts` are there. */
  constructor(
    name: string,
    survey: Survey,
    options: { readonly url: string | null; readonly reverts: 'undo' | 'keep'; readonly limited: boolean },
  ) {
    [this.#name, this.#survey] = [name, survey];
    [this.#url, this.#reverts, this.#limited] = [options.url, options.reverts, options.limited];
  }

  repository(): NodeRecord {
    return { what: 'node', node: gitAddress('repository', this.#name), at: null, label: oneLine(this.#name, labelMax) };
  }

  /** The node, and the edge that brings it what flows into the repository; both change with its weight. */
  node({ id, at, subject }: Commit, weight: string | undefined): [NodeRecord, EdgeRecord] {
    const own = this.#reverts === 'undo' && this.#survey.nothing.has(id) ? '0' : weight;
    const label = oneLine(subject, labelMax);
    const node = this.#address(id);
    const from = gitAddress('repository', this.#name);
    const edge = gitAddress('contains', this.#name, id);
    return [
      {
        ...{ what: 'node', node, at },
        ...(own === undefined ? {} : { weight: own }),
        ...(label === '' ? {} : { label }),
        ...(this.#url === null ? {} : { url: this.#url.replaceAll('{commit}', id) }),
      },
      { what: 'edge', edge, from, to: node, at, ...(own === undefined ? {} : { forward: own }) },
    ];
  }

  /** Who made it, what it builds on. People come before the first edge that needs them. */
  *edges({ id, parents, at, author, coauthors }: Commit): Generator<GraphRecord> {
    const from = this.#address(id);
    const merge = parents.length > 1;
    const named = new Set<string>();
    for (const [index, contact] of this.#people(author, coauthors).entries()) {
      const to = personAddress(contact);
      if (to === null || named.has(to)) continue;
      named.add(to);
      if (!this.#told.has(to)) yield this.#survey.people.record(to);
      this.#told.add(to);
      const kind = merge ? 'merged-by' : index === 0 ? 'authors' : 'coauthors';
      yield { what: 'edge', edge: gitAddress(kind, this.#name, id, ...personKey(contact)!), from, to, at };
    }
    for (const [index, parent] of parents.entries()) {
      if (!this.isThere(parent)) continue;
      const kind = index === 0 ? 'builds-on' : 'merges';
      yield { what: 'edge', edge: gitAddress(kind, this.#name, id, parent), from, to: this.#address(parent), at };
    }
  }

  /** People of a commit, as addresses. */
  peopleOf({ author, coauthors }: Commit): string[] {
    return this.#people(author, coauthors).flatMap((contact) => personAddress(contact) ?? []);
  }

  /** Whether somebody's record was given. */
  isTold = (person: string): boolean => this.#told.has(person);

  #people(author: Contact, coauthors: readonly string[]): Contact[] {
    return [author, ...coauthors.map((text) => this.#survey.coauthors.get(text)!)];
  }

  revert({ by, target, at }: { readonly by: string; readonly target: string; readonly at: number }): EdgeRecord {
    const edge = gitAddress('reverts', this.#name, by, target);
    return { what: 'edge', edge, from: this.#address(by), to: this.#address(target), at };
  }

  /** Whether a commit has a node. */
  isThere(id: string): boolean {
    const bits = this.#survey.commits.get(id);
    return bits !== undefined && (!this.#limited || (bits & known.counts) !== 0);
  }

  #address(id: string): string {
    return gitAddress(((this.#survey.commits.get(id) ?? 0) & known.merge) === 0 ? 'commit' : 'merge', this.#name, id);
  }
}
