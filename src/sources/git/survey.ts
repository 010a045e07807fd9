import { InvalidInputError } from '../../core/errors.ts';
import { type Contact, formatContact, isBefore, parseContact, People, type Place } from './people.ts';
import type { Git } from './program.ts';
import { type Revert, revertedBy, without } from './reverts.ts';
import { oneLine } from './text.ts';

/** What is known of a commit, as bits. */
export const known = { merge: 1, old: 2, counts: 4 } as const;

export interface DatedRevert extends Revert {
  readonly at: number;
}

/** What has to be known of the whole history before any record can be given. */
export interface Survey {
  /** All commits that are reached, by id, with bits of `known`; those to be left out are missing. */
  readonly commits: Map<string, number>;
  readonly people: People;
  /** People of the history as it was, who are named first by another commit now. */
  readonly moved: readonly string[];
  /** Co-authors after the mailmap, by what the trailer says. */
  readonly coauthors: ReadonlyMap<string, Contact>;
  /** Both ends are reached; by the reverting commit, then the reverted one. */
  readonly reverts: readonly DatedRevert[];
  /** Commits that mint nothing because of reverts. */
  readonly nothing: ReadonlySet<string>;
  /** The same as it was when the history ended with the old tips. */
  readonly nothingBefore: ReadonlySet<string>;
  /** Parents of new commits that were read before. */
  readonly edge: ReadonlySet<string>;
}

export interface Range {
  readonly tips: readonly string[];
  /** What had been read before; none: nothing. */
  readonly old: readonly string[];
}

/** Lines for `--stdin`. */
export const revisionsOf = ({ tips, old }: Range): string =>
  [...tips, ...old.map((id) => `^${id}`)].map((line) => `${line}\n`).join('');

export const coauthorsField = '%(trailers:key=Co-authored-by,valueonly,unfold)';
const fields = ['%H', '%P', '%at', '%aN', '%aE', coauthorsField, '%B'];

/** Arguments of `git log` for these fields, each ended by NUL, of revisions from standard input. */
export const logOf = (fields: readonly string[], ...more: readonly string[]): string[] => [
  ...['log', '-z', `--format=tformat:${fields.join('%x00')}`, '--encoding=UTF-8', '--no-show-signature', '--no-notes'],
  ...['--no-color', '--no-decorate', '--no-patch', ...more, '--stdin', '--'],
];

/**
 * Reads all commits once, without what they changed. Throws InvalidInputError `git-time-outside`: the author's time of a
 * commit is no instant that a Date can hold.
 */
export async function survey(git: Git, range: Range, ignored: ReadonlySet<string>): Promise<Survey> {
  const commits = new Map<string, number>();
  const [people, earlier] = [new People(), new People()];
  const reverts: DatedRevert[] = [];
  const edge = new Set<string>();
  const [contacts, earlierContacts] = [new Map<string, Place>(), new Map<string, Place>()];
  const parts = range.old.length === 0 ? [range] : [{ tips: range.old, old: [] }, range];
  for (const part of parts) {
    const old = part !== range;
    for await (const batch of git.records(logOf(fields), fields.length, revisionsOf(part))) {
      for (const [commit, parents, seconds, name, email, trailers, message] of batch as Fields[]) {
        if (ignored.has(commit)) continue;
        const at = instantOf(seconds, commit);
        const ids = parentsOf(parents);
        commits.set(commit, (ids.length > 1 ? known.merge : 0) | (old ? known.old : 0));
        if (range.old.length > 0 && !old) for (const id of ids) if (isOld(commits, id)) edge.add(id);
        people.add({ name, email }, at, commit, 0);
        if (old) earlier.add({ name, email }, at, commit, 0);
        for (const [index, text] of contactsIn(trailers).entries()) {
          const place = { at, commit, place: index + 1 };
          keepFirst(contacts, text, place);
          if (old) keepFirst(earlierContacts, text, place);
        }
        for (const target of revertedBy(message)) reverts.push({ by: commit, target, at });
      }
    }
  }
  const coauthors = await mapped(git, [...contacts.keys()]);
  for (const [text, { at, commit, place }] of contacts) people.add(coauthors.get(text)!, at, commit, place);
  for (const [text, { at, commit, place }] of earlierContacts) earlier.add(coauthors.get(text)!, at, commit, place);
  const moved = people.movedSince(earlier);

  const both = reverts.filter(({ target }) => commits.has(target)).sort(byEnds);
  const before = both.filter(({ by, target }) => isOld(commits, by) && isOld(commits, target));
  const brought = await broughtBy(git, both, commits);
  const [nothing, nothingBefore] = [without(both, brought), without(before, brought)];
  return { commits, people, moved, coauthors, reverts: both, nothing, nothingBefore, edge };
}

function keepFirst(places: Map<string, Place>, text: string, place: Place): void {
  const first = places.get(text);
  if (first === undefined || isBefore(place, first)) places.set(text, place);
}

type Fields = [string, string, string, string, string, string, string];

export const isOld = (commits: ReadonlyMap<string, number>, id: string): boolean =>
  ((commits.get(id) ?? 0) & known.old) !== 0;

/** Ids in the order of the commit, each once. */
export const parentsOf = (field: string): string[] => (field === '' ? [] : [...new Set(field.split(' '))]);

/** Those of trailers that name somebody, written alike. */
export const contactsIn = (trailers: string): string[] =>
  trailers === ''
    ? []
    : trailers.split('\n').flatMap((line) => {
        const contact = parseContact(line);
        return contact === null ? [] : [formatContact(contact)];
      });

/** Latest second that a Date can hold. */
const secondMax = 8_640_000_000_000;

/** Git gives the digits as they stand in the commit, and nothing where it cannot read them, as below zero. */
export function instantOf(seconds: string, commit: string): number {
  const value = Number(seconds);
  if (/^\d{1,20}$/.test(seconds) && value <= secondMax) return value * 1000;
  const found = seconds === '' ? 'no time of its author that git can read' : `time ${oneLine(seconds, 40)}`;
  throw new InvalidInputError(
    'git-time-outside',
    `Commit ${commit}: found ${found}; accepted: 0 to ${secondMax} seconds after 1970. It can be left out by its id.`,
    { commit },
  );
}

/** Who they are by the mailmap: one call for all. */
async function mapped(git: Git, contacts: readonly string[]): Promise<Map<string, Contact>> {
  if (contacts.length === 0) return new Map();
  const text = await git.text(['check-mailmap', '--stdin'], contacts.map((contact) => `${contact}\n`).join(''));
  const lines = text.split('\n');
  return new Map(contacts.map((contact, i) => [contact, parseContact(lines[i] ?? '') ?? parseContact(contact)!]));
}

/** For each merge that is reverted: what it brought in. */
async function broughtBy(
  git: Git,
  reverts: readonly Revert[],
  commits: ReadonlyMap<string, number>,
): Promise<Map<string, string[]>> {
  const brought = new Map<string, string[]>();
  for (const { target } of reverts) {
    if (brought.has(target) || ((commits.get(target) ?? 0) & known.merge) === 0) continue;
    const ids = await git.text(['rev-list', `${target}^1..${target}`]);
    brought.set(
      target,
      ids.split('\n').filter((id) => commits.has(id)),
    );
  }
  return brought;
}

const byEnds = (a: Revert, b: Revert): number =>
  a.by < b.by ? -1 : a.by > b.by ? 1 : a.target < b.target ? -1 : a.target > b.target ? 1 : 0;
