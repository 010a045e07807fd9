import { InvalidInputError } from '../../core/errors.ts';

/** Where a read ended, and what it depended on besides the commits: with any of it changed, all is read anew. */
export interface Bookmark {
  /** The repository's name in addresses. */
  readonly name: string;
  /** The commit without parents at which the first parents of the first revision end; null: unknown (a shallow clone). */
  readonly root: string | null;
  /** Ids of the commits from which everything was reached, ascending. */
  readonly tips: readonly string[];
  /** Id of the mailmap; null: there was none. */
  readonly mailmap: string | null;
  /** SHA-256 of the options that decide what records say. */
  readonly options: string;
}

const format = 'prorata-git-1';

/** One line of JSON. */
export const writeBookmark = ({ name, root, tips, mailmap, options }: Bookmark): string =>
  JSON.stringify({ format, name, root, tips, mailmap, options });

const isId = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);

/** Exact inverse of `writeBookmark`. Throws InvalidInputError `git-bookmark-malformed`. */
export function readBookmark(text: string): Bookmark {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text);
  }
  const found = (value ?? {}) as Record<string, unknown>;
  const { name, root, tips, mailmap, options } = found;
  const fits =
    found['format'] === format &&
    typeof name === 'string' &&
    (root === null || isId(root)) &&
    Array.isArray(tips) &&
    tips.length > 0 &&
    tips.every(isId) &&
    (mailmap === null || isId(mailmap)) &&
    typeof options === 'string';
  if (!fits) throw malformed(text);
  return { name, root, tips, mailmap, options };
}

const malformed = (text: string): InvalidInputError =>
  new InvalidInputError(
    'git-bookmark-malformed',
    `Found the bookmark ${JSON.stringify(text.slice(0, 60))}; accepted: the text that an earlier read of the repository ended with.`,
  );
