import { isObject, missingOrInvalid, type Raw, show, timeOf } from '../../core/events/read-field.ts';
import { InvalidInputError } from '../../core/errors.ts';
import type { PersonRecord } from '../graph/record.ts';
import { type Link, linkOf } from './link.ts';

export type GithubItem = GithubRepository | GithubThing | GithubReaction;

export interface GithubRepository {
  readonly what: 'repository';
  /** In lower case, as everywhere here: GitHub does not tell them apart. */
  readonly owner: string;
  readonly repo: string;
  readonly label: string;
  readonly url: string | null;
}

/** Something that somebody wrote. */
export interface GithubThing {
  readonly what: 'thing';
  readonly kind: 'issue' | 'pull' | 'review' | 'comment' | 'review-comment';
  readonly link: Link;
  /** Of a review, a comment: the same in both shapes. '' for issues and pull requests. */
  readonly id: string;
  /** Null: a user that was deleted. */
  readonly author: GithubUser | null;
  readonly at: number;
  readonly title: string;
  readonly body: string;
  readonly url: string | null;
  /** Of a review comment: the number of its review; of a review: its own. */
  readonly review: string | null;
  /** Of a pull request that was merged: the commit. */
  readonly mergedAs: string | null;
  /** Of a pull request: links to issues that it closes. */
  readonly closes: readonly Link[];
}

export interface GithubReaction {
  readonly what: 'reaction';
  readonly content: ReactionContent;
  readonly user: GithubUser | null;
  readonly at: number;
  /** To what. */
  readonly link: Link;
}

export interface GithubUser {
  readonly login: string;
  readonly type: PersonRecord['type'];
  /** Nothing said what it is: authors of comments and reviews in `gh --json` have no more than a login, bots without "[bot]". */
  readonly assumed?: true;
}

export const reactionContents = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;
export type ReactionContent = (typeof reactionContents)[number];

/**
 * What an object of an export is, told by its shape, with what lies in it (comments and reviews of `gh --json`, named reactions).
 * REST has `user`, `created_at`, `html_url`; `gh --json` and GraphQL have `author`, `createdAt`, `url`. `null`: a
 * review that was not submitted yet.
 *
 * Throws InvalidInputError `github-item-unknown`, `github-reaction-subject` (a reaction that does not say to what),
 * `event-field-missing`, `event-field-invalid`, `time-...`.
 */
export function readItem(value: unknown): GithubItem[] | null {
  if (!isObject(value)) throw unknownItem(value);
  if (typeof value['content'] === 'string' && contentOf(value['content']) !== null) return [reactionOf(value, null)];
  const link = linkIn(value);
  if (link === null) return [repositoryOf(value)];
  return thingOf(value, link);
}

/** Its own link; an API address of a comment does not say of what, but another one does. */
function linkIn(raw: Raw): Link | null {
  const own = linkOf(raw['html_url'] ?? raw['url']);
  const thread = linkOf(raw['issue_url'] ?? raw['pull_request_url']);
  if (own === null || own.number !== null) return own ?? thread;
  return thread === null ? null : { ...own, number: thread.number };
}

function thingOf(raw: Raw, link: Link): GithubItem[] | null {
  const kind = kindOf(raw, link);
  if (kind === 'review' && isPending(raw)) return null;
  const thing: GithubThing = {
    what: 'thing',
    kind,
    link,
    id: kind === 'issue' || kind === 'pull' ? '' : idOf(raw, kind, link),
    author: userOf(raw, 'author'),
    at: atOf(raw, kind === 'review' ? ['submitted_at', 'submittedAt', 'createdAt'] : ['created_at', 'createdAt']),
    title: textOf(raw['title'], 'title'),
    body: textOf(raw['body'], 'body'),
    url: typeof (raw['html_url'] ?? raw['url']) === 'string' ? ((raw['html_url'] ?? raw['url']) as string) : null,
    review: kind === 'review' ? numberText(raw['id']) : numberText(raw['pull_request_review_id']),
    mergedAs: kind === 'pull' ? mergeOf(raw) : null,
    closes: listIn(raw['closingIssuesReferences']).flatMap((issue) => (isObject(issue) ? linkList(issue['url']) : [])),
  };
  return [
    thing,
    ...listIn(raw['reactions']).map((reaction) => reactionOf(objectOf(reaction, 'reactions'), link)),
    ...listIn(raw['comments']).flatMap((inner) => insideOf(inner, 'comments', link)),
    ...listIn(raw['reviews']).flatMap((inner) => insideOf(inner, 'reviews', link)),
  ];
}

/** Of `gh --json`: a review has no link of its own, a comment has one. */
function insideOf(value: unknown, field: string, thread: Link): GithubItem[] {
  const raw = objectOf(value, field);
  const link = linkOf(raw['url']) ?? (field === 'reviews' ? { ...thread, fragment: 'pullrequestreview-' } : thread);
  return thingOf(raw, link) ?? [];
}

function kindOf(raw: Raw, { pull, fragment }: Link): GithubThing['kind'] {
  if (fragment.startsWith('issuecomment-')) return 'comment';
  if (fragment.startsWith('discussion_r')) return 'review-comment';
  if (fragment.startsWith('pullrequestreview-')) return 'review';
  if (raw['submitted_at'] !== undefined || raw['submittedAt'] !== undefined) return 'review';
  if (raw['number'] === undefined) throw unknownItem(raw);
  return pull || isObject(raw['pull_request']) ? 'pull' : 'issue';
}

/** Comments by the number in their link, which both shapes have; reviews by their node id, for the same reason. */
function idOf(raw: Raw, kind: GithubThing['kind'], { fragment }: Link): string {
  const number = /\d+$/.exec(fragment)?.[0];
  const node = raw['node_id'] ?? raw['id'];
  const id = kind === 'review' ? (typeof node === 'string' ? node : (numberText(node) ?? number)) : number;
  if (id !== undefined && id !== '') return id;
  throw missingOrInvalid(raw['id'], 'id', 'an id, or a link that ends with one');
}

const isPending = (raw: Raw): boolean =>
  raw['state'] === 'PENDING' || (raw['submitted_at'] ?? raw['submittedAt'] ?? raw['createdAt'] ?? null) === null;

/** REST names a commit also for what was not merged: a trial. */
function mergeOf(raw: Raw): string | null {
  const inner = isObject(raw['pull_request']) ? raw['pull_request'] : {};
  const merged = raw['merged_at'] ?? raw['mergedAt'] ?? inner['merged_at'] ?? null;
  const commit = raw['merge_commit_sha'] ?? (isObject(raw['mergeCommit']) ? raw['mergeCommit']['oid'] : null);
  return merged !== null && typeof commit === 'string' && /^[0-9a-f]{40,64}$/i.test(commit)
    ? commit.toLowerCase()
    : null;
}

function reactionOf(raw: Raw, within: Link | null): GithubReaction {
  const content = contentOf(raw['content']);
  if (content === null) throw missingOrInvalid(raw['content'], 'content', `one of ${reactionContents.join(', ')}`);
  const link = within ?? linkOf(raw['subject_url'] ?? raw['subjectUrl']);
  if (link === null) {
    throw new InvalidInputError(
      'github-reaction-subject',
      `Found a reaction "${content}" that does not say to what: GitHub leaves it out; accepted: one with "subject_url", the address of an issue, a pull request or a comment.`,
      { found: show(raw['subject_url'] ?? raw['subjectUrl']) },
    );
  }
  return { what: 'reaction', content, user: userOf(raw, 'user'), at: atOf(raw, ['created_at', 'createdAt']), link };
}

/** THUMBS_UP and the like are how GraphQL has it. */
function contentOf(value: unknown): ReactionContent | null {
  const written = typeof value === 'string' ? value.toLowerCase() : '';
  const name = { thumbs_up: '+1', thumbs_down: '-1' }[written] ?? written;
  return reactionContents.find((content) => content === name) ?? null;
}

function repositoryOf(raw: Raw): GithubRepository {
  const name = raw['full_name'] ?? raw['nameWithOwner'];
  const found = typeof name === 'string' ? /^([\w.-]+)\/([\w.-]+)$/.exec(name) : null;
  if (found === null) throw unknownItem(raw);
  const [label, owner, repo] = found as unknown as [string, string, string];
  const url = raw['html_url'] ?? raw['url'];
  return {
    what: 'repository',
    owner: owner.toLowerCase(),
    repo: repo.toLowerCase(),
    label,
    url: typeof url === 'string' ? url : null,
  };
}

/** Null: deleted, which both shapes say in their own way. An absent field is refused: it may not have been asked for. */
function userOf(raw: Raw, field: 'author' | 'user'): GithubUser | null {
  const value = raw['user'] === undefined ? raw['author'] : raw['user'];
  if (value === null) return null;
  if (!isObject(value)) throw missingOrInvalid(value, field, 'an object with "login", or null');
  const { login, type, is_bot: bot, __typename: typename } = value;
  if (login === '' || (typeof login === 'string' && login.toLowerCase() === 'ghost')) return null;
  const plain = typeof login === 'string' ? login.replace(/^app\//, '').replace(/\[bot\]$/, '') : '';
  if (!/^[\w.-]{1,100}$/.test(plain)) throw missingOrInvalid(login, `${field}.login`, 'a login');
  const isBot = plain !== login || bot === true || type === 'Bot' || typename === 'Bot';
  if (isBot) return { login: `${plain}[bot]`, type: 'BOT' };
  const said = type ?? typename ?? bot;
  if (said === undefined) return { login: plain, type: 'USER', assumed: true };
  return { login: plain, type: said === 'Organization' ? 'ORGANIZATION' : 'USER' };
}

function atOf(raw: Raw, fields: readonly string[]): number {
  const field = fields.find((name) => raw[name] !== undefined && raw[name] !== null) ?? fields[0]!;
  return timeOf(raw[field], field);
}

function textOf(value: unknown, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw missingOrInvalid(value, field, 'a text');
}

/** A list, or the `nodes` of one; anything else, such as the number of comments, has nothing to read. */
function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) && Array.isArray(value['nodes']) ? value['nodes'] : [];
}

function linkList(value: unknown): Link[] {
  const link = linkOf(value);
  return link === null ? [] : [link];
}

function objectOf(value: unknown, field: string): Raw {
  if (isObject(value)) return value;
  throw missingOrInvalid(value, field, 'an object');
}

const numberText = (value: unknown): string | null => (Number.isSafeInteger(value) ? String(value) : null);

const unknownItem = (value: unknown): InvalidInputError =>
  new InvalidInputError(
    'github-item-unknown',
    `Found ${show(value)} that is no issue, pull request, review, comment, reaction or repository; accepted: what GitHub's REST API or gh --json gives, with "html_url" or "url".`,
    { found: isObject(value) ? Object.keys(value).slice(0, 10).join(' ') : show(value) },
  );
