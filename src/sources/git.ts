import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { compareBytes, utf8Length } from '../core/bytes.ts';
import { ConflictError, InvalidInputError, NotFoundError, UnavailableError } from '../core/errors.ts';
import { addressOf } from '../core/scoring/cred/address.ts';
import { type Bookmark, readBookmark, writeBookmark } from './git/bookmark.ts';
import { gitPrefixes } from './git/kinds.ts';
import { pathWeightsOf, Touches, understands } from './git/paths.ts';
import { Git } from './git/program.ts';
import { type Commit, commitFields, commitOf, Recorder } from './git/records.ts';
import { isOld, known, logOf, type Range, revisionsOf, type Survey, survey } from './git/survey.ts';
import { oneLine } from './git/text.ts';
import type { GraphRecord } from './graph/record.ts';

export { gitPrefixes } from './git/kinds.ts';
export { gitWeights } from './git/weights.ts';

export interface GitOptions {
  /** The repository's part of addresses; default: the first twelve digits of its root commit, alike in every clone. */
  readonly name?: string;
  /** Branches, tags or commits whose histories are read; default: HEAD. The mailmap is that of the first. */
  readonly revisions?: readonly string[];
  /** The bookmark of an earlier read: only what is new or has changed since. */
  readonly since?: string | null;
  /** Pathspecs, from the top of the repository: only commits that touch them are there. */
  readonly paths?: readonly string[];
  /** Decimals by path: a commit weighs as much as the heaviest file that it touches. `.` stands for all other files; default: 1. */
  readonly weights?: Readonly<Record<string, string>>;
  /** Whole ids of commits to be left out. */
  readonly ignore?: readonly string[];
  /** Whether a revert takes the weight of what it reverts, and has none itself (`undo`, the default), or changes nothing (`keep`). */
  readonly reverts?: 'undo' | 'keep';
  /** Accepts a shallow clone, which needs a `name` then: what it lacks is not there. Each read is a whole one. */
  readonly shallow?: boolean;
  /** Address of a commit for people, with `{commit}` for its id. */
  readonly url?: string;
  /** The git program; default: `git`, found as the system finds programs. */
  readonly program?: string;
}

/** Why a read is a whole one. */
export type GitWholeReason = 'first' | 'shallow' | 'options-changed' | 'mailmap-changed' | 'history-rewritten';

export interface GitReading {
  readonly name: string;
  /**
   * Not null: `records` gives all there is, and what the reader has besides it under `prefixes` is gone. Null: only what is
   * new or has changed since the bookmark; nothing is gone.
   */
  readonly whole: GitWholeReason | null;
  readonly prefixes: { readonly nodes: readonly string[]; readonly edges: readonly string[] };
  /** For the next read, once the records are stored. One line of text. */
  readonly bookmark: string;
  /** Filled while records are read. */
  readonly counts: { commits: number; merges: number; changed: number; outside: number };
  /** Once only. */
  records(): AsyncGenerator<GraphRecord, void>;
}

/**
 * The contributions in a git repository, read by the `git` program without network, hooks, or the user's configuration. Parents
 * come before their children, people and nodes before the edges that need them; a commit's time is its author's.
 *
 * Everything that can be refused is refused before the first record, but a damaged object, which may show up later. Returns
 * what `readGit` does. Throws as it does.
 */
export async function* gitRecords(
  repository: string,
  options: GitOptions = {},
): AsyncGenerator<GraphRecord, GitReading> {
  const reading = await readGit(repository, options);
  yield* reading.records();
  return reading;
}

/**
 * Looks through the history, then gives its records. `repository`: the top folder of a work tree, or a bare repository.
 *
 * Throws NotFoundError `git-not-a-repository`, `git-empty` (no commit yet), `git-revision-unknown`; InvalidInputError
 * `git-shallow`, `git-name-missing`, `git-option-invalid`, `git-time-outside`, `git-bookmark-malformed`, and those of decimals for
 * weights; ConflictError `git-bookmark-other` (of another repository or name); UnavailableError `git-missing`, `git-failed`.
 */
export async function readGit(repository: string, options: GitOptions = {}): Promise<GitReading> {
  checkOptions(options);
  const { shallow: shallowAccepted = false, paths = [], revisions = ['HEAD'] } = options;
  const after = options.since === undefined || options.since === null ? null : readBookmark(options.since);
  const program = options.program ?? 'git';

  const { folder, shallow } = await locate(program, repository);
  if (shallow && !shallowAccepted) {
    throw new InvalidInputError(
      'git-shallow',
      `Found a shallow clone at ${repository}, which lacks older history; accepted: a whole one (git fetch --unshallow), or what there is if you say so.`,
      { repository },
    );
  }
  const plain = new Git(program, folder, [], folder);
  const heads: string[] = [];
  for (const revision of revisions) heads.push(await resolve(plain, revision, repository));
  const tips = [...new Set(heads)].sort(compareBytes);
  const mailmap = await mailmapOf(plain, heads[0]!);
  if (!(await understands(plain, paths))) throw badOption('paths', paths.join(', '), 'pathspecs of git');

  const read = { tips, mailmap, options: digestOf(options) };
  const whole = shallow ? 'shallow' : await wholeReason(plain, after, read);
  // The root stays what it was while nothing is rewritten; looking for it takes a walk.
  const known = whole !== 'history-rewritten' ? after?.root : null;
  const root = shallow ? null : (known ?? (await rootOf(plain, heads[0]!)));
  const name = options.name ?? after?.name ?? root?.slice(0, 12);
  if (name === undefined) {
    throw new InvalidInputError('git-name-missing', 'Found a shallow clone without a name; accepted: a name for it.');
  }
  if (after !== null) checkSame(after, { name, root }, whole, repository);

  const old = whole === null ? after!.tips : [];
  const counts = { commits: 0, merges: 0, changed: 0, outside: 0 };
  const git = new Git(program, folder, [`mailmap.blob=${mailmap ?? ''}`], folder);
  const nothingNew = whole === null && old.join() === tips.join();
  const found = nothingNew ? null : await survey(git, { tips, old }, new Set(options.ignore));
  return {
    ...{ name, whole, counts, prefixes: gitPrefixes(name), bookmark: writeBookmark({ name, root, ...read }) },
    async *records() {
      if (found !== null) yield* recordsOf(git, name, { tips, old }, found, options, counts);
    },
  };
}

async function* recordsOf(
  git: Git,
  name: string,
  range: Range,
  survey: Survey,
  options: GitOptions,
  counts: GitReading['counts'],
): AsyncGenerator<GraphRecord, void> {
  const { url = null, reverts: rule = 'undo', paths = [] } = options;
  const weights = pathWeightsOf(options.weights ?? {});
  const { commits, reverts } = survey;
  const touchesOf = (ids: () => string | AsyncGenerator<Buffer>): Touches => new Touches(git, paths, weights, ids);
  const recorder = new Recorder(name, survey, { url, reverts: rule, limited: paths.length > 0 });

  // Of what was read before: commits whose weight is another one now, and ends of edges that are new.
  const changed = rule === 'keep' ? [] : changedOf(survey);
  const fresh = reverts.filter(({ by, target }) => !isOld(commits, by) || !isOld(commits, target));
  if (paths.length > 0) {
    const asked = [...survey.edge, ...changed, ...fresh.flatMap(({ by, target }) => [by, target])];
    const ids = [...new Set(asked)].filter((id) => isOld(commits, id));
    await markCounted(
      touchesOf(() => lines(ids)),
      ids,
      commits,
    );
  }

  yield recorder.repository();
  const walk = ['--topo-order', '--reverse'];
  const ids = () => git.run(['rev-list', ...walk, '--stdin'], revisionsOf(range));
  for await (const [commit, weight] of read(git, walk, revisionsOf(range), touchesOf(ids), commits, counts)) {
    if (commit.parents.length > 1) counts.merges += 1;
    else counts.commits += 1;
    yield* recorder.node(commit, weight);
    yield* recorder.edges(commit);
  }
  if (changed.length > 0) {
    const list = lines(changed);
    const again = read(
      git,
      ['--no-walk=unsorted'],
      list,
      touchesOf(() => list),
      commits,
      counts,
    );
    for await (const [commit, weight] of again) {
      counts.changed += 1;
      yield* recorder.node(commit, weight);
    }
  }
  if (paths.length > 0) {
    // Named first by a new commit that is left out: the record changes all the same, if there is one.
    const moved = new Set(survey.moved.filter((person) => !recorder.isTold(person)));
    const there = await thoseThere(git, moved, recorder, range, survey, touchesOf);
    for (const person of there) yield survey.people.record(person);
  }
  for (const revert of fresh) {
    if (recorder.isThere(revert.by) && recorder.isThere(revert.target)) yield recorder.revert(revert);
  }
}

/** Commits that count, with their weights by path. Marks them in `commits`. */
async function* read(
  git: Git,
  walk: readonly string[],
  input: string,
  touches: Touches,
  commits: Map<string, number>,
  counts: GitReading['counts'],
): AsyncGenerator<[Commit, string | undefined]> {
  try {
    for await (const batch of git.records(logOf(commitFields, ...walk), commitFields.length, input)) {
      for (const fields of batch) {
        const id = fields[0]!;
        const touch = await touches.of(id);
        const bits = commits.get(id);
        if (bits === undefined || !touch.counts) {
          counts.outside += 1;
          continue;
        }
        commits.set(id, bits | known.counts);
        yield [commitOf(fields), touch.weight];
      }
    }
  } finally {
    await touches.close();
  }
}

async function markCounted(touches: Touches, ids: readonly string[], commits: Map<string, number>): Promise<void> {
  try {
    for (const id of ids) if ((await touches.of(id)).counts) commits.set(id, commits.get(id)! | known.counts);
  } finally {
    await touches.close();
  }
}

/** Those of `people` whom a commit names that was read before and counts. */
async function thoseThere(
  git: Git,
  people: Set<string>,
  recorder: Recorder,
  { old }: Range,
  { commits }: Survey,
  touchesOf: (ids: () => string) => Touches,
): Promise<Set<string>> {
  const [there, naming] = [new Set<string>(), new Map<string, string[]>()];
  if (people.size === 0) return there;
  const everything = revisionsOf({ tips: old, old: [] });
  for await (const batch of git.records(logOf(commitFields), commitFields.length, everything)) {
    for (const fields of batch) {
      if (!commits.has(fields[0]!)) continue;
      const commit = commitOf(fields);
      const named = recorder.peopleOf(commit).filter((person) => people.has(person));
      if (named.length > 0) naming.set(commit.id, named);
    }
  }
  const touches = touchesOf(() => lines([...naming.keys()]));
  try {
    for (const [id, named] of naming) if ((await touches.of(id)).counts) for (const person of named) there.add(person);
  } finally {
    await touches.close();
  }
  return there;
}

/** Commits read before that mint nothing now and did, or the other way. */
function changedOf({ commits, nothing, nothingBefore }: Survey): string[] {
  return [...new Set([...nothing, ...nothingBefore])]
    .filter((id) => isOld(commits, id) && nothing.has(id) !== nothingBefore.has(id))
    .sort(compareBytes);
}

const lines = (ids: readonly string[]): string => ids.map((id) => `${id}\n`).join('');

async function locate(program: string, repository: string): Promise<{ folder: string; shallow: boolean }> {
  // Whoever names a folder wants it read, whoever owns it; nothing that its configuration names is run.
  const git = new Git(program, repository, ['safe.directory=*']);
  const args = ['rev-parse', '--absolute-git-dir', '--is-shallow-repository', '--is-inside-work-tree', '--show-prefix'];
  const answer = await git.text(args).catch((error: unknown) => {
    if (error instanceof UnavailableError && /not a git repository|cannot change to/.test(error.message)) return '';
    throw error;
  });
  const [folder = '', shallow, inside, prefix = ''] = answer.split('\n');
  // A folder within another repository would be read as that one.
  const top = inside === 'true' ? prefix === '' : folder !== '' && realpathSync(folder) === realpathSync(repository);
  if (top) return { folder, shallow: shallow === 'true' };
  const found = folder === '' ? 'no git repository' : `a folder within the repository of ${folder}`;
  throw new NotFoundError(
    'git-not-a-repository',
    `Found ${found} at ${repository}; accepted: the top folder of one, or a bare one.`,
    { repository },
  );
}

async function resolve(git: Git, revision: string, repository: string): Promise<string> {
  const verify = (what: string) => git.textOrNull(['rev-parse', '--verify', '--quiet', '--end-of-options', what]);
  const id = await verify(`${revision}^{commit}`);
  if (id !== null && /^[0-9a-f]{40,64}$/.test(id)) return id;
  if (revision === 'HEAD' && (await git.text(['rev-list', '--all', '--max-count=1'])) === '') {
    throw new NotFoundError(
      'git-empty',
      `Found no commit at ${repository}; accepted: a repository with at least one.`,
      {
        repository,
      },
    );
  }
  const object = await verify(revision);
  if (object !== null && object !== revision && /^[0-9a-f]{40,64}$/.test(object))
    await git.text(['cat-file', '-t', object]); // damaged: says so
  throw new NotFoundError(
    'git-revision-unknown',
    `Found no commit ${JSON.stringify(oneLine(revision, 80))} in ${repository}; accepted: a branch, a tag or a commit.`,
    { repository, revision },
  );
}

/** Where first parents end: merging another project in does not change it. */
const rootOf = (git: Git, head: string): Promise<string> =>
  git.text(['rev-list', '--first-parent', '--max-parents=0', head]);

async function mailmapOf(git: Git, head: string): Promise<string | null> {
  const found = /^\d+ blob ([0-9a-f]+)\t/.exec(await git.text(['ls-tree', '--full-tree', head, '--', '.mailmap']));
  if (found === null) return null;
  await git.text(['cat-file', '-s', found[1]!]); // git log goes on without one that it cannot read
  return found[1]!;
}

async function wholeReason(
  git: Git,
  after: Bookmark | null,
  now: Pick<Bookmark, 'tips' | 'mailmap' | 'options'>,
): Promise<GitWholeReason | null> {
  if (after === null) return 'first';
  if (after.root === null) return 'shallow'; // it was one then
  const there = await git.text(['cat-file', '--batch-check=%(objecttype)'], lines(after.tips));
  const gone =
    there.split('\n').some((type) => type !== 'commit') ||
    (await git.text(['rev-list', '--max-count=1', '--stdin'], revisionsOf({ tips: after.tips, old: now.tips }))) !== '';
  if (gone) return 'history-rewritten';
  if (after.options !== now.options) return 'options-changed';
  return after.mailmap === now.mailmap ? null : 'mailmap-changed';
}

/** A bookmark of something else would have the reader take away all that it has. */
function checkSame(
  after: Bookmark,
  now: Pick<Bookmark, 'name' | 'root'>,
  whole: GitWholeReason | null,
  repository: string,
): void {
  const strange = whole === 'history-rewritten' && after.root !== now.root;
  if (after.name === now.name && !strange) return;
  const found = strange ? 'another repository' : `the name ${JSON.stringify(after.name)}`;
  throw new ConflictError(
    'git-bookmark-other',
    `Found a bookmark of ${found} for ${JSON.stringify(now.name)} at ${repository}; accepted: its own, or none.`,
    { repository, name: now.name },
  );
}

function checkOptions({ name, revisions, paths, weights = {}, ignore = [] }: GitOptions): void {
  if (name !== undefined && (name === '' || !name.isWellFormed() || utf8Length(addressOf([name])) > nameBytesMax)) {
    throw badOption('name', name, `1 to ${nameBytesMax} bytes of text`);
  }
  if (revisions?.length === 0) throw badOption('revisions', 'none', 'at least one');
  if (revisions?.some((revision) => revision.includes('\0')) || paths?.some((path) => path.includes('\0'))) {
    throw badOption('revisions or paths', 'a NUL', 'text without');
  }
  for (const id of ignore) if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw badOption('ignore', id, 'whole ids');
  const given = Object.keys(weights);
  if (pathWeightsOf(weights).size < given.length) throw badOption('weights', given.join(', '), 'each path once');
}

/** Longest name, in bytes after escaping. */
const nameBytesMax = 200;

const badOption = (option: string, found: string, accepted: string): InvalidInputError =>
  new InvalidInputError(
    'git-option-invalid',
    `Option ${option}: found ${JSON.stringify(found.slice(0, 80))}; accepted: ${accepted}.`,
    { option },
  );

/** Of what decides what records say, in one order. */
function digestOf({ paths = [], weights = {}, ignore = [], reverts = 'undo', url = '' }: GitOptions): string {
  const byPath = [...pathWeightsOf(weights)].map(([path, weight]) => [path, String(weight)] as const);
  const parts = [
    [...new Set(paths)].sort(compareBytes),
    byPath.sort(([a], [b]) => compareBytes(a, b)),
    [...new Set(ignore)].sort(compareBytes),
    reverts,
    url,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
