import { addressOf } from '../../core/scoring/cred/address.ts';
import { labelOf } from '../graph/label.ts';
import type { EdgeRecord, GraphRecord, NodeRecord } from '../graph/record.ts';
import type { GithubItem, GithubReaction, GithubRepository, GithubThing, GithubUser } from './item.ts';
import type { Link } from './link.ts';
import { People, userAddress } from './people.ts';
import { type References, referencesIn } from './references.ts';

/** Why something of an export gives nothing. */
export type LeftOut =
  | 'pending-review'
  | 'self-review'
  | 'self-reaction'
  | 'reaction-of-deleted-user'
  | 'reaction-elsewhere'
  | 'parent-elsewhere'
  | 'reference-elsewhere'
  | 'commit-elsewhere';

export interface GithubGraphOptions {
  /** Commits, by their whole hash in lower case, that have a node `git/commit/<hash>`: pull requests are led there. `all`: each has. */
  readonly commits?: ReadonlySet<string> | 'all';
}

/**
 * The graph of an export, from all its items at once, in any order; what is there several times is one, of which the later
 * says more. Its records are ordered by address: nodes, persons, edges, so equal exports give equal records.
 *
 * Whoever reviews their own pull request, or reacts to themselves, gets nothing for it: such reviews and reactions are left
 * out. Comments on one's own are not. Nothing leads to what is not in the export.
 */
export class GithubGraph {
  readonly #repositories = new Map<string, GithubRepository>();
  readonly #things = new Map<string, GithubThing>();
  readonly #reactions: GithubReaction[] = [];
  readonly leftOut = new Map<LeftOut, number>();

  add(item: GithubItem): void {
    if (item.what === 'reaction') this.#reactions.push(item);
    else if (item.what === 'repository') this.#repositories.set(repositoryAddress(item), item);
    else {
      const address = thingAddress(item);
      const before = this.#things.get(address);
      this.#things.set(address, before === undefined ? item : merged(before, item));
    }
  }

  leave(reason: LeftOut, count = 1): void {
    if (count > 0) this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + count);
  }

  /** Once, after all items. */
  records({ commits }: GithubGraphOptions = {}): GraphRecord[] {
    this.#settleBots();
    const places = new Places(this.#things);
    const things = [...this.#things].filter(([, thing]) => !this.#isSelfReview(thing, places));
    const kept = new Places(new Map(things));
    const reactions = this.#counted(kept);
    const people = new People();
    for (const { author, at } of kept.things) if (author !== null) people.see(author, at);
    for (const { user, at } of reactions.values()) people.see(user, at);

    const repositories = new Map(this.#repositories);
    for (const { link } of kept.things) {
      const address = repositoryAddress(link);
      if (!repositories.has(address)) repositories.set(address, impliedRepository(link));
    }
    const nodes = [
      ...[...repositories].map(([node, { label, url }]): NodeRecord => nodeOf(node, null, label, url)),
      ...things.map(([node, thing]) => nodeOf(node, thing.at, titleOf(thing), thing.url)),
      ...[...reactions].map(([node, { content, user, at }]) => nodeOf(node, at, `${content} of @${user.login}`, null)),
      ...people.nodes,
    ];
    const edges = [
      ...things.flatMap(([address, thing]) => this.#edgesOf(address, thing, kept, people, commits)),
      ...[...reactions].flatMap(([address, reaction]) => reactionEdges(address, reaction)),
    ];
    return [
      ...sortedBy(nodes, ({ node }) => node),
      ...sortedBy(people.records, ({ node }) => node),
      ...sortedBy(edges, ({ edge }) => edge),
    ];
  }

  /** Whoever has but a login is a bot, where a bot of that name is in the export: no bot becomes a person by the way it was asked for. */
  #settleBots(): void {
    const users = [
      ...[...this.#things.values()].map(({ author }) => author),
      ...this.#reactions.map(({ user }) => user),
    ];
    const bots = new Set(users.filter((user) => user?.type === 'BOT').map((user) => user!.login.toLowerCase()));
    const settled = (user: GithubUser | null): GithubUser | null =>
      user?.assumed === true && bots.has(`${user.login}[bot]`.toLowerCase())
        ? { login: `${user.login}[bot]`, type: 'BOT' }
        : user;
    for (const [address, thing] of this.#things) this.#things.set(address, { ...thing, author: settled(thing.author) });
    for (const [i, reaction] of this.#reactions.entries()) {
      this.#reactions[i] = { ...reaction, user: settled(reaction.user) };
    }
  }

  #isSelfReview(thing: GithubThing, places: Places): boolean {
    if (thing.kind !== 'review' || thing.author === null) return false;
    const isSelf = isSame(thing.author.login, places.thread(thing.link)?.author?.login);
    if (isSelf) this.leave('self-review');
    return isSelf;
  }

  /** Reactions that count, by address: the same one may be in an export several times. */
  #counted(places: Places): Map<string, Reaction> {
    const counted = new Map<string, Reaction>();
    for (const { content, user, at, link } of this.#reactions) {
      const thing = places.find(link);
      if (thing === undefined) this.leave('reaction-elsewhere');
      else if (user === null) this.leave('reaction-of-deleted-user');
      else if (isSame(user.login, thing.author?.login)) this.leave('self-reaction');
      else {
        const address = addressOf(['github', 'reaction', content, ...partsOfThing(thing), user.login.toLowerCase()]);
        counted.set(address, { content, user, at, thing });
      }
    }
    return counted;
  }

  #edgesOf(
    address: string,
    thing: GithubThing,
    places: Places,
    people: People,
    commits: GithubGraphOptions['commits'],
  ): EdgeRecord[] {
    const { kind, link, author, at } = thing;
    const own = partsOfThing(thing);
    const edge = (relation: string, from: string, to: string, behind: readonly string[] = []): EdgeRecord => ({
      what: 'edge',
      edge: addressOf(['github', relation, ...own, ...behind]),
      from,
      to,
      at,
    });
    const edges: EdgeRecord[] = [];
    if (author !== null) {
      edges.push(edge('authors', userAddress(author.login), address, [author.login.toLowerCase()]));
    }
    const parent = parentOf(thing, places);
    if (kind === 'issue' || kind === 'pull') edges.push(edge('belongs-to', address, repositoryAddress(link)));
    else if (parent === undefined) this.leave('parent-elsewhere');
    else edges.push(edge(kind === 'review' ? 'reviews' : 'comments-on', address, thingAddress(parent)));

    const references = referencesIn(thing.body);
    for (const [relation, target] of this.#referencesOf(thing, references, places)) {
      edges.push(edge(relation, address, thingAddress(target), partsOfThing(target)));
    }
    for (const login of references.mentions) {
      if (people.has(login) && !isSame(login, author?.login))
        edges.push(edge('mentions', address, userAddress(login), [login]));
    }
    if (thing.mergedAs !== null && commits !== undefined) {
      if (commits !== 'all' && !commits.has(thing.mergedAs)) this.leave('commit-elsewhere');
      else edges.push(edge('merged-as', address, addressOf(['git', 'commit', thing.mergedAs])));
    }
    return edges;
  }

  /** Each target once; only pull requests close, and what one closes it does not refer to besides. */
  #referencesOf(thing: GithubThing, references: References, places: Places): [relation: string, target: GithubThing][] {
    const targets = new Map<string, [string, GithubThing]>();
    const isPull = thing.kind === 'pull';
    const closed = thing.closes.map((link) => ({ ...link, closes: true }));
    // A title is a text of its own, that closes nothing.
    const inTitle = referencesIn(thing.title).threads.map((reference) => ({ ...reference, closes: false }));
    const written = [...inTitle, ...references.threads].map((reference) => ({
      owner: reference.owner ?? thing.link.owner,
      repo: reference.repo ?? thing.link.repo,
      number: reference.number,
      pull: false,
      fragment: reference.fragment ?? '',
      closes: reference.closes && isPull,
    }));
    for (const { closes, ...link } of [...closed, ...written]) {
      const target = places.find(link) ?? places.thread(link);
      if (target === undefined) {
        this.leave('reference-elsewhere');
        continue;
      }
      const address = thingAddress(target);
      if (target === thing || target === parentOf(thing, places) || target === places.thread(thing.link)) continue;
      const relation = closes && target.kind === 'issue' ? 'closes' : 'references';
      if (targets.get(address)?.[0] !== 'closes') targets.set(address, [relation, target]);
    }
    return [...targets.values()];
  }
}

interface Reaction {
  readonly content: GithubReaction['content'];
  readonly user: NonNullable<GithubReaction['user']>;
  readonly at: number;
  readonly thing: GithubThing;
}

/** Things by what links to them. */
class Places {
  readonly #byKey = new Map<string, GithubThing>();
  readonly things: readonly GithubThing[];

  constructor(things: ReadonlyMap<string, GithubThing>) {
    this.things = [...things.values()];
    for (const thing of this.things) {
      const { owner, repo, number, fragment } = thing.link;
      if (thing.kind === 'issue' || thing.kind === 'pull') this.#byKey.set(`${owner}/${repo}#${number}`, thing);
      else if (thing.kind === 'review') {
        if (thing.review !== null) this.#byKey.set(`${owner}/${repo}#pullrequestreview-${thing.review}`, thing);
      } else this.#byKey.set(`${owner}/${repo}#${fragment}`, thing);
    }
  }

  find({ owner, repo, number, fragment }: Link): GithubThing | undefined {
    return this.#byKey.get(`${owner}/${repo}#${fragment === '' ? number : fragment}`);
  }

  /** The issue or pull request around a link. */
  thread(link: Link): GithubThing | undefined {
    return this.find({ ...link, fragment: '' });
  }
}

/** Of a review comment its review where that is known, else the pull request; of any other the issue or pull request. */
function parentOf({ kind, link, review }: GithubThing, places: Places): GithubThing | undefined {
  if (kind === 'issue' || kind === 'pull') return undefined;
  const own = kind === 'review-comment' && review !== null;
  return (own ? places.find({ ...link, fragment: `pullrequestreview-${review}` }) : undefined) ?? places.thread(link);
}

function reactionEdges(address: string, { content, user, at, thing }: Reaction): EdgeRecord[] {
  const behind = [content, ...partsOfThing(thing), user.login.toLowerCase()];
  const edge = (relation: string): string => addressOf(['github', relation, ...behind]);
  return [
    { what: 'edge', edge: edge('reacts'), from: userAddress(user.login), to: address, at },
    { what: 'edge', edge: edge('reacts-to'), from: address, to: thingAddress(thing), at },
  ];
}

/** What the later one does not say, the earlier does: lists of issues name pull requests too, without their commit. */
const merged = (before: GithubThing, after: GithubThing): GithubThing => ({
  ...after,
  author: after.author ?? before.author,
  title: after.title === '' ? before.title : after.title,
  body: after.body === '' ? before.body : after.body,
  url: after.url ?? before.url,
  review: after.review ?? before.review,
  mergedAs: after.mergedAs ?? before.mergedAs,
  closes: [...before.closes, ...after.closes],
});

function partsOfThing({ kind, link, id }: GithubThing): string[] {
  const thread = [kind, link.owner, link.repo, String(link.number)];
  return id === '' ? thread : [...thread, id];
}

const thingAddress = (thing: GithubThing): string => addressOf(['github', ...partsOfThing(thing)]);
const repositoryAddress = ({ owner, repo }: { readonly owner: string; readonly repo: string }): string =>
  addressOf(['github', 'repo', owner, repo]);

const impliedRepository = ({ owner, repo }: Link): GithubRepository => ({
  what: 'repository',
  owner,
  repo,
  label: `${owner}/${repo}`,
  url: null,
});

function titleOf({ kind, link, title }: GithubThing): string {
  const thread = `${link.repo}#${link.number}`;
  if (kind === 'issue' || kind === 'pull') return `${thread} ${title}`;
  return `${kind === 'review' ? 'review of' : 'comment on'} ${thread}`;
}

function nodeOf(node: string, at: number | null, text: string, url: string | null): NodeRecord {
  const label = labelOf(text);
  return { what: 'node', node, at, ...(label === null ? {} : { label }), ...(url === null ? {} : { url }) };
}

const isSame = (login: string, other: string | undefined): boolean => login.toLowerCase() === other?.toLowerCase();

const sortedBy = <T>(records: readonly T[], addressOf: (record: T) => string): T[] =>
  records.toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
